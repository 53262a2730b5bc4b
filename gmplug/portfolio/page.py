"""The report of a portfolio: one self-contained page in the report's look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from gmplug._version import __version__
from gmplug.assessment.lognormal import MEDIAN_MEANS
from gmplug.notes import doubts_of
from gmplug.portfolio import plots
from gmplug.portfolio.schema import Portfolio
from gmplug.report.figures import DrawnFigure, FigureSpec, draw
from gmplug.report.page import embedded, fill, versions
from gmplug.report.tables import Cell, Table, number, pairs_table, status_cell, text
from gmplug.values import STATUSES, FloatArray

_SECTIONS = ("responses", "sharing")
#: Rows of the tables of slow and of failed analyses, and of buildings on the page at most.
_MOST_SLOW, _MOST_FAILED, _MOST_BUILDINGS = 10, 50, 1000

#: Columns: name, heading, format of numbers (empty: text).
_Columns = tuple[tuple[str, str, str], ...]
_BUILDINGS: _Columns = (
    ("id", "Building", ""), ("type", "Type", ""), ("stories", "Stories", ".0f"), ("period_s", "T (s)", ".2f"),
    ("selection", "Selection", ""), ("ok", "ok", ".0f"), ("collapsed", "Collapsed", ".0f"),
    ("median_drift_ratio", "Median drift", ".2%"), ("beta_drift", "β", ".2f"),
    ("median_floor_acceleration_g", "Median PFA (g)", ".2f"), ("wall_s", "Time (s)", ".1f"),
)  # fmt: skip
_SELECTIONS: _Columns = (
    ("selection", "Selection", ""), ("buildings", "Buildings", ".0f"),
    ("shortest_period_s", "T from (s)", ".2f"),
    ("longest_period_s", "to (s)", ".2f"), ("conditioning_period_s", "T* (s)", ".3f"),
    ("epsilon", "ε*", ".2f"), ("sa_g", "Sa(T*) (g)", ".3f"), ("scenario", "Scenario", ""),
    ("records", "Records", ".0f"), ("error", "E", ".3f"), ("problem", "Problem", ""),
)  # fmt: skip


@dataclass(frozen=True)
class PortfolioResults:
    """What the report shows.

    Parameters
    ----------
    buildings, sharing, selections
        One row each; see :mod:`gmplug.portfolio.results` and :mod:`gmplug.portfolio.cost`.
    drifts
        Peak story drift ratios of the analyses that ended ok, by type.
    slowest, failed
        Single analyses: ``building``, ``id``, ``status``, ``wall_s``, ``message``.
    attention
        Warnings and failed analyses, a line each.
    functionality
        Of the whole portfolio over time; empty without damage states.
    """

    buildings: pd.DataFrame
    sharing: pd.DataFrame
    selections: pd.DataFrame
    drifts: Mapping[str, FloatArray]
    slowest: pd.DataFrame
    failed: pd.DataFrame
    simulated: bool
    notes: Sequence[str]
    functionality: pd.DataFrame
    attention: Sequence[str] = ()


def render(
    portfolio: Portfolio, results: PortfolioResults, summary: Mapping[str, Any]
) -> tuple[str, dict[str, bytes]]:
    """Return the page, and its figures as PNG by name."""
    drawn = [draw(spec, results.simulated) for spec in _figures(portfolio, results)]
    page = _page(portfolio, results, summary, drawn)
    html = fill("portfolio.html", page, "gmplug.portfolio")
    return html, {f.spec.name: f.png for f in drawn if f.png is not None}


def _figures(portfolio: Portfolio, results: PortfolioResults) -> Iterator[FigureSpec]:
    buildings, thresholds = results.buildings, portfolio.report.drift_thresholds
    if any(len(values) for values in results.drifts.values()):
        yield FigureSpec(
            "drift_by_type",
            "responses",
            "Peak story drift ratio of all analyses that ended ok: 5, 25, 50, 75 and 95 % percentiles.",
            partial(plots.plot_drift_by_type, results.drifts),
        )
        yield FigureSpec(
            "drift_by_period",
            "responses",
            "Median peak story drift ratio of each building against its period.",
            partial(plots.plot_drift_by_period, buildings),
        )
        collapsed = {str(k): int(n) for k, n in buildings.groupby("type")["collapsed"].sum().items()}
        yield FigureSpec(
            "exceedance",
            "responses",
            "Share of the analyses beyond a drift; collapses are beyond all. Dashed: the thresholds.",
            partial(plots.plot_exceedance, results.drifts, collapsed, thresholds),
        )
    if "damage_complete" in buildings and buildings["damage_complete"].notna().any():
        yield FigureSpec(
            "damage",
            "responses",
            "Structural damage states from the drifts: HAZUS drift limits by type and design level, β = 0.4.",
            partial(plots.plot_damage, buildings),
        )
    if len(results.functionality):
        yield FigureSpec(
            "functionality", "responses",
            "Mean functionality after such an event: lost with the repair cost of HAZUS's damage states, "
            "regained over its repair times, repair starting at once.",
            partial(plots.plot_functionality, results.functionality),
        )  # fmt: skip
    if buildings[["latitude", "longitude"]].notna().all(axis=1).any():
        yield FigureSpec(
            "map", "responses", "Median peak story drift ratio of each building.",
            partial(plots.plot_map, buildings),
        )  # fmt: skip
    if results.sharing["selected_sigma_ln"].notna().any():
        yield FigureSpec(
            "sharing",
            "sharing",
            "Selected records at each building's own period: bias to its own level, and spread.",
            partial(plots.plot_sharing, results.sharing),
        )


def _page(
    portfolio: Portfolio,
    results: PortfolioResults,
    summary: Mapping[str, Any],
    drawn: list[DrawnFigure],
) -> dict[str, Any]:
    buildings = results.buildings
    problems = buildings[buildings["problem"].astype(str) != ""]
    shown = buildings.head(_MOST_BUILDINGS)
    return {
        "title": portfolio.portfolio.name,
        "version": __version__,
        "seed": portfolio.portfolio.seed,
        "simulated": results.simulated,
        "numbers": _numbers(portfolio, results, summary),
        "warnings": [line.removeprefix("warning: ") for line in results.attention],
        "median_means": MEDIAN_MEANS,
        "doubts": doubts_of(results.notes),
        "figures": {section: embedded(drawn, section) for section in _SECTIONS},
        "types": _types_table(buildings, portfolio.report.drift_thresholds),
        "problems": [f"{row['id']}: {row['problem']}" for row in problems.to_dict("records")],
        "sharing": _sharing_lines(summary),
        "selections": table_of(results.selections, _SELECTIONS),
        "buildings": table_of(shown, _BUILDINGS),
        "more": len(buildings) - len(shown),
        "slowest": _analyses(results.slowest.head(_MOST_SLOW)),
        "failed": _analyses(results.failed.head(_MOST_FAILED)),
        "failed_more": max(0, int(summary["silent_analyses"]) - _MOST_FAILED),
        "notes": list(results.notes),
        "timing": pairs_table([(k, f"{v:.1f} s") for k, v in summary["timing_s"].items()], ("Part", "Time")),
        "versions": pairs_table(versions(), ("Package", "Version")),
    }


def _numbers(
    portfolio: Portfolio, results: PortfolioResults, summary: Mapping[str, Any]
) -> list[tuple[str, str]]:
    counts = summary["analyses"]
    numbers = [
        (str(len(results.buildings)), "buildings"),
        (str(len(results.selections)), "selections they share"),
        (f"{counts.get('ok', 0)} of {sum(counts.values())}", "analyses ended ok"),
    ]
    if counts.get("collapsed"):
        numbers.append((str(counts["collapsed"]), "collapsed"))
    median = summary["median_drift_ratio"]
    if median is not None:
        numbers.append((f"{median:.2%}", "middle value of the buildings' median drifts"))
    if summary["resilience_index"] is not None:
        days = portfolio.report.control_time_days
        numbers.append((f"{summary['resilience_index']:.3f}", f"resilience index over {days:g} days"))
    return numbers


def _sharing_lines(summary: Mapping[str, Any]) -> list[str]:
    found = summary["sharing"]
    if found.get("largest_abs_bias_ln") is None:
        return []
    return [
        "Records are selected at T*, and shake buildings of other periods too: at the buildings' own periods "
        f"the median of the selected records is off by {found['mean_abs_bias_ln']:.3f} in ln Sa on average "
        f"and by {found['largest_abs_bias_ln']:.3f} at most; they spread there with "
        f"σ = {found['mean_sigma_ln']:.3f} on average, {found['largest_sigma_ln']:.3f} at most. With a "
        f"selection of its own each building would have neither, at {summary['buildings']} instead of "
        f"{summary['selections']} selections."
    ]


def _types_table(buildings: pd.DataFrame, thresholds: Sequence[float]) -> Table:
    rows = []
    for name, part in buildings.groupby("type"):
        beyond = [number(part[f"exceeding_{t:g}"].mean(), ".1%") for t in thresholds]
        rows.append(
            (
                text(str(name) or "all"),
                number(len(part), ".0f"),
                number(part["period_s"].min(), ".2f"),
                number(part["period_s"].max(), ".2f"),
                number(part["median_drift_ratio"].median(), ".2%"),
                number(part["median_floor_acceleration_g"].median(), ".2f"),
                number(part["collapse_fraction"].mean(), ".1%"),
                *beyond,
            )
        )
    headers = (
        "Type", "Buildings", "T from (s)", "to (s)", "Median drift", "Median PFA (g)", "Collapses",
        *(f"> {t:.1%}" for t in thresholds),
    )  # fmt: skip
    return Table(headers, (False, *(True,) * (len(headers) - 1)), tuple(rows))


def table_of(frame: pd.DataFrame, columns: _Columns) -> Table:
    """Return a frame's columns as a table of the page; those without any value are left out."""
    used = [c for c in columns if c[0] in frame and frame[c[0]].astype(str).str.strip().ne("").any()]
    rows = tuple(tuple(_cell(row[name], form) for name, _, form in used) for row in frame.to_dict("records"))
    return Table(tuple(c[1] for c in used), tuple(bool(c[2]) for c in used), rows)


def _cell(value: Any, form: str) -> Cell:
    return number(value, form) if form else text(value)


def _analyses(frame: pd.DataFrame) -> Table | None:
    if frame.empty:
        return None
    rows = tuple(
        (
            text(r["building"]),
            text(r["id"]),
            status_cell(r["status"]),
            number(r["wall_s"], ".2f"),
            text(r["message"]),
        )
        for r in frame.to_dict("records")
    )
    return Table(
        ("Building", "Record", "Status", "Time (s)", "Message"), (False, False, False, True, False), rows
    )


def counts_by_status(buildings: pd.DataFrame) -> dict[str, int]:
    """Number of analyses by status."""
    counts = {status: int(buildings[status].sum()) for status in STATUSES}
    return {status: count for status, count in counts.items() if count}
