"""A small process that outlives its parent to end the processes that the parent's workers have started.

A process that a user's script starts does not end with the worker if the parent is killed, or if the script
puts it into a session of its own. This program reads lines ``add PID MARK`` and ``end PID MARK`` from
standard input; MARK is in the environment of the worker PID and of its descendants. At ``end``, and for all
remaining workers when the input ends, it kills the process group PID and, where /proc exists, every process
with that mark. It imports nothing of gmplug and starts quickly.
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
