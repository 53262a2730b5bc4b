"""Many analyses through an executor. Results that the store has are reused; the rest is run."""

from __future__ import annotations

import queue
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from gmplug.analysis.errors import ExecutorError, WorkerCrashed
from gmplug.analysis.fingerprint import setup_fingerprint, task_fingerprint
from gmplug.analysis.kept_histories import lacks_histories
from gmplug.analysis.setup import AnalysisSetup
from gmplug.analysis.store import Finished, ResultStore
from gmplug.analysis.task import analyze, describe, forget_scripts
from gmplug.errors import GmplugError, StudyError
from gmplug.values import AnalysisResult, AnalysisTask

#: Attempts at an analysis whose worker dies: the cause may have been outside it.
ATTEMPTS = 2
#: Analyses handed to the executor at a time: enough to keep a cluster busy, few enough for any memory.
IN_FLIGHT = 1000
#: Last characters of a log that the store keeps with the result of a failed analysis.
LOG_EXCERPT = 2000

#: Descriptions of structures that this process has built: a study is checked before it has a store.
_described: dict[str, dict[str, Any]] = {}


class Job(NamedTuple):
    """One analysis: a structure with its settings, and a record."""

    setup: AnalysisSetup
    task: AnalysisTask


#: May return further jobs that depend on the result; they run before those that wait.
OnResult = Callable[[Job, AnalysisResult], Iterable[tuple[AnalysisSetup, AnalysisTask]] | None]


@dataclass
class _Running:
    """An analysis that the executor has: the jobs that need its result, and the number of attempts."""

    jobs: list[Job]
    setup_fingerprint: str
    attempts: int = 1


class Campaign:
    """Analyses of any number of structures through one executor and one store; a context manager.

    The executor is started with the first analysis and shut down at the end of the block. An exception in
    the block kills it at once.

    Parameters
    ----------
    make_executor
        Returns the executor (see ``gmplug_executors``).
    versions
        What :func:`gmplug.analysis.fingerprint.versions` returns.
    timeout_s
        Limit of one analysis in the executor, for messages.
    in_flight
        Analyses that the executor has at a time.
    """

    def __init__(
        self,
        store: ResultStore,
        make_executor: Callable[[], Executor],
        versions: dict[str, str],
        timeout_s: float | None = None,
        in_flight: int = IN_FLIGHT,
    ) -> None:
        self._store = store
        self._make_executor = make_executor
        self._versions = versions
        self._timeout_s = timeout_s
        self._in_flight = in_flight
        self._executor: Executor | None = None
        self._last_setup: tuple[AnalysisSetup | None, str] = (None, "")
        self._running: dict[str, _Running] = {}
        self._done: queue.SimpleQueue[tuple[str, Future[AnalysisResult]]] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        executor, self._executor = self._executor, None
        if executor is None:
            return
        kill = getattr(executor, "kill_workers", None)
        if kind is None:
            executor.shutdown()
        elif callable(kill):
            kill()
        else:
            executor.shutdown(wait=False, cancel_futures=True)

    def describe(self, setup: AnalysisSetup) -> dict[str, Any]:
        """Build the structure of a setup in a worker, unless that was done before; return its description.

        Raises
        ------
        InputError
            The structure or an option is unknown, or the model cannot be what it says.
        StudyError
            It cannot be built; one line with the script's line number.
        """
        fingerprint = self._setup_fingerprint(setup)
        known = self._store.description(fingerprint) or _described.get(fingerprint)
        # The worker checks the names of histories.
        if known is not None and not setup.keeps_histories and known["accepted"] == list(setup.accept):
            self._store.put_description(fingerprint, known)
            return known
        try:
            model: dict[str, Any] = self._running_executor().submit(describe, setup).result()
        except (WorkerCrashed, TimeoutError) as error:
            raise StudyError(
                f"[structure] model '{setup.model}': building it ends its process: {error}"
            ) from error
        self._store.put_description(fingerprint, model)
        _described[fingerprint] = model
        return model

    def run(self, jobs: Iterable[tuple[AnalysisSetup, AnalysisTask]], on_result: OnResult) -> Counter[str]:
        """Run the jobs whose results the store does not have; return the number of analyses by status.

        ``jobs`` is consumed as results arrive. ``on_result`` is called once with each job and its result,
        after the result is safe in the store; jobs that it returns are run too. Jobs of equal content are run
        once. Tasks with the same id need a ``name`` each, or setups with a ``folder``.

        Raises
        ------
        StudyError
            The store cannot be written, or the executor is gone (:class:`ExecutorError`).
        """
        counts: Counter[str] = Counter()
        following: deque[tuple[AnalysisSetup, AnalysisTask]] = deque()

        def report(job: Job, result: AnalysisResult) -> None:
            counts[result.status] += 1
            following.extend(on_result(job, result) or ())

        source = iter(jobs)
        while True:
            item = None
            if len(self._running) < self._in_flight:
                item = following.popleft() if following else next(source, None)
            if item is not None:
                self._begin(Job(*item), report)
            elif not self._running:
                return counts
            self._finish(report, wait=item is None)

    def _begin(self, job: Job, report: OnResult) -> None:
        """Submit a job to the executor, unless its result is known or expected."""
        shared = self._setup_fingerprint(job.setup)
        fingerprint = task_fingerprint(shared, job.task)
        if fingerprint in self._running:
            self._running[fingerprint].jobs.append(job)
            return
        known = self._store.get(fingerprint)
        if known is not None and not self._is_due_again(job.setup, known):
            report(job, known)
            return
        self._running[fingerprint] = _Running([job], shared)
        self._submit(fingerprint, job)

    def _is_due_again(self, setup: AnalysisSetup, result: AnalysisResult) -> bool:
        """Tell whether a kept result timed out and has more time now, or lacks histories."""
        more_time = self._timeout_s is None or self._timeout_s > result.wall_s
        return (result.status == "timeout" and more_time) or lacks_histories(setup, result)

    def _submit(self, fingerprint: str, job: Job) -> None:
        future = self._running_executor().submit(analyze, job.setup, job.task)
        future.add_done_callback(lambda done: self._done.put((fingerprint, done)))

    def _finish(self, report: OnResult, *, wait: bool) -> None:
        """Store everything that has finished by now, in one transaction, then report it."""
        finished: list[Finished] = []
        while self._running and (wait or not self._done.empty()):
            fingerprint, future = self._done.get()
            wait = False
            analysis = self._running[fingerprint]
            result = self._result(analysis, future)
            if result is None:
                analysis.attempts += 1
                self._submit(fingerprint, analysis.jobs[0])
                continue
            log = "" if result.status in ("ok", "collapsed") else _excerpt(_log_file(analysis))
            finished.append(Finished(fingerprint, analysis.setup_fingerprint, result, log))
        if not finished:
            return
        self._store.put(finished)
        for row in finished:
            for job in self._running.pop(row.fingerprint).jobs:
                report(job, row.result)

    def _result(self, analysis: _Running, future: Future[AnalysisResult]) -> AnalysisResult | None:
        """Return the result of an attempt; None if another attempt is due."""
        task_id = analysis.jobs[0].task.id
        try:
            return future.result()
        except ExecutorError:
            raise
        except CancelledError as error:
            raise ExecutorError(f"the executor has cancelled the analysis of {task_id}; run again") from error
        except WorkerCrashed as error:
            if analysis.attempts < ATTEMPTS and error.again:
                return None
            times = f" (tried {analysis.attempts} times)" if analysis.attempts > 1 else ""
            message = f"{error}{times}{_see(_log_file(analysis))}"
            return AnalysisResult(task_id, "crashed", message=message, wall_s=error.wall_s)
        except TimeoutError as error:
            message = f"{error}{_see(_log_file(analysis))}"
            return AnalysisResult(task_id, "timeout", message=message, wall_s=self._timeout_s or 0.0)
        except GmplugError as error:
            return AnalysisResult(task_id, "failed", message=" ".join(str(error).split()))
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            return AnalysisResult(task_id, "failed", message=reason)

    def _setup_fingerprint(self, setup: AnalysisSetup) -> str:
        """Return the fingerprint of a setup, and store the setup."""
        if self._last_setup[0] is not setup:
            fingerprint = setup_fingerprint(setup, self._versions)
            self._store.put_setup(fingerprint, setup, self._versions)
            self._last_setup = (setup, fingerprint)
        return self._last_setup[1]

    def _running_executor(self) -> Executor:
        if self._executor is None:
            forget_scripts()  # they may have changed since this process loaded them
            self._executor = self._make_executor()
        return self._executor


def _log_file(analysis: _Running) -> Path | None:
    job = analysis.jobs[0]
    log = job.setup.log_file(job.task.name or job.task.id)
    return log if log is not None and log.exists() else None


def _see(log: Path | None) -> str:
    return "" if log is None else f"; see {log.parent.parent.name}/{log.parent.name}/{log.name}"


def _excerpt(log: Path | None) -> str:
    if log is None:
        return ""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, 2) - LOG_EXCERPT))
            return stream.read().decode("utf-8", "replace")
    except OSError:
        return ""
