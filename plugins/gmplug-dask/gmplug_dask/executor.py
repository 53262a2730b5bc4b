"""The executor: collects calls into chunks, each a task of the scheduler."""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gmplug import ExecutorError, InputError, WorkerCrashed, wire
from gmplug_dask.chunk import close_children, run_chunk

#: Duration of a chunk, s, and most calls in it. Longer calls have one chunk each.
CHUNK_S = 0.5
CHUNK_MOST = 100
#: Chunks that the scheduler has at a time, for each thread of its workers: one at work, one waiting.
CHUNKS_PER_THREAD = 2
#: Dask gives up a task after several workers died with it. Each call is then repeated alone, this often.
ALONE_ATTEMPTS = 2
#: Messages that the client keeps for debugging; by default 1,000, each with its whole chunk.
KEPT_MESSAGES = 10
#: Time between updates of the number of workers, s.
LOOK_EVERY_S = 1.0


def dask(
    *,
    address: str | None = None,
    scheduler_file: Path | None = None,
    timeout_s: float | None = None,
    memory_limit_mb: float | None = None,
    connect_timeout_s: float = 30.0,
) -> Executor:
    """Run analyses on the workers of a Dask scheduler.

    Parameters
    ----------
    address
        Of the scheduler, as ``dask scheduler`` prints it: ``tcp://host:8786``; or
    scheduler_file
        the file that ``dask scheduler --scheduler-file`` writes.
    timeout_s, memory_limit_mb
        Limits of one call; without a memory limit, each thread of a Dask worker has its part of the worker's.
    connect_timeout_s
        How long to wait for the scheduler, s.

    Raises
    ------
    InputError
        Both or none of address and file are given, or no scheduler answers there.
    """
    from dask import config
    from distributed import Client

    if (address is None) == (scheduler_file is None):
        raise InputError("[analysis] executor_options: set address or scheduler_file of the Dask scheduler")
    where = {"address": address} if scheduler_file is None else {"scheduler_file": str(scheduler_file)}
    few = {"distributed.admin.low-level-log-length": KEPT_MESSAGES}
    try:
        with config.set(few):
            client = Client(**where, timeout=connect_timeout_s, set_as_default=False, name="gmplug")
    except (OSError, ValueError, ImportError) as error:
        reason = " ".join(str(error).split())
        option, value = next(iter(where.items()))
        raise InputError(
            f"[analysis] executor_options: no Dask scheduler answers at {option} = '{value}' ({reason}); "
            "start one with `dask scheduler`, and workers with `dask worker ADDRESS`"
        ) from error
    return DaskExecutor(client, timeout_s, memory_limit_mb)


@dataclass
class _Call:
    future: Future[Any]
    text: str
    alone: int = 0  # attempts in a chunk of its own, after Dask gave a chunk up


class DaskExecutor(Executor):
    """Sends calls in chunks; the client is closed at the end.

    A chunk whose Dask worker goes away is run again on another one. The calls themselves run in child
    processes of the Dask workers, so that one that crashes takes no Dask worker with it.
    """

    def __init__(self, client: Any, timeout_s: float | None, memory_limit_mb: float | None) -> None:
        self._client = client
        self._limits = {"timeout_s": timeout_s, "memory_limit_mb": memory_limit_mb}
        self._run_id = uuid.uuid4().hex[:12]
        self._calls: deque[_Call] = deque()
        self._chunks: dict[str, tuple[Any, list[_Call]]] = {}
        self._changed = threading.Condition()
        self._closed = False
        self._threads = 0
        self._looked = float("-inf")
        self._number = 0
        self._call_s: float | None = None
        self._feeder = threading.Thread(target=self._feed, name="gmplug-dask", daemon=True)
        self._feeder.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue a call; ``fn`` must be importable by its name on the workers, all else plain data."""
        future: Future[Any] = Future()
        try:
            call = _Call(future, wire.dumps((fn, args, kwargs)))
        except TypeError as error:
            future.set_exception(error)
            return future
        with self._changed:
            if self._closed:
                raise RuntimeError("cannot submit to an executor that was shut down")
            self._calls.append(call)
            if len(self._calls) == 1:
                self._changed.notify()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Accept no more calls; finish the queued ones, or cancel them."""
        with self._changed:
            self._closed = True
            if cancel_futures:
                while self._calls:
                    call = self._calls.popleft()
                    call.future.cancel()
                    call.future.set_running_or_notify_cancel()
            self._changed.notify_all()
        if wait:
            self._feeder.join()

    def kill_workers(self) -> None:
        """Accept no more calls and cancel all. The Dask workers stop their analyses and continue to run."""
        self.shutdown(wait=False, cancel_futures=True)
        with self._changed:
            chunks = list(self._chunks.values())
            self._chunks.clear()
            self._changed.notify_all()
        self._client.cancel([task for task, _ in chunks], force=True)
        for _, calls in chunks:
            _fail(calls, CancelledError())
        self._feeder.join(timeout=10)

    def _feed(self) -> None:
        """Send chunks to the scheduler until all calls are done; runs in its own thread."""
        try:
            while self._wait_for_work():
                self._look()
                while (chunk := self._take()) is not None:
                    self._send(chunk)
        except Exception as error:
            self._lose(error)
        finally:
            self._close()

    def _wait_for_work(self) -> bool:
        """Wait for calls to send; False when all calls are done."""
        with self._changed:
            if self._closed and not self._calls and not self._chunks:
                return False
            self._changed.wait(LOOK_EVERY_S)
            return True

    def _look(self) -> None:
        """Update the number of threads, and check the scheduler."""
        if self._client.status not in ("running", "connecting"):
            raise ConnectionError(f"the connection to it is {self._client.status}")
        if time.monotonic() - self._looked >= LOOK_EVERY_S:
            self._threads = sum(self._client.nthreads().values())
            self._looked = time.monotonic()

    def _take(self) -> list[_Call] | None:
        """Return the calls of the next chunk; None while the scheduler has enough chunks."""
        with self._changed:
            threads = max(1, self._threads)
            if not self._calls or len(self._chunks) >= CHUNKS_PER_THREAD * threads:
                return None
            first = self._calls.popleft()
            if first.alone or self._call_s is None:
                return [first]
            fair = len(self._calls) // (2 * threads)
            count = max(1, min(fair, CHUNK_MOST, int(CHUNK_S / max(self._call_s, 1e-6))))
            chunk = [first]
            while self._calls and len(chunk) < count and not self._calls[0].alone:
                chunk.append(self._calls.popleft())
            return chunk

    def _send(self, chunk: list[_Call]) -> None:
        begun = [c for c in chunk if c.future.running() or c.future.set_running_or_notify_cancel()]
        if not begun:
            return
        self._number += 1
        key = f"gmplug-{self._run_id}-{self._number}"
        task = self._client.submit(run_chunk, [c.text for c in begun], self._limits, key=key, pure=False)
        with self._changed:
            self._chunks[key] = (task, begun)
        task.add_done_callback(self._receive)

    def _receive(self, task: Any) -> None:
        """Set the results of a chunk; runs in a thread of the client."""
        with self._changed:
            _, calls = self._chunks.pop(task.key, (None, []))
            self._changed.notify()
        if not calls:
            return  # given up already
        if task.status == "finished":
            try:
                self._hand_out(task.result(), calls)
            except Exception as error:  # the connection broke just now
                _fail(calls, _lost(error))
        elif task.status == "cancelled":
            _fail(calls, _lost(ConnectionError("it cancelled a task")))
        else:
            self._failed(task.exception(), calls)

    def _hand_out(self, replies: list[dict[str, Any]], calls: list[_Call]) -> None:
        for call, reply in zip(calls, replies, strict=True):
            self._call_s = reply["wall_s"] + 0.8 * ((self._call_s or reply["wall_s"]) - reply["wall_s"])
            value = wire.loads(reply["text"])
            if reply["raised"]:
                call.future.set_exception(value)
            else:
                call.future.set_result(value)

    def _failed(self, error: BaseException | None, calls: list[_Call]) -> None:
        """Handle a chunk that Dask gave up: repeat each call alone; a single call has failed."""
        from distributed import KilledWorker

        if not isinstance(error, KilledWorker):
            _fail(calls, error if isinstance(error, ExecutorError) else _lost(error))
            return
        again = []
        for call in calls:
            call.alone += 1
            if call.alone > ALONE_ATTEMPTS:
                call.future.set_exception(
                    WorkerCrashed("Dask workers died while they worked on it", again=False)
                )
            else:
                again.append(call)
        with self._changed:
            self._calls.extendleft(reversed(again))
            self._changed.notify()

    def _lose(self, error: Exception) -> None:
        """Fail all calls: the scheduler is gone."""
        with self._changed:
            self._closed = True
            calls = [c for _, chunk in self._chunks.values() for c in chunk] + list(self._calls)
            self._chunks.clear()
            self._calls.clear()
        _fail(calls, _lost(error))

    def _close(self) -> None:
        try:
            if self._client.status == "running":
                self._client.run(close_children)
            self._client.close(timeout=5)
        except Exception:  # a scheduler that went away needs no goodbye
            return


def _lost(error: BaseException | None) -> ExecutorError:
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    return ExecutorError(f"the Dask scheduler does not answer any more, or cannot run gmplug ({reason})")


def _fail(calls: list[_Call], error: BaseException) -> None:
    for call in calls:
        if not call.future.done():
            call.future.set_exception(error)
