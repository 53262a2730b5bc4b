"""Fragility functions: the probability of reaching a limit, given Sa at T*."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import expit, ndtr

from gmplug.values import FloatArray


class Fragility(Protocol):
    """Anything with ``probability(sa_g)``, shape as ``sa_g``, g."""

    def probability(self, sa_g: FloatArray) -> FloatArray:
        """P(limit reached | Sa = sa_g)."""
        ...


@dataclass(frozen=True)
class LognormalFragility:
    """P = Φ(ln(Sa/median)/β); NaN where the parameters could not be fitted (``known`` is false)."""

    median_g: float
    beta: float

    @property
    def known(self) -> bool:
        """Whether both parameters are known."""
        return bool(np.isfinite(self.median_g) and np.isfinite(self.beta))

    def probability(self, sa_g: FloatArray) -> FloatArray:
        """P(limit reached | Sa = sa_g)."""
        sa = np.asarray(sa_g, dtype=float)
        if self.beta == 0:
            return (sa >= self.median_g).astype(float)
        with np.errstate(divide="ignore"):
            p: FloatArray = ndtr(np.log(sa / self.median_g) / self.beta)
        return p


@dataclass(frozen=True)
class CloudFragility:
    """Lognormal demand about a power law where the structure stands, and a logistic probability of collapse.

    P(D > d | Sa) = P(C) + (1 − P(C))·Φ((ln a + b ln Sa − ln d)/β), P(C) = 1/(1 + exp(−(α0 + α1 ln Sa))):
    Jalayer, Ebrahimian, Miano, Manfredi & Sezen (2017), "Analytical fragility assessment using unscaled
    ground motion records", Earthquake Eng. Struct. Dyn. 46:2639-2663. Without collapses P(C) = 0. A limit of
    infinity is collapse itself.
    """

    ln_a: float
    b: float
    beta: float
    collapse_intercept: float
    collapse_slope: float
    limit: float

    @property
    def known(self) -> bool:
        """Whether the parameters that apply to the limit are known."""
        collapse = np.isfinite([self.collapse_intercept, self.collapse_slope]).all()
        if np.isinf(self.limit):
            return bool(collapse)
        return bool(
            np.isfinite([self.ln_a, self.b, self.beta]).all()
            and (collapse or self.collapse_intercept == -np.inf)
        )

    def collapse(self, sa_g: FloatArray) -> FloatArray:
        """P(C | Sa)."""
        if self.collapse_intercept == -np.inf:
            return np.zeros_like(np.asarray(sa_g, dtype=float))
        p: FloatArray = expit(self.collapse_intercept + self.collapse_slope * np.log(sa_g))
        return p

    def probability(self, sa_g: FloatArray) -> FloatArray:
        """P(D > limit | Sa = sa_g)."""
        collapse = self.collapse(sa_g)
        if np.isinf(self.limit):
            return collapse
        z = (self.ln_a + self.b * np.log(sa_g) - np.log(self.limit)) / self.beta
        p: FloatArray = collapse + (1 - collapse) * ndtr(z)
        return p


def median_of(fragility: Fragility) -> float:
    """Return the Sa, g, with a probability of one half; NaN where it lies outside 1e-4 to 100 g."""
    from scipy.optimize import brentq

    def excess(ln_sa: float) -> float:
        return float(fragility.probability(np.exp(np.array([ln_sa])))[0]) - 0.5

    low, high = np.log(1e-4), np.log(100.0)
    if not excess(low) < 0 < excess(high):
        return float("nan")
    return float(np.exp(brentq(excess, low, high, xtol=1e-12)))
