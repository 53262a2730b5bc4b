"""The demands of all levels in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.chain.run import Run
from gmplug.levels.studies import Level
from gmplug.risk.assessment import known_levels, rates_at
from gmplug.values import LevelDemands

LEVELS_FILE, DEMANDS_FILE, HAZARD_FILE = "levels.csv", "demands.csv", "hazard.csv"


def levels_table(
    levels: Sequence[Level], runs: Mapping[str, Run], hazard: pd.DataFrame | None
) -> pd.DataFrame:
    """One row per level, by rising Sa, as in :class:`LevelDemands`; what is not known is NaN or 0."""
    rows = []
    for level in levels:
        values = runs[level.name].values
        target, candidates, selection = (values.get(n) for n in ("target", "preselection", "selection"))
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
    read = rates_at(hazard, table["sa_g"].to_numpy(dtype=float))
    return table.assign(annual_rate=np.where(np.isnan(stated), read, stated)).sort_values(
        "sa_g", ignore_index=True, kind="stable"
    )


def level_demands(table: pd.DataFrame, runs: Mapping[str, Run], period_s: float) -> LevelDemands | None:
    """The demands of the levels in ``table``; None where a level was not analysed."""
    frames = []
    model: dict[str, object] = {}
    for row in table.to_dict("records"):
        demands = runs[str(row["level"])].values.get("analysis")
        if demands is None:
            return None
        first = {name: row[name] for name in ("level", "sa_g", "annual_rate")}
        own = _found_from_root(demands.table, runs[str(row["level"])].run_dir)
        frames.append(pd.concat([pd.DataFrame(first, index=own.index), own], axis=1))
        model = dict(demands.model)
    return LevelDemands(pd.concat(frames, ignore_index=True), table, period_s, model)


def _found_from_root(table: pd.DataFrame, run_dir: Path) -> pd.DataFrame:
    """The demands of a level, with files named from the folder that has all levels."""
    if "history" not in table:
        return table
    below = run_dir.relative_to(run_dir.parents[1]).as_posix()
    return table.assign(history=[f"{below}/{name}" if name else "" for name in table["history"]])


def hazard_of(stated: pd.DataFrame | None, table: pd.DataFrame) -> pd.DataFrame | None:
    """The hazard curve for assessments: the study's, else the one that the levels' rates make, else None."""
    return stated if stated is not None else known_levels(table)
