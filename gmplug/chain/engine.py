"""The engine makes values in a run directory: it reuses them, keeps edits, fires events and records times.

Studies, assessments of all levels, IDA, clouds, portfolios, audits and comparisons use it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gmplug.chain.calls import run_stage
from gmplug.chain.display import Display
from gmplug.chain.edits import NO_EDITS, Edits, put_aside
from gmplug.chain.stage import Stage, StageContext
from gmplug.chain.state import RunState
from gmplug.host import Host
from gmplug.notes import labelled
from gmplug.processors import available_processors
from gmplug.study.schema import Study


@dataclass
class Step:
    """Value and text of a step, set within :meth:`Engine.step`."""

    value: Any = None
    text: str = ""


class Engine:
    """Makes values in one run directory.

    Parameters
    ----------
    run_dir
        Absolute; the caller has locked it.
    host
        The plugins, for events.
    display
        Shows stages, progress and notes.
    fresh
        Compute everything anew.
    edits
        What to do with files edited by hand whose stage must be computed anew.
    common_dir
        As in :class:`StageContext`.

    Attributes
    ----------
    state
        Fingerprints and files of the stages in the directory.
    timing_s
        Wall-clock time of each stage and step, s; of a value read from the directory, its computation.
    notes
        For the user, one line each.
    """

    def __init__(
        self,
        run_dir: Path,
        host: Host,
        display: Display | None = None,
        *,
        fresh: bool = False,
        edits: Edits = NO_EDITS,
        common_dir: Path | None = None,
    ) -> None:
        self.run_dir, self.host, self.display = run_dir, host, display or Display()
        self.fresh, self.edits, self.common_dir = fresh, edits, common_dir
        self.state = RunState(run_dir, fresh=fresh)
        self.timing_s: dict[str, float] = {}
        self.notes: list[str] = []

    def context(self, study: Study) -> StageContext:
        """Return the context of a study's stages in this directory."""
        workers = study.analysis.workers or available_processors()
        progress = self.display.progress
        return StageContext(study, self.host, self.run_dir, workers, progress, self.common_dir)

    def note(self, text: str) -> None:
        """Show a note to the user, once."""
        if text not in self.notes:
            self.notes.append(text)
            self.display.note(text)

    def make(
        self,
        stage: Stage,
        context: StageContext,
        inputs: Mapping[str, Any],
        fingerprint: str,
        *,
        more: Mapping[str, Any] | None = None,
        label: str = "",
    ) -> Any:
        """Return a stage's value: read if it is up to date or kept as edited, else computed.

        Parameters
        ----------
        inputs
            Inputs of the stage's ``run`` and ``load``.
        fingerprint
            From :func:`gmplug.chain.fingerprint.stage_fingerprint`.
        more
            Further inputs of ``run``.
        label
            Put before the value's notes.

        Raises
        ------
        UndecidedEditError
            A file of the stage was edited, the stage must be computed anew, and ``edits`` does not name it.
        """
        self._started(stage.name)
        edited = self.state.edited(stage)
        reused = not self.fresh and self.state.still_good(stage, fingerprint)
        if reused or self._keeps(stage, edited):
            value = self._load(stage, inputs, edited)
            if not reused:
                self.state.keep(stage, fingerprint)
            reused = True
        else:
            value = self._compute(stage, context, {**inputs, **(more or {})}, edited, fingerprint)
        wall_s = self.state.wall_s(stage)
        notes = [labelled(label, note) if label else note for note in getattr(value, "notes", ())]
        self._finished(stage.name, value, wall_s, _gist(stage, value), notes, reused=reused)
        return value

    def take(self, stage: Stage, value: Any, wall_s: float, of: RunState) -> None:
        """Use the value of another run; its files are referred to, not copied."""
        self._started(stage.name)
        self.state.share(stage, of)
        self.notes.extend(note for note in getattr(value, "notes", ()) if note not in self.notes)
        self._finished(stage.name, value, wall_s, _gist(stage, value), reused=True)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Time and show work that is not kept as a stage; set ``value`` and ``text`` of the step."""
        self._started(name)
        start, step = time.perf_counter(), Step()
        yield step
        self._finished(name, step.value, time.perf_counter() - start, step.text, reused=False)

    def drop(self, stage: Stage) -> None:
        """Remove the files of a stage; those edited by hand are put aside."""
        self._put_aside(self.state.edited(stage))
        _remove(self.run_dir, tuple(self.state.digests(stage)))
        for folder in {(self.run_dir / name).parent for name in stage.files} - {self.run_dir}:
            _remove_empty(folder)
        self.state.forget(stage)

    # -- parts ---------------------------------------------------------------------------------------

    def _started(self, name: str) -> None:
        self.display.stage_started(name)
        self.host.hook.gmplug_stage_started(stage=name)

    def _finished(
        self, name: str, value: Any, wall_s: float, text: str, notes: list[str] | None = None, *, reused: bool
    ) -> None:
        self.timing_s[name] = round(wall_s, 3)
        self.display.stage_finished(name, wall_s, reused=reused, text=text)
        for note in notes or ():
            self.note(note)
        self.host.hook.gmplug_stage_finished(stage=name, value=value, wall_s=wall_s)

    def _compute(
        self,
        stage: Stage,
        context: StageContext,
        inputs: Mapping[str, Any],
        edited: list[str],
        fingerprint: str,
    ) -> Any:
        start = time.perf_counter()
        if self.state.home(stage.name) == self.run_dir:
            self._put_aside(edited)
            _remove(self.run_dir, tuple(self.state.outputs(stage)))
        if self.fresh:
            _remove(self.run_dir, stage.files + stage.scratch)
        others = self.state.matching(stage)
        value = run_stage(stage, context, inputs)
        if value is None:
            _remove(self.run_dir, stage.files)
        else:
            stage.save(value, self.run_dir)
        wall_s = time.perf_counter() - start
        self.state.put(stage, fingerprint, wall_s, empty=value is None, others=others)
        return value

    def _put_aside(self, edited: list[str]) -> None:
        for name in edited:
            aside = put_aside(self.run_dir / name)
            self.note(f"{name} was edited by hand: put aside as {aside.name}, computed anew")

    def _keeps(self, stage: Stage, edited: list[str]) -> bool:
        """Return whether edited files of a stage stay; raises InputError if the user has to decide."""
        if self.fresh or not edited or self.state.home(stage.name) != self.run_dir or stage.name == "report":
            return False
        return self.edits.kept(self.run_dir, edited, stage.name)

    def _load(self, stage: Stage, inputs: Mapping[str, Any], edited: list[str]) -> Any:
        if edited:
            self.state.check_tables(stage)
        for name in edited:
            self.note(f"{name} was edited by hand; taken as it is")
        if self.state.empty(stage.name):
            return None
        return stage.load(self.state.home(stage.name), **inputs)


def _gist(stage: Stage, value: Any) -> str:
    return "nothing to do" if value is None else stage.gist(value)


def _remove(run_dir: Path, names: tuple[str, ...]) -> None:
    for name in names:
        path = run_dir / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _remove_empty(folder: Path) -> None:
    """Remove the empty folders of a tree."""
    for path in sorted(folder.rglob("*"), reverse=True) if folder.is_dir() else ():
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
