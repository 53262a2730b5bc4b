"""The figures of a portfolio's report; each takes tables and returns a matplotlib ``Figure``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gmplug.hazus import DAMAGE_STATES
from gmplug.report import style
from gmplug.values import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MEDIAN = "median_drift_ratio"
#: More types than this are drawn in one color.
_MOST_TYPES = len(style.CLUSTER_COLORS)
_DAMAGE_COLORS = ("#d7dce2", style.SKY, style.ORANGE, style.VERMILLION, style.INK)


def types_of(buildings: pd.DataFrame) -> list[str]:
    """Types in alphabetical order; one empty name where the buildings have none."""
    return sorted(buildings["type"].astype(str).unique())


def _looks(types: Sequence[str]) -> dict[str, tuple[str, str]]:
    if len(types) > _MOST_TYPES:
        return dict.fromkeys(types, (style.BLUE, "o"))
    return {
        name: (style.CLUSTER_COLORS[k], style.MARKERS[k % len(style.MARKERS)]) for k, name in enumerate(types)
    }


@style.styled
def plot_drift_by_type(drifts: Mapping[str, FloatArray]) -> Figure:
    """Peak story drift ratios of all analyses that ended ok, one box per type: quartiles, 5 and 95 %."""
    figure, axes = style.new_axes()
    names = [name for name, values in drifts.items() if len(values)]
    axes.boxplot(
        [100 * drifts[name] for name in names], whis=(5, 95), showfliers=False, widths=0.55,
        medianprops={"color": style.VERMILLION, "linewidth": 1.8},
    )  # fmt: skip
    axes.set_xticks(range(1, len(names) + 1), [name or "all" for name in names])
    style.plain_log(axes.yaxis)
    axes.set(xlabel="Building type", ylabel="Peak story drift ratio (%)", title="Drift by type")
    return figure


@style.styled
def plot_drift_by_period(buildings: pd.DataFrame) -> Figure:
    """Median peak story drift ratio of each building against its period, by type."""
    figure, axes = style.new_axes(height_in=4.4)
    known = buildings[buildings[_MEDIAN] > 0]
    for name, (color, marker) in _looks(types_of(known)).items():
        rows = known[known["type"].astype(str) == name]
        axes.plot(
            rows["period_s"], 100 * rows[_MEDIAN], linestyle="", marker=marker, markersize=4.5,
            color=color, alpha=0.75, markeredgewidth=0, label=name or "all",
        )  # fmt: skip
    style.plain_log(axes.xaxis)
    style.plain_log(axes.yaxis)
    axes.set(
        xlabel="Fundamental period T (s)", ylabel="Median peak story drift ratio (%)", title="Drift by period"
    )
    if len(types_of(known)) <= _MOST_TYPES:
        style.legend_below(figure, axes, columns=5)
    return figure


@style.styled
def plot_exceedance(
    drifts: Mapping[str, FloatArray], collapsed: Mapping[str, int], thresholds: Sequence[float]
) -> Figure:
    """Share of the analyses whose drift exceeds a value, by type; collapses exceed all."""
    figure, axes = style.new_axes(height_in=4.4)
    names = [name for name in drifts if len(drifts[name]) + collapsed.get(name, 0)]
    looks = _looks(names)
    for number, name in enumerate(names):
        values = np.sort(drifts[name])
        total = len(values) + collapsed.get(name, 0)
        share = (total - np.arange(1, len(values) + 1)) / total
        axes.step(
            100 * values, 100 * share, where="post", color=looks[name][0], linewidth=1.5,
            linestyle=style.LINES[number % len(style.LINES)], label=name or "all",
        )  # fmt: skip
    for threshold in thresholds:
        axes.axvline(100 * threshold, color=style.GREY, linewidth=0.9, linestyle=(0, (4, 3)))
    style.plain_log(axes.xaxis)
    axes.set_ylim(0, 100)
    axes.set(
        xlabel="Peak story drift ratio (%)", ylabel="Analyses beyond it (%)", title="Exceedance of drifts"
    )
    if len(names) <= _MOST_TYPES:
        style.legend_below(figure, axes, columns=5)
    return figure


@style.styled
def plot_damage(buildings: pd.DataFrame) -> Figure:
    """Mean share of the analyses in each structural damage state of HAZUS, by type."""
    figure, axes = style.new_axes(height_in=4.4)
    columns = [f"damage_{state}" for state in ("none", *DAMAGE_STATES)]
    shares = buildings.dropna(subset=columns).groupby("type")[columns].mean()
    bottom = np.zeros(len(shares))
    for column, color in zip(columns, _DAMAGE_COLORS, strict=True):
        values = 100 * shares[column].to_numpy()
        axes.bar(
            range(len(shares)), values, 0.65, bottom=bottom, color=color, edgecolor="white",
            linewidth=0.6, label=column.removeprefix("damage_"),
        )  # fmt: skip
        bottom += values
    axes.set_xticks(range(len(shares)), [str(name) for name in shares.index])
    axes.set_ylim(0, 100)
    axes.set(xlabel="Building type", ylabel="Analyses (%)", title="Structural damage states")
    style.legend_below(figure, axes, columns=5)
    return figure


@style.styled
def plot_functionality(curve: pd.DataFrame) -> Figure:
    """Mean functionality of the portfolio over time."""
    figure, axes = style.new_axes()
    axes.plot(curve["time_days"], 100 * curve["functionality"], color=style.BLUE, linewidth=1.8)
    axes.set_xlim(0, float(curve["time_days"].iloc[-1]))
    axes.set_ylim(0, 101)
    axes.set(
        xlabel="Time after the event (days)",
        ylabel="Functionality (%)",
        title="Functionality of the portfolio",
    )
    return figure


@style.styled
def plot_map(buildings: pd.DataFrame) -> Figure:
    """Buildings on the map, colored by their median drift; crosses mark those without one."""
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import MaxNLocator

    figure, axes = style.new_axes(height_in=4.6)
    placed = buildings.dropna(subset=["latitude", "longitude"])
    known = placed[placed[_MEDIAN] > 0]
    if len(known):
        drift = 100 * known[_MEDIAN]
        norm = LogNorm(drift.min(), drift.max()) if drift.max() > drift.min() else None
        dots = axes.scatter(
            known["longitude"], known["latitude"], c=drift, s=22, norm=norm, cmap="viridis",
            edgecolors="white", linewidths=0.4, zorder=3,
        )  # fmt: skip
        bar = figure.colorbar(dots, ax=axes, shrink=0.85)
        style.plain_log(bar.ax.yaxis)
        bar.set_label("Median peak story drift ratio (%)")
    silent = placed.drop(known.index)
    axes.plot(silent["longitude"], silent["latitude"], "x", color=style.INK, markersize=6, zorder=4)
    axes.ticklabel_format(useOffset=False)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    # A degree of longitude is shorter than one of latitude.
    axes.set_aspect(1 / np.cos(np.radians(placed["latitude"].mean())), adjustable="datalim")
    axes.set(xlabel="Longitude (°)", ylabel="Latitude (°)", title="Map")
    return figure


@style.styled
def plot_sharing(sharing: pd.DataFrame) -> Figure:
    """Bias and spread of the selected records at each building's own period, against ln(T/T*)."""
    figure = style.new_figure(height_in=4.6)
    above, below = figure.subplots(2, 1, sharex=True)
    shift = sharing["ln_period_shift"]
    _dots(above, shift, sharing["bias_ln"], style.BLUE, "o")
    above.axhline(0, color=style.GREY, linewidth=0.9)
    above.set(ylabel="Bias of ln Sa(T)", title="What sharing costs")
    _dots(below, shift, sharing["selected_sigma_ln"], style.VERMILLION, "s", "selected records")
    order = np.argsort(shift.to_numpy())
    _dots(below, shift.iloc[order], sharing["target_sigma_ln"].iloc[order], style.INK, ".", "target")
    below.set(ylabel="σ of ln Sa(T)", xlabel="ln(T / T*)")
    below.set_ylim(bottom=0)
    style.legend_below(figure, below, columns=2)
    return figure


def _dots(axes: Axes, x: pd.Series, y: pd.Series, color: str, marker: str, label: str = "") -> None:
    axes.plot(
        x, y, linestyle="", marker=marker, markersize=4, color=color, alpha=0.7, markeredgewidth=0,
        label=label or None,
    )  # fmt: skip
