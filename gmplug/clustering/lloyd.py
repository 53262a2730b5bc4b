"""k-means by Lloyd's iterations, all replicates at once."""

from __future__ import annotations

import numpy as np

from gmplug.values import FloatArray, IntArray

#: Iterations at most.
MOST_ITERATIONS = 300
#: Features that differ less are alike: the rounding of a network.
ALIKE = 1e-6
#: Numbers of distances at a time; bounds the memory.
_AT_A_TIME = 4_000_000


def kmeans(features: FloatArray, k: int, replicates: int, seed: int) -> IntArray:
    """Labels 0…k − 1, shape (N,), of the replicate with the least sum of squared distances to its centroids.

    Each replicate starts from the greedy k-means++ (Arthur & Vassilvitskii 2007, with 2 + ln k trials for
    each centroid, as in scikit-learn) and goes on until no label changes (Lloyd 1982). Labels lack numbers
    where fewer than k records differ.
    """
    if np.ptp(features, axis=0).max() < ALIKE:
        return np.zeros(len(features), dtype=np.int64)
    rng = np.random.default_rng(seed)
    features = features - features.mean(axis=0)
    together = max(1, min(replicates, _AT_A_TIME // (len(features) * k)))
    best, least = np.zeros(len(features), dtype=np.int64), np.inf
    for start in range(0, replicates, together):
        count = min(together, replicates - start)
        labels, inertia = _iterated(features, _first_centers(features, k, count, rng))
        found = int(inertia.argmin())
        if inertia[found] < least:
            best, least = labels[found], float(inertia[found])
    return best


def _squared(features: FloatArray, centers: FloatArray) -> FloatArray:
    """Squared distances of centers (..., f) to all records (N, f), shape (..., N)."""
    products = centers.reshape(-1, centers.shape[-1]) @ features.T
    squares = np.square(features).sum(axis=1) + np.square(centers).sum(axis=-1).reshape(-1, 1)
    found = np.maximum(squares - 2.0 * products, 0.0)
    return found.reshape(*centers.shape[:-1], len(features))


def _first_centers(features: FloatArray, k: int, replicates: int, rng: np.random.Generator) -> FloatArray:
    """Starting centers, shape (replicates, k, f)."""
    rows, trials = np.arange(replicates), 2 + int(np.log(k))
    centers = np.empty((replicates, k, features.shape[1]))
    centers[:, 0] = features[rng.integers(len(features), size=replicates)]
    nearest = _squared(features, centers[:, 0])
    for c in range(1, k):
        reach = np.cumsum(nearest, axis=1)
        drawn = rng.random((replicates, trials)) * reach[:, -1:]
        tried = np.array([np.searchsorted(r, d) for r, d in zip(reach, drawn, strict=True)])
        tried = np.minimum(tried, len(features) - 1)
        closer = np.minimum(nearest[:, None], _squared(features, features[tried]))
        chosen = closer.sum(axis=2).argmin(axis=1)
        nearest, centers[:, c] = closer[rows, chosen], features[tried[rows, chosen]]
    return centers


def _iterated(features: FloatArray, centers: FloatArray) -> tuple[IntArray, FloatArray]:
    """Labels (replicates, N) and sums of squares (replicates,) from starting centers (replicates, k, f)."""
    replicates, k, _ = centers.shape
    labels = np.full((replicates, len(features)), -1, dtype=np.int64)
    inertia, active = np.zeros(replicates), np.arange(replicates)
    for _ in range(MOST_ITERATIONS):
        squared = _squared(features, centers[active])
        found = squared.argmin(axis=1)
        inertia[active] = squared.min(axis=1).sum(axis=1)
        changed = np.any(found != labels[active], axis=1)
        labels[active] = found
        active = active[changed]
        if not len(active):
            break
        member = (labels[active, None, :] == np.arange(k)[:, None]).astype(float)
        sizes = member.sum(axis=2)[:, :, None]
        sums = (member.reshape(-1, len(features)) @ features).reshape(len(active), k, -1)
        centers[active] = np.where(sizes > 0, sums / np.maximum(sizes, 1.0), centers[active])
    return labels, inertia
