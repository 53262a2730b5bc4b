"""Whether the levels of a study train their clusterer together, and doing so."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping

from gmplug.chain.display import Display
from gmplug.chain.fingerprint import stage_fingerprint
from gmplug.chain.run import Run
from gmplug.chain.stage import StageContext
from gmplug.chain.state import RunState
from gmplug.clustering.shared_training import STAGE, SharedTraining, offers_training, train_shared, unsound
from gmplug.clustering.stage import study_clusterer
from gmplug.host import Host
from gmplug.study import Study
from gmplug.values import Candidates


def wants_training(study: Study, host: Host) -> bool:
    """Tell whether the study's levels are to share a training: wanted, by two levels or more, and offered."""
    section = study.clustering
    if not section.share_training or len(study.levels) < 2:
        return False
    implementation = host.provider("clusterers", section.method)
    return offers_training(implementation, f"[clustering] method '{section.method}'")


def share_training(base: Run, levels: Mapping[str, Run], host: Host, display: Display, fresh: bool) -> None:
    """Put the training that ``levels``, run to their pre-selection, share into ``base.values["training"]``.

    It is read from the run directory where it is still good. Where sharing would not be sound a note says
    why, and each level trains for itself.
    """
    study, period_s = base.study, base.study.conditioning_period_s
    candidates: list[Candidates] = [run.values["preselection"] for run in levels.values()]
    reason = unsound(candidates, period_s)
    if reason is not None:
        note = f"{study.clustering.method} is trained for each level by itself: {reason}"
        base.notes.append(note)
        display.note(note)
        return
    display.stage_started(STAGE.name)
    start = time.perf_counter()
    state, fingerprint = RunState(base.run_dir, fresh=fresh), _fingerprint(study, levels, host)
    training = _kept(base, state, fingerprint) if not fresh else None
    reused = training is not None
    if training is None:
        workers = study.analysis.workers or os.cpu_count() or 1
        context = StageContext(study, host, base.run_dir, workers, display.progress)
        clusterer = study_clusterer(context, candidates[0].periods_s)
        training = train_shared(context, clusterer, candidates, period_s)
        STAGE.save(training, base.run_dir)
        state.put(STAGE, fingerprint, time.perf_counter() - start, empty=False)
    known = state.get(STAGE.name)
    wall_s = known.wall_s if known is not None else 0.0
    base.values[STAGE.name], base.timing_s[STAGE.name] = training, round(wall_s, 3)
    display.stage_finished(STAGE.name, wall_s, reused=reused, text=training.notes[0])


def _kept(base: Run, state: RunState, fingerprint: str) -> SharedTraining | None:
    """The training in the run directory, if it follows from the same candidates and is whole."""
    if not state.still_good(STAGE, fingerprint):
        return None
    training: SharedTraining = STAGE.load(base.run_dir)
    return training if training.intact() else None


def _fingerprint(study: Study, levels: Mapping[str, Run], host: Host) -> str:
    """Of the clusterer's options and the levels' candidates, whatever the levels are called."""
    found = {_digest(run.values["preselection"]): "" for run in levels.values()}
    return stage_fingerprint(STAGE, study, host, {"candidates": found})


def _digest(candidates: Candidates) -> str:
    records = candidates.records[["id", "group"]].astype(str).to_numpy().tolist()
    return hashlib.sha256(json.dumps(records).encode() + candidates.ln_sa.tobytes()).hexdigest()
