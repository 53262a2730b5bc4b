"""The report of a portfolio."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gmplug.assessment.lognormal import MEDIAN_MEANS
from gmplug.demands import DRIFT
from gmplug.portfolio import plots
from gmplug.report import page
from gmplug.report.charts import Chart
from gmplug.report.page import Page, Report, section
from gmplug.report.tables import Column, Table, analyses_table, columns_table, without_result
from gmplug.values import FloatArray

if TYPE_CHECKING:
    from gmplug.portfolio.run import PortfolioRun

#: Rows of the tables of slow analyses, of analyses without a result, and of buildings on the page at most.
_MOST_SLOW, _MOST_FAILED, _MOST_BUILDINGS = 10, 50, 1000

_BUILDINGS: tuple[Column, ...] = (
    ("id", "Building", ""), ("type", "Type", ""), ("stories", "Stories", ".0f"), ("period_s", "T (s)", ".2f"),
    ("selection", "Selection", ""), ("ok", "ok", ".0f"), ("collapsed", "Collapsed", ".0f"),
    ("median_drift_ratio", "Median drift", ".2%"), ("beta_drift", "β", ".2f"),
    ("median_floor_acceleration_g", "Median PFA (g)", ".2f"), ("wall_s", "Time (s)", ".1f"),
)  # fmt: skip
_SELECTIONS: tuple[Column, ...] = (
    ("selection", "Selection", ""), ("buildings", "Buildings", ".0f"),
    ("shortest_period_s", "T from (s)", ".2f"),
    ("longest_period_s", "to (s)", ".2f"), ("conditioning_period_s", "T* (s)", ".3f"),
    ("epsilon", "ε*", ".2f"), ("sa_g", "Sa(T*) (g)", ".3f"), ("scenario", "Scenario", ""),
    ("records", "Records", ".0f"), ("error", "E", ".3f"), ("problem", "Problem", ""),
)  # fmt: skip


def render(run: PortfolioRun) -> Report:
    """Return the page and its figures."""
    simulated = bool(run.summary["simulated_records"])
    buildings, demands = run.buildings, run.demands
    problems = buildings[buildings["problem"].astype(str) != ""]
    slowest = demands.nlargest(_MOST_SLOW, "wall_s") if len(demands) else demands
    failed = without_result(demands)
    sections = [
        section(
            "summary",
            "Summary",
            *page.attention(run.attention, run.notes),
            page.numbers(_numbers(run)),
            page.bullets(
                [f"{row['id']}: {row['problem']}" for row in problems.to_dict("records")],
                "Buildings without results",
                "missing",
            ),
            page.table(_types_table(buildings, run.portfolio.report.drift_thresholds), sortable=True),
            page.text(f"{MEDIAN_MEANS} The table shows the middle value of the buildings' medians."),
        ),
        section("responses", "Responses", page.charts(*_response_charts(run))),
        section(
            "sharing",
            "Shared selections",
            page.text(_sharing_line(run)),
            page.table(columns_table(run.selections, _SELECTIONS), sortable=True),
            page.charts(*_sharing_charts(run)),
        ),
        section(
            "buildings",
            "Buildings",
            page.table(columns_table(buildings.head(_MOST_BUILDINGS), _BUILDINGS), sortable=True),
            page.text(_more(buildings, _MOST_BUILDINGS, "buildings.csv")),
        ),
        section(
            "analyses",
            "Analyses",
            page.table(analyses_table(failed.head(_MOST_FAILED)), "Without a result", sortable=True),
            page.text(_more(failed, _MOST_FAILED, "demands.csv")),
            page.table(analyses_table(slowest), "Slowest", sortable=True),
        ),
        page.how_it_was_made(run.notes, timing_s=run.summary["timing_s"]),
    ]
    own = run.portfolio.portfolio
    told = _items(buildings.head(_MOST_BUILDINGS))
    return Page(own.name, "portfolio", own.seed, sections, simulated, items=told).render()


def _more(frame: pd.DataFrame, shown: int, file: str) -> str:
    return f"{len(frame) - shown} more in {file}." if len(frame) > shown else ""


def _drifts_by_type(run: PortfolioRun) -> dict[str, FloatArray]:
    """Peak story drift ratios of the analyses that ended ok, by type of building."""
    types = run.demands["building"].map(dict(zip(run.buildings["id"], run.buildings["type"], strict=True)))
    drift = run.demands.get(DRIFT, pd.Series(np.nan, run.demands.index)).where(run.demands["status"] == "ok")
    return {str(name): np.asarray(part.dropna(), dtype=np.float64) for name, part in drift.groupby(types)}


def _response_charts(run: PortfolioRun) -> Iterator[Chart]:
    buildings, thresholds = run.buildings, run.portfolio.report.drift_thresholds
    drifts, curve = _drifts_by_type(run), run.functionality
    if any(len(values) for values in drifts.values()):
        yield plots.type_chart(drifts)
        yield plots.period_chart(buildings)
        collapsed = {str(k): int(n) for k, n in buildings.groupby("type")["collapsed"].sum().items()}
        yield plots.exceedance_chart(drifts, collapsed, thresholds)
    if "damage_complete" in buildings and buildings["damage_complete"].notna().any():
        yield plots.damage_chart(buildings)
    if len(curve):
        yield plots.functionality_chart(curve)
    if buildings[["latitude", "longitude"]].notna().all(axis=1).any():
        yield plots.map_chart(buildings)


def _sharing_charts(run: PortfolioRun) -> Sequence[Chart]:
    return plots.sharing_charts(run.sharing) if run.sharing["selected_sigma_ln"].notna().any() else ()


def _items(buildings: pd.DataFrame) -> dict[str, Any]:
    """What the page shows of a building that is pointed at."""
    facts = (
        ("stories", "Stories", ".0f"), ("period_s", "T (s)", ".2f"), ("selection", "Selection", ""),
        ("collapsed", "Collapsed", ".0f"), ("median_drift_ratio", "Median drift", ".2%"),
    )  # fmt: skip
    shown = columns_table(buildings, facts, every=True)
    names = [str(name) for name in buildings["id"]]
    return {
        name: {"text": str(kind), "facts": [[h, c.text] for h, c in zip(shown.headers, row, strict=True)]}
        for name, kind, row in zip(names, buildings["type"], shown.rows, strict=True)
    }


def _numbers(run: PortfolioRun) -> list[tuple[str, str]]:
    summary = run.summary
    counts, median, index = summary["analyses"], summary["median_drift_ratio"], summary["resilience_index"]
    numbers = [
        (str(len(run.buildings)), "buildings"),
        (str(len(run.selections)), "selections they share"),
        (f"{counts.get('ok', 0)} of {sum(counts.values())}", "analyses ended ok"),
    ]
    if counts.get("collapsed"):
        numbers.append((str(counts["collapsed"]), "collapsed"))
    if median is not None:
        numbers.append((f"{median:.2%}", "middle value of the buildings' median drifts"))
    if index is not None:
        days = run.portfolio.report.control_time_days
        numbers.append((f"{index:.3f}", f"resilience index over {days:g} days"))
    return numbers


def _sharing_line(run: PortfolioRun) -> str:
    found = run.summary["sharing"]
    if found.get("largest_abs_bias_ln") is None:
        return ""
    return (
        "Records are selected at T*, and excite buildings of other periods too. At the buildings' own "
        f"periods the median of the selected records is off by {found['mean_abs_bias_ln']:.3f} in ln Sa on "
        f"average, by {found['largest_abs_bias_ln']:.3f} at most. Their σ there is "
        f"{found['mean_sigma_ln']:.3f} on average, {found['largest_sigma_ln']:.3f} at most. A selection for "
        f"each building would have neither, with {len(run.buildings)} instead of {len(run.selections)} "
        "selections."
    )


def _types_table(buildings: pd.DataFrame, thresholds: Sequence[float]) -> Table:
    beyond = {f"exceeding_{t:g}": t for t in thresholds}
    groups = buildings.assign(type=buildings["type"].replace("", "all types")).groupby("type")
    frame = groups.agg(
        buildings=("id", "size"),
        shortest=("period_s", "min"),
        longest=("period_s", "max"),
        drift=("median_drift_ratio", "median"),
        acceleration=("median_floor_acceleration_g", "median"),
        collapses=("collapse_fraction", "mean"),
        **{name: (name, "mean") for name in beyond},
    )
    columns = (
        ("type", "Type", ""), ("buildings", "Buildings", ".0f"), ("shortest", "T from (s)", ".2f"),
        ("longest", "to (s)", ".2f"), ("drift", "Median drift", ".2%"),
        ("acceleration", "Median PFA (g)", ".2f"), ("collapses", "Collapses", ".1%"),
        *((name, f"> {t:.1%}", ".1%") for name, t in beyond.items()),
    )  # fmt: skip
    return columns_table(frame.reset_index(), columns, every=True)
