"""Selection on published and real candidates, by realizations and optimised: error and time over seeds."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans

from gmplug.runs import run_study
from gmplug.selection import make_quotas, misfit
from gmplug.selection.optimised import optimised
from gmplug.selection.realizations import cs_realizations
from gmplug.study.schema import SelectionSection
from gmplug.values import Candidates, Choice, Clusters, Target
from tests.bench.measured import pick
from tests.support.places import EXAMPLES, SHARED_DATA
from tests.support.targets import conditional_spectrum

TUNED_ON = "jia2025"
REPORTED_ON = "records_at2"
#: The weights of the default clusterers.
DEFAULT = "k-means, 1 for T >= T*, 0.2 below"
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
    for group in candidates.records["group"].unique():
        at = np.flatnonzero(candidates.records["group"] == group)
        model = KMeans(2, n_init=10, random_state=0)
        labels[at] = model.fit_predict(candidates.ln_sa[at] * np.sqrt(weights)) + 1
    return Clusters(candidates.records[["id", "group"]].assign(cluster=labels), {}, "k-means")


def real_candidates() -> tuple[Candidates, Target]:
    """The candidates of examples/records_at2, 0.4 g at 1.0 s, and their target."""
    with tempfile.TemporaryDirectory() as folder:
        path = EXAMPLES / "records_at2" / "study.toml"
        found: Any = run_study(path, Path(folder) / "run", until="preselection")
    return found.candidates, found.target


def run() -> list[dict[str, Any]]:
    """One row per set, method and way to cluster: E over ten seeds, seconds on two processors.

    ``optimised`` as by default, its second search for the cost of the quotas included. The last row of a set
    is without clusters and groups. E of the published set of 20 is 0.492.
    """
    return [
        *_of_set("jia2025", "tuned on", *published_candidates(SHARED_DATA / "jia2025")),
        *_of_set("records_at2", "reported", *real_candidates()),
    ]


def _of_set(name: str, half: str, candidates: Candidates, target: Target) -> list[dict[str, Any]]:
    weights = {
        "k-means, equal weights": np.ones(len(GRID)),
        DEFAULT: np.where(GRID >= 1.0, 1.0, 0.2),
        "k-means, T >= T* only": np.where(GRID >= 1.0, 1.0, 0.0),
    }
    about, rows = {"set": name, "half": half}, []
    groups = candidates.records["group"].unique()
    section = SelectionSection(count=20, share=0.25 if len(groups) > 1 else None)
    for way, weight in weights.items():
        clusters = two_clusters(candidates, weight)
        quotas = make_quotas(section, clusters, target).table
        for method in (cs_realizations, optimised):
            rows.append(about | _over_seeds(method, way, candidates, target, clusters, quotas))
    whole = Clusters(candidates.records[["id"]].assign(group="all", cluster=1), {}, "none")
    one = pd.DataFrame(
        {"group": ["all"], "cluster": [1], "candidates": [len(candidates.records)], "quota": [20]}
    )
    return [*rows, about | _over_seeds(optimised, "none", candidates, target, whole, one)]


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""

    def of(half: str) -> list[dict[str, Any]]:
        return [pick(rows, half=half, method="optimised", clusters=name) for name in (DEFAULT, "none")]

    (within, free), tuned = of("reported"), of("tuned on")
    return {
        "How well does a selection follow its target? 20 of 95 real records, [selection](selection.md)": (
            f"E = {within['E median']} within the cluster quotas, {free['E median']} without; "
            f"{within['cpu_s median']} s of processor time. On the published candidates "
            f"{tuned[0]['E median']} and {tuned[1]['E median']}; the published set has 0.492."
        )
    }


def _over_seeds(
    method: Any, name: str, candidates: Candidates, target: Target, clusters: Clusters, quotas: pd.DataFrame
) -> dict[str, Any]:
    errors, wall_s, cpu_s = [], [], []
    workers = {"workers": 2} if method is optimised else {}
    for seed in SEEDS:
        wall, cpu = time.perf_counter(), time.process_time()
        chosen = method(candidates, target, clusters, quotas, seed, **workers)
        wall_s.append(time.perf_counter() - wall)
        cpu_s.append(time.process_time() - cpu)
        positions = chosen.positions if isinstance(chosen, Choice) else chosen
        errors.append(misfit(candidates.ln_sa[positions], target).error)
    return {
        "clusters": name,
        "method": method.__name__,
        "quotas": "/".join(map(str, quotas["quota"])),
        "E median": round(float(np.median(errors)), 3),
        "E worst": round(max(errors), 3),
        "wall_s median": round(float(np.median(wall_s)), 2),
        "wall_s worst": round(max(wall_s), 2),
        "cpu_s median": round(float(np.median(cpu_s)), 2),
    }
