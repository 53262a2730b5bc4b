"""The population that estimates are of: the candidates, alike or weighted to follow the target."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.surrogate.sample import Population
from gmplug.values import Candidates, FloatArray, IntArray, Selection, Target

#: The candidates alike, or weighted such that their spectra follow the target.
Of = Literal["candidates", "target"]
#: Main components whose covariances are fitted.
_COMPONENTS = 3
#: Limits at every period: of the median, and of σ where it is at least a quarter of its largest value.
MEDIAN_LIMIT, SIGMA_LIMIT = 0.03, 0.05
_SIGMA_FROM = 0.25
#: What a covariance of two main components, each of variance 1, may be off by in the fit.
_COVARIANCE_LIMIT = 0.2
#: Share of the limits that the weights are found within, and of σ that the mean may be off by.
_WITHIN, _MEAN_OFF = 0.99, 0.2
#: Scale of the weights' sum, and distance below which no weights are within the limits.
_SUM_WEIGHT, _INFEASIBLE = 1e4, 1e-9
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

    Stable balancing weights (Zubizarreta 2015, J. Am. Stat. Assoc. 110:910-922): of all weights whose moments
    are within limits, those of the least Σ w²/base, which have the largest effective size. The moments are
    means and variances of ln Sa at all periods, and the covariances of its main components.

    Parameters
    ----------
    ln_sa
        Shape (N, P), on the target's periods.
    base
        Shape (N,), sum 1.

    Raises InputError where no weights are within the limits, or fewer than 20 effective candidates are left.
    """
    rows, limits, names = _constraints(ln_sa, target)
    weights = _least_squares(rows, limits, base)
    remedy = "widen [preselection], change the target, or set population = 'candidates'"
    if weights is None:
        factor, worst = _nearest(rows, limits)
        raise InputError(
            f"{_WHERE}: no weights of the {len(base)} candidates follow the target: the limits, "
            f"{MEDIAN_LIMIT:.0%} of the median and {SIGMA_LIMIT:.0%} of σ, would have to be {factor:.2g} "
            f"times as wide, mainly for {names[worst]}; {remedy}"
        )
    size = effective_size(weights)
    if size < FEWEST:
        raise InputError(
            f"{_WHERE}: weights that follow the target leave {size:.0f} effective candidates of "
            f"{len(weights)}, fewer than {FEWEST:g}; {remedy}"
        )
    return weights


def _least_squares(rows: FloatArray, limits: FloatArray, base: FloatArray) -> FloatArray | None:
    """Return w ≥ 0 (N,) of sum 1 and least Σ w²/base with rows w ≤ limits; None where there are none.

    For x = w / √base it is the least distance problem min |x|, G x ≥ h, by one non-negative least squares
    (Lawson & Hanson 1974, Solving least squares problems, ch. 23).
    """
    from scipy.optimize import nnls

    root = np.sqrt(base)
    total = root[None] * _SUM_WEIGHT
    left = np.vstack([-rows * root, np.diag(root), total, -total])
    right = np.concatenate([-limits, np.zeros(len(base)), [_SUM_WEIGHT, -_SUM_WEIGHT]])
    matrix = np.vstack([left.T, right])
    matrix /= np.linalg.norm(matrix, axis=0)
    wanted = np.zeros(len(matrix))
    wanted[-1] = 1.0
    multipliers, distance = nnls(matrix, wanted, maxiter=20 * matrix.shape[1])
    if distance < _INFEASIBLE:
        return None
    residual = matrix @ multipliers - wanted
    weights = np.maximum(-residual[:-1] / residual[-1] * root, 0.0)
    return np.asarray(weights / weights.sum())


def _nearest(rows: FloatArray, limits: FloatArray) -> tuple[float, int]:
    """Least factor on the limits that some weights are within, and the row that holds it up most."""
    from scipy.optimize import linprog

    count = rows.shape[1]
    found = linprog(
        np.append(np.zeros(count), 1.0), A_ub=np.column_stack([rows, -limits]), b_ub=np.zeros(len(rows)),
        A_eq=np.append(np.ones(count), 0.0)[None], b_eq=[1.0],
    )  # fmt: skip
    return float(found.fun), int(np.argmin(found.ineqlin.marginals))


def weighted_misfit(ln_sa: FloatArray, target: Target, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return median and σ of weighted spectra over the target's, less 1, shape (P,); NaN where σ is small."""
    mean = weights @ ln_sa
    sigma = np.sqrt(weights @ np.square(ln_sa - mean))
    wanted = target.sigma_ln
    with np.errstate(invalid="ignore", divide="ignore"):
        off = np.where(wanted >= _SIGMA_FROM * wanted.max(), sigma / wanted - 1.0, np.nan)
    return np.exp(mean - target.ln_mean) - 1.0, off


def _constraints(ln_sa: FloatArray, target: Target) -> tuple[FloatArray, FloatArray, list[str]]:
    """Return rows (K, N), limits (K,) and what each is: weights follow the target where rows w ≤ limits."""
    sigma = target.sigma_ln
    counted = sigma >= _SIGMA_FROM * sigma.max()
    off = ln_sa - target.ln_mean
    mean_limit = np.full(len(sigma), _WITHIN * np.log1p(MEDIAN_LIMIT))
    mean_limit[counted] = np.minimum(mean_limit, _MEAN_OFF * sigma)[counted]
    z = off[:, counted] / sigma[counted]
    # σ² is the mean of z² less the square of its mean, which the limits of the mean bound.
    low = 1.0 - (1.0 - _WITHIN * SIGMA_LIMIT) ** 2 - (mean_limit[counted] / sigma[counted]) ** 2
    high = np.full(counted.sum(), (1.0 + _WITHIN * SIGMA_LIMIT) ** 2 - 1.0)
    periods = [f"{period:g} s" for period in target.periods_s]
    of_sigma = [f"σ at {period}" for period, one in zip(periods, counted, strict=True) if one]
    pairs = _covariances(
        z, target.covariance[np.ix_(counted, counted)] / np.outer(sigma, sigma)[np.ix_(counted, counted)]
    )
    rows = np.vstack([off.T, -off.T, z.T**2 - 1.0, 1.0 - z.T**2, pairs, -pairs])
    limits = np.concatenate([mean_limit, mean_limit, high, low, np.full(2 * len(pairs), _COVARIANCE_LIMIT)])
    names = [
        *[f"the median at {period}" for period in periods] * 2,
        *of_sigma * 2,
        *["the correlation"] * 2 * len(pairs),
    ]
    return rows, limits, names


def _covariances(z: FloatArray, correlation: FloatArray) -> FloatArray:
    """Products of the main components' scores, each of variance 1 under the target, shape (pairs, N)."""
    values, vectors = np.linalg.eigh(correlation)
    values, main = values[::-1][:_COMPONENTS], vectors[:, ::-1][:, :_COMPONENTS]
    scores = z @ main / np.sqrt(np.maximum(values, 1e-12))
    pairs = [scores[:, i] * scores[:, j] for i in range(main.shape[1]) for j in range(i)]
    return np.array(pairs).reshape(-1, len(z))


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
