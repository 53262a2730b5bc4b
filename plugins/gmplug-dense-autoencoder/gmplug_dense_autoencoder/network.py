"""The network and its training. TensorFlow is imported when a network is built."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import gmplug

#: Learning rate, weight decay, and steps of the rate, as in the code named in README.md.
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 1e-6
RATE_FACTOR, RATE_EPOCHS = 0.9, 200


def tensorflow() -> Any:
    """Import TensorFlow without its messages; raises InputError if it is not installed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        with _stderr_silenced():
            import tensorflow as tf
    except ImportError as error:
        raise gmplug.InputError(
            f"dense-autoencoder: TensorFlow cannot be imported ({error}); install it with: "
            'pip install "gmplug-dense-autoencoder[tensorflow]"'
        ) from error
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    return tf


@contextlib.contextmanager
def _stderr_silenced() -> Iterator[None]:
    """Discard output to file descriptor 2, where TensorFlow's C++ code logs at import."""
    if "tensorflow" in sys.modules:
        yield
        return
    kept = os.dup(2)
    with open(os.devnull, "wb") as null:  # noqa: PTH123
        os.dup2(null.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def build(points: int, layers: Sequence[int], latent: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Return (autoencoder, encoder), Keras models from (n, P) to (n, P) and to (n, latent).

    Dense layers with tanh, mirrored in the decoder; batch normalization before the tanh of all but the
    innermost hidden layer; the latent layer and the output are linear. Weights and biases uniform within
    ±1/sqrt(inputs), as PyTorch's ``Linear`` draws them.
    """
    keras = tensorflow().keras

    def dense(x: Any, units: int) -> Any:
        bound = 1.0 / np.sqrt(x.shape[-1])

        def draw() -> Any:
            return keras.initializers.RandomUniform(-bound, bound, seed=int(rng.integers(2**31)))

        return keras.layers.Dense(units, kernel_initializer=draw(), bias_initializer=draw())(x)

    def hidden(x: Any, number: int) -> Any:
        x = dense(x, layers[number])
        if number < len(layers) - 1:
            x = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
        return keras.layers.Activation("tanh")(x)

    spectra = x = keras.layers.Input((points,))
    for number in range(len(layers)):
        x = hidden(x, number)
    encoder = keras.Model(spectra, dense(x, latent))
    x = encoder(spectra)
    for number in reversed(range(len(layers))):
        x = hidden(x, number)
    return keras.Model(spectra, dense(x, points)), encoder


def train(
    model: Any,
    spectra: np.ndarray,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    report: Callable[[int, float], None],
) -> list[float]:
    """Minimize the mean squared error by Adam; return the mean loss of each epoch.

    The learning rate falls by 10 % every 200 epochs. A last batch that is not full is left out of the epoch:
    batch normalization needs its size.
    """
    tf = tensorflow()
    optimizer = tf.keras.optimizers.Adam(LEARNING_RATE)
    optimizer.build(model.trainable_variables)
    size = min(batch_size, len(spectra))
    data = tf.constant(spectra, dtype=tf.float32)

    @tf.function
    def epoch_of(order: Any) -> Any:
        total = tf.constant(0.0)
        for chosen in order:
            batch = tf.gather(data, chosen)
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(model(batch, training=True) - batch))
            variables = model.trainable_variables
            gradients = [
                g + WEIGHT_DECAY * v for g, v in zip(tape.gradient(loss, variables), variables, strict=True)
            ]
            optimizer.apply_gradients(zip(gradients, variables, strict=True))
            total += loss
        return total

    losses = []
    batches = max(len(spectra) // size, 1)
    for epoch in range(epochs):
        optimizer.learning_rate.assign(LEARNING_RATE * RATE_FACTOR ** (epoch // RATE_EPOCHS))
        order = rng.permutation(len(spectra))[: batches * size].reshape(batches, size)
        losses.append(float(epoch_of(tf.constant(order, dtype=tf.int32))) / batches)
        report(epoch + 1, losses[-1])
    return losses
