"""What can happen to a worker process."""

from __future__ import annotations

from gmplug.errors import GmplugError


class WorkerCrashed(GmplugError):  # noqa: N818 - a public name that reads as what happened
    """A worker process died while it worked on a call; only that call is lost.

    ``wall_s`` is the time it had worked on it, s.
    """

    def __init__(self, message: str, wall_s: float = 0.0) -> None:
        super().__init__(message)
        self.wall_s = wall_s
