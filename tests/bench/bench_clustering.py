"""Time and memory of cae-kmeans, and the cost of the paper's schedule; agreement has the labels.

Needs the real data (../shared/data). ``GMPLUG_BENCH_SEEDS`` sets the number of seeds, 2 if not given;
each takes some seconds. Fits run in fresh processes, so that the peak memory is their own. The cost of the
schedule is processor time, so that a busy machine adds nothing.
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
from tests.bench.measured import pick
from tests.support.places import SHARED_DATA

TUNED_ON = "jia2025, both groups, which alone have a published schedule"
REPORTED_ON = "records_at2"
PAPER, REAL = "both groups of the paper's candidates", "95 real records"
#: What is fitted one after the other: sets of bench_agreement.
FITTED = {PAPER: ("jia2025 pulse", "jia2025 nonpulse"), REAL: ("records_at2",)}
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


def fit_default(name: str, seed: int) -> dict[str, float]:
    """Time and peak memory of a set's groups with the default preset, in this process."""
    from gmplug.clustering import CAEKMeans
    from tests.bench.bench_agreement import SETS

    spectra = [SETS[group]() for group in FITTED[name]]
    begin, cpu = time.perf_counter(), time.process_time()
    for X in spectra:
        CAEKMeans(random_state=seed, periods_s=PERIODS_S, conditioning_period_s=1.0).fit(X)
    return {
        "wall_s": time.perf_counter() - begin,
        "cpu_s": time.process_time() - cpu,
        "peak_gib": peak_gib(),
    }


def peak_gib() -> float:
    """Largest resident set of this process so far, GiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**30 if sys.platform == "darwin" else 2**20)


def published_seconds(group: str) -> tuple[float, float]:
    """Processor time of an epoch of published pre-training and fine-tuning, s, from a few of each."""
    from gmplug.clustering import CAEKMeans

    moments: dict[str, list[float]] = {"pre-training": [], "fine-tuning": []}

    def note(done: float, total: float, message: str) -> None:
        phase = message.split(",")[0]
        if phase in moments:
            moments[phase].append(time.process_time())

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
    """A row for each set; then the estimate of the published schedule."""
    seeds = int(os.environ.get("GMPLUG_BENCH_SEEDS", "2"))
    rows: list[dict[str, Any]] = []
    for name in FITTED:
        fits = pd.DataFrame([in_fresh_process(fit_default, name, seed) for seed in range(seeds)])
        times = {column: round(float(fits[column].median()), 2) for column in ("wall_s", "cpu_s")}
        peak = round(float(fits["peak_gib"].max()), 2)
        rows.append({"what": name, "seeds": seeds, **times, "peak_gib": peak})
    total = 0.0
    for group in GROUPS:
        pre, fine = in_fresh_process(published_seconds, group)
        epochs = PUBLISHED_EPOCHS[group]
        cost = pre * epochs[0] + fine * epochs[1]
        total += cost
        text = f"{pre:.2f} s × {epochs[0]} + {fine:.3f} s × {epochs[1]}"
        rows.append(
            {"what": f"published schedule, {group} (estimate): {text}", "cpu_hours": round(cost / 3600, 1)}
        )
    rows.append({"what": "published / default", "ratio": round(total / rows[0]["cpu_s"])})
    return rows


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    published, real = (pick(rows, what=name) for name in FITTED)
    hours = sum(row.get("cpu_hours", 0.0) for row in rows)
    return {
        "Clustering time, [clustering](clustering.md)": (
            f"{real['cpu_s']:.1f} s of processor time for {REAL}; {published['cpu_s']:.1f} s for {PAPER}, on "
            f"which the training was set. The published schedule would take {hours:.0f} h of it (estimated)."
        )
    }
