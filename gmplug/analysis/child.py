"""The worker process: reads calls from its parent over a pipe, makes them one at a time, and answers."""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import os
import signal
import sys
from pathlib import Path
from typing import IO, Any

from gmplug.analysis.wire import decode, receive_json, send

#: Imported before the first call arrives, so that a call's time limit is the call's own.
_PRELOAD = ("numpy", "openseespy.opensees", "gmplug.analysis.task", "gmplug.structures", "gmplug.waveforms")

READY = "ready"
RETURNED = "returned"
RAISED = "raised"


def main(parent_pid: int, memory_limit_mb: float | None = None) -> None:
    """Serve calls until the parent closes the pipe or dies."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    _close_standard_streams()
    _die_with(parent_pid)
    faulthandler.enable()
    for name in _PRELOAD:
        with contextlib.suppress(ImportError):  # the call that needs it reports it
            __import__(name)
    _load_plugins()
    gc.freeze()  # collections need not visit what stays loaded
    if memory_limit_mb is not None:
        _limit_memory(memory_limit_mb)
    send(replies, (READY, None))
    while True:
        try:
            call = receive_json(requests)
        except (EOFError, OSError):
            os._exit(0)  # no clean-up: OpenSees would print
        _serve(replies, call)


def _close_standard_streams() -> None:
    """Free standard input and output from the pipes: scripts may print, and must not read calls."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115


def _die_with(parent_pid: int) -> None:
    """Make the kernel end this process with its parent, even in native code (Linux)."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    pr_set_pdeathsig = 1
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(0)


def _load_plugins() -> None:
    """Import plugins now, so that the time limit of the first analysis does not include it."""
    with contextlib.suppress(Exception):  # the call that needs them reports it
        from gmplug.host import Host

        Host()


def _limit_memory(megabytes: float) -> None:
    """Make allocations fail that exceed the limit between two checks of the parent (Linux)."""
    with contextlib.suppress(ImportError, OSError, ValueError, IndexError):
        import resource

        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        now_bytes = int(status.split("VmData:")[1].split()[0]) * 2**10
        limit = now_bytes + int((1.25 * megabytes + 256) * 2**20)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _serve(replies: IO[bytes], call: Any) -> None:
    """Make a call, a message as JSON, and answer."""
    try:
        function, arguments, keywords = decode(call)
        reply = (RETURNED, function(*arguments, **keywords))
    except BaseException as error:
        reply = (RAISED, error)
    try:
        send(replies, reply)
    except OSError:
        os._exit(0)
    except Exception as error:  # a result that is not plain data
        what = "result" if reply[0] == RETURNED else f"exception ({type(reply[1]).__name__}: {reply[1]})"
        send(replies, (RAISED, RuntimeError(f"the {what} cannot be sent back: {error}")))
