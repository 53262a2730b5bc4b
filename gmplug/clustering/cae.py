"""cae-kmeans: convolutional autoencoder, then k-means on its latent features (Jia & Sasani 2025)."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field
from threadpoolctl import threadpool_limits

from gmplug.clustering.autoencoder import Array, decode, encode, in_batches
from gmplug.clustering.cae_files import FILE_FORMAT, read_archive, stored_weights, weights_of
from gmplug.clustering.encoders import Encoder, can_decode, checked_encoder, decoded, encoded, unfitted
from gmplug.clustering.kmeans import Count, SpectraClusterer, nearest, seed_from
from gmplug.clustering.pretrained import pretrained_weights
from gmplug.clustering.published import HISTORY_COLUMNS, Published, train
from gmplug.clustering.ratio_grid import RatioGrid
from gmplug.clustering.spectra_space import (
    SHORT_PERIOD_WEIGHT,
    canonical_order,
    checked_periods,
    checked_spectra,
    period_weights,
)
from gmplug.clustering.training import GEOMETRY_FACTOR, MOST_RECORDS, Loss, distances, finetuned
from gmplug.values import FloatArray, IntArray, Progress, no_progress

#: Replicates of k-means.
N_INIT = {"default": 50, "published": 1000}
#: Most records, spread evenly over all, of which the reconstruction is measured.
MEASURED_RECORDS = 1024
#: Records of less standard deviation in ln Sa are alike.
SMALLEST_SCATTER = 1e-9
_CountOrNone = Annotated[int, Field(ge=0)]
_Positive = Annotated[float, Field(gt=0)]
_NotNegative = Annotated[float, Field(ge=0)]


@dataclass(eq=False, repr=False)
class CAEKMeans(SpectraClusterer):
    """Cluster response spectra by k-means on the latent features of a convolutional autoencoder.

    Parameters
    ----------
    preset
        ``"default"``: shipped weights, fine-tuned in seconds; needs ``periods_s`` and T*. Only k-means uses
        ``random_state``. ``"published"``: trained as in the paper, to the letter, in hours, by TensorFlow.
    short_period_weight
        Of the default: weight, in spectral distances, of periods outside T*…3 T*, where it is 1.
    copies, pretrain_epochs, finetune_epochs, batch_size, pretrain_stop_loss, finetune_stop_loss
        Of ``"published"``: see :class:`gmplug.clustering.published.Published`.
    learning_rate, finetune_learning_rate
        Of ``"published"``: the first rate of the pre-training; that of the fine-tuning.
    pretrained
        Of ``"published"``: file written by :meth:`save`, to start from its weights without a pre-training.
    n_init
        Replicates of k-means.
    encoder
        Replaces the autoencoder: an object with ``fit(X)`` and ``transform(X)``, such as ``PCA(5)`` of
        scikit-learn; X is ln Sa, shape (N, P). It is copied. Its parameters ``random_state``, ``periods_s``
        and ``conditioning_period_s`` get the values of this estimator where they are None.

    Attributes
    ----------
    features_
        Features, float64, shape (N, 5), or those of ``encoder``. By default in units of ln Sa, and
        turned to their principal axes.
    history_
        DataFrame with phase, epoch, loss, learning_rate; of the default also reconstruction and geometry, and
        its losses are relative to the spectra's variance.
    reconstruction_mse_, components_mse_
        Mean squared error of ln Sa at the periods of X: of the reconstructed records, and of five principal
        components of X. Of more than 1024 records, so many are measured.
    notes_
        One line that states both, as root mean squares.
    encoder_
        The fitted copy of ``encoder``.
    """

    preset: Literal["default", "published"] = "default"
    short_period_weight: _NotNegative | None = None
    copies: Count | None = None
    pretrain_epochs: _CountOrNone | None = None
    finetune_epochs: _CountOrNone | None = None
    batch_size: Count | None = None
    learning_rate: _Positive | None = None
    finetune_learning_rate: _Positive | None = None
    pretrain_stop_loss: _NotNegative | None = None
    finetune_stop_loss: _NotNegative | None = None
    pretrained: Path | None = None
    n_init: Count | None = None
    encoder: Encoder = None

    # -- fitting ---------------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any = None, *, progress: Progress | None = None) -> Self:
        """Fit the autoencoder to ln Sa and cluster its latent features.

        Parameters
        ----------
        X
            ln Sa (g) of the scaled records, shape (N, P).
        progress
            Called as ``progress(done, total, message)``, in training steps.

        Raises
        ------
        ValueError
            X has NaN, fewer than 2 records or another number of columns than ``periods_s``; k > N; an option
            belongs to the other preset; the default lacks ``periods_s`` or T*.
        InputError
            TensorFlow is not installed, which ``"published"`` needs.
        """
        numbers = self._published_numbers()
        spectra = checked_spectra(X, self.n_clusters, self.k_max)
        periods = checked_periods(self.periods_s, spectra.shape[1])
        order = canonical_order(spectra)  # so that the result does not depend on the order of X
        spectra = spectra[order]
        self.n_features_in_ = spectra.shape[1]
        self._grid = self._grid_of(periods)
        if self.encoder is not None:
            self._fit_encoder(spectra, progress or no_progress)
        elif numbers is None:
            self._finetune(spectra, periods, progress or no_progress)
        else:
            self._train_as_published(spectra, periods, numbers, progress or no_progress)
        latent = self._latent(spectra)
        self._measure_reconstruction(spectra, latent)
        self._set_axes(latent, spectra)
        seed = seed_from(self.random_state) % 2**32
        self._set_clusters(self._turned(latent), order, self.n_init or N_INIT[self.preset], seed)
        return self

    def _published_numbers(self) -> Published | None:
        """The published numbers with this estimator's own; None for the default preset."""
        if self.preset not in N_INIT:
            raise ValueError(f"preset={self.preset!r} is unknown; known: {', '.join(N_INIT)}")
        if checked_encoder(self.encoder) is not None and (self.preset, self.short_period_weight) != (
            "default",
            None,
        ):
            raise ValueError(
                "preset and short_period_weight are of the autoencoder; remove them beside encoder"
            )
        names = [f.name for f in fields(Published)]
        own = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        if self.preset == "default":
            if wrong := [*own, *(["pretrained"] if self.pretrained is not None else [])]:
                raise ValueError(
                    f"{wrong[0]} is an option of the preset 'published'; remove it, or set the preset"
                )
            return None
        if self.short_period_weight is not None:
            raise ValueError("short_period_weight is an option of the preset 'default'; remove it")
        return Published(**own)

    def _grid_of(self, periods: FloatArray | None) -> RatioGrid | None:
        """The default's maps to the points of its network; None for the published one, on X's own periods."""
        if self.preset == "published" or self.encoder is not None:
            return None
        if periods is None or self.conditioning_period_s is None:
            raise ValueError("cae-kmeans needs periods_s and conditioning_period_s, since it works on T/T*")
        return RatioGrid.of(periods, self.conditioning_period_s)

    def _finetune(self, spectra: FloatArray, periods: FloatArray | None, progress: Progress) -> None:
        assert self._grid is not None
        self._mean, self._scale = spectra.mean(axis=0), float(spectra.std(axis=0).max())
        if self._scale < SMALLEST_SCATTER:
            self._scale = 1.0
        chosen = spectra[spread(len(spectra), MOST_RECORDS)]
        deviations = (chosen - self._mean) / self._scale
        points = self.n_features_in_
        outside = SHORT_PERIOD_WEIGHT if self.short_period_weight is None else self.short_period_weight
        weights = period_weights(periods, self.conditioning_period_s, points, outside) / points
        wanted = distances(deviations * np.sqrt(weights))
        loss = Loss(deviations, self._grid.outward, np.full(points, 1.0 / points), wanted, GEOMETRY_FACTOR)
        with threadpool_limits(1, user_api="blas"):
            self._weights, history = finetuned(pretrained_weights(), self._points(chosen), loss, progress)
        self.history_ = pd.DataFrame(history)

    def _fit_encoder(self, spectra: FloatArray, progress: Progress) -> None:
        given = {name: getattr(self, name) for name in ("random_state", "periods_s", "conditioning_period_s")}
        self.encoder_ = unfitted(self.encoder, given)
        self.encoder_.fit(spectra)
        progress(1, 1, "encoder fitted")
        self._mean, self._scale = spectra.mean(axis=0), 1.0
        self.history_ = pd.DataFrame(columns=["phase", "epoch", "loss"])

    def _train_as_published(
        self, spectra: FloatArray, periods: FloatArray | None, numbers: Published, progress: Progress
    ) -> None:
        self._mean, self._scale = np.zeros(self.n_features_in_), 1.0
        start = None
        if self.pretrained is not None:
            start = stored_weights(Path(self.pretrained), network_points(self.n_features_in_))
        rng = np.random.default_rng(seed_from(self.random_state))
        self._weights, history = train(
            spectra, self._points, numbers, periods, self.conditioning_period_s, rng, progress, start
        )
        self.history_ = pd.DataFrame(history, columns=list(HISTORY_COLUMNS))

    def _measure_reconstruction(self, spectra: FloatArray, latent: FloatArray) -> None:
        name = "" if self.encoder is None else f"features by {' '.join(repr(self.encoder).split())}: "
        self.reconstruction_mse_, self.notes_ = float("nan"), (f"{name}no reconstruction of the spectra",)
        if self.encoder is not None and not can_decode(self.encoder_):
            return
        measured = spread(len(spectra), MEASURED_RECORDS)
        error = self._decoded(latent[measured]) - spectra[measured]
        self.reconstruction_mse_ = float(np.mean(np.square(error)))
        covariance = np.atleast_2d(np.cov(spectra, rowvar=False, bias=True))
        count = latent.shape[1]
        left = np.linalg.eigvalsh(covariance)[:-count]
        self.components_mse_ = float(np.maximum(left, 0.0).sum() / self.n_features_in_)
        found, reached = np.sqrt((self.reconstruction_mse_, self.components_mse_))
        self.notes_ = (
            f"{name}{count} latent features give ln Sa back with a root-mean-square error of {found:.3f}, "
            f"{count} principal components with {reached:.3f}",
        )

    # -- use -------------------------------------------------------------------------------------------

    def transform(self, X: Any) -> FloatArray:
        """Latent features of spectra (n, P), shape (n, 5), as in ``features_``.

        With the default preset NaN stands for a period beyond a record's usable band; the mean spectrum takes
        its place.
        """
        return self._turned(self._latent(self._checked(X)))

    def predict(self, X: Any) -> IntArray:
        """Cluster of each spectrum (n, P): that of the nearest centroid of latent features.

        NaN stands for a period beyond a record's usable band, see :meth:`transform`.
        """
        return nearest(self.transform(X), self.cluster_centers_)

    def reconstruct(self, X: Any) -> FloatArray:
        """Spectra (n, P) as the autoencoder sees them: encoded and decoded ln Sa, NaN filled in."""
        return self._decoded(self._latent(self._checked(X)))

    def _checked(self, X: Any) -> FloatArray:
        if not hasattr(self, "cluster_centers_"):
            raise ValueError("this CAEKMeans is not fitted yet; call fit first")
        values = checked_spectra(X, fewest=1, missing_allowed=self.preset != "published")
        if values.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {values.shape[1]} columns, but this CAEKMeans was fitted with {self.n_features_in_}"
            )
        return np.where(np.isnan(values), self._mean, values)

    def _points(self, spectra: FloatArray) -> Array:
        """Return what the network sees, (n, P', 1)."""
        deviations = (spectra - self._mean) / self._scale
        if self._grid is not None:
            seen = deviations @ self._grid.inward
        else:  # the last value is repeated up to a multiple of 4
            more = network_points(self.n_features_in_) - self.n_features_in_
            seen = np.pad(deviations, ((0, 0), (0, more)), mode="edge")
        return seen[:, :, None].astype(np.float32)

    def _latent(self, spectra: FloatArray) -> FloatArray:
        if self.encoder is not None:
            return encoded(self.encoder_, spectra)
        return in_batches(encode, self._weights, self._points(spectra)) * self._scale

    def _decoded(self, latent: FloatArray) -> FloatArray:
        if self.encoder is not None:
            return decoded(self.encoder_, latent)
        points = in_batches(decode, self._weights, (latent / self._scale).astype(np.float32))[:, :, 0]
        at_periods = points[:, : self.n_features_in_] if self._grid is None else points @ self._grid.outward
        return at_periods * self._scale + self._mean

    def _set_axes(self, latent: FloatArray, spectra: FloatArray) -> None:
        """Fix the turn of the features: principal axes, each pointing to where ln Sa is larger on average."""
        self._center, self._axes = np.zeros(latent.shape[1]), np.eye(latent.shape[1])
        if self.preset == "published" or self.encoder is not None:
            return
        self._center = latent.mean(axis=0)
        self._axes = np.linalg.eigh(np.cov(latent - self._center, rowvar=False))[1][:, ::-1]
        level = spectra.mean(axis=1) - spectra.mean()
        self._axes = self._axes * np.where(level @ ((latent - self._center) @ self._axes) < 0, -1.0, 1.0)

    def _turned(self, latent: FloatArray) -> FloatArray:
        return (latent - self._center) @ self._axes

    # -- files -----------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write the fitted model as a NumPy .npz archive of plain arrays and one JSON text."""
        if not hasattr(self, "cluster_centers_"):
            raise ValueError("this CAEKMeans is not fitted yet; call fit before save")
        if self.encoder is not None:
            raise NotImplementedError(
                "an encoder of your own has no open file format; fit again from the same records"
            )
        meta = {
            "format": FILE_FORMAT,
            "scale": self._scale,
            "reconstruction_mse": self.reconstruction_mse_,
            "preset": self.preset,
            "conditioning_period_s": self.conditioning_period_s,
        }
        arrays: dict[str, Any] = {
            "meta": np.array(json.dumps(meta)),
            "mean": self._mean,
            "center": self._center,
            "axes": self._axes,
            "cluster_centers": self.cluster_centers_,
        }
        if self.periods_s is not None:
            arrays["periods_s"] = np.asarray(self.periods_s, dtype=float)
        arrays |= {f"weight_{i:02d}": value for i, value in enumerate(self._weights)}
        with Path(path).open("wb") as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: str | Path) -> CAEKMeans:
        """Read a model written by :meth:`save`, ready to transform and predict. Nothing is unpickled."""
        arrays, meta = read_archive(Path(path))
        model = cls(
            periods_s=arrays.get("periods_s"),
            conditioning_period_s=meta["conditioning_period_s"],
            preset=meta["preset"],
        )
        model.n_features_in_ = len(arrays["mean"])
        model._grid = model._grid_of(model.periods_s)
        model._scale = float(meta["scale"])
        model._mean, model._center, model._axes = arrays["mean"], arrays["center"], arrays["axes"]
        model._weights = weights_of(arrays)
        model.cluster_centers_ = arrays["cluster_centers"]
        model.n_clusters_ = len(model.cluster_centers_)
        model.reconstruction_mse_ = float(meta["reconstruction_mse"])
        return model


def network_points(periods: int) -> int:
    """Points of the published network for spectra of so many periods: a multiple of 4."""
    return -(-periods // 4) * 4


def spread(count: int, most: int) -> IntArray:
    """Positions of at most ``most`` of ``count`` records, spread evenly over them."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))
