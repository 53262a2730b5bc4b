"""Lognormal statistics of demands, with collapses as a lumped probability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gmplug.values import FloatArray

#: What a median of demands is, wherever one is shown.
MEDIAN_MEANS = (
    "Medians of demands are those of lognormal distributions (geometric means, exp of the mean of ln) of the "
    "analyses that ended ok. The 16th and 84th percentiles are the median times exp(±β)."
)


@dataclass(frozen=True)
class Lognormal:
    """Median and logarithmic standard deviation of a demand; NaN where the sample is too small.

    ``n`` is the number of analyses it rests on.
    """

    median: float
    beta: float
    n: int

    def exceedance(self, value: float) -> float:
        """P(demand > value); NaN without a fit."""
        if not np.isfinite(self.median) or not np.isfinite(self.beta):
            return float("nan")
        if self.beta == 0:
            return float(self.median > value)
        from scipy.special import ndtr  # not in every worker process

        return float(ndtr(np.log(self.median / value) / self.beta))

    def fractile(self, z: float) -> float:
        """median·exp(z·β): z = −1 and 1 are the 16 % and 84 % fractiles."""
        return float(self.median * np.exp(z * self.beta))


def fit_by_moments(values: FloatArray) -> Lognormal:
    """Fit a lognormal distribution to positive finite values, shape (n,), by the moments of their logarithms.

    median = exp(mean ln x), β = sample standard deviation (n − 1) of ln x: Baker (2015), "Efficient
    analytical fragility function fitting using dynamic structural analysis", Earthquake Spectra
    31(1):579-599, eqs. 2-3.
    """
    usable = values[np.isfinite(values) & (values > 0)]
    if not len(usable):
        return Lognormal(float("nan"), float("nan"), 0)
    ln = np.log(usable)
    beta = float(ln.std(ddof=1)) if len(ln) > 1 else float("nan")
    return Lognormal(float(np.exp(ln.mean())), beta, len(ln))


def exceedance_with_collapse(without: Lognormal, collapse_probability: float, value: float) -> float:
    """P(demand > value) = P(C) + (1 − P(C))·P(demand > value | no collapse): a collapse exceeds any value.

    Shome & Cornell (2000), "Structural seismic demand analysis: consideration of collapse", Proc. 8th ASCE
    Specialty Conference on Probabilistic Mechanics and Structural Reliability: three parameters.
    """
    if collapse_probability >= 1:
        return 1.0
    return collapse_probability + (1 - collapse_probability) * without.exceedance(value)


def median_with_collapse(without: Lognormal, collapse_probability: float) -> float:
    """Return the value exceeded with probability 1/2 of that distribution; inf where collapse is likelier.

    Solves P(C) + (1 − P(C))·(1 − Φ(ln(x/θ)/β)) = 1/2.
    """
    from scipy.special import ndtri

    if collapse_probability >= 0.5:
        return float("inf")
    z = ndtri(0.5 / (1 - collapse_probability))
    return without.fractile(float(z))
