"""Damage states, losses and recovery of buildings with a HAZUS type, from their drifts; no sampling."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.hazus import DAMAGE_STATES, consequences, drift_limits, family, reaching
from gmplug.portfolio.buildings import Building
from gmplug.portfolio.schema import ReportSection
from gmplug.recovery import Recovery, functionality, resilience_index
from gmplug.report.demand_columns import DriftStatistics
from gmplug.values import FloatArray

#: Damage states, none included: the order of all arrays here.
ALL_STATES = ("none", *DAMAGE_STATES)
_POINTS = 121


def state_shares(building: Building, drift: DriftStatistics) -> FloatArray | None:
    """Return the share of the analyses in each damage state, shape (5,); None without a HAZUS type.

    P(at least a state) = Φ(ln(drift/θ)/0.4) for the largest story drift, with HAZUS's drift limits θ of a
    single story (see ``gmplug.hazus``); a collapsed analysis is complete damage.
    """
    known = len(drift.ok) + drift.collapsed
    if "building_type" not in building.options or not known:
        return None
    level = str(building.options.get("design_level", "moderate"))
    try:
        limits, _ = _limits(family(building.kind), level)
    except InputError:
        return None  # a user's model with types of its own
    at_least = (reaching(drift.ok, limits).sum(axis=0) + drift.collapsed) / known
    return np.asarray(-np.diff([1.0, *at_least, 0.0]))


@lru_cache(maxsize=256)
def _limits(building_type: str, level: str) -> tuple[FloatArray, float]:
    return drift_limits(building_type, level)


@lru_cache(maxsize=64)
def _recovery(occupancy: str) -> Recovery:
    """How functionality comes back from each damage state: L the cost ratio, repair at once."""
    cost_ratios, repair_days = consequences(occupancy)
    none = np.zeros(1)
    return Recovery(
        np.concatenate([none, cost_ratios]),
        np.zeros(len(ALL_STATES)),
        np.concatenate([none, repair_days]),
    )


def check_occupancies(buildings: tuple[Building, ...], report: ReportSection, table: str) -> None:
    """Raise InputError with one line for each row whose occupancy HAZUS does not have."""
    problems = []
    for building in buildings:
        try:
            _recovery(building.occupancy or report.occupancy)
        except InputError as error:
            place = f"{table}, row {building.row} ({building.id}), column occupancy"
            problems.append(f"{place if building.occupancy else '[report]'}: {error}")
    if problems:
        raise InputError(list(dict.fromkeys(problems)))


def recovery_columns(
    building: Building, shares: FloatArray | None, report: ReportSection
) -> dict[str, float | str]:
    """Return a building's damage states and what follows from them: expectations over its analyses.

    ``repair_cost_ratio`` (of the cost of replacement), ``repair_days``, and ``resilience_index``, the mean
    functionality over the control time (Cimellaro, Reinhorn & Bruneau 2010).
    """
    if shares is None:
        return {}
    occupancy = building.occupancy or report.occupancy
    recovery = _recovery(occupancy)
    index = resilience_index(recovery, report.control_time_days, report.recovery_shape)
    return {
        **{f"damage_{name}": float(share) for name, share in zip(ALL_STATES, shares, strict=True)},
        "occupancy": occupancy,
        "repair_cost_ratio": float(shares @ recovery.loss),
        "repair_days": float(shares @ recovery.repair_days),
        "resilience_index": float(shares @ index),
    }


def functionality_curve(buildings: pd.DataFrame, report: ReportSection) -> pd.DataFrame:
    """Return the mean functionality of all buildings over time: ``time_days``, ``functionality``.

    Its mean over the control time is the mean of the buildings' resilience indices. Empty where no building
    has damage states.
    """
    names = [f"damage_{name}" for name in ALL_STATES]
    if names[0] not in buildings:
        return pd.DataFrame({"time_days": [], "functionality": []})
    known = buildings.dropna(subset=names)
    times = report.control_time_days * np.linspace(0.0, 1.0, _POINTS) ** 2  # closer near the event
    total = np.zeros(len(times))
    for occupancy, rows in known.groupby("occupancy"):
        curves = functionality(_recovery(str(occupancy)), times, report.recovery_shape)
        total += rows[names].to_numpy(dtype=float).sum(axis=0) @ curves
    return pd.DataFrame({"time_days": times, "functionality": total / max(len(known), 1)})
