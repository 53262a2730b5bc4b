"""Many analyses through an executor: what is known already is taken from the store, the rest is run."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import Any

from gmplug.analysis.errors import WorkerCrashed
from gmplug.analysis.fingerprint import setup_fingerprint, task_fingerprint
from gmplug.analysis.setup import AnalysisSetup
from gmplug.analysis.store import ResultStore
from gmplug.analysis.task import analyse, describe
from gmplug.errors import GmplugError, StudyError
from gmplug.values import AnalysisResult, AnalysisTask

#: A worker may have died of somebody else's doing: its analysis gets another chance.
ATTEMPTS = 2

OnResult = Callable[[AnalysisResult], None]


class Campaign:
    """The analyses of one study.

    Parameters
    ----------
    make_executor
        Called when something has to be run; the executor is shut down at the end.
    timeout_s
        The limit that the executor was told, to report it.
    versions
        What :func:`gmplug.analysis.fingerprint.versions` returns.
    """

    def __init__(
        self,
        setup: AnalysisSetup,
        store: ResultStore,
        make_executor: Callable[[], Executor],
        versions: dict[str, str],
        timeout_s: float | None = None,
    ) -> None:
        self._setup = setup
        self._store = store
        self._make_executor = make_executor
        self._versions = versions
        self._timeout_s = timeout_s
        self._shared = setup_fingerprint(setup, versions)
        self._crashes: dict[str, int] = {}

    def run(
        self, tasks: Sequence[AnalysisTask], on_result: OnResult
    ) -> tuple[list[AnalysisResult], dict[str, Any]]:
        """Return the results in the order of the tasks, and the description of the structure.

        ``on_result`` is called with each result as it comes, those from the store first.
        """
        prints = {task.id: task_fingerprint(self._shared, task) for task in tasks}
        results: dict[str, AnalysisResult] = {}
        for task in tasks:
            known = self._store.get(prints[task.id])
            if known is not None:
                results[task.id] = known
                on_result(known)
        missing = [task for task in tasks if task.id not in results]
        model = self._store.structure(self._shared)
        if missing or model is None:
            model = self._run_missing(missing, prints, results, on_result)
        return [results[task.id] for task in tasks], model

    def _run_missing(
        self,
        tasks: Sequence[AnalysisTask],
        prints: dict[str, str],
        results: dict[str, AnalysisResult],
        on_result: OnResult,
    ) -> dict[str, Any]:
        executor = self._make_executor()
        try:
            description = executor.submit(describe, self._setup)
            finished = _Finished(executor, self._setup, tasks)
            model = self._describe(description)
            for task, future in finished:
                result = self._result(task, future)
                if result is None:
                    finished.again(task)
                    continue
                self._store.put(prints[task.id], result, self._versions)
                results[task.id] = result
                on_result(result)
        except BaseException:
            _abandon(executor)
            raise
        executor.shutdown()
        return model

    def _describe(self, future: Future[dict[str, Any]]) -> dict[str, Any]:
        try:
            model = future.result()
        except (WorkerCrashed, TimeoutError) as error:
            raise StudyError(
                f"[structure] model '{self._setup.model}': building it ends its process: {error}"
            ) from error
        self._store.put_structure(self._shared, model)
        return model

    def _result(self, task: AnalysisTask, future: Future[AnalysisResult]) -> AnalysisResult | None:
        """Return what came of an attempt; None where another is due."""
        try:
            return future.result()
        except WorkerCrashed as error:
            self._crashes[task.id] = self._crashes.get(task.id, 0) + 1
            if self._crashes[task.id] < ATTEMPTS:
                return None
            message = f"{error} (tried {ATTEMPTS} times){self._see_log(task)}"
            return AnalysisResult(task.id, "crashed", message=message, wall_s=error.wall_s)
        except TimeoutError as error:
            message = f"{error}{self._see_log(task)}"
            return AnalysisResult(task.id, "timeout", message=message, wall_s=self._timeout_s or 0.0)
        except GmplugError as error:
            return AnalysisResult(task.id, "failed", message=" ".join(str(error).split()))
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            return AnalysisResult(task.id, "failed", message=reason)

    def _see_log(self, task: AnalysisTask) -> str:
        log = self._setup.log_file(task.id)
        if log is None or not log.exists():
            return ""
        return f"; see {log.parent.parent.name}/{log.parent.name}/{log.name}"


class _Finished:
    """Iterates over calls as they finish, however many there are."""

    def __init__(self, executor: Executor, setup: AnalysisSetup, tasks: Sequence[AnalysisTask]) -> None:
        self._executor = executor
        self._setup = setup
        self._done: queue.SimpleQueue[tuple[AnalysisTask, Future[AnalysisResult]]] = queue.SimpleQueue()
        self._open = 0
        for task in tasks:
            self.again(task)

    def again(self, task: AnalysisTask) -> None:
        """Submit a task (once more)."""
        self._open += 1
        future = self._executor.submit(analyse, self._setup, task)
        future.add_done_callback(lambda done: self._done.put((task, done)))

    def __iter__(self) -> _Finished:
        return self

    def __next__(self) -> tuple[AnalysisTask, Future[AnalysisResult]]:
        if self._open == 0:
            raise StopIteration
        item = self._done.get()
        self._open -= 1
        return item


def _abandon(executor: Executor) -> None:
    """End an executor at once, with what it works on where it can."""
    kill = getattr(executor, "kill_workers", None)
    if callable(kill):
        kill()
    else:
        executor.shutdown(wait=False, cancel_futures=True)
