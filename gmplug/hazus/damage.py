"""HAZUS damage states of the whole building from its largest story drift, with repair cost and time.

Median story drift ratios of the structural damage states (lognormal with β = 0.4), the share of collapses
among complete damage, and the cost and time of each state are HAZUS's (FEMA 2022, "Hazus earthquake model
technical manual" 6.1, chapters 5 and 11; drift limits of low-rise buildings, which hold for a single story)
as tabulated in SimCenter's damage and loss model library 3.2 ("Hazus v5.1" subassemblies; "Hazus v6.1"
buildings, lifeline facilities: the whole building's loss ratio).
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.hazus.building_types import DAMAGE_STATES
from gmplug.values import FloatArray

#: Standard deviation of ln of the drift at which a state begins.
BETA = 0.4


def reaching(drift: FloatArray, limits: FloatArray) -> FloatArray:
    """P(state ≥ i) = Φ(ln(d/θᵢ)/β) of drifts (n,), shape (n, 4); ``limits`` are the medians θ (4,)."""
    from scipy.special import ndtr

    with np.errstate(divide="ignore"):
        return np.asarray(ndtr(np.log(np.asarray(drift)[:, None] / limits[None, :]) / BETA))


def damage_states(drift: FloatArray, limits: FloatArray, uniform: FloatArray) -> np.ndarray:
    """Return the damage state 0 to 4 of each drift, shape (n,): the worst i with u < P(state ≥ i).

    ``limits`` are the medians θ (4,), ``uniform`` numbers in [0, 1) (n,).
    """
    return np.asarray((np.asarray(uniform)[:, None] < reaching(drift, limits)).sum(axis=1))


def _table(name: str) -> pd.DataFrame:
    return pd.read_csv(str(files("gmplug.hazus").joinpath(name)))


def drift_limits(building_type: str, design_level: str) -> tuple[FloatArray, float]:
    """Return the drift ratios at which the states begin, shape (4,), and the collapses' share of complete.

    Raises InputError for a type or level that HAZUS does not have.
    """
    table = _table("drift_limits.csv")
    rows = table[(table["building_type"] == building_type) & (table["design_level"] == design_level)]
    if rows.empty:
        types = ", ".join(table["building_type"].unique())
        raise InputError(
            f"HAZUS has no {design_level!r} design of building type {building_type!r}; "
            f"types: {types}; designs: high, moderate, low, pre (not all of each)"
        )
    row = rows.iloc[0]
    return row[list(DAMAGE_STATES)].to_numpy(dtype=float), float(row["collapse_given_complete"])


def consequences(occupancy: str) -> tuple[FloatArray, FloatArray]:
    """Return repair cost over replacement cost, and repair time, days, of each state, shape (4,) each.

    Raises InputError for an occupancy that HAZUS does not have.
    """
    table = _table("occupancies.csv").set_index("occupancy")
    if occupancy not in table.index:
        raise InputError(f"occupancy {occupancy!r} is unknown; one of {', '.join(table.index)}")
    row: Any = table.loc[occupancy]
    ratios = row[[f"cost_ratio_{state}" for state in DAMAGE_STATES]].to_numpy(dtype=float)
    days = row[[f"repair_days_{state}" for state in DAMAGE_STATES]].to_numpy(dtype=float)
    return ratios, days
