"""Estimates for a whole population from the analyses of a few records, with surrogates as covariates.

Regression estimators of survey sampling (Särndal, Swensson & Wretman 1992, ch. 6); README.md has equations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gmplug.values import FloatArray, IntArray

#: What estimates without a surrogate are called.
NONE = "none"
#: A surrogate counts where it lowers the leave-one-out error of ln demand below this share.
WORTHWHILE = 0.9
#: Fewest analyses that a regression is fitted to.
FEWEST = 8
LEVEL = 0.95


@dataclass(frozen=True)
class Population:
    """What the estimates are of.

    Parameters
    ----------
    weights
        Of the candidates, shape (N,), sum 1.
    sample
        Positions of the analyzed records, shape (n,).
    sample_weights
        What each of them stands for, shape (n,), sum 1.
    """

    weights: FloatArray
    sample: IntArray
    sample_weights: FloatArray

    @property
    def left(self) -> float:
        """Finite population factor of variances: 1 − n/N where all that count weigh alike, else 1."""
        counted = self.weights[self.weights > 0]
        alike = np.allclose(counted, counted[0]) and np.allclose(self.sample_weights, self.sample_weights[0])
        return max(1.0 - len(self.sample) / len(counted), 0.0) if alike else 1.0


@dataclass(frozen=True)
class Estimate:
    """Mean and standard deviation of ln demand in the population.

    Parameters
    ----------
    mean, sigma
        Of ln demand: the ln median and the dispersion of a lognormal distribution.
    mean_error, sigma_error
        Standard error of the mean; of ln sigma.
    surrogate
        The kind of surrogate used; ``none`` for the plain estimate.
    explained
        R² of ln demand by the surrogate, left one out; 0 for the plain estimate.
    count
        Analyses with a value.
    equivalent_analyses
        Number of analyses of random candidates whose plain estimate of the mean errs as much.
    """

    mean: float
    sigma: float
    mean_error: float
    sigma_error: float
    surrogate: str
    explained: float
    count: int
    equivalent_analyses: float

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Confidence interval of the mean."""
        away = _quantile(self, level) * self.mean_error
        return self.mean - away, self.mean + away

    def sigma_interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Confidence interval of sigma."""
        away = float(np.exp(_quantile(self, level) * self.sigma_error))
        return self.sigma / away, self.sigma * away


def estimate(ln_values: FloatArray, covariates: Mapping[str, FloatArray], population: Population) -> Estimate:
    """Estimate the population's mean and standard deviation of ln demand.

    Parameters
    ----------
    ln_values
        Of the analyzed records, shape (n,); NaN where an analysis gives none.
    covariates
        By kind of surrogate: ln demand of all candidates, shape (N,).

    Standard errors are of the delete-one jackknife (Efron & Stein 1981, Ann. Stat. 9(3)), which repeats the
    choice of the surrogate. NaN for fewer than three values.
    """
    y, v, at = _known(ln_values, population)
    count = len(y)
    if count < 3:
        return Estimate(np.nan, np.nan, np.nan, np.nan, NONE, 0.0, count, count)
    known = {kind: (x[at], x) for kind, x in covariates.items() if np.isfinite(x[at]).all()}
    all_and_without = np.vstack([np.ones(count), 1.0 - np.eye(count)]) * v
    all_and_without = all_and_without / all_and_without.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):  # of surrogates that are not used
        fitted = _fit(y, all_and_without, known, population.weights)
    without = (fitted.mean[1:], np.log(np.maximum(fitted.sigma[1:], 1e-300)))
    factor = population.left * (count - 1) / count
    errors = [float(np.sqrt(factor * np.sum((x - x.mean()) ** 2))) for x in without]
    explained = float(fitted.explained[0])
    kind = [NONE, *known][fitted.kind[0]]
    worth = equivalent_analyses(1.0 - explained, count, len(population.weights))
    return Estimate(
        float(fitted.mean[0]), float(fitted.sigma[0]), errors[0], errors[1], kind, explained, count, worth
    )


def equivalent_analyses(variance_ratio: float, count: int, candidates: int) -> float:
    """Return N of random candidates with the error variance of ``count`` times a ratio.

    Without replacement from m candidates the variance is S² (1/N − 1/m), so 1/N = ratio (1/n − 1/m) + 1/m.
    """
    return 1.0 / (variance_ratio * max(1.0 / count - 1.0 / candidates, 0.0) + 1.0 / candidates)


@dataclass(frozen=True)
class Share:
    """Share of the population that exceeds a value, or collapses, and its confidence interval.

    ``equivalent_analyses`` have as large an error where they are counted; no less than were made.
    """

    share: float
    low: float
    high: float
    surrogate: str = NONE
    equivalent_analyses: float = float("nan")


def exceedance(
    ln_values: FloatArray,
    exceeds: FloatArray,
    threshold_ln: float,
    covariates: Mapping[str, FloatArray],
    population: Population,
) -> Share:
    """Estimate the share of the population whose demand exceeds a value, by a difference estimator.

    The regression predicts a probability for each candidate; its mean over the population is corrected by the
    mean difference in the sample (Särndal et al. 1992, sec. 6.3), so that a wrong model costs no bias.

    Parameters
    ----------
    ln_values
        As for :func:`estimate`.
    exceeds
        1 or 0 of each analyzed record, collapses are 1; NaN where unknown, shape (n,).
    """
    from scipy.special import ndtr

    found = estimate(ln_values, covariates, population)
    known = np.isfinite(exceeds)
    z, v, at = exceeds[known], population.sample_weights[known], population.sample[known]
    v = v / v.sum()
    predicted = np.zeros(len(population.weights))
    if found.surrogate != NONE:
        x = covariates[found.surrogate]
        y, w, place = _known(ln_values, population)
        slope, middle = _slope(y, x[place], w)
        spread = max(found.sigma * np.sqrt(max(1.0 - found.explained, 1e-6)), 1e-9)
        line = float(w @ y) + slope * (x - middle)
        predicted = np.where(np.isfinite(x), ndtr((line - threshold_ln) / spread), 0.0)
    usable = np.isfinite(predicted)
    weights = np.where(usable, population.weights, 0.0)
    differences = z - predicted[at]
    share = float(weights @ predicted / weights.sum() + v @ differences)
    count = len(z)
    variance = float(v @ (differences - v @ differences) ** 2) / max(count - 1, 1) * population.left
    least = 0.25 / count**2  # no count of a small sample is certain
    away = _t_quantile(LEVEL, count - 1) * float(np.sqrt(variance + least))
    inside = min(max(share, 0.0), 1.0)
    counted = float(v @ (z - v @ z) ** 2) / max(count - 1, 1) * population.left
    worth = count * max(counted / variance, 1.0) if counted > 0 and variance > 0 else float(count)
    return Share(
        inside,
        max(share - away, 0.0),
        min(share + away, 1.0),
        found.surrogate,
        min(worth, max(float(len(weights)), count)),
    )


def _known(ln_values: FloatArray, population: Population) -> tuple[FloatArray, FloatArray, IntArray]:
    finite = np.isfinite(ln_values)
    weights = population.sample_weights[finite]
    share: FloatArray = weights / weights.sum() if finite.any() else weights
    return ln_values[finite], share, population.sample[finite]


@dataclass
class _Fits:
    """Mean, sigma, kind of surrogate (0: none) and R² left one out, of R samples, shape (R,) each."""

    mean: FloatArray
    sigma: FloatArray
    kind: IntArray
    explained: FloatArray


def _fit(
    y: FloatArray, v: FloatArray, known: Mapping[str, tuple[FloatArray, FloatArray]], weights: FloatArray
) -> _Fits:
    """Estimate by the best surrogate or none, for samples that weigh the values (n,) by rows of v (R, n)."""
    mean = v @ y
    about = y - mean[:, None]
    squares = np.sum(v * v, axis=1)
    worst = np.sum(v * (about / (1.0 - v)) ** 2, axis=1)
    sigma = np.sqrt(np.sum(v * about**2, axis=1) / (1.0 - squares))
    found = _Fits(mean.copy(), sigma, np.zeros(len(v), dtype=np.int64), np.zeros(len(v)))
    least = np.where(np.sum(v > 0, axis=1) >= FEWEST, WORTHWHILE * worst, 0.0)
    for number, (x, whole) in enumerate(known.values(), start=1):
        middle = v @ x
        away = x - middle[:, None]
        spread = np.maximum(np.sum(v * away**2, axis=1), 1e-300)
        slope = np.sum(v * away * about, axis=1) / spread
        residual = about - slope[:, None] * away
        leverage = np.minimum(v + v * away**2 / spread[:, None], 1.0 - 1e-9)
        error = np.sum(v * (residual / (1.0 - leverage)) ** 2, axis=1)
        better = error < least
        of = np.isfinite(whole)
        share = weights[of] / weights[of].sum()
        center = float(share @ whole[of])
        between = float(share @ (whole[of] - center) ** 2) / (1.0 - float(share @ share))
        within = np.sum(v * residual**2, axis=1) / (1.0 - 2.0 * squares)
        found.mean[better] = (mean + slope * (center - middle))[better]
        found.sigma[better] = np.sqrt(slope**2 * between + within)[better]
        found.kind[better] = number
        found.explained[better] = 1.0 - error[better] / worst[better]
        least = np.where(better, error, least)
    return found


def _slope(y: FloatArray, x: FloatArray, v: FloatArray) -> tuple[float, float]:
    """Slope of the weighted regression of y on x, and the weighted mean of x."""
    middle = float(v @ x)
    about = x - middle
    spread = float(v @ about**2)
    return (float(v @ (about * y)) / spread if spread > 0.0 else 0.0), middle


def _quantile(found: Estimate, level: float) -> float:
    return _t_quantile(level, found.count - (1 if found.surrogate == NONE else 2))


def _t_quantile(level: float, free: int) -> float:
    """Half the width of Student's t interval of a level."""
    from scipy.special import stdtrit

    return float(stdtrit(max(free, 1), 0.5 + level / 2))
