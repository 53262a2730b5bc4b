"""The clusterer: train, encode, k-means."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score

import gmplug
from gmplug_dense_autoencoder.network import build, train

_FORMAT = "gmplug-dense-autoencoder-1"
_Count = Annotated[int, Field(ge=1)]
_SCORES = {
    "silhouette": silhouette_score,
    "calinski_harabasz": calinski_harabasz_score,
    "davies_bouldin": davies_bouldin_score,
}


class DenseAutoencoder(ClusterMixin, BaseEstimator):
    """Cluster spectra by k-means on the latent features of an autoencoder of dense layers (Bond et al.).

    Parameters
    ----------
    n_clusters
        Number of clusters; None chooses the largest mean silhouette of 2, …, k_max.
    k_max
        Most clusters to try.
    layers
        Units of the encoder's hidden layers; the decoder mirrors them.
    latent
        Number of latent features.
    epochs, batch_size
        Of the training.
    n_init
        Restarts of k-means.
    random_state
        Seed of initial weights, batches and k-means.

    Attributes
    ----------
    labels_
        Cluster of each record, shape (N,).
    features_
        Latent features, shape (N, latent).
    cluster_centers_
        Shape (k, latent).
    scores_
        DataFrame: k, silhouette, calinski_harabasz, davies_bouldin.
    history_
        DataFrame: phase, epoch, loss (mean squared error of ln Sa).
    """

    def __init__(
        self,
        n_clusters: _Count | None = None,
        k_max: _Count = 10,
        layers: tuple[_Count, ...] = (128, 64, 32),
        latent: _Count = 5,
        epochs: _Count = 1000,
        batch_size: _Count = 16,
        n_init: _Count = 50,
        random_state: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.k_max = k_max
        self.layers = layers
        self.latent = latent
        self.epochs = epochs
        self.batch_size = batch_size
        self.n_init = n_init
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, *, progress: Any = None) -> DenseAutoencoder:
        """Train on ln Sa, shape (N, P), and cluster the latent features.

        Raises
        ------
        InputError
            TensorFlow is not installed.
        ValueError
            X has NaN or fewer than 2 records; n_clusters > N.
        """
        spectra = gmplug.checked_spectra(X, self.n_clusters)
        seed = self.random_state
        if seed is None:
            seed = int(np.random.default_rng().integers(2**31))
        order = np.lexsort(spectra.T[::-1])  # the result must not depend on the order of the records

        def report(epoch: int, loss: float) -> None:
            if progress is not None:
                progress(epoch, self.epochs, f"training, epoch {epoch} of {self.epochs}, loss {loss:.4f}")

        rng = np.random.default_rng(seed)
        model, self._encoder = build(spectra.shape[1], tuple(self.layers), self.latent, rng)
        losses = train(model, spectra[order], self.epochs, self.batch_size, rng, report)
        epochs = np.arange(1, len(losses) + 1)
        self.history_ = pd.DataFrame({"phase": "training", "epoch": epochs, "loss": losses})
        self._weights = self._encoder.get_weights()
        self.n_features_in_ = spectra.shape[1]
        features = self._encoded(spectra[order])
        labels = self._cluster(features, seed % 2**32)
        self.features_, self.labels_ = np.empty_like(features), np.empty_like(labels)
        self.features_[order], self.labels_[order] = features, labels
        self.cluster_centers_ = np.array([features[labels == c].mean(axis=0) for c in np.unique(labels)])
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Latent features of spectra (n, P), shape (n, latent)."""
        if not hasattr(self, "cluster_centers_"):
            raise gmplug.InputError("dense-autoencoder: not fitted yet; call fit first")
        spectra = gmplug.checked_spectra(X, fewest=1)
        if spectra.shape[1] != self.n_features_in_:
            raise gmplug.InputError(
                f"dense-autoencoder: X has {spectra.shape[1]} periods, not {self.n_features_in_} as in fit"
            )
        return self._encoded(spectra)

    def predict(self, X: Any) -> np.ndarray:
        """Cluster of each spectrum (n, P): the nearest centroid of latent features."""
        features = self.transform(X)
        return np.square(features[:, None] - self.cluster_centers_).sum(axis=2).argmin(axis=1)

    def _encoded(self, spectra: np.ndarray) -> np.ndarray:
        if getattr(self, "_encoder", None) is None:
            rng = np.random.default_rng(0)
            _, self._encoder = build(self.n_features_in_, tuple(self.layers), self.latent, rng)
            self._encoder.set_weights(self._weights)
        return np.asarray(self._encoder(spectra.astype(np.float32), training=False), dtype=float)

    def _cluster(self, features: np.ndarray, seed: int) -> np.ndarray:
        """k-means for one k, or for 2, …, k_max with the largest mean silhouette; sets ``scores_``."""
        largest = max(1, min(self.k_max, len(features) - 1))
        tried = range(1, largest + 1) if self.n_clusters is None else [self.n_clusters]
        rows, best, found = [], -np.inf, np.zeros(len(features), dtype=np.int64)
        for k in tried:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct records than clusters
                labels = KMeans(k, n_init=self.n_init, random_state=seed).fit_predict(features)
            labels = np.unique(labels, return_inverse=True)[1].astype(np.int64)
            defined = 2 <= labels.max() + 1 < len(features)
            scores = {
                name: float(score(features, labels)) if defined else np.nan for name, score in _SCORES.items()
            }
            rows.append({"k": k, **scores})
            if self.n_clusters is not None or scores["silhouette"] > best:
                best, found = scores["silhouette"], labels
        self.scores_ = pd.DataFrame(rows)
        return found

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("_encoder", None)  # rebuilt from the weights when needed
        return state

    # -- files ---------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write the encoder and the centroids as a NumPy archive of plain arrays and one JSON text."""
        if not hasattr(self, "cluster_centers_"):
            raise gmplug.InputError("dense-autoencoder: not fitted yet; call fit before save")
        meta = {
            "format": _FORMAT,
            "points": self.n_features_in_,
            "layers": list(self.layers),
            "latent": self.latent,
        }
        weights = {f"weight_{i:02d}": value for i, value in enumerate(self._weights)}
        with Path(path).open("wb") as file:
            np.savez(file, meta=np.array(json.dumps(meta)), centres=self.cluster_centers_, **weights)

    @classmethod
    def load(cls, path: str | Path) -> DenseAutoencoder:
        """Read what :meth:`save` wrote, ready to transform and predict. Nothing is unpickled."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            meta = json.loads(str(arrays.pop("meta")))
            if meta["format"] != _FORMAT:
                raise ValueError(f"format {meta['format']!r}")
            model = cls(layers=tuple(meta["layers"]), latent=meta["latent"])
            model.n_features_in_ = int(meta["points"])
            model.cluster_centers_ = arrays.pop("centres")
            model._weights = [arrays[name] for name in sorted(arrays)]
            model._encoded(np.zeros((1, model.n_features_in_)))
        except gmplug.InputError:
            raise
        except Exception as error:  # a damaged archive shows in many ways
            reason = " ".join(str(error).split())
            raise gmplug.InputError(f"{path}: not a model saved by dense-autoencoder ({reason})") from error
        return model
