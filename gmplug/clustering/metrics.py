"""Quality of a clustering: silhouette, Calinski–Harabasz, Davies–Bouldin, and the choice of k."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from gmplug.values import FloatArray, IntArray

#: Columns of a table of scores.
SCORE_COLUMNS = ("k", "silhouette", "calinski_harabasz", "davies_bouldin")
#: Silhouettes of more records than this are taken over a fixed sample of as many (they cost N² distances).
SILHOUETTE_SAMPLE = 5000
#: Rows of distances at a time.
_ROWS = 1000


def quality(features: FloatArray, labels: IntArray) -> dict[str, float]:
    """Return silhouette (Rousseeuw 1987), calinski_harabasz (1974) and davies_bouldin (1979) indices.

    All three are NaN unless 2 ≤ number of clusters ≤ N − 1, where they are defined.

    Parameters
    ----------
    features
        Shape (N, f).
    labels
        Shape (N,), any integers.
    """
    found, labels = np.unique(labels, return_inverse=True)
    k, count = len(found), len(labels)
    if not 2 <= k <= count - 1:
        return dict.fromkeys(SCORE_COLUMNS[1:], float("nan"))
    centroids = np.array([features[labels == c].mean(axis=0) for c in range(k)])
    off = np.linalg.norm(features - centroids[labels], axis=1)
    sizes = np.bincount(labels)
    between = float(sizes @ np.square(centroids - features.mean(axis=0)).sum(axis=1))
    within = float(np.square(off).sum())
    scatter = np.bincount(labels, off) / sizes
    apart = np.linalg.norm(centroids[:, None] - centroids[None], axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        similar = (scatter[:, None] + scatter[None]) / apart
    similar[~np.isfinite(similar)] = 0.0  # a cluster with itself, or centroids on one point
    np.fill_diagonal(similar, 0.0)
    return {
        "silhouette": _silhouette(features, labels),
        "calinski_harabasz": between * (count - k) / (within * (k - 1)) if within > 0 else 1.0,
        "davies_bouldin": float(similar.max(axis=1).mean()),
    }


def _silhouette(features: FloatArray, labels: IntArray) -> float:
    """Mean silhouette of labels 0, 1, …; records alone in their cluster have 0."""
    if len(labels) > SILHOUETTE_SAMPLE:
        sample = np.random.RandomState(0).permutation(len(labels))[:SILHOUETTE_SAMPLE]
        features, labels = features[sample], np.unique(labels[sample], return_inverse=True)[1]
    k = int(labels.max()) + 1
    if k < 2:
        return float("nan")
    member = (labels[:, None] == np.arange(k)).astype(float)
    sizes, squares, total = member.sum(axis=0), np.square(features).sum(axis=1), 0.0
    for start in range(0, len(labels), _ROWS):
        rows = slice(start, start + _ROWS)
        squared = squares[rows, None] + squares[None] - 2.0 * features[rows] @ features.T
        distance = np.sqrt(np.maximum(squared, 0.0))
        at = np.arange(len(distance))
        distance[at, at + start] = 0.0
        sums, own = distance @ member, labels[rows]
        inside = sums[at, own] / np.maximum(sizes[own] - 1.0, 1.0)
        means = sums / sizes
        means[at, own] = np.inf
        outside = means.min(axis=1)
        larger = np.maximum(inside, outside)
        width = np.divide(outside - inside, larger, out=np.zeros_like(larger), where=larger > 0)
        total += float(width[sizes[own] > 1].sum())
    return total / len(labels)


def score_table(features: FloatArray, labels_by_k: Mapping[int, IntArray]) -> pd.DataFrame:
    """One row of :data:`SCORE_COLUMNS` for each number of clusters."""
    rows = [{"k": k, **quality(features, labels)} for k, labels in sorted(labels_by_k.items())]
    return pd.DataFrame(rows, columns=list(SCORE_COLUMNS)).astype({"k": int})


def best_k(scores: pd.DataFrame) -> int:
    """The k of the largest mean silhouette, the smaller of equals; 1 where no silhouette is defined."""
    defined = scores.dropna(subset=["silhouette"])
    if defined.empty:
        return int(scores["k"].min()) if len(scores) else 1
    return int(defined["k"].to_numpy()[defined["silhouette"].to_numpy(float).argmax()])


def by_falling_size(labels: Sequence[int] | IntArray, features: FloatArray) -> IntArray:
    """Renumber any labels to 1, 2, …, k by falling size.

    Of clusters of one size, the one whose centroid has the larger mean feature comes first, and then the one
    with the lexicographically larger centroid; so the numbers do not depend on the order of the records.
    """
    values = np.asarray(labels)
    found = np.unique(values)
    centroids = {c: features[values == c].mean(axis=0) for c in found}

    def rank(c: int) -> tuple[float, ...]:
        centroid = np.round(centroids[c], 9)
        return (-float(np.sum(values == c)), -float(centroid.mean()), *(-centroid).tolist())

    ordered = sorted(found.tolist(), key=rank)
    number = {c: i + 1 for i, c in enumerate(ordered)}
    return np.array([number[c] for c in values.tolist()], dtype=np.int64)
