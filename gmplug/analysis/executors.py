"""Where analyses run: worker processes of our own, or this process.

The executors of the standard library do not do: when one worker of a ``ProcessPoolExecutor`` dies, all calls
are lost with it, and none has a time limit.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from typing import Any

from gmplug.analysis.child import RETURNED
from gmplug.analysis.errors import ExecutorError
from gmplug.analysis.wire import dumps
from gmplug.analysis.worker import Guardian, Worker
from gmplug.processors import available_memory_mb

#: Share of the machine's memory that all workers may hold together, unless a limit is given.
MEMORY_SHARE = 0.8


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
        self._count = max(1, workers)
        self._timeout_s = timeout_s
        machine_mb = available_memory_mb()
        if memory_limit_mb is None and machine_mb is not None:
            memory_limit_mb = float(int(MEMORY_SHARE * machine_mb / self._count))
        self._memory_limit_mb = memory_limit_mb
        self._calls: queue.SimpleQueue[tuple[Future[Any], str] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._running = 0
        self._workers: set[Worker] = set()
        self._guardian: Guardian | None = None
        self._closed = False
        self._killed = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue a call; ``fn`` must be importable by its name, all else plain data (see ``wire``)."""
        future: Future[Any] = Future()
        try:
            text = dumps((fn, args, kwargs))
        except TypeError as error:
            future.set_exception(error)
            return future
        with self._lock:
            if self._closed:
                raise RuntimeError("cannot submit to an executor that was shut down")
            self._calls.put((future, text))
            if not self._threads:
                self._start_threads()
        return future

    def _start_threads(self) -> None:
        self._guardian = Guardian()
        self._running = self._count
        for _ in range(self._count):
            thread = threading.Thread(target=self._run, name="gmplug-worker", daemon=True)
            self._threads.append(thread)
            thread.start()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; finish those that are queued, or cancel them."""
        with self._lock:
            self._closed = True
            if cancel_futures:
                with contextlib.suppress(queue.Empty):
                    while True:
                        if (call := self._calls.get_nowait()) is not None:
                            call[0].cancel()
                            call[0].set_running_or_notify_cancel()
            for _ in self._threads:
                self._calls.put(None)  # a thread ends with the first one it gets
        if wait:
            for thread in self._threads:
                thread.join()

    def kill_workers(self) -> None:
        """Take no more calls, cancel those queued, and kill the processes at work."""
        self._killed = True
        self.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            workers = list(self._workers)
        for worker in workers:
            worker.kill_group()
        for thread in self._threads:
            thread.join(timeout=10)

    def _run(self) -> None:
        """Make calls from the queue in a process of this thread's own, until there are no more."""
        assert self._guardian is not None
        worker: Worker | None = None
        with contextlib.suppress(Exception):  # the first call reports it
            worker = self._start()
        while (call := self._calls.get()) is not None:
            worker = self._serve(worker, *call)
        self._end(worker)
        with self._lock:
            self._running -= 1
            last = self._running == 0
        if last:
            self._guardian.close()

    def _serve(self, worker: Worker | None, future: Future[Any], text: str) -> Worker | None:
        """Make a call; return the process if it is fit for more."""
        if not future.set_running_or_notify_cancel():
            return worker
        try:
            worker = worker or self._start()
            kind, value = worker.call(text)
        except Exception as error:
            self._end(worker)
            future.set_exception(error)
            return None
        if kind == RETURNED:
            future.set_result(value)
        else:
            future.set_exception(value)
        return worker

    def _start(self) -> Worker:
        assert self._guardian is not None
        if self._killed:
            raise CancelledError
        worker = Worker(self._timeout_s, self._memory_limit_mb)
        with self._lock:
            self._workers.add(worker)
            self._guardian.watch(worker)
        try:
            worker.wait_until_ready()
        except ExecutorError:
            self._end(worker)
            raise
        return worker

    def _end(self, worker: Worker | None) -> None:
        """Kill a process, and all that it has started."""
        if worker is None:
            return
        worker.kill()
        with self._lock:
            if worker in self._workers and self._guardian is not None:
                self._workers.discard(worker)
                self._guardian.sweep(worker)
