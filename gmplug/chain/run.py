"""Running a study: every stage once, its value written, taken from the run directory where still good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmplug.chain.calls import Call, resolved_paths
from gmplug.chain.check import load_plugins, study_calls
from gmplug.chain.engine import Engine
from gmplug.chain.fingerprint import stage_fingerprint
from gmplug.chain.stage import Stage
from gmplug.chain.stages import load_stage, stage_names, stages_until
from gmplug.chain.state import STATE_FILE, RunState
from gmplug.chain.summary import attention_lines, summarise, write_summary
from gmplug.errors import GmplugError, InputError
from gmplug.host import Host
from gmplug.plausible import look_at_options
from gmplug.study import Study, load_study, write_study
from gmplug.values import Assessment, Candidates, Catalogue, Clusters, Demands, Motions, Selection, Target

if TYPE_CHECKING:
    from gmplug.report.page import Report


@dataclass
class Run:
    """A study's run: its directory, the value of each stage so far, and what a user should know.

    The values are :attr:`catalogue`, :attr:`candidates`, :attr:`target`, :attr:`clusters`, :attr:`selection`,
    :attr:`demands`, :attr:`assessment` and :attr:`report`.

    Attributes
    ----------
    values
        The same by the names of the stages, those of other packages too; None for a stage that had nothing
        to do.
    timing_s
        Wall-clock time of each stage, s; of a stage read from the run directory, the time it once took.
    notes
        One line each.
    later
        The stages that this run did not come to, and that an earlier one left and still hold.
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
        """The records; raises InputError, as the next five do, where the run did not come so far."""
        return self._value("catalogue", Catalogue)

    @property
    def candidates(self) -> Candidates:
        """The records that may be selected."""
        return self._value("preselection", Candidates)

    @property
    def target(self) -> Target:
        """The spectrum that the selection is to match."""
        return self._value("target", Target)

    @property
    def clusters(self) -> Clusters:
        """The candidates by spectral shape."""
        return self._value("clustering", Clusters)

    @property
    def selection(self) -> Selection:
        """The selected records."""
        return self._value("selection", Selection)

    @property
    def motions(self) -> Motions:
        """What excites the model, a motion for each selected record."""
        return self._value("motions", Motions)

    @property
    def demands(self) -> Demands | None:
        """What the analyses came to; None where there were none."""
        return self.values.get("analysis")

    @property
    def assessment(self) -> Assessment | None:
        """What the responses say; None where there are none."""
        return self.values.get("assessment")

    @property
    def report(self) -> Report | None:
        """The page and its figures; None where it was not made."""
        return self.values.get("report")

    def held(self, stage: str) -> Any:
        """Return the value of a stage, this run's or an earlier one's that still holds; else None."""
        return (self.later or self).values.get(stage) if stage not in self.values else self.values[stage]

    def _value[Value](self, stage: str, kind: type[Value]) -> Value:
        value = self.values.get(stage)
        if not isinstance(value, kind):
            raise InputError(f"{self.run_dir}: {self._lacks(kind.__name__.lower(), stage)}")
        return value

    def _lacks(self, what: str, stage: str) -> str:
        return f"the run has no {what}; run the study up to stage {stage}"

    @property
    def summary(self) -> dict[str, Any]:
        """What summary.json holds: this run in numbers, with the stages of an earlier one that still hold."""
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
        """Warnings and failed analyses, a line each; the command ends with status 1 where there are any."""
        return attention_lines(summarise(self.study, self.values, self.timing_s, self.notes, self.host))


def run_stages(
    study: Study,
    engine: Engine,
    names: Sequence[str],
    shared: Run | None = None,
    *,
    last: bool = True,
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
            self._value("target")  # what is wrong with it shows before spectra are computed
        for name in names:
            self._value(name)
        if last:
            self._result.later = self._later()
            self._write_summary()
        return self._result

    def _value(self, name: str) -> Any:
        """Return the value of a stage, computing first whatever it takes."""
        values = self._result.values
        if name not in values:
            stage = load_stage(name, self._engine.host)
            inputs = {needed: self._value(needed) for needed in stage.inputs}
            more = {needed: self._value(needed) for needed in stage.optional if self._shares(needed)}
            if name == "report":
                self._write_summary()  # the page shows it
            if self._shared is not None and self._shares(name):
                values[name] = self._shared.values[name]
                known = RunState(self._shared.run_dir)
                self._engine.take(stage, values[name], self._shared.timing_s[name], known)
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
        inputs = {name: state.digests(load_stage(name, host)) for name in taken}
        return stage_fingerprint(stage, self._result.study, host, inputs)

    def _later(self) -> Run | None:
        """Read the stages that this run did not come to, and that an earlier one left and still hold."""
        found = replace(self._result, values=dict(self._result.values), timing_s={}, notes=[])
        state = self._engine.state
        for name in (name for name in stage_names(found.host) if name not in found.values):
            stage = load_stage(name, found.host)
            try:
                if not state.known(stage) or not state.still_good(stage, self._fingerprint(stage)):
                    break
                _load_value(name, found, state)
            except GmplugError:  # whether it holds cannot be told: a plugin is gone, a file is broken
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
    for needed in ("study.toml", STATE_FILE):
        if not (run_dir / needed).is_file():
            raise InputError(f"{run_dir}: not a run directory (it has no {needed}); give the folder of a run")
    return load_study(run_dir / "study.toml")


def load_stages(run_dir: Path, study: Study, host: Host, until: str | None = None) -> Run:
    """Read the stages of a study up to ``until`` from its run directory."""
    state = RunState(run_dir)
    run = Run(study, run_dir, host=host)
    for name in (n for n in stages_until(until, host) if n != "report"):
        _load_value(name, run, state)
    return run


def _load_value(name: str, run: Run, state: RunState) -> bool:
    """Read a stage's value and what it needs into the run; tell whether it is there."""
    if name in run.values:
        return True
    stage = load_stage(name, run.host)
    if not state.known(stage):
        return False
    if not all(_load_value(needed, run, state) for needed in stage.inputs):
        return False
    inputs = {needed: run.values[needed] for needed in stage.inputs}
    run.values[name] = None if state.empty(name) else stage.load(state.home(name), **inputs)
    run.timing_s[name] = round(state.wall_s(stage), 3)
    run.notes.extend(note for note in getattr(run.values[name], "notes", ()) if note not in run.notes)
    return True
