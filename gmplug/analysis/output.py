"""Sending to a file what Python, OpenSees and other native code print."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def output_to(path: Path | None) -> Iterator[None]:
    """Write standard output and standard error to a file while the block runs, native code's too.

    The file is removed again if nothing was printed. ``None`` changes nothing.
    """
    if path is None:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    saved = [os.dup(1), os.dup(2)]
    try:
        with path.open("w", encoding="utf-8", errors="replace", buffering=1) as log:
            for descriptor in (1, 2):
                os.dup2(log.fileno(), descriptor)
            with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
                yield
    finally:
        for descriptor, copy in zip((1, 2), saved, strict=True):
            os.dup2(copy, descriptor)
            os.close(copy)
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_size == 0:
                path.unlink()


@contextlib.contextmanager
def working_in(folder: Path | None) -> Iterator[None]:
    """Run the block in a folder, made for it and removed if it stays empty. ``None`` changes nothing."""
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        with contextlib.suppress(OSError):
            folder.rmdir()
