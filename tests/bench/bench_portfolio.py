"""200 buildings and 20 records each on two processes, killed twice, against single studies of their models.

Run by `python -m tests.bench portfolio`; GMPLUG_BENCH_BUILDINGS sets another number of buildings. The single
studies are run by the chain's own stage, each one building on the records that the portfolio selected for it.
CPU time is of this process' children and theirs.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

TUNED_ON = "nothing"
REPORTED_ON = "simulated records and random buildings"
BUILDINGS = int(os.environ.get("GMPLUG_BENCH_BUILDINGS", "200"))
RECORDS = 20
WORKERS = 2
#: Buildings that are run in a study of their own, for comparison.
SINGLE = 6
TARGET_ANALYSES = 100_000

_TYPES = (
    ("W1", 1, 2, "moderate"), ("C1", 2, 5, "high"), ("C1", 2, 4, "low"), ("S1", 2, 6, "moderate"),
    ("C2", 2, 6, "high"), ("RM1", 1, 4, "moderate"), ("URM", 1, 3, "pre"), ("S2", 2, 5, "moderate"),
)  # fmt: skip
_TOML = """
[portfolio]
name = "bench"
buildings = "buildings.csv"
[sharing]
ln_period = 0.15
[catalogue]
provider = "simulated"
count = 200
cache = "cache"
[target]
epsilon = 1.0
gmm = "BSSA14"
scenario = {{ magnitude = 6.5, rjb_km = 15.0, vs30_m_s = 400.0, mechanism = "strike-slip" }}
[preselection]
magnitude = [5.5, 6.75]
[clustering]
method = "kmeans"
[selection]
count = {records}
method = "cs-realizations"
sets = 200
[analysis]
time_step_s = 0.01
free_vibration_s = 2.0
"""


def write_portfolio(
    folder: Path,
    buildings: int = BUILDINGS,
    records: int = RECORDS,
    types: Sequence[tuple[str, int, int, str]] = _TYPES,
) -> Path:
    """Write a portfolio of random buildings of these types; return its file."""
    rng = random.Random(1)
    lines = ["id,stories,type,design_level,story_height_m,latitude,longitude"]
    for k in range(buildings):
        kind, low, high, level = rng.choice(types)
        place = f"{37.75 + rng.gauss(0, 0.01):.5f},{-122.42 + rng.gauss(0, 0.01):.5f}"
        lines.append(
            f"B{k + 1:04d},{rng.randint(low, high)},{kind},{level},{rng.uniform(2.8, 4.2):.4f},{place}"
        )
    (folder / "buildings.csv").write_text("\n".join(lines) + "\n")
    (folder / "cache").mkdir(exist_ok=True)
    (folder / "portfolio.toml").write_text(_TOML.format(records=records))
    return folder / "portfolio.toml"


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _command(path: Path, out: Path) -> list[str]:
    return [
        sys.executable, "-m", "gmplug", "portfolio", str(path), "--out", str(out), "--workers", str(WORKERS)
    ]  # fmt: skip


def stored(out: Path) -> dict[str, float]:
    """Times, s, of the analyses in the store by fingerprint; none while there is no store."""
    try:
        with sqlite3.connect(f"file:{out / 'analyses.sqlite'}?mode=ro", uri=True) as connection:
            return dict(connection.execute("SELECT fingerprint, wall_s FROM analyses"))
    except sqlite3.OperationalError:
        return {}


def _killed(path: Path, out: Path, at: int) -> dict[str, float]:
    """Start the portfolio and kill it, by SIGKILL, when so many analyses are in the store."""
    process = subprocess.Popen(_command(path, out))
    while process.poll() is None and len(stored(out)) < at:
        time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return stored(out)


def _peak_mib(path: Path, out: Path) -> tuple[float, float]:
    """Run the portfolio to its end; return the peak memory of its main process, MiB, and the wall time, s."""
    start = time.perf_counter()
    process = subprocess.Popen(_command(path, out))
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise RuntimeError(f"gmplug portfolio ended with status {status}")
    return usage.ru_maxrss / 1024, time.perf_counter() - start


def run() -> list[dict[str, Any]]:
    """Cost per analysis of the portfolio and of single studies, and what 100,000 analyses would take."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, out = write_portfolio(folder), folder / "run"
        total = BUILDINGS * RECORDS
        first = _killed(path, out, total // 4)
        second = _killed(path, out, total // 2)
        if any(second.get(key) != value for key, value in first.items()):
            raise RuntimeError("an analysis that was finished before the first kill was run again")
        cpu = _cpu_s()
        peak_mib, last_wall_s = _peak_mib(path, out)
        last_cpu_s = _cpu_s() - cpu
        final = stored(out)
        if len(final) != total:
            raise RuntimeError(f"{len(final)} analyses are in the store, not {total}")
        if any(final.get(key) != value for key, value in second.items()):
            raise RuntimeError("an analysis that was finished before the second kill was run again")
        summary = json.loads((out / "summary.json").read_text())
        rows = [_portfolio_row(summary, len(final) - len(second), last_cpu_s, last_wall_s, peak_mib)]
        rows.append(_single_row(out, folder))
        rows[0]["ratio_of_wall_in_worker"] = _same_analyses_ratio(out, folder)
        rows.append(_estimate(rows[0], parent_s(folder)))
        print(f"analyses by status: {summary['analyses']}; selections: {summary['selections']}")
        print(f"killed with {len(first)} and {len(second)} of {len(final)} analyses done; none was run again")
        print(f"sharing: {summary['sharing']}")
        print(ASSUMPTIONS)
        return rows


ASSUMPTIONS = (
    "estimate: the same mix of models and motions on the same processors. Analyses are independent, so that "
    "time falls with the number of workers, one processor each, until the parent cannot feed more "
    "(most_workers): parent_s is its own CPU time per analysis, for queue, store and call. Selections, whose "
    "number goes with sites and periods and not with buildings, and the report are not in it."
)


def _portfolio_row(
    summary: dict[str, Any], ran: int, cpu_s: float, wall_s: float, peak_mib: float
) -> dict[str, Any]:
    total = sum(summary["analyses"].values())
    return {
        "what": f"portfolio, {summary['buildings']} buildings, after the second kill",
        "analyses": ran,
        "wall_s": round(wall_s, 1),
        "cpu_s": round(cpu_s, 1),
        "cpu_per_analysis_s": round(cpu_s / max(ran, 1), 4),
        "in_worker_s": round(summary["analysis_wall_s"] / total, 4),
        "peak_mib": round(peak_mib),
    }


def _chosen(out: Path) -> pd.DataFrame:
    """Some buildings, spread over the table."""
    buildings = pd.read_csv(out / "buildings.csv")
    return buildings.iloc[:: max(1, len(buildings) // SINGLE)].head(SINGLE)


def _single_row(out: Path, folder: Path) -> dict[str, Any]:
    """The same models and records through the chain's stage, one building at a time, with as many workers."""
    chosen = _chosen(out)
    script = (
        "import sys; from pathlib import Path; from tests.bench.bench_portfolio import single_studies; "
        "single_studies(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    cpu, start = _cpu_s(), time.perf_counter()
    subprocess.run([sys.executable, "-c", script, str(out), str(folder / "single")], check=True)
    wall_s, cpu_s = time.perf_counter() - start, _cpu_s() - cpu
    demands = _single_demands(folder)
    return {
        "what": f"single studies of {len(chosen)} of these buildings",
        "analyses": len(demands),
        "wall_s": round(wall_s, 1),
        "cpu_s": round(cpu_s, 1),
        "cpu_per_analysis_s": round(cpu_s / len(demands), 4),
        "in_worker_s": round(float(demands["wall_s"].mean()), 4),
    }


def single_studies(out: Path, folder: Path) -> None:
    """Run the analysis stage for some buildings of a finished portfolio, each in a folder of its own."""
    import numpy as np

    from gmplug.analysis import stage as analysis_stage
    from gmplug.values import Selection
    from tests.support.analyses import run_stage

    folder.mkdir()
    table = pd.read_csv(out.parent / "buildings.csv").set_index("id")
    for row in _chosen(out).to_dict(orient="records"):
        records = pd.read_csv(out / "selections" / row["selection"] / "selection.csv")
        empty = pd.DataFrame({"group": ["all"], "cluster": [1], "candidates": [1], "quota": [len(records)]})
        chosen = Selection(records, np.zeros((len(records), 1)), empty, 0.0, 0.0, 0.0)
        said = table.loc[row["id"]]
        study = {
            "structure": {
                "period_s": row["period_s"], "model": "shear-building", "stories": int(said["stories"]),
                "building_type": said["type"], "design_level": said["design_level"],
                "story_height_m": float(said["story_height_m"]),
            },
            "analysis": {"time_step_s": 0.01, "free_vibration_s": 2.0},
        }  # fmt: skip
        run_dir = folder / row["id"]
        demands = run_stage(chosen, run_dir, study, workers=WORKERS)
        analysis_stage.save(demands, run_dir)


def _single_demands(folder: Path) -> pd.DataFrame:
    parts = [
        pd.read_csv(path).assign(building=path.parent.name)
        for path in sorted((folder / "single").glob("*/demands.csv"))
    ]
    return pd.concat(parts, ignore_index=True)


def _same_analyses_ratio(out: Path, folder: Path) -> float:
    """Wall time within a worker, portfolio over single study, of the very same analyses."""
    single = _single_demands(folder)
    together = pd.read_csv(out / "demands.csv")
    both = single.merge(together, on=["building", "id"], suffixes=("_single", "_portfolio"))
    worst = (
        both["peak_story_drift_ratio_portfolio"] / both["peak_story_drift_ratio_single"] - 1
    ).abs().max()  # fmt: skip
    if len(both) != len(single) or worst > 1e-9:
        raise RuntimeError(f"portfolio and single studies differ: {len(both)} rows, {worst}")
    return round(float(both["wall_s_portfolio"].sum() / both["wall_s_single"].sum()), 3)


def parent_s(folder: Path, count: int = 1000) -> float:
    """CPU time of the main process alone for each analysis, s: a campaign of very short ones."""
    import numpy as np

    from gmplug.analysis import ProcessExecutor
    from gmplug.analysis.campaign import Campaign
    from gmplug.analysis.setup import AnalysisSetup
    from gmplug.analysis.store import ResultStore
    from gmplug.values import AnalysisTask

    motion = folder / "short.csv"
    time_s = np.arange(0.0, 0.2, 0.01)
    np.savetxt(motion, np.column_stack([time_s, 0.1 * np.sin(30 * time_s)]), delimiter=",", header="s,g")
    setup = AnalysisSetup("sdof", 0.5, free_vibration_s=0.0)
    record = {"id": "short", "file_h1": str(motion)}
    jobs = [(setup, AnalysisTask("short", 1.0 + k / count, record)) for k in range(count)]
    with (
        ResultStore(folder) as store,
        Campaign(store, lambda: ProcessExecutor(workers=WORKERS), {}) as campaign,
    ):
        campaign.describe(setup)
        start = time.process_time()
        done = campaign.run(jobs, lambda job, result: None)
    if dict(done) != {"ok": count}:
        raise RuntimeError(f"short analyses ended as {dict(done)}")
    return (time.process_time() - start) / count


def _estimate(row: dict[str, Any], own_s: float) -> dict[str, Any]:
    cpu_s = row["cpu_per_analysis_s"] * TARGET_ANALYSES
    feeding_s = own_s * TARGET_ANALYSES
    return {
        "what": f"estimate, {TARGET_ANALYSES} analyses",
        "analyses": TARGET_ANALYSES,
        "cpu_s": round(cpu_s),
        "parent_s": round(own_s, 5),
        "most_workers": int(row["cpu_per_analysis_s"] / own_s),
        "hours_on_2": round(max(cpu_s / 2, feeding_s) / 3600, 2),
        "hours_on_64": round(max(cpu_s / 64, feeding_s) / 3600, 2),
    }


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    portfolio, single, estimate = rows
    return {
        "Many buildings, killed twice and resumed, [portfolio](portfolio.md)": (
            f"{portfolio['cpu_per_analysis_s']} s of processor time for each analysis, "
            f"{single['cpu_per_analysis_s']} s in studies of single buildings; no finished analysis is run "
            f"again, demands are equal. {estimate['analyses']:,} analyses: {estimate['hours_on_64']} h on 64 "
            "workers (estimated)."
        )
    }
