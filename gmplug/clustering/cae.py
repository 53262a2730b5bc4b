"""cae-kmeans: convolutional autoencoder, then k-means on its latent features (Jia & Sasani 2025)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field

from gmplug.clustering.corruption import Corruption
from gmplug.clustering.kmeans import Count, SpectraClusterer, nearest, seed_from
from gmplug.clustering.network import apply_in_batches, build_autoencoder
from gmplug.clustering.presets import PRESETS, Preset
from gmplug.clustering.simulation import noise_scale, simulated_spectra, spectra_of_family
from gmplug.clustering.spectra_space import (
    SHORT_PERIOD_WEIGHT,
    anchor_index,
    canonical_order,
    checked_k,
    checked_periods,
    checked_spectra,
    period_weights,
)
from gmplug.clustering.training import (
    Phase,
    Trainer,
    constant_rate,
    cosine_rate,
    published_pretraining_rate,
)
from gmplug.values import FloatArray, IntArray, Progress, no_progress

#: Norm to which the default preset shortens gradients.
CLIP_NORM = 0.5
#: Share of the candidates that fine-tuning corrupts: few, so that their own distances are kept closely.
FINETUNE_CORRUPTED = 0.25
#: Share of the fine-tuning's epochs in which the network settles: every step shows the encoder all candidates
#: (at most a batch of them) as they are, and once more corrupted, and only the former make the geometry loss.
SETTLING_SHARE = 2 / 3
#: Of settling: peak of the learning rate and geometry factor, relative to those of the fine-tuning before it.
SETTLING_RATE, SETTLING_GEOMETRY = 0.5, 4.0
_FILE_FORMAT = "gmplug-cae-1"
_HISTORY_COLUMNS = ["phase", "epoch", "loss", "reconstruction", "geometry", "learning_rate"]
_CountOrNone = Annotated[int, Field(ge=0)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Positive = Annotated[float, Field(gt=0)]
_NotNegative = Annotated[float, Field(ge=0)]


@dataclass(eq=False, repr=False)
class CAEKMeans(SpectraClusterer):
    """Cluster response spectra by k-means on the latent features of a convolutional autoencoder.

    ``random_state`` is the seed of initial weights, simulated spectra, batches and k-means. Without
    ``periods_s`` all periods count alike.

    Parameters
    ----------
    preset
        ``"default"``: reproducible, minutes. ``"published"``: as in the paper, to the letter, hours.
    copies, family, pretrain_epochs, finetune_epochs, batch_size, learning_rate, finetune_learning_rate,
    pretrain_stop_loss, finetune_stop_loss, geometry_factor, finetune_geometry_factor, noise, missing, n_init
        Numbers that override the preset's, see :class:`gmplug.clustering.presets.Preset`. An epoch of the
        default's fine-tuning is one batch; it settles in the last two thirds of them.
    short_period_weight
        Weight, in spectral distances, of periods outside T*…3 T*, where it is 1.
    pretrained
        File written by :meth:`save`: start from its weights and skip the pre-training.
    trained
        File written by :meth:`save`: take its network as it is and train nothing. Studies with several hazard
        levels give it, see :meth:`train`.

    Attributes
    ----------
    features_
        Latent features, float64, shape (N, 5). With the default preset in units of ln Sa and turned to their
        principal axes.
    history_
        DataFrame with phase, epoch, loss, reconstruction, geometry, learning_rate (losses of the default are
        relative to the spectra's variance).
    reconstruction_mse_
        Mean squared error of ln Sa of the reconstructed records.
    """

    preset: Literal["default", "published"] = "default"
    copies: Count | None = None
    family: _Share | None = None
    pretrain_epochs: _CountOrNone | None = None
    finetune_epochs: _CountOrNone | None = None
    batch_size: Count | None = None
    learning_rate: _Positive | None = None
    finetune_learning_rate: _Positive | None = None
    pretrain_stop_loss: _NotNegative | None = None
    finetune_stop_loss: _NotNegative | None = None
    geometry_factor: _NotNegative | None = None
    finetune_geometry_factor: _NotNegative | None = None
    noise: _NotNegative | None = None
    missing: _Share | None = None
    short_period_weight: _NotNegative = SHORT_PERIOD_WEIGHT
    n_init: Count | None = None
    pretrained: Path | None = None
    trained: Path | None = None

    # -- fitting ---------------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any = None, *, progress: Progress | None = None) -> Self:
        """Train the autoencoder on ln Sa and cluster its latent features.

        Parameters
        ----------
        X
            ln Sa (g) of the scaled records, shape (N, P).
        progress
            Called as ``progress(done, total, message)``, in training steps.

        Raises
        ------
        ValueError
            X has NaN, fewer than 2 records or another number of columns than ``periods_s``; k > N.
        InputError
            TensorFlow is not installed.
        """
        numbers = self._numbers()
        order, spectra, latent = self._network_for(X, numbers, progress or no_progress)
        self._set_axes(latent, spectra, numbers.published)
        seed = seed_from(self.random_state) % 2**32
        self._set_clusters(self._turned(latent), order, numbers.n_init, seed)
        return self

    def train(self, X: Any, *, progress: Progress | None = None) -> Self:
        """Train the autoencoder on ln Sa (N, P) as :meth:`fit` does, and make no clusters.

        The file that :meth:`save` then writes is good as ``trained`` for any part of the records, and for the
        same records scaled to another Sa(T*). Raises as :meth:`fit` does.
        """
        self._network_for(X, self._numbers(), progress or no_progress)
        return self

    def _network_for(
        self, X: Any, numbers: Preset, progress: Progress
    ) -> tuple[IntArray, FloatArray, FloatArray]:
        """Train the network, or take the trained one; an order of the records, and their spectra and latent
        features in that order, so that the result does not depend on the order of X."""
        spectra = checked_spectra(X)
        checked_k(self.n_clusters, self.k_max, len(spectra))
        periods = checked_periods(self.periods_s, spectra.shape[1])
        order = canonical_order(spectra)
        spectra = spectra[order]
        if self.trained is not None:
            self._take(Path(self.trained), spectra, periods)
        else:
            rng = np.random.default_rng(seed_from(self.random_state))
            self._train(spectra, periods, numbers, rng, progress)
        latent = self._latent(spectra)
        self.reconstruction_mse_ = float(np.mean(np.square(self._decoded(latent) - spectra)))
        return order, spectra, latent

    def _take(self, path: Path, spectra: FloatArray, periods: FloatArray | None) -> None:
        """Take a trained network; its mean spectrum is shifted to the spectra's value at T*."""
        arrays, meta = _archive(path)
        columns = spectra.shape[1]
        if arrays["mean"].shape != (columns,):
            raise ValueError(f"{path}: its network is for {len(arrays['mean'])} periods, X has {columns}")
        anchor = anchor_index(spectra, periods, self.conditioning_period_s)
        self.n_features_in_ = columns
        self._mean = arrays["mean"] - arrays["mean"][anchor] + spectra[:, anchor].mean()
        self._scale = float(meta["scale"])
        self._weights = _weights_of(arrays)
        self.__dict__.pop("_models", None)
        self.history_ = pd.DataFrame(columns=_HISTORY_COLUMNS)

    def _numbers(self) -> Preset:
        """The preset with this estimator's own numbers."""
        if self.preset not in PRESETS:
            raise ValueError(f"preset={self.preset!r} is unknown; known: {', '.join(PRESETS)}")
        names = {f.name for f in fields(Preset)} & set(self.get_params(deep=False))
        own = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return replace(PRESETS[self.preset], **own)

    def _train(
        self,
        spectra: FloatArray,
        periods: FloatArray | None,
        numbers: Preset,
        rng: np.random.Generator,
        progress: Progress,
    ) -> None:
        count, columns = spectra.shape
        self.n_features_in_ = columns
        self._mean, self._scale = np.zeros(columns), 1.0
        if not numbers.published:
            self._mean = spectra.mean(axis=0)
            self._scale = float(spectra.std(axis=0).max()) or 1.0
        models = build_autoencoder(network_points(columns), rng, orthogonal=not numbers.published)
        trainer = Trainer(
            *models,
            rng=rng,
            clip_norm=None if numbers.published else CLIP_NORM,
            loss_weights=point_weights(np.ones(columns)),
            distance_weights=point_weights(
                period_weights(periods, self.conditioning_period_s, columns, self.short_period_weight)
            ),
        )
        anchor = anchor_index(spectra, periods, self.conditioning_period_s)
        corruption = None
        if numbers.noise > 0 or numbers.missing > 0:
            corruption = Corruption(numbers.noise / self._scale, numbers.missing, anchor)
        pretraining, *finetuning = _phases(numbers, count, corruption)
        if self.pretrained is not None:
            models[0].set_weights(_stored_weights(Path(self.pretrained), models[0]))
            pretraining = replace(pretraining, epochs=0)
        simulated = spectra[:0]
        if pretraining.epochs:
            progress(0.0, 1.0, "simulating spectra to pre-train on")
            simulated = self._simulated(spectra, periods, anchor, numbers, rng)
        work = [(pretraining, simulated), *((phase, spectra) for phase in finetuning)]
        total = sum(phase.steps(len(data)) for phase, data in work)
        done = 0
        for phase, data in work:
            trainer.run(phase, self._points(data), _reporter(progress, phase, done, total, len(data)))
            done += phase.steps(len(data))
        progress(total, total, "trained")
        self.history_ = pd.DataFrame(trainer.history, columns=_HISTORY_COLUMNS)
        self._weights = models[0].get_weights()
        self._models = models

    def _simulated(
        self,
        spectra: FloatArray,
        periods: FloatArray | None,
        anchor: int,
        numbers: Preset,
        rng: np.random.Generator,
    ) -> FloatArray:
        count, columns = spectra.shape
        copies = numbers.copies
        if copies is None:
            copies = max(1, round((numbers.simulated or 10_000) / count))
        if periods is None:
            periods = np.arange(1.0, columns + 1.0)
        t_star = self.conditioning_period_s if self.periods_s is not None else None
        scale = noise_scale(periods, t_star or float(periods[anchor]))
        own = max(1, round(copies * (1.0 - numbers.family)))
        family = spectra_of_family(spectra, max(0, copies - own) * count, rng)
        return np.concatenate(
            [
                simulated_spectra(spectra, own, scale, anchor, rng),
                simulated_spectra(family, 1, scale, anchor, rng),
            ]
        )

    # -- use -------------------------------------------------------------------------------------------

    def transform(self, X: Any) -> FloatArray:
        """Latent features of spectra (n, P), shape (n, 5), as in ``features_``.

        NaN stands for a period beyond a record's usable band: the default preset was trained to do without.
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

    def _points(self, spectra: FloatArray) -> FloatArray:
        """Return what the network sees, (n, P'): the last value is repeated up to a multiple of 4."""
        columns = self.n_features_in_
        padding = ((0, 0), (0, network_points(columns) - columns))
        return np.pad((spectra - self._mean) / self._scale, padding, mode="edge")

    def _keras(self) -> tuple[Any, Any, Any]:
        if getattr(self, "_models", None) is None:
            self._models = build_autoencoder(network_points(self.n_features_in_), np.random.default_rng(0))
            self._models[0].set_weights(self._weights)
        return self._models

    def _latent(self, spectra: FloatArray) -> FloatArray:
        return apply_in_batches(self._keras()[1], self._points(spectra)[:, :, None]) * self._scale

    def _decoded(self, latent: FloatArray) -> FloatArray:
        points = apply_in_batches(self._keras()[2], latent / self._scale)[:, :, 0]
        return points[:, : self.n_features_in_] * self._scale + self._mean

    def _set_axes(self, latent: FloatArray, spectra: FloatArray, published: bool) -> None:
        """Fix the turn of the features: principal axes, each pointing to where ln Sa is larger on average."""
        self._center, self._axes = np.zeros(latent.shape[1]), np.eye(latent.shape[1])
        if published:
            return
        self._center = latent.mean(axis=0)
        self._axes = np.linalg.eigh(np.cov(latent - self._center, rowvar=False))[1][:, ::-1]
        level = spectra.mean(axis=1) - spectra.mean()
        self._axes = self._axes * np.where(level @ ((latent - self._center) @ self._axes) < 0, -1.0, 1.0)

    def _turned(self, latent: FloatArray) -> FloatArray:
        return (latent - self._center) @ self._axes

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("_models", None)  # rebuilt from the weights when needed
        return state

    # -- files -----------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write the fitted or trained model as a NumPy .npz archive of plain arrays and one JSON text."""
        if not hasattr(self, "_weights"):
            raise ValueError("this CAEKMeans is not fitted yet; call fit before save")
        meta = {
            "format": _FILE_FORMAT,
            "n_features_in": self.n_features_in_,
            "scale": self._scale,
            "reconstruction_mse": self.reconstruction_mse_,
            "preset": self.preset,
            "conditioning_period_s": self.conditioning_period_s,
        }
        arrays: dict[str, Any] = {"meta": np.array(json.dumps(meta)), "mean": self._mean}
        if hasattr(self, "cluster_centers_"):
            arrays |= {"centre": self._center, "axes": self._axes, "cluster_centers": self.cluster_centers_}
        if self.periods_s is not None:
            arrays["periods_s"] = np.asarray(self.periods_s, dtype=float)
        arrays |= {f"weight_{i:02d}": value for i, value in enumerate(self._weights)}
        with Path(path).open("wb") as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: str | Path) -> CAEKMeans:
        """Read a model written by :meth:`save`, ready to transform and predict. Nothing is unpickled."""
        arrays, meta = _archive(Path(path))
        if "cluster_centers" not in arrays:
            raise ValueError(f"{path}: has a trained network and no clusters; give it as `trained` to fit")
        model = cls(
            periods_s=arrays.get("periods_s"),
            conditioning_period_s=meta["conditioning_period_s"],
            preset=meta["preset"],
        )
        model.n_features_in_ = int(meta["n_features_in"])
        model._scale = float(meta["scale"])
        model._mean, model._center, model._axes = arrays["mean"], arrays["centre"], arrays["axes"]
        model._weights = _weights_of(arrays)
        model.cluster_centers_ = arrays["cluster_centers"]
        model.n_clusters_ = len(model.cluster_centers_)
        model.reconstruction_mse_ = float(meta["reconstruction_mse"])
        return model


def network_points(periods: int) -> int:
    """Points of the network for spectra of so many periods: a multiple of 4."""
    return -(-periods // 4) * 4


def point_weights(weights: FloatArray) -> FloatArray:
    """Weights of the network's points, (P',), mean 1, from weights of the periods (P,); 0 for padding."""
    padded = np.pad(weights, (0, network_points(len(weights)) - len(weights)))
    return padded * len(padded) / padded.sum()


def _phases(numbers: Preset, count: int, corruption: Corruption | None = None) -> list[Phase]:
    """Pre-training and fine-tuning for ``count`` candidates; the default's fine-tuning ends by settling."""
    if numbers.published:
        factor = numbers.learning_rate / 1e-3
        pretraining_rate: Callable[[float, int], float] = lambda epoch, epochs: (  # noqa: E731
            factor * published_pretraining_rate(epoch, epochs)
        )
        finetuning_rate = constant_rate(numbers.finetune_learning_rate)
    else:
        pretraining_rate = cosine_rate(numbers.learning_rate)
        finetuning_rate = cosine_rate(numbers.finetune_learning_rate)
    pretraining = Phase(
        "pretraining",
        numbers.pretrain_epochs,
        numbers.batch_size or 10 * count,
        pretraining_rate,
        stop_loss=numbers.pretrain_stop_loss,
        geometry=numbers.geometry_factor,
        most=numbers.simulated,
        keep_best=numbers.published,
        corruption=corruption,
    )
    settling_epochs = 0 if numbers.published else round(SETTLING_SHARE * numbers.finetune_epochs)
    finetuning = Phase(
        "finetuning",
        numbers.finetune_epochs - settling_epochs,
        numbers.finetune_batch_size or count,
        finetuning_rate,
        stop_loss=numbers.finetune_stop_loss,
        geometry=numbers.finetune_geometry_factor,
        most=numbers.finetune_batch_size,
        keep_best=numbers.published,
        corruption=None if corruption is None else replace(corruption, share=FINETUNE_CORRUPTED),
    )
    if not settling_epochs:
        return [pretraining, finetuning]
    settling = replace(
        finetuning,
        name="settling",
        epochs=settling_epochs,
        rate=cosine_rate(SETTLING_RATE * numbers.finetune_learning_rate),
        geometry=SETTLING_GEOMETRY * numbers.finetune_geometry_factor,
        corruption=None if corruption is None else replace(corruption, share=1.0),
        twice=corruption is not None,
    )
    return [pretraining, finetuning, settling]


def _reporter(
    progress: Progress, phase: Phase, done: int, total: int, count: int
) -> Callable[[int, float], None]:
    per_epoch = phase.steps(count) / max(phase.epochs, 1)
    name = {"pretraining": "pre-training", "finetuning": "fine-tuning"}.get(phase.name, phase.name)

    def report(epoch: int, loss: float) -> None:
        progress(done + epoch * per_epoch, total, f"{name}, epoch {epoch} of {phase.epochs}, loss {loss:.4f}")

    return report


def _archive(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and metadata of a saved model; raises ValueError with one line where it is not one."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        meta = json.loads(str(arrays.pop("meta")))
    except FileNotFoundError:
        raise
    except Exception as error:  # a damaged archive shows in many ways
        raise ValueError(f"{path}: not a model saved by CAEKMeans ({error})") from error
    if meta.get("format") != _FILE_FORMAT:
        raise ValueError(f"{path}: format {meta.get('format')!r} is not {_FILE_FORMAT!r}")
    return arrays, meta


def _weights_of(arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    return [arrays[name] for name in sorted(arrays) if name.startswith("weight_")]


def _stored_weights(path: Path, autoencoder: Any) -> list[np.ndarray]:
    """Weights of a saved model for this network; raises ValueError where the shapes differ."""
    weights = _weights_of(_archive(path)[0])
    if [w.shape for w in weights] != [w.shape for w in autoencoder.get_weights()]:
        raise ValueError(
            f"{path}: its network is for another number of periods; give a model of the same grid"
        )
    return weights
