"""Estimates for a whole population from the analyses of a few records, with surrogates as covariates.

Regression estimators of survey sampling (Särndal, Swensson & Wretman 1992, ch. 6); README.md has equations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gmplug.surrogate.collapse import Collapses, Survival, capacity, left_out
from gmplug.surrogate.sample import FEWEST, Population, regress
from gmplug.values import FloatArray, IntArray

#: What estimates without a surrogate are called.
NONE = "none"
#: A surrogate counts where it lowers the leave-one-out error of ln demand below this share.
WORTHWHILE = 0.9
LEVEL = 0.95


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


def estimate(
    ln_values: FloatArray,
    covariates: Mapping[str, FloatArray],
    population: Population,
    survival: Survival | None = None,
) -> Estimate:
    """Estimate mean and standard deviation of ln demand of the population's candidates that do not collapse.

    Parameters
    ----------
    ln_values
        Of the analyzed records, shape (n,); NaN where an analysis gives none.
    covariates
        By kind of surrogate: ln demand of all candidates, shape (N,).
    survival
        Which candidates do not collapse; all without it.

    Standard errors are of the delete-one jackknife (Efron & Stein 1981, Ann. Stat. 9(3)), which repeats the
    choice of the surrogate and which candidates collapse. NaN for fewer than three values.
    """
    known = np.isfinite(ln_values)
    count = int(known.sum())
    if count < 3:
        return Estimate(np.nan, np.nan, np.nan, np.nan, NONE, 0.0, count, count)
    used = known if survival is None else known | (survival.collapsed == 1.0)
    n, at = int(used.sum()), population.sample[used]
    v = left_out(population.sample_weights[used]) * known[used]
    v = v / v.sum(axis=1, keepdims=True)
    y = np.where(known, ln_values, 0.0)[used]
    usable = {}
    for kind, x in covariates.items():
        own = np.where(known[used], x[at], 0.0)
        if np.isfinite(own).all():
            usable[kind] = own, x
    survives = np.ones((n + 1, len(population.weights)))
    if survival is not None:
        survives = survival.probability[np.flatnonzero(np.append(True, used))]
    with np.errstate(divide="ignore", invalid="ignore"):  # of surrogates that are not used
        fitted = _fit(y, v, usable, population.weights, survives)
    without = (fitted.mean[1:], np.log(np.maximum(fitted.sigma[1:], 1e-300)))
    factor = population.left * (n - 1) / n
    errors = [
        float(np.sqrt(factor * np.sum((x - x.mean()) ** 2) + unknown))
        for x, unknown in zip(without, fitted.unknown, strict=True)
    ]
    explained, sigma = float(fitted.explained[0]), float(fitted.sigma[0])
    kind = [NONE, *usable][fitted.kind[0]]
    variance = (errors[0] / max(sigma, 1e-300)) ** 2 + (1.0 - population.left) / n
    worth = 1.0 / max(variance, 1.0 / len(population.weights))
    return Estimate(float(fitted.mean[0]), sigma, errors[0], errors[1], kind, explained, count, worth)


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


def exceedance(ln_drift: float, exceeds: FloatArray, collapses: Collapses, population: Population) -> Share:
    """Estimate the share of the population that exceeds a drift or collapses, by a difference estimator.

    The regression predicts a probability for each candidate; its mean over the population is corrected by the
    mean difference in the sample (Särndal et al. 1992, sec. 6.3), so that a wrong model costs no bias.

    Parameters
    ----------
    ln_drift
        ln drift ratio; that of the limit for collapse.
    exceeds
        1 or 0 of each analyzed record, collapses are 1; NaN where unknown, shape (n,). The share is NaN
        where all are.
    """
    known = np.isfinite(exceeds)
    if not known.any():
        return Share(*3 * (float("nan"),))
    found = estimate(collapses.ln_drifts, collapses.covariates, population)
    z, v, at = exceeds[known], population.sample_weights[known], population.sample[known]
    v = v / v.sum()
    predicted = np.zeros(len(population.weights))
    if found.surrogate != NONE:
        fitted = capacity(collapses, population.sample_weights[None], population)
        predicted = predicted if fitted is None else fitted.exceedance(ln_drift)[0]
    weights = np.where(np.isfinite(predicted), population.weights, 0.0)
    differences = z - predicted[at]
    share = float(weights @ np.nan_to_num(predicted) / weights.sum() + v @ differences)
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
        min(worth, max(float(len(population.weights)), count)),
    )


@dataclass
class _Fits:
    """Mean, sigma, kind of surrogate (0: none) and R² left one out, of R samples, shape (R,) each.

    ``unknown``: variances of the first sample's mean and ln sigma, as candidates collapse or not by chance.
    """

    mean: FloatArray
    sigma: FloatArray
    kind: IntArray
    explained: FloatArray
    unknown: tuple[float, float] = (0.0, 0.0)


def _fit(
    y: FloatArray,
    v: FloatArray,
    known: Mapping[str, tuple[FloatArray, FloatArray]],
    weights: FloatArray,
    survives: FloatArray,
) -> _Fits:
    """Estimate by the best surrogate or none, for samples that weigh the values (n,) by rows of v (R, n).

    Candidates have ``weights``, (N,), and are left with the probabilities ``survives``, (R, N).
    """
    mean = v @ y
    about = y - mean[:, None]
    squares = np.sum(v * v, axis=1)
    worst = np.sum(v * (about / (1.0 - v)) ** 2, axis=1)
    sigma = np.sqrt(np.sum(v * about**2, axis=1) / (1.0 - squares))
    found = _Fits(mean.copy(), sigma, np.zeros(len(v), dtype=np.int64), np.zeros(len(v)))
    least = WORTHWHILE * worst if np.sum(v[0] > 0) >= FEWEST else np.zeros(len(v))
    for number, (x, whole) in enumerate(known.values(), start=1):
        line = regress(y, v, x)
        better = line.error < least
        of = np.isfinite(whole)
        share = weights[of] * survives[:, of]
        whole_share = share.sum(axis=1, keepdims=True)
        share = share / whole_share
        center = share @ whole[of]
        away = whole[of] - center[:, None]
        between = np.sum(share * away**2, axis=1) / (1.0 - np.sum(share**2, axis=1))
        found.mean[better] = (mean + line.slope * (center - line.middle))[better]
        found.sigma[better] = np.sqrt(line.slope**2 * between + line.variance)[better]
        if better[0]:
            chance = np.square(weights[of] / whole_share[0]) * survives[0, of] * (1.0 - survives[0, of])
            off = line.slope[0] * away[0]
            of_sigma = (off**2 - line.slope[0] ** 2 * between[0]) / (2.0 * found.sigma[0] ** 2)
            found.unknown = float(chance @ off**2), float(chance @ of_sigma**2)
        found.kind[better] = number
        found.explained[better] = 1.0 - line.error[better] / worst[better]
        least = np.where(better, line.error, least)
    return found


def _quantile(found: Estimate, level: float) -> float:
    return _t_quantile(level, found.count - (1 if found.surrogate == NONE else 2))


def _t_quantile(level: float, free: int) -> float:
    """Half the width of Student's t interval of a level."""
    from scipy.special import stdtrit

    return float(stdtrit(max(free, 1), 0.5 + level / 2))
