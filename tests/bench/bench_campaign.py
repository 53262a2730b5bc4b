"""Ten thousand short analyses through ``processes`` and ``dask``: overhead of each, and the parent's memory.

The executor's own overhead is that of calls of the same size that do nothing (``nothing``). Both are wall
time times workers; from the analyses' the time is taken off that they say they took themselves.
GMPLUG_BENCH_ANALYSES sets another number.
"""

from __future__ import annotations

import importlib.util
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from gmplug.analysis import AnalysisSetup, ProcessExecutor
from gmplug.analysis.campaign import Campaign, Job
from gmplug.analysis.store import ResultStore
from gmplug.values import AnalysisResult, AnalysisTask
from tests.test_analysis import burst, write_motion

COUNT = int(os.environ.get("GMPLUG_BENCH_ANALYSES", "10000"))
WORKERS = 2


def nothing(setup: AnalysisSetup, task: AnalysisTask) -> AnalysisResult:
    """A call of an analysis' size that does nothing."""
    return AnalysisResult(task.id, "ok", {f"peak_story_drift_ratio_{k}": k / 7 for k in range(10)})


def _jobs(folder: Path) -> Iterator[tuple[AnalysisSetup, AnalysisTask]]:
    setup = AnalysisSetup("sdof", 0.5, free_vibration_s=0.5, log_dir=folder / "logs")
    files = [write_motion(folder / f"m{k}.txt", burst(2.0, seed=k)) for k in range(20)]
    for k in range(COUNT):
        record = {"id": f"r{k}", "file_h1": str(files[k % 20]), "time_step_s": 0.01, "magnitude": 7.0}
        yield setup, AnalysisTask(f"r{k}", 1.0 + k / COUNT, record)


def _rss_mb() -> float:
    """Resident set of this process alone, MiB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _idle_s(executor: Executor, folder: Path) -> float:
    """Seconds of a worker per call that does nothing."""
    with executor:
        for future in [executor.submit(time.time) for _ in range(8)]:
            future.result()
        calls = list(_jobs(folder))[: max(COUNT // 4, 100)]
        start = time.perf_counter()
        for future in [executor.submit(nothing, *call) for call in calls]:
            future.result()
        return (time.perf_counter() - start) * WORKERS / len(calls)


def _campaign(executor: Executor, folder: Path) -> dict[str, Any]:
    rss, done, analyses_s = {}, 0, 0.0

    def tell(job: Job, result: AnalysisResult) -> None:
        nonlocal done, analyses_s
        done += 1
        analyses_s += result.wall_s
        if done in (COUNT // 10, COUNT):
            rss[done] = _rss_mb()

    for future in [executor.submit(time.time) for _ in range(8)]:
        future.result()
    with ResultStore(folder) as store, Campaign(store, lambda: executor, {"gmplug": "bench"}) as campaign:
        start = time.perf_counter()
        tally = campaign.run(_jobs(folder), tell)
        wall_s = time.perf_counter() - start
    assert tally == {"ok": COUNT}, tally
    return {
        "wall_s": round(wall_s, 1),
        "analysis_ms": round(1e3 * analyses_s / COUNT, 2),
        "overhead_ms": round(1e3 * (wall_s * WORKERS - analyses_s) / COUNT, 2),
        "rss_mb_at_10_percent": round(rss[COUNT // 10], 1),
        "rss_mb_at_100_percent": round(rss[COUNT], 1),
    }


def _row(name: str, make: Callable[[], Executor]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        idle_ms = 1e3 * _idle_s(make(), Path(one))
        row = _campaign(make(), Path(two))
    beyond = row["overhead_ms"] - idle_ms
    return {"executor": name, **row, "executors_own_ms": round(idle_ms, 2), "beyond_ms": round(beyond, 2)}


def run() -> list[dict[str, Any]]:
    """One row for each executor."""
    rows = [_row("processes", lambda: ProcessExecutor(workers=WORKERS))]
    if importlib.util.find_spec("gmplug_dask") and importlib.util.find_spec("distributed"):
        from tests.test_plugin_dask import Cluster, executor

        with tempfile.TemporaryDirectory() as folder:
            cluster = Cluster(Path(folder))
            try:
                for _ in range(WORKERS):
                    cluster.add_worker()
                rows.append(_row("dask", lambda: executor(cluster)))
            finally:
                cluster.close()
    return rows
