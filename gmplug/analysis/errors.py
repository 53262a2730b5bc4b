"""What can happen to a worker process."""

from __future__ import annotations

from gmplug.errors import GmplugError


class WorkerCrashed(GmplugError):
    """A worker process died while it worked on a call; only that call is lost."""
