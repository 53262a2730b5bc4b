"""A display that records what it is shown."""

from __future__ import annotations

from gmplug.chain.display import Display


class Recorder(Display):
    """Remembers which stages were computed, and the notes."""

    def __init__(self) -> None:
        self.computed: list[str] = []
        self.reused: list[str] = []
        self.notes: list[str] = []

    def stage_finished(self, stage: str, wall_s: float, *, reused: bool, text: str) -> None:
        (self.reused if reused else self.computed).append(stage)

    def note(self, text: str) -> None:
        self.notes.append(text)
