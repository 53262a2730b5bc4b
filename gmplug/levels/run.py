"""Running a study with levels: a shared catalogue, a chain for each, assessments of all, one report."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from gmplug._version import __version__
from gmplug.analysis.stage import LOG_DIR
from gmplug.analysis.store import STORE_FILE
from gmplug.chain.display import Display
from gmplug.chain.edits import NO_EDITS, Edits
from gmplug.chain.fingerprint import file_digest, stage_fingerprint
from gmplug.chain.lock import run_lock
from gmplug.chain.run import Run, load_run, run_stages, write_resolved
from gmplug.chain.stage import Stage, StageContext
from gmplug.chain.stages import stages_until
from gmplug.chain.state import RunState
from gmplug.chain.summary import failures_of, write_summary
from gmplug.errors import InputError
from gmplug.hazard import HazardCurve
from gmplug.host import Host
from gmplug.levels.assessments import RISK_DIR, assess, assessment_stage, load
from gmplug.levels.check import risk_call
from gmplug.levels.demands import (
    DEMANDS_FILE,
    HAZARD_FILE,
    LEVELS_FILE,
    hazard_of,
    level_demands,
    levels_table,
    rate_notes,
)
from gmplug.levels.studies import Level, hazard_curve, level_studies
from gmplug.levels.training import share_training, wants_training
from gmplug.notes import labelled, warnings_of
from gmplug.plain import plain
from gmplug.study import Study
from gmplug.values import Assessment, LevelDemands

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
        Of all levels; None where they were not analysed.
    assessments
        By name, in the order of ``[risk] assess``.
    values
        ``catalogue``, and ``report`` when it was made.
    """

    levels: dict[str, Run] = field(default_factory=dict)
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    demands: LevelDemands | None = None
    assessments: dict[str, Assessment] = field(default_factory=dict)

    @property
    def all_notes(self) -> list[str]:
        """Its own notes, those of the levels, under their names, and those of the assessments; each once.

        A note that all levels share, such as one on the catalogue, stands once, without a name.
        """
        found = list(self.notes)
        every = [list(run.notes) for run in self.levels.values()]
        shared = [note for note in every[0] if all(note in notes for notes in every)] if every else []
        found += shared
        for name, run in self.levels.items():
            found += [labelled(f"level {name}", note) for note in run.notes if note not in shared]
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


class _OfLevel(Display):
    """Passes on what happens in a level's run, under the level's name; a stage that was told of only once."""

    def __init__(self, display: Display, level: str) -> None:
        self._display, self._level = display, level
        self._told: set[str] = set()

    def stage_started(self, stage: str) -> None:
        if stage not in self._told:
            self._display.stage_started(f"{self._level} {stage}")

    def progress(self, done: float, total: float, message: str) -> None:
        self._display.progress(done, total, message)

    def stage_finished(self, stage: str, wall_s: float, *, reused: bool, text: str) -> None:
        if stage not in self._told:
            self._display.stage_finished(f"{self._level} {stage}", wall_s, reused=reused, text=text)
        self._told.add(stage)

    def note(self, text: str) -> None:
        line = f"{self._level}: {text}"
        if line not in self._told:
            self._display.note(line)
        self._told.add(line)


def run_levels(
    study: Study,
    run_dir: Path,
    names: Sequence[str],
    host: Host,
    display: Display,
    *,
    fresh: bool = False,
    edits: Edits = NO_EDITS,
) -> LevelsRun:
    """Run every level in ``run_dir``, which the caller has locked, up to the last of ``names``.

    See :func:`gmplug.run_study`, which calls this for a study with ``[[levels]]``.
    """
    hazard = hazard_curve(study)
    levels = level_studies(study, hazard)
    told = [
        *(hazard.notes if hazard is not None else ()),
        *(note for level in levels for note in level.notes),
    ]
    for note in told:
        display.note(note)
    stages = {name: assessment_stage(name) for name in study.risk.assess}
    write_resolved(study, host, run_dir)
    how = _How(host, display, fresh, edits)
    if not study.levels:
        result = _sampled(study, run_dir, names, how, hazard)
        result.notes.extend(told)
        return _finish(result, stages, names, how)
    shown = {level.name: _OfLevel(display, level.name) for level in levels}

    def run_level(level: Level, of_level: Sequence[str], shared: Run | None) -> Run:
        folder = run_dir / LEVELS_DIR / level.name
        folder.mkdir(parents=True, exist_ok=True)
        with run_lock(folder):
            return run_stages(
                level.study, folder, tuple(of_level), host, shown[level.name], fresh=fresh, edits=edits,
                shared=shared,
            )  # fmt: skip

    if "preselection" in names:  # what is wrong with a level's target shows before spectra are computed
        for level in levels:
            run_level(level, ("target",), None)
    base = run_stages(study, run_dir, ("catalogue",), host, display, fresh=fresh, edits=edits)

    if "clustering" in names and wants_training(study, host):
        begun = {level.name: run_level(level, stages_until("preselection", host), base) for level in levels}
        share_training(base, begun, host, display, fresh)
    result = LevelsRun(study, run_dir, dict(base.values), dict(base.timing_s), [*base.notes, *told])
    if "training" in base.values:
        result.notes.extend(base.values["training"].notes)
    for level in levels:
        start = time.perf_counter()
        result.levels[level.name] = run_level(level, names, base)
        result.timing_s[level.name] = round(time.perf_counter() - start, 3)
    _collect(result, levels, hazard)
    return _finish(result, stages, names, how)


@dataclass(frozen=True)
class _How:
    """How a run goes: its plugins, who watches, and what is to be computed anew."""

    host: Host
    display: Display
    fresh: bool
    edits: Edits


def _finish(result: LevelsRun, stages: dict[str, Stage], names: Sequence[str], how: _How) -> LevelsRun:
    """Assess, report and sum up, as far as ``names`` go."""
    if "assessment" in names and result.demands is not None:
        _Assessor(result, how).run(stages)
    if "report" in names:
        _report(result, how.display)
    write_summary(result.summary, result.run_dir)
    return result


def _sampled(
    study: Study,
    run_dir: Path,
    names: Sequence[str],
    how: _How,
    hazard: HazardCurve | None,
) -> LevelsRun:
    """One chain up to the selection, then its records as ``[ida]`` or ``[cloud]`` says."""
    from gmplug.levels.sampling import sample

    options = study.ida or study.cloud
    assert options is not None
    chain = tuple(name for name in names if name not in ("analysis", "assessment", "report"))
    host, display, fresh = how.host, how.display, how.fresh
    base = run_stages(study, run_dir, chain, host, display, fresh=fresh, edits=how.edits)
    result = LevelsRun(study, run_dir, dict(base.values), dict(base.timing_s), list(base.notes))
    if "analysis" in names and study.structure.model is not None:
        kind = "ida" if study.ida else "cloud"
        display.stage_started(kind)
        start = time.perf_counter()
        if fresh:
            _remove_analyses(run_dir)
        workers = study.analysis.workers or os.cpu_count() or 1
        context = StageContext(study, host, run_dir, workers, display.progress)
        candidates = len(base.values["preselection"].records)
        result.demands = sample(context, base.values["selection"], base.values["target"], options, candidates)
        result.table = result.demands.levels
        result.timing_s[kind] = round(time.perf_counter() - start, 3)
        text = f"{len(result.demands.table)} analyses"
        display.stage_finished(kind, result.timing_s[kind], reused=False, text=text)
    _write(result, hazard)
    return result


def _remove_analyses(run_dir: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        (run_dir / f"{STORE_FILE}{suffix}").unlink(missing_ok=True)
    shutil.rmtree(run_dir / LOG_DIR, ignore_errors=True)


def _collect(result: LevelsRun, levels: Sequence[Level], hazard: HazardCurve | None) -> None:
    """Put the levels' demands together, and write them."""
    extrapolate = result.study.risk.extrapolate
    result.table = levels_table(levels, result.levels, hazard, extrapolate=extrapolate)
    result.notes.extend(note for note in rate_notes(result.table, hazard) if note not in result.notes)
    result.demands = level_demands(result.table, result.levels, result.study.conditioning_period_s)
    _write(result, hazard_of(hazard, result.table))


def _write(result: LevelsRun, curve: HazardCurve | None) -> None:
    """Write the tables of the run directory; those that are no longer true go."""
    run_dir = result.run_dir
    written = {
        LEVELS_FILE: None if result.table.empty else result.table,
        DEMANDS_FILE: None if result.demands is None else result.demands.table,
        HAZARD_FILE: None if curve is None else curve.table,
    }
    for name, table in written.items():
        if table is None:
            (run_dir / name).unlink(missing_ok=True)
        else:
            table.to_csv(run_dir / name, index=False)


class _Assessor:
    """Makes the assessments one after the other; each sees those before it."""

    def __init__(self, result: LevelsRun, how: _How) -> None:
        self._result, self._host, self._display, self._fresh = result, how.host, how.display, how.fresh
        self._edits = how.edits
        self._state = RunState(result.run_dir, fresh=how.fresh)

    def run(self, stages: dict[str, Stage]) -> None:
        before: list[str] = []
        for name, stage in stages.items():
            self._assess(name, stage, before)
            before.append(name)
        self._remove_others(set(stages))

    def _assess(self, name: str, stage: Stage, before: Sequence[str]) -> None:
        result, display = self._result, self._display
        display.stage_started(stage.name)
        fingerprint = self._fingerprint(name, before)
        reused = not self._fresh and self._state.still_good(stage, fingerprint)
        start = time.perf_counter()
        edited = self._state.edited(stage)
        asked = bool(edited) and not reused and not self._fresh
        if asked and self._edits.kept(result.run_dir, edited, stage.name):
            self._state.keep(stage, fingerprint)
            reused = True
        if reused:
            for file in edited:
                self._note(f"{file} was edited by hand; taken as it is")
            value: Assessment = stage.load(result.run_dir)
            known = self._state.get(stage.name)
            wall_s = known.wall_s if known is not None else 0.0
        else:
            aside = {file: (result.run_dir / file).read_bytes() for file in edited}
            value = self._compute(name, before)
            stage.save(value, result.run_dir)
            for file, content in aside.items():  # its folder is emptied before
                path = result.run_dir / file
                path.with_suffix(f".edited{path.suffix}").write_bytes(content)
                self._note(f"{file} was edited by hand: put aside beside it, computed anew")
            wall_s = time.perf_counter() - start
            self._state.put(stage, fingerprint, wall_s, empty=False)
        result.assessments[name] = value
        result.timing_s[name] = round(wall_s, 3)
        display.stage_finished(stage.name, wall_s, reused=reused, text=", ".join(value.tables))

    def _compute(self, name: str, before: Sequence[str]) -> Assessment:
        result, study = self._result, self._result.study
        assert result.demands is not None
        given = {
            "demands": result.demands,
            "hazard": self._hazard(),
            "before": {earlier: result.assessments[earlier] for earlier in before},
            "seed": study.study.seed,
            "workers": study.analysis.workers or os.cpu_count() or 1,
            "progress": self._display.progress,
        }
        options = study.risk.options_of(name)
        return assess(name, self._host, options, given, result.run_dir, study.base_dir)

    def _hazard(self) -> pd.DataFrame | None:
        path = self._result.run_dir / HAZARD_FILE
        return pd.read_csv(path) if path.is_file() else None

    def _fingerprint(self, name: str, before: Sequence[str]) -> str:
        """Of the assessment's options, the demands, the hazard, and the assessments before it."""
        result = self._result
        folder = result.run_dir
        files = [folder / LEVELS_FILE, folder / DEMANDS_FILE, folder / HAZARD_FILE]
        files += [folder / file for earlier in before for file in assessment_stage(earlier).files]
        digests = {str(path.relative_to(folder)): file_digest(path) for path in files if path.is_file()}
        stage = replace(assessment_stage(name), calls=lambda study: (risk_call(study, name),))
        return stage_fingerprint(
            stage,
            result.study,
            self._host,
            {"levels": digests},
            name=name,
            options=result.study.risk.options_of(name),
            seed=result.study.study.seed,
            model=plain(result.demands.model) if result.demands is not None else {},
        )

    def _remove_others(self, wanted: set[str]) -> None:
        """Remove the folders of assessments that the study no longer asks for."""
        folder = self._result.run_dir / RISK_DIR
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.is_dir() and path.name not in wanted:
                shutil.rmtree(path)

    def _note(self, text: str) -> None:
        self._result.notes.append(text)
        self._display.note(text)


def _report(result: LevelsRun, display: Display) -> None:
    from gmplug.levels.page import render_levels
    from gmplug.report.stage import save

    display.stage_started("report")
    start = time.perf_counter()
    result.values["report"] = render_levels(result)
    save(result.values["report"], result.run_dir)
    wall_s = time.perf_counter() - start
    result.timing_s["report"] = round(wall_s, 3)
    display.stage_finished("report", wall_s, reused=False, text="report.html")


def report_levels(run_dir: Path, study: Study) -> LevelsRun:
    """Make the report of a study with levels anew from the files of its run directory, finished or not.

    Raises InputError where a level has no run yet, or a file cannot be read.
    """
    hazard = hazard_curve(study)
    if not study.levels:
        result = _read_sampled(study, run_dir)
        _read_assessments(result)
        _report(result, Display())
        return result
    levels = level_studies(study, hazard)
    absent = [
        level.name for level in levels if not (run_dir / LEVELS_DIR / level.name / "stages.json").is_file()
    ]
    if absent:
        raise InputError(
            f"{run_dir}: level '{absent[0]}' has not been run; `gmplug run` on the study goes on"
        )
    result = LevelsRun(study, run_dir)
    result.levels = {level.name: load_run(run_dir / LEVELS_DIR / level.name) for level in levels}
    first = next(iter(result.levels.values()))
    result.values["catalogue"] = first.values.get("catalogue")
    _collect(result, levels, hazard)
    _read_assessments(result)
    _report(result, Display())
    return result


def _read_sampled(study: Study, run_dir: Path) -> LevelsRun:
    base = load_run(run_dir)
    result = LevelsRun(study, run_dir, dict(base.values), dict(base.timing_s), list(base.notes))
    if (run_dir / DEMANDS_FILE).is_file() and (run_dir / LEVELS_FILE).is_file():
        result.table = pd.read_csv(run_dir / LEVELS_FILE)
        table = pd.read_csv(run_dir / DEMANDS_FILE, dtype={"id": str, "level": str})
        kind = "ida" if study.ida else "cloud"
        result.demands = LevelDemands(table, result.table, study.conditioning_period_s, {}, kind)
    return result


def _read_assessments(result: LevelsRun) -> None:
    for name in result.study.risk.assess:
        if all((result.run_dir / file).is_file() for file in assessment_stage(name).files):
            result.assessments[name] = load(result.run_dir, name)
