"""The run directory's memory of what each stage was computed from: ``stages.json``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gmplug.chain.fingerprint import file_digest
from gmplug.chain.stage import Stage

STATE_FILE = "stages.json"


@dataclass(frozen=True)
class StageState:
    """What a stage was computed from (``fingerprint``), what it wrote (``files``: digests), how long it took.

    ``empty`` marks a stage that had nothing to do: its value is None and it has no files.
    """

    fingerprint: str
    files: dict[str, str]
    wall_s: float
    empty: bool = False


class RunState:
    """Reads and writes ``stages.json``; an unreadable one counts as none."""

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._stages: dict[str, StageState] = self._read()

    def _read(self) -> dict[str, StageState]:
        try:
            content: dict[str, Any] = json.loads((self._run_dir / STATE_FILE).read_text(encoding="utf-8"))
            return {name: StageState(**state) for name, state in content.items()}
        except (OSError, ValueError, TypeError):
            return {}

    def get(self, stage: str) -> StageState | None:
        """Return what is known of a stage."""
        return self._stages.get(stage)

    def still_good(self, stage: Stage, fingerprint: str) -> bool:
        """Tell whether the stage's value in the run directory follows from the same options and inputs."""
        state = self._stages.get(stage.name)
        if state is None or state.fingerprint != fingerprint:
            return False
        return state.empty or all((self._run_dir / name).is_file() for name in stage.files)

    def edited(self, stage: Stage) -> list[str]:
        """Return the files of the stage that somebody changed since it wrote them."""
        state = self._stages.get(stage.name)
        if state is None:
            return []
        present = [name for name in state.files if (self._run_dir / name).is_file()]
        return [name for name in present if file_digest(self._run_dir / name) != state.files[name]]

    def digests(self, stage: Stage) -> dict[str, str]:
        """Return the digests of the stage's files as they are now."""
        present = [name for name in stage.files if (self._run_dir / name).is_file()]
        return {name: file_digest(self._run_dir / name) for name in present}

    def put(self, stage: Stage, fingerprint: str, wall_s: float, *, empty: bool) -> None:
        """Remember what the stage wrote."""
        files = {} if empty else self.digests(stage)
        self._stages[stage.name] = StageState(fingerprint, files, wall_s, empty)
        content = {name: asdict(state) for name, state in self._stages.items()}
        temporary = self._run_dir / f"{STATE_FILE}.new"
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
        temporary.replace(self._run_dir / STATE_FILE)
