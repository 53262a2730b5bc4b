"""The records: what pre-selection took, where they come from, by how much they are scaled."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gmplug.report import style
from gmplug.values import Candidates, Catalogue, FloatArray, Selection

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Distances below this are drawn here where the axis is logarithmic, km.
SHORTEST_DISTANCE_KM = 1.0
#: From this largest distance on the axis is logarithmic, km.
LOG_DISTANCE_KM = 100.0


@style.styled
def plot_funnel(funnel: pd.DataFrame) -> Figure:
    """Records remaining after each filter and removed by it, as horizontal bars with their counts."""
    start = float(funnel["remaining"].iloc[0] + funnel["removed"].iloc[0]) if len(funnel) else 0.0
    if len(funnel) and funnel["filter"].iloc[0] == "catalogue":
        funnel = funnel.iloc[1:]  # the start, stated as a row of its own
    rows = len(funnel) + 1
    figure, axes = style.new_axes(height_in=min(1.3 + 0.42 * rows, 9.0))
    remaining = funnel["remaining"].to_numpy(dtype=float)
    removed = funnel["removed"].to_numpy(dtype=float)
    names = ["catalogue", *(textwrap.shorten(str(n), 30, placeholder="…") for n in funnel["filter"])]
    kept, lost = np.r_[start, remaining], np.r_[0.0, removed]
    y = np.arange(rows)
    axes.barh(y, kept, color=style.BLUE, height=0.62, label="remaining")
    axes.barh(
        y, lost, left=kept, color="#f6c9a8", edgecolor=style.VERMILLION, hatch="////", linewidth=0.5,
        height=0.62, label="removed by this filter",
    )  # fmt: skip
    for row in range(rows):
        text = f"{kept[row]:.0f}" + (f"  (−{lost[row]:.0f})" if lost[row] else "")
        axes.annotate(
            text, (kept[row] + lost[row], y[row]), xytext=(4, 0), textcoords="offset points", va="center",
            fontsize=8.5,
        )  # fmt: skip
    axes.set_yticks(y, names)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlim(0, 1.18 * max(start, 1.0))
    axes.set(xlabel="Records", title="Pre-selection")
    style.legend_below(figure, axes)
    return figure


def has_magnitude_distance(records: pd.DataFrame) -> bool:
    """Tell whether any record has both a magnitude and a distance."""
    return distance_column(records) is not None


def distance_column(records: pd.DataFrame) -> str | None:
    """Return the column of distances for a plot against magnitude; None where no record has both."""
    if "magnitude" not in records:
        return None
    for column in ("rjb_km", "rrup_km"):
        if column in records and bool((records["magnitude"].notna() & records[column].notna()).any()):
            return column
    return None


@style.styled
def plot_magnitude_distance(
    catalogue: Catalogue | None, candidates: Candidates | None, selection: Selection | None
) -> Figure:
    """Magnitude against distance of catalogue, candidates and selected records (those not None)."""
    figure, axes = style.new_axes()
    layers: list[tuple[str, Catalogue | Candidates | Selection | None, dict[str, Any]]] = [
        ("Catalogue", catalogue, {"s": 9, "color": style.LIGHT, "linewidths": 0}),
        ("Candidates", candidates, {"s": 16, "c": style.SKY, "linewidths": 0.4, "edgecolors": style.BLUE}),
        ("Selected", selection, {"s": 44, "c": style.VERMILLION, "marker": "D", "edgecolors": "white"}),
    ]
    tables = [(label, value.records, marks) for label, value, marks in layers if value is not None]
    column = next((c for _, records, _ in tables if (c := distance_column(records)) is not None), "rjb_km")
    tables = [(label, records, marks) for label, records, marks in tables if column in records]
    largest = max((float(records[column].max()) for _, records, _ in tables), default=0.0)
    logarithmic = largest > LOG_DISTANCE_KM
    for label, records, marks in tables:
        known = records[["magnitude", column]].astype(float).dropna()
        distance = known[column].clip(lower=SHORTEST_DISTANCE_KM) if logarithmic else known[column]
        axes.scatter(distance, known["magnitude"], label=f"{label} ({len(known)})", **marks)
    name = {"rjb_km": "Joyner–Boore distance Rjb (km)", "rrup_km": "Rupture distance Rrup (km)"}[column]
    if logarithmic:
        style.plain_log(axes.xaxis)
        name += f", drawn from {SHORTEST_DISTANCE_KM:g} km"
    else:
        axes.set_xlim(left=-0.02 * max(largest, 1.0))
    axes.set(xlabel=name, ylabel="Moment magnitude", title="Magnitude and distance")
    style.legend_below(figure, axes, columns=3)
    return figure


@style.styled
def plot_scale_factors(
    candidates: Candidates | None, selection: Selection | None, limits: tuple[float, float] | None = None
) -> Figure:
    """Histogram of the candidates' scale factors, those of the selected records on a strip below."""
    from matplotlib.ticker import MaxNLocator

    figure = style.new_figure(height_in=3.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    everything = [value.records["scale_factor"] for value in (candidates, selection) if value is not None]
    factors = pd.concat(everything).to_numpy(dtype=float)
    factors = factors[np.isfinite(factors) & (factors > 0)]
    low, high = (float(factors.min()), float(factors.max())) if len(factors) else (0.5, 2.0)
    low, high = min(low, 1.0) / 1.08, max(high, 1.0) * 1.08
    bins = np.geomspace(low, high, 25)
    if candidates is not None:
        upper.hist(
            candidates.records["scale_factor"], bins=bins, color=style.LIGHT, edgecolor="white",
            label=f"Candidates ({len(candidates.records)})",
        )  # fmt: skip
    if selection is not None:
        chosen = selection.records["scale_factor"].to_numpy(dtype=float)
        upper.hist(chosen, bins=bins, color=style.VERMILLION, alpha=0.85, label=f"Selected ({len(chosen)})")
        _draw_strip(lower, chosen)
    for axes in (upper, lower):
        axes.axvline(1.0, color=style.INK, linewidth=1)
        for limit in limits or ():
            axes.axvline(limit, color=style.GREY, linewidth=1, linestyle="--")
    if limits:
        upper.plot([], [], color=style.GREY, linewidth=1, linestyle="--", label="Limits")
    upper.set_xlim(min(low, *(limits or (low,))) / 1.03, max(high, *(limits or (high,))) * 1.03)
    style.plain_log(upper.xaxis)
    lower.set_yticks([])
    lower.set_ylabel("selected", rotation=0, ha="right", va="center")
    lower.set_xlabel("Scale factor")
    upper.yaxis.set_major_locator(MaxNLocator(integer=True))
    upper.set(ylabel="Records", title="Scale factors")
    style.legend_below(figure, upper, columns=3)
    return figure


def _draw_strip(axes: Axes, values: FloatArray) -> None:
    # Heights only keep equal values apart; a fixed pattern, so that the figure is always the same.
    heights = (np.arange(len(values)) * 0.6180339887) % 1.0
    axes.scatter(values, heights, s=22, color=style.VERMILLION, edgecolors="white", linewidths=0.6, zorder=3)
    axes.set_ylim(-0.25, 1.25)
    axes.grid(visible=False, axis="y")
