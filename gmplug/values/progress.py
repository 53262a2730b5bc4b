"""Progress of a stage."""

from __future__ import annotations

from collections.abc import Callable

#: Called by a stage as ``progress(done, total, message)`` while it works; shown by whoever runs the chain.
Progress = Callable[[float, float, str], None]


def no_progress(done: float, total: float, message: str) -> None:
    """Show nothing: the default for stages that are called on their own."""
