"""The convolutional autoencoder of Jia & Sasani (2025). TensorFlow is imported when one is built."""

from __future__ import annotations

import contextlib
import logging
import math
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from gmplug.errors import InputError
from gmplug.values import FloatArray

#: The latent features' number.
LATENT = 5
_SLOPE = 0.3
_DENSE = (256, 128, 64, 32, 16, 8)


def tensorflow() -> Any:
    """Import TensorFlow, quietly; raises InputError where it is not installed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        with _without_stderr():
            import tensorflow as tf
    except ImportError as error:
        raise InputError(
            f"the clusterer 'cae-kmeans' needs TensorFlow, which cannot be imported ({error}); "
            'install it with: pip install "gmplug[cae]"'
        ) from error
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    return tf


@contextlib.contextmanager
def _without_stderr() -> Iterator[None]:
    """Silence file descriptor 2, to which TensorFlow's C++ code logs while it is imported."""
    try:
        kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except OSError:
        yield
        return
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)


def build_autoencoder(
    points: int, rng: np.random.Generator, *, orthogonal: bool = False
) -> tuple[Any, Any, Any]:
    """Build the autoencoder for spectra of ``points`` periods (a multiple of 4).

    Weights are drawn from ``rng``, He-normal (He et al. 2015) as published, biases are zero. ``orthogonal``
    draws those of the dense layers as orthogonal matrices of the same size (Saxe et al. 2014, arXiv
    1312.6120): a product of seven narrowing Gaussian matrices nearly loses some latent direction in one draw
    or another, and training then takes long to find it again.

    Returns
    -------
    (autoencoder, encoder, decoder): Keras models from (n, P, 1) to (n, P, 1), from (n, P, 1) to the latent
    (n, 5), and from (n, 5) to (n, P, 1); 317,433 parameters at 200 points.
    """
    if points < 4 or points % 4:
        raise ValueError(f"the autoencoder needs a multiple of 4 periods, not {points}")
    tf = tensorflow()
    keras = tf.keras
    layers = keras.layers

    def leaky(x: Any) -> Any:
        return tf.nn.leaky_relu(x, alpha=_SLOPE)

    def he() -> Any:
        return keras.initializers.HeNormal(seed=int(rng.integers(2**31)))

    def conv(x: Any, filters: int, kernel: int) -> Any:
        return layers.Conv1D(filters, kernel, padding="same", activation=leaky, kernel_initializer=he())(x)

    def deconv(x: Any, filters: int, kernel: int, strides: int = 1, activation: Any = leaky) -> Any:
        return layers.Conv1DTranspose(
            filters, kernel, strides=strides, padding="same", activation=activation, kernel_initializer=he()
        )(x)

    def dense(x: Any, units: int) -> Any:
        initial = he()
        if orthogonal:
            gain = math.sqrt(2.0 * max(1.0, units / x.shape[-1]))  # mean square of a unit's weights as He's
            initial = keras.initializers.Orthogonal(gain=gain, seed=int(rng.integers(2**31)))
        return layers.Dense(units, activation=leaky, kernel_initializer=initial)(x)

    spectra = x = layers.Input((points, 1))
    x = layers.MaxPooling1D(5, strides=2, padding="same")(conv(x, 32, 10))
    x = layers.MaxPooling1D(3, strides=2, padding="same")(conv(x, 16, 10))
    x = layers.Flatten()(conv(x, 8, 5))
    for units in (*_DENSE, LATENT):
        x = dense(x, units)
    encoder = keras.Model(spectra, x)

    latent = x = layers.Input((LATENT,))
    for units in (*reversed(_DENSE), points // 4 * 8):
        x = dense(x, units)
    x = layers.Reshape((points // 4, 8))(x)
    x = deconv(deconv(x, 16, 5), 16, 5, strides=2)
    x = deconv(deconv(x, 32, 10), 32, 10, strides=2)
    x = deconv(deconv(x, 1, 10), 1, 10, activation=None)
    decoder = keras.Model(latent, x)
    autoencoder = keras.Model(spectra, decoder(encoder(spectra)))
    return autoencoder, encoder, decoder


def apply_in_batches(model: Any, values: FloatArray, batch: int = 1024) -> FloatArray:
    """Apply a Keras model to (n, ...) in batches, so that memory stays bounded; float64."""
    outputs = [
        np.asarray(model(values[i : i + batch].astype(np.float32), training=False), dtype=np.float64)
        for i in range(0, len(values), batch)
    ]
    return np.concatenate(outputs)
