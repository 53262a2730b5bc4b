"""The Dask worker's side: calls of a chunk, each in a child process with gmplug's usual limits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

from gmplug import ExecutorError, ProcessExecutor, wire

#: Unused child processes end after this time, s: the study may have been killed.
IDLE_S = 30.0
#: Time between checks whether the study still waits for a call, s.
LOOK_EVERY_S = 1.0

_Key = tuple[float | None, float | None]
_free: dict[_Key, list[_Child]] = {}
_lock = threading.Lock()


class _Child:
    """One child process, for one thread of the Dask worker at a time."""

    def __init__(self, timeout_s: float | None, memory_limit_mb: float | None) -> None:
        worker = _dask_worker()
        if memory_limit_mb is None and worker is not None and worker.memory_manager.memory_limit:
            memory_limit_mb = worker.memory_manager.memory_limit / 2**20 / worker.state.nthreads
        self._executor = ProcessExecutor(workers=1, timeout_s=timeout_s, memory_limit_mb=memory_limit_mb)
        self.killed = False
        self.last_used = time.monotonic()

    def submit(self, text: str) -> Future[Any]:
        """Start a call from the text of ``wire.dumps``."""
        function, arguments, keywords = wire.loads(text)
        return self._executor.submit(function, *arguments, **keywords)

    def kill(self) -> None:
        """End the process and its work."""
        self.killed = True
        self._executor.kill_workers()


def _take(key: _Key) -> _Child:
    with _lock:
        if key not in _free:
            _free[key] = []
            threading.Thread(target=_end_idle, args=(key,), name="gmplug-idle", daemon=True).start()
        if _free[key]:
            return _free[key].pop()
    return _Child(*key)


def _put_back(key: _Key, child: _Child) -> None:
    if child.killed:
        return
    child.last_used = time.monotonic()
    with _lock:
        _free[key].append(child)


def _end_idle(key: _Key) -> None:
    """End child processes that were not used for a while; runs in its own thread."""
    while True:
        time.sleep(IDLE_S / 3)
        _end([key], time.monotonic() - IDLE_S)


def close_children() -> None:
    """End the child processes that no chunk uses."""
    _end(list(_free), float("inf"))


def _end(keys: list[_Key], last_used_before: float) -> None:
    ended = []
    with _lock:
        for key in keys:
            ended += [child for child in _free[key] if child.last_used < last_used_before]
            _free[key] = [child for child in _free[key] if child not in ended]
    for child in ended:
        child.kill()


def _dask_worker() -> Any:
    from distributed import get_worker

    try:
        return get_worker()
    except ValueError:
        return None  # called elsewhere than in a task


def run_chunk(texts: list[str], limits: dict[str, Any]) -> list[dict[str, Any]]:
    """Make the calls, one after the other; return for each ``raised``, the value's ``text`` and ``wall_s``.

    Raises ExecutorError where no process can be started here.
    """
    wanted = _wanted()
    key = (limits["timeout_s"], limits["memory_limit_mb"])
    child = _take(key)
    try:
        return [_call(child, text, wanted) for text in texts]
    finally:
        _put_back(key, child)


def _call(child: _Child, text: str, wanted: Callable[[], bool]) -> dict[str, Any]:
    began = time.perf_counter()
    raised = False
    try:
        future = child.submit(text)
        while not wait([future], timeout=LOOK_EVERY_S).done:
            if not wanted():
                child.kill()
                break
        value: Any = future.result()
    except ExecutorError:
        raise
    except Exception as error:
        raised, value = True, error
    return {"raised": raised, "text": wire.dumps(value), "wall_s": time.perf_counter() - began}


def _wanted() -> Callable[[], bool]:
    """Return a function: whether the study still waits for the current task."""
    worker = _dask_worker()
    if worker is None:
        return lambda: True
    key = worker.get_current_task()

    def wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state not in ("cancelled", "released", "forgotten")

    return wanted
