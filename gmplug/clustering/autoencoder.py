"""The autoencoder of Jia & Sasani (2025) in NumPy: what it gives, and the gradients of its weights.

Layers and weights are those of :func:`gmplug.clustering.network.build_autoencoder`, in Keras' order.
All arrays are float32, of shape (n, points, channels).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float32]]
#: From the gradient by an output: that by the input, and those of the weights in order.
Back = Callable[[Array], tuple[Array, list[Array]]]

#: The latent features' number.
LATENT = 5
#: Units of the dense layers of the encoder; the decoder has them in reverse.
DENSE = (256, 128, 64, 32, 16, 8)
#: Filters and kernel of the encoder's convolutions; pooling window after each, of stride 2, or None.
CONVOLUTIONS = ((32, 10, 5), (16, 10, 3), (8, 5, None))
#: Filters, kernel, stride of the decoder's transposed convolutions; all but the last have a LeakyReLU.
TRANSPOSED = ((16, 5, 1), (16, 5, 2), (32, 10, 1), (32, 10, 2), (1, 10, 1), (1, 10, 1))
SLOPE = 0.3


def weight_shapes(points: int) -> list[tuple[int, ...]]:
    """Shapes of kernels and biases for so many points, a multiple of 4: the encoder's, then the decoder's."""
    shapes: list[tuple[int, ...]] = []
    channels = 1
    for filters, kernel, _ in CONVOLUTIONS:
        shapes += [(kernel, channels, filters), (filters,)]
        channels = filters
    flat = points // 4 * CONVOLUTIONS[-1][0]
    sizes = (flat, *DENSE, LATENT, *reversed(DENSE), flat)
    for before, units in itertools.pairwise(sizes):
        shapes += [(before, units), (units,)]
    for filters, kernel, _ in TRANSPOSED:
        shapes += [(kernel, filters, channels), (filters,)]
        channels = filters
    return shapes


#: Arrays of weights of the encoder: the first ones.
ENCODER_WEIGHTS = 2 * (len(CONVOLUTIONS) + len(DENSE) + 1)


def encode(weights: Sequence[Array], spectra: Array) -> tuple[Array, Back]:
    """Latent features (n, 5) of spectra (n, points, channels); all weights are given, the first ones used."""
    layers = _Layers(weights)
    x = spectra
    for _, _, window in CONVOLUTIONS:
        x = layers.apply(_leaky_relu, layers.weighted(_convolution, x))
        if window is not None:
            x = layers.apply(_max_pooling, x, window)
    x = layers.apply(_reshape, x, (x.shape[1] * x.shape[2],))
    for _ in (*DENSE, LATENT):
        x = layers.apply(_leaky_relu, layers.weighted(_dense, x))
    return x, layers.back


def decode(weights: Sequence[Array], latent: Array) -> tuple[Array, Back]:
    """Spectra (n, points, 1) of latent features (n, 5); all weights are given, the last ones used."""
    layers = _Layers(weights[ENCODER_WEIGHTS:])
    x = latent
    for _ in range(len(DENSE) + 1):
        x = layers.apply(_leaky_relu, layers.weighted(_dense, x))
    filters = CONVOLUTIONS[-1][0]
    x = layers.apply(_reshape, x, (x.shape[1] // filters, filters))
    for _, _, stride in TRANSPOSED[:-1]:
        x = layers.apply(_leaky_relu, layers.weighted(_transposed_convolution, x, stride))
    return layers.weighted(_transposed_convolution, x, TRANSPOSED[-1][2]), layers.back


class _Layers:
    """Applies layers one after the other and remembers how to go back."""

    def __init__(self, weights: Sequence[Array]) -> None:
        self._pairs = zip(weights[::2], weights[1::2], strict=True)
        self._backs: list[Back] = []

    def apply(self, function: Callable[..., tuple[Array, Back]], x: Array, *arguments: Any) -> Array:
        y, back = function(x, *arguments)
        self._backs.append(back)
        return y

    def weighted(self, function: Callable[..., tuple[Array, Back]], x: Array, *arguments: Any) -> Array:
        return self.apply(function, x, *next(self._pairs), *arguments)

    def back(self, gradient: Array) -> tuple[Array, list[Array]]:
        found: list[Array] = []
        for back in reversed(self._backs):
            gradient, own = back(gradient)
            found[:0] = own
        return gradient, found


def _leaky_relu(x: Array) -> tuple[Array, Back]:
    slope = np.where(x > 0, np.float32(1.0), np.float32(SLOPE))
    return x * slope, lambda dy: (dy * slope, [])


def _reshape(x: Array, shape: tuple[int, ...]) -> tuple[Array, Back]:
    return x.reshape(len(x), *shape), lambda dy: (dy.reshape(x.shape), [])


def _dense(x: Array, kernel: Array, bias: Array) -> tuple[Array, Back]:
    return x @ kernel + bias, lambda dy: (dy @ kernel.T, [x.T @ dy, dy.sum(axis=0)])


def _padded(x: Array, kernel: int, fill: float = 0.0) -> Array:
    left = (kernel - 1) // 2
    return np.pad(x, ((0, 0), (left, kernel - 1 - left), (0, 0)), constant_values=fill)


def _windows(x: Array, kernel: int) -> Array:
    """Rows of ``kernel`` neighbors, (n·P, kernel·channels), of padded values."""
    seen = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=1)  # (n, P, channels, kernel)
    return np.ascontiguousarray(seen.swapaxes(2, 3)).reshape(seen.shape[0] * seen.shape[1], -1)


def _convolution(x: Array, kernel: Array, bias: Array) -> tuple[Array, Back]:
    """Convolution of stride 1 with "same" padding; kernel (k, in, out)."""
    size, channels, filters = kernel.shape
    columns = _windows(_padded(x, size), size)
    y = columns @ kernel.reshape(-1, filters) + bias

    def back(dy: Array) -> tuple[Array, list[Array]]:
        flat = dy.reshape(-1, filters)
        weights = [(columns.T @ flat).reshape(kernel.shape), flat.sum(axis=0)]
        right = (size - 1) // 2
        padded = np.pad(dy, ((0, 0), (size - 1 - right, right), (0, 0)))
        turned = np.ascontiguousarray(kernel[::-1].swapaxes(1, 2)).reshape(-1, channels)
        return (_windows(padded, size) @ turned).reshape(x.shape), weights

    return y.reshape(*x.shape[:2], filters), back


def _max_pooling(x: Array, window: int) -> tuple[Array, Back]:
    """Largest of ``window`` neighbors at every second point, "same" padding; P is even."""
    left = (window - 2) // 2
    padded = np.pad(x, ((0, 0), (left, window - 2 - left), (0, 0)), constant_values=-np.inf)
    half = x.shape[1] // 2
    candidates = np.stack([padded[:, j : j + 2 * half - 1 : 2] for j in range(window)])
    chosen = candidates.argmax(axis=0)

    def back(dy: Array) -> tuple[Array, list[Array]]:
        dx = np.zeros_like(padded)
        for j in range(window):
            dx[:, j : j + 2 * half - 1 : 2] += np.where(chosen == j, dy, np.float32(0.0))
        return dx[:, left : left + x.shape[1]], []

    return np.take_along_axis(candidates, chosen[None], axis=0)[0], back


def _transposed_convolution(x: Array, kernel: Array, bias: Array, stride: int) -> tuple[Array, Back]:
    """Transposed convolution, "same" padding, to ``stride`` times as many points; kernel (k, out, in)."""
    size, filters, channels = kernel.shape
    count, points = x.shape[:2]
    left = (size - stride) // 2
    flat = kernel.reshape(size * filters, channels)
    parts = (x.reshape(-1, channels) @ flat.T).reshape(count, points, size, filters)
    whole = np.zeros((count, stride * (points - 1) + size, filters), dtype=x.dtype)
    ends = [slice(j, j + stride * (points - 1) + 1, stride) for j in range(size)]
    for j in range(size):
        whole[:, ends[j]] += parts[:, :, j]

    def back(dy: Array) -> tuple[Array, list[Array]]:
        padded = np.zeros_like(whole)
        padded[:, left : left + stride * points] = dy
        seen = np.stack([padded[:, ends[j]] for j in range(size)], axis=2).reshape(-1, size * filters)
        weights = [(seen.T @ x.reshape(-1, channels)).reshape(kernel.shape), dy.sum(axis=(0, 1))]
        return (seen @ flat).reshape(x.shape), weights

    return whole[:, left : left + stride * points] + bias, back
