"""The selector ``optimised`` beside a plain greedy algorithm, on twenty combinations of data and targets.

The greedy one is written here after the description of Baker & Lee (2018), "An improved algorithm for
selecting ground motions to match a conditional spectrum", J. Earthq. Eng. 22(4):708-723: the best of 20 Monte
Carlo samples of the target; for each of its spectra the nearest record left; then two passes in which each
record gives way to whichever of all candidates makes the set better. Both minimise E (METHOD section 7,
λ = 1) over the same candidates without quotas. Needs the real data (../shared/data).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from gmplug.host import Host
from gmplug.preselection.interpolation import interpolate_ln_sa
from gmplug.selection import misfit
from gmplug.selection.optimised import optimised
from gmplug.spectra import response_spectrum
from gmplug.target import conditional_spectrum
from gmplug.values import Candidates, Clusters, FloatArray, IntArray, Target
from gmplug.waveforms import read_accelerogram
from tests.conftest import SHARED_DATA

SCENARIO = {"magnitude": 7.0, "rjb_km": 15.0, "vs30_m_s": 270.0, "mechanism": "strike-slip"}
GRID = np.geomspace(0.05, 3.0, 100)
GRID_TO_2_S = np.round(np.arange(1, 201) * 0.01, 2)
TRIALS, PASSES = 20, 2


def greedy(ln_sa: FloatArray, target: Target, count: int, seed: int) -> IntArray:
    """Positions of the records that the greedy algorithm chooses, shape (count,)."""
    rng = np.random.default_rng(seed)
    sigma, about = target.sigma_ln, ln_sa - target.ln_mean
    samples = [
        rng.multivariate_normal(np.zeros(len(sigma)), target.covariance, count, method="eigh")
        for _ in range(TRIALS)
    ]
    sample = min(samples, key=lambda drawn: error(drawn, sigma))
    chosen: list[int] = []
    for spectrum in sample:
        distances = np.sum(np.square(about - spectrum), axis=1)
        distances[chosen] = np.inf
        chosen.append(int(distances.argmin()))
    for _ in range(PASSES):
        for i in range(count):
            others = chosen[:i] + chosen[i + 1 :]
            rest, least = about[others], np.inf
            for j in range(len(about)):
                if j in others:
                    continue
                value = error(np.concatenate([rest, about[j : j + 1]]), sigma)
                if value < least:
                    least, chosen[i] = value, j
    return np.array(chosen)


def error(about: FloatArray, sigma: FloatArray) -> float:
    """E of a set of spectra less the target's mean, (n, P)."""
    return float(np.sum(about.mean(axis=0) ** 2) + np.sum((about.std(axis=0, ddof=1) - sigma) ** 2))


def combinations() -> Iterator[tuple[str, FloatArray, FloatArray, Target, int]]:
    """Name, unscaled ln Sa (N, P), periods (P,), target, and how many to select: twenty of them."""
    table = pd.read_csv(SHARED_DATA / "jia2025" / "candidates.csv")
    published = np.log(table.filter(regex=r"^T\d").to_numpy(float))
    gmm_table = SHARED_DATA / "jia2025" / "gmm.csv"
    for t_star, sa_g, count in (
        (1.0, 0.78, 20),
        (1.0, 0.5, 30),
        (1.0, 1.1, 12),
        (0.5, 1.2, 20),
        (1.5, 0.5, 20),
    ):
        target = conditional_spectrum(GRID_TO_2_S, t_star, {}, sa_g=sa_g, gmm_table=gmm_table)
        yield f"jia2025, {sa_g} g at {t_star} s", published, GRID_TO_2_S, target, count
    for group, count in (("pulse", 7), ("nonpulse", 20)):
        target = conditional_spectrum(GRID_TO_2_S, 1.0, {}, sa_g=0.78, gmm_table=gmm_table)
        of_group = (table["group"] == group).to_numpy()
        yield f"jia2025, {group}", published[of_group], GRID_TO_2_S, target, count
    models = Host(entry_points=True).providers("ground_motion_models")
    libraries = {"nga_west2": (_flatfile(), 7), "records_at2": (_accelerograms(), 6)}
    asked = (
        (0.3, 1.0, 20),
        (0.5, 1.0, 20),
        (1.0, 0.5, 20),
        (1.0, 1.5, 15),
        (2.0, 1.0, 20),
        (1.0, 1.0, 30),
        (0.7, 0.0, 10),
    )
    for name, (library, several) in libraries.items():
        for t_star, epsilon, count in asked[:several]:
            target = conditional_spectrum(
                GRID, t_star, models, epsilon=epsilon, gmm="BSSA14", scenario=SCENARIO
            )
            yield f"{name}, epsilon {epsilon} at {t_star} s", library, GRID, target, count


def _flatfile() -> FloatArray:
    table = pd.read_csv(SHARED_DATA / "nga_west2" / "flatfile_sample.csv", low_memory=False)
    columns = [c for c in table if c.startswith("T") and c.endswith("S") and c[1].isdigit()]
    sa = table[columns].to_numpy(float)
    periods = np.array([float(c[1:-1]) for c in columns])
    return interpolate_ln_sa(periods, sa[(sa > 0).all(axis=1)], GRID)


def _accelerograms() -> FloatArray:
    files = sorted((SHARED_DATA / "records_at2").glob("*.AT2"))
    records = [read_accelerogram(file) for file in files]
    return np.log([response_spectrum(r.acceleration_g, r.time_step_s, GRID) for r in records])


def run() -> list[dict[str, Any]]:
    """One row per combination: E and seconds of both, and their ratio; then the worst of all."""
    if not SHARED_DATA.is_dir():
        return [{"what": "the real data (../shared/data) is not at hand", "value": "skipped"}]
    rows = []
    for name, unscaled, periods, target, count in combinations():
        scaling = target.scaled_to
        factor = scaling.ln_factors(interpolate_ln_sa(periods, np.exp(unscaled), scaling.periods_s))
        kept = np.abs(factor) <= np.log(4.0)
        ln_sa = (unscaled + factor[:, None])[kept]
        ids = [f"{i:04d}" for i in range(len(ln_sa))]
        records = pd.DataFrame({"id": ids, "group": "all", "scale_factor": np.exp(factor[kept])})
        candidates = Candidates(records, periods, ln_sa, pd.DataFrame())
        clusters = Clusters(records[["id", "group"]].assign(cluster=1), {}, "none")
        quotas = pd.DataFrame({"group": ["all"], "cluster": [1], "quota": [count]})
        start = time.perf_counter()
        chosen = optimised(
            candidates, target, clusters, quotas, 1, workers=os.cpu_count() or 1, price=False
        ).positions
        middle = time.perf_counter()
        plain = greedy(ln_sa, target, count, 1)
        end = time.perf_counter()
        ours, theirs = (misfit(ln_sa[some], target).error for some in (chosen, plain))
        rows.append(
            {
                "combination": name,
                "candidates": len(ln_sa),
                "count": count,
                "E optimised": round(ours, 4),
                "E greedy": round(theirs, 4),
                "s optimised": round(middle - start, 3),
                "s greedy": round(end - middle, 2),
                "times faster": round((end - middle) / (middle - start), 1),
            }
        )
    worst = max(row["E optimised"] / row["E greedy"] for row in rows)
    slowest = min(row["times faster"] for row in rows)
    return [*rows, {"combination": "worst", "E optimised": f"{worst:.2f} x greedy", "times faster": slowest}]
