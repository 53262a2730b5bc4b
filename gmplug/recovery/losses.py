"""The table of losses by realization that loss models give and recovery starts from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.recovery.rates import annual_integral, beyond_note, exceedance_rates, known_rates
from gmplug.values import Picture

#: Columns that a table of losses has at least, one row per level and realization:
#:
#: ``level``, as in LevelDemands; ``realization``, 0, 1, ...; ``repair_cost_ratio``, over the cost of
#: replacement; ``repair_time_days``; ``collapsed`` and ``irreparable``, 1 or 0, where the building is
#: replaced.
LOSS_COLUMNS = (
    "level",
    "realization",
    "repair_cost_ratio",
    "repair_time_days",
    "collapsed",
    "irreparable",
)


def check_losses(losses: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return the table with its own columns first and right types.

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
    for column in LOSS_COLUMNS[2:]:
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

    Values: ``expected_annual_loss_ratio``, None where the levels' rates are unknown, and with rates
    ``headline``, what a report says first, and ``notes``, what lies beyond the levels. Tables:
    ``loss_by_level`` (mean and fractiles of cost ratio and time, shares that collapse and are irreparable),
    and with rates ``loss_exceedance`` (``repair_cost_ratio``, ``annual_rate``).
    """
    rows = []
    costs, times = (by_level(losses, levels, column) for column in ("repair_cost_ratio", "repair_time_days"))
    collapsed, irreparable = (by_level(losses, levels, column) for column in ("collapsed", "irreparable"))
    for i, level in enumerate(levels.itertuples(index=False)):
        if not len(costs[i]):
            raise InputError(f"losses: level '{level.level}' has no realization")
        rows.append(
            {"level": level.level, "sa_g": level.sa_g, "annual_rate": level.annual_rate}
            | {"realizations": len(costs[i])}
            | {f"repair_cost_ratio_{name}": value for name, value in _statistics(costs[i]).items()}
            | {f"repair_time_days_{name}": value for name, value in _statistics(times[i]).items()}
            | {
                "collapsed_fraction": float(collapsed[i].mean()),
                "irreparable_fraction": float(irreparable[i].mean()),
            }
        )
    table = pd.DataFrame(rows)
    values: dict[str, Any] = {"expected_annual_loss_ratio": None}
    tables = {"loss_by_level": table}
    rates = levels["annual_rate"].to_numpy(dtype=float)
    if known_rates(rates):
        means = table["repair_cost_ratio_mean"].to_numpy(dtype=float)
        values["expected_annual_loss_ratio"] = annual_integral(rates, means)
        thresholds = np.geomspace(0.001, 1.0, 61)
        percent = 100 * values["expected_annual_loss_ratio"]
        values["notes"] = [beyond_note(rates, means)]
        values["headline"] = {"expected annual loss (% of replacement)": percent}
        tables["loss_exceedance"] = pd.DataFrame(
            {"repair_cost_ratio": thresholds, "annual_rate": exceedance_rates(rates, costs, thresholds)}
        )
    return values, tables


def loss_pictures(
    losses: pd.DataFrame, levels: pd.DataFrame, values: dict[str, Any], tables: dict[str, Any]
) -> dict[str, Picture]:
    """Figures of the losses: their distribution at each level, and with rates their annual exceedance."""
    from gmplug.recovery.plots import plot_loss_distribution, plot_loss_exceedance
    from gmplug.report.style import to_png

    figure = plot_loss_distribution(losses, levels)
    pictures = {
        "loss_distribution": Picture(
            to_png(figure), "Share of the realizations whose repair cost exceeds a value, at each level."
        )
    }
    if "loss_exceedance" in tables:
        figure = plot_loss_exceedance(tables["loss_exceedance"], values["expected_annual_loss_ratio"])
        pictures["loss_exceedance"] = Picture(
            to_png(figure), "Annual rate at which a repair cost is exceeded, from all levels and their rates."
        )
    return pictures


def _statistics(values: np.ndarray) -> dict[str, float]:
    p16, p50, p84 = np.percentile(values, [16, 50, 84])
    return {"mean": float(values.mean()), "p16": float(p16), "median": float(p50), "p84": float(p84)}
