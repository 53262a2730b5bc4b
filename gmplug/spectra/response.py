"""Response spectra of one component, and of two in any orientation: RotD00, RotD50, RotD100."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from gmplug.spectra.lanes import lanes_of
from gmplug.spectra.resample import ready, resampled
from gmplug.values import FloatArray, IntArray

Interpolation = Literal["sinc", "linear"]

#: Responses are read at the record's samples, or finer where a period has fewer of them than this. The
#: NGA-West2 spectra and pyrotd do the same.
SAMPLES_PER_PERIOD = 10.0
#: A band-limited record has nothing above its Nyquist frequency, however short the oscillator's period.
_FINEST_SINC = 32


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
    a, periods = _checked([acceleration_g], time_step_s, periods_s, damping, interpolation)
    return _spectra(a, time_step_s, periods, damping, interpolation, samples_per_period, 0.0)[:, 0]


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

    Boore (2010, BSSA 100(4):1830-1835): the components are rotated through 0, 1, ..., 179 degrees, and RotDnn
    is the nn-th percentile of the spectral ordinates over these angles.

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
        As in :func:`response_spectrum`. The default here is the one by which the NGA-West2 values are made,
        on which ground-motion models and flatfiles rest.

    Raises
    ------
    ValueError
        Shapes, values or options that do not fit.
    """
    a, periods = _checked([h1_g, h2_g], time_step_s, periods_s, damping, interpolation)
    rank = np.asarray(percentiles, dtype=float) / 100.0 * 179.0
    below = np.floor(rank).astype(np.int64)
    # so many of 180 directions lie so near to the strongest one, and reach at least this share of its peak
    far = math.cos(math.radians(min(90.0, (180 - below.min()) / 2.0 + 1.0)))
    rotated = _spectra(a, time_step_s, periods, damping, interpolation, samples_per_period, far)
    rotated.sort(axis=1)
    low, high = rotated[:, below], rotated[:, np.minimum(below + 1, 179)]
    return np.ascontiguousarray((low + (rank - below) * (high - low)).T)


def _spectra(
    a: list[FloatArray],
    time_step_s: float,
    periods_s: FloatArray,
    damping: float,
    interpolation: str,
    samples_per_period: float,
    far: float,
) -> FloatArray:
    """Peaks of a component, shape (P, 1), or of two in 180 directions, shape (P, 180)."""
    from gmplug.spectra.kernel import peaks, rotated_peaks  # numba, only where its loops run

    parts = _parts(time_step_s, periods_s, samples_per_period)
    finer = np.ones_like(parts)
    records: Iterable[tuple[FloatArray, ...]] = [tuple(ready(component) for component in a)]
    if sinc := interpolation == "sinc":
        finer, parts = np.minimum(2 ** np.ceil(np.log2(parts)).astype(np.int64), _FINEST_SINC), finer
        records = zip(*(resampled(component, np.unique(finer)) for component in a), strict=True)
    order = np.argsort(periods_s)  # oscillators of a block then swing on for about as long
    found = np.empty((len(periods_s), 1 if len(a) == 1 else 180))
    for factor, record in zip(np.unique(finer), records, strict=True):
        chosen = order[finer[order] == factor]
        lanes = lanes_of(periods_s[chosen], time_step_s / factor, damping, parts[chosen], sinc)
        if len(record) == 1:
            found[chosen, 0] = peaks(record[0], lanes, len(chosen))
        else:
            found[chosen] = rotated_peaks(record[0], record[1], lanes, len(chosen), far)
    return found


def _checked(
    components: Sequence[ArrayLike],
    time_step_s: float,
    periods_s: ArrayLike,
    damping: float,
    interpolation: str,
) -> tuple[list[FloatArray], FloatArray]:
    """Components and periods as arrays; raises ValueError for what cannot be computed."""
    a = [np.asarray(component, dtype=float) for component in components]
    periods = np.asarray(periods_s, dtype=float)
    for c in a:
        if c.ndim != 1 or c.size == 0 or not np.all(np.isfinite(c)):
            raise ValueError(f"acceleration must be finite, not empty, and one-dimensional: shape {c.shape}")
        if c.shape != a[0].shape:
            raise ValueError(f"the two components differ in length: {len(a[0])} and {len(c)} samples")
    if periods.ndim != 1 or not len(periods) or not np.all(np.isfinite(periods)) or np.any(periods <= 0):
        raise ValueError("periods_s must be one-dimensional, not empty, finite and positive")
    if not (np.isfinite(time_step_s) and time_step_s > 0):
        raise ValueError(f"time_step_s must be positive, not {time_step_s}")
    if not 0 <= damping < 1:
        raise ValueError(f"damping must be at least 0 and below 1, not {damping}")
    if interpolation not in ("sinc", "linear"):
        raise ValueError(f"interpolation must be 'sinc' or 'linear', not {interpolation!r}")
    return a, periods


def _parts(time_step_s: float, periods_s: FloatArray, samples_per_period: float) -> IntArray:
    """Into how many parts a step is divided for each period, shape (P,), at least 1."""
    needed = np.ceil(samples_per_period * time_step_s / periods_s * (1.0 - 1e-9))
    return np.maximum(needed, 1.0).astype(np.int64)
