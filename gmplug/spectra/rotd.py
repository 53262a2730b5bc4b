"""Orientation-independent spectra of two horizontal components: RotD00, RotD50, RotD100.

Boore (2010, BSSA 100(4):1830-1835): the components are rotated through 0, 1, ..., 179 degrees, and RotDnn is
the nn-th percentile of the spectral ordinates over these angles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from gmplug.spectra.bandlimited import responses, transform
from gmplug.spectra.recursion import linear_response, subdivide
from gmplug.spectra.response import (
    SAMPLES_PER_PERIOD,
    Interpolation,
    checked,
    power_of_two,
    subdivisions,
    with_tail,
)
from gmplug.values import FloatArray

_ANGLES = np.radians(np.arange(180))
_COSINES, _SINES = np.cos(_ANGLES)[:, None], np.sin(_ANGLES)[:, None]
#: Samples beyond this share of the largest distance bound the smallest rotated peak from below.
_FAR = 0.7
#: Samples rotated at a time.
_CHUNK = 2048


def rotd_spectrum(
    h1_g: ArrayLike,
    h2_g: ArrayLike,
    time_step_s: float,
    periods_s: ArrayLike,
    damping: float = 0.05,
    percentiles: Sequence[float] = (50, 100),
    interpolation: Interpolation = "linear",
    samples_per_period: float = SAMPLES_PER_PERIOD,
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
    interpolation, samples_per_period
        As in :func:`gmplug.spectra.response_spectrum`. The default here is the one by which the NGA-West2
        values are made, on which ground-motion models and flatfiles rest.

    Raises
    ------
    ValueError
        Shapes, values or options that do not fit.
    """
    pair = np.stack([np.asarray(h1_g, dtype=float), np.asarray(h2_g, dtype=float)])
    a, periods = checked(pair, time_step_s, periods_s, damping, interpolation, ndim=2)
    rotated = np.empty((len(_ANGLES), len(periods)))
    if interpolation == "linear":
        made = _linear(a, time_step_s, periods, damping, samples_per_period)
    else:
        made = _sinc(a, time_step_s, periods, damping, samples_per_period)
    for i, response in made:
        rotated[:, i] = _rotated_peaks(response)
    return np.asarray(np.percentile(rotated, percentiles, axis=0))


def _linear(
    a: FloatArray, time_step_s: float, periods_s: FloatArray, damping: float, samples_per_period: float
) -> Iterator[tuple[int, FloatArray]]:
    parts = subdivisions(time_step_s, periods_s, samples_per_period)
    for i, (period, k) in enumerate(zip(periods_s, parts, strict=True)):
        fine = subdivide(with_tail(a, time_step_s, period), int(k))
        yield i, linear_response(fine, time_step_s / k, period, damping)


def _sinc(
    a: FloatArray, time_step_s: float, periods_s: FloatArray, damping: float, samples_per_period: float
) -> Iterator[tuple[int, FloatArray]]:
    finer = power_of_two(subdivisions(time_step_s, periods_s, samples_per_period))
    records = [transform(component, time_step_s, float(periods_s.max())) for component in a]
    for first, second in zip(*(responses(r, periods_s, damping, finer) for r in records), strict=True):
        for row, i in enumerate(first.chosen):
            yield int(i), np.stack([first.whole()[row], second.whole()[row]])


def _rotated_peaks(response: FloatArray) -> FloatArray:
    """Largest absolute projection of the path ``response``, shape (2, M), on each direction, shape (180,)."""
    distance = np.hypot(response[0], response[1])
    # A sample nearer to the origin than the smallest of the rotated peaks is the peak of no direction.
    far = response[:, distance >= _FAR * distance.max()]
    bound = _projected(far).min()
    return _projected(response[:, distance >= bound * (1.0 - 1e-12)])


def _projected(points: FloatArray) -> FloatArray:
    largest = np.zeros(len(_ANGLES))
    for start in range(0, points.shape[1], _CHUNK):
        x, y = points[:, start : start + _CHUNK]
        # not a matrix product: BLAS would wake its threads for these small ones
        part = _COSINES * x
        part += _SINES * y
        np.maximum(largest, np.maximum(part.max(axis=1), -part.min(axis=1)), out=largest)
    return largest
