"""FIV3, an intensity measure of collapse: the three largest velocity increments of one sign.

Dávalos & Miranda (2019), "Filtered incremental velocity: A novel approach in intensity measures for seismic
collapse estimation", Earthq. Eng. Struct. Dyn. 48(12):1384-1405.
"""

from __future__ import annotations

import numpy as np

from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.measures.compute import velocity_g_s
from gmplug.values import FloatArray, Motion

#: Window of the increments and cut-off frequency: α T and β / T.
_ALPHA, _BETA = 0.7, 0.85
_PEAKS = 3


def fiv3_cm_s(motion: Motion, percentile: float, period_s: float) -> float:
    """Return FIV3 for a period, cm/s: of two components, this percentile over 180 orientations.

    The acceleration passes a Butterworth low-pass filter of second order once, with cut-off at 0.85 / T. The
    increments are its integrals over windows of 0.7 T (paper, eq. 2). FIV3 is the sum of the three largest
    local maxima, or of the three lowest minima if that is larger in absolute value (eq. 3). NaN for a motion
    shorter than a window.
    """
    increments = _increments(motion, period_s)
    if increments.shape[1] < _PEAKS:
        return float("nan")
    increments = increments * 100.0 * STANDARD_GRAVITY_M_S2
    if len(increments) == 1:
        return _largest_three(increments[0])
    angles = np.radians(np.arange(180))
    each = [_largest_three(np.cos(t) * increments[0] + np.sin(t) * increments[1]) for t in angles]
    return float(np.percentile(each, percentile))


def _increments(motion: Motion, period_s: float) -> FloatArray:
    """Integrals of the filtered acceleration over windows from each sample, g s, shape (components, m)."""
    from scipy.signal import butter, lfilter

    step = motion.time_step_s
    cutoff = 2.0 * step * _BETA / period_s  # share of the Nyquist frequency
    filtered = motion.horizontal_g
    if cutoff < 1.0:
        filtered = lfilter(*butter(2, cutoff), filtered, axis=1)
    velocity, window = velocity_g_s(filtered, step), int(_ALPHA * period_s / step + 1e-9)
    last = max(velocity.shape[1] - window, 0)
    return np.asarray(velocity[:, window:] - velocity[:, :last], dtype=float)


def _largest_three(increments: FloatArray) -> float:
    from scipy.signal import find_peaks

    sums = [np.sum(np.sort(side[find_peaks(side)[0]])[-_PEAKS:]) for side in (increments, -increments)]
    return float(max(sums))
