"""Selecting 40 of 21,540 records on 111 periods: time and memory from a library on disk; E beside greedy's.

The library has the size of NGA-West2 and is drawn from BSSA14: between-event and within-event residuals of
ln Sa, each with the correlation of Baker & Jayaram (2008) between periods. A process of its own reads the
Parquet table, scales, filters and selects, without clusters' quotas or within those of four k-means clusters;
its time and peak memory are those of the whole process, imports included. The greedy algorithm is that of
bench_greedy on the same candidates; it takes minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.gmm.correlation import baker_jayaram_2008
from gmplug.host import Host
from gmplug.values import FloatArray, Scenario

RECORDS, EVENTS, COUNT = 21_540, 600, 40
PERIODS = np.geomspace(0.01, 10.0, 111)
TUNED_ON = "a library of seed 0"
REPORTED_ON = "a library of seed 1"

STUDY = """
[study]
name = "{quotas}"
seed = {seed}
[catalogue]
provider = "spectra-table"
path = "library.parquet"
component = "RotD50"
[structure]
period_s = 1.0
[target]
epsilon = 1.0
gmm = "BSSA14"
scenario = {{ magnitude = 7.0, rjb_km = 15.0, vs30_m_s = 400.0, mechanism = "strike-slip" }}
periods_s = {periods}
[preselection]
scale_factor = [0.0, inf]
usable_band = false
[clustering]
method = "kmeans"
{clusters}
[selection]
count = {count}
quotas = "{quotas}"
"""

CHILD = """
import json, os, resource, sys, time
start = time.perf_counter()
import gmplug
run = gmplug.run_study(sys.argv[1], until="selection", workers=2)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({
    "wall_s": time.perf_counter() - start, "cpu_s": sum(os.times()[:4]), "peak_gib": peak,
    "error": run.selection.error, "candidates": len(run.candidates.records), "timing_s": run.timing_s,
}))
"""


def library(seed: int = 1) -> pd.DataFrame:
    """Records by magnitude and distance as they come, spectra by BSSA14 with correlated residuals."""
    rng = np.random.default_rng(seed)
    model = Host(entry_points=True).providers("ground_motion_models")["BSSA14"]
    magnitude = rng.uniform(4.5, 7.8, EVENTS)
    root = np.linalg.cholesky(baker_jayaram_2008(PERIODS) + 1e-9 * np.eye(len(PERIODS)))
    event = np.sort(rng.integers(0, EVENTS, RECORDS))
    between = rng.standard_normal((EVENTS, len(PERIODS))) @ root.T
    within = rng.standard_normal((RECORDS, len(PERIODS))) @ root.T
    rjb_km = np.exp(rng.uniform(np.log(5.0), np.log(200.0), RECORDS))
    table, tau, phi = _medians(model, magnitude)
    grid = _DISTANCES_KM
    ln_sa = np.empty((RECORDS, len(PERIODS)))
    for e in range(EVENTS):
        at = event == e
        for p in range(len(PERIODS)):
            ln_sa[at, p] = np.interp(np.log(rjb_km[at]), np.log(grid), table[e, :, p])
    ln_sa += tau[event] * between[event] + phi[event] * within
    records = pd.DataFrame(
        {
            "id": [f"L{i:05d}" for i in range(RECORDS)],
            "group": "all",
            "event": [f"E{e:03d}" for e in event],
            "magnitude": magnitude[event],
            "rjb_km": rjb_km,
        }
    )
    sa = pd.DataFrame(np.exp(ln_sa), columns=[f"T{t:.6f}S" for t in PERIODS])
    return pd.concat([records, sa], axis=1)


_DISTANCES_KM = np.geomspace(5.0, 200.0, 12)


def _medians(model: Any, magnitudes: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """ln medians (events, distances, P), τ and φ (events, P): of the nearest of 20 magnitudes."""
    steps = np.linspace(4.5, 7.8, 20)
    ln_median = np.empty((20, len(_DISTANCES_KM), len(PERIODS)))
    tau, phi = np.empty((20, len(PERIODS))), np.empty((20, len(PERIODS)))
    for i, magnitude in enumerate(steps):
        for j, rjb in enumerate(_DISTANCES_KM):
            scenario = Scenario(float(magnitude), rjb_km=float(rjb), vs30_m_s=400.0, mechanism="strike-slip")
            motion = model(scenario=scenario, periods_s=PERIODS)
            ln_median[i, j] = np.log(motion.median_g)
        tau[i], phi[i] = motion.tau_ln, motion.phi_ln
    nearest = np.abs(steps[None, :] - magnitudes[:, None]).argmin(axis=1)
    return ln_median[nearest], tau[nearest], phi[nearest]


def run() -> list[dict[str, Any]]:
    """One row per way to set quotas, then the greedy algorithm on the same candidates without."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        library().to_parquet(folder / "library.parquet", index=False)
        for quotas, clusters in (
            ("none", "k_max = 1"),
            ("clusters", "options = { n_clusters = 4, n_init = 5 }"),
        ):
            text = STUDY.format(
                seed=1, periods=PERIODS.tolist(), count=COUNT, quotas=quotas, clusters=clusters
            )
            (folder / f"{quotas}.toml").write_text(text)
            child = subprocess.run(
                [sys.executable, "-c", CHILD, str(folder / f"{quotas}.toml")],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            found = json.loads(child.stdout.splitlines()[-1])
            rows.append(
                {"what": f'quotas = "{quotas}"'} | {k: v for k, v in found.items() if k != "timing_s"}
            )
            rows[-1] |= {f"{stage} s": spent for stage, spent in found["timing_s"].items()}
        rows.append(_greedy(folder))
    return rows


def _greedy(folder: Path) -> dict[str, Any]:
    """The plain algorithm on the same candidates, as the first run scaled them; it takes minutes."""
    import time

    from gmplug.runs import load_run
    from gmplug.selection import misfit
    from tests.bench.bench_greedy import greedy

    run = load_run(folder / "none-run", until="preselection")
    candidates, target = run.candidates, run.target
    start = time.perf_counter()
    chosen = greedy(candidates.ln_sa, target, COUNT, 1)
    return {
        "what": "greedy, no quotas",
        "wall_s": time.perf_counter() - start,
        "error": misfit(candidates.ln_sa[chosen], target).error,
        "candidates": len(candidates.records),
    }


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    free, within, greedy = rows
    return {
        "40 of 21,540 records on 111 periods, [selection](selection.md)": (
            f"E = {free['error']:.3f} without quotas, {within['error']:.3f} within four clusters, "
            f"{greedy['error']:.3f} by a greedy algorithm; {free['cpu_s']:.1f} and {within['cpu_s']:.1f} "
            f"s of processor time, at most {max(free['peak_gib'], within['peak_gib']):.2f} GiB."
        )
    }
