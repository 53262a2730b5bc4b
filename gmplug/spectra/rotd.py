"""Orientation-independent spectra of two horizontal components: RotD00, RotD50, RotD100.

Boore (2010, BSSA 100(4):1830-1835): the components are rotated through 0, 1, ..., 179 degrees, and RotDnn is the nn-th
percentile of the spectral ordinates over these angles.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from gmplug.spectra.bandlimited import Responses, responses, transform
from gmplug.spectra.response import MOST_FINER, checked, parabola_top
from gmplug.values import FloatArray

#: Finer than for one component: the peak is sought along the path of two, which a parabola follows less well.
SAMPLES_PER_PERIOD = 32.0
_ANGLES = np.radians(np.arange(180))
_DIRECTIONS = np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)])
#: Share of the smallest rotated peak that a sample must reach to be looked at.
_NEAR_PEAK = 0.97
#: Samples rotated at a time.
_CHUNK = 4096


def rotd_spectrum(
    h1_g: ArrayLike,
    h2_g: ArrayLike,
    time_step_s: float,
    periods_s: ArrayLike,
    damping: float = 0.05,
    percentiles: Sequence[float] = (50, 100),
) -> FloatArray:
    """Percentiles of pseudo-spectral acceleration over all orientations, g, shape (len(percentiles), P).

    Parameters
    ----------
    h1_g, h2_g
        The two horizontal components, perpendicular, shape (n,) each, g, on one time axis.
    time_step_s
        Sampling interval, s.
    periods_s
        Shape (P,), s, positive, in any order.
    damping
        Damping ratio, 0 <= damping < 1.
    percentiles
        nn of RotDnn, 0 to 100; between angles by linear interpolation.
    """
    a, periods = checked(
        np.stack([np.asarray(h1_g), np.asarray(h2_g)]), time_step_s, periods_s, damping, ndim=2
    )
    rotated = np.empty((len(_ANGLES), len(periods)))
    record = transform(a, time_step_s, float(periods.max()))
    for part in responses(record, periods, damping, SAMPLES_PER_PERIOD, MOST_FINER):
        for i, column in enumerate(part.chosen):
            rotated[:, column] = _rotated_peaks(part, i)
    return np.percentile(rotated, percentiles, axis=0)


def _rotated_peaks(part: Responses, i: int) -> FloatArray:
    """Peak response of oscillator ``i`` of ``part`` in each direction, g, shape (180,)."""
    values = part.values_g[i]
    wrap = float(np.abs(part.wrap_g[i]).sum())
    radius = np.hypot(values[0], values[1])
    # A sample nearer to the origin than the smallest of the rotated peaks is the peak of no direction. A few
    # samples bound that smallest peak from below.
    far = np.flatnonzero(radius >= 0.7 * radius.max())
    bound = np.abs(_DIRECTIONS @ _at(part, i, far)).max(axis=1).min()
    samples = np.flatnonzero(radius >= _NEAR_PEAK * bound - wrap)
    return _highest(part, i, samples)


def _at(part: Responses, i: int, samples: np.ndarray) -> FloatArray:
    period = np.full(len(samples), i)
    return np.stack([part.at(period, np.full(len(samples), c), samples) for c in (0, 1)])


def _highest(part: Responses, i: int, samples: np.ndarray) -> FloatArray:
    """Largest projection of the samples on each direction, between samples by a parabola, g, shape (180,)."""
    top = np.zeros(len(_ANGLES))
    best = np.full(len(_ANGLES), samples[0])
    for start in range(0, len(samples), _CHUNK):
        some = samples[start : start + _CHUNK]
        rotated = _DIRECTIONS @ _at(part, i, some)
        here = np.abs(rotated).argmax(axis=1)
        value = rotated[np.arange(len(_ANGLES)), here]
        higher = np.abs(value) > np.abs(top)
        top[higher], best[higher] = value[higher], some[here[higher]]
    sign = np.sign(top)
    last = part.values_g.shape[-1] - 1
    before = sign * np.sum(_DIRECTIONS.T * _at(part, i, np.maximum(best - 1, 0)), axis=0)
    after = sign * np.sum(_DIRECTIONS.T * _at(part, i, np.minimum(best + 1, last)), axis=0)
    return parabola_top(before, np.abs(top), after)
