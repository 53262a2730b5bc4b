"""tslearn's time-series k-means with dynamic time warping, as a gmplug clusterer."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin

import gmplug


class TslearnDTW(ClusterMixin, BaseEstimator):
    """Cluster spectra by k-means with DTW distances and DTW barycenters (tslearn's TimeSeriesKMeans).

    Parameters
    ----------
    n_clusters
        Number of clusters k.
    band
        Half-width of the Sakoe-Chiba band as a share of the periods: how far a point may be warped. Over a
        response spectrum warping is a shift of the predominant period, so it should stay small.
    points
        Periods taken, evenly spread over the columns of X: the cost grows with them.
    n_init
        Starts (k-means++); the least inertia is kept.
    max_iter, max_iter_barycenter
        Most iterations per start, and of a barycenter within one (DBA, Petitjean et al. 2011).
    random_state
        Seed of the starts.

    Attributes
    ----------
    labels_
        Cluster of each record, shape (N,).
    cluster_centers_
        DTW barycenters, shape (k, points).
    inertia_
        Mean squared DTW distance to the own centroid.
    """

    def __init__(
        self,
        n_clusters: int = 2,
        band: float = 0.05,
        points: int = 50,
        n_init: int = 3,
        max_iter: int = 30,
        max_iter_barycenter: int = 5,
        random_state: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.band = band
        self.points = points
        self.n_init = n_init
        self.max_iter = max_iter
        self.max_iter_barycenter = max_iter_barycenter
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> TslearnDTW:
        """Cluster ln Sa, shape (N, P).

        Raises
        ------
        InputError
            tslearn is not installed, or band is out of range.
        ValueError
            X has NaN, or n_clusters > N.
        """
        spectra = gmplug.checked_spectra(X, self.n_clusters, fewest=1)
        if not 0 <= self.band <= 1:
            raise gmplug.InputError(f"tslearn-dtw: band={self.band} must lie between 0 and 1")
        count = min(max(self.points, 2), spectra.shape[1])
        taken = spectra[:, np.round(np.linspace(0, spectra.shape[1] - 1, count)).astype(int)]
        order = np.lexsort(taken.T[::-1])  # the result must not depend on the order of the records
        fitted = _time_series_kmeans()(
            n_clusters=min(self.n_clusters, len(np.unique(taken, axis=0))),
            metric="dtw",
            metric_params={
                "global_constraint": "sakoe_chiba",
                "sakoe_chiba_radius": max(1, round(self.band * count)),
            },
            n_init=self.n_init,
            max_iter=self.max_iter,
            max_iter_barycenter=self.max_iter_barycenter,
            random_state=self.random_state,
        )
        fitted.fit(taken[order][:, :, None])
        self.labels_ = np.empty(len(taken), dtype=np.int64)
        self.labels_[order] = np.unique(fitted.labels_, return_inverse=True)[1]
        self.cluster_centers_ = np.asarray(fitted.cluster_centers_)[:, :, 0]
        self.inertia_ = float(fitted.inertia_)
        return self


def _time_series_kmeans() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # optional parts of tslearn that are not installed
            from tslearn.clustering import TimeSeriesKMeans
    except ImportError as error:
        raise gmplug.InputError(
            f"tslearn-dtw: tslearn cannot be imported ({error}); install it with: "
            'pip install "gmplug-time-series-kmeans[dtw]"'
        ) from error
    return TimeSeriesKMeans
