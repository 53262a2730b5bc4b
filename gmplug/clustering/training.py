"""Training the autoencoder in NumPy: the losses, Adam, and the fine-tuning on a study's candidates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gmplug.clustering.autoencoder import Array, decode, encode
from gmplug.values import FloatArray, Progress

#: Norm to which gradients are shortened.
CLIP_NORM = 0.5
#: Factor of the geometry loss, steps and largest learning rate of the fine-tuning.
GEOMETRY_FACTOR, STEPS, LEARNING_RATE = 20.0, 150, 2e-3
#: Most candidates of the fine-tuning; of more, these are spread evenly over the records in their order.
MOST_RECORDS = 256
#: Spectra at a time in the network: their arrays stay in the processor's cache.
_CHUNK = 64


class Adam:
    """Weights, and the steps of Adam (Kingma & Ba 2015, arXiv 1412.6980) on them."""

    def __init__(self, weights: Sequence[Array]) -> None:
        self._flat = np.concatenate([w.ravel() for w in weights]).astype(np.float32)
        ends = np.cumsum([w.size for w in weights])[:-1]
        parts = np.split(self._flat, ends)
        #: Views, which change with every step.
        self.weights = [part.reshape(w.shape) for part, w in zip(parts, weights, strict=True)]
        self._mean, self._square = np.zeros_like(self._flat), np.zeros_like(self._flat)
        self._steps = 0

    def step(self, gradients: Sequence[Array], rate: float) -> None:
        """Change the weights by one step down the gradients, these shortened to :data:`CLIP_NORM`."""
        flat = np.concatenate([g.ravel() for g in gradients]).astype(np.float32)
        flat *= min(1.0, CLIP_NORM / max(float(np.linalg.norm(flat)), 1e-12))
        self._steps += 1
        self._mean += np.float32(0.1) * (flat - self._mean)
        self._square += np.float32(0.001) * (flat * flat - self._square)
        rate *= math.sqrt(1.0 - 0.999**self._steps) / (1.0 - 0.9**self._steps)
        self._flat -= np.float32(rate) * self._mean / (np.sqrt(self._square) + np.float32(1e-7))


def cosine_rate(peak: float, done: float, warm_up: float = 0.05) -> float:
    """Linear warm-up over a share of the steps, then half a cosine down to 0 (Loshchilov & Hutter 2017)."""
    if done < warm_up:
        return peak * max(done, 1e-3) / warm_up
    return peak * 0.5 * (1.0 + math.cos(math.pi * (done - warm_up) / (1.0 - warm_up)))


def distances(points: FloatArray) -> FloatArray:
    """Euclidean distances between rows, (n, n); smooth at 0, so that their gradient is finite."""
    squares = np.square(points).sum(axis=1)
    squared = squares[:, None] + squares[None, :] - 2.0 * points @ points.T
    return np.sqrt(np.maximum(squared, 0.0) + 1e-6)


@dataclass(frozen=True)
class Loss:
    """What the network is trained for: the reconstruction, and distances as of the spectra.

    Parameters
    ----------
    spectra
        What the reconstruction is compared with, shape (n, P).
    outward
        Map of the network's points to these periods, shape (P', P).
    weights
        Of the periods in the reconstruction, shape (P,), sum 1.
    wanted
        Distances between the spectra, shape (n, n).
    factor
        Of the geometry loss, the mean square of (latent distance − wanted distance) over all pairs.
    """

    spectra: FloatArray
    outward: FloatArray
    weights: FloatArray
    wanted: FloatArray
    factor: float

    def step(self, adam: Adam, seen: Array, rate: float) -> tuple[float, float]:
        """One step with what the encoder sees (n, P', 1); return losses of reconstruction and geometry."""
        parts = [slice(start, start + _CHUNK) for start in range(0, len(seen), _CHUNK)]
        encoded = [encode(adam.weights, seen[part]) for part in parts]
        latent = np.concatenate([one for one, _ in encoded])
        geometry, by_distances = _distortion(latent.astype(np.float64), self.wanted)
        reconstruction, gradients = 0.0, []
        for part, (own, back_to_spectra) in zip(parts, encoded, strict=True):
            shown, back_to_latent = decode(adam.weights, own)
            error = shown[:, :, 0] @ self.outward - self.spectra[part]
            weighted = error * self.weights / len(seen)
            reconstruction += float(np.sum(error * weighted))
            by_decoder, of_decoder = back_to_latent(_single(2.0 * weighted @ self.outward.T)[:, :, None])
            _, of_encoder = back_to_spectra(by_decoder + _single(self.factor * by_distances[part]))
            gradients.append(of_encoder + of_decoder)
        adam.step([np.sum(same, axis=0) for same in zip(*gradients, strict=True)], rate)
        return reconstruction, geometry


def finetuned(
    weights: Sequence[Array], seen: Array, loss: Loss, progress: Progress, steps: int = STEPS
) -> tuple[list[Array], list[dict[str, Any]]]:
    """Return weights fine-tuned on all spectra at once, and a row for each step; nothing is random."""
    adam, history = Adam(weights), []
    for number in range(steps):
        rate = cosine_rate(LEARNING_RATE, number / steps)
        reconstruction, geometry = loss.step(adam, seen, rate)
        total = reconstruction + loss.factor * geometry
        row = {"phase": "finetuning", "epoch": number + 1, "loss": total, "reconstruction": reconstruction}
        history.append({**row, "geometry": geometry, "learning_rate": rate})
        progress(number + 1, steps, f"fine-tuning, step {number + 1} of {steps}, loss {total:.4f}")
    return adam.weights, history


def _distortion(latent: FloatArray, wanted: FloatArray) -> tuple[float, FloatArray]:
    """Mean square of (distance − wanted distance), and its gradient by the latent features."""
    found = distances(latent)
    excess = found - wanted
    pull = (4.0 / excess.size) * excess / found
    return float(np.mean(excess**2)), pull.sum(axis=1)[:, None] * latent - pull @ latent


def _single(values: FloatArray) -> Array:
    return values.astype(np.float32)
