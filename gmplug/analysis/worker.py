"""A worker process as its parent sees it: pipes, limits, and how it ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from gmplug.analysis import guardian
from gmplug.analysis.child import READY
from gmplug.analysis.errors import ExecutorError, WorkerCrashed
from gmplug.analysis.wire import receive, send_text

#: Given to workers unless set already: they compute side by side, one thread each.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
#: How often limits are looked at, s; memory can grow by a few hundred MiB in between.
_LOOK_EVERY_S = 0.05


class Worker:
    """A process that works on calls, one at a time.

    Parameters
    ----------
    timeout_s
        Limit of one call, s.
    memory_limit_mb
        Limit of the memory that the process and its children hold, MiB.

    Both hold only while a :class:`Watch` looks at the worker.
    """

    def __init__(self, timeout_s: float | None, memory_limit_mb: float | None) -> None:
        self.mark = uuid.uuid4().hex
        self._timeout_s = timeout_s
        self._memory_limit_mb = memory_limit_mb
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; from gmplug.analysis.child import main; "
            f"main({os.getpid()}, {memory_limit_mb!r})"
        )
        environment = {**dict.fromkeys(_ONE_THREAD, "1"), **os.environ, guardian.MARK: self.mark}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=environment,
                start_new_session=True,  # an interrupt from the terminal is the parent's to handle
            )
        except OSError as error:
            raise ExecutorError(f"a worker process cannot be started: {error}") from error
        self._began: float | None = None
        self._served = 0
        self._killed_for = ""

    @property
    def pid(self) -> int:
        """The process, and its process group."""
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Wait for the process to have imported what it needs.

        Raises ExecutorError if it ends instead.
        """
        try:
            kind, _ = receive(self._output)
        except EOFError:
            raise ExecutorError(f"a worker process did not start: {self._last_words()}") from None
        assert kind == READY

    def send(self, calls: Sequence[str]) -> None:
        """Send calls (function, arguments, keywords; as ``wire.dumps`` makes them), answered in order."""
        self._began = time.monotonic()
        with contextlib.suppress(OSError):  # a process that is gone is noticed by whoever waits for the reply
            send_text(self._input, f"[{','.join(calls)}]")

    def receive(self) -> tuple[str, Any]:
        """Return the reply to the next call.

        Raises
        ------
        TimeoutError
            The call took longer than its limit.
        WorkerCrashed
            The process died.
        """
        try:
            reply: tuple[str, Any] = receive(self._output)
        except (EOFError, OSError):
            raise self._obituary() from None
        self._began = time.monotonic()
        self._served += 1
        return reply

    def rest(self) -> None:
        """Nothing is asked of the process now, and no limits hold."""
        self._began = None

    def _obituary(self) -> Exception:
        wall_s = time.monotonic() - (self._began or time.monotonic())
        if self._killed_for == "time":
            return TimeoutError(f"not finished after {self._timeout_s:g} s")
        if self._killed_for == "memory":
            used = f"used more than {self._memory_limit_mb:g} MiB of memory (memory_limit_mb)"
            again = self._served > 0  # what earlier calls have left behind may have counted
            return WorkerCrashed(f"{used} after {wall_s:.1f} s", wall_s, again)
        return WorkerCrashed(f"the worker process died after {wall_s:.1f} s: {self._last_words()}", wall_s)

    def look(self) -> None:
        """Kill the process if it is over a limit; and whatever holds on to its pipes if it is gone."""
        began = self._began
        if began is None or self._killed_for:
            return
        if self._timeout_s is not None and time.monotonic() - began > self._timeout_s:
            self._kill_for("time")
        elif self._memory_limit_mb is not None and memory_mb(self.pid) > self._memory_limit_mb:
            self._kill_for("memory")
        elif self._is_gone():
            self.kill_group()

    def _kill_for(self, reason: str) -> None:
        self._killed_for = reason
        self.kill_group()

    def _is_gone(self) -> bool:
        """Tell whether the process has ended, without taking its status from whoever waits for it."""
        if not hasattr(os, "waitid"):
            return False
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except OSError:
            return False

    def kill(self) -> None:
        """End the process and what it started; safe to call again."""
        self.kill_group()
        self._process.wait()
        for stream in (self._input, self._output, self._errors):
            with contextlib.suppress(OSError, ValueError):
                stream.close()

    def kill_group(self) -> None:
        """Kill the process group, and wait for nothing."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self.pid, signal.SIGKILL)
            else:
                self._process.kill()

    @property
    def _input(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _output(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def _last_words(self) -> str:
        """Say how the process ended: its signal or exit status, and the last line it wrote."""
        status = self._process.wait()
        try:
            how = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        except ValueError:
            how = f"exit status {status}"
        self._errors.seek(0)
        lines = [line.strip() for line in self._errors.read().decode(errors="replace").split("\n")]
        said = [line for line in lines if line and not line.startswith("Extension modules:")]
        fatal = [line for line in said if line.startswith("Fatal Python error")]
        last = fatal[-1] if fatal else said[-1] if said else ""
        return f"{how}, {last}" if last else how


class Watch:
    """Looks at workers' limits from a thread, and has a guardian end what they leave behind."""

    def __init__(self) -> None:
        self._workers: set[Worker] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        try:
            self._guardian: subprocess.Popen[bytes] = subprocess.Popen(
                [sys.executable, "-I", "-S", str(Path(guardian.__file__))],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise ExecutorError(f"a process cannot be started: {error}") from error
        self._thread = threading.Thread(target=self._run, name="gmplug-watch", daemon=True)
        self._thread.start()

    def add(self, worker: Worker) -> None:
        """Look at a worker from now on."""
        with self._lock:
            self._workers.add(worker)
            self._tell("add", worker)

    def end(self, worker: Worker) -> None:
        """Kill a worker, and all that it has started."""
        worker.kill()
        with self._lock:
            if worker in self._workers:
                self._workers.discard(worker)
                self._tell("end", worker)

    def kill_all(self) -> None:
        """Kill all workers; who waits for their replies learns of it."""
        with self._lock:
            workers = list(self._workers)
        for worker in workers:
            worker.kill_group()

    def close(self) -> None:
        """Look no more; all workers have ended, and what they started has when this returns."""
        self._stop.set()
        self._thread.join()
        with contextlib.suppress(OSError):
            if self._guardian.stdin is not None:
                self._guardian.stdin.close()
        self._guardian.wait()

    def _tell(self, what: str, worker: Worker) -> None:
        with contextlib.suppress(OSError):
            assert self._guardian.stdin is not None
            self._guardian.stdin.write(f"{what} {worker.pid} {worker.mark}\n".encode())
            self._guardian.stdin.flush()

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_EVERY_S):
            with self._lock:
                workers = list(self._workers)
            for worker in workers:
                worker.look()


def memory_mb(pid: int) -> float:
    """Return the memory that a process and its children hold (resident sets), MiB; 0 without /proc."""
    pages, pending, seen = 0, [pid], set()
    while pending:
        process = pending.pop()
        if process in seen:
            continue
        seen.add(process)
        with contextlib.suppress(OSError, ValueError, IndexError):
            pages += int(_read(f"/proc/{process}/statm").split()[1])
            pending += [int(child) for child in _read(f"/proc/{process}/task/{process}/children").split()]
    return pages * _PAGE_MB


def _read(path: str) -> str:
    with open(path, encoding="ascii") as stream:  # noqa: PTH123 - many times a second
        return stream.read()


_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20 if hasattr(os, "sysconf") else 0.0


def machine_memory_mb() -> float | None:
    """Return the memory of this machine, or of the container (cgroup) this process is in, MiB."""
    found = []
    with contextlib.suppress(OSError, ValueError, AttributeError):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**20)
    with contextlib.suppress(OSError, ValueError):
        found.append(int(_read("/sys/fs/cgroup/memory.max")) / 2**20)
    return min(found, default=None)
