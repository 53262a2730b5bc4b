"""Many analyses through an executor: what is known already is taken from the store, the rest is run."""

from __future__ import annotations

import queue
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from gmplug.analysis.errors import ExecutorError, WorkerCrashed
from gmplug.analysis.fingerprint import setup_fingerprint, task_fingerprint
from gmplug.analysis.kept_histories import lacks_histories
from gmplug.analysis.setup import AnalysisSetup
from gmplug.analysis.store import Finished, ResultStore, StoredSetup
from gmplug.analysis.task import analyse, describe, forget_scripts
from gmplug.errors import GmplugError, StudyError
from gmplug.values import AnalysisResult, AnalysisTask

#: A worker may have died of somebody else's doing: its analysis gets another chance.
ATTEMPTS = 2
#: Analyses handed to the executor at a time: enough to keep a cluster busy, few enough for any memory.
IN_FLIGHT = 1000
#: Of a log that goes with a bad result into the store, its last characters.
LOG_EXCERPT = 2000

#: Descriptions of structures built by this process' campaigns: a study is checked before it has a store.
_described: dict[str, dict[str, Any]] = {}


class Job(NamedTuple):
    """One analysis: a structure with its settings, and a record."""

    setup: AnalysisSetup
    task: AnalysisTask


#: May return further jobs, which go first: those that follow from a result.
OnResult = Callable[[Job, AnalysisResult], Iterable[tuple[AnalysisSetup, AnalysisTask]] | None]


@dataclass
class _Open:
    """An analysis that the executor has: the jobs that want its result, and how often it was begun."""

    jobs: list[Job]
    setup_fingerprint: str
    attempts: int = 1


class Campaign:
    """Analyses of any number of structures through one executor and one store; a context manager.

    The executor is made when something has to be run, and shut down at the end; at once, with what it works
    on, where the block is left by an exception.

    Parameters
    ----------
    make_executor
        Returns the executor (see ``gmplug_executors``).
    versions
        What :func:`gmplug.analysis.fingerprint.versions` returns.
    timeout_s
        The limit that the executor was told, to report it.
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
        self._new_setups: list[StoredSetup] = []
        self._open: dict[str, _Open] = {}
        self._done: queue.SimpleQueue[tuple[str, Future[AnalysisResult]]] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        executor, self._executor = self._executor, None
        if executor is None:
            return
        if kind is None:
            executor.shutdown()
        else:
            _abandon(executor)

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
        # Names of histories are looked at in the worker.
        if known is not None and not setup.keeps_histories and known["accepted"] == list(setup.accept):
            self._store.put_description(StoredSetup(fingerprint, setup, self._versions), known)
            return known
        try:
            model: dict[str, Any] = self._running_executor().submit(describe, setup).result()
        except (WorkerCrashed, TimeoutError) as error:
            raise StudyError(
                f"[structure] model '{setup.model}': building it ends its process: {error}"
            ) from error
        self._store.put_description(StoredSetup(fingerprint, setup, self._versions), model)
        _described[fingerprint] = model
        return model

    def run(self, jobs: Iterable[tuple[AnalysisSetup, AnalysisTask]], on_result: OnResult) -> Counter[str]:
        """Run the jobs that the store does not know; return how many have which status.

        ``jobs`` is consumed as results come, and may be endless for all that is kept of it. ``on_result`` is
        called once with each job and its result, as it comes (from the store: as the job is met), after
        the result is safe in the store; jobs that it returns are run too.
        Jobs of equal content are run once. Where several tasks have the same id they need a ``name`` of their
        own, or their setups a ``folder``.

        Raises
        ------
        StudyError
            The store cannot be written, or the executor is gone (:class:`ExecutorError`).
        """
        tally: Counter[str] = Counter()

        following: deque[tuple[AnalysisSetup, AnalysisTask]] = deque()

        def tell(job: Job, result: AnalysisResult) -> None:
            tally[result.status] += 1
            following.extend(on_result(job, result) or ())

        source: Iterator[tuple[AnalysisSetup, AnalysisTask]] | None = iter(jobs)
        while source is not None or self._open or following:
            if (source is not None or following) and len(self._open) < self._in_flight:
                item = following.popleft() if following or source is None else next(source, None)
                if item is None:
                    source = None
                else:
                    self._begin(Job(*item), tell)
                self._finish(tell, wait=False)
            else:
                self._finish(tell, wait=True)
        return tally

    def _begin(self, job: Job, tell: OnResult) -> None:
        """Hand a job to the executor, unless its result is known or under way."""
        shared = self._setup_fingerprint(job.setup)
        fingerprint = task_fingerprint(shared, job.task)
        under_way = self._open.get(fingerprint)
        if under_way is not None:
            under_way.jobs.append(job)
            return
        known = self._store.get(fingerprint)
        again = known is not None and (self._deserves_more_time(known) or lacks_histories(job.setup, known))
        if known is not None and not again:
            tell(job, known)
            return
        self._open[fingerprint] = _Open([job], shared)
        self._submit(fingerprint, job)

    def _deserves_more_time(self, result: AnalysisResult) -> bool:
        if result.status != "timeout":
            return False
        return self._timeout_s is None or self._timeout_s > result.wall_s

    def _submit(self, fingerprint: str, job: Job) -> None:
        future = self._running_executor().submit(analyse, job.setup, job.task)
        future.add_done_callback(lambda done: self._done.put((fingerprint, done)))

    def _finish(self, tell: OnResult, *, wait: bool) -> None:
        """Store everything that has finished by now, in one transaction, then tell of it."""
        finished: list[Finished] = []
        while self._open and (wait or not self._done.empty()):
            fingerprint, future = self._done.get()
            wait = False
            analysis = self._open[fingerprint]
            result = self._result(analysis, future)
            if result is None:
                analysis.attempts += 1
                self._submit(fingerprint, analysis.jobs[0])
                continue
            log = "" if result.status in ("ok", "collapsed") else _excerpt(_log_file(analysis))
            finished.append(Finished(fingerprint, analysis.setup_fingerprint, result, log))
        if not finished:
            return
        self._store.put(finished, self._new_setups)
        self._new_setups.clear()
        for row in finished:
            for job in self._open.pop(row.fingerprint).jobs:
                tell(job, row.result)

    def _result(self, analysis: _Open, future: Future[AnalysisResult]) -> AnalysisResult | None:
        """Return what came of an attempt; None where another is due."""
        task_id = analysis.jobs[0].task.id
        try:
            return future.result()
        except ExecutorError:
            raise  # nothing is known of the analysis itself
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
        """Return the fingerprint of a setup; the store learns of it with its first result."""
        if self._last_setup[0] is not setup:
            fingerprint = setup_fingerprint(setup, self._versions)
            self._new_setups.append(StoredSetup(fingerprint, setup, self._versions))
            self._last_setup = (setup, fingerprint)
        return self._last_setup[1]

    def _running_executor(self) -> Executor:
        if self._executor is None:
            forget_scripts()  # an executor in this process must not go on with scripts as they once were
            self._executor = self._make_executor()
        return self._executor


def _log_file(analysis: _Open) -> Path | None:
    job = analysis.jobs[0]
    log = job.setup.log_file(job.task.name or job.task.id)
    return log if log is not None and log.exists() else None


def _see(log: Path | None) -> str:
    return "" if log is None else f"; see {log.parent.parent.name}/{log.parent.name}/{log.name}"


def _excerpt(log: Path | None) -> str:
    """Return the end of a log."""
    if log is None:
        return ""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, 2) - LOG_EXCERPT))
            return stream.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _abandon(executor: Executor) -> None:
    """End an executor at once, with what it works on where it can."""
    kill = getattr(executor, "kill_workers", None)
    if callable(kill):
        kill()
    else:
        executor.shutdown(wait=False, cancel_futures=True)
