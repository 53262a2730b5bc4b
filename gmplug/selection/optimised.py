"""The selector ``optimised``: the set that follows the target best within quotas and a user's wishes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field

from gmplug.errors import InputError
from gmplug.selection.constraints import Cell, Constraints, check_feasible
from gmplug.selection.objective import Objective, Weights
from gmplug.selection.realizations import coarse_periods
from gmplug.selection.search import STREAMS, search
from gmplug.target.measures import ln_scaled_measures
from gmplug.values import (
    BoolArray,
    Candidates,
    Clusters,
    FloatArray,
    IntArray,
    Progress,
    Target,
    no_progress,
)

WHERE = "[selection] method 'optimised'"
_Weight = Annotated[float, Field(ge=0)]
_Positive = Annotated[float, Field(gt=0)]


def optimised(
    candidates: Candidates,
    target: Target,
    clusters: Clusters,
    quotas: pd.DataFrame,
    seed: int,
    workers: int = 1,
    progress: Progress = no_progress,
    mean_weight: _Weight = 1.0,
    sigma_weight: _Weight = 1.0,
    skewness_weight: _Weight = 0.0,
    correlation_weight: _Weight = 0.0,
    scale_factor_weight: _Weight = 0.0,
    period_weights: list[list[float]] | None = None,
    include: list[str] | None = None,
    exclude: list[str] | None = None,
    max_per_event: Annotated[int, Field(ge=1)] | None = None,
    scale_factor: list[float] | None = None,
    effort: _Positive = 1.0,
) -> IntArray:
    """Choose the set with the smallest objective by swaps of records, from many starts.

    Parameters
    ----------
    quotas
        ``group``, ``cluster``, ``quota``.
    mean_weight, sigma_weight, skewness_weight, correlation_weight, scale_factor_weight
        Weights of the objective's terms, see :class:`gmplug.selection.objective.Objective`. With 1, 1, 0, 0,
        0
        it is E of METHOD section 7.
    period_weights
        ``[[from, to, weight], …]``: weight of the periods from … to, s; 1 elsewhere.
    include, exclude
        Ids of candidates that must be in, and must not.
    max_per_event
        Most records of one earthquake.
    scale_factor
        Smallest and largest scale factor.
    effort
        Multiplies the steps of the search.

    Returns
    -------
    array
        Positions in the candidates, shape (n,).

    Raises
    ------
    InputError
        An option is wrong, or no set satisfies all constraints: which one binds, and what would relax it.
    """
    # Sorted by id, so that the order of the candidates makes no difference.
    by_id = np.argsort(candidates.records["id"].astype(str).to_numpy(), kind="stable")
    records = candidates.records.iloc[by_id].reset_index(drop=True)
    weights = Weights(mean_weight, sigma_weight, skewness_weight, correlation_weight, scale_factor_weight)
    objective = make_objective(records, candidates.ln_sa[by_id], target, weights, period_weights)
    labels = clusters.table[["group", "cluster"]].iloc[by_id].reset_index(drop=True)
    constraints = make_constraints(records, labels, quotas, include, exclude, max_per_event, scale_factor)
    check_feasible(constraints, WHERE)

    def told(done: int, best: float) -> None:
        progress(done, STREAMS, f"best objective {best:.3f}")

    found = search(objective, constraints, seed, workers, effort, told=told)
    return by_id[found.chosen].astype(np.int64)


def make_objective(
    records: pd.DataFrame,
    ln_sa: FloatArray,
    target: Target,
    weights: Weights,
    period_weights: Sequence[Sequence[float]] | None = None,
) -> Objective:
    """Return the objective of sets of ``records`` (N rows) with ln Sa (N, P): E by default.

    A target's further measures count as further columns, with their own weights; a target without dispersion
    asks for the mean alone.
    """
    values, sigma = ln_sa - target.ln_mean, target.sigma_ln
    columns = _column_weights(target.periods_s, period_weights)
    if target.mean_only:
        weights = Weights(weights.mean, 0.0, 0.0, 0.0, weights.scale_factor)
    pairs = correlation = None
    if weights.correlation > 0:
        pairs, correlation = _pairs(target)
    if target.measures is not None:
        further = ln_scaled_measures(records, target.measures) - target.measures.ln_mean
        values = np.concatenate([values, further], axis=1)
        sigma = np.concatenate([sigma, target.measures.sigma_ln])
        columns = np.concatenate([columns, target.measures.weights])
    ln_factor = np.log(records["scale_factor"].to_numpy(float)) if "scale_factor" in records else None
    factors = np.zeros(len(records)) if ln_factor is None else ln_factor
    return Objective(values, sigma, columns, weights, factors, pairs, correlation)


def _column_weights(periods_s: FloatArray, stated: Sequence[Sequence[float]] | None) -> FloatArray:
    weights = np.ones(len(periods_s))
    for entry in stated or ():
        if len(entry) != 3 or not (0 <= entry[0] <= entry[1]) or entry[2] < 0:
            raise InputError(f"{WHERE}: period_weights has {list(entry)}; give [from, to, weight], in s")
        inside = (periods_s >= entry[0] * (1 - 1e-9)) & (periods_s <= entry[1] * (1 + 1e-9))
        if not inside.any():
            raise InputError(
                f"{WHERE}: period_weights: no period lies between {entry[0]:g} and {entry[1]:g} s"
            )
        weights[inside] = entry[2]
    if not weights.any():
        raise InputError(f"{WHERE}: period_weights leave no period with a weight")
    return weights


def _pairs(target: Target) -> tuple[IntArray, FloatArray]:
    """Pairs of log-spaced periods with a dispersion, (K, 2), and the target's correlation between them."""
    sigma = target.sigma_ln
    coarse = [int(i) for i in coarse_periods(target) if sigma[i] > 0.05 * sigma.max()]
    pairs = np.array([(a, b) for a in coarse for b in coarse if a < b], dtype=np.int64).reshape(-1, 2)
    a, b = pairs.T
    return pairs, target.covariance[a, b] / (sigma[a] * sigma[b])


def make_constraints(
    records: pd.DataFrame,
    labels: pd.DataFrame,
    quotas: pd.DataFrame,
    include: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    max_per_event: int | None = None,
    scale_factor: Sequence[float] | None = None,
) -> Constraints:
    """Return the constraints on sets of ``records`` (N rows); ``labels`` are their group and cluster."""
    ids = records["id"].astype(str)
    wanted, unwanted = _named(ids, include, "include"), _named(ids, exclude, "exclude")
    usable = ~unwanted & _within_factors(records, scale_factor)
    problems = [
        f"{WHERE}: '{i}' is in include and in exclude; take it out of one" for i in ids[wanted & unwanted]
    ]
    too_far = wanted & ~unwanted & ~usable
    problems += [f"{WHERE}: include names '{i}', whose factor scale_factor leaves out" for i in ids[too_far]]
    if problems:
        raise InputError(problems)
    cells = []
    for group, cluster, quota in zip(quotas["group"], quotas["cluster"], quotas["quota"], strict=True):
        of_cell = np.asarray((labels["group"] == group) & (labels["cluster"] == cluster))
        cells.append(
            Cell(
                name=f"group '{group}', cluster {cluster}",
                members=np.flatnonzero(of_cell & usable),
                count=int(quota),
                fixed=np.flatnonzero(of_cell & usable & wanted),
                size=int(of_cell.sum()),
            )
        )
    event, names = _events(records)
    return Constraints(tuple(cells), event, names, max_per_event)


def _named(ids: pd.Series, names: Sequence[str] | None, option: str) -> BoolArray:
    stated = [str(name) for name in names or ()]
    unknown = sorted(set(stated) - set(ids))
    if unknown:
        raise InputError(
            f"{WHERE}: {option} names {', '.join(unknown)}, not among the candidates; candidates.csv lists "
            f"them"
        )
    return np.asarray(ids.isin(stated), dtype=bool)


def _within_factors(records: pd.DataFrame, limits: Sequence[float] | None) -> BoolArray:
    if limits is None:
        return np.ones(len(records), dtype=bool)
    if len(limits) != 2 or not 0 < limits[0] <= limits[1]:
        raise InputError(f"{WHERE}: scale_factor is [smallest, largest], not {list(limits)}")
    factors = records["scale_factor"].to_numpy(float)
    return np.asarray((factors >= limits[0]) & (factors <= limits[1]), dtype=bool)


def _events(records: pd.DataFrame) -> tuple[IntArray, tuple[str, ...]]:
    """Number of each record's earthquake, and the names; an unknown earthquake is one of its own."""
    names: Any = records["event"] if "event" in records else pd.Series([""] * len(records))
    text = names.fillna("").astype(str).str.strip().to_numpy(dtype=object)
    own = np.array([f"(earthquake of {i})" for i in records["id"]], dtype=object)
    codes, unique = pd.factorize(np.where(text == "", own, text), sort=True)
    return np.asarray(codes, dtype=np.int64), tuple(map(str, unique))
