"""What is computed from a record's waveforms besides its response spectrum: peaks, intensities, durations."""

from __future__ import annotations

import numpy as np

from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.values import FloatArray, Motion


def peak_acceleration_g(motion: Motion, percentile: float) -> float:
    """Return PGA, g: of two horizontal components, this percentile over all orientations."""
    return rotated_peak(motion.horizontal_g, percentile)


def peak_velocity_cm_s(motion: Motion, percentile: float) -> float:
    """Return PGV, cm/s: of two horizontal components, this percentile over all orientations."""
    velocity = velocity_g_s(motion.horizontal_g, motion.time_step_s)
    return 100.0 * STANDARD_GRAVITY_M_S2 * rotated_peak(velocity, percentile)


def peak_displacement_cm(motion: Motion, percentile: float) -> float:
    """Return PGD, cm: of two horizontal components, this percentile over all orientations.

    The acceleration is integrated twice from rest and not corrected: a drift of the baseline counts.
    """
    displacement = velocity_g_s(velocity_g_s(motion.horizontal_g, motion.time_step_s), motion.time_step_s)
    return 100.0 * STANDARD_GRAVITY_M_S2 * rotated_peak(displacement, percentile)


def velocity_g_s(acceleration_g: FloatArray, time_step_s: float) -> FloatArray:
    """Velocity from rest, g·s, of accelerations (..., n), g, linear between samples (trapezoidal rule)."""
    middle = 0.5 * (acceleration_g[..., 1:] + acceleration_g[..., :-1])
    start = np.zeros((*acceleration_g.shape[:-1], 1))
    return np.concatenate([start, np.cumsum(middle, axis=-1) * time_step_s], axis=-1)


def rotated_peak(history: FloatArray, percentile: float) -> float:
    """Largest absolute value of one history (1, n); of two (2, n), a percentile of it over 180 orientations.

    Boore (2010), Bull. Seism. Soc. Am. 100(4):1830-1835.
    """
    if len(history) == 1:
        return float(np.max(np.abs(history)))
    # so many directions lie so near to the strongest one, and reach at least this share of its peak
    share = np.cos(np.radians(np.clip(0.9 * (100.0 - percentile) + 1.5, 0.0, 90.0)))
    radius = np.sum(np.square(history), axis=0)
    x, y = history[:, radius >= (1.0 - 1e-9) * share**2 * np.max(radius)]
    angles = np.radians(np.arange(180))[:, None]
    reach = np.sort(np.max(np.abs(np.cos(angles) * x + np.sin(angles) * y), axis=1))
    return float(np.interp(1.79 * percentile, np.arange(180), reach))


def arias_intensity_m_s(motion: Motion) -> float:
    """Arias intensity, π/(2g) ∫ a² dt, m/s; of two components their mean, which no rotation changes.

    Arias (1970), "A measure of earthquake intensity", in Seismic Design for Nuclear Power Plants, MIT Press.
    """
    squared = np.mean(np.square(motion.horizontal_g * STANDARD_GRAVITY_M_S2), axis=0)
    return float(np.pi / (2.0 * STANDARD_GRAVITY_M_S2) * np.sum(squared) * motion.time_step_s)


def cumulative_absolute_velocity_m_s(motion: Motion) -> float:
    """Cumulative absolute velocity, ∫ |a| dt, m/s; of two components the geometric mean.

    EPRI (1988), "A criterion for determining exceedance of the operating basis earthquake", NP-5930.
    """
    each = np.sum(np.abs(motion.horizontal_g), axis=1) * STANDARD_GRAVITY_M_S2 * motion.time_step_s
    return float(np.exp(np.mean(np.log(np.maximum(each, 1e-300)))))


def significant_duration_s(motion: Motion, low: float, high: float) -> float:
    """Return the time, s, in which the Arias intensity grows from share ``low`` to share ``high``.

    Trifunac & Brady (1975), Bull. Seism. Soc. Am. 65(3):581-626; of two horizontal components, the
    intensities are added, which does not depend on their orientation.
    """
    intensity = np.cumsum(np.sum(np.square(motion.horizontal_g), axis=0))
    shares = intensity / intensity[-1]
    first, last = np.searchsorted(shares, [low, high])
    return float(last - first) * motion.time_step_s
