"""A small process that outlives its parent just long enough to end what the parent's workers have started.

A worker dies with its parent, and so does nothing that a user's script started from it: not where the parent
was killed, and not where the script put it into a session of its own. This program reads lines ``add PID
MARK`` and ``end PID MARK`` from standard input; MARK is in the environment of the worker PID and of whatever
comes from it. At ``end``, and for all that are left when the input ends, it kills the process group PID and,
where there is /proc, every process with that mark. It imports nothing of gmplug, to start in no time.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys

MARK = "GMPLUG_WORKER"


def main() -> None:
    """Serve until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    workers: dict[str, int] = {}
    for line in sys.stdin:
        what, pid, mark = line.split()
        workers[mark] = int(pid)
        if what == "end":
            sweep({mark: workers.pop(mark)})
    sweep(workers)


def sweep(workers: dict[str, int]) -> None:
    """Kill the process groups of these workers, and all processes with their marks."""
    for pid in workers.values():
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
    marks = {f"{MARK}={mark}".encode() for mark in workers}
    for _ in range(5):  # a process may have started another while we looked
        found = [pid for pid in _own_processes() if marks & _environment(pid)]
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return


def _own_processes() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - no pathlib here
    except OSError:
        return []


def _environment(pid: int) -> set[bytes]:
    """Return the environment a process was started with; empty for a zombie or somebody else's."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as stream:  # noqa: PTH123
            return set(stream.read().split(b"\0"))
    except OSError:
        return set()


if __name__ == "__main__":
    main()
