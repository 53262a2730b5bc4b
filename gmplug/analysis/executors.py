"""Where analyses run: worker processes of our own, or this process.

The executors of the standard library do not do: when one worker of a ``ProcessPoolExecutor`` dies, all calls
are lost with it, and none has a time limit.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass
from typing import Any

from gmplug.analysis.child import RETURNED
from gmplug.analysis.errors import ExecutorError
from gmplug.analysis.wire import dumps
from gmplug.analysis.worker import Watch, Worker, machine_memory_mb

#: Share of the machine's memory that all workers may hold together, unless a limit is given.
MEMORY_SHARE = 0.8
#: Short calls are sent several at a time: about as many as take this long, s, and at most so many.
CHUNK_S = 0.05
CHUNK_MOST = 50


@dataclass(frozen=True)
class _Call:
    """A call as a worker is sent it, and the future that gets its result."""

    future: Future[Any]
    text: str

    def begin(self) -> bool:
        """Mark the call as running; False if it was cancelled before. Once begun it may be begun again."""
        return self.future.running() or self.future.set_running_or_notify_cancel()


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
    """Runs calls in worker processes; one that dies or exceeds its limits costs its own call only.

    Parameters
    ----------
    workers
        Number of processes; they start with the first call.
    timeout_s
        Limit of one call, s. Its process is killed, and the call ends in ``TimeoutError``.
    memory_limit_mb
        Limit of what a process and its children hold, MiB (Linux). It is killed, and the call ends in
        ``WorkerCrashed``. None for an equal part of 80 % of the machine's memory.
    """

    def __init__(
        self, *, workers: int, timeout_s: float | None = None, memory_limit_mb: float | None = None
    ) -> None:
        self._workers = max(1, workers)
        self._timeout_s = timeout_s
        machine_mb = machine_memory_mb()
        if memory_limit_mb is None and machine_mb is not None:
            memory_limit_mb = float(int(MEMORY_SHARE * machine_mb / self._workers))
        self._memory_limit_mb = memory_limit_mb
        self._calls: deque[_Call] = deque()
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._watch: Watch | None = None
        self._at_work = 0
        self._closed = False
        self._killed = False
        self._call_s = CHUNK_S  # a smoothed estimate

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue a call; ``fn`` must be importable by its name, all else plain data (see ``wire``)."""
        future: Future[Any] = Future()
        try:
            text = dumps((fn, args, kwargs))
        except TypeError as error:
            future.set_exception(error)
            return future
        with self._changed:
            if self._closed:
                raise RuntimeError("cannot submit to an executor that was shut down")
            self._calls.append(_Call(future, text))
            self._changed.notify()
            if not self._threads:
                self._start_threads()
        return future

    def _start_threads(self) -> None:
        self._watch = Watch()
        self._at_work = self._workers
        for _ in range(self._workers):
            thread = threading.Thread(target=self._run, name="gmplug-worker", daemon=True)
            self._threads.append(thread)
            thread.start()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; finish those that are queued, or cancel them."""
        with self._changed:
            self._closed = True
            if cancel_futures:
                while self._calls:
                    future = self._calls.popleft().future
                    future.cancel()
                    future.set_running_or_notify_cancel()
            self._changed.notify_all()
        if wait:
            for thread in self._threads:
                thread.join()

    def kill_workers(self) -> None:
        """Take no more calls, cancel those queued, and kill the processes at work."""
        self._killed = True
        self.shutdown(wait=False, cancel_futures=True)
        if self._watch is not None:
            self._watch.kill_all()
        for thread in self._threads:
            thread.join(timeout=10)

    def _run(self) -> None:
        """Serve calls from the queue through a process of this thread's own, until told to end."""
        worker: Worker | None = None
        try:
            with contextlib.suppress(ExecutorError):  # the first call says so
                worker = self._start()
            while calls := self._take():
                worker = self._serve(worker, calls)
        finally:
            self._leave(worker)

    def _leave(self, worker: Worker | None) -> None:
        assert self._watch is not None
        if worker is not None:
            self._watch.end(worker)
        with self._changed:
            self._at_work -= 1
            last = self._at_work == 0
        if last:
            self._watch.close()

    def _take(self) -> list[_Call]:
        """Wait for calls, and take a fair part of them that is soon done; none at the end."""
        with self._changed:
            while not self._calls and not self._closed:
                self._changed.wait()
            fair = len(self._calls) // (2 * self._workers)
            count = max(1, min(fair, CHUNK_MOST, int(CHUNK_S / max(self._call_s, 1e-6))))
            return [self._calls.popleft() for _ in range(min(count, len(self._calls)))]

    def _give_back(self, calls: deque[_Call]) -> None:
        """Queue calls again, first in the line, that a worker was sent and has not begun."""
        if self._killed:
            for call in calls:
                call.future.set_exception(CancelledError())
            return
        with self._changed:
            self._calls.extendleft(reversed(calls))
            self._changed.notify_all()

    def _serve(self, worker: Worker | None, calls: list[_Call]) -> Worker | None:
        """Make calls; return the process if it is fit for more."""
        pending = deque(call for call in calls if call.begin())
        if not pending:
            return worker
        try:
            if worker is None:
                worker = self._start()
            worker.send([call.text for call in pending])
            while pending:
                began = time.perf_counter()
                kind, value = worker.receive()
                self._call_s += 0.2 * (time.perf_counter() - began - self._call_s)
                _answer(pending.popleft().future, kind, value)
            worker.rest()
            return worker
        except Exception as error:
            if worker is not None and self._watch is not None:
                self._watch.end(worker)
            pending.popleft().future.set_exception(error)
            self._give_back(pending)
            return None

    def _start(self) -> Worker:
        assert self._watch is not None
        worker = Worker(self._timeout_s, self._memory_limit_mb)
        self._watch.add(worker)
        try:
            worker.wait_until_ready()
        except ExecutorError:
            self._watch.end(worker)
            raise
        return worker


def _answer(future: Future[Any], kind: str, value: Any) -> None:
    if kind == RETURNED:
        future.set_result(value)
    else:
        future.set_exception(value)
