"""Response spectra of one component."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from gmplug.spectra.bandlimited import Responses, responses, transform
from gmplug.spectra.recursion import linear_response
from gmplug.values import FloatArray

Interpolation = Literal["sinc", "linear"]

SAMPLES_PER_PERIOD = 16.0
#: The record holds nothing above its Nyquist frequency, whatever the period: finer than this adds nothing.
MOST_FINER = 4
#: Local peaks this near the largest sample may turn out largest between samples.
_NEAR_PEAK = 0.97


def response_spectrum(
    acceleration_g: ArrayLike,
    time_step_s: float,
    periods_s: ArrayLike,
    damping: float = 0.05,
    interpolation: Interpolation = "sinc",
) -> FloatArray:
    """Pseudo-spectral acceleration of one component, g, shape (P,).

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
        How the record runs between its samples.
    """
    a, periods = checked(acceleration_g, time_step_s, periods_s, damping, ndim=1)
    if interpolation == "linear":
        return np.array([_linear_peak(a, time_step_s, t, damping) for t in periods])
    if interpolation != "sinc":
        raise ValueError(f"interpolation must be 'sinc' or 'linear', not {interpolation!r}")
    spectrum = np.empty(len(periods))
    record = transform(a[None, :], time_step_s, float(periods.max()))
    for part in responses(record, periods, damping, SAMPLES_PER_PERIOD, MOST_FINER):
        spectrum[part.chosen] = _peaks(part)
    return spectrum


def checked(
    acceleration_g: ArrayLike, time_step_s: float, periods_s: ArrayLike, damping: float, ndim: int
) -> tuple[FloatArray, FloatArray]:
    """Acceleration and periods as arrays; raises ValueError for what cannot be computed."""
    a = np.asarray(acceleration_g, dtype=float)
    periods = np.asarray(periods_s, dtype=float)
    if a.ndim != ndim or a.size == 0 or not np.all(np.isfinite(a)):
        raise ValueError(f"acceleration must be finite, with {ndim} dimension(s) and not empty: {a.shape}")
    if periods.ndim != 1 or not len(periods) or not np.all(np.isfinite(periods)) or np.any(periods <= 0):
        raise ValueError("periods_s must be one-dimensional, not empty, finite and positive")
    if not (np.isfinite(time_step_s) and time_step_s > 0):
        raise ValueError(f"time_step_s must be positive, not {time_step_s}")
    if not 0 <= damping < 1:
        raise ValueError(f"damping must be at least 0 and below 1, not {damping}")
    return a, periods


def _linear_peak(a: FloatArray, time_step_s: float, period_s: float, damping: float) -> float:
    tail = int(np.ceil(period_s / time_step_s)) + 1
    response = linear_response(np.concatenate([a, np.zeros(tail)]), time_step_s, period_s, damping)
    return float(max(response.max(), -response.min()))


def _peaks(part: Responses) -> FloatArray:
    """Largest absolute response of each oscillator, g, shape (p,), between samples by a parabola.

    Component 0. Only samples near the largest are looked at, with the wrapped vibration taken off.
    """
    values = part.values_g[:, 0, :]
    size = values.shape[-1]
    largest = np.maximum(values.max(axis=-1), -values.min(axis=-1))
    wrap = np.abs(part.wrap_g[:, 0])
    threshold = _NEAR_PEAK * (largest - wrap) - wrap
    flat = np.flatnonzero(np.abs(values) >= threshold[:, None].astype(np.float32))
    rows, columns = np.divmod(flat, size)
    component = np.zeros_like(rows)
    middle = part.at(rows, component, columns)
    peaks = np.zeros(len(values))
    np.maximum.at(peaks, rows, np.abs(middle))
    good = (columns > 0) & (columns < size - 1) & (np.abs(middle) >= _NEAR_PEAK * peaks[rows])
    rows, columns, component, middle = rows[good], columns[good], component[good], middle[good]
    sign = np.sign(middle)
    before = sign * part.at(rows, component, columns - 1)
    after = sign * part.at(rows, component, columns + 1)
    np.maximum.at(peaks, rows, parabola_top(before, sign * middle, after))
    return peaks


def parabola_top(before: FloatArray, middle: FloatArray, after: FloatArray) -> FloatArray:
    """Top of the parabola through three even samples where the middle one is the largest; else the middle one."""
    curvature = 2.0 * middle - before - after
    local = (middle >= before) & (middle >= after) & (curvature > 0)
    safe = np.where(local, curvature, 1.0)
    return np.where(local, middle + (after - before) ** 2 / (8.0 * safe), middle)
