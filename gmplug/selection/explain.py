"""Why each record is in: its share of the error, what could stand in its place, how stable it is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gmplug.selection.constraints import Constraints
from gmplug.selection.objective import Objective, Weights
from gmplug.selection.optimised import make_constraints, make_objective
from gmplug.selection.search import search
from gmplug.values import Candidates, Clusters, FloatArray, IntArray, Target

#: Records named that could stand in a record's place.
ALTERNATES = 3
#: Effort of the searches that tell stability and price, of the selector's own.
_EFFORT = 2.0


def explain(
    candidates: Candidates,
    target: Target,
    clusters: Clusters,
    quotas: pd.DataFrame,
    positions: IntArray,
    seed: int,
    workers: int = 1,
) -> pd.DataFrame:
    """Return one row per selected record, in the order of ``positions`` (n,).

    Columns
    -------
    distance_to_centroid
        Root mean square over the periods of ln Sa less the mean of the record's cluster.
    share_of_error
        How much lower E (λ = 1) would be, as a share of it, were the record exactly at the set's mean;
        negative where it keeps the set's dispersion up.
    error_without
        E of the set without it.
    error_with_alternate
        E with the best other record of its cluster in its place.
    alternates
        Ids of the best such records, best first.
    chosen_by
        Share of independent searches, from other starts, that end with it.
    """
    records, labels = candidates.records, clusters.table[["group", "cluster"]].reset_index(drop=True)
    objective = make_objective(records, candidates.ln_sa, target, Weights())
    constraints = make_constraints(records, labels, quotas)
    stability = _stability(objective, constraints, candidates, seed, workers)
    cell_of = _cells(constraints, len(records))
    rows = []
    for slot, position in enumerate(positions):
        members = np.setdiff1d(constraints.cells[cell_of[position]].members, positions)
        swapped = _swap_errors(objective, positions, slot, members)
        best = np.argsort(swapped, kind="stable")[:ALTERNATES]
        others = np.delete(positions, slot)
        centroid = candidates.ln_sa[constraints.cells[cell_of[position]].members].mean(axis=0)
        rows.append(
            {
                "id": str(records["id"].iloc[position]),
                "distance_to_centroid": _rms(candidates.ln_sa[position] - centroid),
                "share_of_error": _share(objective, positions, slot),
                "error_without": float(objective.errors(others[None])[0]) if len(others) > 1 else np.nan,
                "error_with_alternate": float(swapped[best[0]]) if len(best) else np.nan,
                "alternates": " ".join(str(records["id"].iloc[i]) for i in members[best]),
                "chosen_by": round(float(stability[position]), 4),
            }
        )
    return pd.DataFrame(rows)


def error_without_quotas(
    candidates: Candidates,
    target: Target,
    quotas: pd.DataFrame,
    positions: IntArray,
    seed: int,
    workers: int = 1,
) -> float:
    """Return the least E (λ = 1) found with the groups' quotas alone: the rest is the price of the clusters.

    One of the searches begins with the set ``positions`` (n,), so that the answer is never above its E.
    """
    by_id = np.argsort(candidates.records["id"].astype(str).to_numpy(), kind="stable")
    records = candidates.records.iloc[by_id].reset_index(drop=True)
    objective = make_objective(records, candidates.ln_sa[by_id], target, Weights())
    merged = quotas.groupby("group", sort=False, as_index=False)["quota"].sum().assign(cluster=1)
    constraints = make_constraints(records, records[["group"]].assign(cluster=1), merged)
    place = np.empty(len(by_id), dtype=np.int64)
    place[by_id] = np.arange(len(by_id))
    chosen = place[positions]
    cell = _cells(constraints, len(by_id))[chosen]
    start = chosen[np.lexsort([chosen, cell])]
    return search(objective, constraints, seed, workers, _EFFORT, starts=start[None]).objective


def _stability(
    objective: Objective, constraints: Constraints, candidates: Candidates, seed: int, workers: int
) -> FloatArray:
    """Share of independent searches that end with each candidate, (N,)."""
    found = search(objective, constraints, seed + 1, workers, _EFFORT)
    counts = np.bincount(found.all_ends.ravel(), minlength=len(candidates.records))
    return np.asarray(counts / len(found.all_ends), dtype=float)


def _cells(constraints: Constraints, count: int) -> IntArray:
    cell_of = np.full(count, -1, dtype=np.int64)
    for i, cell in enumerate(constraints.cells):
        cell_of[cell.members] = i
    return cell_of


def _swap_errors(objective: Objective, positions: IntArray, slot: int, members: IntArray) -> FloatArray:
    """Objective with each of ``members`` in the place of a slot's record."""
    features = objective.features
    rest = features[positions].sum(axis=0) - features[positions[slot]]
    return objective.of_sums(rest + features[members], len(positions))


def _share(objective: Objective, positions: IntArray, slot: int) -> float:
    """Relative fall of the objective were a record at the mean of the others."""
    now = float(objective.errors(positions[None])[0])
    if now <= 0:
        return 0.0
    values = objective.features[positions, : objective.columns].copy()
    values[slot] = np.delete(values, slot, axis=0).mean(axis=0)
    mean, std = values.mean(axis=0), values.std(axis=0, ddof=1)
    terms = objective.weights.mean * mean**2 + objective.weights.sigma * (std - objective.sigma) ** 2
    return 1.0 - float(terms @ objective.column_weights) / now


def _rms(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
