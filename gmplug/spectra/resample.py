"""Records as :mod:`gmplug.spectra.kernel` reads them; band-limited ones sampled finely.

At frequency x / step, straight lines keep sinc²(x/2) of a motion and add motions above Nyquist. When
multiplied by sinc²(x/2) · 3 / (2 + cos x), a record in straight lines has the double integral of the
band-limited one at the samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from gmplug.spectra.lanes import ROWS, TAPS, ComplexArray
from gmplug.values import FloatArray, IntArray

#: Samples before and after a record for which its band-limited continuation is followed.
_LEAD = 64


def ready(acceleration_g: FloatArray) -> FloatArray:
    """Return a record, (n,), with the zeros after it that the kernel reads."""
    record = _zeros(len(acceleration_g))
    record[: len(acceleration_g)] = acceleration_g
    return record


def _zeros(n: int) -> FloatArray:
    return np.zeros(n + -n % ROWS + ROWS + 1)


def resampled(acceleration_g: FloatArray, finer: IntArray) -> Iterator[FloatArray]:
    """Sample a band-limited record, (n,), more often by increasing powers of 2, corrected for straight lines.

    From ``_LEAD`` samples before the record to as many after it, for a band-limited record has no sharp ends.
    Fourier transforms give the record at its samples and at half steps, sums of these the finer ones.
    """
    from scipy import fft

    from gmplug.spectra.kernel import between

    a = np.pad(acceleration_g, _LEAD)
    n, size = len(a), fft.next_fast_len(len(a), real=True)
    spectrum = fft.rfft(a, size)
    halves = np.empty(0)
    for factor in finer.tolist():
        out = _zeros(n * factor)
        if factor == 1:
            corrected = spectrum * _correction(np.arange(len(spectrum)) * (2.0 * np.pi / size))
            out[:n] = fft.irfft(corrected, size)[:n]
        else:
            if not len(halves):
                halves = _at_half_steps(spectrum, size)
            between(halves, _taps(factor // 2), out[: n * factor])
        yield out


def _at_half_steps(spectrum: ComplexArray, size: int) -> FloatArray:
    """Return a record at half steps, (2 size + ROWS + TAPS), from TAPS / 2 − 1 of them before it."""
    from scipy import fft

    if size % 2 == 0:
        spectrum[-1] /= 2.0  # Nyquist's motion is that of two frequencies in a finer transform
    period = 2.0 * fft.irfft(spectrum, 2 * size)
    before = period[len(period) - TAPS // 2 + 1 :]
    return np.concatenate([before, period, np.resize(period, ROWS + TAPS // 2 + 1)])


@lru_cache(maxsize=8)
def _taps(parts: int) -> FloatArray:
    """Weights of samples at half steps, shape (parts, TAPS): a corrected record at each part of a half step.

    Least squares over the frequencies that the record has, up to half the Nyquist frequency of the half
    steps; the sums then err by 3e-10 of a motion's amplitude.
    """
    x = np.pi / 4.0 * (1.0 - np.cos(np.linspace(0.0, np.pi, 16 * TAPS)))
    at = np.outer(x, np.arange(TAPS) - TAPS // 2 + 1)
    wanted = _correction(x / parts)[:, None] * np.exp(1j * np.outer(x, np.arange(parts) / parts))
    waves = np.concatenate([np.cos(at), np.sin(at)])
    found = np.linalg.lstsq(waves, np.concatenate([wanted.real, wanted.imag]), rcond=None)[0]
    return np.ascontiguousarray(found.T)


def _correction(x: FloatArray) -> FloatArray:
    half = np.maximum(x, 1e-9) / 2.0
    square = np.sin(half) ** 2
    return np.asarray(3.0 * square / (half**2 * (3.0 - 2.0 * square)))
