"""The section on acceptance of drifts by a code: every motion, what the code compares, and its limit.

It shows any assessment with the tables of ``asce7-drifts``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from gmplug.demands import DRIFT, demands
from gmplug.report import page
from gmplug.report.charts.acceptance import ACCEPTANCE, acceptance_charts
from gmplug.report.findings import Parts
from gmplug.report.page import Section
from gmplug.report.tables import STATUS, Table, columns_table


def acceptance_section(parts: Parts) -> Section | None:
    """Charts and tables of the acceptance; None without any."""
    if (
        parts.assessment is None
        or parts.demands is None
        or not set(ACCEPTANCE) <= set(parts.assessment.tables)
    ):
        return None
    checks, rows, motions = (parts.assessment.tables[name] for name in ACCEPTANCE)
    bad = motions[motions["unacceptable"].astype(bool)]
    count = f"{len(bad)} of {len(motions)} motions are unacceptable."
    return page.section(
        "acceptance",
        "Acceptance of drifts",
        page.table(_checks_table(checks)),
        page.charts(*acceptance_charts(parts.assessment, parts.demands.table)),
        *(page.table(table, title) for title, table in _drift_tables(rows)),
        page.text(count),
        page.table(columns_table(bad, _MOTIONS), "Unacceptable motions") if len(bad) else None,
    )


_MOTIONS = (
    ("id", "Record", ""), ("status", "Analysis", STATUS),
    (DRIFT, "Peak story drift ratio", ".4g"), ("reason", "Why", ""),
)  # fmt: skip


def _checks_table(checks: pd.DataFrame) -> Table:
    columns = (
        ("clause", "Clause", ""), ("check", "Check", ""), ("value", "Value", ".4g"),
        ("required", "Required", ""), ("result", "Result", STATUS),
    )  # fmt: skip
    return columns_table(checks, columns, every=True)


def _drift_tables(rows: pd.DataFrame) -> Iterator[tuple[str, Table]]:
    columns = (
        ("direction", "Direction", ""), ("story", "Story", ".0f"), ("mean", "Arithmetic mean", ".3f"),
        ("factored_median", "1.2 × median", ".3f"), ("value", "Compared", ".3f"), ("limit", "Limit", ".3f"),
        ("ratio", "Compared / limit", ".3f"), ("result", "Result", STATUS),
    )  # fmt: skip
    for name, own in rows.groupby("demand", sort=False):
        demand = demands()[str(name)]
        amounts = ["mean", "factored_median", "value", "limit"]
        shown = own.assign(**{key: demand.factor * own[key].astype(float) for key in amounts})
        yield f"{demand.title} ({demand.shown_unit})", columns_table(shown, columns)
