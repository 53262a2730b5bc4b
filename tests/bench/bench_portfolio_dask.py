"""A portfolio through Dask on loopback: the memory of the study's process while analyses pass through it.

Buildings with 20 simulated records each, on a scheduler and two workers of this machine.
``GMPLUG_BENCH_BUILDINGS`` sets the buildings, 1,000 if not given: 20,000 analyses. The resident memory of the
process is read ten times a second; a row gives its median in a quarter of the analyses.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.bench_portfolio import RECORDS, write_portfolio

BUILDINGS = int(os.environ.get("GMPLUG_BENCH_BUILDINGS", "1000"))
WORKERS = 2


def run() -> list[dict[str, Any]]:
    """A row for each quarter of the analyses: memory and analyses per second."""
    from tests.plugins.test_dask import Cluster

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = write_portfolio(folder, BUILDINGS)
        cluster = Cluster(folder)
        try:
            for _ in range(WORKERS):
                cluster.add_worker()
            text = path.read_text().replace("[analysis]", _analysis(cluster.address))
            path.write_text(text)
            watched = _watch(path, folder / "run")
        finally:
            cluster.close()
        summary = json.loads((folder / "run" / "summary.json").read_text())
        if sum(summary["analyses"].values()) != BUILDINGS * RECORDS:
            raise RuntimeError(f"analyses by status: {summary['analyses']}")
    return _rows(np.array(watched))


def _analysis(address: str) -> str:
    return f'[analysis]\nexecutor = "dask"\nexecutor_options = {{ address = "{address}" }}'


def _watch(path: Path, out: Path) -> list[tuple[float, int, float]]:
    """Run the portfolio; return time (s), analyses stored and resident memory (MiB) while it runs."""
    command = [sys.executable, "-m", "gmplug", "portfolio", str(path), "--out", str(out)]
    process, start = subprocess.Popen(command), time.perf_counter()
    seen: list[tuple[float, int, float]] = []
    while process.poll() is None:
        stored = _stored(out)
        if stored:
            seen.append((time.perf_counter() - start, stored, _resident_mib(process.pid)))
        time.sleep(0.1)
    if process.returncode not in (0, 1):  # 1: warnings stand in the summary
        raise RuntimeError(f"gmplug portfolio ended with status {process.returncode}")
    return seen


def _stored(out: Path) -> int:
    """Analyses in the store; 0 while there is none."""
    try:
        with sqlite3.connect(f"file:{out / 'analyses.sqlite'}?mode=ro", uri=True) as connection:
            return int(connection.execute("SELECT count(*) FROM analyses").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def _resident_mib(pid: int) -> float:
    """Resident memory of a process, MiB (Linux); NaN once it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _rows(watched: Any) -> list[dict[str, Any]]:
    """Rows from (time, analyses, memory), shape (n, 3)."""
    total = BUILDINGS * RECORDS
    rows = []
    for quarter in range(4):
        low, high = total * quarter / 4, total * (quarter + 1) / 4
        inside = watched[(watched[:, 1] >= low) & (watched[:, 1] < high)]
        if len(inside) < 2:
            continue
        analyses, seconds = np.ptp(inside[:, 1]), np.ptp(inside[:, 0])
        rows.append(
            {
                "analyses": f"{low:.0f} to {high:.0f}",
                "resident_mib": round(float(np.nanmedian(inside[:, 2]))),
                "largest_mib": round(float(np.nanmax(inside[:, 2]))),
                "analyses_per_s": round(float(analyses / seconds), 1),
            }
        )
    return rows
