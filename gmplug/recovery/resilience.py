"""The assessment ``resilience``: from losses by realization to functionality and the resilience index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from gmplug.demands.tables import unused_notes
from gmplug.errors import InputError
from gmplug.recovery.charts import functionality_chart
from gmplug.recovery.curves import Recovery, functionality, resilience_index
from gmplug.recovery.damage_states import hazus_losses
from gmplug.recovery.impeding import CAPITAL_AVAILABLE_RATIO, FACTORS, TRUNCATION, delays
from gmplug.recovery.losses import by_level, check_losses
from gmplug.recovery.rates import annual_integral, beyond_note, known_rates, rate_weights
from gmplug.report.from_chart import picture
from gmplug.values import Assessment, FloatArray, LevelDemands

#: Points of the functionality curves, closer together near the event.
_POINTS = 121
_FRACTILES = {"p16": 16.0, "median": 50.0, "p84": 84.0}


def resilience(
    demands: LevelDemands,
    before: Mapping[str, Assessment],
    seed: int,
    losses_from: str | None = None,
    shape: Literal["linear", "exponential", "trigonometric"] = "linear",
    lost_functionality: Literal["cost-ratio", "closed"] = "cost-ratio",
    control_time_days: float = 730.0,
    impeding_days: dict[str, float] | None = None,
    impeding_dispersion: float = 0.6,
    minor_cost_ratio: float = 0.05,
    impeding_truncation: float = TRUNCATION,
    capital_available_ratio: float = CAPITAL_AVAILABLE_RATIO,
) -> Assessment:
    """Return functionality over time and the resilience index, of each level and over all levels.

    Parameters
    ----------
    losses_from
        Name of the assessment, earlier in ``[risk] assess``, whose table ``losses`` is used. By default the
        last that has one; without any, ``hazus-losses`` with its defaults.
    shape
        Of the recovery: :data:`gmplug.recovery.curves.SHAPES`.
    lost_functionality
        L at the event: ``"cost-ratio"``, the repair cost over the cost of replacement, 1 at most (the
        economic loss of Cimellaro, Reinhorn & Bruneau 2010); ``"closed"``, all of it until repair is done.
        1 in both where the building collapsed or is irreparable.
    control_time_days
        T_LC, over which the index is the mean functionality.
    impeding_days
        Median delays before repair starts, see :mod:`gmplug.recovery.impeding`; none by default.
    impeding_dispersion
        Standard deviation of their logarithms.
    minor_cost_ratio
        Repair cost ratio below which there is an inspection and no other delay.
    impeding_truncation
        Standard deviations of ln days at which the delays' distributions are cut.
    capital_available_ratio
        Repair cost ratio that the owner can pay at once: financing delays only what costs more.

    Returns
    -------
    Assessment
        Values: ``control_time_days``, ``shape``, ``losses_from``; ``resilience_index`` (mean over
        shaking at or above the lowest level) and ``expected_annual_lost_days``, None where rates are unknown.
        Tables ``resilience_by_level``, ``functionality``. Picture ``functionality``.
    """
    losses, source, assumed = _losses(demands, before, losses_from, seed)
    levels = demands.levels.reset_index(drop=True)
    names = levels["level"].astype(str)
    costs, times = (by_level(losses, levels, column) for column in ("repair_cost_ratio", "repair_time_days"))
    fallen, irreparable = (by_level(losses, levels, column) for column in ("collapsed", "irreparable"))
    rows, curves = [], []
    grid = control_time_days * np.linspace(0.0, 1.0, _POINTS) ** 2
    for i, name in enumerate(names):
        if not len(costs[i]):
            raise InputError(f"[risk.resilience] the losses of '{source}' have no level '{name}'")
        # A replacement costs at least the replacement, whatever the loss model's repair cost.
        replaced = (fallen[i] > 0) | (irreparable[i] > 0)
        ratio = np.where(replaced, np.maximum(costs[i], 1.0), costs[i])
        delay = delays(
            impeding_days or {},
            impeding_dispersion,
            ratio,
            minor_cost_ratio,
            [seed, i, 1],
            impeding_truncation,
            capital_available_ratio,
        )
        closed = lost_functionality == "closed"
        lost = np.where(times[i] > 0, 1.0, 0.0) if closed else np.minimum(ratio, 1.0)
        recovery = Recovery(lost, delay, times[i])
        index = resilience_index(recovery, control_time_days, shape)
        rows.append(_row(levels.iloc[i], recovery, index, control_time_days))
        curves.append(_curve(name, grid, functionality(recovery, grid, shape)))
    by_levels = pd.DataFrame(rows)
    values: dict[str, Any] = {
        "title": "Recovery and resilience",
        "losses_from": source,
        "shape": shape,
        "lost_functionality": lost_functionality,
        "control_time_days": control_time_days,
        "impeding_days": dict(impeding_days or {}),
        **_overall(by_levels, control_time_days),
    }
    if values["resilience_index"] is not None:
        values["headline"] = {
            f"resilience index over {control_time_days:g} days": values["resilience_index"],
            "expected lost days per year": values["expected_annual_lost_days"],
        }
    values["notes"] = [*assumed, *_notes(values, source, by_levels)]
    tables = {"resilience_by_level": by_levels, "functionality": pd.concat(curves, ignore_index=True)}
    chart = functionality_chart(tables["functionality"], levels, shape)
    return Assessment(values, tables, {chart.key: picture(chart)})


def _losses(
    demands: LevelDemands, before: Mapping[str, Assessment], losses_from: str | None, seed: int
) -> tuple[pd.DataFrame, str, list[str]]:
    """Return the losses, the assessment they are of, and notes on what that assumes."""
    offering = [name for name, assessment in before.items() if "losses" in assessment.tables]
    if losses_from is not None and losses_from not in offering:
        raise InputError(
            f"[risk.resilience] losses_from = '{losses_from}' gives no losses; "
            + (f"use one of {', '.join(offering)}" if offering else "put it into [risk] assess")
        )
    name = losses_from or (offering[-1] if offering else None)
    if name is None:
        made = hazus_losses(demands, seed)
        return made.tables["losses"], "hazus-losses", [*unused_notes(demands.table), made.values["notes"][-1]]
    return check_losses(before[name].tables["losses"], f"[risk.resilience] losses of '{name}'"), name, []


def _row(level: Any, recovery: Recovery, index: FloatArray, control_time_days: float) -> dict[str, Any]:
    days = recovery.recovery_days
    row = {"level": str(level["level"]), "sa_g": level["sa_g"], "annual_rate": level["annual_rate"]}
    row |= {"resilience_index": float(index.mean())}
    row |= {f"resilience_index_{name}": float(np.percentile(index, q)) for name, q in _FRACTILES.items()}
    row |= {"lost_functionality": float(recovery.loss.mean()), "recovery_days": float(days.mean())}
    row |= {f"recovery_days_{name}": float(np.percentile(days, q)) for name, q in _FRACTILES.items()}
    return row | {"recovered_in_control_time": float(np.mean(days <= control_time_days))}


def _curve(level: str, grid: FloatArray, q: FloatArray) -> pd.DataFrame:
    columns = {name: np.percentile(q, value, axis=0) for name, value in _FRACTILES.items()}
    return pd.DataFrame({"level": level, "time_days": grid, "mean": q.mean(axis=0), **columns})


def _overall(by_levels: pd.DataFrame, control_time_days: float) -> dict[str, float | None]:
    """Over all levels: the mean index given shaking at or above the lowest, and lost days per year."""
    rates = by_levels["annual_rate"].to_numpy(dtype=float)
    if not known_rates(rates):
        return {"resilience_index": None, "expected_annual_lost_days": None}
    index = by_levels["resilience_index"].to_numpy(dtype=float)
    weights = rate_weights(rates)
    return {
        "resilience_index": float(weights @ index / weights.sum()),
        "expected_annual_lost_days": annual_integral(rates, (1.0 - index) * control_time_days),
    }


def _notes(values: dict[str, Any], source: str, by_levels: pd.DataFrame) -> list[str]:
    notes = [f"Repair cost and time are those of '{source}'."]
    if values["resilience_index"] is None:
        notes.append("The levels have no annual rates, so that there are no averages over the levels.")
    else:
        lost = 1.0 - by_levels["resilience_index"].to_numpy(dtype=float)
        notes.append(beyond_note(by_levels["annual_rate"].to_numpy(dtype=float), lost))
    given = values["impeding_days"]
    if not given:
        notes.append("Repair starts at once, without delays for inspection, financing, permit or contractor.")
        return notes
    left_out = [name for name in FACTORS if name not in given]
    without = f", and no delay for {', '.join(left_out)}" if left_out else ""
    notes.append(
        "Delays before repair follow Cook et al. (2022) after REDi, simplified: one delay for the whole "
        f"building, the study's median times, no surge of demand after a regional disaster{without}."
    )
    return notes
