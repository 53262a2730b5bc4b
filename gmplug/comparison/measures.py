"""Statistics of clusters: agreement, accuracy, separation, and the variance that they explain."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from gmplug.values import FloatArray, IntArray


def agreement(labellings: Sequence[IntArray]) -> float:
    """Mean adjusted Rand index (Hubert & Arabie 1985) over all pairs of labellings of the same records.

    1 is the same clusters, 0 what chance would give. NaN for fewer than two.
    """
    from sklearn.metrics import adjusted_rand_score

    pairs = list(combinations(labellings, 2))
    if not pairs:
        return float("nan")
    return float(np.mean([adjusted_rand_score(a, b) for a, b in pairs]))


def resample_agreement(resamples: Sequence[tuple[IntArray, IntArray]]) -> float:
    """Mean adjusted Rand index over pairs of resamples, each on the records that both hold.

    Parameters
    ----------
    resamples
        Positions of the records (distinct) and their labels, of each resample.
    """
    from sklearn.metrics import adjusted_rand_score

    found = []
    for (members_a, labels_a), (members_b, labels_b) in combinations(resamples, 2):
        _, in_a, in_b = np.intersect1d(members_a, members_b, return_indices=True)
        if len(in_a) > 1:
            found.append(adjusted_rand_score(labels_a[in_a], labels_b[in_b]))
    return float(np.mean(found)) if found else float("nan")


def bootstrap_members(records: int, count: int, seed: int) -> list[IntArray]:
    """Positions of the distinct records of bootstrap draws (about 63 % of them), ``count`` arrays, rising.

    Records drawn more than once are used once, since copies would make clusters of their own (the default of
    Hennig 2007, "Cluster-wise assessment of cluster stability", Comput. Stat. Data Anal. 52:258-271).
    """
    rng = np.random.default_rng([seed, records])
    return [np.unique(rng.integers(0, records, records)) for _ in range(count)]


def accuracy(truth: Sequence[object] | IntArray, labels: IntArray) -> float:
    """Share of the records in the right group, clusters being assigned to groups in the best way.

    One cluster stands for one group at most (Kuhn 1955, the Hungarian method): records of clusters beyond the
    number of groups are wrong.
    """
    from scipy.optimize import linear_sum_assignment

    groups, group = np.unique(np.asarray(truth).astype(str), return_inverse=True)
    clusters, cluster = np.unique(labels, return_inverse=True)
    table = np.zeros((len(groups), len(clusters)), dtype=np.int64)
    np.add.at(table, (group.ravel(), cluster.ravel()), 1)
    rows, columns = linear_sum_assignment(-table)
    return float(table[rows, columns].sum() / len(labels))


def centroid_gap(
    ln_sa: FloatArray, labels: IntArray, periods_s: FloatArray, conditioning_period_s: float
) -> float:
    """Mean |difference| of the clusters' mean ln Sa over the periods from T* to 2 T*.

    With more than two clusters the mean over all pairs of them; NaN for one, or without such periods.
    """
    low, high = conditioning_period_s * (1 - 1e-9), 2 * conditioning_period_s * (1 + 1e-9)
    beyond = (periods_s >= low) & (periods_s <= high)
    centroids = [ln_sa[labels == c][:, beyond].mean(axis=0) for c in np.unique(labels)]
    if len(centroids) < 2 or not beyond.any():
        return float("nan")
    return float(np.mean([np.mean(np.abs(a - b)) for a, b in combinations(centroids, 2)]))


def explained_variance(values: FloatArray, labels: IntArray) -> float:
    """η²: sum of squares between clusters over the total one, of the records with a value (not NaN).

    Random clusters reach (k − 1) / (n − 1). NaN for fewer than 3 values, or equal ones.
    """
    known = np.isfinite(values)
    values, labels = values[known], labels[known]
    if len(values) < 3:
        return float("nan")
    total = float(np.square(values - values.mean()).sum())
    if total <= 0.0:
        return float("nan")
    between = sum(
        float(np.sum(labels == c)) * (values[labels == c].mean() - values.mean()) ** 2
        for c in np.unique(labels)
    )
    return float(between / total)
