"""What the autoencoder adds to k-means on period-weighted ln Sa, on records it was not fitted to.

Noise, missing periods, small groups: clusters given to records that a method was not fitted to are
compared with those of the method fitted to all records of the group: adjusted Rand index, mean over the
draws. Needs the real data (../shared/data). ``GMPLUG_BENCH_DRAWS`` sets the draws, 3 if not given; a
draw takes two fits.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score

from gmplug.clustering import CAEKMeans, KMeansSpectra
from gmplug.clustering.autoencoder import LATENT
from gmplug.values import FloatArray, IntArray
from tests.bench.bench_agreement import SETS
from tests.bench.bench_clustering import PERIODS_S
from tests.bench.measured import span

TUNED_ON = "jia2025, both groups, and simulated nonpulse"
REPORTED_ON = "records_at2 and simulated pulse"

GRID: dict[str, Any] = {"periods_s": PERIODS_S, "conditioning_period_s": 1.0}
NOISE = (0.2, 0.4)
LAST_PERIODS_S = (1.2, 1.4, 1.6)
SMALL = 25

Predict = Callable[[FloatArray], IntArray]


def centroids_of_known_periods(fitted: KMeansSpectra) -> Predict:
    """k-means' own way with missing periods: the centroid that is nearest over those that are known."""

    def predict(X: FloatArray) -> IntArray:
        weighted = X * fitted._root_weights
        squares = np.square(weighted[:, None, :] - fitted.cluster_centers_[None, :, :])
        return np.nansum(squares, axis=2).argmin(axis=1).astype(np.int64)

    return predict


def spoiled(X: FloatArray, rng: np.random.Generator) -> dict[str, FloatArray]:
    """The spectra as they are, with noise, and without their long periods."""
    versions = {"as they are": X}
    for sigma in NOISE:
        versions[f"noise of {sigma:g}"] = X + sigma * rng.standard_normal(X.shape)
    for last in LAST_PERIODS_S:
        versions[f"known up to {last:g} T*"] = np.where(last + 1e-9 >= PERIODS_S, X, np.nan)
    return versions


def one_draw(X: FloatArray, truth: dict[str, IntArray], seed: int) -> list[dict[str, Any]]:
    """Rows of one draw: three quarters fitted and a quarter predicted; then 25 fitted, the rest predicted."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(X))
    quarter = len(X) // 4
    rows = []
    for case, seen, unseen in (
        ("three quarters fitted", order[quarter:], order[:quarter]),
        (f"{SMALL} fitted", order[:SMALL], order[SMALL:]),
    ):
        cae = CAEKMeans(2, random_state=seed, **GRID).fit(X[seen])
        kmeans = KMeansSpectra(2, random_state=seed, **GRID).fit(X[seen])
        predictors: dict[str, Predict] = {
            "cae-kmeans": cae.predict,
            "kmeans": centroids_of_known_periods(kmeans),
        }
        for version, spectra in spoiled(X[unseen], rng).items():
            found = {
                name: adjusted_rand_score(truth[name][unseen], predict(spectra))
                for name, predict in predictors.items()
            }
            rows.append({"case": case, "unseen records": version, **found})
        components = PCA(LATENT).fit(X[seen])
        projected = components.inverse_transform(components.transform(X[unseen]))
        errors = {
            "cae-kmeans": float(np.mean(np.square(cae.reconstruct(X[unseen]) - X[unseen]))),
            "kmeans": float(np.mean(np.square(projected - X[unseen]))),
        }
        rows.append(
            {"case": case, "unseen records": "MSE of ln Sa (kmeans: 5 principal components)", **errors}
        )
    return rows


def run() -> list[dict[str, Any]]:
    """Means over the draws, per set."""
    import pandas as pd

    draws = int(os.environ.get("GMPLUG_BENCH_DRAWS", "3"))
    rows = []
    for name in ("records_at2", "simulated pulse"):
        X = SETS[name]()
        truth = {
            "cae-kmeans": CAEKMeans(2, random_state=0, **GRID).fit(X).labels_,
            "kmeans": KMeansSpectra(2, random_state=0, **GRID).fit(X).labels_,
        }
        table = pd.DataFrame([row for seed in range(draws) for row in one_draw(X, truth, seed)])
        means = table.groupby(["case", "unseen records"], sort=False).mean().round(4).reset_index()
        rows += [{"set": name, **row} for row in means.to_dict(orient="records")]
    return rows


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    unseen = [r for r in rows if r["unseen records"] == "as they are" and "quarters" in r["case"]]
    ours, plain = (span([row[name] for row in unseen], ".2f") for name in ("cae-kmeans", "kmeans"))
    return {
        "Clusters of records that were not fitted, [clustering](clustering.md#comparison-with-k-means)": (
            f"A quarter of {len(unseen)} sets: adjusted Rand index {ours}, `kmeans` {plain}."
        )
    }
