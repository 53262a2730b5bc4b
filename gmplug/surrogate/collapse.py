"""Which candidates collapse: the drift that the structure bears, from the analyses that collapsed and not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gmplug.surrogate.sample import FEWEST, Population, regress
from gmplug.values import BoolArray, FloatArray, IntArray

#: Capacities that are compared, and how far beyond the predicted drifts, in standard deviations.
_POINTS, _BEYOND = 48, 6.0
#: A capacity of less likelihood does not count.
_UNLIKELY = 1e-6


@dataclass(frozen=True)
class Collapses:
    """What the analyses of a sample say about collapse.

    Parameters
    ----------
    ln_drifts
        ln peak story drift ratio of each analysis, NaN where it collapsed or is unknown, shape (n,).
    collapsed
        1 or 0; NaN where unknown, shape (n,).
    ln_limit
        ln of the drift at which an analysis ends as collapsed; infinite where none is set.
    covariates
        By kind of surrogate: ln peak story drift ratio of all candidates, shape (N,).
    """

    ln_drifts: FloatArray
    collapsed: FloatArray
    ln_limit: float
    covariates: Mapping[str, FloatArray]

    def of(self, analyses: BoolArray | IntArray, candidates: IntArray | slice = slice(None)) -> Collapses:
        """Return those of some analyses, and of some candidates."""
        return replace(
            self,
            ln_drifts=self.ln_drifts[analyses],
            collapsed=self.collapsed[analyses],
            covariates={kind: x[candidates] for kind, x in self.covariates.items()},
        )


@dataclass(frozen=True)
class Capacity:
    """Drift beyond which the structure collapses, by R samples.

    Parameters
    ----------
    ln_drifts, likelihood
        Capacities and how likely each is, shape (R, G), rows of sum 1.
    predicted
        ln drift of all candidates by the regression on the surrogate, shape (R, N); NaN without one.
    spread
        Standard deviation about it, shape (R,).
    gone
        Candidates under which the surrogate collapses itself, shape (N,).
    gone_too, analyzed
        Of these: how many collapsed in the structure, and of how many analyses, shape (R,).
    """

    ln_drifts: FloatArray
    likelihood: FloatArray
    predicted: FloatArray
    spread: FloatArray
    gone: BoolArray
    gone_too: FloatArray
    analyzed: FloatArray

    def exceedance(self, ln_drift: float) -> FloatArray:
        """Return the probabilities that candidates exceed a drift or collapse, shape (R, N); NaN without a
        surrogate."""
        found = self._beyond(ln_drift)
        if not self.gone.any():
            return found
        collapse = found if np.isinf(ln_drift) else self._beyond(np.inf)
        collapse = (collapse + self.gone_too[:, None]) / (self.analyzed[:, None] + 1.0)
        return np.where(self.gone, np.maximum(collapse, found * np.isfinite(ln_drift)), found)

    def _beyond(self, ln_drift: float) -> FloatArray:
        """Probabilities to exceed a drift or the capacity by the regression alone, shape (R, N)."""
        from scipy.special import ndtr

        found = np.zeros_like(self.predicted)
        for limits, share in zip(self.ln_drifts.T, self.likelihood.T, strict=True):
            if share.max() >= _UNLIKELY:
                least = np.minimum(limits, ln_drift)[:, None]
                found += share[:, None] * ndtr((self.predicted - least) / self.spread[:, None])
        return found


def capacity(found: Collapses, rows: FloatArray, population: Population) -> Capacity | None:
    """Fit the capacity to each of R samples; None with too few analyses or surrogates for a regression.

    A candidate collapses where a + b x + e exceeds the capacity: a, b and the variance of the normal e are of
    the regression of ln drift on the surrogate that leaves the least error. What collapsed and what did not
    say how likely each capacity up to ``ln_limit`` is, all alike before (a probit of known slope). Where the
    surrogate is beyond ``ln_limit`` it collapses, too, and the analyses there say how often the structure
    does: (k + p) / (j + 1) for k collapses of j analyses. The prediction p counts as one analysis.

    Parameters
    ----------
    rows
        Weights of the analyses in each sample, shape (R, n); the first is of all.
    """
    sample = population.sample
    ok = np.isfinite(found.ln_drifts)
    usable = {kind: x for kind, x in found.covariates.items() if np.isfinite(x[sample]).all()}
    if ok.sum() < FEWEST or not usable:
        return None
    v = rows * ok
    v = v / v.sum(axis=1, keepdims=True)
    y = np.where(ok, found.ln_drifts, 0.0)
    fits = {kind: regress(y, v, np.minimum(x, found.ln_limit)[sample]) for kind, x in usable.items()}
    kind = min(fits, key=lambda one: float(fits[one].error[0]))
    line, x = fits[kind], usable[kind]
    spread = np.maximum(np.sqrt(line.variance), 1e-9)
    predicted = (line.mean - line.slope * line.middle)[:, None] + line.slope[:, None] * x
    gone = x >= found.ln_limit
    counted = np.where((rows > 0) & np.isfinite(found.collapsed), 1.0, 0.0)
    fell = counted * np.where(found.collapsed == 1.0, 1.0, 0.0)
    at = gone[sample]
    left = counted - fell
    limits, likelihood = _likelihood(predicted[:, sample], spread, fell * ~at, left * ~at, found.ln_limit)
    gone_too, analyzed = np.sum(fell * at, axis=1), np.sum(counted * at, axis=1)
    return Capacity(limits, likelihood, predicted, spread, gone, gone_too, analyzed)


@dataclass(frozen=True)
class Survival:
    """Which candidates do not collapse.

    Parameters
    ----------
    collapsed
        Of the n analyses of the sample: 1 or 0, NaN where unknown, shape (n,).
    probability
        Of each candidate not to collapse, by all analyses, and without each in turn, shape (1 + n, N).
    """

    collapsed: FloatArray
    probability: FloatArray

    def share(self, population: Population) -> float:
        """Return the share of the population that does not collapse; NaN where no analysis says so."""
        if not np.isfinite(self.collapsed).any():
            return float("nan")
        return min(max(float(population.weights @ self.probability[0]), 0.0), 1.0)


def survival(found: Collapses, population: Population) -> Survival:
    """Return what the sample says of the survival of all candidates; of its own it is known.

    Candidates without a surrogate survive as often as the others do; without a regression, all as the sample.
    """
    rows = left_out(population.sample_weights)
    seen = (rows > 0) & np.isfinite(found.collapsed)
    fitted = capacity(found, rows, population)
    if fitted is None:
        counted = np.where(seen, rows, 0.0)
        fell = counted @ np.nan_to_num(found.collapsed) / np.maximum(counted.sum(axis=1), 1e-300)
        return Survival(found.collapsed, np.repeat(1.0 - fell[:, None], len(population.weights), axis=1))
    falls = fitted.exceedance(np.inf)
    known = np.isfinite(falls[0])
    others = falls[:, known] @ population.weights[known] / population.weights[known].sum()
    probability = 1.0 - np.where(known, falls, others[:, None])
    at = population.sample
    probability[:, at] = np.where(seen, 1.0 - found.collapsed, probability[:, at])
    return Survival(found.collapsed, probability)


def left_out(weights: FloatArray) -> FloatArray:
    """Return the weights (n,), and these without each in turn, shape (1 + n, n)."""
    count = len(weights)
    return np.asarray(np.vstack([np.ones(count), 1.0 - np.eye(count)]) * weights)


def _likelihood(
    predicted: FloatArray, spread: FloatArray, gone: FloatArray, left: FloatArray, most: float
) -> tuple[FloatArray, FloatArray]:
    """Return capacities up to ``most``, and how likely each is, (R, G): all alike before the analyses.

    Where none collapsed, the capacity is ``most``: that of a structure that ends its analyses only there.
    ``gone`` and ``left``, (R, n), are weights of the analyses that collapsed and that did not.
    """
    from scipy.special import log_ndtr

    low = predicted.min(axis=1) - _BEYOND * spread
    high = predicted.max(axis=1) + _BEYOND * spread
    if np.isfinite(most):
        high = np.full(len(low), most)
        low = np.minimum(low, high)
    limits = low[:, None] + (high - low)[:, None] * np.linspace(0.0, 1.0, _POINTS)
    z = (limits[:, :, None] - predicted[:, None]) / spread[:, None, None]
    total = np.sum(left[:, None] * log_ndtr(z) + gone[:, None] * log_ndtr(-z), axis=2)
    found = np.exp(total - total.max(axis=1, keepdims=True))
    nothing = ~np.any(gone > 0, axis=1)
    found[nothing] = 0.0
    found[nothing, -1] = 1.0
    limits[nothing, -1] = most
    return limits, found / found.sum(axis=1, keepdims=True)
