"""Errors of worker processes and executors."""

from __future__ import annotations

from gmplug.errors import GmplugError, StudyError


class WorkerCrashed(GmplugError):  # noqa: N818 - a public name that reads as what happened
    """A worker process died while it worked on a call; only that call is lost.

    ``wall_s`` is the time spent on the call, s; ``again`` is whether another attempt may succeed.
    """

    def __init__(self, message: str, wall_s: float = 0.0, again: bool = True) -> None:
        super().__init__(message, wall_s, again)
        self.message = message
        self.wall_s = wall_s
        self.again = again

    def __str__(self) -> str:
        return self.message


class ExecutorError(StudyError):
    """The executor cannot work (any more): no process can be started, the scheduler is gone, ...

    It ends the run, which can be resumed, and no result of the analysis is kept.
    """
