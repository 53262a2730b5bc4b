"""What a run tells whoever watches it. This one says nothing; the command line has others."""

from __future__ import annotations


class Display:
    """Receives what happens in a run; the base class ignores all of it."""

    def stage_started(self, stage: str) -> None:
        """A stage begins."""

    def progress(self, done: float, total: float, message: str) -> None:
        """The running stage has done ``done`` of ``total``."""

    def stage_finished(self, stage: str, wall_s: float, *, reused: bool, text: str) -> None:
        """A stage has its value; ``reused`` if it was read from the run directory. ``text`` is its gist."""

    def note(self, text: str) -> None:
        """Something a user should know."""
