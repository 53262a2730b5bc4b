"""What can happen to a worker process, and to what analyses run on."""

from __future__ import annotations

from gmplug.errors import GmplugError, StudyError


class WorkerCrashed(GmplugError):  # noqa: N818 - a public name that reads as what happened
    """A worker process died while it worked on a call; only that call is lost.

    ``wall_s`` is the time it had worked on it, s; ``again`` tells whether another attempt may end otherwise.
    """

    def __init__(self, message: str, wall_s: float = 0.0, again: bool = True) -> None:
        super().__init__(message, wall_s, again)
        self.message = message
        self.wall_s = wall_s
        self.again = again

    def __str__(self) -> str:
        return self.message


class ExecutorError(StudyError):
    """An executor that cannot work (any more): no process can be started, the scheduler is gone, ...

    It says nothing of the analysis that it is raised for: a run ends with it, and can be resumed.
    """
