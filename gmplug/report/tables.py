"""The tables of the page: cells as text, with what they sort by."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from gmplug.demands.tables import peak_story_drift
from gmplug.measures import measures
from gmplug.measures.records import scaled_values
from gmplug.report.headings import heading
from gmplug.report.style import group_title
from gmplug.selection.quotas import as_taken
from gmplug.values import STATUSES, UNGROUPED, VALID_STATUSES, CheckOutcome, Clusters, Demands, Selection

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
    """A table of the page: headers (with units), which columns are numbers, and rows of cells.

    ``keys`` are the ids of what the rows are about: those light up with the charts.
    """

    headers: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]
    keys: tuple[str, ...] = ()


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


def cell_value(cell: Cell, numeric: bool) -> float | str | None:
    """Return what a cell shows: a number, a text, or None for what is not known."""
    if cell.text == MISSING:
        return None
    return float(cell.sort) if numeric and cell.sort else cell.text


def text(value: Any) -> Cell:
    """A text; what is not known as a dash."""
    shown = MISSING if is_missing(value) else str(value)
    return Cell(shown, "" if shown == MISSING else shown.casefold())


def status_cell(value: Any) -> Cell:
    """How an analysis or a check ended, in the color of its status."""
    cell = text(value)
    status = {"met": "ok", "NOT met": "failed"}.get(str(value), value)
    return Cell(cell.text, cell.sort, f"status status-{status}" if status in STATUSES else "status")


#: A column of a table: its name in the frame, its heading, the format of its numbers (empty for text).
Column = tuple[str, str, str]
#: The format of a column of statuses.
STATUS = "status"


def columns_table(frame: pd.DataFrame, columns: Iterable[Column], *, every: bool = False) -> Table:
    """Return columns of a frame as a table of the page.

    Columns that the frame lacks are left out, and, unless ``every`` is set, those without any value.
    """
    used = [c for c in columns if c[0] in frame and (every or not _is_empty(frame[c[0]]))]
    cells = [[_formatted(value, form) for value in frame[name]] for name, _, form in used]
    return Table(
        tuple(heading for _, heading, _ in used),
        tuple(form not in ("", STATUS) for _, _, form in used),
        tuple(zip(*cells, strict=True)),
        tuple(frame["id"].astype(str)) if "id" in frame else (),
    )


def _formatted(value: Any, form: str) -> Cell:
    if isinstance(value, Cell):
        return value
    if form == STATUS:
        return status_cell(value)
    return number(value, form) if form else text(value)


def _is_empty(column: pd.Series) -> bool:
    return all(is_missing(value) or value == UNGROUPED for value in column)


_RECORD_COLUMNS: tuple[Column, ...] = (
    ("id", "Record", ""), ("event", "Earthquake", ""), ("year", "Year", ".0f"), ("station", "Station", ""),
    ("magnitude", "M", ".2f"), ("rjb_km", "Rjb (km)", ".1f"), ("vs30_m_s", "Vs30 (m/s)", ".0f"),
    ("group", "Group", ""), ("cluster", "Cluster", ".0f"), ("scale_factor", "Scale factor", ".3f"),
)  # fmt: skip


def scaled_table(records: pd.DataFrame, like: pd.DataFrame | None = None) -> Table:
    """Records with their intensity measures, scaled; the columns are those that ``like`` has values in."""
    frame, model = records.reset_index(drop=True), records if like is None else like
    columns = [column for column in _RECORD_COLUMNS if column[0] in model and not _is_empty(model[column[0]])]
    for name, one in measures().items():
        known = name in model and pd.api.types.is_numeric_dtype(model[name]) and not _is_empty(model[name])
        if known and name in frame:
            frame[name] = scaled_values(frame, name)
            columns.append((name, one.heading, ".3g"))
    return columns_table(frame, columns, every=True)


def records_table(selection: Selection, demands: Demands | None) -> Table:
    """The selected records, their intensity measures (scaled), and how their analyses ended."""
    frame = selection.records.reset_index(drop=True)
    shown = scaled_table(frame)
    if demands is None:
        return shown
    drift = 100 * peak_story_drift(demands.table)
    ended = pd.DataFrame({"status": demands.table["status"].to_numpy(), "drift": drift}, demands.table["id"])
    columns = [("status", "Analysis", STATUS), ("drift", "Peak story drift (%)", ".2f")]
    more = columns_table(ended.reindex(frame["id"]), columns, every=True)
    return Table(
        shown.headers + more.headers,
        shown.numeric + more.numeric,
        tuple(first + second for first, second in zip(shown.rows, more.rows, strict=True)),
        shown.keys,
    )


def checks_table(outcomes: Sequence[CheckOutcome]) -> Table:
    """What the target's code requires of the set, and how the set meets it."""
    frame = pd.DataFrame([vars(outcome) for outcome in outcomes])
    frame["result"] = frame["passed"].map({True: "met", False: "NOT met"})
    columns = (
        ("name", "Required", ""), ("value", "Value", ".3g"), ("limit", "At least", ".3g"),
        ("result", "Result", STATUS), ("detail", "Where, and what would help", ""),
    )  # fmt: skip
    return columns_table(frame, columns, every=True)


_EXPLAINED_COLUMNS: tuple[Column, ...] = (
    ("id", "Record", ""), ("cluster", "Cluster", ".0f"), ("distance_to_centroid", "To centroid (ln)", ".2f"),
    ("distance_rank", "Rank", ".0f"), ("error_share", "Share of E", ".4f"),
    ("cost_without", "Change without", "+.4f"), ("alternate_1", "Best alternate", ""),
    ("cost_1", "Change with that", "+.4f"), ("chosen_percent", "Searches (%)", ".0f"),
)  # fmt: skip


def explained_table(explained: pd.DataFrame) -> Table:
    """Why each record is in."""
    if "chosen_share" in explained:
        explained = explained.assign(chosen_percent=100 * explained["chosen_share"])
    return columns_table(explained, _EXPLAINED_COLUMNS)


def groups_table(clusters: Clusters | None, selection: Selection | None) -> Table | None:
    """Candidates, and selected records, by group and cluster; None without either."""
    counts: dict[tuple[str, int], list[int | None]] = {}
    if clusters is not None:
        for group, clustering in clusters.groups.items():
            for cluster, size in enumerate(clustering.sizes, start=1):
                counts[(group, cluster)] = [size, None]
    if selection is not None:
        for row in as_taken(selection.quotas, selection.records).to_dict("records"):
            key = (str(row["group"]), int(row["cluster"]))
            counts[key] = [int(row["candidates"]), int(row["quota"])]
    if not counts:
        return None
    rows = [(group_title(group), cluster, *numbers) for (group, cluster), numbers in counts.items()]
    columns = (
        ("group", "Group", ""), ("cluster", "Cluster", ".0f"), ("candidates", "Candidates", ".0f"),
        ("selected", "Selected", ".0f"),
    )  # fmt: skip
    return columns_table(pd.DataFrame(rows, columns=[name for name, _, _ in columns]), columns, every=True)


_FUNNEL_COLUMNS: tuple[Column, ...] = (
    ("filter", "Filter", ""), ("reason", "Reason", ""), ("removed", "Removed", ".0f"),
    ("removed_alone", "Would remove alone", ".0f"), ("unknown", "Kept unchecked", ".0f"),
    ("remaining", "Remaining", ".0f"),
)  # fmt: skip


def funnel_table(funnel: pd.DataFrame) -> Table:
    """What each filter of pre-selection removed, and why."""
    return columns_table(funnel, _FUNNEL_COLUMNS)


_MEANING = {
    "ok": "ran to the end of the motion",
    "collapsed": "exceeded the collapse drift or became dynamically unstable: a result, counted as such",
    "failed": "did not converge, or the model raised an error: no result",
    "crashed": "the worker process died: no result",
    "timeout": "stopped at the time limit: no result",
}


def statuses_table(demands: Demands) -> Table:
    """Analyses by status with what each status means."""
    counts = demands.table["status"].value_counts()
    known = [s for s in STATUSES if s in counts] + [s for s in counts.index if s not in STATUSES]
    frame = pd.DataFrame([(s, int(counts[s]), _MEANING.get(s, "")) for s in known], columns=["s", "n", "m"])
    columns = (("s", "Status", STATUS), ("n", "Analyses", ".0f"), ("m", "Meaning", ""))
    return columns_table(frame, columns, every=True)


_PROBLEM_COLUMNS: tuple[Column, ...] = (
    ("building", "Building", ""), ("id", "Record", ""), ("status", "Status", STATUS),
    ("wall_s", "Time (s)", ".2f"), ("message", "Message", ""),
)  # fmt: skip


def analyses_table(frame: pd.DataFrame, *left_out: str) -> Table | None:
    """Single analyses, one row each; None where there are none."""
    columns = [c for c in _PROBLEM_COLUMNS if c[0] not in left_out]
    return columns_table(frame, columns, every=True) if len(frame) else None


def without_result(table: pd.DataFrame) -> pd.DataFrame:
    """The analyses that ended neither ok nor collapsed."""
    return table[~table["status"].isin(VALID_STATUSES)]


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
    """Any table, four digits per number: such as those of an assessment. Its names become headings."""
    numeric = tuple(bool(pd.api.types.is_numeric_dtype(kind)) for kind in frame.dtypes)
    rows = tuple(
        tuple(
            _general(value) if is_number else status_cell(value) if name == "result" else text(value)
            for name, value, is_number in zip(frame.columns, row, numeric, strict=True)
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
