"""Ten thousand short analyses through ``processes`` and ``dask``: overhead of each, and the parent's memory.

By turns, so that a slow minute of the machine falls on all of them: calls of an analysis' size that do
nothing (``nothing``), the analyses handed straight to the executor (``bare``), and the analyses as a
campaign, with its fingerprints and its store. All are times of a worker per call: wall time times workers
over calls. What the campaign takes beyond the bare executor with the same analyses is ``beyond_ms``, the
median over the rounds: processor time of the parent, so that a busy machine adds nothing.
GMPLUG_BENCH_ANALYSES sets another number.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from gmplug.analysis import AnalysisSetup, ProcessExecutor
from gmplug.analysis.campaign import Campaign, Job
from gmplug.analysis.store import ResultStore
from gmplug.analysis.task import analyze
from gmplug.values import AnalysisResult, AnalysisTask
from tests.support.motions import burst, write_motion

TUNED_ON = "nothing"
REPORTED_ON = "made-up motions of 2 s through an oscillator"
COUNT = int(os.environ.get("GMPLUG_BENCH_ANALYSES", "10000"))
WORKERS = 2
ROUNDS = 5


def nothing(setup: AnalysisSetup, task: AnalysisTask) -> AnalysisResult:
    """A call of an analysis' size that does nothing."""
    return AnalysisResult(task.id, "ok", {f"peak_story_drift_ratio_{k}": k / 7 for k in range(10)})


def _jobs(folder: Path) -> Iterator[tuple[AnalysisSetup, AnalysisTask]]:
    setup = AnalysisSetup("sdof", 0.5, free_vibration_s=0.5, run_dir=folder)
    files = [write_motion(folder / f"m{k}.txt", burst(2.0, seed=k)) for k in range(20)]
    for k in range(COUNT + 1):
        record = {"id": f"r{k}", "file_h1": str(files[k % 20]), "time_step_s": 0.01, "magnitude": 7.0}
        yield setup, AnalysisTask(f"r{k}", 1.0 + k / COUNT, record)


def _rss_mb() -> float:
    """Resident set of this process alone, MiB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _warm(executor: Executor) -> Executor:
    for future in [executor.submit(time.time) for _ in range(8)]:
        future.result()
    return executor


def _timed_ms(work: Callable[[], None], calls: int) -> tuple[float, float]:
    """Milliseconds of a worker per call, and of the parent's processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    return 1e3 * wall_s * WORKERS / calls, 1e3 * cpu_s / calls


def _direct_ms(
    executor: Executor, function: Callable[..., AnalysisResult], jobs: list[Any]
) -> tuple[float, float]:
    """Both times of calls without a campaign."""

    def work() -> None:
        for future in [executor.submit(function, *job) for job in jobs]:
            assert future.result().status == "ok"

    return _timed_ms(work, len(jobs))


class _Campaign:
    """A campaign that goes on from round to round."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self.done = 0
        self.analyses_s = 0.0
        self.rss_mb: dict[int, float] = {}

    def ms(self, jobs: list[Any]) -> tuple[float, float]:
        """Run these jobs; return both times."""

        def work() -> None:
            tally = self._campaign.run(iter(jobs), self._tell)
            assert tally == {"ok": len(jobs)}, tally

        return _timed_ms(work, len(jobs))

    def _tell(self, job: Job, result: AnalysisResult) -> None:
        self.done += 1
        self.analyses_s += result.wall_s
        if self.done in (COUNT // 10, COUNT):
            self.rss_mb[self.done] = _rss_mb()


def _row(name: str, make: Callable[[], Executor]) -> dict[str, Any]:
    times: dict[str, list[tuple[float, float]]] = {"nothing": [], "bare": [], "campaign": []}
    each = COUNT // ROUNDS
    with (
        tempfile.TemporaryDirectory() as folder,
        _warm(make()) as bare,
        ResultStore(Path(folder)) as store,
        Campaign(store, lambda: _warm(make()), {"gmplug": "bench"}) as campaign,
    ):
        ours = _Campaign(campaign)
        jobs = _jobs(Path(folder))
        campaign.describe(next(jobs)[0])  # starts its executor
        for _ in range(ROUNDS):
            now = [next(jobs) for _ in range(each)]
            times["nothing"].append(_direct_ms(bare, nothing, now[: each // 2]))
            times["bare"].append(_direct_ms(bare, analyze, now[: each // 2]))
            times["campaign"].append(ours.ms(now))
    beyond = [ours[1] - bare[1] for ours, bare in zip(times["campaign"], times["bare"], strict=True)]
    return {
        "executor": name,
        "analyses": ours.done,
        "analysis_ms": round(1e3 * ours.analyses_s / ours.done, 2),
        **{f"{what}_ms": round(statistics.median(wall for wall, _ in ms), 2) for what, ms in times.items()},
        "beyond_ms": round(statistics.median(beyond), 2),
        "beyond_by_round_ms": " ".join(f"{ms:.2f}" for ms in beyond),
        "rss_mb_at_10_percent": round(ours.rss_mb[COUNT // 10], 1),
        "rss_mb_at_100_percent": round(ours.rss_mb[COUNT], 1),
    }


def run() -> list[dict[str, Any]]:
    """One row for each executor."""
    rows = [_row("processes", lambda: ProcessExecutor(workers=WORKERS))]
    if importlib.util.find_spec("gmplug_dask") and importlib.util.find_spec("distributed"):
        from tests.plugins.test_dask import Cluster, executor

        with tempfile.TemporaryDirectory() as folder:
            cluster = Cluster(Path(folder))
            try:
                for _ in range(WORKERS):
                    cluster.add_worker()
                rows.append(_row("dask", lambda: executor(cluster)))
            finally:
                cluster.close()
    return rows


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    each = "; ".join(
        f"`{row['executor']}` {row['beyond_ms']} ms each, {row['rss_mb_at_10_percent']:.0f} MiB after a "
        f"tenth, {row['rss_mb_at_100_percent']:.0f} MiB at the end"
        for row in rows
    )
    return {
        f"{rows[0]['analyses']:,} analyses: processor time of the parent beyond the executor's, and memory, "
        "[analysis](analysis.md)": f"{each}."
    }
