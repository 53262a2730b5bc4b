"""The table of losses by realization that loss models give and recovery starts from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.recovery.charts import loss_distribution_chart, loss_exceedance_chart
from gmplug.recovery.rates import annual_integral, beyond_note, exceedance_rates, known_rates
from gmplug.report.from_chart import picture
from gmplug.values import Picture

#: Required columns of a table of losses, one row per level and realization; README.md has their meaning.
_NUMBERS = ("repair_cost_ratio", "repair_time_days", "collapsed", "irreparable")
LOSS_COLUMNS = ("level", "realization", *_NUMBERS)


def check_losses(losses: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return the table with the required columns first, as numbers.

    Raises
    ------
    InputError
        A column is missing, or a number is missing or negative; the message names the row.
    """
    missing = [column for column in LOSS_COLUMNS if column not in losses]
    if missing:
        raise InputError(f"{where}: the table of losses lacks the column(s) {', '.join(missing)}")
    checked = losses.copy()
    checked["level"] = checked["level"].astype(str)
    for column in _NUMBERS:
        values = pd.to_numeric(checked[column], errors="coerce").to_numpy(dtype=float)
        bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
        if len(bad):
            raise InputError(
                f"{where}: {column} of row {int(bad[0]) + 1} is {checked[column].iloc[bad[0]]!r}; "
                f"it must be a number, 0 or more"
            )
        checked[column] = values
    rest = [column for column in checked.columns if column not in LOSS_COLUMNS]
    return checked[[*LOSS_COLUMNS, *rest]]


def by_level(losses: pd.DataFrame, levels: pd.DataFrame, column: str) -> list[np.ndarray]:
    """The values of a column for each level of ``levels``, in its order."""
    names = losses["level"].astype(str)
    return [losses.loc[names == level, column].to_numpy(dtype=float) for level in levels["level"].astype(str)]


def summarize_losses(losses: pd.DataFrame, levels: pd.DataFrame) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return values and tables of a loss assessment.

    Values: ``expected_annual_loss_ratio``, None where the levels' rates are unknown; with rates also
    ``headline`` and ``notes`` for the report. Tables: ``loss_by_level`` (mean and fractiles of cost ratio and
    time, shares that collapse and are irreparable), and with rates ``loss_exceedance``
    (``repair_cost_ratio``, ``annual_rate``).
    """
    costs, times, collapsed, irreparable = (by_level(losses, levels, column) for column in _NUMBERS)
    rows = []
    for i, level in enumerate(levels.itertuples(index=False)):
        if not len(costs[i]):
            raise InputError(f"losses: level '{level.level}' has no realization")
        row = {"level": level.level, "sa_g": level.sa_g, "annual_rate": level.annual_rate}
        row["realizations"] = len(costs[i])
        row |= _statistics("repair_cost_ratio", costs[i]) | _statistics("repair_time_days", times[i])
        row["collapsed_fraction"] = float(collapsed[i].mean())
        row["irreparable_fraction"] = float(irreparable[i].mean())
        rows.append(row)
    table = pd.DataFrame(rows)
    rates = levels["annual_rate"].to_numpy(dtype=float)
    if not known_rates(rates):
        return {"expected_annual_loss_ratio": None}, {"loss_by_level": table}
    means = table["repair_cost_ratio_mean"].to_numpy(dtype=float)
    ratio = annual_integral(rates, means)
    thresholds = np.geomspace(0.001, 1.0, 61)
    exceedance = {"repair_cost_ratio": thresholds, "annual_rate": exceedance_rates(rates, costs, thresholds)}
    values = {
        "expected_annual_loss_ratio": ratio,
        "notes": [beyond_note(rates, means)],
        "headline": {"expected annual loss (% of replacement)": 100 * ratio},
    }
    return values, {"loss_by_level": table, "loss_exceedance": pd.DataFrame(exceedance)}


def loss_pictures(
    losses: pd.DataFrame, levels: pd.DataFrame, values: dict[str, Any], tables: dict[str, Any]
) -> dict[str, Picture]:
    """Return figures: the losses' distribution at each level, and with rates their annual exceedance."""
    charts = [loss_distribution_chart(losses, levels)]
    if "loss_exceedance" in tables:
        ratio = values["expected_annual_loss_ratio"]
        charts.append(loss_exceedance_chart(tables["loss_exceedance"], ratio))
    return {chart.key: picture(chart) for chart in charts}


def _statistics(name: str, values: np.ndarray) -> dict[str, float]:
    p16, p50, p84 = np.percentile(values, [16, 50, 84])
    found = {"mean": values.mean(), "p16": p16, "median": p50, "p84": p84}
    return {f"{name}_{statistic}": float(value) for statistic, value in found.items()}
