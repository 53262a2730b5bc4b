"""The tables of a portfolio: demands of all buildings, a row for each building, and the summary."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from gmplug._version import __version__
from gmplug.assessment import fit_by_moments, median_with_collapse
from gmplug.chain.summary import failures_of
from gmplug.demands import FLOOR_ACCELERATION, RESIDUAL_DRIFT
from gmplug.notes import warnings_of
from gmplug.portfolio.analyses import EFFORT, KEYS, BuildingResults
from gmplug.portfolio.recovery import recovery_columns, state_shares
from gmplug.portfolio.schema import Portfolio, ReportSection
from gmplug.report.demand_columns import drift_statistics
from gmplug.values import STATUSES, VALID_STATUSES

#: A model whose first period differs by more than this from the table's gets a note.
_PERIOD_TOLERANCE = 0.05


def all_demands(found: Sequence[BuildingResults]) -> pd.DataFrame:
    """Return the demands of all buildings, in the order of the table; columns by quantity, then story."""
    frames = [one.demands for one in found if len(one.demands)]
    table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(KEYS))
    names = sorted((str(c) for c in table if c not in (*KEYS, *EFFORT)), key=_natural)
    table = table[[c for c in (*KEYS, *names, *EFFORT) if c in table]]
    texts = [c for c in ("group", "message", "history") if c in table]
    return table.assign(**{name: table[name].fillna("").astype(str) for name in texts})


def _natural(name: str) -> tuple[str, int, str]:
    """Order columns by quantity, then story or floor."""
    parts = name.split("_")
    numbers = [int(part) for part in parts if part.isdigit()]
    return "_".join(p for p in parts if not p.isdigit()), numbers[0] if numbers else -1, name


def building_summary(found: BuildingResults, report: ReportSection) -> dict[str, Any]:
    """Return one row of ``buildings.csv``: the building, statuses and demands of its analyses.

    Medians and dispersions are of the analyses that ended ok; exceedance and damage states count collapses.
    """
    building, table = found.building, found.demands
    status = table["status"]
    drift = drift_statistics(table)
    share = drift.collapse_share
    known = len(drift.ok) + drift.collapsed
    periods = found.model.get("periods_s") or [math.nan]
    row: dict[str, Any] = {
        "id": building.id,
        "type": building.kind,
        "stories": found.model.get("stories", building.stories),
        "period_s": building.period_s,
        "period_source": building.period_source,
        "model_period_s": float(periods[0]),
        "site": building.site,
        "latitude": building.latitude,
        "longitude": building.longitude,
        **{f"label_{name}": value for name, value in building.labels.items()},
        "selection": found.selection,
        "analyses": len(table),
        **{name: int((status == name).sum()) for name in STATUSES},
        "median_drift_ratio": drift.fit.median,
        "beta_drift": drift.fit.beta,
        "median_drift_ratio_with_collapse": median_with_collapse(drift.fit, share) if known else math.nan,
        "median_floor_acceleration_g": _median(table, FLOOR_ACCELERATION.column),
        "median_residual_drift_ratio": _median(table, RESIDUAL_DRIFT.column),
        "collapse_fraction": share,
    }
    for threshold in report.drift_thresholds:
        beyond = int((drift.ok > threshold).sum()) + drift.collapsed
        row[f"exceeding_{threshold:g}"] = beyond / known if known else math.nan
    row |= recovery_columns(building, state_shares(building, drift), report)
    row["wall_s"] = float(table["wall_s"].sum()) if "wall_s" in table else 0.0
    row["problem"] = found.problem
    return row


def _median(table: pd.DataFrame, name: str) -> float:
    if name not in table:
        return math.nan
    return fit_by_moments(table.loc[table["status"] == "ok", name].to_numpy(dtype=float)).median


def counts_by_status(buildings: pd.DataFrame) -> dict[str, int]:
    """Return the number of analyses by status."""
    counts = {status: int(buildings[status].sum()) for status in STATUSES}
    return {status: count for status, count in counts.items() if count}


def model_notes(buildings: pd.DataFrame) -> list[str]:
    """Return a note where models have other periods than the table."""
    off = (buildings["model_period_s"] / buildings["period_s"] - 1).abs() > _PERIOD_TOLERANCE
    if not off.any():
        return []
    first = buildings[off].iloc[0]
    return [
        f"the model's first period is not the table's for {int(off.sum())} of {len(buildings)} buildings "
        f"({first['id']}: {first['model_period_s']:.3g} s, table {first['period_s']:.3g} s); records were "
        "scaled at the table's"
    ]


def summarize(
    portfolio: Portfolio,
    buildings: pd.DataFrame,
    sharing: pd.DataFrame,
    demands: pd.DataFrame,
    notes: Sequence[str],
    *,
    simulated: bool,
) -> dict[str, Any]:
    """Return the content of summary.json, without the times."""
    counts = counts_by_status(buildings)
    bias, sigma = sharing["bias_ln"].abs(), sharing["selected_sigma_ln"]
    damage = [name for name in map(str, buildings) if name.startswith("damage_")]
    thresholds = portfolio.report.drift_thresholds
    return {
        "gmplug_version": __version__,
        "portfolio": portfolio.portfolio.name,
        "seed": portfolio.portfolio.seed,
        "simulated_records": simulated,
        "buildings": len(buildings),
        "buildings_without_results": int((buildings["problem"] != "").sum()),
        "selections": int(sharing["selection"].nunique()),
        "analyses": counts,
        "silent_analyses": sum(n for status, n in counts.items() if status not in VALID_STATUSES),
        "median_drift_ratio": float(buildings["median_drift_ratio"].median()),
        "collapse_fraction": float(buildings["collapse_fraction"].mean()),
        "exceeding": {f"{t:g}": float(buildings[f"exceeding_{t:g}"].mean()) for t in thresholds},
        "damage": {name.removeprefix("damage_"): float(buildings[name].mean()) for name in damage},
        "resilience_index": _mean(buildings, "resilience_index"),
        "repair_cost_ratio": _mean(buildings, "repair_cost_ratio"),
        "sharing": {
            "largest_abs_ln_period_shift": sharing["ln_period_shift"].abs().max(),
            "mean_abs_bias_ln": bias.mean(),
            "largest_abs_bias_ln": bias.max(),
            "mean_sigma_ln": sigma.mean(),
            "largest_sigma_ln": sigma.max(),
            "mean_target_sigma_ln": sharing["target_sigma_ln"].mean(),
        },
        "failures": failures_of(demands, "building"),
        "warnings": warnings_of(notes),
        "analysis_wall_s": float(buildings["wall_s"].sum()),
        "notes": list(notes),
    }


def _mean(buildings: pd.DataFrame, column: str) -> float | None:
    return float(buildings[column].mean()) if column in buildings else None
