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


def noise_scale(
    periods_s: FloatArray,
    conditioning_period_s: float,
    base: float = 0.20,
    slope: float = 0.30,
    *,
    reach: float = 1.0,
) -> FloatArray:
    """Return the noise's standard deviation per unit of shifted ln Sa, shape (P,).

    ``base + slope·min(|T − T*|/(2 T*), reach/2)``: on the published grid (200 even steps up to 2 T*) this is
    the published ``0.20 + 0.0015·|j − j*|``; stated in periods it holds for any grid. Beyond
    ``T* (1 + reach)`` it stays constant.
    """
    distance = np.abs(np.asarray(periods_s) - conditioning_period_s) / (2.0 * conditioning_period_s)
    return base + slope * np.minimum(distance, reach / 2.0)


def simulated_spectra(
    ln_sa: FloatArray,
    copies: int,
    scale: FloatArray,
    anchor: int,
    rng: np.random.Generator,
    *,
    span: float = 0.05,
    degree: int = 2,
    iterations: int = 5,
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
    span, degree, iterations
        Of the smoothing; see :func:`robust_loess`.

    Returns
    -------
    Shape (N·copies, P); the copies of the first candidate come first.
    """
    level = ln_sa[:, [anchor]]
    shifted = np.repeat(ln_sa - level, copies, axis=0)
    noise = rng.standard_normal(shifted.shape) * np.abs(shifted) * scale
    noise[:, anchor] = 0.0
    smooth = robust_loess(shifted + noise, span=span, degree=degree, iterations=iterations)
    return smooth + np.repeat(level, copies, axis=0)


def spectra_of_family(ln_sa: FloatArray, count: int, rng: np.random.Generator) -> FloatArray:
    """Return ``count`` spectra, shape (count, P), of the family of the candidates ``ln_sa`` (N, P).

    The candidates' mean and a normal combination of their deviations from it: a multivariate normal sample
    with the candidates' own mean and covariance, which is what response spectra follow (Jayaram & Baker 2008,
    BSSA 98:2231-2243). Copies of few candidates lie in as many clumps; these fill what lies between and
    around them, so that the autoencoder learns the family of spectra rather than its members.
    """
    mean = ln_sa.mean(axis=0)
    weights = rng.standard_normal((count, len(ln_sa))) / np.sqrt(max(len(ln_sa) - 1, 1))
    return mean + weights @ (ln_sa - mean)


def loess_window(points: int, span: float, degree: int) -> int:
    """Points of a local fit: the odd number at or below ``span·points``, at least enough for the fit."""
    window = int(span * points + 1e-9)
    window -= 1 - window % 2
    return min(max(window, degree + 3 + degree % 2), points)


def robust_loess(y: FloatArray, span: float = 0.05, degree: int = 2, iterations: int = 5) -> FloatArray:
    """Smooth every row by robust local regression over the index.

    A polynomial of ``degree`` (1 or 2) is fitted around each point to the nearest ``span`` of the points with
    tricube weights; ``iterations`` times it is repeated with the bisquare weights of its residuals, which
    reach 0 at six median absolute residuals of the row. Degree 2 with 5 repetitions is what
    MATLAB, the authors' tool, calls robust LOESS (``rloess``); degree 1 is Cleveland's LOWESS.

    Parameters
    ----------
    y
        Shape (N, P), evenly indexed.

    Returns
    -------
    Shape (N, P).
    """
    if degree not in (1, 2):
        raise ValueError(f"degree must be 1 or 2, not {degree}")
    points = y.shape[1]
    window = loess_window(points, span, degree)
    if window < degree + 2:
        return np.array(y, dtype=float)
    smoothed = np.empty(y.shape)
    for start in range(0, len(y), _CHUNK):
        rows = slice(start, start + _CHUNK)
        smoothed[rows] = _smooth_chunk(np.ascontiguousarray(y[rows].T), window, degree, iterations).T
    return smoothed


def _smooth_chunk(y: FloatArray, window: int, degree: int, iterations: int) -> FloatArray:
    """Smooth the columns of ``y`` (P, n)."""
    points = len(y)
    first = np.clip(np.arange(points) - window // 2, 0, points - window)
    distance = first[:, None] + np.arange(window) - np.arange(points)[:, None]  # (P, window)
    reach = np.abs(distance).max(axis=1, keepdims=True)
    offset = distance / reach
    tricube = (1.0 - np.abs(offset) ** 3) ** 3
    smoothed = _local_fit(y, None, first, offset, tricube, degree)
    for _ in range(iterations):
        residual = np.abs(y - smoothed)
        limit = BISQUARE_REACH * np.median(residual, axis=0)
        inside = residual / np.where(limit > 0, limit, np.inf)
        robustness = np.square(np.maximum(1.0 - np.square(inside), 0.0))
        smoothed = _local_fit(y, robustness, first, offset, tricube, degree)
    return smoothed


def _local_fit(
    y: FloatArray,
    robustness: FloatArray | None,
    first: np.ndarray,
    offset: FloatArray,
    tricube: FloatArray,
    degree: int,
) -> FloatArray:
    """Weighted local polynomials at offset 0, by their normal equations; (P, n)."""
    s = [np.zeros_like(y) for _ in range(2 * degree + 1)]
    t = [np.zeros_like(y) for _ in range(degree + 1)]
    for column in range(offset.shape[1]):
        source = first + column
        w = tricube[:, [column]] * (1.0 if robustness is None else robustness[source])
        w = np.broadcast_to(w, y.shape)
        u = offset[:, [column]]
        wy = w * y[source]
        for power in range(2 * degree + 1):
            if power:
                w = w * u
            s[power] += w
            if power <= degree:
                if power:
                    wy = wy * u
                t[power] += wy
    return _intercept(s, t, degree, y)


def _intercept(s: list[FloatArray], t: list[FloatArray], degree: int, y: FloatArray) -> FloatArray:
    """Solve for the polynomial's value at offset 0; falls back to lower degrees where points are too few."""
    total = np.where(s[0] > 0, s[0], 1.0)
    mean = np.where(s[0] > 0, t[0] / total, y)
    line = s[0] * s[2] - s[1] ** 2
    good = line > 1e-9 * total**2
    fit = np.where(good, (s[2] * t[0] - s[1] * t[1]) / np.where(good, line, 1.0), mean)
    if degree == 1:
        return fit
    c0 = s[2] * s[4] - s[3] ** 2
    c1 = s[2] * s[3] - s[1] * s[4]
    c2 = s[1] * s[3] - s[2] ** 2
    determinant = s[0] * c0 + s[1] * c1 + s[2] * c2
    good = determinant > 1e-9 * total**3
    parabola = (c0 * t[0] + c1 * t[1] + c2 * t[2]) / np.where(good, determinant, 1.0)
    return np.where(good, parabola, fit)
