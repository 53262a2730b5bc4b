"""The charts of a portfolio's report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from gmplug.hazus import DAMAGE_STATES
from gmplug.report.charts import SERIES, SYMBOLS, Axis, Chart, Layer, dots, line, rects, rule, series, steps
from gmplug.values import FloatArray

_MEDIAN = "median_drift_ratio"
#: More types than this are drawn in one color.
_MOST_TYPES = len(SERIES)
_DAMAGE_STYLES = ("light", "s6", "s5", "s2", "ink")
_SHADES = ("q1", "q2", "q3", "q4", "q5")
_DRIFT = "Peak story drift ratio (%)"


def types_of(buildings: pd.DataFrame) -> list[str]:
    """Types in alphabetical order; one empty name where the buildings have none."""
    return sorted(buildings["type"].astype(str).unique())


def _color(types: Sequence[str], number: int) -> str:
    return SERIES[number] if len(types) <= _MOST_TYPES else "picked"


def type_chart(drifts: Mapping[str, FloatArray]) -> Chart:
    """Peak story drift ratios of all analyses that ended ok, one box per type: quartiles, 5 and 95 %."""
    names = [name for name, values in drifts.items() if len(values)]
    layers: list[Layer] = []
    for place, name in enumerate(names):
        low, first, middle, third, high = np.percentile(100 * drifts[name], [5, 25, 50, 75, 95])
        layers.append(line([place, place], [low, high], "", "soft"))
        layers.append(rects([place - 0.3], [place + 0.3], [first], [third], "", "light"))
        layers.append(line([place - 0.3, place + 0.3], [middle, middle], "", "target bold"))
    caption = "Peak story drift ratio of all analyses that ended ok: 5, 25, 50, 75 and 95 % percentiles."
    x = Axis("Building type", names=[name or "all" for name in names])
    return Chart("drift_by_type", "Drift by type", caption, x, Axis(_DRIFT, log=True), layers)


def period_chart(buildings: pd.DataFrame) -> Chart:
    """Median peak story drift ratio of each building against its period, by type."""
    known = buildings[buildings[_MEDIAN] > 0]
    types = types_of(known)
    layers = []
    for number, name in enumerate(types):
        rows = known[known["type"].astype(str) == name]
        label = (name or "all") if len(types) <= _MOST_TYPES else "Buildings"
        symbol = SYMBOLS[number % len(SYMBOLS)] if len(types) <= _MOST_TYPES else "circle"
        layers.append(
            dots(
                rows["period_s"],
                100 * rows[_MEDIAN],
                label,
                _color(types, number),
                items=rows["id"],
                symbol=symbol,
            )
        )
    caption = "Median peak story drift ratio of each building against its period."
    x, y = Axis("Fundamental period T (s)", log=True), Axis("Median peak story drift ratio (%)", log=True)
    return Chart("drift_by_period", "Drift by period", caption, x, y, layers)


def exceedance_chart(
    drifts: Mapping[str, FloatArray], collapsed: Mapping[str, int], thresholds: Sequence[float]
) -> Chart:
    """Share of the analyses whose drift exceeds a value, by type; collapses exceed all."""
    names = [name for name in drifts if len(drifts[name]) + collapsed.get(name, 0)]
    layers: list[Layer] = []
    for number, name in enumerate(names):
        values = np.sort(drifts[name])
        total = len(values) + collapsed.get(name, 0)
        share = (total - np.arange(1, len(values) + 1)) / total
        few = len(names) <= _MOST_TYPES
        style = series(number) if few else "picked faint"
        layers.append(steps(100 * values, 100 * share, (name or "all") if few else "Types", style))
    layers += [rule(x=100 * threshold, text=f"{threshold:.1%}") for threshold in thresholds]
    caption = "Share of the analyses beyond a drift; collapses are beyond all. Dashed: the thresholds."
    y = Axis("Analyses beyond it (%)", limits=(0, 100))
    return Chart("exceedance", "Exceedance of drifts", caption, Axis(_DRIFT, log=True), y, layers)


def damage_chart(buildings: pd.DataFrame) -> Chart:
    """Mean share of the analyses in each structural damage state of HAZUS, by type."""
    columns = [f"damage_{state}" for state in ("none", *DAMAGE_STATES)]
    shares = buildings.dropna(subset=columns).groupby("type")[columns].mean()
    place, bottom = np.arange(len(shares)), np.zeros(len(shares))
    layers = []
    for column, style in zip(columns, _DAMAGE_STYLES, strict=True):
        values = 100 * shares[column].to_numpy()
        name = column.removeprefix("damage_")
        layers.append(rects(place - 0.33, place + 0.33, bottom, bottom + values, name, style))
        bottom = bottom + values
    caption = (
        "Structural damage states from the drifts: HAZUS drift limits by type and design level, β = 0.4."
    )
    x = Axis("Building type", names=[str(name) for name in shares.index])
    return Chart(
        "damage", "Structural damage states", caption, x, Axis("Analyses (%)", limits=(0, 100)), layers
    )


def functionality_chart(curve: pd.DataFrame) -> Chart:
    """Mean functionality of the portfolio over time."""
    layers = [line(curve["time_days"], 100 * curve["functionality"], "", "picked bold")]
    caption = (
        "Mean functionality after such an event: lost with the repair cost of HAZUS's damage states, "
        "regained over its repair times, repair starting at once."
    )
    x = Axis("Time after the event (days)", limits=(0, float(curve["time_days"].iloc[-1])))
    y = Axis("Functionality (%)", limits=(0, 101))
    return Chart("functionality", "Functionality of the portfolio", caption, x, y, layers)


def map_chart(buildings: pd.DataFrame) -> Chart:
    """Buildings on the map, by fifths of their median drift; crosses mark those without one."""
    placed = buildings.dropna(subset=["latitude", "longitude"])
    known = placed[placed[_MEDIAN] > 0]
    layers: list[Layer] = []
    if len(known):
        drift = 100 * known[_MEDIAN].to_numpy(dtype=float)
        edges = np.unique(np.quantile(drift, np.linspace(0, 1, 6)))
        fifth = (
            np.clip(np.digitize(drift, edges[1:-1]), 0, len(_SHADES) - 1)
            if len(edges) > 2
            else np.zeros(len(drift), int)
        )
        for number in np.unique(fifth):
            rows, part = known[fifth == number], drift[fifth == number]
            name = f"{part.min():.3g}–{part.max():.3g} %"
            layers.append(
                dots(rows["longitude"], rows["latitude"], name, _SHADES[number], items=rows["id"], size=36)
            )
    silent = placed.drop(known.index)
    if len(silent):
        layers.append(
            dots(
                silent["longitude"],
                silent["latitude"],
                "No median",
                "ink",
                items=silent["id"],
                symbol="cross",
                size=36,
            )
        )
    tall = max(float(np.ptp(placed["latitude"])), 1e-6)
    # A degree of longitude is shorter than one of latitude.
    wide = max(float(np.ptp(placed["longitude"]) * np.cos(np.radians(placed["latitude"].mean()))), 1e-6)
    caption = "Median peak story drift ratio of each building, by fifths of the buildings."
    aspect = float(np.clip(tall / wide, 0.5, 1.2))
    return Chart("map", "Map", caption, Axis("Longitude (°)"), Axis("Latitude (°)"), layers, aspect=aspect)


def sharing_charts(sharing: pd.DataFrame) -> tuple[Chart, Chart]:
    """Bias and spread of the selected records at each building's own period, against ln(T/T*)."""
    shift = sharing["ln_period_shift"]
    ids = sharing["id"].astype(str) if "id" in sharing else None
    x = Axis("ln(T / T*)")
    bias = [rule(y=0.0, style="soft"), dots(shift, sharing["bias_ln"], "Bias", "picked", items=ids)]
    spread = [
        dots(shift, sharing["target_sigma_ln"], "Target", "ink", items=ids, size=14),
        dots(shift, sharing["selected_sigma_ln"], "Selected records", "s2", items=ids, symbol="square"),
    ]
    told = "Selected records at each building's own period"
    return (
        Chart(
            "sharing",
            "Bias from sharing",
            f"{told}: bias to its own level.",
            x,
            Axis("Bias of ln Sa(T)"),
            bias,
        ),
        Chart(
            "sharing_sigma",
            "Spread from sharing",
            f"{told}: spread.",
            x,
            Axis("σ of ln Sa(T)", limits=(0, None)),
            spread,
        ),
    )
