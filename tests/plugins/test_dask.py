"""The executor ``dask``: a scheduler and workers started from the command line, on loopback."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gmplug.analysis import AnalysisSetup, WorkerCrashed
from gmplug.analysis.task import analyze
from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.values import AnalysisTask
from tests.support.analyses import run_stage, selection, tasks
from tests.support.places import REPOSITORY
from tests.support.processes import is_alive, nap, wait_for

distributed = pytest.importorskip("distributed")
pytest.importorskip("gmplug_dask")


class Cluster:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start("scheduler", "--port", str(self.port))

    def _start(self, what: str, *arguments: str) -> subprocess.Popen[bytes]:
        module = f"distributed.cli.dask_{what}"
        command = [sys.executable, "-m", module, *arguments, "--host", "127.0.0.1", "--no-dashboard"]
        root = str(REPOSITORY)  # functions of the tests run there too
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        with (self._folder / f"{what}.log").open("ab") as log:
            return subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self._folder, env={**os.environ, "PYTHONPATH": path}
            )

    def add_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker of one thread, without a nanny that would start it again."""
        process = self._start(
            "worker", self.address, "--nthreads", "1", "--no-nanny", "--memory-limit", "2GB"
        )
        self.workers.append(process)
        return process

    def end_workers(self) -> None:
        while self.workers:
            worker = self.workers.pop()
            worker.kill()
            worker.wait()

    def close(self) -> None:
        self.end_workers()
        self.scheduler.kill()
        self.scheduler.wait()


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("dask"))
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def cluster(scheduler: Cluster) -> Iterator[Cluster]:
    """The scheduler of the module, with workers of the test's own."""
    yield scheduler
    scheduler.end_workers()


def executor(cluster: Cluster, timeout_s: float | None = None) -> Any:
    make = Host().provider("executors", "dask")
    return make(address=cluster.address, timeout_s=timeout_s, memory_limit_mb=None)


def die() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def test_bad_calls_cost_themselves_only(cluster: Cluster) -> None:
    """A crash and an endless call end their child process; the Dask worker stays, and so do other calls."""
    worker = cluster.add_worker()
    with executor(cluster, timeout_s=3.0) as pool:
        first = pool.submit(nap, 0.0).result()
        many = [pool.submit(divmod, k, 7) for k in range(300)]
        dead, endless = pool.submit(die), pool.submit(nap, 600.0)
        assert [f.result() for f in many] == [divmod(k, 7) for k in range(300)]
        with pytest.raises(WorkerCrashed, match="SIGSEGV"):
            dead.result()
        with pytest.raises(TimeoutError, match="not finished after 3 s"):
            endless.result()
        with pytest.raises(ZeroDivisionError):
            pool.submit(divmod, 1, 0).result()
        with pytest.raises(TypeError, match="not plain data"):
            pool.submit(divmod, object(), 0).result()
        last = pool.submit(nap, 0.0).result()
        assert first not in (last, worker.pid)
    assert worker.poll() is None
    assert wait_for(lambda: not is_alive(last))


def test_a_study_that_is_given_up_ends_what_it_runs(cluster: Cluster) -> None:
    cluster.add_worker()
    pool = executor(cluster)
    child = pool.submit(nap, 0.0).result()
    running = pool.submit(nap, 600.0)
    assert wait_for(running.running)
    time.sleep(1.0)
    pool.kill_workers()
    assert wait_for(lambda: not is_alive(child), 20.0)


def test_no_scheduler_is_one_clear_line(tmp_path: Path) -> None:
    make = Host().provider("executors", "dask")
    with pytest.raises(InputError, match=r"no Dask scheduler answers at address = 'tcp://127\.0\.0\.1:9'"):
        make(address="tcp://127.0.0.1:9", timeout_s=None, memory_limit_mb=None, connect_timeout_s=1.0)


def test_the_file_of_a_scheduler_in_place_of_its_address(cluster: Cluster, tmp_path: Path) -> None:
    cluster.add_worker()
    path = tmp_path / "scheduler.json"
    path.write_text(json.dumps({"address": cluster.address}))
    make = Host().provider("executors", "dask")
    with make(scheduler_file=path) as pool:
        assert pool.submit(divmod, 7, 2).result() == (3, 1)
    for given in ({}, {"address": cluster.address, "scheduler_file": path}):
        with pytest.raises(InputError, match="set address or scheduler_file"):
            make(**given)


class _Killer(list[str]):
    """Told of each result; after every tenth it kills one of the workers and starts another."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__()
        self._cluster = cluster
        self._chance = random.Random(7)
        self.killed = 0

    def append(self, text: str) -> None:
        super().append(text)
        if len(self) % 10 == 0:
            victim = self._cluster.workers.pop(self._chance.randrange(len(self._cluster.workers)))
            victim.kill()
            victim.wait()
            self.killed += 1
            self._cluster.add_worker()


def _study_under_fire(cluster: Cluster, folder: Path, count: int, workers: int) -> None:
    """A study while Dask workers are killed and others come: every analysis is there, as if undisturbed."""
    motions = tasks(folder, 10)
    names = {f"r{k}": Path(str(motions[k % 10].record["file_h1"])) for k in range(count)}
    scale = [1.0 + k / 100 for k in range(count)]
    study: dict[str, Any] = {
        "structure": {"period_s": 0.5, "model": "sdof"},
        "analysis": {
            "executor": "dask",
            "executor_options": {"address": cluster.address},
            "histories": ["floor_displacement_m"],
        },
    }
    for _ in range(workers):
        cluster.add_worker()
    killer = _Killer(cluster)
    table = run_stage(selection(names, scale), folder / "run", study, seen=killer, entry_points=True).table
    assert killer.killed == count // 10
    assert len(killer) == count
    assert list(table["id"]) == list(names)
    assert set(table["status"]) == {"ok"}
    for row, (name, path) in zip(table.to_dict(orient="records"), names.items(), strict=True):
        record = {"id": name, "file_h1": str(path), "time_step_s": 0.01}
        alone = analyze(AnalysisSetup("sdof", 0.5), AnalysisTask(name, row["scale_factor"], record))
        assert {demand: row[demand] for demand in alone.demands} == dict(alone.demands)
        moved_m = pd.read_parquet(folder / "run" / row["history"])["floor_displacement_1_m"]
        assert moved_m.abs().max() == row["peak_roof_displacement_m"]
    assert len(list((folder / "run" / "analysis" / "histories").glob("r*.parquet"))) == count


def test_workers_may_come_and_go(cluster: Cluster, tmp_path: Path) -> None:
    _study_under_fire(cluster, tmp_path, count=40, workers=2)


@pytest.mark.slow
def test_two_hundred_analyses_while_workers_are_killed(cluster: Cluster, tmp_path: Path) -> None:
    _study_under_fire(cluster, tmp_path, count=200, workers=2)
