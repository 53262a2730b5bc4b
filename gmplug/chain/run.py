"""Running a study: every stage once, its value written, taken from the run directory where still good."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gmplug.chain.calls import resolved_paths, run_stage
from gmplug.chain.check import load_plugins, open_study, study_calls
from gmplug.chain.display import Display
from gmplug.chain.edits import NO_EDITS, Edits, put_aside
from gmplug.chain.fingerprint import stage_fingerprint
from gmplug.chain.lock import run_lock
from gmplug.chain.stage import Stage, StageContext
from gmplug.chain.stages import load_stage, stages_until
from gmplug.chain.state import STATE_FILE, RunState
from gmplug.chain.summary import attention_lines, gist, summarise, write_summary
from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.plausible import look_at_options
from gmplug.study import Study, load_study, write_study


@dataclass
class Run:
    """A study's run: its directory, the value of each stage so far, and what a user should know.

    Attributes
    ----------
    values
        By stage name: Catalogue, Candidates, Target, Clusters, Selection, Motions, Demands, Assessment,
        Report, and those of other packages' stages. None for a stage that had nothing to do.
    timing_s
        Wall-clock time of each stage, s; of a stage read from the run directory, the time it once took.
    notes
        One line each.
    """

    study: Study
    run_dir: Path
    values: dict[str, Any] = field(default_factory=dict)
    timing_s: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    host: Host | None = field(default=None, repr=False)

    @property
    def summary(self) -> dict[str, Any]:
        """What summary.json holds."""
        return summarise(self.study, self.values, self.timing_s, self.notes, self.host)

    @property
    def attention(self) -> list[str]:
        """Warnings and failed analyses, a line each; the command ends with status 1 where there are any."""
        return attention_lines(self.summary)


def run_study(
    study: Study | Path | str,
    out: Path | str | None = None,
    *,
    until: str | None = None,
    workers: int | None = None,
    executor: str | None = None,
    fresh: bool = False,
    edits: Edits = NO_EDITS,
    display: Display | None = None,
    host: Host | None = None,
    shared: Run | None = None,
) -> Run:
    """Run a study, or finish one that was begun; one with levels is run level by level.

    Parameters
    ----------
    study
        A study, or the path of a study file.
    out
        The run directory; ``NAME-run`` beside the study file if not given. A stage whose options and inputs
        have not changed is read from it, and so is a file of it that was edited by hand.
    until
        Name of the last stage to run; all if None.
    workers, executor
        Override ``[analysis]``; ``workers`` defaults to the number of processors.
    fresh
        Compute everything anew.
    edits
        What is to become of files edited by hand whose stage has to be computed anew.
    display
        Is told what happens.
    shared
        A run whose values are taken for the stages it has come to; its files are referred to, not copied.

    Returns
    -------
    Run
        Of a study with levels, a :class:`gmplug.levels.LevelsRun`.

    Raises
    ------
    InputError
        The study, a file or a plugin is bad; what was computed before stays in the run directory.
    StudyError
        The study could not finish.
    """
    changes = {"workers": workers, "executor": executor}
    changed = {k: v for k, v in changes.items() if v is not None}
    study, host = open_study(study, None, host, changed, until=until)
    names = stages_until(until, host)
    run_dir = Path(out) if out is not None else study.base_dir / f"{study.study.name}-run"
    run_dir.mkdir(parents=True, exist_ok=True)
    with run_lock(run_dir):
        if study.many_levels:
            from gmplug.levels import run_levels

            return run_levels(
                study, run_dir.resolve(), names, host, display or Display(), fresh=fresh, edits=edits
            )
        return run_stages(
            study,
            run_dir.resolve(),
            names,
            host,
            display or Display(),
            fresh=fresh,
            edits=edits,
            shared=shared,
        )


def run_stages(
    study: Study,
    run_dir: Path,
    names: tuple[str, ...],
    host: Host,
    display: Display,
    *,
    fresh: bool = False,
    edits: Edits = NO_EDITS,
    shared: Run | None = None,
) -> Run:
    """Run the named stages in a directory that the caller has locked; see :func:`run_study`."""
    return _Runner(study, run_dir, host, display, fresh, edits, shared).run(names)


def write_resolved(study: Study, host: Host, run_dir: Path) -> None:
    """Write study.toml, the study as resolved, into the run directory."""
    paths = resolved_paths(host, study_calls(study, host), study.base_dir)
    write_study(study, run_dir / "study.toml", paths)


class _Runner:
    def __init__(
        self,
        study: Study,
        run_dir: Path,
        host: Host,
        display: Display,
        fresh: bool,
        edits: Edits,
        shared: Run | None,
    ) -> None:
        self._result = Run(study, run_dir, host=host)
        self._state = RunState(run_dir, fresh=fresh)
        self._host = host
        self._display = display
        self._fresh = fresh
        self._edits = edits
        self._shared = shared
        self._stages: dict[str, Stage] = {}
        workers = study.analysis.workers or os.cpu_count() or 1
        self._context = StageContext(study, host, run_dir, workers, display.progress)

    def run(self, names: tuple[str, ...]) -> Run:
        for problem in self._host.problems:
            self._note(f"not used: {problem}")
        study = self._result.study
        content = study.model_dump(mode="json", exclude_none=True)
        for note in look_at_options(content, study.study.accept).notes:
            self._note(note)
        write_resolved(study, self._host, self._result.run_dir)
        if "preselection" in names:
            self._value("target")  # what is wrong with it shows before spectra are computed
        for name in names:
            self._value(name)
        self._write_summary()
        return self._result

    def _value(self, name: str) -> Any:
        """Return the value of a stage, computing first whatever it takes."""
        if name not in self._result.values:
            stage = self._stage(name)
            inputs = {needed: self._value(needed) for needed in stage.inputs}
            shared = {needed: self._value(needed) for needed in stage.optional if self._shares(needed)}
            if name == "report":
                self._write_summary()  # the page shows it
            if self._shared is not None and self._shares(name):
                self._result.values[name] = self._take(stage, self._shared)
            else:
                self._result.values[name] = self._run_stage(stage, inputs, shared)
        return self._result.values[name]

    def _shares(self, name: str) -> bool:
        return self._shared is not None and self._shared.values.get(name) is not None

    def _stage(self, name: str) -> Stage:
        if name not in self._stages:
            self._stages[name] = load_stage(name, self._host)
        return self._stages[name]

    def _run_stage(self, stage: Stage, inputs: Mapping[str, Any], shared: Mapping[str, Any]) -> Any:
        self._display.stage_started(stage.name)
        self._host.hook.gmplug_stage_started(stage=stage.name)
        fingerprint = self._fingerprint(stage)
        edited = self._state.edited(stage)
        reused = not self._fresh and self._state.still_good(stage, fingerprint)
        start = time.perf_counter()
        if reused or self._keeps(stage, edited):
            value = self._load(stage, inputs, edited)
            wall_s = self._recorded_wall_s(stage)
            if not reused:
                self._state.keep(stage, fingerprint)
                reused = True
        else:
            value = self._compute(stage, {**inputs, **shared}, edited)
            wall_s = time.perf_counter() - start
            self._state.put(stage, fingerprint, wall_s, empty=value is None)
        self._result.timing_s[stage.name] = round(wall_s, 3)
        text = gist(stage.name, value)
        self._display.stage_finished(stage.name, wall_s, reused=reused, text=text)
        for note in getattr(value, "notes", ()):
            self._note(note)
        self._host.hook.gmplug_stage_finished(stage=stage.name, value=value, wall_s=wall_s)
        return value

    def _take(self, stage: Stage, shared: Run) -> Any:
        """Take a stage's value from another run."""
        value, wall_s = shared.values[stage.name], shared.timing_s[stage.name]
        self._display.stage_started(stage.name)
        self._host.hook.gmplug_stage_started(stage=stage.name)
        self._state.share(stage, RunState(shared.run_dir))
        self._result.timing_s[stage.name] = wall_s
        self._display.stage_finished(stage.name, wall_s, reused=True, text=gist(stage.name, value))
        self._result.notes.extend(note for note in getattr(value, "notes", ()))
        self._host.hook.gmplug_stage_finished(stage=stage.name, value=value, wall_s=wall_s)
        return value

    def _compute(self, stage: Stage, inputs: Mapping[str, Any], edited: list[str]) -> Any:
        run_dir = self._result.run_dir
        for name in edited if self._state.home(stage.name) == run_dir else ():
            aside = put_aside(run_dir / name)
            self._note(f"{name} was edited by hand: put aside as {aside.name}, computed anew")
        if self._fresh:
            _remove(run_dir, stage.files + stage.scratch)
        value = run_stage(stage, self._context, inputs)
        if value is None:
            _remove(run_dir, stage.files)
        else:
            stage.save(value, run_dir)
        return value

    def _keeps(self, stage: Stage, edited: list[str]) -> bool:
        """Tell whether edited files of a stage stay; raises InputError where that is for the user to say."""
        run_dir = self._result.run_dir
        if self._fresh or not edited or self._state.home(stage.name) != run_dir or stage.name == "report":
            return False
        return self._edits.kept(run_dir, edited, stage.name)

    def _load(self, stage: Stage, inputs: Mapping[str, Any], edited: list[str]) -> Any:
        for name in edited:
            self._note(f"{name} was edited by hand; taken as it is")
        state = self._state.get(stage.name)
        if state is not None and state.empty:
            return None
        return stage.load(self._state.home(stage.name), **inputs)

    def _recorded_wall_s(self, stage: Stage) -> float:
        state = self._state.get(stage.name)
        return state.wall_s if state is not None else 0.0

    def _fingerprint(self, stage: Stage) -> str:
        taken = [*stage.inputs, *(name for name in stage.optional if self._shares(name))]
        inputs = {name: self._state.digests(self._stage(name)) for name in taken}
        return stage_fingerprint(stage, self._result.study, self._host, inputs)

    def _note(self, text: str) -> None:
        if text not in self._result.notes:
            self._result.notes.append(text)
            self._display.note(text)

    def _write_summary(self) -> None:
        write_summary(self._result.summary, self._result.run_dir)


def _remove(run_dir: Path, names: tuple[str, ...]) -> None:
    import shutil

    for name in names:
        path = run_dir / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def load_run(run_dir: Path, host: Host | None = None, until: str | None = None) -> Run:
    """Read a finished or half-finished run; stages without files in the directory are missing or None.

    Nothing after the stage ``until`` is read.

    Raises
    ------
    InputError
        The directory is not a run, or a file of it cannot be read.
    """
    study_file = run_dir / "study.toml"
    for needed in (study_file, run_dir / STATE_FILE):
        if not needed.is_file():
            raise InputError(
                f"{run_dir}: not a run directory (it has no {needed.name}); give the folder of a run"
            )
    study = load_study(study_file)
    if host is None:
        host, _ = load_plugins(study.script_paths())
    state = RunState(run_dir)
    run = Run(study, run_dir.resolve(), host=host)
    for name in (n for n in stages_until(until, host) if n != "report"):
        _load_value(name, run, state)
    return run


def _load_value(name: str, run: Run, state: RunState) -> bool:
    """Read a stage's value and what it needs into the run; tell whether it is there."""
    if name in run.values:
        return True
    stage, known = load_stage(name, run.host), state.get(name)
    if known is None or not (known.empty or all((state.home(name) / file).is_file() for file in stage.files)):
        return False
    if not all(_load_value(needed, run, state) for needed in stage.inputs):
        return False
    inputs = {needed: run.values[needed] for needed in stage.inputs}
    run.values[name] = None if known.empty else stage.load(state.home(name), **inputs)
    run.timing_s[name] = round(known.wall_s, 3)
    run.notes.extend(note for note in getattr(run.values[name], "notes", ()) if note not in run.notes)
    return True
