"""Continuous wavelet transform with the Daubechies wavelet of order 4."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from gmplug.values import FloatArray

#: Length of the wavelet in scales.
_SUPPORT = 7.0
#: Scales in a period of the wavelet: its center frequency is 5/7.
PERIOD_IN_SCALES = 1.4


@lru_cache(maxsize=1)
def _mother() -> tuple[FloatArray, FloatArray]:
    import pywt

    _, values, places = pywt.Wavelet("db4").wavefun(level=10)
    return places, values


@lru_cache(maxsize=256)
def wavelet(scale: int) -> FloatArray:
    """Return the wavelet of unit energy at the samples of a scale (in samples), shape (7 scale + 1,)."""
    places, values = _mother()
    at = np.arange(round(_SUPPORT * scale) + 1) / scale
    return np.interp(at, places, values) / np.sqrt(scale)


def transform(signals: FloatArray, scale: int) -> FloatArray:
    """Return the coefficients of signals (..., n) for wavelets centered at each sample, shape (..., n)."""
    from scipy import fft

    n, half = signals.shape[-1], _half(scale)
    size = fft.next_fast_len(n + half, real=True)  # what wraps around comes before or after these samples
    product = fft.rfft(signals, size) * fft.rfft(wavelet(scale)[::-1], size)
    return np.asarray(fft.irfft(product, size)[..., half : half + n])


def coefficient(signal: FloatArray, scale: int, center: int) -> float:
    """Return the coefficient of a signal (n,) for the wavelet centered at one sample."""
    part, shape = _overlap(len(signal), scale, center)
    return float(np.einsum("i,i", signal[part], shape))  # BLAS would wake its threads at each call


def add_wavelet(signal: FloatArray, scale: int, center: int, size: float) -> None:
    """Add a wavelet centered at a sample, times ``size``, to a signal (n,) in place."""
    part, shape = _overlap(len(signal), scale, center)
    signal[part] += size * shape


def _half(scale: int) -> int:
    return len(wavelet(scale)) // 2


def _overlap(n: int, scale: int, center: int) -> tuple[slice, FloatArray]:
    """Samples that the wavelet covers, and its values there."""
    shape, first = wavelet(scale), center - (len(wavelet(scale)) - 1 - _half(scale))
    begin, end = max(first, 0), min(first + len(shape), n)
    return slice(begin, end), shape[begin - first : end - first]
