"""Velocity pulses of accelerograms: is a motion pulse-like, with which period and in which direction.

Two components: Shahi & Baker (2014), "An efficient algorithm to identify strong-velocity pulses in
multicomponent ground motions", BSSA 104(5):2456-2466. One component: Baker (2007), "Quantitative
classification of near-fault ground motions using wavelet analysis", BSSA 97(5):1486-1501.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.measures.compute import velocity_g_s
from gmplug.pulses.wavelet import PERIOD_IN_SCALES, add_wavelet, coefficient, transform
from gmplug.values import FloatArray

#: Shortest and longest pulse, s, and into how many steps the scales between them are divided.
_PERIODS_S, _SCALES = (0.25, 15.0), 50
#: Pulses that are tried one after the other in two components.
_TRIED = 5
#: Wavelets that make up a pulse, and how far they lie from the first one, in scales.
_WAVELETS, _NEAR = 10, 0.4
#: A pulse is late where its first 5 % of energy come after 17 % of the motion's (Shahi & Baker 2014).
_BEGUN, _LATE = 0.05, 0.17
#: Baker (2007): the least indicator and PGV of a pulse-like component.
_LEAST_INDICATOR, _LEAST_PGV_CM_S = 0.85, 30.0


@dataclass(frozen=True)
class Pulse:
    """The strongest velocity pulse of a motion.

    Parameters
    ----------
    pulse_like
        Whether the motion is pulse-like.
    indicator
        Two components: positive for pulse-like motions (Shahi & Baker 2014). One component: the probability
        of being pulse-like, 0 to 1 (Baker 2007, eq. 6).
    period_s
        Period of the pulse, s; also of a motion that is not pulse-like.
    late
        Whether the pulse comes late in the motion; pulses of directivity come early.
    direction_deg
        Direction of the pulse from the first component towards the second, degrees, -90 to 90.
    velocity_cm_s, pulse_cm_s
        Velocity of the motion in this direction, and the pulse alone, cm/s, shape (n,).
    """

    pulse_like: bool
    indicator: float
    period_s: float
    late: bool
    direction_deg: float
    velocity_cm_s: FloatArray
    pulse_cm_s: FloatArray


def classify_pulse(acceleration_g: FloatArray, time_step_s: float) -> Pulse:
    """Look for a velocity pulse in a motion.

    Parameters
    ----------
    acceleration_g
        Shape (1, n) or (2, n), g: one horizontal component, or two that are perpendicular.
    time_step_s
        Sampling interval, s.

    Returns
    -------
    The first of five candidates that is a pulse; where none is, the strongest of them.

    Raises
    ------
    ValueError
        Shapes or values that cannot be classified.
    """
    a = np.asarray(acceleration_g, dtype=float)
    if a.ndim != 2 or len(a) not in (1, 2) or not np.all(np.isfinite(a)) or not np.any(a):
        raise ValueError(
            f"acceleration_g must be finite, not zero, with shape (1, n) or (2, n), not {a.shape}"
        )
    if not (np.isfinite(time_step_s) and time_step_s > 0):
        raise ValueError(f"time_step_s must be positive, not {time_step_s}")
    velocity = velocity_g_s(a, time_step_s) * (100.0 * STANDARD_GRAVITY_M_S2)
    first = None
    for place in _candidates(velocity, time_step_s):
        pulse = _classified(velocity, time_step_s, *place)
        if pulse.pulse_like:
            return pulse
        first = first or pulse
    if first is None:
        raise ValueError("the motion is too short, or its velocity is zero")
    return first


def _candidates(velocity: FloatArray, time_step_s: float) -> Iterator[tuple[int, int, int, float]]:
    """Places of the largest coefficients: range of scales, sample, direction; each far from those before."""
    shortest, longest = (period / PERIOD_IN_SCALES / time_step_s for period in _PERIODS_S)
    step = max(math.ceil((longest - math.floor(shortest)) / _SCALES), 1)
    scales = max(math.floor(shortest), 1) + step * np.arange(_SCALES + 1)
    coefficients = np.array([transform(velocity, int(s)) for s in scales])
    strength = np.sum(np.square(coefficients), axis=1)
    for _ in range(_TRIED if len(velocity) == 2 else 1):
        row, center = (int(i) for i in np.unravel_index(np.argmax(strength), strength.shape))
        along, across = coefficients[row, 0, center], coefficients[row, -1, center] * (len(velocity) - 1)
        if not strength[row, center] > 0.0:
            return
        low, high = scales[max(row - 1, 0)], scales[min(row + 1, _SCALES)]
        yield int(low), int(high), center, math.atan2(across, along)
        near = int(_NEAR * scales[row])
        strength[:, max(center - near, 0) : center + near + 1] = 0.0


def _classified(
    velocity: FloatArray, time_step_s: float, low: int, high: int, center: int, direction: float
) -> Pulse:
    if len(velocity) == 1:
        signal, direction = velocity[0], 0.0
    else:
        direction = (direction + math.pi / 2) % math.pi - math.pi / 2
        signal = velocity[0] * math.cos(direction) + velocity[1] * math.sin(direction)
    scale = max(range(low, high + 1), key=lambda s: abs(coefficient(signal, s, center)))
    pulse = _extracted(signal, scale, center)
    residual = signal - pulse
    pgv = float(np.max(np.abs(signal)))
    peaks = float(np.max(np.abs(residual))) / pgv
    energies = float(np.sum(np.square(residual)) / np.sum(np.square(signal)))
    if len(velocity) == 1:
        indicator, late = _of_one(peaks, energies), _is_late(signal, pulse, 0.1, 0.2)
        pulse_like = indicator > _LEAST_INDICATOR and pgv >= _LEAST_PGV_CM_S and not late
    else:
        indicator, late = _of_two(peaks, energies, pgv), _is_late(signal, pulse, _BEGUN, _LATE)
        pulse_like = indicator > 0.0 and not late
    period_s = scale * PERIOD_IN_SCALES * time_step_s
    return Pulse(pulse_like, indicator, period_s, late, math.degrees(direction), signal, pulse)


def _extracted(signal: FloatArray, scale: int, center: int) -> FloatArray:
    """Return the pulse: wavelets of one scale near one sample, each the strongest in what is left."""
    pulse, left = np.zeros_like(signal), signal.copy()
    around = slice(max(center - math.ceil(_NEAR * scale), 0), center + math.ceil(_NEAR * scale) + 1)
    for _ in range(_WAVELETS):
        coefficients = transform(left, scale)[around]
        strongest = int(np.argmax(np.abs(coefficients)))
        at, size = around.start + strongest, float(coefficients[strongest])
        add_wavelet(pulse, scale, at, size)
        add_wavelet(left, scale, at, -size)
    return pulse


def _of_two(peaks: float, energies: float, pgv_cm_s: float) -> float:
    """Pulse indicator of Shahi & Baker (2014), with the digits of the authors' implementation.

    ``peaks`` and ``energies`` are ratios of what is left to the motion.
    """
    component = (0.63 * peaks + 0.777 * energies - 1.208421) / 0.2462717
    pgv = (pgv_cm_s - 11.58861) / 18.88015
    return (
        -7.817 - 0.5679 * component**2 - 0.1516 * pgv**2 - 3.0253 * component - 1.7396 * pgv
        - 2.7156 * component * pgv
    )  # fmt: skip


def _of_one(peaks: float, energies: float) -> float:
    """Pulse indicator of Baker (2007), eq. 6."""
    return 1.0 / (1.0 + math.exp(-23.3 + 14.6 * peaks + 20.5 * energies))


def _is_late(signal: FloatArray, pulse: FloatArray, begun: float, late: float) -> bool:
    """Whether the motion has this share of its energy when the pulse has only begun."""
    shares = [np.cumsum(np.square(v)) / np.sum(np.square(v)) for v in (signal, pulse)]
    return bool(shares[0][np.searchsorted(shares[1], begun)] >= late)
