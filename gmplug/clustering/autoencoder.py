"""The autoencoder of Jia & Sasani (2025) in NumPy: what it gives, and the gradients of its weights.

Layers and weights are those of :func:`gmplug.clustering.network.build_autoencoder`, in Keras' order.
All arrays are float32, of shape (n, points, channels).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from gmplug.values import FloatArray

Array = np.ndarray[Any, np.dtype[np.float32]]
#: From the gradient by an output: that by the input, and those of the weights in order.
Back = Callable[[Array], tuple[Array, list[Array]]]

#: The latent features' number.
LATENT = 5
#: Spectra at a time in the network: their arrays stay in the processor's cache.
_BATCH = 64
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
    slope = np.float32(SLOPE)
    return np.maximum(x, slope * x), lambda dy: (np.where(x > 0, dy, slope * dy), [])


def _reshape(x: Array, shape: tuple[int, ...]) -> tuple[Array, Back]:
    return x.reshape(len(x), *shape), lambda dy: (dy.reshape(x.shape), [])


def _dense(x: Array, kernel: Array, bias: Array) -> tuple[Array, Back]:
    return x @ kernel + bias, lambda dy: (dy @ kernel.T, [x.T @ dy, dy.sum(axis=0)])


def _windows(x: Array, before: int, after: int) -> Array:
    """Each point and its neighbors, (n·P, (before + 1 + after)·channels), zeros beyond the ends."""
    padded = np.pad(x, ((0, 0), (before, after), (0, 0)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, before + 1 + after, axis=1)
    return np.ascontiguousarray(seen.swapaxes(2, 3)).reshape(x.shape[0] * x.shape[1], -1)


def _weighted_windows(x: Array, kernel: Array, before: int) -> tuple[Array, Back]:
    """Convolution of stride 1 with a kernel (k, in, out) that looks ``before`` points back."""
    size, channels, filters = kernel.shape
    after = size - 1 - before
    columns = _windows(x, before, after)

    def back(dy: Array) -> tuple[Array, list[Array]]:
        of_kernel = (columns.T @ dy.reshape(-1, filters)).reshape(kernel.shape)
        turned = np.ascontiguousarray(kernel[::-1].swapaxes(1, 2)).reshape(-1, channels)
        return (_windows(dy, after, before) @ turned).reshape(x.shape), [of_kernel]

    return (columns @ kernel.reshape(-1, filters)).reshape(*x.shape[:2], filters), back


def _convolution(x: Array, kernel: Array, bias: Array) -> tuple[Array, Back]:
    """Convolution of stride 1 with "same" padding; kernel (k, in, out)."""
    y, back_to_x = _weighted_windows(x, kernel, (len(kernel) - 1) // 2)

    def back(dy: Array) -> tuple[Array, list[Array]]:
        dx, of_kernel = back_to_x(dy)
        return dx, [*of_kernel, dy.sum(axis=(0, 1))]

    return y + bias, back


def _transposed_convolution(x: Array, kernel: Array, bias: Array, stride: int) -> tuple[Array, Back]:
    """Transposed convolution, "same" padding, to ``stride`` times as many points; kernel (k, out, in).

    Output ``stride·q + p`` sees input ``q + o`` by tap ``p + left − stride·o``: a convolution whose filters
    are those of each p.
    """
    size, filters, channels = kernel.shape
    left = (size - stride) // 2
    before, after = (size - 1 - left) // stride, (stride - 1 + left) // stride
    offset, phase = np.arange(-before, after + 1)[:, None], np.arange(stride)
    tap = phase + left - stride * offset
    at = np.nonzero((tap >= 0) & (tap < size))
    whole = np.zeros((before + 1 + after, stride, filters, channels), dtype=np.float32)
    whole[at] = kernel[tap[at]]
    phases = whole.transpose(0, 3, 1, 2).reshape(len(whole), channels, stride * filters)
    y, back_to_x = _weighted_windows(x, phases, before)

    def back(dy: Array) -> tuple[Array, list[Array]]:
        dx, (of_phases,) = back_to_x(dy.reshape(len(x), -1, stride * filters))
        of_whole = of_phases.reshape(len(whole), channels, stride, filters).transpose(0, 2, 3, 1)
        of_kernel = np.zeros_like(kernel)
        of_kernel[tap[at]] = of_whole[at]
        return dx, [of_kernel, dy.sum(axis=(0, 1))]

    return y.reshape(len(x), -1, filters) + bias, back


def _max_pooling(x: Array, window: int) -> tuple[Array, Back]:
    """Largest of ``window`` neighbors at every second point, "same" padding; P is even."""
    left = (window - 2) // 2
    padded = np.pad(x, ((0, 0), (left, window - 2 - left), (0, 0)), constant_values=-np.inf)
    parts = [slice(j, j + x.shape[1] - 1, 2) for j in range(window)]
    y = padded[:, parts[0]]
    for part in parts[1:]:
        y = np.maximum(y, padded[:, part])

    def back(dy: Array) -> tuple[Array, list[Array]]:
        dx, left_over = np.zeros_like(padded), dy
        for part in parts:  # of equal ones the first
            largest = padded[:, part] == y
            dx[:, part] += np.where(largest, left_over, np.float32(0.0))
            left_over = np.where(largest, np.float32(0.0), left_over)
        return dx[:, left : left + x.shape[1]], []

    return y, back


def in_batches(layers: Callable[..., Any], weights: Sequence[Array], values: Array) -> FloatArray:
    """Return what layers give for values, in parts that stay in the processor's cache, float64."""
    with threadpool_limits(1, user_api="blas"):
        parts = [layers(weights, values[i : i + _BATCH])[0] for i in range(0, len(values), _BATCH)]
    return np.concatenate(parts).astype(np.float64)
