"""k-means on features, with k by the largest mean silhouette; and the plain baseline on ln Sa itself."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any, Self

import numpy as np
import pandas as pd
from pydantic import Field

from gmplug.clustering.lloyd import kmeans
from gmplug.clustering.metrics import best_k, by_falling_size, score_table
from gmplug.clustering.spectra_space import (
    SHORT_PERIOD_WEIGHT,
    canonical_order,
    checked_periods,
    checked_spectra,
    period_weights,
)
from gmplug.values import FloatArray, IntArray

Count = Annotated[int, Field(ge=1)]


def kmeans_by_silhouette(
    features: FloatArray, n_clusters: int | None, k_max: int, n_init: int, seed: int
) -> tuple[IntArray, FloatArray, pd.DataFrame]:
    """k-means (k-means++, ``n_init`` replicates) for one k, or for 1…k_max with the largest mean silhouette.

    Silhouettes are defined for 2 ≤ k ≤ N − 1; where none is, there is one cluster.

    Parameters
    ----------
    features
        Shape (N, f).
    n_clusters
        Number of clusters, or None to choose it.

    Returns
    -------
    labels 0, 1, … by falling size (N,), centroids (k, f), scores of all k tried
    """
    largest = max(1, min(k_max, len(features) - 1))
    tried = range(1, largest + 1) if n_clusters is None else [n_clusters]
    labels = {k: by_falling_size(kmeans(features, k, n_init, seed), features) - 1 for k in tried}
    scores = score_table(features, labels)
    chosen = labels[best_k(scores) if n_clusters is None else n_clusters]
    centers = np.array([features[chosen == c].mean(axis=0) for c in range(int(chosen.max()) + 1)])
    return chosen, centers, scores


def nearest(features: FloatArray, centers: FloatArray) -> IntArray:
    """Index of the nearest centroid, shape (n,)."""
    squared = np.square(features[:, None, :] - centers[None, :, :]).sum(axis=2)
    return squared.argmin(axis=1).astype(np.int64)


def seed_from(random_state: Any) -> int:
    """An integer seed from scikit-learn's ``random_state``: None, an integer, or a generator."""
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**32))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31))
    return int(np.random.default_rng().integers(2**31)) if random_state is None else int(random_state)


@dataclass(eq=False, repr=False)
class SpectraClusterer:
    """A clusterer of ln Sa by k-means on some features of the spectra, with the interface of scikit-learn.

    It does not derive from scikit-learn's classes: importing them takes most of a second.

    Parameters
    ----------
    n_clusters
        Number of clusters; None chooses the largest mean silhouette of 2…k_max.
    k_max
        Most clusters to try.
    random_state
        Seed of all random numbers.
    periods_s
        Periods of the columns of X, s, shape (P,), increasing; None: unknown.
    conditioning_period_s
        T*, s, at which the records are scaled; None: unknown.

    Attributes
    ----------
    labels_
        Cluster of each record, 0, 1, … by falling size, shape (N,).
    n_clusters_
        Number of clusters.
    features_
        Features of the records, shape (N, f).
    cluster_centers_
        Shape (k, f).
    scores_
        DataFrame with k, silhouette, calinski_harabasz, davies_bouldin.
    """

    n_clusters: Count | None = None
    k_max: Count = 10
    random_state: int | None = None
    periods_s: Any = None
    conditioning_period_s: float | None = None

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's parameters; ``deep`` adds those of an encoder, as ``encoder__NAME``."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        inner = {name: one.get_params() for name, one in own.items() if deep and hasattr(one, "get_params")}
        return own | {f"{name}__{key}": value for name, of in inner.items() for key, value in of.items()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters of the constructor. Raises ValueError for an unknown one."""
        unknown = set(params) - set(self.get_params())
        if unknown:
            raise ValueError(f"{type(self).__name__} has no parameter '{min(unknown)}'")
        for name, value in sorted(params.items()):  # an estimator before its own parameters
            inner, _, key = name.partition("__")
            if key:
                getattr(self, inner).set_params(**{key: value})
            else:
                setattr(self, name, value)
        return self

    def fit(self, X: Any) -> Self:
        """Cluster ln Sa, shape (N, P)."""
        raise NotImplementedError

    def fit_predict(self, X: Any) -> IntArray:
        """Cluster ln Sa (N, P) and return ``labels_``."""
        return self.fit(X).labels_

    def _set_clusters(self, features: FloatArray, order: IntArray, n_init: int, seed: int) -> None:
        """Cluster features (N, f), the rows of the records ``order`` (N,), and set the attributes."""
        labels, centers, scores = kmeans_by_silhouette(features, self.n_clusters, self.k_max, n_init, seed)
        back = np.argsort(order)
        self.labels_, self.features_ = labels[back], features[back]
        self.scores_, self.cluster_centers_ = scores, centers
        self.n_clusters_ = len(centers)


@dataclass(eq=False, repr=False)
class KMeansSpectra(SpectraClusterer):
    """k-means on ln Sa, weighted by period: no training, done in a second; the baseline.

    Parameters
    ----------
    weighted
        Weight periods by what a structure of period T* visits as it yields: 1 from T* to 3 T*,
        ``short_period_weight`` elsewhere. This needs ``periods_s`` and T*. False: all periods alike.
    short_period_weight
        Weight of the periods outside T* to 3 T*.
    n_init
        Replicates.
    """

    weighted: bool = True
    short_period_weight: Annotated[float, Field(ge=0)] = SHORT_PERIOD_WEIGHT
    n_init: Count = 50

    def fit(self, X: Any, y: Any = None) -> Self:
        """Cluster ln Sa, shape (N, P). Raises ValueError for NaN, N < 2 or k > N."""
        spectra = checked_spectra(X, self.n_clusters, self.k_max)
        periods = checked_periods(self.periods_s, spectra.shape[1])
        weights = np.ones(spectra.shape[1])
        if self.weighted:
            weights = period_weights(
                periods, self.conditioning_period_s, spectra.shape[1], self.short_period_weight
            )
        self._root_weights = np.sqrt(weights / spectra.shape[1])
        order = canonical_order(spectra)
        features = spectra[order] * self._root_weights
        self._set_clusters(features, order, self.n_init, seed_from(self.random_state))
        self.n_features_in_ = spectra.shape[1]
        return self

    def predict(self, X: Any) -> IntArray:
        """Cluster of each spectrum (n, P): that of the nearest centroid."""
        return nearest(checked_spectra(X, fewest=1) * self._root_weights, self.cluster_centers_)
