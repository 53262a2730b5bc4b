"""Training the autoencoder: losses, schedules, loops. Every draw of chance comes from one generator."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gmplug.clustering.corruption import Corruption
from gmplug.clustering.network import tensorflow
from gmplug.values import FloatArray

#: ``schedule(epoch, epochs) -> learning rate``, epochs counted from 0.
Schedule = Callable[[float, int], float]


def published_pretraining_rate(epoch: float, epochs: int = 20_000) -> float:
    """Learning rate of the published pre-training: 1e-3, falling every 250 epochs to epoch 3000."""
    drops = [(1000, 0.85), (2000, 0.90), (3000, 0.95)]
    rate, begin = 1e-3, 0
    for end, factor in drops:
        rate *= factor ** ((min(int(epoch), end) - begin) // 250)
        if epoch < end:
            break
        begin = end
    return rate


def constant_rate(rate: float) -> Schedule:
    """The same learning rate throughout."""
    return lambda epoch, epochs: rate


def cosine_rate(peak: float, warm_up: float = 0.05) -> Schedule:
    """Linear warm-up over a share of the epochs, then half a cosine down to 0 (Loshchilov & Hutter 2017)."""

    def rate(epoch: float, epochs: int) -> float:
        done = epoch / max(epochs, 1)
        if done < warm_up:
            return peak * max(done, 1e-3) / warm_up
        return peak * 0.5 * (1.0 + math.cos(math.pi * min((done - warm_up) / (1.0 - warm_up), 1.0)))

    return rate


@dataclass(frozen=True)
class Phase:
    """One phase of training.

    Parameters
    ----------
    name
        As in the history: ``pretraining``, ``finetuning`` or ``settling``.
    epochs
        At most this many.
    batch
        Spectra per step.
    rate
        Learning rate; evaluated at every step with a fractional epoch.
    stop_loss
        End when an epoch's mean loss is at or below; None to never.
    geometry
        Factor of the geometry loss; 0 for none.
    most
        An epoch takes at most so many spectra, drawn anew each time; None: all.
    keep_best
        Return to the weights of the epoch with the least loss, as published; else the last ones are kept.
    corruption
        What is done to the spectra that the encoder sees; the losses ask for the spectra as they are.
    twice
        The encoder sees every spectrum of a batch twice, corrupted and as it is: both are reconstructed, and
        the geometry loss takes the latter alone, so that no draw of chance enters it.
    """

    name: str
    epochs: int
    batch: int
    rate: Schedule
    stop_loss: float | None = None
    geometry: float = 0.0
    most: int | None = None
    keep_best: bool = False
    corruption: Corruption | None = None
    twice: bool = False

    def batches(self, count: int, rng: np.random.Generator) -> list[np.ndarray]:
        """Draw one epoch's batches from ``count`` spectra: positions, each batch in rising order."""
        used = min(count, self.most or count)
        order = rng.permutation(count)[:used]
        number = self._per_epoch(count)
        return [np.sort(part) for part in np.split(order, [self.batch * i for i in range(1, number)])]

    def steps(self, count: int) -> int:
        """Optimizer steps of the whole phase with ``count`` spectra."""
        return self.epochs * self._per_epoch(count) if count else 0

    def _per_epoch(self, count: int) -> int:
        return -(-min(count, self.most or count) // self.batch)


@dataclass
class Trainer:
    """Trains one autoencoder.

    Parameters
    ----------
    autoencoder, encoder, decoder
        Keras models, see :func:`gmplug.clustering.network.build_autoencoder`.
    rng
        Source of the batches.
    loss_weights
        Weight of each point in the reconstruction loss, shape (P',), mean 1; 0 for padding.
    distance_weights
        Weight of each point in spectral distances, shape (P',), mean 1; 0 for padding.
    clip_norm
        Gradients of a larger norm are shortened to it; None: as they are. One steep batch can otherwise throw
        a run back by as many epochs as it has had.
    history
        One row per epoch: phase, epoch, loss, reconstruction, geometry, learning_rate.
    """

    autoencoder: Any
    encoder: Any
    decoder: Any
    rng: np.random.Generator
    loss_weights: FloatArray
    distance_weights: FloatArray
    clip_norm: float | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    _steps: dict[bool, tuple[Any, Any]] = field(default_factory=dict, repr=False)

    def run(
        self, phase: Phase, spectra: FloatArray, progress: Callable[[int, float], None] | None = None
    ) -> None:
        """Train on ``spectra`` (n, P'); ``progress(epoch, loss)`` is called after every epoch."""
        if phase.epochs <= 0:
            return
        tf = tensorflow()
        data = spectra.astype(np.float32)[:, :, None]
        step, optimizer = self._compiled(tf, with_geometry=phase.geometry > 0)
        for variable in optimizer.variables:  # each phase starts its own Adam
            variable.assign(tf.zeros_like(variable))
        geometry = tf.constant(phase.geometry, tf.float32)
        best, best_weights = math.inf, None
        for epoch in range(phase.epochs):
            losses = []
            batches = phase.batches(len(data), self.rng)
            for number, chosen in enumerate(batches):
                optimizer.learning_rate.assign(phase.rate(epoch + number / len(batches), phase.epochs))
                clean = data[chosen]
                seen, wanted = self._shown(phase, clean)
                measured = tf.constant(len(chosen))  # spectra, the first ones, in the geometry loss
                given = tf.constant(seen), tf.constant(wanted), geometry, measured
                losses.append((len(chosen), *step(*given)))
            sizes, values = np.split(np.array(losses, dtype=float), [1], axis=1)
            mean = (sizes[:, 0] @ values / sizes.sum()).tolist()
            self.history.append(
                {
                    "phase": phase.name,
                    "epoch": epoch + 1,
                    "loss": mean[0],
                    "reconstruction": mean[1],
                    "geometry": mean[2],
                    "learning_rate": phase.rate(epoch, phase.epochs),
                }
            )
            if progress is not None:
                progress(epoch + 1, mean[0])
            if phase.keep_best and mean[0] < best:
                best, best_weights = mean[0], self.autoencoder.get_weights()
            if phase.stop_loss is not None and mean[0] <= phase.stop_loss:
                break
        if best_weights is not None:
            self.autoencoder.set_weights(best_weights)

    def _shown(self, phase: Phase, clean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the encoder sees of a batch, and what it should be; where shown twice, clean ones first."""
        seen = clean if phase.corruption is None else phase.corruption(clean, self.rng)
        if phase.twice:
            return np.concatenate([clean, seen]), np.concatenate([clean, clean])
        return seen, clean

    def _compiled(self, tf: Any, with_geometry: bool) -> tuple[Any, Any]:
        """The compiled training step and its optimizer; kept, since compiling takes seconds."""
        if with_geometry not in self._steps:
            self._steps[with_geometry] = self._compile(tf, with_geometry)
        return self._steps[with_geometry]

    def _compile(self, tf: Any, with_geometry: bool) -> tuple[Any, Any]:
        variables = self.autoencoder.trainable_variables
        optimizer = tf.keras.optimizers.Adam(1e-3, global_clipnorm=self.clip_norm)
        optimizer.build(variables)
        points = len(self.loss_weights)
        loss_weights = tf.constant(self.loss_weights[:, None], tf.float32)
        root_weights = tf.constant(np.sqrt(self.distance_weights / points), tf.float32)

        def step(seen: Any, x: Any, geometry: Any, measured: Any) -> Any:
            with tf.GradientTape() as tape:
                latent = self.encoder(seen, training=True)
                error = tf.square(self.decoder(latent, training=True) - x)
                reconstruction = tf.reduce_mean(error * loss_weights)
                distortion = tf.constant(0.0)
                if with_geometry:
                    wanted = _distances(tf, x[:measured, :, 0] * root_weights)
                    distortion = tf.reduce_mean(tf.square(_distances(tf, latent[:measured]) - wanted))
                loss = reconstruction + geometry * distortion
            optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
            return loss, reconstruction, distortion

        spectra = tf.TensorSpec((None, points, 1), tf.float32)
        signature = [spectra, spectra, tf.TensorSpec((), tf.float32), tf.TensorSpec((), tf.int32)]
        return tf.function(step, input_signature=signature), optimizer


def _distances(tf: Any, points: Any) -> Any:
    """Euclidean distances between rows, (n, n); smooth at 0, so that its gradient is finite."""
    squares = tf.reduce_sum(tf.square(points), axis=1)
    squared = squares[:, None] + squares[None, :] - 2.0 * tf.matmul(points, points, transpose_b=True)
    return tf.sqrt(tf.maximum(squared, 0.0) + 1e-6)
