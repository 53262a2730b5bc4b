"""Charts of losses and recovery; each takes tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gmplug.report.charts import SERIES, Axis, Chart, Layer, band, line, series, steps

_COST = "Repair cost / cost of replacement (%)"


def _label(level: str, levels: pd.DataFrame) -> str:
    row = levels[levels["level"].astype(str) == level].iloc[0]
    return f"{level}: Sa = {row['sa_g']:.3g} g"


def functionality_chart(curves: pd.DataFrame, levels: pd.DataFrame, shape: str) -> Chart:
    """Functionality (%) against time after the event: mean and 16th to 84th percentile for each level.

    ``curves`` has ``level``, ``time_days``, ``mean``, ``p16``, ``p84``; ``levels`` has ``level``, ``sa_g``.
    """
    layers: list[Layer] = []
    for i, (level, curve) in enumerate(curves.groupby("level", sort=False)):
        days = curve["time_days"]
        layers.append(band(days, 100 * curve["p16"], 100 * curve["p84"], "", SERIES[i % len(SERIES)]))
        layers.append(line(days, 100 * curve["mean"], _label(str(level), levels), series(i)))
    caption = (
        "Functionality after an event at each level of shaking: mean (line), 16th to 84th percentile of the "
        f"realizations (band), {shape} recovery."
    )
    x = Axis("Time after the event (days)", limits=(0, float(curves["time_days"].max())))
    return Chart("functionality", "", caption, x, Axis("Functionality (%)", limits=(0, 102)), layers)


def loss_exceedance_chart(table: pd.DataFrame, expected_annual_loss_ratio: float) -> Chart:
    """Annual rate of exceedance of the repair cost ratio (%).

    ``table`` has ``repair_cost_ratio`` and ``annual_rate`` (1/yr).
    """
    shown = table[table["annual_rate"] > 0]
    caption = "Annual rate at which a repair cost is exceeded, from all levels and their rates."
    title = f"Expected annual loss {100 * expected_annual_loss_ratio:.3g} % of replacement"
    x, y = Axis(_COST, log=len(shown) > 0), Axis("Annual rate of exceedance (1/yr)", log=len(shown) > 0)
    layers = [line(100 * shown["repair_cost_ratio"], shown["annual_rate"], "", "picked")]
    return Chart("loss_exceedance", title, caption, x, y, layers)


def loss_distribution_chart(losses: pd.DataFrame, levels: pd.DataFrame) -> Chart:
    """Share of realizations whose repair cost ratio (%) exceeds a value, for each level."""
    layers: list[Layer] = []
    for i, level in enumerate(levels["level"].astype(str)):
        ratio = np.sort(losses.loc[losses["level"].astype(str) == level, "repair_cost_ratio"].to_numpy())
        cost = 100 * np.maximum(ratio, 1e-3)
        share = 1.0 - np.arange(len(ratio) + 1) / len(ratio)
        layers.append(steps(np.r_[cost[:1], cost], 100 * share, _label(level, levels), series(i)))
    caption = "Share of the realizations whose repair cost exceeds a value, at each level."
    y = Axis("Realizations that exceed it (%)", limits=(0, 102))
    return Chart("loss_distribution", "", caption, Axis(_COST, log=True), y, layers)
