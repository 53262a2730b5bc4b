"""The comparison as tables and as a page in the report's look."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pandas as pd

from gmplug._version import __version__
from gmplug.comparison import plots
from gmplug.comparison.compare import Comparison
from gmplug.comparison.response import MAIN_RATIO
from gmplug.measures import measures
from gmplug.report.figures import FigureSpec, draw
from gmplug.report.page import embedded, fill, versions
from gmplug.report.style import group_title
from gmplug.report.tables import Cell, Table, number, pairs_table, text

#: Columns of the short table: name in compare.csv, heading, format of numbers (empty for text).
_MAIN = f"{MAIN_RATIO:g}"
SHORT_COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("method", "Method", ""),
    ("k", "k", ".0f"),
    ("sizes", "Sizes", ""),
    ("silhouette", "Silhouette", ".3f"),
    ("calinski_harabasz", "CH", ".1f"),
    ("davies_bouldin", "DB", ".2f"),
    ("agreement_seeds", "ARI seeds", ".2f"),
    ("agreement_resamples", "ARI resamples", ".2f"),
    ("gap_ln_sa", "Gap T*–2T*", ".2f"),
    ("accuracy", "Accuracy", ".2f"),
    ("accuracy_worst", "Worst", ".2f"),
    (f"eta2_r{_MAIN}", f"η² R = {_MAIN}", ".2f"),
    ("wall_s", "Time (s)", ".1f"),
    ("peak_mib", "MiB", ".0f"),
)
#: The same at two clusters, where methods can be compared at one k.
TWO_COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("method", "Method", ""),
    ("sizes_k2", "Sizes", ""),
    ("gap_ln_sa_k2", "Gap T*–2T*", ".2f"),
    ("eta2_r2_k2", "η² R = 2", ".2f"),
    ("eta2_r4_k2", "η² R = 4", ".2f"),
    ("eta2_r6_k2", "η² R = 6", ".2f"),
)

_Columns = tuple[tuple[str, str, str], ...]


def measure_columns() -> _Columns:
    """The shares of the variance of ln intensity measures that the clusters explain."""
    shares = ((f"eta2_{name}", f"η² {one.symbol}", ".2f") for name, one in measures().items())
    return (("method", "Method", ""), *shares)


def usable_columns(rows: pd.DataFrame, columns: _Columns) -> _Columns:
    """Those of the columns in which some method has something."""
    return tuple(c for c in columns if c[0] in rows and (c[0] == "method" or rows[c[0]].notna().any()))


def method_table(rows: pd.DataFrame, columns: _Columns) -> Table:
    """The methods that worked, one row each."""
    columns = usable_columns(rows, columns)
    cells = [tuple(_cell(row[name], form) for name, _, form in columns) for row in rows.to_dict("records")]
    return Table(tuple(c[1] for c in columns), tuple(bool(c[2]) for c in columns), tuple(cells))


def _cell(value: Any, form: str) -> Cell:
    return number(value, form) if form else text(value)


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
    if responses is None or not responses.known:
        return ""
    total = len(responses.ln_peak_m)
    return (
        f"η² is the share of the variance of ln peak displacement that the clusters explain, from "
        f"{responses.known} of {total} candidates with waveforms: bilinear oscillator of period T*, 5 % "
        "damping, 3 % hardening, strength ratio R."
    )


def figure_specs(comparison: Comparison, conditioning_period_s: float) -> Iterator[FigureSpec]:
    """The figures of the page, one section per group."""
    for index, group in enumerate(comparison.groups):
        if not plots.fitted(comparison, group):
            continue
        section, title = f"group-{index}", group_title(group)
        made: Sequence[tuple[str, str, Callable[[], Any], bool]] = (
            (
                "silhouettes",
                "mean silhouette of each method's own features against the number of clusters; the chosen "
                "one is ringed. A method that was given its number has one point.",
                partial(plots.plot_silhouettes, comparison, group),
                False,
            ),
            (
                "agreement",
                "adjusted Rand index between the clusters of two methods: 1 is the same clusters, 0 chance.",
                partial(plots.plot_agreement, comparison, group),
                False,
            ),
            (
                "spectra",
                "scaled spectra by cluster, with the median of each cluster.",
                partial(plots.plot_spectra, comparison, group, conditioning_period_s),
                True,
            ),
            (
                "features",
                "first two principal components of what each method separated.",
                partial(plots.plot_features, comparison, group),
                True,
            ),
        )
        for name, caption, maker, wide in made:
            yield FigureSpec(f"{name}-{index}", section, f"{title}: {caption}", maker, wide)


def render_page(
    comparison: Comparison, title: str, conditioning_period_s: float, seed: int, *, simulated: bool = False
) -> str:
    """The page: one HTML file that opens without a network."""
    drawn = [draw(spec, simulated) for spec in figure_specs(comparison, conditioning_period_s)]
    groups: list[dict[str, Any]] = []
    for index, group in enumerate(comparison.groups):
        rows = comparison.table[comparison.table["group"] == group]
        worked = rows[rows["status"] == "ok"]
        groups.append(
            {
                "id": f"group-{index}",
                "title": group_title(group),
                "records": int(rows["records"].iloc[0]),
                "table": method_table(worked, SHORT_COLUMNS) if len(worked) else None,
                "measures": _shown(worked, measure_columns()),
                "two": method_table(worked, TWO_COLUMNS) if _has_two(worked) else None,
                "failed": failed_lines(rows),
            }
        )
    page = {
        "title": title,
        "version": __version__,
        "seed": seed,
        "simulated": simulated,
        "groups": groups,
        "response": response_line(comparison),
        "notes": list(comparison.notes),
        "figures": {g["id"]: embedded(drawn, g["id"]) for g in groups},
        "versions": pairs_table(versions(), ("Package", "Version")),
    }
    return fill("comparison.html", page, "gmplug.comparison")


def _shown(rows: pd.DataFrame, columns: _Columns) -> Table | None:
    """The table, None where no column but the method has something."""
    return method_table(rows, columns) if len(usable_columns(rows, columns)) > 1 else None


def _has_two(rows: pd.DataFrame) -> bool:
    return "sizes_k2" in rows and bool(rows["sizes_k2"].notna().any())
