"""The progress of one of several studies on the display of all."""

from __future__ import annotations

from gmplug.chain.display import Display


class MemberDisplay(Display):
    """Forward progress of one member to the main display, with its name before; each stage and note once."""

    def __init__(self, display: Display, name: str = "", *, notes: bool = True) -> None:
        self._display, self._name, self._notes = display, name, notes
        self._shown: set[str] = set()

    def stage_started(self, stage: str) -> None:
        if stage not in self._shown:
            self._display.stage_started(f"{self._name} {stage}".strip())

    def progress(self, done: float, total: float, message: str) -> None:
        self._display.progress(done, total, message)

    def stage_finished(self, stage: str, wall_s: float, *, reused: bool, text: str) -> None:
        if stage not in self._shown:
            self._display.stage_finished(f"{self._name} {stage}".strip(), wall_s, reused=reused, text=text)
        self._shown.add(stage)

    def note(self, text: str) -> None:
        if self._notes and f"note: {text}" not in self._shown:
            self._display.note(f"{self._name}: {text}" if self._name else text)
        self._shown.add(f"note: {text}")
