"""One run at a time in a directory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gmplug.errors import InputError

LOCK_FILE = "run.lock"


def make_run_dir(run_dir: Path) -> None:
    """Make a run directory; raises InputError where that is not allowed, or a file has its name."""
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
        if not os.access(run_dir, os.W_OK):
            raise PermissionError(13, os.strerror(13))
    except OSError as error:
        raise InputError(
            f"{run_dir}: cannot be written ({error.strerror}); choose a folder of yours with --out"
        ) from error


@contextmanager
def run_lock(run_dir: Path) -> Iterator[None]:
    """Hold the directory; the lock ends with the process.

    Raises InputError if another run holds it.
    """
    import filelock

    lock = filelock.FileLock(run_dir / LOCK_FILE)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise InputError(
            f"{run_dir}: another run is at work here; wait for it, or choose another folder with --out"
        ) from error
    try:
        yield
    finally:
        lock.release()
