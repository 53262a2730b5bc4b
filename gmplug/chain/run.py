"""Runs of one level: computing the stages, and reading them back."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmplug.chain.calls import Call, resolved_paths
from gmplug.chain.check import load_plugins, study_calls
from gmplug.chain.engine import Engine
from gmplug.chain.fingerprint import stage_fingerprint
from gmplug.chain.stage import Stage
from gmplug.chain.stages import load_stage, stage_names, stage_of, stages_until, value_of
from gmplug.chain.state import STATE_FILE, RunState
from gmplug.chain.summary import attention_lines, summarise, write_summary
from gmplug.errors import GmplugError, InputError
from gmplug.host import Host
from gmplug.plausible import look_at_options
from gmplug.study import Study, load_study, write_study
from gmplug.values import Assessment, Candidates, Catalogue, Clusters, Demands, Motions, Selection, Target

if TYPE_CHECKING:
    from gmplug.report.page import Report
    from gmplug.report.run_plots import RunPlots


@dataclass
class Run:
    """A study's run: its directory, the values so far, and notes.

    The values are :attr:`catalogue`, :attr:`candidates`, :attr:`target`, :attr:`clusters`, :attr:`selection`,
    :attr:`motions`, :attr:`demands`, :attr:`assessment` and :attr:`report`.

    Attributes
    ----------
    values
        All values by name: ``catalogue``, ``candidates``, ``clusters``, ...; those of stages of other
        packages by the stage's name. None for a stage that had nothing to do.
    timing_s
        Wall-clock time of each stage, s; of a stage read from the run directory, its computation.
    notes
        For the user, one line each.
    later
        Later stages of an earlier run that are still up to date.
    """

    study: Study
    run_dir: Path
    values: dict[str, Any] = field(default_factory=dict)
    timing_s: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    host: Host | None = field(default=None, repr=False)
    later: Run | None = None

    @property
    def catalogue(self) -> Catalogue:
        """The records; raises InputError, as the next five do, if the run ended before."""
        return self._value("catalogue", Catalogue)

    @property
    def candidates(self) -> Candidates:
        """The records that pass pre-selection."""
        return self._value("candidates", Candidates)

    @property
    def target(self) -> Target:
        """The target of the selection."""
        return self._value("target", Target)

    @property
    def clusters(self) -> Clusters:
        """The clusters of the candidates."""
        return self._value("clusters", Clusters)

    @property
    def selection(self) -> Selection:
        """The selected records."""
        return self._value("selection", Selection)

    @property
    def motions(self) -> Motions:
        """The motions that excite the model, one for each selected record."""
        return self._value("motions", Motions)

    @property
    def demands(self) -> Demands | None:
        """The demands; None without analyses."""
        return self.values.get("demands")

    @property
    def assessment(self) -> Assessment | None:
        """The assessment of the demands; None without analyses."""
        return self.values.get("assessment")

    @property
    def report(self) -> Report | None:
        """The report, or None."""
        return self.values.get("report")

    def make_report(self) -> Report:
        """Return the page and its figures."""
        context = Engine(self.run_dir, self.host or Host(entry_points=False)).context(self.study)
        report: Report = load_stage("report").run(context, **self.values)
        return report

    @property
    def plot(self) -> RunPlots:
        """The charts of the report as matplotlib axes: ``run.plot.spectra()``."""
        plots: RunPlots = importlib.import_module("gmplug.report.run_plots").RunPlots(self)  # a layer above
        return plots

    def held(self, name: str) -> Any:
        """Return a value by name, of this run or of ``later``; else None."""
        return self.values[name] if name in self.values else (self.later or self).values.get(name)

    def _value[Value](self, name: str, kind: type[Value]) -> Value:
        value = self.values.get(name)
        if not isinstance(value, kind):
            raise InputError(f"{self.run_dir}: {self._lacks(name)}")
        return value

    def _lacks(self, name: str) -> str:
        return f"the run has no {name}; run the study up to stage {stage_of(name)}"

    @property
    def summary(self) -> dict[str, Any]:
        """The content of summary.json, ``later`` stages included."""
        if self.later is None:
            return summarise(self.study, self.values, self.timing_s, self.notes, self.host)
        return summarise(
            self.study,
            {**self.values, **self.later.values},
            {**self.timing_s, **self.later.timing_s},
            list(dict.fromkeys([*self.notes, *self.later.notes])),
            self.host,
        )

    @property
    def attention(self) -> list[str]:
        """Warnings and failed analyses, a line each; with any the command ends with status 1."""
        return attention_lines(summarise(self.study, self.values, self.timing_s, self.notes, self.host))


def run_stages(
    study: Study, engine: Engine, names: Sequence[str], shared: Run | None = None, *, last: bool = True
) -> Run:
    """Run the named stages in the engine's run directory, which the caller has locked.

    Parameters
    ----------
    shared
        A run whose values are used for the stages it has; its files are referred to, not copied.
    last
        False to leave summary.json for a later call.
    """
    return _Runner(study, engine, shared).run(names, last=last)


def write_resolved(study: Study, host: Host, run_dir: Path, calls: Sequence[Call] = ()) -> None:
    """Write study.toml, the study as resolved; ``calls`` are those besides the stages'."""
    paths = resolved_paths(host, [*study_calls(study, host), *calls], study.base_dir)
    write_study(study, run_dir / "study.toml", paths)


class _Runner:
    def __init__(self, study: Study, engine: Engine, shared: Run | None) -> None:
        self._engine, self._shared = engine, shared
        self._result = Run(study, engine.run_dir, {}, engine.timing_s, engine.notes, engine.host)
        self._context = engine.context(study)

    def run(self, names: Sequence[str], *, last: bool) -> Run:
        for problem in self._engine.host.problems:
            self._engine.note(f"not used: {problem}")
        study = self._result.study
        content = study.model_dump(mode="json", exclude_none=True)
        for note in look_at_options(content, study.study.accept).notes:
            self._engine.note(note)
        if "preselection" in names:
            self._value("target")  # its problems show before spectra are computed
        for name in names:
            self._value(value_of(name))
        if last:
            self._result.later = self._later()
            self._write_summary()
        return self._result

    def _value(self, name: str) -> Any:
        """Return a value by name, computing its inputs first."""
        values = self._result.values
        if name not in values:
            stage = load_stage(stage_of(name), self._engine.host)
            inputs = {needed: self._value(needed) for needed in stage.inputs}
            more = {needed: self._value(needed) for needed in stage.optional if self._shares(needed)}
            if name == "report":
                self._write_summary()  # the page shows it
            if self._shared is not None and self._shares(name):
                values[name] = self._shared.values[name]
                known = RunState(self._shared.run_dir)
                self._engine.take(stage, values[name], self._shared.timing_s[stage.name], known)
            else:
                values[name] = self._engine.make(
                    stage, self._context, inputs, self._fingerprint(stage), more=more
                )
        return values[name]

    def _shares(self, name: str) -> bool:
        return self._shared is not None and self._shared.values.get(name) is not None

    def _fingerprint(self, stage: Stage) -> str:
        taken = [*stage.inputs, *(name for name in stage.optional if self._shares(name))]
        host, state = self._engine.host, self._engine.state
        inputs = {name: state.digests(load_stage(stage_of(name), host)) for name in taken}
        return stage_fingerprint(stage, self._result.study, host, inputs)

    def _later(self) -> Run | None:
        """Read the later stages of an earlier run that are still up to date."""
        found = replace(self._result, values=dict(self._result.values), timing_s={}, notes=[])
        state = self._engine.state
        for stage in (load_stage(name, found.host) for name in stage_names(found.host)):
            if value_of(stage.name) in found.values:
                continue
            try:
                if not state.known(stage) or not state.still_good(stage, self._fingerprint(stage)):
                    break
                _load_value(value_of(stage.name), found, state)
            except GmplugError:  # a plugin is gone, a file is broken: unknown
                break
        found.values = {
            name: value for name, value in found.values.items() if name not in self._result.values
        }
        return found if found.values else None

    def _write_summary(self) -> None:
        write_summary(self._result.summary, self._result.run_dir)


def load_chain(run_dir: Path | str, host: Host | None = None, until: str | None = None) -> Run:
    """Read the run of one level; stages without files are missing, and none after ``until`` is read.

    Raises InputError where the directory is no run of one level, or a file of it cannot be read.
    """
    run_dir = Path(run_dir).resolve()
    study = saved_study(run_dir)
    if study.levels:
        raise InputError(
            f"{run_dir}: a run of several levels; give the directory of one of them, such as "
            f"levels/{study.levels[0].name}"
        )
    return load_stages(run_dir, study, host or load_plugins(study.script_paths())[0], until)


def saved_study(run_dir: Path) -> Study:
    """Return the study of a run directory, as resolved; raises InputError where there is none."""
    if (run_dir / "portfolio.toml").is_file():
        raise InputError(
            f"{run_dir}: the run of a portfolio; give one of its folders, such as selections/S01"
        )
    for needed in ("study.toml", STATE_FILE):
        if not (run_dir / needed).is_file():
            raise InputError(f"{run_dir}: not a run directory (it has no {needed}); give the folder of a run")
    try:
        return load_study(run_dir / "study.toml")
    except InputError:
        RunState(run_dir).check_all_readable()  # an older study may have options that are gone
        raise


def load_stages(run_dir: Path, study: Study, host: Host, until: str | None = None) -> Run:
    """Read the stages of a study up to ``until`` from its run directory."""
    state = RunState(run_dir)
    run = Run(study, run_dir, host=host)
    for name in (n for n in stages_until(until, host) if n != "report"):
        _load_value(value_of(name), run, state)
    return run


def _load_value(name: str, run: Run, state: RunState) -> bool:
    """Read a value by name, and its stage's inputs, into the run; return whether they are there."""
    if name in run.values:
        return True
    stage = load_stage(stage_of(name), run.host)
    state.check_readable(stage.name)
    if not state.known(stage):
        return False
    if not all(_load_value(needed, run, state) for needed in stage.inputs):
        return False
    state.check_tables(stage)
    inputs = {needed: run.values[needed] for needed in stage.inputs}
    run.values[name] = None if state.empty(stage.name) else stage.load(state.home(stage.name), **inputs)
    run.timing_s[stage.name] = round(state.wall_s(stage), 3)
    run.notes.extend(note for note in getattr(run.values[name], "notes", ()) if note not in run.notes)
    return True
