"""Spectral clustering of ln Sa, as the gmplug clusterer ``spectral``."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from scipy.spatial.distance import pdist, squareform
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import SpectralClustering

import gmplug


class SpectralSpectra(ClusterMixin, BaseEstimator):
    """Cluster spectra by normalized cuts of their similarity graph (scikit-learn's SpectralClustering).

    The similarity of two spectra at the distance d (Euclidean, in ln Sa) is exp(−d² / (2 σ²)), with σ the
    median distance of distinct spectra times ``bandwidth``. Clusters are read from the eigenvectors by
    pivoted QR (Damle, Minden & Ying 2019, doi 10.1093/imaiai/iay008), so that no chance is involved.

    Parameters
    ----------
    n_clusters
        Number of clusters; gmplug tries several and keeps the largest mean silhouette.
    bandwidth
        σ in units of the median distance.
    random_state
        Seed of the eigensolver's start vector, where one is needed.

    Attributes
    ----------
    labels_
        Cluster of each record, shape (N,).
    sigma_
        σ, in units of ln Sa times the root of the number of periods.
    """

    def __init__(self, n_clusters: int = 2, bandwidth: float = 0.5, random_state: int | None = None) -> None:
        self.n_clusters = n_clusters
        self.bandwidth = bandwidth
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> SpectralSpectra:
        """Cluster ln Sa, shape (N, P).

        Raises
        ------
        ValueError
            X has NaN, or n_clusters > N.
        InputError
            bandwidth is not positive.
        """
        spectra = gmplug.checked_spectra(X, self.n_clusters, fewest=1)
        if not self.bandwidth > 0:
            raise gmplug.InputError(f"spectral: bandwidth={self.bandwidth} must be positive")
        distinct, inverse = np.unique(spectra, axis=0, return_inverse=True)
        self.labels_ = self._cut(distinct)[inverse.ravel()]  # sorted by unique: order does not matter
        return self

    def _cut(self, distinct: np.ndarray) -> np.ndarray:
        count = len(distinct)
        if self.n_clusters >= count:
            return np.arange(count)
        distances = pdist(distinct)
        self.sigma_ = self.bandwidth * float(np.median(distances))
        similarity = np.exp(-0.5 * np.square(squareform(distances) / self.sigma_))
        cut = SpectralClustering(
            self.n_clusters,
            affinity="precomputed",
            assign_labels="cluster_qr",
            random_state=self.random_state,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # graphs that fall apart: those parts are clusters
            labels = cut.fit_predict(similarity)
        return np.unique(labels, return_inverse=True)[1]
