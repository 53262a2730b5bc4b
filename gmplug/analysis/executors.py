"""Where analyses run: worker processes of our own, or this process.

The executors of the standard library do not do: when one worker of a ``ProcessPoolExecutor`` dies, all calls
are lost with it, and none has a time limit.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import IO, Any

from gmplug.analysis.child import READY, RETURNED
from gmplug.analysis.errors import ExecutorError, WorkerCrashed
from gmplug.analysis.wire import receive, send

#: Given to workers unless set already: they compute side by side, one thread each.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class _Call:
    future: Future[Any]
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]


class SerialExecutor(Executor):
    """Runs each call at once, in this process: for debugging, and where processes cannot be started.

    A call that crashes takes this process with it, and time limits do not hold.
    """

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run the call and return its finished future."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class ProcessExecutor(Executor):
    """Runs calls in worker processes; one that dies or exceeds its time costs its own call only.

    Parameters
    ----------
    workers
        Number of processes; each is started when there is work for it.
    timeout_s
        Limit of one call, s. Its process is killed, and the call ends in ``TimeoutError``.
    memory_limit_mb
        Limit of each process's address space, MiB (where the system knows such limits).
    """

    def __init__(
        self, *, workers: int, timeout_s: float | None = None, memory_limit_mb: int | None = None
    ) -> None:
        self._workers = max(1, workers)
        self._timeout_s = timeout_s
        self._memory_limit_mb = memory_limit_mb
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._children: set[_Child] = set()
        self._lock = threading.Lock()
        self._idle = 0
        self._closed = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue a call; ``fn`` must be importable by its name, all else plain data (see ``wire``)."""
        future: Future[Any] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("cannot submit to an executor that was shut down")
            self._calls.put(_Call(future, fn, args, kwargs))
            if self._idle > 0:
                self._idle -= 1
            elif len(self._threads) < self._workers:
                thread = threading.Thread(target=self._run, name="gmplug-worker", daemon=True)
                self._threads.append(thread)
                thread.start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; finish those that are queued, or cancel them."""
        with self._lock:
            first, self._closed = not self._closed, True
        if cancel_futures:
            self._cancel_queued()
        if first:
            for _ in self._threads:
                self._calls.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def kill_workers(self) -> None:
        """Take no more calls, cancel those queued, and kill the processes at work."""
        self.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            children = list(self._children)
        for child in children:
            child.kill()
        for thread in self._threads:
            thread.join(timeout=5)

    def _cancel_queued(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                call = self._calls.get_nowait()
                if call is not None:
                    call.future.cancel()
                    call.future.set_running_or_notify_cancel()

    def _run(self) -> None:
        """Serve calls from the queue through a process of this thread's own, until told to end."""
        child: _Child | None = None
        try:
            while (call := self._calls.get()) is not None:
                if call.future.set_running_or_notify_cancel():
                    child = self._serve(child, call)
                with self._lock:
                    self._idle += 1
        finally:
            if child is not None:
                self._end(child)

    def _serve(self, child: _Child | None, call: _Call) -> _Child | None:
        """Make one call; return the process if it is fit for another."""
        try:
            if child is None:
                child = self._start()
            kind, value = child.call(call, self._timeout_s)
        except Exception as error:
            if child is not None:
                self._end(child)
            call.future.set_exception(error)
            return None
        if kind == RETURNED:
            call.future.set_result(value)
        else:
            call.future.set_exception(value)
        return child

    def _start(self) -> _Child:
        child = _Child(self._memory_limit_mb)
        with self._lock:
            self._children.add(child)
        child.wait_until_ready()
        return child

    def _end(self, child: _Child) -> None:
        child.kill()
        with self._lock:
            self._children.discard(child)


class _Child:
    """A worker process and the pipes to it."""

    def __init__(self, memory_limit_mb: int | None) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; from gmplug.analysis.child import main; "
            f"main({os.getpid()}, {memory_limit_mb!r})"
        )
        environment = {**dict.fromkeys(_ONE_THREAD, "1"), **os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
            start_new_session=True,  # an interrupt from the terminal is the parent's to handle
        )
        self._timed_out = False

    def wait_until_ready(self) -> None:
        """Wait for the process to have imported what it needs."""
        try:
            kind, _ = receive(self._output)
        except EOFError:
            raise ExecutorError(f"a worker process did not start: {self._last_words()}") from None
        assert kind == READY

    def call(self, call: _Call, timeout_s: float | None) -> tuple[str, Any]:
        """Send a call and wait for what comes back."""
        timer = threading.Timer(timeout_s, self._time_out) if timeout_s is not None else None
        start = time.perf_counter()
        if timer is not None:
            timer.daemon = True
            timer.start()
        try:
            send(self._input, (call.function, call.arguments, call.keywords))
            reply: tuple[str, Any] = receive(self._output)
        except (EOFError, OSError):
            if self._timed_out:
                raise TimeoutError(f"not finished after {timeout_s:g} s") from None
            wall_s = time.perf_counter() - start
            raise WorkerCrashed(
                f"the worker process died after {wall_s:.1f} s: {self._last_words()}", wall_s
            ) from None
        finally:
            if timer is not None:
                timer.cancel()
        return reply

    @property
    def _input(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _output(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def _time_out(self) -> None:
        self._timed_out = True
        self._kill_process()

    def kill(self) -> None:
        """End the process and whatever it started; safe to call again."""
        self._kill_process()
        self._process.wait()
        for stream in (self._input, self._output):
            with contextlib.suppress(OSError, ValueError):
                stream.close()

    def _kill_process(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def _last_words(self) -> str:
        """Say how the process ended: its signal or exit status, and the last line it wrote."""
        status = self._process.wait()
        try:
            how = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        except ValueError:
            how = f"exit status {status}"
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").split("\n")
        said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"{how}, {said}" if said else how
