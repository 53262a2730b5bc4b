"""What sharing costs: how far a building's records are from its own level at its own period."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from gmplug.portfolio.buildings import Building
from gmplug.portfolio.selections import SelectionOutcome
from gmplug.preselection.interpolation import interpolate_ln_sa
from gmplug.values import Selection, Target


def sharing_table(
    buildings: Sequence[Building],
    outcomes: Sequence[SelectionOutcome],
    epsilons: Mapping[str, float | None],
    sa_g: Mapping[str, float],
) -> pd.DataFrame:
    """Return one row per building, in the order of the table.

    ``ln_period_shift`` = ln T − ln T*; ``epsilon_shift`` = ε − ε*; ``sa_g`` the building's own level at T,
    NaN if unknown; of the selected records at T: ``selected_median_g``, ``selected_sigma_ln``; ``bias_ln`` =
    ln of that median less ln ``sa_g``; ``target_sigma_ln``, what the target itself spreads there. A building
    with a selection of its own would have no bias and no spread.
    """
    order = {b.id: k for k, b in enumerate(buildings)}
    rows = [
        _row(b, outcome, epsilons[b.id], sa_g[b.id]) for outcome in outcomes for b in outcome.shared.buildings
    ]
    rows.sort(key=lambda row: order[str(row["id"])])
    return pd.DataFrame(rows)


def _row(building: Building, outcome: SelectionOutcome, epsilon: float | None, sa_g: float) -> dict[str, Any]:
    one = outcome.shared
    row: dict[str, Any] = {
        "id": building.id,
        "selection": one.name,
        "period_s": building.period_s,
        "conditioning_period_s": one.conditioning_period_s,
        "ln_period_shift": math.log(building.period_s / one.conditioning_period_s),
        "epsilon": math.nan if epsilon is None else epsilon,
        "epsilon_shift": math.nan if epsilon is None or one.epsilon is None else epsilon - one.epsilon,
        "sa_g": sa_g,
        "selected_median_g": math.nan,
        "selected_sigma_ln": math.nan,
        "bias_ln": math.nan,
        "target_sigma_ln": math.nan,
    }
    if outcome.run is not None:
        selection: Selection = outcome.run.selection
        target: Target = outcome.run.target
        ln_sa = interpolate_ln_sa(
            target.periods_s, np.exp(selection.ln_sa), np.array([building.period_s])
        ).ravel()
        row["selected_median_g"] = float(np.exp(ln_sa.mean()))
        row["selected_sigma_ln"] = float(ln_sa.std(ddof=1)) if len(ln_sa) > 1 else math.nan
        row["bias_ln"] = float(ln_sa.mean() - math.log(sa_g)) if sa_g > 0 else math.nan
        row["target_sigma_ln"] = float(np.interp(building.period_s, target.periods_s, target.sigma_ln))
    return row


def selections_table(outcomes: Sequence[SelectionOutcome]) -> pd.DataFrame:
    """Return one row per selection: buildings, periods, T*, ε*, Sa(T*), records, E, or the problem."""
    return pd.DataFrame([_selection_row(outcome) for outcome in outcomes])


def _selection_row(outcome: SelectionOutcome) -> dict[str, object]:
    one = outcome.shared
    periods = [b.period_s for b in one.buildings]
    selection = outcome.run.selection if outcome.run is not None else None
    target = outcome.run.target if outcome.run is not None else None
    return {
        "selection": one.name,
        "buildings": len(one.buildings),
        "shortest_period_s": min(periods),
        "longest_period_s": max(periods),
        "conditioning_period_s": one.conditioning_period_s,
        "epsilon": math.nan if one.epsilon is None else one.epsilon,
        "sa_g": math.nan if target is None else target.sa_g,
        "scenario": ", ".join(f"{key} {value}" for key, value in one.scenario.items()),
        "records": 0 if selection is None else len(selection.records),
        "error": math.nan if selection is None else selection.error,
        "problem": outcome.problem,
    }
