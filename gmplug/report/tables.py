"""The tables of the page: cells as text, with what they sort by."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from gmplug.demands.tables import peak_story_drift
from gmplug.measures import measures
from gmplug.measures.records import scaled_values
from gmplug.report.headings import heading
from gmplug.report.style import group_title
from gmplug.values import STATUSES, UNGROUPED, CheckOutcome, Clusters, Demands, Selection

#: Shown where a value is not known.
MISSING = "–"


@dataclass(frozen=True)
class Cell:
    """A cell: what is shown, what it sorts by, and the class of its style."""

    text: str
    sort: str = ""
    css: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the page: headers (with units), which columns are numbers, and rows of cells."""

    headers: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]


def is_missing(value: Any) -> bool:
    """Tell whether a value is not known: None, NaN, or an empty text."""
    if value is None or value is pd.NA or (isinstance(value, str) and not value.strip()):
        return True
    return isinstance(value, float) and math.isnan(value)


def number(value: Any, form: str) -> Cell:
    """A number in the given format (``".2f"``); what is not known as a dash, which sorts last."""
    if is_missing(value):
        return Cell(MISSING)
    try:
        converted = float(value)
    except (TypeError, ValueError):
        return text(value)
    return (
        Cell(format(converted, form).replace("-", "−"), repr(converted))
        if math.isfinite(converted)
        else Cell(MISSING)
    )


def text(value: Any) -> Cell:
    """A text; what is not known as a dash."""
    shown = MISSING if is_missing(value) else str(value)
    return Cell(shown, "" if shown == MISSING else shown.casefold())


def status_cell(value: Any) -> Cell:
    """How an analysis ended, in the colour of its status."""
    cell = text(value)
    return Cell(cell.text, cell.sort, f"status status-{value}" if value in STATUSES else "status")


_Column = tuple[str, str, bool, Callable[[Any], Cell]]
_RECORD_COLUMNS: tuple[_Column, ...] = (
    ("id", "Record", False, text),
    ("event", "Earthquake", False, text),
    ("year", "Year", True, lambda v: number(v, ".0f")),
    ("station", "Station", False, text),
    ("magnitude", "M", True, lambda v: number(v, ".2f")),
    ("rjb_km", "Rjb (km)", True, lambda v: number(v, ".1f")),
    ("vs30_m_s", "Vs30 (m/s)", True, lambda v: number(v, ".0f")),
    ("group", "Group", False, text),
    ("cluster", "Cluster", True, lambda v: number(v, ".0f")),
    ("scale_factor", "Scale factor", True, lambda v: number(v, ".3f")),
)


def records_table(selection: Selection, demands: Demands | None) -> Table:
    """The selected records, their intensity measures and how their analyses ended.

    Measures are of the scaled records. Columns that no record has are left out.
    """
    frame = selection.records.reset_index(drop=True)
    own: list[_Column] = []
    for name, one in measures().items():
        if name in frame and pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = scaled_values(frame, name)
            own.append((name, one.heading, True, lambda v: number(v, ".3g")))
    columns = [c for c in (*_RECORD_COLUMNS, *own) if c[0] in frame and not _says_nothing(frame[c[0]])]
    lists = [[form(value) for value in frame[key]] for key, _, _, form in columns]
    headers, numeric = [c[1] for c in columns], [c[2] for c in columns]
    if demands is not None:
        by_id = dict(
            zip(
                demands.table["id"],
                zip(demands.table["status"], peak_story_drift(demands.table), strict=True),
                strict=True,
            )
        )
        found = [by_id.get(record, (None, None)) for record in frame["id"]]
        lists.append([status_cell(status) for status, _ in found])
        lists.append([number(None if is_missing(d) else 100 * d, ".2f") for _, d in found])
        headers += ["Analysis", "Peak story drift (%)"]
        numeric += [False, True]
    return Table(tuple(headers), tuple(numeric), tuple(zip(*lists, strict=True)))


def checks_table(outcomes: Sequence[CheckOutcome]) -> Table:
    """What the target's code asks of the set, and how the set meets it."""
    rows = [
        (
            text(outcome.name),
            number(outcome.value, ".3g"),
            number(outcome.limit, ".3g"),
            Cell("met", css="status status-ok")
            if outcome.passed
            else Cell("NOT met", css="status status-failed"),
            text(outcome.detail),
        )
        for outcome in outcomes
    ]
    headers = ("Asked", "Value", "At least", "Result", "Where, and what would help")
    return Table(headers, (False, True, True, False, False), tuple(rows))


_EXPLAINED_COLUMNS: tuple[_Column, ...] = (
    ("id", "Record", False, text),
    ("cluster", "Cluster", True, lambda v: number(v, ".0f")),
    ("distance_to_centroid", "To centroid (ln)", True, lambda v: number(v, ".2f")),
    ("distance_rank", "Rank", True, lambda v: number(v, ".0f")),
    ("error_share", "Share of E", True, lambda v: number(v, ".4f")),
    ("cost_without", "Change without", True, lambda v: number(v, "+.4f")),
    ("alternate_1", "Best alternate", False, text),
    ("cost_1", "Change with that", True, lambda v: number(v, "+.4f")),
    ("chosen_share", "Searches (%)", True, lambda v: number(100 * v, ".0f")),
)


def explained_table(explained: pd.DataFrame) -> Table:
    """Why each record is in; columns that no record has are left out."""
    columns = [c for c in _EXPLAINED_COLUMNS if c[0] in explained and not _says_nothing(explained[c[0]])]
    lists = [[form(value) for value in explained[key]] for key, _, _, form in columns]
    return Table(tuple(c[1] for c in columns), tuple(c[2] for c in columns), tuple(zip(*lists, strict=True)))


def _says_nothing(column: pd.Series) -> bool:
    return all(is_missing(value) or value == UNGROUPED for value in column)


def groups_table(clusters: Clusters | None, selection: Selection | None) -> Table | None:
    """Candidates, and selected records, by group and cluster; None without either."""
    counts: dict[tuple[str, int], list[int | None]] = {}
    if clusters is not None:
        for group, clustering in clusters.groups.items():
            for cluster, size in enumerate(clustering.sizes, start=1):
                counts[(group, cluster)] = [size, None]
    if selection is not None:
        for row in selection.quotas.to_dict("records"):
            key = (str(row["group"]), int(row["cluster"]))
            counts[key] = [int(row["candidates"]), int(row["quota"])]
    if not counts:
        return None
    rows = [
        (text(group_title(group)), number(cluster, ".0f"), number(size, ".0f"), number(quota, ".0f"))
        for (group, cluster), (size, quota) in counts.items()
    ]
    return Table(("Group", "Cluster", "Candidates", "Selected"), (False, True, True, True), tuple(rows))


def funnel_table(funnel: pd.DataFrame) -> Table:
    """What each filter of pre-selection removed, and why."""
    rows = [
        (
            text(row["filter"]),
            text(row["reason"]),
            number(row["removed"], ".0f"),
            number(row.get("removed_alone"), ".0f"),
            number(row.get("unknown"), ".0f"),
            number(row["remaining"], ".0f"),
        )
        for row in funnel.to_dict("records")
    ]
    headers = ("Filter", "Reason", "Removed", "Would remove alone", "Kept unchecked", "Remaining")
    return Table(headers, (False, False, True, True, True, True), tuple(rows))


def statuses_table(demands: Demands) -> Table:
    """Analyses by status with what each status means; statuses nobody has are left out."""
    counts = demands.table["status"].value_counts()
    known = [s for s in STATUSES if s in counts] + [s for s in counts.index if s not in STATUSES]
    rows = [
        (status_cell(status), number(int(counts[status]), ".0f"), text(_MEANING.get(status, "")))
        for status in known
    ]
    return Table(("Status", "Analyses", "Meaning"), (False, True, False), tuple(rows))


_MEANING = {
    "ok": "ran to the end of the motion",
    "collapsed": "exceeded the collapse drift or became dynamically unstable: a result, counted as such",
    "failed": "did not converge, or the model raised an error: says nothing about the structure",
    "crashed": "the worker process died: says nothing about the structure",
    "timeout": "stopped at the time limit: says nothing about the structure",
}


def problems_table(demands: Demands) -> Table | None:
    """Messages of the analyses that did not end ok or collapsed; None if all did."""
    table = demands.table
    bad = table[~table["status"].isin(["ok", "collapsed"])]
    if not len(bad):
        return None
    messages: Iterable[Any] = bad["message"] if "message" in bad else [""] * len(bad)
    rows = [
        (text(record), status_cell(status), text(message))
        for record, status, message in zip(bad["id"], bad["status"], messages, strict=True)
    ]
    return Table(("Record", "Status", "Message"), (False, False, False), tuple(rows))


def timing_table(timing_s: Mapping[str, float]) -> Table:
    """Wall-clock time of each stage, and their sum."""
    rows = [(text(stage), number(seconds, ".2f")) for stage, seconds in timing_s.items()]
    rows.append((Cell("sum", css="strong"), number(sum(timing_s.values()), ".2f")))
    return Table(("Stage", "Time (s)"), (False, True), tuple(rows))


def pairs_table(pairs: Sequence[tuple[str, Any]], headers: tuple[str, str]) -> Table:
    """Names and values, two columns."""
    rows = [
        (text(name), number(value, ".4g") if isinstance(value, float) else text(value))
        for name, value in pairs
    ]
    return Table(headers, (False, False), tuple(rows))


def frame_table(frame: pd.DataFrame) -> Table:
    """Any table, four digits per number: what an assessment hands over. Its names become headings."""
    numeric = tuple(bool(pd.api.types.is_numeric_dtype(kind)) for kind in frame.dtypes)
    rows = tuple(
        tuple(
            _general(value) if is_number else text(value)
            for value, is_number in zip(row, numeric, strict=True)
        )
        for row in frame.itertuples(index=False, name=None)
    )
    return Table(tuple(heading(str(c)) for c in frame.columns), numeric, rows)


def _general(value: Any) -> Cell:
    whole = isinstance(value, bool) or (
        not is_missing(value) and float(value).is_integer() and abs(value) < 1e9
    )
    return number(value, ".0f" if whole else ".4g")


def flatten(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested values as names joined by dots; lists as text."""
    pairs: list[tuple[str, Any]] = []
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping | list | tuple) and not value:
            continue
        if isinstance(value, Mapping):
            pairs += flatten(value, f"{name}.")
        elif isinstance(value, list | tuple):
            pairs.append((name, ", ".join(_short(item) for item in value)))
        else:
            pairs.append((name, value))
    return pairs


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
