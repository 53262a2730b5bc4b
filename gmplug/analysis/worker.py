"""A worker process as its parent sees it: pipes, limits, and how it ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from multiprocessing.connection import wait
from pathlib import Path
from typing import IO, Any

from gmplug.analysis import guardian
from gmplug.analysis.child import READY
from gmplug.analysis.errors import ExecutorError, WorkerCrashed
from gmplug.analysis.wire import receive, send_text

#: Given to workers unless set already: they compute side by side, one thread each.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
#: How often limits are checked, s; memory can grow by a few hundred MiB in between.
_CHECK_EVERY_S = 0.05


class Worker:
    """A process that works on calls, one at a time.

    Parameters
    ----------
    timeout_s
        Limit of one call, s.
    memory_limit_mb
        Limit of the memory that the process and its children hold, MiB.
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
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input: IO[bytes] = self._process.stdin
        self._output: IO[bytes] = self._process.stdout
        self._served = 0

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
            raise ExecutorError(f"a worker process did not start: {self._crash_message()}") from None
        assert kind == READY

    def call(self, text: str) -> tuple[str, Any]:
        """Make a call (function, arguments, keywords; as ``wire.dumps`` writes them); return the reply.

        Raises
        ------
        TimeoutError
            The call took longer than its limit.
        WorkerCrashed
            The process died, or exceeded its memory limit.
        """
        began = time.monotonic()
        try:
            send_text(self._input, text)
            while not wait([self._output.fileno()], _CHECK_EVERY_S):
                self._check(time.monotonic() - began)
            reply: tuple[str, Any] = receive(self._output)
        except (EOFError, BrokenPipeError):
            wall_s = time.monotonic() - began
            raise WorkerCrashed(
                f"the worker process died after {wall_s:.1f} s: {self._crash_message()}", wall_s
            ) from None
        self._served += 1
        return reply

    def _check(self, wall_s: float) -> None:
        """Raise where the call is over a limit, or the process is gone while another holds its pipes."""
        if self._timeout_s is not None and wall_s > self._timeout_s:
            raise TimeoutError(f"not finished after {self._timeout_s:g} s")
        if self._memory_limit_mb is not None and memory_mb(self.pid) > self._memory_limit_mb:
            used = f"used more than {self._memory_limit_mb:g} MiB of memory (memory_limit_mb)"
            again = self._served > 0  # what earlier calls have left behind may have counted
            raise WorkerCrashed(f"{used} after {wall_s:.1f} s", wall_s, again)
        if self._process.poll() is not None:
            raise EOFError

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

    def _crash_message(self) -> str:
        """Return how the process ended: its signal or exit status, and the last line it wrote."""
        try:
            status = self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:  # it has closed its pipes and lives on
            self.kill_group()
            status = self._process.wait()
        return ending_of(status, self._errors)


def ending_of(status: int, errors: IO[bytes]) -> str:
    """Return a process's signal or exit status, and the last line that it wrote to ``errors``."""
    try:
        ending = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
    except ValueError:
        ending = f"exit status {status}"
    errors.seek(0)
    lines = [line.strip() for line in errors.read().decode(errors="replace").split("\n")]
    written = [line for line in lines if line and not line.startswith("Extension modules:")]
    fatal = [line for line in written if line.startswith("Fatal Python error")]
    last = (fatal or written or [""])[-1]
    return f"{ending}, {last}" if last else ending


class Guardian:
    """The process that ends what workers leave behind; see :mod:`gmplug.analysis.guardian`."""

    def __init__(self) -> None:
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(Path(guardian.__file__))],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise ExecutorError(f"a process cannot be started: {error}") from error
        assert self._process.stdin is not None
        self._input: IO[bytes] = self._process.stdin

    def watch(self, worker: Worker) -> None:
        """End what this worker started when the present process ends."""
        self._write("add", worker)

    def sweep(self, worker: Worker) -> None:
        """End what this worker started now."""
        self._write("end", worker)

    def _write(self, command: str, worker: Worker) -> None:
        with contextlib.suppress(OSError):
            self._input.write(f"{command} {worker.pid} {worker.mark}\n".encode())
            self._input.flush()

    def close(self) -> None:
        """Wait until all that the workers started has ended."""
        with contextlib.suppress(OSError):
            self._input.close()
        self._process.wait()


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
