"""Runs of a study, and runs that add records to the selection until an estimate is accurate.

The chain stays as it is: it runs with a larger ``[selection] count`` each time, the records of the runs
before stand in ``[selection] batches``, and the store has their analyses. study.toml of the run directory
keeps both, so that an interrupted run goes on with the batch it was at.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from gmplug.assessment.files import ACCURACY
from gmplug.batch.display import MemberDisplay
from gmplug.chain.display import Display
from gmplug.chain.edits import UndecidedEditError
from gmplug.chain.engine import Engine
from gmplug.chain.run import Run, run_stages, write_resolved
from gmplug.errors import InputError
from gmplug.notes import warning
from gmplug.study import Study

#: Sections that change neither the records nor their analyses.
_ASIDE = ("assessment", "analysis", "study")


def run_in_batches(
    study: Study, engine: Engine, names: Sequence[str], shared: Run | None = None, *, last: bool = True
) -> Run:
    """Write study.toml and run the named stages; with ``[assessment] accuracy``, until it is reached.

    Parameters are those of :func:`gmplug.chain.run.run_stages`.
    """
    goal = study.assessment.accuracy
    if goal is None:
        write_resolved(study, engine.host, engine.run_dir)
        return run_stages(study, engine, names, shared, last=last)
    display = MemberDisplay(engine.display)
    quiet = MemberDisplay(display, notes=False)

    def again(display: Display = quiet, fresh: bool = False) -> Engine:
        how: dict[str, Any] = {"edits": engine.edits, "common_dir": engine.common_dir}
        return Engine(engine.run_dir, engine.host, display, fresh=fresh, **how)

    study = _resumed(study, engine)
    if "assessment" not in names:
        return run_stages(study, engine, names, shared, last=last)
    upto = names[: list(names).index("assessment") + 1]
    run = run_stages(study, again(display, engine.fresh), upto, shared, last=False)
    stopped = ""
    while not stopped and run.assessment is not None and not run.assessment.values[ACCURACY]["reached"]:
        larger = _extended(study, run)
        stopped = _why_no_more(study, larger, len(run.candidates.records))
        if stopped:
            break
        write_resolved(larger, engine.host, engine.run_dir)
        try:
            run_stages(larger, again(), upto[: upto.index("selection") + 1], shared, last=False)
        except InputError as error:
            write_resolved(study, engine.host, engine.run_dir)
            if isinstance(error, UndecidedEditError):
                raise
            stopped = f"no larger set: {error.problems[0]}"
            break
        before, smaller, study = len(run.selection.records), study, larger
        run = run_stages(study, again(), upto, shared, last=False)
        if run.assessment is not None:
            display.note(run.assessment.notes[-1])
        if len(run.selection.records) <= before:
            stopped = "selection.csv is kept as it was edited: --discard selection.csv lets it grow"
            study = smaller
            write_resolved(study, engine.host, engine.run_dir)
    final = again(display)
    if stopped and run.assessment is not None:
        final.note(warning(_not_reached(run, goal, stopped)))
    return run_stages(study, final, names, shared, last=last)


def _not_reached(run: Run, goal: float, why: str) -> str:
    assert run.assessment is not None
    found = run.assessment.values[ACCURACY]
    error = "not known" if found["error"] is None else f"{found['error']:.3g}"
    return (
        f"[assessment] accuracy = {goal:g} is not reached: the standard error of the ln median of "
        f"{found['of']} is {error} after {found['analyses']} analyses; {why}"
    )


def _extended(study: Study, run: Run) -> Study:
    """Return the study with the selected records kept, and the next batch."""
    section, wanted = study.selection, study.assessment
    ids = [str(name) for name in run.selection.records["id"]]
    earlier = [[name for name in batch if name in set(ids)] for batch in section.batches]
    known = {name for batch in earlier for name in batch}
    batches = [*earlier, [name for name in ids if name not in known]]
    most = min(wanted.accuracy_most or len(run.candidates.records), len(run.candidates.records))
    count = max(min(len(ids) + wanted.accuracy_batch, most), len(ids))
    return _with(study, count, [batch for batch in batches if batch])


def _why_no_more(study: Study, larger: Study, candidates: int) -> str:
    if larger.selection.count > sum(map(len, larger.selection.batches)):
        return ""
    if larger.selection.count >= candidates:
        return f"all {candidates} candidates are analyzed; widen [preselection], or set a larger accuracy"
    return (
        f"accuracy_most = {study.assessment.accuracy_most} allows no more; raise it, or set a larger accuracy"
    )


def _with(study: Study, count: int, batches: list[list[str]]) -> Study:
    selection = study.selection.model_copy(update={"count": count, "batches": batches})
    return study.model_copy(update={"selection": selection})


def _resumed(study: Study, engine: Engine) -> Study:
    """Return the study with the batches of an earlier run here of the same study, and write it."""
    file = engine.run_dir / "study.toml"
    before: dict[str, Any] = {}
    if file.is_file() and not engine.fresh:
        before = tomllib.loads(file.read_text(encoding="utf-8"))
    write_resolved(study, engine.host, engine.run_dir)
    now = tomllib.loads(file.read_text(encoding="utf-8"))
    kept = before.get("selection", {})
    batches = kept.get("batches") or []
    if batches and len(batches[0]) == study.selection.count and _alike(before, now):
        study = _with(study, kept["count"], batches)
        write_resolved(study, engine.host, engine.run_dir)
    return study


def _alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two studies select the same records, but for their number."""

    def relevant(content: dict[str, Any]) -> dict[str, Any]:
        kept = {name: section for name, section in content.items() if name not in _ASIDE}
        selection = {k: v for k, v in content["selection"].items() if k not in ("count", "batches")}
        return {**kept, "selection": selection, "seed": content["study"]["seed"]}

    return relevant(one) == relevant(other)
