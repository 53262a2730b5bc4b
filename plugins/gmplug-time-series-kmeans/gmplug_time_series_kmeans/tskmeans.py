"""TSkmeans: k-means that learns, for each cluster, smooth weights of the points (Huang et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import kmeans_plusplus

import gmplug
from gmplug_time_series_kmeans.weights import smooth_weights


class TSKMeans(ClusterMixin, BaseEstimator):
    """Cluster spectra by TSkmeans.

    Minimises, over memberships u, centroids z and weights w (Huang et al. 2016, with Σ_p u_ip = 1,
    Σ_j w_pj = 1, w_pj ≥ 0)::

        P(U, Z, W) = Σ_p Σ_i Σ_j u_ip w_pj (x_ij − z_pj)² + ½ α Σ_p Σ_j (w_pj − w_p,j+1)²

    by turns: nearest centroid in the cluster's own weighted distance, mean of the members, and a quadratic
    programme for the weights. No turn increases P.

    Parameters
    ----------
    n_clusters
        Number of clusters k.
    smoothness
        α in units of P² times the global scatter Σ_ij (x_ij − mean_j)²: then the weights do not depend on how
        finely the grid divides the periods. Larger is smoother; infinite would be plain k-means.
    alpha
        α itself in units of the global scatter, as it is usually stated; overrides ``smoothness``.
    n_init
        Starts (k-means++ centroids, equal weights); the least P is kept.
    max_iter
        Most turns per start.
    random_state
        Seed of the starts.

    Attributes
    ----------
    labels_
        Cluster of each record, shape (N,).
    cluster_centers_, weights_
        Shape (k, P) each; the weights of a cluster sum to 1.
    objective_
        P(U, Z, W).
    history_
        DataFrame with phase, epoch, loss: P after each turn of the best start.
    """

    def __init__(
        self,
        n_clusters: int = 2,
        smoothness: float = 0.01,
        alpha: float | None = None,
        n_init: int = 20,
        max_iter: int = 100,
        random_state: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.smoothness = smoothness
        self.alpha = alpha
        self.n_init = n_init
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, *, progress: Any = None) -> TSKMeans:
        """Cluster ln Sa, shape (N, P).

        Raises
        ------
        ValueError
            X has NaN, n_clusters > N, or an option is out of range.
        """
        import pandas as pd

        spectra = gmplug.checked_spectra(X, self.n_clusters, fewest=1)
        order = np.lexsort(spectra.T[::-1])  # the result must not depend on the order of the records
        spectra = spectra[order]
        alpha = self._alpha(spectra)
        rng = np.random.RandomState(self.random_state)
        best: _State | None = None
        for start in range(self.n_init):
            if progress is not None:
                progress(start, self.n_init, f"start {start + 1} of {self.n_init}")
            state = self._run(spectra, alpha, rng)
            if best is None or state.losses[-1] < best.losses[-1] * (1 - 1e-12):
                best = state
        if best is None:
            raise ValueError(f"n_init={self.n_init} must be at least 1")
        self.labels_ = np.empty(len(spectra), dtype=np.int64)
        self.labels_[order] = _without_gaps(best.labels)
        kept = np.unique(best.labels)
        self.cluster_centers_, self.weights_ = best.centres[kept], best.weights[kept]
        self.objective_ = best.losses[-1]
        epochs = np.arange(1, len(best.losses) + 1)
        self.history_ = pd.DataFrame({"phase": "clustering", "epoch": epochs, "loss": best.losses})
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Cluster of each spectrum (n, P): the nearest centroid in its cluster's weighted distance."""
        return _distances(np.asarray(X, dtype=float), self.cluster_centers_, self.weights_).argmin(axis=1)

    def _alpha(self, spectra: np.ndarray) -> float:
        scatter = float(np.square(spectra - spectra.mean(axis=0)).sum())
        factor = self.alpha if self.alpha is not None else self.smoothness * spectra.shape[1] ** 2
        if not factor >= 0:
            raise ValueError(f"smoothness and alpha must not be negative (got {factor})")
        return float(factor) * scatter

    def _run(self, spectra: np.ndarray, alpha: float, rng: Any) -> _State:
        k, m = self.n_clusters, spectra.shape[1]
        centres, _ = kmeans_plusplus(spectra, k, random_state=rng)
        weights = np.full((k, m), 1.0 / m)
        labels = np.full(len(spectra), -1)
        losses: list[float] = []
        for _ in range(max(self.max_iter, 1)):
            previous = labels
            labels = _assign(spectra, centres, weights)
            if np.array_equal(labels, previous):
                break
            dispersion = np.zeros((k, m))
            for p in range(k):
                members = spectra[labels == p]
                if len(members):
                    centres[p] = members.mean(axis=0)
                    dispersion[p] = np.square(members - centres[p]).sum(axis=0)
                    weights[p] = smooth_weights(dispersion[p], alpha)
            smooth = np.square(np.diff(weights, axis=1)).sum()
            losses.append(float((dispersion * weights).sum() + 0.5 * alpha * smooth))
        return _State(labels, centres, weights, losses)


@dataclass(frozen=True)
class _State:
    labels: np.ndarray
    centres: np.ndarray
    weights: np.ndarray
    losses: list[float]


def _distances(spectra: np.ndarray, centres: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted squared distances, shape (N, k)."""
    return np.column_stack([np.square(spectra - z) @ w for z, w in zip(centres, weights, strict=True)])


def _assign(spectra: np.ndarray, centres: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Nearest centroids; an empty cluster gets the record farthest from its centroid, which also lowers P."""
    distances = _distances(spectra, centres, weights)
    labels = distances.argmin(axis=1)
    own = distances.min(axis=1)
    for p in np.setdiff1d(np.arange(len(centres)), labels):
        shared = np.bincount(labels, minlength=len(centres))[labels] > 1
        if not np.any(own[shared] > 0.0):
            break  # fewer distinct records than clusters
        farthest = int(np.argmax(np.where(shared, own, -1.0)))
        labels[farthest], own[farthest] = p, 0.0
    return labels


def _without_gaps(labels: np.ndarray) -> np.ndarray:
    return np.unique(labels, return_inverse=True)[1]
