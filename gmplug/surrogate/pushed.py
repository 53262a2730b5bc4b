"""Pushovers of the study's structure, or of each of its buildings, kept in the run directory."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from gmplug.analysis.executors import ProcessExecutor
from gmplug.analysis.fingerprint import setup_fingerprint, versions
from gmplug.analysis.stage import check_structure, executor_maker, make_setup
from gmplug.chain.stage import StageContext
from gmplug.errors import GmplugError
from gmplug.notes import doubtful
from gmplug.surrogate.pushover import Pushover, push, pushover_facts, read_pushover
from gmplug.surrogate.reduced import Reduced
from gmplug.values import Candidates

#: Folder of the run directory, and the pushovers in it.
FOLDER, PUSHOVER_FILE = "surrogate", "pushover.json"
#: Fractile of the candidates' spectra that sets how far the structure is pushed.
_FRACTILE = 0.84
#: Difference of the first periods of surrogate and model from which on gmplug notes a doubt.
_PERIOD_TOLERANCE = 0.1


def pushed_buildings(
    context: StageContext, candidates: Candidates
) -> tuple[dict[str, list[Pushover]], list[str]]:
    """Return the pushovers of each building of the study, or of its one structure, ``""``; and notes."""
    section = context.study.structure
    if not section.buildings:
        return {"": _pushovers(context, candidates)}, []
    found: dict[str, list[Pushover]] = {}
    notes, lacking = [], None
    for name, options in section.buildings.items():
        own = section.model_copy(update={**options, "buildings": {}})
        study = context.study.model_copy(update={"structure": own})
        try:
            found[name] = _pushovers(replace(context, study=study), candidates)
        except GmplugError as error:  # one building that cannot be built stops no other
            lacking = error
            notes.append(doubtful(f"building {name} has no surrogate: {' '.join(str(error).split())}"))
    if not found and lacking is not None:
        raise lacking
    return found, notes


def _pushovers(context: StageContext, candidates: Candidates) -> list[Pushover]:
    """Push the study's structure as far as its candidates need, or read what was kept.

    Members of one run, such as levels, share what was pushed at least as far.
    """
    setup = make_setup(context)
    check_structure(context, setup)
    periods_s = candidates.periods_s.tolist()
    sa_g = np.exp(np.quantile(candidates.ln_sa, _FRACTILE, axis=0))
    shaking = [float(f"{value:.2g}") for value in sa_g]
    key = setup_fingerprint(setup, versions(context.host, setup.model))
    file = context.run_dir / FOLDER / PUSHOVER_FILE
    if context.common_dir is not None:
        file = context.common_dir / FOLDER / f"{Path(PUSHOVER_FILE).stem}-{key[:16]}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept["structure"] == key and kept["periods_s"] == periods_s:
            further = np.maximum(shaking, kept["shaking"]).tolist()
            if kept["shaking"] == (further if context.common_dir is not None else shaking):
                return [read_pushover(facts) for facts in kept["pushovers"]]
            shaking = further if context.common_dir is not None else shaking
    except (OSError, ValueError, KeyError, TypeError):
        pass  # none yet, or damaged: make it anew
    context.progress(0, 1, "pushover of the structure")
    analysis = context.study.analysis
    make_executor = executor_maker(analysis, context.host, setup.base_dir, 1)
    if analysis.executor != "serial":  # a cluster is not started for that
        limits = {"timeout_s": analysis.timeout_s, "memory_limit_mb": analysis.memory_limit_mb}
        make_executor = partial(ProcessExecutor, workers=1, **limits)
    with make_executor() as executor:
        found: list[Pushover] = executor.submit(push, setup, periods_s, shaking).result()
    content = {"structure": key, "periods_s": periods_s, "shaking": shaking}
    content |= {"pushovers": [pushover_facts(one) for one in found]}
    file.write_text(json.dumps(content) + "\n", encoding="utf-8")
    return found


def model_notes(pushovers: Sequence[Pushover], models: Sequence[Mapping[str, Reduced]]) -> list[str]:
    """Return what a user should know: another period than the model's, and short pushovers."""
    notes = []
    for pushover, kinds in zip(pushovers, models, strict=True):
        first_s = next(iter(kinds.values())).periods_s[0]
        if pushover.component == "h1" and abs(first_s / pushover.period_s - 1) > _PERIOD_TOLERANCE:
            notes.append(
                doubtful(
                    f"the surrogate's first period is {first_s:.3g} s, the model's {pushover.period_s:.3g} "
                    "s: masses of elements do not count for it"
                )
            )
        if not pushover.cycles.complete:
            reached = float(np.abs(pushover.cycles.displacement[:, -1]).max() / pushover.story_heights.sum())
            notes.append(
                f"the pushover of the structure ended at a roof drift of {reached:.2g}: no convergence"
            )
    return notes
