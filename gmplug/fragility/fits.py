"""Fitting fragility functions to stripes, incremental dynamic analyses and clouds."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_ndtr

from gmplug.assessment.lognormal import fit_by_moments
from gmplug.fragility.binomial import fit_binomial
from gmplug.fragility.curves import CloudFragility, LognormalFragility
from gmplug.values import BoolArray, FloatArray

_UNKNOWN = LognormalFragility(float("nan"), float("nan"))


def fit_stripes(
    sa_g: FloatArray, analyses: FloatArray, exceeding: FloatArray, fallback_beta: float | None = None
) -> LognormalFragility:
    """Fit to the number of analyses that reach the limit at each level, by maximum likelihood.

    Baker (2015), "Efficient analytical fragility function fitting using dynamic structural analysis",
    Earthquake Spectra 31(1):579-599, eq. 11, as the probit regression it is equal to (the paper's appendix).

    Parameters
    ----------
    sa_g
        Levels, g, shape (J,).
    analyses, exceeding
        Analyses at each level, and those that reach the limit, shape (J,).
    fallback_beta
        Dispersion to assume where the counts determine the median alone, as when a single level has both
        analyses that reach the limit and analyses that do not.

    Returns
    -------
    LognormalFragility
        Unknown where all or no analyses reach the limit, and, without ``fallback_beta``, where the counts do
        not overlap or do not rise with Sa.
    """
    medians, betas = fit_stripes_many(sa_g, analyses, np.atleast_2d(exceeding), fallback_beta)
    return LognormalFragility(float(medians[0]), float(betas[0]))


def fit_stripes_many(
    sa_g: FloatArray, analyses: FloatArray, exceeding: FloatArray, fallback_beta: float | None = None
) -> tuple[FloatArray, FloatArray]:
    """:func:`fit_stripes` of many samples, exceeding (B, J): medians (g) and betas, shape (B,) each."""
    fit = fit_binomial(np.log(sa_g), analyses, exceeding)
    slope = np.where(fit.slope > 0, fit.slope, np.nan)
    medians, betas = np.exp(-fit.intercept / slope), 1.0 / slope
    total = exceeding.sum(axis=1)
    lacking = np.isnan(slope) & (total > 0) & (total < np.sum(analyses))
    if fallback_beta is not None and lacking.any():
        medians[lacking] = _medians_given_beta(np.log(sa_g), analyses, exceeding[lacking], fallback_beta)
        betas[lacking] = fallback_beta
    return medians, betas


def _medians_given_beta(
    ln_sa: FloatArray, analyses: FloatArray, exceeding: FloatArray, beta: float
) -> FloatArray:
    """Return the maximum-likelihood medians, g, (B,), for a known β, by bisection of the slope."""
    low = np.full(len(exceeding), ln_sa.min() - 20 * beta)
    high = np.full(len(exceeding), ln_sa.max() + 20 * beta)
    for _ in range(60):
        middle = (low + high) / 2
        z = (ln_sa - middle[:, None]) / beta
        log_p, log_q, log_density = log_ndtr(z), log_ndtr(-z), -0.5 * z**2
        gain = exceeding * np.exp(log_density - log_p) - (analyses - exceeding) * np.exp(log_density - log_q)
        too_high = gain.sum(axis=1) > 0  # the likelihood increases towards a smaller median
        high, low = np.where(too_high, middle, high), np.where(too_high, low, middle)
    medians: FloatArray = np.exp((low + high) / 2)
    return medians


def fit_capacities(sa_g: FloatArray, censored_g: FloatArray | None = None) -> LognormalFragility:
    """Fit to the Sa at which each record reaches the limit in an incremental dynamic analysis.

    By moments of ln Sa (Baker 2015, eqs. 2-3). If some records do not reach it up to their largest Sa, by
    maximum likelihood with these records as censored (eqs. 5-7).

    Parameters
    ----------
    sa_g
        Shape (n,), g.
    censored_g
        Largest Sa of each record that does not reach the limit, shape (m,), g.
    """
    if censored_g is None or not len(censored_g):
        fit = fit_by_moments(sa_g)
        return LognormalFragility(fit.median, fit.beta)
    if len(sa_g) < 2:
        return _UNKNOWN
    ln_sa, ln_censored = np.log(sa_g), np.log(censored_g)

    def minus_log_likelihood(parameters: FloatArray) -> float:
        mean, beta = float(parameters[0]), float(np.exp(parameters[1]))
        reached = -0.5 * ((ln_sa - mean) / beta) ** 2 - np.log(beta)
        return -float(np.sum(reached) + np.sum(log_ndtr((mean - ln_censored) / beta)))

    start = np.array([np.mean(np.concatenate([ln_sa, ln_censored])), np.log(max(float(np.std(ln_sa)), 0.05))])
    found = minimize(
        minus_log_likelihood,
        start,
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000},
    )
    return LognormalFragility(float(np.exp(found.x[0])), float(np.exp(found.x[1])))


def fit_cloud(sa_g: FloatArray, demand: FloatArray, collapsed: BoolArray, limit: float) -> CloudFragility:
    """Fit to a cloud: regression of ln demand on ln Sa without the collapses, logistic regression of those.

    Jalayer et al. (2017); β is the standard error of the regression, with n − 2 degrees of freedom.

    Parameters
    ----------
    sa_g, demand, collapsed
        Shape (n,); the demand of collapsed analyses is not used.
    limit
        Demand of interest; infinity for collapse alone.
    """
    standing = ~collapsed & np.isfinite(demand) & (demand > 0)
    ln_a, b, beta = _power_law(np.log(sa_g[standing]), np.log(demand[standing]))
    if not collapsed.any():
        return CloudFragility(ln_a, b, beta, -np.inf, 0.0, limit)
    fit = fit_binomial(np.log(sa_g), np.ones(len(sa_g)), collapsed.astype(float), "logit")
    return CloudFragility(ln_a, b, beta, float(fit.intercept[0]), float(fit.slope[0]), limit)


def _power_law(ln_sa: FloatArray, ln_demand: FloatArray) -> tuple[float, float, float]:
    """Return ln a, b, and the standard error of ln D = ln a + b ln Sa; NaN for fewer than three points."""
    if len(ln_sa) < 3 or np.ptp(ln_sa) == 0:
        return float("nan"), float("nan"), float("nan")
    x = ln_sa - ln_sa.mean()
    b = float(x @ ln_demand / (x @ x))
    ln_a = float(ln_demand.mean() - b * ln_sa.mean())
    residual = ln_demand - ln_a - b * ln_sa
    return ln_a, b, float(np.sqrt(residual @ residual / (len(ln_sa) - 2)))
