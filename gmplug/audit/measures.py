"""Statistics of sets: center, dispersion, distance of distributions, and their confidence intervals."""

from __future__ import annotations

import numpy as np

from gmplug.values import FloatArray, IntArray

#: Level of the confidence intervals.
LEVEL = 0.95


def weighted_moments(values: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation along the last axis, over what is finite; NaN for fewer than two values.

    Var = Σ w (x − m)² / (1 − Σ w²), Σ w = 1: unbiased for independent values of one distribution, and with
    equal weights the sample variance (n − 1).

    Parameters
    ----------
    values, weights
        Shape (…, n); weights need not add up to 1.
    """
    finite = np.isfinite(values)
    known = np.where(finite, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(finite, weights, 0.0)
        share = share / share.sum(axis=-1, keepdims=True)
        mean = (share * known).sum(axis=-1)
        spread = (share * np.square(known - mean[..., None])).sum(axis=-1)
        std = np.sqrt(spread / (1.0 - np.square(share).sum(axis=-1)))
    return mean, np.where(finite.sum(axis=-1) > 1, std, np.nan)


def weighted_median(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Median along the last axis, of what is not NaN: half of the weight lies on either side.

    Where the weights up to a value are exactly a half, the mean of it and the next one.
    """
    order = np.argsort(values, axis=-1)  # NaN last
    sorted_values = np.take_along_axis(values, order, axis=-1)
    share = np.take_along_axis(np.where(np.isnan(values), 0.0, weights), order, axis=-1)
    total = share.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        below = np.cumsum(share, axis=-1) / total
    low = np.argmax(below >= 0.5 - 1e-9, axis=-1)[..., None]
    high = np.argmax(below > 0.5 + 1e-9, axis=-1)[..., None]
    pick = 0.5 * (
        np.take_along_axis(sorted_values, low, axis=-1) + np.take_along_axis(sorted_values, high, axis=-1)
    )
    return np.where(total[..., 0] > 0, pick[..., 0], np.nan)


def ks_distance(
    values: FloatArray, weights: FloatArray, others: FloatArray, other_weights: FloatArray
) -> float:
    """Two-sample Kolmogorov–Smirnov distance: the largest difference of two distribution functions.

    Values may be infinite (a collapse exceeds every demand), and weighted; NaN are left out. With equal
    weights that of scipy.stats.ks_2samp.

    Parameters
    ----------
    values, weights
        Shape (n,); the others (m,).
    """
    first, second = ~np.isnan(values), ~np.isnan(others)
    if not first.any() or not second.any():
        return float("nan")
    points = np.unique(np.concatenate([values[first], others[second]]))
    one = _distribution(values[first], weights[first], points)
    two = _distribution(others[second], other_weights[second], points)
    return float(np.max(np.abs(one - two)))


def _distribution(values: FloatArray, weights: FloatArray, points: FloatArray) -> FloatArray:
    order = np.argsort(values)
    mass = np.concatenate([[0.0], np.cumsum(weights[order])])
    return np.asarray(mass[np.searchsorted(values[order], points, side="right")] / mass[-1])


def bootstrap_counts(draws: int, resamples: int, seed: int) -> FloatArray:
    """Counts of each draw in each bootstrap resample of the draws, shape (resamples, draws)."""
    rng = np.random.default_rng([seed, draws, resamples])
    return rng.multinomial(draws, np.full(draws, 1.0 / draws), size=resamples).astype(float)


def resampled_mean(values: FloatArray, counts: FloatArray) -> FloatArray:
    """Mean of the finite values (D,) in each resample, shape (B,)."""
    finite = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((counts[:, finite] @ values[finite]) / counts[:, finite].sum(axis=1))


def interval(values: FloatArray, level: float = LEVEL) -> tuple[float, float]:
    """Percentile interval of bootstrap values (B,); NaN where there are none."""
    usable = values[np.isfinite(values)]
    if not len(usable):
        return float("nan"), float("nan")
    tail = 50.0 * (1.0 - level)
    low, high = np.percentile(usable, [tail, 100.0 - tail])
    return float(low), float(high)


def shared_records(sets: IntArray) -> float:
    """Mean share of records that two draws (D, n) have in common; 1 where all draws are one set."""
    draws, count = sets.shape
    if draws < 2:
        return float("nan")
    taken = np.bincount(sets.ravel())
    return float((taken * (taken - 1)).sum() / (draws * (draws - 1) * count))
