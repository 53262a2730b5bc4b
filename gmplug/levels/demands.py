"""The demands of all levels in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.chain.run import Run
from gmplug.hazard import HazardCurve
from gmplug.levels.studies import Level
from gmplug.notes import doubtful, warning
from gmplug.risk.assessment import known_levels, rates_at
from gmplug.values import LevelDemands

#: A level's rate and the curve's at its Sa, in ln, that are further apart are pointed out.
_RATES_APART = 0.1

LEVELS_FILE, DEMANDS_FILE, HAZARD_FILE = "levels.csv", "demands.csv", "hazard.csv"
ESTIMATES_FILE = "population_exceedance.csv"


def levels_table(
    levels: Sequence[Level], runs: Mapping[str, Run], hazard: HazardCurve | None, *, extrapolate: bool = False
) -> pd.DataFrame:
    """One row per level, by rising Sa, as in :class:`LevelDemands`; what is not known is NaN or 0.

    Rates that no level states are read from the hazard curve, beyond its ends only with ``extrapolate``.
    """
    rows = []
    for level in levels:
        run = runs[level.name]
        target, candidates, selection = map(run.held, ("target", "candidates", "selection"))
        rows.append(
            {
                "level": level.name,
                "sa_g": target.sa_g if target is not None else np.nan,
                "annual_rate": level.annual_rate if level.annual_rate is not None else np.nan,
                "candidates": len(candidates.records) if candidates is not None else 0,
                "records": len(selection.records) if selection is not None else 0,
            }
        )
    table = pd.DataFrame(rows)
    stated = table["annual_rate"].to_numpy(dtype=float)
    read = rates_at(hazard, table["sa_g"].to_numpy(dtype=float), extrapolate=extrapolate)
    return table.assign(annual_rate=np.where(np.isnan(stated), read, stated)).sort_values(
        "sa_g", ignore_index=True, kind="stable"
    )


def rate_notes(table: pd.DataFrame, hazard: HazardCurve | None) -> list[str]:
    """Return notes on rates of levels that are unknown, beyond the curve, or contradict it or one another."""
    notes = []
    sa, rates = table["sa_g"].to_numpy(dtype=float), table["annual_rate"].to_numpy(dtype=float)
    known = np.isfinite(sa) & np.isfinite(rates)
    if known.sum() > 1 and np.any(np.diff(rates[known]) >= 0):
        listed = ", ".join(f"{s:.3g} g: {r:.3g}" for s, r in zip(sa[known], rates[known], strict=True))
        notes.append(
            warning(f"the levels' annual rates do not fall with Sa ({listed} a year): correct [[levels]]")
        )
    for name, level_g, rate in zip(table["level"], sa, rates, strict=True) if hazard is not None else ():
        assert hazard is not None
        where = f"[[levels]] '{name}'"
        if not np.isfinite(level_g):
            continue
        if not hazard.covers(np.array(level_g)):
            unknown = "; its rate is not known (set extrapolate = true in [risk], or state annual_rate)"
            said = (
                f"Sa = {level_g:.4g} g lies beyond {hazard.source}, which covers {hazard.range_text}{unknown}"
            )
            notes.append(doubtful(f"{where}: {said if np.isnan(rate) else hazard.beyond_text(level_g)}"))
        elif abs(np.log(float(hazard.rate(np.array(level_g))) / rate)) > _RATES_APART:
            notes.append(
                doubtful(
                    f"{where}: its rate is {rate:.4g} a year, and {hazard.source} has "
                    f"{float(hazard.rate(np.array(level_g))):.4g} at its Sa of {level_g:.4g} g"
                )
            )
    return notes


def level_demands(table: pd.DataFrame, runs: Mapping[str, Run], period_s: float) -> LevelDemands | None:
    """The demands of the levels in ``table``; None where a level was not analyzed."""
    frames = []
    model: dict[str, object] = {}
    for row in table.to_dict("records"):
        demands = runs[str(row["level"])].held("demands")
        if demands is None:
            return None
        first = {name: row[name] for name in ("level", "sa_g", "annual_rate")}
        own = _found_from_root(demands.table, runs[str(row["level"])].run_dir)
        frames.append(pd.concat([pd.DataFrame(first, index=own.index), own], axis=1))
        model = dict(demands.model)
    return LevelDemands(
        pd.concat(frames, ignore_index=True), table, period_s, model, estimates=level_estimates(table, runs)
    )


def level_estimates(table: pd.DataFrame, runs: Mapping[str, Run]) -> pd.DataFrame:
    """Return the levels' estimates for all candidates, as in :class:`LevelDemands`; empty without."""
    frames = []
    for row in table.to_dict("records"):
        assessment = runs[str(row["level"])].held("assessment")
        own = None if assessment is None else assessment.tables.get("population_exceedance")
        if own is not None and len(own):
            ratio = pd.to_numeric(own["drift_ratio"].replace("collapse", np.inf))
            own = own.assign(drift_ratio=ratio.astype(float))
            own.insert(0, "level", row["level"])
            own.insert(1, "sa_g", row["sa_g"])
            frames.append(own)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _found_from_root(table: pd.DataFrame, run_dir: Path) -> pd.DataFrame:
    """The demands of a level, with files named from the folder that has all levels."""
    if "history" not in table:
        return table
    below = run_dir.relative_to(run_dir.parents[1]).as_posix()
    return table.assign(history=[f"{below}/{name}" if name else "" for name in table["history"]])


def hazard_of(stated: HazardCurve | None, table: pd.DataFrame) -> HazardCurve | None:
    """The hazard curve for assessments: the study's, else the one that the levels' rates make, else None."""
    return stated if stated is not None else known_levels(table)
