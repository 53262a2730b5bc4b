"""The published training of the autoencoder, to the letter (Jia & Sasani 2025): hours, by TensorFlow.

Schedules, losses, loops. Every random number comes from one generator.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gmplug.clustering.autoencoder import Array
from gmplug.clustering.network import build_autoencoder, tensorflow
from gmplug.clustering.simulation import noise_scale, simulated_spectra
from gmplug.clustering.spectra_space import anchor_index
from gmplug.values import FloatArray, Progress

HISTORY_COLUMNS = ("phase", "epoch", "loss", "learning_rate")
#: ``rate(epoch)``, the learning rate, epochs counted from 0.
Rate = Callable[[int], float]


@dataclass(frozen=True)
class Published:
    """Numbers of the published training. The parameters of CAEKMeans override them one by one.

    Parameters
    ----------
    copies
        Simulated spectra per candidate.
    pretrain_epochs, finetune_epochs
        At most so many.
    batch_size
        Spectra per step of the pre-training; None: ten times the candidates, as published. The fine-tuning
        has one batch.
    learning_rate, finetune_learning_rate
        The first of the pre-training, which falls by a schedule, and the constant one of the fine-tuning.
    pretrain_stop_loss, finetune_stop_loss
        Losses that end a phase.
    """

    copies: int = 150
    pretrain_epochs: int = 20_000
    finetune_epochs: int = 50_000
    batch_size: int | None = None
    learning_rate: float = 1e-3
    finetune_learning_rate: float = 1e-4
    pretrain_stop_loss: float = 0.005
    finetune_stop_loss: float = 0.0004


def published_pretraining_rate(epoch: int) -> float:
    """Learning rate of the published pre-training: 1e-3, falling every 250 epochs to epoch 3000."""
    drops = [(1000, 0.85), (2000, 0.90), (3000, 0.95)]
    rate, begin = 1e-3, 0
    for end, factor in drops:
        rate *= factor ** ((min(epoch, end) - begin) // 250)
        if epoch < end:
            break
        begin = end
    return rate


@dataclass(frozen=True)
class Phase:
    """One phase of training.

    Parameters
    ----------
    name
        As in the history: ``pretraining`` or ``finetuning``.
    epochs
        At most this many.
    batch
        Spectra per step.
    rate
        Learning rate of an epoch.
    stop_loss
        End when an epoch's mean loss is at or below.
    """

    name: str
    epochs: int
    batch: int
    rate: Rate
    stop_loss: float

    def batches(self, count: int, rng: np.random.Generator) -> list[np.ndarray]:
        """Draw one epoch's batches from ``count`` spectra: positions, each batch in rising order."""
        order = rng.permutation(count)
        return [np.sort(part) for part in np.split(order, range(self.batch, count, self.batch))]

    def steps(self, count: int) -> int:
        """Optimizer steps of the whole phase with ``count`` spectra."""
        return self.epochs * -(-count // self.batch)


def phases(numbers: Published, count: int) -> tuple[Phase, Phase]:
    """Pre-training and fine-tuning for ``count`` candidates."""
    pretraining = Phase(
        "pretraining",
        numbers.pretrain_epochs,
        numbers.batch_size or 10 * count,
        lambda epoch: numbers.learning_rate / 1e-3 * published_pretraining_rate(epoch),
        numbers.pretrain_stop_loss,
    )
    finetuning = Phase(
        "finetuning",
        numbers.finetune_epochs,
        count,
        lambda epoch: numbers.finetune_learning_rate,
        numbers.finetune_stop_loss,
    )
    return pretraining, finetuning


def train(
    spectra: FloatArray,
    points: Callable[[FloatArray], Array],
    numbers: Published,
    periods_s: FloatArray | None,
    conditioning_period_s: float | None,
    rng: np.random.Generator,
    progress: Progress,
    pretrained: Sequence[Array] | None = None,
) -> tuple[list[Array], list[dict[str, Any]]]:
    """Train on ln Sa (N, P); return the weights, and the history with a row for each epoch.

    Parameters
    ----------
    points
        Makes what the network sees, (n, P', 1), of ln Sa (n, P).
    pretrained
        Weights to start from in place of the pre-training.

    Raises
    ------
    InputError
        TensorFlow is not installed.
    """
    seen = points(spectra)
    trainer = Trainer(build_autoencoder(seen.shape[1], rng), rng, np.arange(seen.shape[1]) < spectra.shape[1])
    pretraining, finetuning = phases(numbers, len(spectra))
    work = [(pretraining, spectra), (finetuning, spectra)]
    if pretrained is not None:
        trainer.autoencoder.set_weights(list(pretrained))
        work = work[1:]
    elif pretraining.epochs:
        progress(0.0, 1.0, "simulating spectra to pre-train on")
        anchor = anchor_index(spectra, periods_s, conditioning_period_s)
        periods = np.arange(1.0, spectra.shape[1] + 1.0) if periods_s is None else periods_s
        t_star = None if periods_s is None else conditioning_period_s
        scale = noise_scale(periods, t_star or float(periods[anchor]))
        work[0] = (pretraining, simulated_spectra(spectra, numbers.copies, scale, anchor, rng))
    total, done = sum(phase.steps(len(data)) for phase, data in work), 0
    for phase, data in work:
        trainer.run(phase, points(data), _reporter(progress, phase, done, total))
        done += phase.steps(len(data))
    progress(total, total, "trained")
    return trainer.autoencoder.get_weights(), trainer.history


def _reporter(progress: Progress, phase: Phase, done: int, total: int) -> Callable[[int, int, float], None]:
    name = {"pretraining": "pre-training", "finetuning": "fine-tuning"}[phase.name]

    def report(steps: int, epoch: int, loss: float) -> None:
        progress(done + steps, total, f"{name}, epoch {epoch} of {phase.epochs}, loss {loss:.4f}")

    return report


@dataclass
class Trainer:
    """Trains one Keras autoencoder.

    Parameters
    ----------
    autoencoder
        See :func:`gmplug.clustering.network.build_autoencoder`.
    rng
        Source of the batches.
    counts
        Whether a point counts in the loss, shape (P',); padding does not.
    history
        One row per epoch: phase, epoch, loss, learning_rate.
    """

    autoencoder: Any
    rng: np.random.Generator
    counts: np.ndarray
    history: list[dict[str, Any]] = field(default_factory=list)

    def run(self, phase: Phase, points: Array, report: Callable[[int, int, float], None]) -> None:
        """Train on ``points`` (n, P', 1) and keep the weights of the least loss, as published."""
        if phase.epochs <= 0:
            return
        tf = tensorflow()
        step, optimizer = self._compiled(tf)
        best, best_weights, steps = math.inf, None, 0
        for epoch in range(phase.epochs):
            losses = []
            optimizer.learning_rate.assign(phase.rate(epoch))
            for chosen in phase.batches(len(points), self.rng):
                losses.append((len(chosen), float(step(tf.constant(points[chosen])))))
            sizes, values = np.transpose(losses)
            loss = float(sizes @ values / sizes.sum())
            self.history.append(
                dict(zip(HISTORY_COLUMNS, (phase.name, epoch + 1, loss, phase.rate(epoch)), strict=True))
            )
            steps += len(losses)
            report(steps, epoch + 1, loss)
            if loss < best:
                best, best_weights = loss, self.autoencoder.get_weights()
            if loss <= phase.stop_loss:
                break
        if best_weights is not None:
            self.autoencoder.set_weights(best_weights)

    def _compiled(self, tf: Any) -> tuple[Any, Any]:
        """The training step of a phase, and its own Adam."""
        variables = self.autoencoder.trainable_variables
        optimizer = tf.keras.optimizers.Adam(1e-3)
        optimizer.build(variables)
        counts = tf.constant(self.counts[:, None] / np.mean(self.counts), tf.float32)

        def step(x: Any) -> Any:
            with tf.GradientTape() as tape:
                error = tf.square(self.autoencoder(x, training=True) - x)
                loss = tf.reduce_mean(error * counts)
            optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
            return loss

        points = tf.TensorSpec((None, len(self.counts), 1), tf.float32)
        return tf.function(step, input_signature=[points]), optimizer
