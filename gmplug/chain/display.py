"""The display of a run; the command line has others."""

from __future__ import annotations


class Display:
    """Shows what happens in a run; the base class shows nothing."""

    def stage_started(self, stage: str) -> None:
        """A stage begins."""

    def progress(self, done: float, total: float, message: str) -> None:
        """Progress of the running stage."""

    def stage_finished(self, stage: str, wall_s: float, *, reused: bool, text: str) -> None:
        """A stage has its value; ``reused`` if read from the run directory. ``text`` is its gist."""

    def note(self, text: str) -> None:
        """A note for the user."""
