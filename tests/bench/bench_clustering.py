"""cae-kmeans on the published candidates: time, memory, agreement over seeds, cost of the paper's schedule.

Needs the real data (../shared/data/jia2025). ``GMPLUG_BENCH_SEEDS`` sets the number of seeds, 2 if not given;
each takes some seconds. Fits run in fresh processes, so that the peak memory is their own.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pandas as pd

from gmplug.values import FloatArray
from tests.support.places import SHARED_DATA

DATA = SHARED_DATA / "jia2025" / "candidates.csv"
PERIODS_S = np.round(np.arange(1, 201) * 0.01, 2)
GROUPS = ("pulse", "nonpulse")
#: Epochs of the paper: pre-training ran to its limit, fine-tuning ended at these.
PUBLISHED_EPOCHS = {"pulse": (20_000, 9_821), "nonpulse": (20_000, 29_445)}


def scaled_spectra(group: str) -> FloatArray:
    """ln Sa of a group of the published candidates, scaled to 0.78 g at 1 s, shape (N, 200)."""
    table = pd.read_csv(DATA)
    sa = table.loc[table["group"] == group, [c for c in table if c.startswith("T")]].to_numpy()
    return np.asarray(np.log(sa * 0.78 / sa[:, [99]]))


def fit_default(seed: int) -> dict[str, Any]:
    """Both groups with the default preset, in this process."""
    from gmplug.clustering import CAEKMeans

    begin, cpu = time.perf_counter(), time.process_time()
    found: dict[str, Any] = {}
    for group in GROUPS:
        X = scaled_spectra(group)
        model = CAEKMeans(random_state=seed, periods_s=PERIODS_S, conditioning_period_s=1.0).fit(X)
        beyond = PERIODS_S >= 1.0
        centroids = [X[model.labels_ == c][:, beyond].mean(axis=0) for c in (0, 1)]
        found[group] = {
            "labels": model.labels_,
            "k": model.n_clusters_,
            "sizes": np.bincount(model.labels_).tolist(),
            "silhouette": model.scores_.set_index("k")["silhouette"].to_dict(),
            "mse": model.reconstruction_mse_,
            "gap": float(np.mean(np.abs(centroids[0] - centroids[1]))),
        }
    found["wall_s"] = time.perf_counter() - begin
    found["cpu_s"] = time.process_time() - cpu
    found["peak_gib"] = peak_gib()
    return found


def peak_gib() -> float:
    """Largest resident set of this process so far, GiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**30 if sys.platform == "darwin" else 2**20)


def published_seconds(group: str) -> tuple[float, float]:
    """Seconds per epoch of the published pre-training and fine-tuning, from a few epochs of each."""
    from gmplug.clustering import CAEKMeans

    moments: dict[str, list[float]] = {"pre-training": [], "fine-tuning": []}

    def note(done: float, total: float, message: str) -> None:
        phase = message.split(",")[0]
        if phase in moments:
            moments[phase].append(time.perf_counter())

    model = CAEKMeans(
        preset="published", random_state=0, n_clusters=2, n_init=1, pretrain_epochs=3, finetune_epochs=12
    )
    model.set_params(periods_s=PERIODS_S, conditioning_period_s=1.0).fit(scaled_spectra(group), progress=note)
    pre, fine = (np.median(np.diff(moments[name])) for name in ("pre-training", "fine-tuning"))
    return float(pre), float(fine)


def in_fresh_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of this module in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def run() -> list[dict[str, Any]]:
    """Rows of the table."""
    from sklearn.metrics import adjusted_rand_score

    if not DATA.is_file():
        return [{"what": "the real data (../shared/data) is not at hand", "value": "skipped"}]
    seeds = int(os.environ.get("GMPLUG_BENCH_SEEDS", "2"))
    fits = [in_fresh_process(fit_default, seed) for seed in range(seeds)]
    wall = float(np.median([fit["wall_s"] for fit in fits]))
    rows = [
        {"what": "default, both groups: wall, s (median)", "value": f"{wall:.1f}"},
        {"what": "default, both groups: CPU, s", "value": f"{np.median([f['cpu_s'] for f in fits]):.1f}"},
        {"what": "default: peak memory, GiB", "value": f"{max(f['peak_gib'] for f in fits):.2f}"},
    ]
    for group in GROUPS:
        found = [fit[group] for fit in fits]
        indices = [
            adjusted_rand_score(a["labels"], b["labels"]) for i, a in enumerate(found) for b in found[:i]
        ]
        values = {
            "k per seed": [f["k"] for f in found],
            "sizes per seed": [f["sizes"] for f in found],
            "silhouette at k = 2, 3": [
                (round(f["silhouette"][2], 3), round(f["silhouette"][3], 3)) for f in found
            ],
            "mean pairwise adjusted Rand": round(float(np.mean(indices)), 4) if indices else "one seed",
            "reconstruction MSE": [round(f["mse"], 4) for f in found],
            "gap of centroids, 1-2 s": [round(f["gap"], 3) for f in found],
        }
        rows += [{"what": f"{group}: {name}", "value": str(value)} for name, value in values.items()]
    total = 0.0
    for group in GROUPS:
        pre, fine = in_fresh_process(published_seconds, group)
        epochs = PUBLISHED_EPOCHS[group]
        cost = pre * epochs[0] + fine * epochs[1]
        total += cost
        text = f"{pre:.2f} s × {epochs[0]} + {fine:.3f} s × {epochs[1]} = {cost / 3600:.1f} h"
        rows.append({"what": f"published schedule, {group} (estimate)", "value": text})
    rows.append({"what": "published / default", "value": f"{total / wall:.0f}"})
    return rows
