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
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score

    found = len(np.unique(labels))
    if not 2 <= found <= len(labels) - 1:
        return dict.fromkeys(SCORE_COLUMNS[1:], float("nan"))
    sample = SILHOUETTE_SAMPLE if len(labels) > SILHOUETTE_SAMPLE else None
    return {
        "silhouette": float(silhouette_score(features, labels, sample_size=sample, random_state=0)),
        "calinski_harabasz": float(calinski_harabasz_score(features, labels)),
        "davies_bouldin": float(davies_bouldin_score(features, labels)),
    }


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
