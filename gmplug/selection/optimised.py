"""The default selection: the set that follows the target best within quotas and other constraints."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from gmplug.errors import InputError
from gmplug.selection.constraints import Cell, Constraints, check_feasible
from gmplug.selection.error import misfit
from gmplug.selection.explain import explain
from gmplug.selection.kolmogorov import KolmogorovSmirnov, improve
from gmplug.selection.objective import Objective, Weights
from gmplug.selection.realizations import coarse_periods
from gmplug.selection.search import Found, by_cell, search
from gmplug.values import (
    BoolArray,
    Candidates,
    Choice,
    Clusters,
    FloatArray,
    IntArray,
    Progress,
    Target,
    closest,
    no_progress,
    rows_by_name,
)

#: Start of the note on what the clusters' quotas cost.
COST_NOTE = "Cost of the cluster quotas"
WHERE = "[selection] method 'optimised'"
Weight = Annotated[float, Field(ge=0)]


def optimised(
    candidates: Candidates,
    target: Target,
    clusters: Clusters,
    quotas: pd.DataFrame,
    seed: int,
    workers: int = 1,
    progress: Progress = no_progress,
    effort: Annotated[float, Field(gt=0)] = 1.0,
    mean_weight: Weight = 1.0,
    sigma_weight: Weight = 1.0,
    skewness_weight: Weight = 0.0,
    correlation_weight: Weight = 0.0,
    scale_factor_weight: Weight = 0.0,
    period_weights: list[tuple[float, float, Weight]] | None = None,
    max_per_event: Annotated[int, Field(ge=1)] | None = None,
    include: list[str | int] | None = None,
    exclude: list[str | int] | None = None,
    scale_factor: tuple[float, float] | None = None,
    price: bool = True,
    statistic: Literal["moments", "kolmogorov-smirnov"] = "moments",
) -> Choice:
    """Choose the set with the smallest objective that a search of many starts finds.

    Parameters
    ----------
    quotas
        ``group``, ``cluster``, ``quota``.
    effort
        How long to search, of the usual.
    mean_weight, sigma_weight, skewness_weight, correlation_weight, scale_factor_weight
        Weights of the objective; see :class:`gmplug.selection.objective.Objective`.
    period_weights
        ``[first_s, last_s, weight]`` each; the last that holds a period decides, and 0 holds outside all.
    max_per_event
        Records of one earthquake at most.
    include, exclude
        Records (ids or record numbers) that are in, or out, for certain.
    scale_factor
        ``[lowest, highest]`` of the selected records.
    price
        Whether a second search without the clusters' quotas finds what they cost.
    statistic
        ``"kolmogorov-smirnov"``: of the sets that the search ends with, each is improved by
        :class:`gmplug.selection.kolmogorov.KolmogorovSmirnov`, and the best taken.

    Returns
    -------
    Choice
        Positions by cluster in the order of ``quotas``; the cost of the quotas; why each record is in.

    Raises
    ------
    InputError
        No set satisfies the constraints: one line names the one that binds and the remedy.
    """
    # Sorted by id, so that the order of the candidates makes no difference.
    by_id = candidates.order_by_id()
    sorted_candidates, sorted_clusters = candidates.take(by_id), clusters.take(by_id)
    weights = Weights(
        mean_weight,
        0.0 if target.mean_only else sigma_weight,
        0.0 if target.mean_only else skewness_weight,
        correlation_weight,
        scale_factor_weight,
    )
    objective = make_objective(sorted_candidates, target, weights, period_weights)
    own = RecordConstraints(sorted_candidates.records, max_per_event, include, exclude, scale_factor)
    constraints = own.constraints(sorted_clusters, quotas)

    measure = None
    if statistic == "kolmogorov-smirnov":
        measure = KolmogorovSmirnov(
            objective.values, objective.sigma, objective.column_weights, objective.penalty
        )

    def report(done: int, of: int, best: float) -> None:
        progress(done, of, f"best {best:.3f}")

    found = search(objective, constraints, seed, workers, effort, report=report)
    found = _improved(found, constraints, measure)
    notes, facts = list(own.notes), {"objective": found.objective, "max_per_event": max_per_event}
    if price and bool(quotas["group"].duplicated().any()):
        loose = own.constraints(sorted_clusters, without_clusters(quotas))
        free = search(objective, loose, seed, workers, effort, starts=by_cell(found.chosen, loose)[None])
        free = _improved(free, loose, measure, also=found.chosen)
        facts["objective_without_cluster_quotas"] = free.objective
        error = misfit(sorted_candidates.ln_sa[found.chosen], target).error
        what = "E" if np.isclose(found.objective, error) else "objective"
        notes.append(f"{COST_NOTE}: {what} = {found.objective:.3f} with them, {free.objective:.3f} without.")
    table = explain(
        sorted_candidates,
        target,
        sorted_clusters,
        found.chosen,
        objective,
        constraints,
        found.all_ends,
        measure,
    )
    return Choice(by_id[found.chosen].astype(np.int64), tuple(notes), facts, table)


def _improved(
    found: Found,
    constraints: Constraints,
    statistic: KolmogorovSmirnov | None,
    also: IntArray | None = None,
) -> Found:
    """Improve the sets that the search ended with, and the set ``also``, by a statistic; return the best."""
    if statistic is None:
        return found
    sets = np.concatenate([found.chosen[None], found.all_ends])
    if also is not None:
        sets = np.concatenate([sets, by_cell(also, constraints)[None]])
    chosen, value = improve(statistic, constraints, sets)
    return Found(by_cell(chosen, constraints), value, found.all_ends)


def explain_plainly(
    candidates: Candidates, target: Target, clusters: Clusters, chosen: IntArray, quotas: pd.DataFrame
) -> pd.DataFrame:
    """Explain any set by E, alternates from the clusters of its records."""
    constraints = RecordConstraints(candidates.records, None, None, None, None).stated(clusters, quotas)
    weights = Weights(sigma=0.0 if target.mean_only else 1.0)
    return explain(
        candidates, target, clusters, chosen, make_objective(candidates, target, weights), constraints
    )


def without_clusters(quotas: pd.DataFrame) -> pd.DataFrame:
    """The quotas of groups as a whole: ``cluster`` is 0, meaning any."""
    return quotas.groupby("group", sort=False, as_index=False)["quota"].sum().assign(cluster=0)


def make_objective(
    candidates: Candidates,
    target: Target,
    weights: Weights,
    period_weights: Iterable[tuple[float, float, float]] | None = None,
) -> Objective:
    """Return the objective over the target's periods and its further measures."""
    values = candidates.ln_sa - target.ln_mean
    sigma = target.sigma_ln
    column_weights = _column_weights(target.periods_s, period_weights)
    pairs, correlation = np.empty((0, 2), dtype=np.int64), np.empty(0)
    if weights.correlation > 0:
        pairs, correlation = _correlated_pairs(target)
    if target.measures is not None:
        from gmplug.measures.records import ln_scaled_measures

        measures = target.measures
        further = ln_scaled_measures(candidates.records, measures) - measures.ln_mean
        values = np.concatenate([values, further], axis=1)
        sigma = np.concatenate([sigma, measures.sigma_ln])
        column_weights = np.concatenate([column_weights, measures.weights])
    ln_factor = np.zeros(len(values))
    if weights.scale_factor > 0 and "scale_factor" in candidates.records:
        ln_factor = np.log(candidates.records["scale_factor"].to_numpy(dtype=float))
    return Objective(values, sigma, column_weights, weights, ln_factor, pairs, correlation)


def _column_weights(periods_s: FloatArray, ranges: Iterable[tuple[float, float, float]] | None) -> FloatArray:
    if ranges is None:
        return np.ones(len(periods_s))
    weights = np.zeros(len(periods_s))
    for first, last, weight in ranges:
        weights[(periods_s >= first * (1 - 1e-9)) & (periods_s <= last * (1 + 1e-9))] = weight
    if not weights.any():
        raise InputError(
            f"{WHERE}: period_weights leaves no period of the grid, {periods_s[0]:g} to {periods_s[-1]:g} s, "
            f"a weight; give [first_s, last_s, weight] within it"
        )
    return weights


def _correlated_pairs(target: Target) -> tuple[IntArray, FloatArray]:
    """Pairs of log-spaced periods whose σ is not zero, (K, 2), and the target's correlation between them."""
    at = coarse_periods(target)
    at = at[target.sigma_ln[at] > 1e-6]
    first, second = np.triu_indices(len(at), 1)
    pairs = np.column_stack([at[first], at[second]])
    sigma = target.sigma_ln
    covariance = target.covariance[pairs[:, 0], pairs[:, 1]]
    return pairs, covariance / (sigma[pairs[:, 0]] * sigma[pairs[:, 1]])


@dataclass
class RecordConstraints:
    """A study's constraints on the records themselves; ``notes`` on those without effect."""

    records: pd.DataFrame
    max_per_event: int | None
    include: list[str | int] | None
    exclude: list[str | int] | None
    scale_factor: tuple[float, float] | None
    where: str = WHERE

    def __post_init__(self) -> None:
        self.notes: list[str] = []
        self.fixed = self._listed(self.include, "include")
        out = self._listed(self.exclude, "exclude")
        both = np.flatnonzero(self.fixed & out)
        if len(both):
            name = self.records["id"].iloc[both[0]]
            raise InputError(
                f"{self.where}: '{name}' is in include and in exclude; take it out of one of them"
            )
        self.allowed = ~out
        if self.scale_factor is not None:
            low, high = self.scale_factor
            factor = self.records["scale_factor"].to_numpy(dtype=float)
            within = (factor >= low) & (factor <= high)
            bad = np.flatnonzero(self.fixed & ~within)
            if len(bad):
                raise InputError(
                    f"{self.where}: '{self.records['id'].iloc[bad[0]]}' of include has scale factor "
                    f"{factor[bad[0]]:.3g}, outside scale_factor = [{low:g}, {high:g}]; widen it or "
                    f"take the record out"
                )
            self.allowed &= within
        self.event, self.event_names = self._events()

    def constraints(self, clusters: Clusters, quotas: pd.DataFrame) -> Constraints:
        """Constraints for these quotas, which can be met; ``cluster`` 0 stands for all of a group."""
        made = self.stated(clusters, quotas)
        try:
            check_feasible(made, self.where)
        except InputError:  # the remedy takes longer to find than most searches
            check_feasible(replace(made, relax=self._remedy(clusters, quotas)), self.where)
        return made

    def stated(self, clusters: Clusters, quotas: pd.DataFrame) -> Constraints:
        group, cluster = clusters.table["group"].to_numpy(), clusters.table["cluster"].to_numpy()
        cells = []
        shared = quotas["group"].duplicated(keep=False)
        for row, many in zip(quotas.to_dict("records"), shared, strict=True):
            inside = (group == row["group"]) & ((cluster == row["cluster"]) | (row["cluster"] == 0))
            name = f"group '{row['group']}'"
            name = f"cluster {row['cluster']} of {name}" if many else name
            members, fixed = (np.flatnonzero(inside & mask) for mask in (self.allowed, self.fixed))
            cells.append(Cell(name, members, int(row["quota"]), fixed, int(inside.sum())))
        return Constraints(tuple(cells), self.event, self.event_names, self.max_per_event)

    def _remedy(self, clusters: Clusters, quotas: pd.DataFrame) -> str:
        """The loosening of the quotas that would make the rest possible, if there is one that is needed."""
        whole = pd.DataFrame({"group": ["all"], "cluster": [0], "quota": [int(quotas["quota"].sum())]})
        united = clusters.assign(group="all")
        for text, of, to in (("groups", clusters, without_clusters(quotas)), ("none", united, whole)):
            with contextlib.suppress(InputError):
                check_feasible(self.stated(of, to), self.where)
                return f', or set quotas = "{text}"'
        return ""

    def _listed(self, wanted: list[str | int] | None, option: str) -> BoolArray:
        """Return which candidates a list of ids or record numbers names."""
        listed = np.zeros(len(self.records), dtype=bool)
        if not wanted:
            return listed
        row_of = rows_by_name(self.records)
        unknown = [str(item) for item in wanted if str(item) not in row_of]
        if unknown and option == "include":
            hint = closest(unknown[0], row_of)
            raise InputError(f"{self.where}: include: '{unknown[0]}' is not among the candidates; {hint}")
        if unknown:
            self.notes.append(
                f"{option} of [selection] names {len(unknown)} records that are no candidates: "
                f"{', '.join(unknown[:5])}{', …' if len(unknown) > 5 else ''}"
            )
        listed[[row_of[str(item)] for item in wanted if str(item) in row_of]] = True
        return listed

    def _events(self) -> tuple[IntArray, tuple[str, ...]]:
        """The earthquake of each candidate as a number; each of those unknown counts as one of its own."""
        names: Any = np.full(len(self.records), "", dtype=object)
        if "event" in self.records:
            names = self.records["event"].fillna("").astype(str).str.strip().to_numpy(dtype=object)
        unknown = names == ""
        if self.max_per_event is not None and unknown.all():
            raise InputError(
                f"{self.where}: max_per_event: the candidates' earthquakes are not known; remove the option, "
                f"or give a catalogue with a column 'event'"
            )
        if self.max_per_event is not None and unknown.any():
            self.notes.append(
                f"{int(unknown.sum())} candidates' earthquakes are not known; max_per_event takes each "
                f"for another"
            )
        names = np.where(unknown, [f"?{row}" for row in range(len(names))], names)
        known, number = np.unique(names.astype(str), return_inverse=True)
        return number.astype(np.int64), tuple(str(name) for name in known)
