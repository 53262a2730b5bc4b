"""Simulated spectra to pre-train on: noisy, smoothed copies of the candidates.

Source: Jia & Sasani (2025), doi 10.1016/j.soildyn.2025.109240; robust LOESS after Cleveland (1979),
doi 10.1080/01621459.1979.10481038, and Cleveland & Devlin (1988), doi 10.1080/01621459.1988.10478639.
"""

from __future__ import annotations

import numpy as np

from gmplug.values import FloatArray

#: Bisquare weights reach zero at this many median absolute residuals (Cleveland 1979).
BISQUARE_REACH = 6.0
#: Spectra smoothed at a time; keeps the work arrays in the processor's cache.
_CHUNK = 512


def noise_scale(periods_s: FloatArray, conditioning_period_s: float) -> FloatArray:
    """Return the noise's standard deviation per unit of shifted ln Sa, shape (P,).

    ``0.20 + 0.30·min(|T − T*|/(2 T*), 1/2)``: on the published grid (200 even steps up to 2 T*) this is the
    published ``0.20 + 0.0015·|j − j*|``. In periods it holds for any grid. Beyond 2 T* it is constant.
    """
    distance = np.abs(np.asarray(periods_s) - conditioning_period_s) / (2.0 * conditioning_period_s)
    return 0.20 + 0.30 * np.minimum(distance, 0.5)


def simulated_spectra(
    ln_sa: FloatArray,
    copies: int,
    scale: FloatArray,
    anchor: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Return noisy, smoothed copies of spectra.

    Parameters
    ----------
    ln_sa
        ln Sa of the candidates, shape (N, P).
    copies
        Simulated spectra per candidate.
    scale
        Standard deviation of the noise per unit of shifted ln Sa, shape (P,); see :func:`noise_scale`.
    anchor
        Index j* of the conditioning period: spectra are shifted to 0 there, and get no noise there.
    rng
        Source of the noise.

    Returns
    -------
    Shape (N·copies, P); the copies of the first candidate come first.
    """
    level = ln_sa[:, [anchor]]
    shifted = np.repeat(ln_sa - level, copies, axis=0)
    noise = rng.standard_normal(shifted.shape) * np.abs(shifted) * scale
    noise[:, anchor] = 0.0
    smooth = robust_loess(shifted + noise)
    return smooth + np.repeat(level, copies, axis=0)


def loess_window(points: int, span: float) -> int:
    """Points of a local fit: the odd number at or below ``span·points``, at least five."""
    window = int(span * points + 1e-9)
    return min(max(window - (1 - window % 2), 5), points)


def robust_loess(y: FloatArray, span: float = 0.05, iterations: int = 5) -> FloatArray:
    """Smooth every row by robust local regression over the index.

    A parabola is fitted around each point to the nearest ``span`` of the points with tricube weights. The fit
    is repeated ``iterations`` times with the bisquare weights of its residuals, which reach 0 at six median
    absolute residuals of the row. This is MATLAB's robust LOESS (``rloess``), which the authors used.

    Parameters
    ----------
    y
        Shape (N, P), evenly indexed.

    Returns
    -------
    Shape (N, P).
    """
    points = y.shape[1]
    window = loess_window(points, span)
    if window < 4:
        return np.array(y, dtype=float)
    smoothed = np.empty(y.shape)
    for start in range(0, len(y), _CHUNK):
        rows = slice(start, start + _CHUNK)
        smoothed[rows] = _smooth_chunk(np.ascontiguousarray(y[rows].T), window, iterations).T
    return smoothed


def _smooth_chunk(y: FloatArray, window: int, iterations: int) -> FloatArray:
    """Smooth the columns of ``y`` (P, n)."""
    points = len(y)
    first = np.clip(np.arange(points) - window // 2, 0, points - window)
    distance = first[:, None] + np.arange(window) - np.arange(points)[:, None]  # (P, window)
    offset = distance / np.abs(distance).max(axis=1, keepdims=True)
    smoothed = _local_fit(y, np.ones_like(y), first, offset)
    for _ in range(iterations):
        residual = np.abs(y - smoothed)
        limit = BISQUARE_REACH * np.median(residual, axis=0)
        inside = residual / np.where(limit > 0, limit, np.inf)
        robustness = np.square(np.maximum(1.0 - np.square(inside), 0.0))
        smoothed = _local_fit(y, robustness, first, offset)
    return smoothed


def _local_fit(y: FloatArray, robustness: FloatArray, first: np.ndarray, offset: FloatArray) -> FloatArray:
    """Weighted local parabolas at offset 0, by their normal equations; (P, n).

    Where the weights leave too few points, a line or the mean takes the parabola's place.
    """
    tricube = (1.0 - np.abs(offset) ** 3) ** 3
    s, t = np.zeros((5, *y.shape)), np.zeros((3, *y.shape))
    for column in range(offset.shape[1]):
        source, u = first + column, offset[:, [column]]
        w = tricube[:, [column]] * robustness[source]
        wy = w * y[source]
        for power in range(5):
            s[power] += w
            w = w * u
        for power in range(3):
            t[power] += wy
            wy = wy * u
    total = np.where(s[0] > 0, s[0], 1.0)
    mean = np.where(s[0] > 0, t[0] / total, y)
    line = s[0] * s[2] - s[1] ** 2
    good = line > 1e-9 * total**2
    fit = np.where(good, (s[2] * t[0] - s[1] * t[1]) / np.where(good, line, 1.0), mean)
    c0 = s[2] * s[4] - s[3] ** 2
    c1 = s[2] * s[3] - s[1] * s[4]
    c2 = s[1] * s[3] - s[2] ** 2
    determinant = s[0] * c0 + s[1] * c1 + s[2] * c2
    good = determinant > 1e-9 * total**3
    parabola = (c0 * t[0] + c1 * t[1] + c2 * t[2]) / np.where(good, determinant, 1.0)
    return np.where(good, parabola, fit)
