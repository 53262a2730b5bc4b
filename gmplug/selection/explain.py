"""Why each record is in a set: its place, its share of the error, what it would cost to do without it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gmplug.selection.constraints import Constraints
from gmplug.selection.error import misfit
from gmplug.selection.kolmogorov import KolmogorovSmirnov
from gmplug.selection.objective import Objective
from gmplug.values import Candidates, Clusters, FloatArray, IntArray, Target

if TYPE_CHECKING:
    from gmplug.selection.exchange import Columns

#: Records named in place of each that is in.
ALTERNATES = 3


def explain(
    candidates: Candidates,
    target: Target,
    clusters: Clusters,
    chosen: IntArray,
    objective: Objective,
    constraints: Constraints,
    ends: IntArray | None = None,
    statistic: KolmogorovSmirnov | None = None,
) -> pd.DataFrame:
    """Return one row per chosen record.

    Parameters
    ----------
    chosen
        Positions, shape (n,).
    ends
        Sets that independent searches ended with, (K, n), for ``chosen_share``.
    statistic
        What alternates cost in, in place of the objective.

    Returns
    -------
    table
        ``id``, ``group``, ``cluster``, ``scale_factor``; ``distance_to_centroid``, root mean square of
        ln Sa over the periods, and ``distance_rank`` in the cluster (1: nearest);
        ``error_share``, parts that add up to E;
        ``cost_without``, what E changes by if it is left out without replacement; ``alternate_1``, ... and
        ``cost_1``, ...: the records that could stand in its place, and what the objective changes by;
        ``chosen_share`` of the searches that ended with it.
    """
    records = candidates.records.iloc[chosen].reset_index(drop=True)
    labels = clusters.table.iloc[chosen].reset_index(drop=True)
    distance, rank = _centroid_distances(candidates.ln_sa, clusters.table)
    table = pd.DataFrame(
        {
            "id": records["id"],
            "group": labels["group"],
            "cluster": labels["cluster"].astype(int),
            "scale_factor": records["scale_factor"],
            "distance_to_centroid": distance[chosen],
            "distance_rank": rank[chosen],
            "error_share": error_shares(candidates.ln_sa[chosen], target),
            "cost_without": costs_without(candidates.ln_sa[chosen], target),
        }
    )
    names = candidates.records["id"].astype(str).to_numpy()
    positions, costs = alternates(objective, constraints, chosen, names, statistic)
    for k in range(ALTERNATES):
        table[f"alternate_{k + 1}"] = [names[p] if p >= 0 else "" for p in positions[:, k]]
        table[f"cost_{k + 1}"] = costs[:, k]
    if ends is not None:
        table["chosen_share"] = np.mean((ends[:, :, None] == chosen).any(axis=1), axis=0)
    return table


def _centroid_distances(ln_sa: FloatArray, table: pd.DataFrame) -> tuple[FloatArray, IntArray]:
    distance = np.zeros(len(table))
    rank = np.zeros(len(table), dtype=np.int64)
    for _, part in table.reset_index(drop=True).groupby(["group", "cluster"]):
        at = part.index.to_numpy()
        apart = ln_sa[at]  # a copy, changed in place: a large library has no memory for more of them
        apart -= apart.mean(axis=0)
        apart *= apart
        distance[at] = np.sqrt(apart.mean(axis=1))
        rank[at[np.argsort(distance[at], kind="stable")]] = np.arange(1, len(at) + 1)
    return distance, rank


def error_shares(ln_sa: FloatArray, target: Target) -> FloatArray:
    """Parts of E that add up to it, (n,): m² is m times the sum of the records' parts of m, so for s − σ.

    With y_i the value less the set's mean: Σ_T m (x_i − μ)/n + (s − σ)(y_i²/((n − 1) s) − σ/n). Negative for
    a record that pulls the set the right way.
    """
    n = len(ln_sa)
    apart = ln_sa - target.ln_mean
    mean = apart.mean(axis=0)
    own = (apart - mean) ** 2
    std = np.sqrt(own.sum(axis=0) / (n - 1))
    weight = 0.0 if target.mean_only else 1.0
    spread = own / ((n - 1) * np.maximum(std, 1e-12)) - target.sigma_ln / n
    return np.asarray((mean * apart / n + weight * (std - target.sigma_ln) * spread).sum(axis=1))


def costs_without(ln_sa: FloatArray, target: Target) -> FloatArray:
    """E of the others less E of all, (n,); NaN where fewer than two would be left."""
    if len(ln_sa) < 3:
        return np.full(len(ln_sa), np.nan)
    others = [misfit(np.delete(ln_sa, row, axis=0), target).error for row in range(len(ln_sa))]
    return np.array(others) - misfit(ln_sa, target).error


def alternates(
    objective: Objective,
    constraints: Constraints,
    chosen: IntArray,
    names: Any,
    statistic: KolmogorovSmirnov | None = None,
) -> tuple[IntArray, FloatArray]:
    """For each record the best others that the constraints allow in its place: positions (n, 3), cost (n, 3).

    Costs are changes of the objective, or of the ``statistic``. Position −1 and cost NaN: there are none.
    Of equal ones the first by ``names``.
    """
    from gmplug.selection.exchange import Columns  # numba, only where it is used

    found = np.full((len(chosen), ALTERNATES), -1, dtype=np.int64)
    costs = np.full((len(chosen), ALTERNATES), np.nan)
    columns = Columns.of(objective)
    now = statistic.of(chosen) if statistic else objective.errors(chosen[None])[0]
    for i, others in enumerate(_allowed(constraints, chosen)):
        if statistic:
            values = statistic.with_each(np.delete(chosen, i), others)
        else:
            others, values = _nearly_best(objective, columns, chosen, i, others)
        values = values - now
        order = np.lexsort((names[others], np.round(values, 12)))[:ALTERNATES]
        found[i, : len(order)], costs[i, : len(order)] = others[order], values[order]
    return found, costs


def _nearly_best(
    objective: Objective, columns: Columns, chosen: IntArray, slot: int, others: IntArray
) -> tuple[IntArray, FloatArray]:
    """The best of some records in a slot, more than are named as single precision decides, and objectives."""
    from gmplug.selection.exchange import scores

    nearly = scores(columns, chosen, slot, others)
    others = others[np.argsort(nearly, kind="stable")[: 4 * ALTERNATES]]
    sets = np.tile(chosen, (len(others), 1))
    sets[:, slot] = others
    return others, objective.errors(sets)


def _allowed(constraints: Constraints, chosen: IntArray) -> Iterator[IntArray]:
    """For each record those that may stand in its place."""
    event = constraints.event
    taken = np.bincount(event[chosen], minlength=int(event.max()) + 1)
    free = np.ones(len(event), dtype=bool)
    free[chosen] = False
    for record in chosen:
        cell = next(cell for cell in constraints.cells if record in cell.members)
        others = cell.members[free[cell.members]]
        if constraints.max_per_event is not None:
            room = taken[event[others]] < constraints.max_per_event
            others = others[room | (event[others] == event[record])]
        yield others
