"""Whether the levels of a study train their clusterer together, and doing so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from gmplug.chain.engine import Engine
from gmplug.chain.fingerprint import stage_fingerprint
from gmplug.chain.run import Run
from gmplug.clustering.shared_training import FACTS, STAGE, offers_training, unsound
from gmplug.host import Host
from gmplug.study import Study
from gmplug.values import Candidates


def wants_training(study: Study, host: Host) -> bool:
    """Return whether the levels share a training: the study has two or more, and the clusterer offers it."""
    section = study.clustering
    if not section.share_training or len(study.levels) < 2:
        return False
    implementation = host.provider("clusterers", section.method)
    return offers_training(implementation, f"[clustering] method '{section.method}'")


def share_training(base: Run, candidates: Sequence[Candidates], engine: Engine) -> None:
    """Put the training that the levels with these candidates share into ``base.values["training"]``.

    Where sharing would be wrong, a note gives the reason, and each level trains for itself.
    """
    study = base.study
    reason = unsound(candidates, study.conditioning_period_s)
    if reason is not None:
        engine.note(f"{study.clustering.method} is trained for each level by itself: {reason}")
        return
    facts = engine.run_dir / FACTS
    if facts.is_file() and not STAGE.load(engine.run_dir).intact():
        facts.unlink()  # a trained file is gone or is another: train anew
    digests = {"candidates": {_digest(one): "" for one in candidates}}
    fingerprint = stage_fingerprint(STAGE, study, engine.host, digests)
    inputs = {"candidates": candidates}
    base.values[STAGE.name] = engine.make(STAGE, engine.context(study), inputs, fingerprint)


def _digest(candidates: Candidates) -> str:
    """Of the records and spectra, whatever the level is called."""
    records = candidates.records[["id", "group"]].astype(str).to_numpy().tolist()
    return hashlib.sha256(json.dumps(records).encode() + candidates.ln_sa.tobytes()).hexdigest()
