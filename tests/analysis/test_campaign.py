"""Many analyses of several structures through one executor and one store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

from gmplug.analysis import AnalysisSetup, ProcessExecutor, SerialExecutor
from gmplug.analysis.campaign import Campaign, Job
from gmplug.analysis.store import STORE_FILE, ResultStore
from gmplug.analysis.task import analyze
from gmplug.values import AnalysisResult, AnalysisTask
from tests.support.analyses import setup, tasks

VERSIONS = {"gmplug": "test"}


def serial() -> Executor:
    return SerialExecutor()


def test_structures_share_an_executor_and_a_store(tmp_path: Path) -> None:
    motions = tasks(tmp_path, 3)
    setups = [setup(0.3), setup(0.7), setup(0.7, yield_coefficient=0.05)]
    jobs = [(s, t) for s in setups for t in motions]
    results: list[tuple[Job, AnalysisResult]] = []
    with (
        ResultStore(tmp_path) as store,
        Campaign(store, lambda: ProcessExecutor(workers=2), VERSIONS) as campaign,
    ):
        models = [campaign.describe(s) for s in setups]
        tally = campaign.run(iter(jobs), lambda job, result: results.append((job, result)))
    assert [m["periods_s"] for m in models] == [[0.3], [0.7], [0.7]]
    assert tally == {"ok": 9}
    assert {(id(job.setup), job.task.id) for job, _ in results} == {(id(s), t.id) for s, t in jobs}
    for job, result in results:
        assert result.demands == analyze(*job).demands
    again: list[str] = []
    with ResultStore(tmp_path) as store, Campaign(store, _no_executor, VERSIONS) as campaign:
        # Equal content is equal, whatever object it is; and one job twice is one result twice.
        twice = [(setup(0.7), t) for t in (*motions, motions[0])]
        assert campaign.run(twice, lambda job, result: again.append(result.id)) == {"ok": 4}
        assert campaign.describe(setup(0.3)) == models[0]
    assert again == ["m0", "m1", "m2", "m0"]


def _no_executor() -> Executor:
    raise AssertionError("nothing is left to run")


def test_equal_jobs_run_once(tmp_path: Path) -> None:
    executor = _Counting()
    told: list[str] = []
    with ResultStore(tmp_path) as store, Campaign(store, lambda: executor, VERSIONS) as campaign:
        (task,) = tasks(tmp_path, 1)
        campaign.run([(setup(0.5), task)] * 5, lambda job, result: told.append(result.status))
    assert told == ["ok"] * 5
    assert executor.submitted == 1


class _Counting(SerialExecutor):
    submitted = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.submitted += 1
        return super().submit(fn, *args, **kwargs)


def test_jobs_are_taken_as_results_come(tmp_path: Path) -> None:
    """An endless campaign needs no endless memory: never more jobs taken than told of and in flight."""
    motions = tasks(tmp_path, 1, 0.2)
    taken, told, ahead = 0, 0, []

    def jobs() -> Iterator[tuple[AnalysisSetup, AnalysisTask]]:
        nonlocal taken
        for k in range(60):
            taken += 1
            ahead.append(taken - told)
            yield setup(0.5), AnalysisTask(f"t{k}", 1.0, motions[0].record)

    def tell(job: Job, result: AnalysisResult) -> None:
        nonlocal told
        told += 1

    executor = ProcessExecutor(workers=1)
    with ResultStore(tmp_path) as store, Campaign(store, lambda: executor, VERSIONS, in_flight=7) as campaign:
        campaign.run(jobs(), tell)
    assert told == 60
    assert max(ahead) == 7


def test_each_result_is_safe_before_it_is_told(tmp_path: Path) -> None:
    motions = tasks(tmp_path, 3)

    def tell(job: Job, result: AnalysisResult) -> None:
        other = sqlite3.connect(tmp_path / STORE_FILE)  # another reader sees what was committed only
        try:
            rows = other.execute("SELECT status FROM analyses WHERE id = ?", (job.task.id,)).fetchall()
        finally:
            other.close()
        assert rows == [("ok",)]

    with ResultStore(tmp_path) as store, Campaign(store, serial, VERSIONS) as campaign:
        assert campaign.run([(setup(0.5), t) for t in motions], tell) == {"ok": 3}


def test_a_campaign_that_is_interrupted_keeps_what_it_has(tmp_path: Path) -> None:
    motions = tasks(tmp_path, 5)
    jobs = [(setup(0.5), t) for t in motions]

    def stop(job: Job, result: AnalysisResult) -> None:
        if job.task.id == "m2":
            raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt),
        ResultStore(tmp_path) as store,
        Campaign(store, serial, VERSIONS) as campaign,
    ):
        campaign.run(jobs, stop)
    executor = _Counting()
    with ResultStore(tmp_path) as store, Campaign(store, lambda: executor, VERSIONS) as campaign:
        assert campaign.run(jobs, lambda job, result: None) == {"ok": 5}
        assert {r.id for r in store.results()} == {t.id for t in motions}
    assert executor.submitted == 2
