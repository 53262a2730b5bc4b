"""The population that estimates are of: the candidates, alike or weighted to follow the target."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.surrogate.estimates import Population
from gmplug.values import Candidates, FloatArray, IntArray, Selection, Target

#: The candidates alike, or weighted such that their spectra follow the target.
Of = Literal["candidates", "target"]
#: Periods, spaced in logarithms and again evenly, whose mean and variance are fitted; and main components
#: whose covariances are.
_PERIODS, _COMPONENTS = 60, 3
#: Regularization of the dual: moments may be missed by little, in the mean square over the periods.
_RIDGE = 0.1
#: Rounds in which moments off the limits get more weight.
_ROUNDS = 8
#: Limits at every period: of the median, and of σ where it is at least a quarter of its largest value.
MEDIAN_LIMIT, SIGMA_LIMIT = 0.03, 0.05
_SIGMA_FROM = 0.25
#: What a covariance of two main components, each of variance 1, may be off by in the fit.
_COVARIANCE_LIMIT = 0.2
#: Fewest effective candidates.
FEWEST = 20.0
_WHERE = "population = 'target'"


def population_weights(
    candidates: Candidates, quotas: pd.DataFrame, target: Target, of: Of = "candidates"
) -> FloatArray:
    """Return the weights of the candidates, shape (N,), sum 1.

    Groups weigh as their quotas do, because the hazard decides the share of pulses; the candidates of a group
    weigh alike, or follow the target.

    Raises InputError where the candidates cannot follow the target.
    """
    by_group = quotas.groupby("group")["quota"].sum()
    groups = candidates.records["group"].astype(str)
    counts = groups.value_counts()
    if not set(by_group.index) <= set(counts.index):  # quotas = "none": one group for all
        base = np.full(len(groups), 1.0 / len(groups))
    else:
        share = by_group / by_group.sum() / counts
        base = groups.map(share).fillna(0.0).to_numpy(dtype=float)
    base = base / base.sum()
    return base if of == "candidates" else follow_target(candidates.ln_sa, target, base)


def effective_size(weights: FloatArray) -> float:
    """Return the number of alike candidates that vary as much: 1 / Σ w² (Kish 1965)."""
    return float(1.0 / np.sum(np.square(weights / weights.sum())))


def follow_target(ln_sa: FloatArray, target: Target, base: FloatArray) -> FloatArray:
    """Return the weights nearest to ``base`` whose spectra have the target's mean, σ and correlation.

    Entropy balancing (Hainmueller 2012, Political Analysis 20(1), eqs. 3-8): of all weights that meet the
    moments, those of the least Kullback-Leibler divergence from ``base``, by its convex dual. The moments are
    means and variances of ln Sa over the periods, and the covariances of its main components.

    Parameters
    ----------
    ln_sa
        Shape (N, P), on the target's periods.
    base
        Shape (N,), sum 1.

    Raises InputError where a limit does not hold, or fewer than 20 effective candidates are left.
    """
    moments = _moments(ln_sa, target)
    scale = np.ones(moments.shape[1])
    found: list[tuple[float, FloatArray]] = []
    for _ in range(_ROUNDS):
        weights = _balanced(moments * scale, base)
        off = [np.nanmax(np.abs(one), initial=0.0) for one in weighted_misfit(ln_sa, target, weights)]
        found.append((max(off[0] / MEDIAN_LIMIT, off[1] / SIGMA_LIMIT), weights))
        worst = [one[0] for one in found]
        if worst[-1] <= 1.0 or (len(worst) > 2 and min(worst[-2:]) > min(worst[:-2])):
            break  # they hold, or two rounds have not helped
        missed = np.abs(weights @ moments) * np.sqrt(moments.shape[1] / 2)
        scale *= np.clip(missed, 1.0, 3.0)  # fit better what is off the limits
    weights = min(found, key=lambda one: one[0])[1]
    _check(ln_sa, target, weights)
    return weights


def _balanced(moments: FloatArray, base: FloatArray) -> FloatArray:
    """Weights whose mean moments (N, K) are nearly 0, by Newton's method on the dual."""
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    def dual(multipliers: FloatArray) -> float:
        ridge = 0.5 * _RIDGE * float(multipliers @ multipliers)
        return float(logsumexp(moments @ multipliers, b=base)) + ridge

    def slope(multipliers: FloatArray) -> FloatArray:
        return np.asarray(_tilted(base, moments @ multipliers) @ moments + _RIDGE * multipliers)

    def curvature(multipliers: FloatArray) -> FloatArray:
        weights = _tilted(base, moments @ multipliers)
        mean = weights @ moments
        second = (moments.T * weights) @ moments - np.outer(mean, mean)
        return np.asarray(second + _RIDGE * np.eye(len(mean)))

    found = minimize(
        dual, np.zeros(moments.shape[1]), jac=slope, hess=curvature, method="trust-exact",
        options={"gtol": 1e-6, "maxiter": 200},
    )  # fmt: skip
    return _tilted(base, moments @ found.x)


def _tilted(base: FloatArray, exponents: FloatArray) -> FloatArray:
    weights = base * np.exp(exponents - exponents.max())
    return np.asarray(weights / weights.sum())


def weighted_misfit(ln_sa: FloatArray, target: Target, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return median and σ of weighted spectra over the target's, less 1, shape (P,); NaN where σ is small."""
    mean = weights @ ln_sa
    sigma = np.sqrt(weights @ np.square(ln_sa - mean))
    wanted = target.sigma_ln
    with np.errstate(invalid="ignore", divide="ignore"):
        off = np.where(wanted >= _SIGMA_FROM * wanted.max(), sigma / wanted - 1.0, np.nan)
    return np.exp(mean - target.ln_mean) - 1.0, off


def _moments(ln_sa: FloatArray, target: Target) -> FloatArray:
    """What has the expectation 0 under the target, over the limits, shape (N, K)."""
    periods, sigma = target.periods_s, target.sigma_ln
    ends = periods[0], periods[-1]
    wanted = np.concatenate([np.geomspace(*ends, _PERIODS), np.linspace(*ends, _PERIODS)])
    at = np.unique(np.abs(periods[None] - wanted[:, None]).argmin(axis=1))
    of_mean = (ln_sa - target.ln_mean)[:, at] / MEDIAN_LIMIT
    at = at[sigma[at] >= _SIGMA_FROM * sigma.max()]
    z = (ln_sa - target.ln_mean)[:, at] / sigma[at]
    correlation = target.covariance[np.ix_(at, at)] / np.outer(sigma[at], sigma[at])
    values, vectors = np.linalg.eigh(correlation)
    main = vectors[:, ::-1][:, :_COMPONENTS]
    scores = z @ main / np.sqrt(np.maximum(values[::-1][:_COMPONENTS], 1e-12))
    pairs = [scores[:, i] * scores[:, j] for i in range(main.shape[1]) for j in range(i)]
    of_sigma = (np.square(z) - 1.0) / (2.0 * SIGMA_LIMIT)
    by_period = np.column_stack([of_mean, of_sigma]) / np.sqrt(len(at))
    return np.column_stack([by_period, *(pair / _COVARIANCE_LIMIT / len(pairs) for pair in pairs)])


def _check(ln_sa: FloatArray, target: Target, weights: FloatArray) -> None:
    median, sigma = weighted_misfit(ln_sa, target, weights)
    worst = int(np.nanargmax(np.abs(median)))
    remedy = "widen [preselection], change the target, or set population = 'candidates'"
    if abs(median[worst]) > MEDIAN_LIMIT:
        raise InputError(
            f"{_WHERE}: no weights of the {len(weights)} candidates follow the target: the nearest have a "
            f"median off by {median[worst]:+.1%} at {target.periods_s[worst]:g} s; {remedy}"
        )
    if np.isfinite(sigma).any():
        worst = int(np.nanargmax(np.abs(sigma)))
        if abs(sigma[worst]) > SIGMA_LIMIT:
            raise InputError(
                f"{_WHERE}: no weights of the {len(weights)} candidates follow the target: the nearest have "
                f"a σ off by {sigma[worst]:+.1%} at {target.periods_s[worst]:g} s; {remedy}"
            )
    size = effective_size(weights)
    if size < FEWEST:
        raise InputError(
            f"{_WHERE}: weights that follow the target leave {size:.0f} effective candidates of "
            f"{len(weights)}, fewer than {FEWEST:g}; {remedy}"
        )


def surveyed(
    candidates: Candidates, clusters: pd.DataFrame, weights: FloatArray, selection: Selection
) -> Population:
    """Return the population with the selected records as its sample.

    A record stands for its cluster's weight over the records selected of it, whatever chose them.

    Parameters
    ----------
    clusters
        ``group`` and ``cluster`` of each candidate.
    """
    cells, codes = _cells(clusters)
    sample: IntArray = candidates.positions(selection.records["id"])
    mass = np.bincount(codes, weights=weights, minlength=cells)
    taken = np.bincount(codes[sample], minlength=cells)
    each = mass[codes[sample]] / taken[codes[sample]]
    return Population(weights, sample, each / each.sum())


def _cells(clusters: pd.DataFrame) -> tuple[int, IntArray]:
    names = clusters["group"].astype(str) + "\0" + clusters["cluster"].astype(str)
    codes, known = pd.factorize(names)
    return len(known), np.asarray(codes, dtype=np.int64)
