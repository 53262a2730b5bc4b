"""Selection by realizations: error and time over seeds, on the published candidates."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans

from gmplug.selection import make_quotas, misfit
from gmplug.selection.realizations import cs_realizations
from gmplug.study.schema import SelectionSection
from gmplug.target import conditional_spectrum
from gmplug.values import Candidates, Clusters, Target
from tests.conftest import SHARED_DATA

SEEDS = range(10)
GRID = np.round(np.arange(1, 201) * 0.01, 2)


def published_candidates(folder: Path) -> tuple[Candidates, Target]:
    """The 266 candidates of Jia & Sasani (2025), scaled to 0.78 g at 1.0 s, and their target."""
    target = conditional_spectrum(GRID, 1.0, {}, sa_g=0.78, gmm_table=folder / "gmm.csv")
    table = pd.read_csv(folder / "candidates.csv")
    sa = table.filter(regex=r"^T\d").to_numpy(dtype=float)
    factor = 0.78 / sa[:, 99]
    records = table[["id", "group"]].assign(scale_factor=factor)
    return Candidates(records, GRID, np.log(sa * factor[:, None]), pd.DataFrame()), target


def two_clusters(candidates: Candidates, weights: np.ndarray) -> Clusters:
    """k-means, k = 2, of period-weighted ln Sa in each group."""
    labels = np.empty(len(candidates.records), dtype=np.int64)
    for group in ("pulse", "nonpulse"):
        at = np.flatnonzero(candidates.records["group"] == group)
        model = KMeans(2, n_init=10, random_state=0)
        labels[at] = model.fit_predict(candidates.ln_sa[at] * np.sqrt(weights)) + 1
    return Clusters(candidates.records[["id", "group"]].assign(cluster=labels), {}, "k-means")


def run() -> list[dict]:
    """One row per way to cluster: quotas, E over ten seeds (published: 0.492), seconds for 2,000 sets."""
    candidates, target = published_candidates(SHARED_DATA / "jia2025")
    weights = {
        "equal": np.ones(len(GRID)),
        "1 for T >= T*, 0.2 below": np.where(GRID >= 1.0, 1.0, 0.2),
        "T >= T* only": np.where(GRID >= 1.0, 1.0, 0.0),
    }
    rows = []
    for name, weight in weights.items():
        clusters = two_clusters(candidates, weight)
        quotas = make_quotas(SelectionSection(count=20, share=0.25), clusters, target).table
        errors, wall_s, cpu_s = [], [], []
        for seed in SEEDS:
            wall, cpu = time.perf_counter(), time.process_time()
            chosen = cs_realizations(candidates, target, clusters, quotas, seed)
            wall_s.append(time.perf_counter() - wall)
            cpu_s.append(time.process_time() - cpu)
            errors.append(misfit(candidates.ln_sa[chosen], target).error)
        rows.append(
            {
                "period weights": name,
                "quotas": "/".join(map(str, quotas["quota"])),
                "E median": round(float(np.median(errors)), 3),
                "E worst": round(max(errors), 3),
                "wall_s median": round(float(np.median(wall_s)), 2),
                "cpu_s median": round(float(np.median(cpu_s)), 2),
            }
        )
    return rows
