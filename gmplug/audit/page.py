"""The audit as tables, in sentences, and as a page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gmplug.audit import plots
from gmplug.audit.audit import Audit
from gmplug.audit.schemes import SELECTOR
from gmplug.demands import DRIFT, FLOOR_ACCELERATION, STORY_DRIFT
from gmplug.report import page
from gmplug.report.page import Page, Report, Section, section
from gmplug.report.tables import Cell, Column, Table, columns_table, number

if TYPE_CHECKING:
    from gmplug.audit.study import AuditedStudy

#: Demands that have figures of their own: the first two of the structure, or the oscillator at R = 4.
_FIGURES = (DRIFT, FLOOR_ACCELERATION.column, "peak_displacement_m_r4")

_SCHEMES: tuple[Column, ...] = (
    ("title", "Scheme", ""), ("draws", "Sets", ".0f"), ("error_median", "E, median", ".3g"),
    ("error_least", "E, least", ".3g"), ("shared_records", "Shared by two sets", ".0%"),
    ("records_used", "Records used", ".0f"),
)  # fmt: skip
_TRUTH_TEXT = (
    "All candidates, and η², the share of the variance of each ln demand, within the groups, that the "
    "clusters explain. Random sets within cluster quotas have an error of the median of about √(1 − η²) "
    "times that of random sets."
)
_SETS_TEXT = (
    "E is the misfit to the study's target. Two sets of one scheme share part of their records. Where "
    "that part is near 100 %, the sets are nearly one set, and their error does not show what the scheme "
    "does with other candidates."
)
_DEMANDS_TEXT = (
    "Bias and root-mean-square error of the ln median, and of the dispersion (relative), against all "
    "candidates of each draw. KS is the mean Kolmogorov–Smirnov distance. In brackets: 95 % of the "
    "bootstrapped draws."
)
_WORTH: tuple[tuple[str, str, str], ...] = (
    ("candidates-quotas", "plain", "Spectra"), ("random", "surrogate", "Random, estimate with surrogate"),
    ("surrogate", "plain", "Representative"), ("surrogate", "surrogate", "Representative, with surrogate"),
)  # fmt: skip
_WORTH_TEXT = (
    "The number of random analyses whose median errs as much as that of {count} records, and the RMSE of "
    "median and dispersion over those of random sets. R² is the share of the variance of ln demand that each "
    "surrogate explains. Coverage is the share of 95 % confidence intervals that hold the median of all "
    "candidates."
)
_METHOD_TEXT = (
    "All candidates with a waveform are run once. Then each scheme draws many sets. Every draw leaves out "
    "a random {left_out:.0%} of the candidates, the same ones for all schemes, and each set is compared "
    "with all candidates of its draw. Matched sets are local optima of a swap search from a random start. "
    "The study's selector works as in the study, with another seed each time. Every scheme has as many "
    "records of each group (pulse-type or not) as the study."
)


def render_page(found: AuditedStudy) -> Report:
    """Return the page and its figures."""
    audit, plan, simulated = found.audit, found.audit.plan, found.simulated
    shown = [demand for demand in audit.demands if demand in _FIGURES]
    sections = [
        section(
            "summary",
            "Summary",
            page.numbers(
                [
                    (str(audit.count), "records in a set"),
                    (str(len(audit.candidates.records)), "candidates"),
                    (str(plan.draws), "sets by each scheme"),
                ]
            ),
            page.text(f"Structure: {found.model}." if found.model else ""),
            page.bullets(findings(audit)),
            page.charts(*plots.ratio_charts(audit)),
        ),
        *_worth_sections(audit),
        section(
            "why",
            "Why",
            page.text(_TRUTH_TEXT),
            page.table(truth_table(audit), sortable=True),
            page.charts(plots.period_chart(audit, found.conditioning_period_s)),
        ),
        section(
            "draws",
            "Sets",
            page.text(_SETS_TEXT),
            page.table(columns_table(audit.drawn, _SCHEMES, every=True), sortable=True),
            page.charts(
                *(make(audit, one) for one in shown for make in (plots.error_chart, plots.distribution_chart))
            ),
        ),
        section(
            "demands",
            "Demands",
            page.text(_DEMANDS_TEXT),
            *(
                page.table(demand_table(audit, one), plots.demand_title(one), sortable=True)
                for one in audit.demands
            ),
            *(
                page.table(
                    demand_table(audit, one, "weighted"),
                    f"{plots.demand_title(one)}: records weighted by cluster's share over quota",
                    sortable=True,
                )
                for one in shown
            ),
        ),
        page.how_it_was_made(audit.notes, page.text(_METHOD_TEXT.format(left_out=plan.left_out))),
    ]
    kind = "audit: does a selected set represent the candidates?"
    return Page(found.title, kind, plan.seed, sections, simulated).render()


def _worth_sections(audit: Audit) -> list[Section]:
    """A section on what a set is worth, if there is a surrogate."""
    if "surrogate" not in audit.draws:
        return []
    text = page.text(_WORTH_TEXT.format(count=audit.count))
    lines = page.bullets(worth_lines(audit))
    table = page.table(worth_table(audit), sortable=True)
    return [section("worth", "What a set is worth", lines, text, table)]


# -- tables ------------------------------------------------------------------------------------------


def worth_table(audit: Audit) -> Table:
    """Random analyses that each scheme and estimate is worth for the ln median, a row for each demand."""
    table = audit.table
    frame = audit.truth[["demand"]].assign(title=[plots.demand_title(str(d)) for d in audit.truth["demand"]])
    columns: list[Column] = [("title", "Demand", "")]
    for kind in [str(name) for name in audit.truth if str(name).startswith("r2_")]:
        frame[kind] = audit.truth[kind]
        columns.append((kind, f"R² {kind.removeprefix('r2_')}", ".2f"))
    for scheme, estimate, title in _WORTH:
        rows = table[(table["scheme"] == scheme) & (table["estimate"] == estimate)].set_index("demand")
        for name, form, short in (
            ("equivalent_analyses", ".0f", "worth"), ("ln_median_ratio", ".2f", "median"),
            ("dispersion_ratio", ".2f", "dispersion"), ("ln_median_coverage", ".0%", "coverage"),
        ):  # fmt: skip
            if name.endswith("coverage") and estimate != "surrogate":
                continue
            frame[f"{scheme} {estimate} {name}"] = frame["demand"].map(rows[name])
            columns.append((f"{scheme} {estimate} {name}", f"{title}: {short}", form))
    return columns_table(frame[frame["demand"].isin(audit.responses.from_structure)], columns, every=True)


def truth_table(audit: Audit) -> Table:
    """All candidates, and the share of the variance that the clusters explain."""
    truth = audit.truth
    frame = truth.assign(
        demand=[plots.demand_title(str(name)) for name in truth["demand"]], median=np.exp(truth["ln_median"])
    )
    collapses = bool(audit.responses.collapsed.any())
    columns = [
        ("demand", "Demand", ""), ("records", "Analyses", ".0f"), ("median", "Median", ".3g"),
        ("dispersion", "Dispersion", ".3f"), *[("collapse_fraction", "Collapsed", ".3f")] * collapses,
    ]  # fmt: skip
    explained = [str(name) for name in truth if str(name).startswith("eta2_")]
    columns += [(name, f"η² {name.removeprefix('eta2_')}", ".2f") for name in explained]
    return columns_table(frame, columns, every=True)


def worth_lines(audit: Audit) -> list[str]:
    """For each demand of the structure, how many random analyses those of a representative set are worth."""
    rows = audit.table.set_index(["scheme", "estimate"]).loc[[("surrogate", "surrogate")]]
    worth = rows.set_index("demand")["equivalent_analyses"]
    pool = len(audit.draws["surrogate"].pools[0].members)
    return [
        f"{plots.demand_title(str(demand))}: {audit.count} analyses of representative records, with the "
        f"estimate, are worth {value:.0f} of random ones (at most {pool}, all candidates of a draw)."
        for demand, value in worth.items()
        if STORY_DRIFT.place(str(demand)) is None and not math.isnan(value)
    ]


def demand_table(audit: Audit, demand: str, estimate: str = "plain") -> Table:
    """The schemes for one demand: errors of median and dispersion, Kolmogorov–Smirnov distance."""
    rows = audit.table[(audit.table["demand"] == demand) & (audit.table["estimate"] == estimate)]
    frame = rows.assign(scheme=[audit.draws[str(name)].scheme.title for name in rows["scheme"]])
    columns = [("scheme", "Scheme", "")]
    for name, title in (("ln_median", "Median: bias"), ("dispersion", "Dispersion: bias")):
        columns += [
            (f"{name}_bias", title, "+.3f"), (f"{name}_rmse", "RMSE", ".3f"),
            (f"{name}_ratio", "/ random", ".2f"),
        ]  # fmt: skip
        for column, form in ((f"{name}_rmse", ".3f"), (f"{name}_ratio", ".2f")):
            frame = frame.assign(**{column: _with_interval(rows, column, column, form)})
    frame = frame.assign(ks_mean=_with_interval(rows, "ks_mean", "ks", ".3f"))
    columns.append(("ks_mean", "KS", ".3f"))
    if audit.responses.collapsed.any() and demand in audit.responses.from_structure:
        columns += [
            ("collapse_fraction_bias", "Collapsed: bias", "+.3f"), ("collapse_fraction_rmse", "RMSE", ".3f"),
        ]  # fmt: skip
    return columns_table(frame, columns, every=True)


def _with_interval(rows: pd.DataFrame, name: str, ends: str, form: str) -> pd.Series:
    cells = []
    for row in rows.to_dict("records"):
        middle, low, high = (number(row[key], form) for key in (name, f"{ends}_low", f"{ends}_high"))
        cells.append(Cell(f"{middle.text} ({low.text}–{high.text})", middle.sort))
    return pd.Series(cells, rows.index, dtype=object)


# -- sentences ---------------------------------------------------------------------------------------


def findings(audit: Audit) -> list[str]:
    """The result in a sentence for each demand: how much better or worse than random sets, if at all."""
    lines = []
    table = audit.table[audit.table["estimate"] == "plain"]
    wanted = ("stratified", "target", "target-quotas", "candidates-quotas", SELECTOR)
    shown = [name for name in wanted if name in audit.draws]
    for demand in audit.demands:
        rows = table[table["demand"] == demand].set_index("scheme").to_dict("index")
        unknown = math.isnan(float(rows["stratified"]["ln_median_ratio"]))
        if STORY_DRIFT.place(demand) is not None or unknown:
            continue
        parts = [f"{audit.draws[name].scheme.title} {_verdict(rows[name])}" for name in shown]
        lines.append(f"{plots.demand_title(demand)}, error of the median against random: {'; '.join(parts)}.")
    return lines


def _verdict(row: Mapping[Any, Any]) -> str:
    ratio, low, high = (float(row[f"ln_median_ratio{end}"]) for end in ("", "_low", "_high"))
    change = f"{abs(1 - ratio):.0%} {'lower' if ratio < 1 else 'higher'}"
    return change if high < 1 or low > 1 else f"no clear difference ({change})"
