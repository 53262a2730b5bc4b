"""Limits, collapse or a demand above a value, and the analyses that reach them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gmplug.demands import DRIFT, demand_of_column
from gmplug.demands.tables import collapsed, completed
from gmplug.errors import InputError
from gmplug.values import BoolArray, FloatArray, LevelDemands

COLLAPSE = "collapse"
#: What an estimate without a surrogate states.
_NONE = "none"
#: An estimate nearer to none or all of the analyses counts as none or all: it says nothing of the slope.
_LEAST = 0.5


@dataclass(frozen=True)
class Limit:
    """A name, and a column of demands.csv that exceeds a value; an infinite value means collapse."""

    name: str
    edp: str
    value: float

    @property
    def is_collapse(self) -> bool:
        """Whether the limit is collapse."""
        return bool(np.isinf(self.value))


COLLAPSE_LIMIT = Limit(COLLAPSE, DRIFT, float("inf"))


def make_limits(
    drift_thresholds: Sequence[float], more: Mapping[str, tuple[str, float]], where: str
) -> tuple[Limit, ...]:
    """Return the limits: drifts by rising value, then ``more`` (name to column and value), then collapse."""
    listed = [(f"drift above {100 * v:g} %", DRIFT, float(v)) for v in sorted(drift_thresholds)]
    listed += [(name, edp, float(value)) for name, (edp, value) in more.items()]
    for name, _, value in listed:
        if not (np.isfinite(value) and value > 0):
            raise InputError(f"{where}: limit '{name}': {value!r} must be a positive number")
        if name == COLLAPSE:
            raise InputError(f"{where}: limits: 'collapse' is always included; choose another name")
    return (*(Limit(*one) for one in listed), COLLAPSE_LIMIT)


def demand_of(table: pd.DataFrame, edp: str, where: str) -> FloatArray:
    """Return the column of a demand, shape (n,), as numbers; infinite where the structure collapsed.

    Raises InputError for a missing column.
    """
    if edp not in table:
        known = ", ".join(str(c) for c in table if demand_of_column(str(c)) is not None)
        raise InputError(f"{where}: the demands have no column '{edp}'; known: {known}")
    values = pd.to_numeric(table[edp], errors="coerce").to_numpy(dtype=float).copy()
    values[collapsed(table)] = np.inf
    return values


def reached(table: pd.DataFrame, limit: Limit, where: str) -> BoolArray:
    """Return which analyses reach the limit, shape (n,); a collapse reaches every limit."""
    if limit.is_collapse:
        return collapsed(table)
    above: BoolArray = demand_of(table, limit.edp, where) > limit.value
    return above


def with_value(table: pd.DataFrame, limit: Limit, where: str) -> pd.DataFrame:
    """Return the analyses that ended ok or collapsed and tell whether they reach the limit.

    Raises InputError where the demand is missing in all of them.
    """
    table = completed(table)
    if limit.is_collapse or not len(table):
        return table
    known = table[~np.isnan(demand_of(table, limit.edp, where))].reset_index(drop=True)
    if not len(known):
        raise InputError(f"{where}: no analysis has a value of {limit.edp}")
    return known


def stripe_counts(
    demands: LevelDemands, limit: Limit, where: str
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return levels (g), completed analyses and those that reach the limit, (J,) each, by rising level."""
    table = with_value(demands.table, limit, where)
    if not len(table):
        return np.empty(0), np.empty(0), np.empty(0)
    hits = pd.Series(reached(table, limit, where)).groupby(table["sa_g"])
    counts = hits.agg(["count", "sum"]).reset_index().to_numpy(dtype=float)
    return counts[:, 0], counts[:, 1], counts[:, 2]


def stripe_estimates(
    demands: LevelDemands, limit: Limit, where: str
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return levels (g), numbers of analyses and those that reach the limit, (J,) each, to fit to.

    They are the counts. Where a level has an estimate for all candidates by a surrogate, they are as many
    analyses as it is worth, and its share of them: counts over their design effect (Rao & Scott 1992, "A
    simple method for the analysis of clustered binary data", Biometrics 48:577-585). Less than half an
    analysis counts as none: predicted shares as small as 1e-16 would fix a slope.
    """
    sa, analyses, exceeding = stripe_counts(demands, limit, where)
    known = demands.estimates
    if known.empty or limit.edp != DRIFT:
        return sa, analyses, exceeding
    use = known[(known["surrogate"] != _NONE) & (known["drift_ratio"] == limit.value)]
    for row in use.to_dict("records"):
        at = np.flatnonzero(np.isclose(sa, row["sa_g"], rtol=1e-9))
        if len(at) == 1:
            analyses[at] = worth = row["equivalent_analyses"]
            hits = row["probability"] * worth
            exceeding[at] = 0.0 if hits < _LEAST else worth if hits > worth - _LEAST else hits
    return sa, analyses, exceeding


def capacities(demands: LevelDemands, limit: Limit, where: str) -> pd.DataFrame:
    """Return the Sa at which each record of an incremental dynamic analysis first reaches the limit.

    ln Sa is interpolated linearly in the demand between the last run below the limit and the first above.
    Where the first above collapsed, the capacity is the geometric mean of the two.

    Returns
    -------
    DataFrame
        ``id``, ``sa_g`` (g), and ``censored``: True where the limit was not reached; then ``sa_g`` is the
        largest run.
    """
    rows = []
    for record, runs in with_value(demands.table, limit, where).groupby("id", sort=True):
        runs = runs.sort_values("sa_g")
        sa = runs["sa_g"].to_numpy(dtype=float)
        above = np.flatnonzero(reached(runs, limit, where))
        if len(above):
            values = demand_of(runs, limit.edp, where)
            rows.append((str(record), _crossing(sa, values, int(above[0]), limit.value), False))
        else:
            rows.append((str(record), sa[-1], True))
    return pd.DataFrame(rows, columns=["id", "sa_g", "censored"])


def _crossing(sa: FloatArray, values: FloatArray, first: int, limit: float) -> float:
    if first == 0:
        return float(sa[0] * limit / values[0]) if np.isfinite(values[0]) else float(sa[0])
    low_sa, low, high_sa, high = sa[first - 1], values[first - 1], sa[first], values[first]
    if np.isinf(high) or not np.isfinite(low) or high == low:
        return float(np.sqrt(low_sa * high_sa))
    share = (limit - low) / (high - low)
    return float(low_sa * (high_sa / low_sa) ** share)
