"""Responses: profiles over the height, the distribution of the largest story drift, waveforms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from gmplug.assessment.lognormal import fit_by_moments
from gmplug.demands import Demand, demands
from gmplug.demands.builtin import BASE_SHEAR, BASE_SHEAR_RATIO, ROOF_DISPLACEMENT
from gmplug.demands.demand import MODEL_FORCE
from gmplug.demands.tables import Profile, axis_profiles, peak_story_drift
from gmplug.report.charts import (
    SERIES,
    SYMBOLS,
    Axis,
    Chart,
    Layer,
    Problem,
    attempt,
    dots,
    line,
    rule,
)
from gmplug.report.demand_columns import drift_statistics
from gmplug.values import LENGTH_UNITS_M

#: Points of a history drawn at most: the least and largest of as many stretches.
_HISTORY_POINTS = 1200
#: A collapsed record may run out of the chart beyond this multiple of the others' largest.
_BEYOND = 1.6


def profile_charts(table: pd.DataFrame) -> Iterator[Chart | Problem | None]:
    """A chart of each demand over the height, and for models in two directions of each direction."""
    for demand in demands().values():
        if demand.numbered:
            for axis, found in axis_profiles(table, demand).items():
                yield attempt(f"profile_{demand.name}", _profile_chart, table, demand, axis, found)


def profile_chart(table: pd.DataFrame, name: str) -> Chart | None:
    """The chart of a demand over the height, of the first direction; None without such columns."""
    demand = demands().get(name)
    found = axis_profiles(table, demand) if demand is not None else {}
    return next((_profile_chart(table, demand, axis, one) for axis, one in found.items() if demand), None)


def _profile_chart(table: pd.DataFrame, demand: Demand, axis: str, found: Profile) -> Chart:
    status, ids = table["status"].astype(str).to_numpy(), table["id"].astype(str).to_numpy()
    values = np.abs(found.values) * demand.factor
    complete = np.all(np.isfinite(values), axis=1)
    levels = np.array(found.levels, dtype=float)
    layers: list[Layer] = []
    for name, style in (("collapsed", "alert dash"), ("ok", "record")):
        at = np.flatnonzero(complete & (status == name))
        told = f"{name} ({len(at)})"
        if len(levels) == 1 and len(at):  # no lines: one above the other
            layers.append(dots(values[at, 0], np.full(len(at), levels[0]), told, style, items=ids[at]))
        else:
            layers += [line(values[row], levels, told, style, item=ids[row]) for row in at]
    ok = values[complete & (status == "ok")]
    limits: tuple[float, float | None] = (0, None)
    said = demand.caption or f"{demand.title}."
    if len(ok):
        layers += _percentiles(ok, levels)
        beyond = values[complete & (status == "collapsed")]
        if len(beyond) and float(ok.max()) > 0 and float(beyond.max()) > _BEYOND * float(ok.max()):
            limits = (0, 1.25 * float(ok.max()))
            said += f" Collapsed analyses reach up to {beyond.max():.3g}, beyond the chart."
    heading = f"{demand.title}, direction {axis}" if axis else demand.title
    x = Axis(f"{demand.title} ({demand.shown_unit})", limits=limits)
    floors = "Floor (0 = base)" if found.levels[0] == 0 else "Floor"
    y = Axis(
        floors if demand.numbered == "floor" else "Story",
        whole=True,
        limits=(levels[0] - 0.2, levels[-1] + 0.2),
    )
    key = f"profile_{demand.name}" + (f"_{axis}" if axis else "")
    return Chart(key, heading, said, x, y, layers, span=2, aspect=1.16)


def _percentiles(ok: np.ndarray, levels: np.ndarray) -> list[Layer]:
    fits = [fit_by_moments(column) for column in ok.T]
    if len(levels) == 1:
        return [
            rule(x=fits[0].fractile(-1), name="16th, 84th percentile", style="target dash"),
            rule(x=fits[0].fractile(1), name="16th, 84th percentile", style="target dash"),
            rule(x=fits[0].median, name="Median (geometric mean)", style="target bold"),
            rule(x=float(ok.mean()), name="Arithmetic mean", style="s5 bold dash"),
        ]
    return [
        line([f.fractile(-1) for f in fits], levels, "16th, 84th percentile", "target dash"),
        line([f.fractile(1) for f in fits], levels, "16th, 84th percentile", "target dash"),
        line([f.median for f in fits], levels, "Median (geometric mean)", "target bold"),
        line(ok.mean(axis=0), levels, "Arithmetic mean", "s5 bold dash"),
    ]


def history_charts(table: pd.DataFrame, run_dir: Path | None) -> Iterator[Chart | Problem | None]:
    """Kept histories of two analyses: that nearest to the median of the largest drift, and the largest.

    Story drifts, base shear, and what the model and plugins add.
    """
    if run_dir is None or "history" not in table:
        return
    drift = peak_story_drift(table)
    known = (table["status"] == "ok").to_numpy() & np.isfinite(drift)
    rows = np.flatnonzero(known & (table["history"].fillna("").astype(str) != "").to_numpy())
    if not len(rows):
        return
    median = fit_by_moments(drift[known]).median
    nearest, largest = rows[np.argmin(np.abs(np.log(drift[rows] / median)))], rows[np.argmax(drift[rows])]
    chosen = {}
    for key, row, why in (("median", nearest, "nearest to the median"), ("largest", largest, "the largest")):
        try:
            history = pd.read_parquet(run_dir / str(table["history"].iloc[row]))
        except (OSError, ValueError) as error:
            yield Problem(f"history_{key}", f"{type(error).__name__}: {error}")
            continue
        chosen[key] = (history, str(table["id"].iloc[row]), why)
    drawn = {key: _histories(history) for key, (history, _, _) in chosen.items()}
    for number, title in enumerate(dict.fromkeys(title for found in drawn.values() for title in found)):
        for key, (history, record, why) in chosen.items():  # the two analyses side by side
            caption = f"{record}, whose peak story drift is {why}: {title[:1].lower()}{title[1:]} over time."
            name, end_s = f"history_{key}_{number}", float(history["time_s"].iloc[-1])
            histories = drawn[key].get(title, {})
            yield attempt(name, _history_chart, name, title, histories, end_s, record, caption)


#: Histories that are drawn: title, factor, and what names their lines with the pattern of their columns.
_HISTORIES = (
    ("Story drift (%)", 100.0, "Story", r"story_drift_ratio_(.+)"),
    (f"Base shear ({BASE_SHEAR.shown_unit})", 1.0, "Direction", rf"base_shear_?(.*?)_{MODEL_FORCE}"),
)
_FLOORS = re.compile(r"(floor_displacement|floor_acceleration|vertical_acceleration)_.+")


def _histories(history: pd.DataFrame) -> dict[str, dict[str, np.ndarray]]:
    """Return the histories to draw by the title of their chart and the name of their line.

    Those of the floors are left out.
    """
    found: dict[str, dict[str, np.ndarray]] = {}
    for column in (str(name) for name in history if name != "time_s" and not _FLOORS.fullmatch(str(name))):
        title, factor, name = column, 1.0, ""
        for known, times, word, pattern in _HISTORIES:
            if match := re.fullmatch(pattern, column):
                title, factor = known, times
                name = f"{word} {match[1].replace('_', ' ')}" if match[1] else ""
        found.setdefault(title, {})[name] = factor * history[column].to_numpy(dtype=float)
    return found


def _history_chart(
    key: str, title: str, histories: Mapping[str, np.ndarray], end_s: float, record: str, caption: str
) -> Chart:
    layers = []
    for number, (name, values) in enumerate(histories.items()):
        stretch = max(1, len(values) // (_HISTORY_POINTS // 2))
        parts = np.array_split(values, max(1, len(values) // stretch))
        ends = np.ravel([(part.min(), part.max()) for part in parts])
        time_s = np.linspace(0.0, end_s, len(ends))
        layers.append(line(time_s, ends, name, SERIES[number % len(SERIES)]))
    return Chart(key, record, caption, Axis("Time (s)"), Axis(title), layers, aspect=0.5)


def drift_chart(table: pd.DataFrame) -> Chart:
    """Empirical distribution of the largest story drift with a lognormal fit; see the README."""
    statistics, drift = drift_statistics(table), 100 * peak_story_drift(table)
    order = [
        row for row in np.argsort(drift) if table["status"].iloc[row] == "ok" and np.isfinite(drift[row])
    ]
    n = len(order) + statistics.collapsed
    layers: list[Layer] = []
    fit = statistics.fit
    if np.isfinite(fit.beta) and fit.beta > 0:
        grid = np.linspace(-3.2, 3.2, 121)
        share = (1 - statistics.collapse_share) * np.array([NormalDist().cdf(z) for z in grid])
        label = f"Lognormal: median {100 * fit.median:.2f} %, β = {fit.beta:.2f}"
        layers.append(line(100 * fit.median * np.exp(grid * fit.beta), share, label, "target dash"))
    if order:
        shares = np.arange(1, len(order) + 1) / max(n, 1)
        ids = table["id"].iloc[order]
        layers.append(
            dots(drift[order], shares, f"Analyses ended ok ({len(order)})", "picked", items=ids, size=40)
        )
    if statistics.collapsed:
        text = f"above: collapsed ({statistics.collapsed} of {n})"
        layers.append(rule(y=1 - statistics.collapse_share, text=text, style="alert dot"))
    caption = "Distribution over the records of the largest story drift of any story."
    return Chart(
        "drift_distribution",
        "Distribution of story drift",
        caption,
        Axis("Largest story drift ratio (%)", log=True),
        Axis("Share of analyses not above", limits=(0, 1.02)),
        layers,
        span=2,
        aspect=1.16,
    )


def base_shear_chart(table: pd.DataFrame, model: Mapping[str, Any]) -> Chart | None:
    """Peak base shear against peak roof displacement, a dot for each analysis; None without base shears."""
    ratio = BASE_SHEAR_RATIO.column in table and table[BASE_SHEAR_RATIO.column].notna().any()
    demand = BASE_SHEAR_RATIO if ratio else BASE_SHEAR
    unit = str(model.get("length_unit") or "m")
    known = demand.column in table and ROOF_DISPLACEMENT.column in table
    if not known or not table[demand.column].notna().any():
        return None
    axes = ("x", "y") if demand.column_along("x") in table else ("",)
    layers: list[Layer] = []
    for axis, own, symbol in zip(axes, ("picked", "s2"), SYMBOLS, strict=False):
        for status, style in (("ok", own), ("collapsed", "alert")):
            rows = table[table["status"] == status]
            if len(rows):
                roof = rows[ROOF_DISPLACEMENT.column_along(axis)].to_numpy(dtype=float) / LENGTH_UNITS_M[unit]
                shear = demand.factor * rows[demand.column_along(axis)].to_numpy(dtype=float)
                name = f"{f'direction {axis}, ' if axis else ''}{status} ({len(rows)})"
                layers.append(dots(roof, shear, name, style, items=rows["id"], symbol=symbol, size=40))
    caption = "Peaks of each analysis, which need not occur at the same time."
    return Chart(
        "base_shear",
        "Base shear and roof displacement",
        caption,
        Axis(f"{ROOF_DISPLACEMENT.title} ({unit})", limits=(0, None)),
        Axis(f"{demand.title} ({demand.shown_unit})", limits=(0, None)),
        layers,
        span=2,
        aspect=1.16,
    )
