"""k-means by the iterations of Lloyd and Hartigan, all replicates at once."""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from gmplug.values import BoolArray, FloatArray, IntArray

#: Iterations at most.
MOST_ITERATIONS = 300
#: Features that differ less are alike: the rounding of a network.
ALIKE = 1e-6
#: Numbers of distances at a time; bounds the memory.
_AT_A_TIME = 4_000_000


@threadpool_limits.wrap(limits=1, user_api="blas")  # its threads would wait for one another on so little
def kmeans(features: FloatArray, k: int, replicates: int, seed: int) -> IntArray:
    """Labels 0…k − 1, shape (N,), of the replicate with the least sum of squared distances to its centroids.

    Each replicate starts from the greedy k-means++ (Arthur & Vassilvitskii 2007, with 2 + ln k trials for
    each centroid, as in scikit-learn). It goes on until no label changes (Lloyd 1982) and the move of no
    single record lowers the sum (Hartigan 1975), which leaves fewer local optima. Labels lack numbers where
    fewer than k records differ.
    """
    if k == 1 or np.ptp(features, axis=0).max() < ALIKE:
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
        settled = np.all(found == labels[active], axis=1)
        member = (found[:, None, :] == np.arange(k)[:, None]).astype(float)
        sizes = member.sum(axis=2)
        moved = settled & _one_moved(found, squared, sizes, settled)
        member[moved] = found[moved, None, :] == np.arange(k)[:, None]
        labels[active] = found
        going = ~settled | moved
        active, member = active[going], member[going]
        if not len(active):
            break
        sizes = member.sum(axis=2)[:, :, None]
        sums = (member.reshape(-1, len(features)) @ features).reshape(len(active), k, -1)
        centers[active] = np.where(sizes > 0, sums / np.maximum(sizes, 1.0), centers[active])
    return labels, inertia


def _one_moved(labels: IntArray, squared: FloatArray, sizes: FloatArray, of: BoolArray) -> BoolArray:
    """Move, in the labels (R, N) of the replicates ``of`` (R,), the record whose move lowers the sum most.

    Leaving a cluster of n records lowers it by d² n/(n − 1), joining one raises it by d² n/(n + 1). Returns
    whether a record was moved, shape (R,).
    """
    rows = np.arange(len(labels))
    own_sizes = np.take_along_axis(sizes, labels, axis=1)
    own = np.take_along_axis(squared, labels[:, None], axis=1)[:, 0]
    leave = own * own_sizes / np.maximum(own_sizes - 1.0, 1e-300) * (own_sizes > 1)
    join = squared * (sizes / (sizes + 1.0))[:, :, None]
    np.put_along_axis(join, labels[:, None], np.inf, axis=1)
    gain = leave - join.min(axis=1)
    record = gain.argmax(axis=1)
    moved = of & (gain[rows, record] > 1e-9 * own.sum(axis=1))
    labels[rows[moved], record[moved]] = join[rows[moved], :, record[moved]].argmin(axis=1)
    return moved
