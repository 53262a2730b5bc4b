"""The audit as tables and as a page in the report's look."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from gmplug._version import __version__
from gmplug.audit import plots
from gmplug.audit.audit import Audit
from gmplug.audit.schemes import SELECTOR
from gmplug.demands import DRIFT, FLOOR_ACCELERATION, STORY_DRIFT
from gmplug.report.figures import FigureSpec, draw
from gmplug.report.page import embedded, fill, versions
from gmplug.report.tables import Cell, Table, number, pairs_table, text

if TYPE_CHECKING:
    from gmplug.audit.study import AuditedStudy

#: Demands that have figures of their own: the first two of the structure, or the oscillator at R = 4.
_FIGURES = (DRIFT, FLOOR_ACCELERATION.column, "peak_displacement_m_r4")


def truth_table(audit: Audit) -> Table:
    """What all candidates give, and the share of the variance that the clusters explain."""
    columns = [c for c in audit.truth if str(c).startswith("eta2_")]
    collapses = bool(audit.responses.collapsed.any())
    headers = ["Demand", "Analyses", "Median", "Dispersion"] + ["Collapsed"] * collapses
    headers += [f"η² {str(c).removeprefix('eta2_')}" for c in columns]
    rows = []
    for row in audit.truth.to_dict("records"):
        cells = [
            text(plots.demand_title(str(row["demand"]))),
            number(row["records"], ".0f"),
            number(_exp(row["ln_median"]), ".3g"),
            number(row["dispersion"], ".3f"),
        ]
        cells += [number(row["collapse_fraction"], ".3f")] * collapses
        rows.append(tuple(cells + [number(row[c], ".2f") for c in columns]))
    return Table(tuple(headers), (False, *(True,) * (len(headers) - 1)), tuple(rows))


def _exp(value: float) -> float:
    return math.exp(value)


def scheme_table(audit: Audit) -> Table:
    """What was drawn: sets, their E, and how alike they are."""
    headers = ("Scheme", "Sets", "E, median", "E, least", "Shared by two sets", "Records used")
    rows = tuple(
        (
            text(row["title"]),
            number(row["draws"], ".0f"),
            number(row["error_median"], ".3g"),
            number(row["error_least"], ".3g"),
            number(row["shared_records"], ".0%"),
            number(row["records_used"], ".0f"),
        )
        for row in audit.drawn.to_dict("records")
    )
    return Table(headers, (False, True, True, True, True, True), rows)


def demand_table(audit: Audit, demand: str, estimate: str = "plain") -> Table:
    """The schemes for one demand: errors of median and dispersion, Kolmogorov–Smirnov distance."""
    rows = audit.table[(audit.table["demand"] == demand) & (audit.table["estimate"] == estimate)]
    collapses = bool(audit.responses.collapsed.any()) and demand in audit.responses.from_structure
    headers = ["Scheme", "Median: bias", "RMSE", "/ random", "Dispersion: bias", "RMSE", "/ random", "KS"]
    if collapses:
        headers += ["Collapsed: bias", "RMSE"]
    body = []
    for row in rows.to_dict("records"):
        cells = [text(audit.draws[str(row["scheme"])].scheme.title)]
        for name in ("ln_median", "dispersion"):
            cells.append(number(row[f"{name}_bias"], "+.3f"))
            cells.append(_with_interval(row, f"{name}_rmse", ".3f"))
            cells.append(_with_interval(row, f"{name}_ratio", ".2f"))
        cells.append(_with_interval(row, "ks_mean", ".3f", "ks"))
        if collapses:
            cells.append(number(row["collapse_fraction_bias"], "+.3f"))
            cells.append(number(row["collapse_fraction_rmse"], ".3f"))
        body.append(tuple(cells))
    return Table(tuple(headers), (False, *(True,) * (len(headers) - 1)), tuple(body))


def _with_interval(row: Mapping[Any, Any], name: str, form: str, ends: str = "") -> Cell:
    ends = ends or name
    middle = number(row[name], form)
    low, high = number(row[f"{ends}_low"], form), number(row[f"{ends}_high"], form)
    return Cell(f"{middle.text} ({low.text}–{high.text})", middle.sort)


def figure_specs(audit: Audit, conditioning_period_s: float) -> Iterator[FigureSpec]:
    """The figures of the page."""
    for statistic, title in (("ln_median", "Error of the median"), ("dispersion", "Error of the dispersion")):
        caption = f"{title} of sets, over that of random sets from the same candidates; below 1 is better."
        yield FigureSpec(
            statistic, "summary", caption, partial(plots.plot_ratios, audit, statistic, title), True
        )
    yield FigureSpec(
        "periods",
        "why",
        "Correlation of the demands with the spectra of the candidates. Matching spectra, and clusters of "
        "them, can help a demand only where this is far from nil and the periods count in the match or in "
        "the clusters.",
        partial(plots.plot_periods, audit, conditioning_period_s),
        True,
    )
    for demand in (d for d in _FIGURES if d in audit.demands):
        title = plots.demand_title(demand)
        yield FigureSpec(
            f"errors-{demand}", "draws", f"{title}: error of the ln median of every set.",
            partial(plots.plot_errors, audit, demand), True,
        )  # fmt: skip
        yield FigureSpec(
            f"distribution-{demand}", "draws", f"{title}: distribution of all candidates and bands of sets.",
            partial(plots.plot_distributions, audit, demand),
        )  # fmt: skip


def render_page(found: AuditedStudy) -> str:
    """The page: one HTML file that opens without a network."""
    audit = found.audit
    drawn = [draw(spec, found.simulated) for spec in figure_specs(audit, found.conditioning_period_s)]
    page = {
        "title": found.title,
        "version": __version__,
        "seed": audit.plan.seed,
        "simulated": found.simulated,
        "candidates": len(audit.candidates.records),
        "count": audit.count,
        "draws": audit.plan.draws,
        "left_out": f"{audit.plan.left_out:.0%}",
        "model": found.model,
        "findings": findings(audit),
        "truth": truth_table(audit),
        "schemes": scheme_table(audit),
        "demands": [
            {"title": plots.demand_title(demand), "table": demand_table(audit, demand)}
            for demand in audit.demands
        ],
        "weighted": [
            {"title": plots.demand_title(demand), "table": demand_table(audit, demand, "weighted")}
            for demand in audit.demands
            if demand in _FIGURES
        ],
        "notes": list(audit.notes),
        "figures": {section: embedded(drawn, section) for section in ("summary", "why", "draws")},
        "versions": pairs_table(versions(), ("Package", "Version")),
    }
    return fill("audit.html", page, "gmplug.audit")


def findings(audit: Audit) -> list[str]:
    """What the audit found, a sentence for each demand: how much better, worse, or neither, than random."""
    lines = []
    table = audit.table[audit.table["estimate"] == "plain"]
    wanted = ("stratified", "target", "target-quotas", "candidates-quotas", SELECTOR)
    shown = [name for name in wanted if name in audit.draws]
    for demand in audit.demands:
        rows = table[table["demand"] == demand].set_index("scheme").to_dict("index")
        if STORY_DRIFT.place(demand) is not None or _unknown(rows["stratified"]):
            continue
        parts = [f"{audit.draws[name].scheme.title} {_verdict(rows[name])}" for name in shown]
        lines.append(f"{plots.demand_title(demand)}, error of the median against random: {'; '.join(parts)}.")
    return lines


def _unknown(row: Mapping[Any, Any]) -> bool:
    return math.isnan(float(row["ln_median_ratio"]))


def _verdict(row: Mapping[Any, Any]) -> str:
    ratio, low, high = (float(row[f"ln_median_ratio{end}"]) for end in ("", "_low", "_high"))
    change = f"{abs(1 - ratio):.0%} {'lower' if ratio < 1 else 'higher'}"
    return change if high < 1 or low > 1 else f"no clear difference ({change})"
