"""Agreement of cae-kmeans over seeds on the candidates of four sources; k, sizes, reconstruction, separation.

``GMPLUG_BENCH_SEEDS`` sets the number of seeds, 5 if not given; ``GMPLUG_BENCH_SETS`` names the sets,
separated by commas, of those in :data:`SETS`. Real ones need the real data (../shared/data). Fits take
seconds, the simulated catalogue minutes.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score

from gmplug.clustering import CAEKMeans
from gmplug.runs import run_study
from gmplug.study import parse_study
from gmplug.values import Candidates, FloatArray
from tests.bench.bench_clustering import DATA, PERIODS_S, scaled_spectra
from tests.bench.measured import span
from tests.support.places import EXAMPLES

TUNED_ON = "jia2025, both groups, and simulated nonpulse"
REPORTED_ON = "records_at2 and simulated pulse"

#: T* of all sets, s.
PERIOD_S = 1.0


def jia2025(group: str) -> FloatArray:
    """A group of the published candidates, scaled to 0.78 g at 1 s, ln Sa (N, 200)."""
    if not DATA.is_file():
        raise FileNotFoundError(DATA)
    return scaled_spectra(group)


def candidates(study: Any) -> Candidates:
    """The candidates of a study."""
    with tempfile.TemporaryDirectory() as folder:
        run: Any = run_study(study, Path(folder) / "run", until="preselection")
    found: Candidates = run.candidates
    assert np.allclose(found.periods_s, PERIODS_S)
    return found


def simulated(group: str) -> FloatArray:
    """A group of the whole simulated catalogue, scaled to 0.6 g at 1 s."""
    path = EXAMPLES / "audit_simulated" / "study.toml"
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    del content["catalogue"]["count"]
    found = candidates(parse_study(content, path))
    return found.ln_sa[(found.records["group"] == group).to_numpy()]


def records_at2() -> FloatArray:
    """Real accelerograms, scaled to 0.4 g at 1 s."""
    path = EXAMPLES / "records_at2" / "study.toml"
    if not (DATA.parents[1] / "records_at2").is_dir():
        raise FileNotFoundError(path)
    return candidates(path).ln_sa


#: The sets on which the fine-tuning was chosen.
TUNED = ("jia2025 pulse", "jia2025 nonpulse", "simulated nonpulse")
SETS: dict[str, Callable[[], FloatArray]] = {
    "jia2025 pulse": lambda: jia2025("pulse"),
    "jia2025 nonpulse": lambda: jia2025("nonpulse"),
    "records_at2": records_at2,
    "simulated pulse": lambda: simulated("pulse"),
    "simulated nonpulse": lambda: simulated("nonpulse"),
}


def agreement(X: FloatArray, seeds: int) -> dict[str, Any]:
    """Fit ``X`` (N, 200) with seeds 0 to ``seeds`` − 1 and compare the labels of every pair."""
    fits = [
        CAEKMeans(random_state=seed, periods_s=PERIODS_S, conditioning_period_s=PERIOD_S).fit(X)
        for seed in range(seeds)
    ]
    indices = [adjusted_rand_score(a.labels_, b.labels_) for i, a in enumerate(fits) for b in fits[:i]]
    beyond = PERIODS_S >= PERIOD_S
    centroids = [[X[f.labels_ == c][:, beyond].mean(axis=0) for c in (0, 1)] for f in fits]
    return {
        "records": len(X),
        "k": sorted({fit.n_clusters_ for fit in fits}),
        "ARI": round(float(np.mean(indices)), 3) if indices else "one seed",
        "least": round(float(np.min(indices)), 3) if indices else "",
        "sizes": sorted({tuple(np.bincount(fit.labels_).tolist()) for fit in fits}),
        "RMS error of ln Sa": round(float(np.sqrt(max(fit.reconstruction_mse_ for fit in fits))), 3),
        "that of 5 components": round(float(np.sqrt(fits[0].components_mse_)), 3),
        "least gap 1-2 s": round(min(float(np.mean(np.abs(a - b))) for a, b in centroids), 2),
    }


def run() -> list[dict[str, Any]]:
    """One row per set of candidates."""
    seeds = int(os.environ.get("GMPLUG_BENCH_SEEDS", "5"))
    names = os.environ.get("GMPLUG_BENCH_SETS", ",".join(SETS)).split(",")
    rows = []
    for name in names:
        half = "tuned on" if name in TUNED else "reported"
        rows.append({"set": name, "half": half, "seeds": seeds, **agreement(SETS[name](), seeds)})
        print(rows[-1], flush=True)
    return rows


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    reported = [row for row in rows if row["half"] == "reported"]
    least = [row["least"] for row in reported]
    return {
        "Do clusters depend on the seed? [clustering](clustering.md)": (
            f"Least adjusted Rand index of {rows[0]['seeds']} seeds on {len(reported)} sets: {span(least)}."
        )
    }
