"""Responses: profiles over the height and the distribution of the largest story drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gmplug.assessment.lognormal import fit_by_moments
from gmplug.demands import Demand, demands
from gmplug.demands.tables import profile
from gmplug.report import style
from gmplug.report.demand_columns import drift_statistics
from gmplug.values import BoolArray, FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: A collapsed record may run out of the axes beyond this multiple of the others' largest.
_BEYOND = 1.6


@style.styled
def plot_profile(table: pd.DataFrame, name: str) -> Figure:
    """Demands over the height: every record, median and 16th and 84th percentile of those that ended ok.

    ``name`` is a family of columns of demands.csv, such as ``peak_story_drift_ratio``.

    Raises
    ------
    ValueError
        The table has no such columns.
    """
    figure, axes = style.new_axes(height_in=4.4)
    draw_profile(axes, table, name)
    style.legend_below(figure, axes)
    return figure


def draw_profile(axes: Axes, table: pd.DataFrame, name: str) -> None:
    """Draw :func:`plot_profile` into existing axes."""
    from matplotlib.ticker import MaxNLocator

    found = profile(table, name)
    if found is None:
        raise ValueError(f"no columns {name}_1, {name}_2, ... in the table of demands")
    demand = demands().get(name) or Demand(name, name, unit=found.unit)
    status = table["status"].astype(str).to_numpy()
    values = np.abs(found.values) * demand.factor
    complete = np.all(np.isfinite(values), axis=1)
    ok, collapsed = complete & (status == "ok"), complete & (status == "collapsed")
    levels = np.array(found.levels, dtype=float)
    _draw_lines(axes, levels, values[collapsed], "collapsed", style.VERMILLION, "--")
    _draw_lines(axes, levels, values[ok], "ok", style.BLUE, "-")
    _draw_percentiles(axes, levels, values[ok])
    _limit(axes, values, ok, collapsed)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(levels[0] - 0.25, levels[-1] + 0.25)
    floors = "Floor (0 = base)" if found.levels[0] == 0 else "Floor"
    axes.set(
        ylabel=floors if demand.numbered == "floor" else "Story",
        xlabel=demand.label if demand.unit else f"{demand.label} (%)",
        title=demand.title,
    )


def _draw_lines(
    axes: Axes, levels: FloatArray, rows: FloatArray, label: str, color: str, linestyle: str
) -> None:
    for number, row in enumerate(rows):
        axes.plot(
            row, levels, color=color, linewidth=0.8, alpha=0.55, linestyle=linestyle,
            marker="o" if len(levels) == 1 else "",
            label=f"{label} ({len(rows)})" if number == 0 else None,
        )  # fmt: skip


def _draw_percentiles(axes: Axes, levels: FloatArray, rows: FloatArray) -> None:
    if not len(rows):
        return
    fits = [fit_by_moments(column) for column in rows.T]
    low, median, high = ([fit.fractile(z) if z else fit.median for fit in fits] for z in (-1, 0, 1))
    axes.plot(
        median,
        levels,
        color=style.INK,
        linewidth=2.4,
        marker="o",
        markersize=4.5,
        label="median of ok (geometric mean)",
        zorder=4,
    )
    for edge, label in ((low, "16th, 84th percentile"), (high, None)):
        axes.plot(edge, levels, color=style.INK, linewidth=1.3, linestyle=(0, (4, 2)), label=label, zorder=4)


def _limit(axes: Axes, values: FloatArray, ok: BoolArray, collapsed: BoolArray) -> None:
    """Keep the readable part large: collapsed records may run out, and the figure says so."""
    axes.set_xlim(left=0)
    if not ok.any():
        return
    largest, beyond = float(values[ok].max()), float(values[collapsed].max()) if collapsed.any() else 0.0
    if largest > 0 and beyond > _BEYOND * largest:
        axes.set_xlim(right=1.25 * largest)
        axes.annotate(
            f"collapsed: up to {beyond:.3g} →", (0.99, 0.985), xycoords="axes fraction", ha="right", va="top",
            fontsize=8, color=style.VERMILLION, zorder=6,
            bbox={"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
        )  # fmt: skip


@style.styled
def plot_drift_distribution(table: pd.DataFrame) -> Figure:
    """Empirical distribution of the largest story drift with a lognormal fit.

    Collapsed analyses count as exceeding every drift: the curves end at one minus their share. The lognormal
    is fitted to the logarithms of the analyses that ended ok (mean and sample standard deviation).
    """
    from scipy.stats import norm

    figure, axes = style.new_axes()
    statistics = drift_statistics(table)
    n = len(statistics.ok) + statistics.collapsed
    shares = np.arange(1, len(statistics.ok) + 1) / max(n, 1)
    if len(statistics.ok):
        drift = 100 * statistics.ok
        axes.step(np.r_[drift[:1], drift], np.r_[0.0, shares], color=style.BLUE, linewidth=1.2, where="post")
        axes.plot(
            drift, shares, linestyle="", marker="o", markersize=4.5, color=style.BLUE, zorder=3,
            label=f"Analyses ended ok ({len(drift)})",
        )  # fmt: skip
    if np.isfinite(statistics.fit.beta) and statistics.fit.beta > 0:
        grid = statistics.fit.median * np.exp(np.linspace(-3.2, 3.2, 200) * statistics.fit.beta)
        share = 1 - statistics.collapse_share
        probability = share * norm.cdf(np.log(grid / statistics.fit.median) / statistics.fit.beta)
        label = f"Lognormal: median {100 * statistics.fit.median:.2f} %, β = {statistics.fit.beta:.2f}"
        axes.plot(100 * grid, probability, color=style.INK, linewidth=1.6, linestyle="--", label=label)
    if statistics.collapsed:
        axes.axhline(
            1 - statistics.collapse_share, color=style.VERMILLION, linewidth=1.2, linestyle=":",
            label=f"Above: collapsed ({statistics.collapsed} of {n})",
        )  # fmt: skip
    axes.set_ylim(0, 1.02)
    style.plain_log(axes.xaxis)
    axes.set(
        xlabel="Largest story drift ratio (%)",
        ylabel="Share of analyses not above",
        title="Distribution of story drift",
    )
    style.legend_below(figure, axes)
    return figure
