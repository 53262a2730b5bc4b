"""The convolutional autoencoder of Jia & Sasani (2025) in Keras, to train it as published."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from gmplug.clustering.autoencoder import CONVOLUTIONS, DENSE, LATENT, SLOPE, TRANSPOSED
from gmplug.errors import InputError


def tensorflow() -> Any:
    """Import TensorFlow, quietly; raises InputError where it is not installed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        with _without_stderr():
            import tensorflow as tf
    except ImportError as error:
        raise InputError(
            f"the preset 'published' of 'cae-kmeans' needs TensorFlow, which cannot be imported ({error}); "
            'take the default preset, or install it with: pip install "gmplug[cae]"'
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


def build_autoencoder(points: int, rng: np.random.Generator) -> Any:
    """Build the autoencoder for spectra of ``points`` periods (a multiple of 4).

    Weights are drawn from ``rng``, He-normal (He et al. 2015), biases are zero. Its ``get_weights`` is what
    :mod:`gmplug.clustering.autoencoder` applies.

    Returns
    -------
    A Keras model from (n, P, 1) to (n, P, 1); 317,433 parameters at 200 points.
    """
    if points < 4 or points % 4:
        raise ValueError(f"the autoencoder needs a multiple of 4 periods, not {points}")
    tf = tensorflow()
    keras = tf.keras
    layers = keras.layers

    def leaky(x: Any) -> Any:
        return tf.nn.leaky_relu(x, alpha=SLOPE)

    def he() -> Any:
        return keras.initializers.HeNormal(seed=int(rng.integers(2**31)))

    def dense(x: Any, units: int) -> Any:
        return layers.Dense(units, activation=leaky, kernel_initializer=he())(x)

    spectra = x = layers.Input((points, 1))
    for filters, kernel, window in CONVOLUTIONS:
        x = layers.Conv1D(filters, kernel, padding="same", activation=leaky, kernel_initializer=he())(x)
        if window is not None:
            x = layers.MaxPooling1D(window, strides=2, padding="same")(x)
    x = layers.Flatten()(x)
    flat = x.shape[1]
    for units in (*DENSE, LATENT, *reversed(DENSE), flat):
        x = dense(x, units)
    x = layers.Reshape((points // 4, flat // (points // 4)))(x)
    for number, (filters, kernel, strides) in enumerate(TRANSPOSED, start=1):
        x = layers.Conv1DTranspose(
            filters,
            kernel,
            strides=strides,
            padding="same",
            activation=leaky if number < len(TRANSPOSED) else None,
            kernel_initializer=he(),
        )(x)
    return keras.Model(spectra, x)
