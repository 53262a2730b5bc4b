"""A portfolio through Dask on loopback: memory of study, scheduler and workers, with one kill and resume.

1,000 buildings of one to three stories with 20 simulated records each, on a scheduler and two workers of this
machine; the bench starts and ends them. The study's process is killed by SIGKILL with 5 % of the analyses in
the store and run again: rows are of the second process. Resident memory is read five times a second; a row
has medians over the two hundredths of the analyses before its share. ``GMPLUG_BENCH_BUILDINGS`` and
``GMPLUG_BENCH_RECORDS`` set other numbers.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from tests.bench.bench_portfolio import stored, write_portfolio

TUNED_ON = "nothing"
REPORTED_ON = "simulated records and random buildings"
BUILDINGS = int(os.environ.get("GMPLUG_BENCH_BUILDINGS", "1000"))
RECORDS = int(os.environ.get("GMPLUG_BENCH_RECORDS", "20"))
WORKERS = 2
KILLED_AT, SHARES, BEFORE = 0.05, (0.1, 0.5, 1.0), 0.02
QUICK = (("W1", 1, 2, "moderate"), ("C1", 2, 3, "high"), ("S1", 2, 3, "moderate"), ("RM1", 1, 3, "pre"))


class Moment(NamedTuple):
    """What the processes hold at a time: seconds, analyses stored, MiB."""

    time_s: float
    stored: int
    study_mib: float
    scheduler_mib: float
    workers_mib: float


def run() -> list[dict[str, Any]]:
    """A row for each share of the analyses: memory by process and the analyses per second up to there."""
    from tests.plugins.test_dask import Cluster

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, out, total = write_portfolio(folder, BUILDINGS, RECORDS, QUICK), folder / "run", _total()
        cluster = Cluster(folder)
        try:
            for _ in range(WORKERS):
                cluster.add_worker()
            path.write_text(_through_dask(path.read_text(), cluster.address))
            first = _killed(path, out, KILLED_AT * total)
            watched, peak_mib = _watched(path, out, cluster)
        finally:
            cluster.close()
        final = stored(out)
        if any(final[key] != value for key, value in first.items()):
            raise RuntimeError("an analysis that was finished before the kill was run again")
        statuses = pd.read_csv(out / "demands.csv")["status"].value_counts().to_dict()
    if sum(statuses.values()) != total:
        raise RuntimeError(f"analyses by status: {statuses}")
    return _rows(watched, len(first), peak_mib, statuses)


def _total() -> int:
    return BUILDINGS * RECORDS


def _through_dask(text: str, address: str) -> str:
    """The portfolio's text with the executor, fewer records to make and longer steps."""
    chosen = f'[analysis]\nexecutor = "dask"\nexecutor_options = {{ address = "{address}" }}'
    text = text.replace("count = 200", "count = 100").replace("time_step_s = 0.01", "time_step_s = 0.04")
    return text.replace("[analysis]", chosen)


def _started(path: Path, out: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "gmplug", "portfolio", str(path), "--out", str(out), "--quiet"]
    )


def _killed(path: Path, out: Path, at: float) -> dict[str, float]:
    process = _started(path, out)
    while process.poll() is None and _count(out) < at:
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return stored(out)


def _watched(path: Path, out: Path, cluster: Any) -> tuple[list[Moment], float]:
    """Finish the portfolio; return what was seen while analyses ran, and the study's peak memory, MiB."""
    process, start, seen = _started(path, out), time.perf_counter(), list[Moment]()
    peak_mib = 0.0
    while process.poll() is None:
        workers = [pid for worker in cluster.workers for pid in _family(worker.pid)]
        seen.append(
            Moment(
                time.perf_counter() - start,
                _count(out),
                _resident_mib(process.pid),
                _resident_mib(cluster.scheduler.pid),
                sum(map(_resident_mib, workers)),
            )
        )
        peak_mib = max(peak_mib, seen[-1].study_mib)
        time.sleep(0.2)
    if process.returncode not in (0, 1):  # 1: warnings stand in the summary
        raise RuntimeError(f"gmplug portfolio ended with status {process.returncode}")
    return seen, peak_mib


def _family(pid: int) -> Iterator[int]:
    """A process and all below it (Linux)."""
    yield pid
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in path.read_text().split():
                yield from _family(int(child))
        except OSError:
            continue


def _count(out: Path) -> int:
    """Analyses in the store; 0 while there is none."""
    try:
        with sqlite3.connect(f"file:{out / 'analyses.sqlite'}?mode=ro", uri=True) as connection:
            return int(connection.execute("SELECT count(*) FROM analyses").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def _resident_mib(pid: int) -> float:
    """Resident memory of a process, MiB (Linux); 0 once it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _rows(
    seen: list[Moment], killed_at: int, peak_mib: float, statuses: dict[str, int]
) -> list[dict[str, Any]]:
    """A row for each share, and one for the whole."""
    moments, total = pd.DataFrame(seen), _total()
    moments = moments[moments["stored"] > killed_at]
    begun = moments.iloc[0]
    rows = []
    for share in SHARES:
        near = moments[moments["stored"].between((share - BEFORE) * total, share * total)]
        held = near[near["stored"] < total] if (near["stored"] < total).any() else near
        now = held.median()
        rows.append(
            {
                "analyses": f"{share:.0%} of {total}",
                **{name: round(float(now[name])) for name in ("study_mib", "scheduler_mib", "workers_mib")},
                "analyses_per_s": round(
                    float((now["stored"] - begun["stored"]) / (now["time_s"] - begun["time_s"])), 1
                ),
            }
        )
    first, last = rows[0]["study_mib"], rows[-1]["study_mib"]
    ended = ", ".join(f"{count} {status}" for status, count in statuses.items())
    rows.append(
        {
            "analyses": f"whole; killed with {killed_at} stored, none run again; {ended}",
            "study_mib": f"peak {peak_mib:.0f}",
            "study_growth": round(last / first - 1, 3),
            "wall_s": round(float(moments["time_s"].iloc[-1])),
        }
    )
    return rows


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    *shares, whole = rows
    first, last = shares[0], shares[-1]
    return {
        "A portfolio through Dask on loopback, killed once and resumed, [scaling](scaling.md)": (
            f"{last['analyses'].removeprefix('100% of ')} analyses at {last['analyses_per_s']} a second. "
            f"Memory from a tenth to the end: study {first['study_mib']} to {last['study_mib']} MiB "
            f"({whole['study_growth']:+.1%}), scheduler {first['scheduler_mib']} to "
            f"{last['scheduler_mib']}, two workers {first['workers_mib']} to {last['workers_mib']}."
        )
    }
