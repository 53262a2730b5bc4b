"""Running a study with levels: a shared catalogue, a chain for each, assessments of all, one report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gmplug._version import __version__
from gmplug.batch.display import MemberDisplay
from gmplug.batch.members import member_notes, run_member
from gmplug.batch.results import write_tables
from gmplug.chain.engine import Engine
from gmplug.chain.fingerprint import file_digest, stage_fingerprint
from gmplug.chain.run import Run, load_chain, load_stages, run_stages, write_resolved
from gmplug.chain.stage import Stage
from gmplug.chain.stages import load_stage, stage_of
from gmplug.chain.state import RunState
from gmplug.chain.summary import attention_lines, failures_of, write_summary
from gmplug.errors import InputError
from gmplug.hazard import HazardCurve
from gmplug.host import Host
from gmplug.levels.assessments import ASSESSMENT, assessment_stage
from gmplug.levels.check import level_calls
from gmplug.levels.demands import (
    DEMANDS_FILE,
    ESTIMATES_FILE,
    HAZARD_FILE,
    LEVELS_FILE,
    hazard_of,
    level_demands,
    levels_table,
    rate_notes,
)
from gmplug.levels.studies import Level, hazard_curve, level_studies
from gmplug.notes import labelled, warnings_of
from gmplug.plain import plain
from gmplug.study import Study
from gmplug.values import Assessment, LevelDemands

if TYPE_CHECKING:
    from gmplug.report.page import Report

LEVELS_DIR = "levels"


@dataclass
class LevelsRun(Run):
    """A run of a study with levels.

    Attributes
    ----------
    levels
        The run of each level, by name, in the study's order.
    table
        One row per level, as in :class:`LevelDemands`.
    demands
        Of all levels; None where they were not analyzed.
    assessments
        By name, in the order of ``[risk] assess``.
    values
        ``catalogue``, and ``report`` when it was made.
    """

    levels: dict[str, Run] = field(default_factory=dict)
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    demands: LevelDemands | None = None  # type: ignore[assignment]
    assessments: dict[str, Assessment] = field(default_factory=dict)

    def _lacks(self, name: str) -> str:
        if not self.levels:
            return super()._lacks(name)
        return f"a run of several levels; each has its own {name}: run.levels['{next(iter(self.levels))}']"

    @property
    def attention(self) -> list[str]:
        """Warnings and failed analyses of all levels, a line each; what an earlier run left counts too."""
        return attention_lines(self.summary)

    def make_report(self) -> Report:
        """Return the page and its figures; also as ``values["report"]``."""
        from gmplug.levels.page import render_levels

        report: Report = render_levels(self)
        self.values["report"] = report
        return report

    @property
    def all_notes(self) -> list[str]:
        """Its own notes, those of the levels and those of the assessments, with their names; each once."""
        found = list(self.notes)
        found += member_notes({f"level {name}": run.notes for name, run in self.levels.items()})
        for name, assessment in self.assessments.items():
            found += [labelled(name, note) for note in assessment.notes]
        return list(dict.fromkeys(found))

    @property
    def summary(self) -> dict[str, Any]:
        """What summary.json holds: each level's own under ``levels``, assessments under ``risk``."""
        counts: dict[str, int] = {}
        if not self.levels and self.demands is not None:
            statuses = self.demands.table["status"].value_counts()
            counts = {str(status): int(count) for status, count in statuses.items()}
        for run in self.levels.values():
            for status, count in run.summary["analyses"].items():
                counts[status] = counts.get(status, 0) + count
        rates = (
            {} if self.table.empty else dict(zip(self.table["level"], self.table["annual_rate"], strict=True))
        )
        content = {
            "gmplug_version": __version__,
            "study": self.study.study.name,
            "seed": self.study.study.seed,
            "analyses": counts,
            "levels": {
                name: {"annual_rate": rates.get(name)} | run.summary for name, run in self.levels.items()
            },
            "risk": {name: assessment.values for name, assessment in self.assessments.items()},
            "failures": [] if self.demands is None else failures_of(self.demands.table, "level"),
            "warnings": warnings_of(self.all_notes),
            "timing_s": dict(self.timing_s),
            "notes": list(self.notes),
        }
        found: dict[str, Any] = plain(content)
        return found


def run_levels(study: Study, engine: Engine, names: Sequence[str]) -> LevelsRun:
    """Run every level in the engine's run directory, which the caller has locked, as far as ``names`` go.

    See :func:`gmplug.run_study`, which calls this for a study with ``[[levels]]``.
    """
    hazard = hazard_curve(study)
    levels = level_studies(study, hazard)
    for note in (
        *(hazard.notes if hazard is not None else ()),
        *(n for level in levels for n in level.notes),
    ):
        engine.note(note)
    stages = [assessment_stage(name) for name in study.risk.assess]
    write_resolved(study, engine.host, engine.run_dir, level_calls(study))
    if study.levels:
        result = _each_level(study, engine, names, levels)
        _collect(result, levels, hazard)
        tables = {
            LEVELS_FILE: None if result.table.empty else result.table,
            DEMANDS_FILE: None if result.demands is None else result.demands.table,
            ESTIMATES_FILE: None
            if result.demands is None or result.demands.estimates.empty
            else result.demands.estimates,
        }
        write_tables(engine.run_dir, tables)
        hazard = hazard_of(hazard, result.table)
    else:
        result = _sampled(study, engine, names)
    write_tables(engine.run_dir, {HAZARD_FILE: None if hazard is None else hazard.table})
    if result.demands is not None:
        _assess(result, engine, stages, last=names[-1])
    if "report" in names:
        with engine.step("report") as step:
            step.value, step.text = result.make_report(), "report.html"
            step.value.save(result.run_dir)
    write_summary(result.summary, result.run_dir)
    return result


def _each_level(study: Study, engine: Engine, names: Sequence[str], levels: Sequence[Level]) -> LevelsRun:
    shown = {level.name: MemberDisplay(engine.display, level.name) for level in levels}

    def run_level(level: Level, of_level: Sequence[str], shared: Run | None, *, last: bool = False) -> Run:
        folder = f"{LEVELS_DIR}/{level.name}"
        return run_member(engine, folder, level.study, of_level, shared, display=shown[level.name], last=last)

    if "preselection" in names:  # what is wrong with a level's target shows before spectra are computed
        for level in levels:
            run_level(level, ("target",), None)
    base = run_stages(study, engine, ("catalogue",), last=False)
    result = LevelsRun(study, engine.run_dir, base.values, engine.timing_s, engine.notes, engine.host)
    strongest_first = sorted(levels, key=lambda level: -_strength(level))
    runs = {level.name: run_level(level, names, base, last=True) for level in strongest_first}
    for level in levels:
        run = result.levels[level.name] = runs[level.name]
        own_s = [seconds for name, seconds in run.timing_s.items() if name not in base.timing_s]
        engine.timing_s[level.name] = round(sum(own_s), 3)
    return result


def _strength(level: Level) -> float:
    """Sa or ε of a level: what was pushed for the strongest is enough for all."""
    options = level.study.target.options
    return float(options.get("sa_g") or options.get("epsilon") or 0.0)


def _sampled(study: Study, engine: Engine, names: Sequence[str]) -> LevelsRun:
    """Run one chain up to the selection, then its records by ``[ida]`` or ``[cloud]``."""
    from gmplug.levels.sampling import sampling_stage

    chain = [name for name in names if name not in ("analysis", "assessment", "report")]
    base = run_stages(study, engine, chain, last=False)
    result = LevelsRun(study, engine.run_dir, base.values, engine.timing_s, engine.notes, engine.host)
    if study.structure.model is None:
        return result
    stage = sampling_stage(study)
    digests = {name: engine.state.digests(load_stage(stage_of(name), engine.host)) for name in stage.inputs}
    fingerprint = stage_fingerprint(stage, study, engine.host, digests)
    inputs = {name: base.values.get(name) for name in stage.inputs}
    result.demands = _value(engine, stage, study, inputs, fingerprint, make="analysis" in names)
    if result.demands is not None:
        result.table = result.demands.levels
    return result


def _value(
    engine: Engine,
    stage: Stage,
    study: Study,
    inputs: Mapping[str, Any],
    fingerprint: str,
    *,
    make: bool,
    label: str = "",
) -> Any:
    """Make a stage's value; unless ``make`` is set, read it where it still holds, else return None."""
    if make:
        return engine.make(stage, engine.context(study), inputs, fingerprint, label=label)
    if not engine.state.still_good(stage, fingerprint):
        return None
    engine.timing_s[stage.name] = round(engine.state.wall_s(stage), 3)
    return stage.load(engine.run_dir)


def _collect(result: LevelsRun, levels: Sequence[Level], hazard: HazardCurve | None) -> None:
    """Put the levels' demands together."""
    extrapolate = result.study.risk.extrapolate
    result.table = levels_table(levels, result.levels, hazard, extrapolate=extrapolate)
    result.notes.extend(note for note in rate_notes(result.table, hazard) if note not in result.notes)
    result.demands = level_demands(result.table, result.levels, result.study.conditioning_period_s)


def _assess(result: LevelsRun, engine: Engine, stages: Sequence[Stage], last: str) -> None:
    """Make the assessments one after the other; each sees those before it.

    Where the ``last`` stage is an earlier one, assessments of an earlier run that still hold are read.
    """
    study = result.study
    hazard = result.run_dir / HAZARD_FILE
    for number, stage in enumerate(stages):
        name, digests = study.risk.assess[number], _digests(result.run_dir)
        digests |= {one.name: engine.state.digests(one) for one in stages[:number]}
        fingerprint = stage_fingerprint(
            stage,
            study,
            engine.host,
            digests,
            name=name,
            options=study.risk.options_of(name),
            seed=study.study.seed,
            model=plain(result.demands.model) if result.demands is not None else {},
        )
        inputs = {
            "demands": result.demands,
            "hazard": pd.read_csv(hazard) if hazard.is_file() else None,
            "before": dict(result.assessments),
        }
        make = last in ("assessment", "report")
        value = _value(engine, stage, study, inputs, fingerprint, make=make, label=name)
        if value is None:
            return
        result.assessments[name] = value
    wanted = {stage.name for stage in stages}
    for name in engine.state.names():
        if name.startswith(ASSESSMENT) and name not in wanted:
            engine.drop(assessment_stage(name.removeprefix(ASSESSMENT)))


def _digests(run_dir: Path) -> dict[str, dict[str, str]]:
    """Return the digests of what all assessments follow from."""
    files = [
        name
        for name in (LEVELS_FILE, DEMANDS_FILE, HAZARD_FILE, ESTIMATES_FILE)
        if (run_dir / name).is_file()
    ]
    return {"levels": {name: file_digest(run_dir / name) for name in files}}


def load_levels(run_dir: Path, study: Study, host: Host) -> LevelsRun:
    """Read the run of a study with levels from its run directory, finished or not.

    Raises InputError where a level has no run yet, or a file cannot be read.
    """
    hazard = hazard_curve(study)
    if not study.levels:
        result = _read_sampled(study, run_dir, host)
        _read_assessments(result)
        return result
    levels = level_studies(study, hazard)
    absent = [
        level.name for level in levels if not (run_dir / LEVELS_DIR / level.name / "stages.json").is_file()
    ]
    if absent:
        raise InputError(
            f"{run_dir}: level '{absent[0]}' has not been run; `gmplug run` on the study goes on"
        )
    result = LevelsRun(study, run_dir, host=host)
    result.levels = {level.name: load_chain(run_dir / LEVELS_DIR / level.name, host) for level in levels}
    first = next(iter(result.levels.values()))
    result.values["catalogue"] = first.values.get("catalogue")
    _collect(result, levels, hazard)
    _read_assessments(result)
    return result


def _read_sampled(study: Study, run_dir: Path, host: Host) -> LevelsRun:
    from gmplug.levels.sampling import sampling_stage

    base = load_stages(run_dir, study, host)
    result = LevelsRun(study, run_dir, base.values, base.timing_s, base.notes, host)
    stage = sampling_stage(study)
    if RunState(run_dir).known(stage):
        result.demands = stage.load(run_dir)
        result.table = result.demands.levels
    return result


def _read_assessments(result: LevelsRun) -> None:
    for name in result.study.risk.assess:
        if all((result.run_dir / file).is_file() for file in assessment_stage(name).files):
            result.assessments[name] = assessment_stage(name).load(result.run_dir)
