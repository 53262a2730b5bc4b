"""Keeping a finished run's summary while something else takes values from its directory."""

from __future__ import annotations

from pathlib import Path

from gmplug.chain.display import Display


class KeptSummary(Display):
    """Passes everything on, and keeps the run's summary where nothing of the run had to be computed anew."""

    def __init__(self, run_dir: Path, display: Display) -> None:
        self._path = run_dir / "summary.json"
        self._summary = self._path.read_bytes() if self._path.is_file() else None
        self._display = display
        self._reused = True

    def restore(self) -> None:
        """Write the summary back: a run up to the candidates has written one of those stages alone."""
        if self._summary is not None and self._reused:
            self._path.write_bytes(self._summary)

    def stage_started(self, stage: str) -> None:
        self._display.stage_started(stage)

    def progress(self, done: float, total: float, message: str) -> None:
        self._display.progress(done, total, message)

    def stage_finished(self, stage: str, wall_s: float, *, reused: bool, text: str) -> None:
        self._reused = self._reused and reused
        self._display.stage_finished(stage, wall_s, reused=reused, text=text)

    def note(self, text: str) -> None:
        self._display.note(text)
