"""Figures of losses and recovery; each takes tables and returns a matplotlib ``Figure``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gmplug.report.style import (
    CLUSTER_COLORS,
    LINES,
    legend_below,
    new_axes,
    plain_log,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _label(level: str, levels: pd.DataFrame) -> str:
    row = levels[levels["level"].astype(str) == level].iloc[0]
    return f"{level}: Sa = {row['sa_g']:.3g} g"


@styled
def plot_functionality(curves: pd.DataFrame, levels: pd.DataFrame) -> Figure:
    """Functionality (%) against time after the event: mean and 16th to 84th percentile for each level.

    ``curves`` has ``level``, ``time_days``, ``mean``, ``p16``, ``p84``; ``levels`` has ``level``, ``sa_g``.
    """
    figure, axes = new_axes()
    for i, (level, curve) in enumerate(curves.groupby("level", sort=False)):
        color = CLUSTER_COLORS[i % len(CLUSTER_COLORS)]
        days = curve["time_days"].to_numpy(dtype=float)
        low, mean, high = (100 * curve[name].to_numpy(dtype=float) for name in ("p16", "mean", "p84"))
        axes.fill_between(days, low, high, color=color, alpha=0.15, linewidth=0)
        axes.plot(days, mean, LINES[i % len(LINES)], color=color, label=_label(str(level), levels))
    axes.set_xlim(0, float(curves["time_days"].max()))
    axes.set_ylim(0, 102)
    axes.set_xlabel("Time after the event (days)")
    axes.set_ylabel("Functionality (%)")
    legend_below(figure, axes)
    return figure


@styled
def plot_loss_exceedance(table: pd.DataFrame, expected_annual_loss_ratio: float | None = None) -> Figure:
    """Annual rate of exceedance of the repair cost ratio (%).

    ``table`` has ``repair_cost_ratio`` and ``annual_rate`` (1/yr).
    """
    figure, axes = new_axes()
    shown = table[table["annual_rate"] > 0]
    axes.plot(100 * shown["repair_cost_ratio"], shown["annual_rate"], color=CLUSTER_COLORS[0])
    axes.set_xlabel("Repair cost / cost of replacement (%)")
    axes.set_ylabel("Annual rate of exceedance (1/yr)")
    if len(shown):
        plain_log(axes.xaxis)
        axes.set_yscale("log")
    if expected_annual_loss_ratio is not None:
        axes.set_title(f"Expected annual loss {100 * expected_annual_loss_ratio:.3g} % of replacement")
    return figure


@styled
def plot_loss_distribution(losses: pd.DataFrame, levels: pd.DataFrame) -> Figure:
    """Share of realizations whose repair cost ratio (%) exceeds a value, for each level."""
    import numpy as np

    figure, axes = new_axes()
    for i, level in enumerate(levels["level"].astype(str)):
        ratio = np.sort(losses.loc[losses["level"].astype(str) == level, "repair_cost_ratio"].to_numpy())
        share = 1.0 - np.arange(len(ratio)) / len(ratio)
        axes.step(
            100 * np.maximum(ratio, 1e-3),
            100 * share,
            LINES[i % len(LINES)],
            where="pre",
            color=CLUSTER_COLORS[i % len(CLUSTER_COLORS)],
            label=_label(level, levels),
        )
    axes.set_ylim(0, 102)
    axes.set_xlabel("Repair cost / cost of replacement (%)")
    axes.set_ylabel("Realizations that exceed it (%)")
    plain_log(axes.xaxis)
    legend_below(figure, axes)
    return figure
