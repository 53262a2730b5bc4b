"""Normal distributions of ln Sa: given a linear measure of it, and mixed over branches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gmplug.errors import InputError
from gmplug.values import FloatArray


@dataclass(frozen=True)
class Moments:
    """Mean (Q,) and covariance (Q, Q) of ln Sa, and of the ln of further measures behind it."""

    mean: FloatArray
    covariance: FloatArray


@dataclass(frozen=True)
class Level:
    """How a linear measure w·x of a distribution stands to a level: its mean, its sigma, and epsilon."""

    mean: float
    sigma: float
    epsilon: float

    @property
    def ln_density(self) -> float:
        """ln of the probability density of the level (without the factor 1/√2π)."""
        return -0.5 * self.epsilon**2 - float(np.log(self.sigma))


def measure_moments(moments: Moments, weights: FloatArray) -> tuple[float, float]:
    """Return mean and standard deviation of w·x.

    For AvgSa, ln AvgSa = (1/n) Σ ln Sa(T_j): Baker & Cornell (2006), "Spectral shape, epsilon and record
    selection", Earthq. Eng. Struct. Dyn. 35(9):1077-1095, and Kohrangi et al. (2017).

    Raises InputError where its variance is not positive.
    """
    variance = float(weights @ moments.covariance @ weights)
    if not variance > 0:
        raise InputError("[target]: the conditioning measure has no variance by this model and correlation")
    return float(weights @ moments.mean), float(np.sqrt(variance))


def level_of_measure(moments: Moments, weights: FloatArray, ln_level: float) -> Level:
    """Return how the measure w·x stands to ``ln_level``."""
    mean, sigma = measure_moments(moments, weights)
    return Level(mean, sigma, (ln_level - mean) / sigma)


def condition_on(moments: Moments, weights: FloatArray, ln_level: float) -> Moments:
    """Return the distribution given w·x = ``ln_level``.

    The conditional normal distribution: with c = Σw and v = w·Σw, mean + c (level − w·mean)/v and Σ − c c'/v.
    For w = 1 at T* it is the conditional spectrum of Baker (2011), for w = 1/n that on AvgSa: Kohrangi,
    Bazzurro, Vamvatsikos & Spillatura (2017), "Conditional spectrum-based ground motion record selection
    using average spectral acceleration", Earthq. Eng. Struct. Dyn. 46(10):1667-1685.
    """
    level = level_of_measure(moments, weights, ln_level)
    loading = moments.covariance @ weights / level.sigma
    mean = moments.mean + loading * level.epsilon
    covariance = moments.covariance - np.outer(loading, loading)
    single = np.flatnonzero(weights)
    if len(single) == 1:  # exact in theory; clear of rounding
        at = int(single[0])
        mean[at] = ln_level
        covariance[at, :] = covariance[:, at] = 0.0
    return Moments(mean, covariance)


def mix(parts: Sequence[Moments], weights: FloatArray) -> Moments:
    """Return mean and covariance of a mixture: Σ p μ and Σ p (Σ + (μ − mean)(μ − mean)').

    Lin et al. (2013) state mean and standard deviation; the covariance follows the same law.
    """
    if len(parts) == 1:
        return parts[0]
    share = weights / weights.sum()
    mean = np.sum([p * part.mean for p, part in zip(share, parts, strict=True)], axis=0)
    covariance = np.zeros_like(parts[0].covariance)
    for p, part in zip(share, parts, strict=True):
        off = part.mean - mean
        covariance += p * (part.covariance + np.outer(off, off))
    return Moments(mean, covariance)
