"""The comparison as tables and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gmplug.comparison import plots
from gmplug.comparison.compare import Comparison
from gmplug.comparison.response import MAIN_RATIO, STRENGTH_RATIOS
from gmplug.measures import measures
from gmplug.notes import counted
from gmplug.report import page
from gmplug.report.page import Block, Page, Report, Section
from gmplug.report.style import group_title
from gmplug.report.tables import Column, columns_table

if TYPE_CHECKING:
    from gmplug.comparison.study import ComparedStudy

#: Columns of the short table: name in compare.csv, heading, format of numbers (empty for text).
_MAIN = f"{MAIN_RATIO:g}"
SHORT_COLUMNS: tuple[Column, ...] = (
    ("method", "Method", ""), ("k", "k", ".0f"), ("sizes", "Sizes", ""),
    ("silhouette", "Silhouette", ".3f"), ("calinski_harabasz", "CH", ".1f"), ("davies_bouldin", "DB", ".2f"),
    ("agreement_seeds", "ARI seeds", ".2f"), ("agreement_resamples", "ARI resamples", ".2f"),
    ("gap_ln_sa", "Gap T*–2T*", ".2f"), ("accuracy", "Accuracy", ".2f"), ("accuracy_worst", "Worst", ".2f"),
    (f"eta2_r{_MAIN}", f"η² R = {_MAIN}", ".2f"), ("wall_s", "Time (s)", ".1f"), ("peak_mib", "MiB", ".0f"),
)  # fmt: skip
#: The same at two clusters, where methods can be compared at one k.
TWO_COLUMNS: tuple[Column, ...] = (
    ("method", "Method", ""), ("sizes_k2", "Sizes", ""), ("gap_ln_sa_k2", "Gap T*–2T*", ".2f"),
    *((f"eta2_r{ratio:g}_k2", f"η² R = {ratio:g}", ".2f") for ratio in STRENGTH_RATIOS),
)  # fmt: skip

_METHOD_TEXT = (
    "Each method is fitted with several seeds and on bootstrap resamples of each group. ARI, their "
    "agreement, is the mean adjusted Rand index over all pairs: 1 is the same clusters each time, 0 "
    "chance. The gap is the mean difference of the clusters' mean ln Sa between T* and 2 T*. Silhouette, "
    "Calinski–Harabasz (CH) and Davies–Bouldin (DB) are of each method's own features. They compare "
    "numbers of clusters within a method, not methods."
)


def measure_columns() -> tuple[Column, ...]:
    """The shares of the variance of ln intensity measures that the clusters explain."""
    shares = ((f"eta2_{name}", f"η² {one.symbol}", ".2f") for name, one in measures().items())
    return (("method", "Method", ""), *shares)


def failed_lines(rows: pd.DataFrame) -> list[str]:
    """One line for each method that failed."""
    failed = rows[rows["status"] == "failed"]
    return [
        reason if reason.startswith(f"{method}:") else f"{method}: {reason}"
        for method, reason in zip(failed["method"], failed["reason"], strict=True)
    ]


def response_line(comparison: Comparison) -> str:
    """What η² rests on, one sentence; empty without waveforms."""
    responses = comparison.responses
    if responses is None or not responses.known.any():
        return ""
    return (
        f"η² is the share of the variance of ln peak displacement that the clusters explain, from "
        f"{int(responses.known.sum())} of {len(responses.known)} candidates with waveforms: bilinear "
        "oscillator of period T*, 5 % damping, 3 % hardening, strength ratio R."
    )


def render_page(found: ComparedStudy) -> Report:
    """Return the page and its figures."""
    comparison, simulated = found.comparison, found.simulated
    sections = []
    for index, group in enumerate(comparison.groups):
        rows = comparison.table[comparison.table["group"] == group]
        worked = rows[rows["status"] == "ok"]
        drawn = plots.group_charts(comparison, group, index, found.conditioning_period_s)
        blocks = [
            page.text(f"{counted(int(rows['records'].iloc[0]), 'record')}."),
            page.table(columns_table(worked, SHORT_COLUMNS), sortable=True) if len(worked) else None,
            *_measures(worked),
            page.table(columns_table(worked, TWO_COLUMNS), "At two clusters", sortable=True)
            if has_two(worked)
            else None,
            page.bullets(failed_lines(rows), "Not compared", "missing"),
            page.charts(*drawn),
        ]
        sections.append(Section(f"group-{index}", group_title(group), blocks))
    about = page.text(_METHOD_TEXT, response_line(comparison))
    sections.append(page.how_it_was_made(comparison.notes, about))
    return Page(found.title, "comparison of clusterers", found.seed, sections, simulated).render()


def _measures(rows: pd.DataFrame) -> list[Block | None]:
    """Shares of the variance of intensity measures; nothing where no measure is known."""
    table = columns_table(rows, measure_columns())
    if len(table.headers) < 2:
        return []
    said = (
        "η² is the share of the variance of the ln of each measure, of the scaled records, that the clusters "
        "explain."
    )
    return [Block("text", [said], "Intensity measures"), page.table(table, sortable=True)]


def has_two(rows: pd.DataFrame) -> bool:
    """Tell whether some method was fitted with two clusters."""
    return "sizes_k2" in rows and bool(rows["sizes_k2"].notna().any())
