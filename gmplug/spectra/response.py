"""Response spectra of one component."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from gmplug.spectra.bandlimited import responses, transform
from gmplug.spectra.recursion import linear_response, subdivide
from gmplug.values import FloatArray, IntArray

Interpolation = Literal["sinc", "linear"]

#: Responses are read at the record's samples, or finer where a period has fewer of them than this. The
#: NGA-West2 spectra and pyrotd do the same.
SAMPLES_PER_PERIOD = 10.0
#: A band-limited record has nothing above its Nyquist frequency, however short the oscillator's period.
_FINEST_SINC = 8
#: The transfer function of an oscillator with less damping than this is too sharp for single precision.
_SMALLEST_DAMPING = 0.002


def response_spectrum(
    acceleration_g: ArrayLike,
    time_step_s: float,
    periods_s: ArrayLike,
    damping: float = 0.05,
    interpolation: Interpolation = "sinc",
    samples_per_period: float = SAMPLES_PER_PERIOD,
) -> FloatArray:
    """Pseudo-spectral acceleration of one component, g, shape (P,).

    The largest absolute ω² u of an oscillator at rest before the record, during the record or after it.

    Parameters
    ----------
    acceleration_g
        Shape (n,), g.
    time_step_s
        Sampling interval, s.
    periods_s
        Shape (P,), s, positive, in any order.
    damping
        Damping ratio, 0 <= damping < 1.
    interpolation
        How the record runs between its samples. ``"sinc"``: band-limited, as the sampling theorem says,
        right also where the time step is coarse against the period. ``"linear"``: in straight lines (Nigam
        & Jennings 1969), by which the published NGA-West2 spectra were made; it loses about
        (π dt / T)² / 3 of a motion's amplitude at period T.
    samples_per_period
        The response is read at the record's samples, or finer where a period has fewer of them than this; a
        peak between them is up to 1 − cos(π / samples_per_period) higher.

    Raises
    ------
    ValueError
        Shapes, values or options that do not fit.
    """
    a, periods = checked(acceleration_g, time_step_s, periods_s, damping, interpolation, ndim=1)
    parts = subdivisions(time_step_s, periods, samples_per_period)
    if interpolation == "linear":
        peaks = [_linear_peak(a, time_step_s, t, damping, k) for t, k in zip(periods, parts, strict=True)]
        return np.array(peaks)
    if damping < _SMALLEST_DAMPING:
        return _nearly_undamped(a, time_step_s, periods, damping, parts)
    spectrum = np.empty(len(periods))
    record = transform(a, time_step_s, float(periods.max()))
    for part in responses(record, periods, damping, power_of_two(parts)):
        spectrum[part.chosen] = part.peaks()
    return spectrum


def checked(
    acceleration_g: ArrayLike,
    time_step_s: float,
    periods_s: ArrayLike,
    damping: float,
    interpolation: str,
    ndim: int,
) -> tuple[FloatArray, FloatArray]:
    """Acceleration and periods as arrays; raises ValueError for what cannot be computed."""
    a = np.asarray(acceleration_g, dtype=float)
    periods = np.asarray(periods_s, dtype=float)
    if a.ndim != ndim or a.size == 0 or not np.all(np.isfinite(a)):
        raise ValueError(
            f"acceleration must be finite, not empty, and one-dimensional: shape {a.shape[1 - ndim :]}"
        )
    if periods.ndim != 1 or not len(periods) or not np.all(np.isfinite(periods)) or np.any(periods <= 0):
        raise ValueError("periods_s must be one-dimensional, not empty, finite and positive")
    if not (np.isfinite(time_step_s) and time_step_s > 0):
        raise ValueError(f"time_step_s must be positive, not {time_step_s}")
    if not 0 <= damping < 1:
        raise ValueError(f"damping must be at least 0 and below 1, not {damping}")
    if interpolation not in ("sinc", "linear"):
        raise ValueError(f"interpolation must be 'sinc' or 'linear', not {interpolation!r}")
    return a, periods


def subdivisions(time_step_s: float, periods_s: FloatArray, samples_per_period: float) -> IntArray:
    """Into how many parts a step is divided for each period, shape (P,), at least 1."""
    needed = np.ceil(samples_per_period * time_step_s / periods_s * (1.0 - 1e-9))
    return np.maximum(needed, 1.0).astype(np.int64)


def power_of_two(parts: IntArray) -> IntArray:
    """The next power of two, but not more than the band-limited record has use for."""
    return np.minimum(2 ** np.ceil(np.log2(parts)).astype(np.int64), _FINEST_SINC)


def with_tail(acceleration_g: FloatArray, time_step_s: float, period_s: float) -> FloatArray:
    """The record and a period of zeros after it: its last swing may be the largest."""
    zeros = np.zeros((*acceleration_g.shape[:-1], int(np.ceil(period_s / time_step_s)) + 1))
    return np.concatenate([acceleration_g, zeros], axis=-1)


def _linear_peak(a: FloatArray, time_step_s: float, period_s: float, damping: float, parts: int) -> float:
    fine = subdivide(with_tail(a, time_step_s, period_s), parts)
    response = linear_response(fine, time_step_s / parts, period_s, damping)
    return float(max(response.max(), -response.min()))


def _nearly_undamped(
    a: FloatArray, time_step_s: float, periods_s: FloatArray, damping: float, parts: IntArray
) -> FloatArray:
    """Recursion over the band-limited record, sampled finely enough for straight lines to lose 0.1 %."""
    from scipy.signal import resample

    spectrum = np.empty(len(periods_s))
    padded = with_tail(a, time_step_s, float(periods_s.max()))
    finer = np.minimum(2 ** np.ceil(np.log2(np.maximum(64.0 * time_step_s / periods_s, 1.0))), 64).astype(int)
    for factor in np.unique(finer):
        fine = resample(padded, len(padded) * int(factor))
        for i in np.flatnonzero(finer == factor):
            response = linear_response(fine, time_step_s / factor, periods_s[i], damping)
            spectrum[i] = np.abs(response[:: max(1, int(factor) // int(parts[i]))]).max()
    return spectrum
