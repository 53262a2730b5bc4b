"""``stages.json``: what each stage in a run directory was computed from."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from gmplug._version import __version__
from gmplug.chain.fingerprint import file_digest
from gmplug.chain.stage import Stage
from gmplug.chain.versions import check_version
from gmplug.errors import InputError

STATE_FILE = "stages.json"


@dataclass(frozen=True)
class StageState:
    """Fingerprint of a stage, digests of the files that it wrote (its outputs too), and its time.

    ``empty`` marks a stage without a value. ``home`` is the directory with the files, relative to the run's,
    if another run shares them. ``decisions`` are digests of the files with the user's decisions.
    """

    fingerprint: str
    files: dict[str, str]
    wall_s: float
    empty: bool = False
    home: str = ""
    decisions: dict[str, str] = field(default_factory=dict)
    gmplug_version: str = "0.1.0"  # which did not write it down


_AGAIN = "run the study again into this directory (gmplug asks about files that you edited)"


class RunState:
    """Reads and writes ``stages.json``.

    Raises InputError if it cannot be read: edits are unknown then. With ``fresh`` it counts as missing.
    """

    def __init__(self, run_dir: Path, *, fresh: bool = False) -> None:
        self._run_dir = run_dir
        self._stages: dict[str, StageState] = self._read(fresh)

    def _read(self, fresh: bool) -> dict[str, StageState]:
        path = self._run_dir / STATE_FILE
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return {name: StageState(**state) for name, state in content.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            if fresh:
                return {}
            raise InputError(
                f"{path}: cannot be read ({error}); it shows which files of the run you edited. "
                "Restore it, or run with --fresh to compute everything anew"
            ) from None

    def get(self, stage: str) -> StageState | None:
        """Return the state of a stage."""
        return self._stages.get(stage)

    def check_readable(self, stage: str) -> None:
        """Raise InputError where another version of gmplug, with files of another form, made the value."""
        state = self._stages.get(stage)
        if state is not None:
            check_version(state.gmplug_version, self._run_dir, _AGAIN)

    def check_all_readable(self) -> None:
        """Raise InputError where another version of gmplug, with files of another form, made any stage."""
        for stage in self._stages:
            self.check_readable(stage)

    def names(self) -> list[str]:
        """Return the names of the stages."""
        return list(self._stages)

    def home(self, stage: str) -> Path:
        """Return the directory with the files of a stage: the run's own, unless they are shared."""
        state = self._stages.get(stage)
        return self._run_dir if state is None else self._run_dir / state.home

    def still_good(self, stage: Stage, fingerprint: str) -> bool:
        """Return whether the stage's value follows from the same options and inputs."""
        state = self._stages.get(stage.name)
        if state is None or state.fingerprint != fingerprint or state.decisions != self._decisions(stage):
            return False
        return self.known(stage)

    def known(self, stage: Stage) -> bool:
        """Return whether the stage's value is there, from any options and inputs."""
        home, outputs = self.home(stage.name), self.outputs(stage)
        found = stage.name in self._stages
        return found and (
            self.empty(stage.name) or all((home / name).is_file() for name in (*stage.files, *outputs))
        )

    def empty(self, stage: str) -> bool:
        """Return whether the stage had nothing to do: its value is None."""
        state = self._stages.get(stage)
        return state is not None and state.empty

    def edited(self, stage: Stage) -> list[str]:
        """Return the files of the stage that were changed since it wrote them."""
        state = self._stages.get(stage.name)
        if state is None:
            return []
        home = self.home(stage.name)
        present = [name for name in state.files if (home / name).is_file()]
        return [name for name in present if file_digest(home / name) != state.files[name]]

    def check_tables(self, stage: Stage) -> None:
        """Raise InputError where a Parquet file of the stage, which nobody edits by hand, was changed."""
        for name in self.edited(stage):
            if name in stage.files and name.endswith(".parquet"):
                raise InputError(
                    f"{self.home(stage.name) / name}: is not as gmplug wrote it (another checksum), and is "
                    "no file to edit; restore it, or remove it and run the study again"
                )

    def digests(self, stage: Stage) -> dict[str, str]:
        """Return the digests of the stage's files as they are now."""
        return _digests(self.home(stage.name), (*stage.files, *self.outputs(stage)))

    def outputs(self, stage: Stage) -> list[str]:
        """Return the files that the stage wrote besides its :attr:`Stage.files`."""
        state = self._stages.get(stage.name)
        return [] if state is None else [name for name in state.files if name not in stage.files]

    def matching(self, stage: Stage) -> dict[str, tuple[int, int]]:
        """Return the files that match the stage's outputs, with their size and time."""
        names = (path for pattern in stage.outputs for path in self._run_dir.glob(pattern) if path.is_file())
        stats = {path.relative_to(self._run_dir).as_posix(): path.stat() for path in names}
        return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in sorted(stats.items())}

    def wall_s(self, stage: Stage) -> float:
        """Return the time of the stage's computation, s; 0 if unknown."""
        state = self._stages.get(stage.name)
        return 0.0 if state is None else state.wall_s

    def put(
        self,
        stage: Stage,
        fingerprint: str,
        wall_s: float,
        *,
        empty: bool,
        others: Mapping[str, tuple[int, int]],
    ) -> None:
        """Record what the stage wrote; ``others`` match its outputs and were there before."""
        self._stages.pop(stage.name, None)
        outputs = [name for name, stat in self.matching(stage).items() if others.get(name) != stat]
        files = {} if empty else _digests(self._run_dir, (*stage.files, *outputs))
        decisions = self._decisions(stage)
        self._stages[stage.name] = StageState(
            fingerprint, files, wall_s, empty, decisions=decisions, gmplug_version=__version__
        )
        self._write()

    def keep(self, stage: Stage, fingerprint: str) -> None:
        """Record that the stage's edited files stay, though something else has changed."""
        state = self._stages[stage.name]
        decisions = self._decisions(stage)
        self._stages[stage.name] = replace(
            state, fingerprint=fingerprint, decisions=decisions, gmplug_version=__version__
        )
        self._write()

    def decided(self, stage: Stage, edited: Sequence[str]) -> None:
        """Record that the stage's files follow its decisions; those ``edited`` stay edited."""
        state = self._stages[stage.name]
        files = {name: digest for name, digest in self.digests(stage).items() if name not in edited}
        files |= {name: state.files[name] for name in edited}
        self._stages[stage.name] = replace(state, files=files, decisions=self._decisions(stage))
        self._write()

    def _decisions(self, stage: Stage) -> dict[str, str]:
        return _digests(self._run_dir, stage.decisions)

    def forget(self, stage: Stage) -> None:
        """Remove a stage."""
        if self._stages.pop(stage.name, None) is not None:
            self._write()

    def share(self, stage: Stage, other: RunState) -> None:
        """Record that the stage's value is that of another run, whose files are not copied."""
        state = other.get(stage.name)
        assert state is not None
        home = os.path.relpath(other.home(stage.name), self._run_dir)
        self._stages[stage.name] = replace(state, files=other.digests(stage), home=Path(home).as_posix())
        self._write()

    def _write(self) -> None:
        content = {name: asdict(state) for name, state in self._stages.items()}
        temporary = self._run_dir / f"{STATE_FILE}.new"
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
        temporary.replace(self._run_dir / STATE_FILE)


def _digests(folder: Path, names: Sequence[str]) -> dict[str, str]:
    return {name: file_digest(folder / name) for name in names if (folder / name).is_file()}
