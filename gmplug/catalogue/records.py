"""From a table's columns to a catalogue's records: types, groups, mechanisms, names."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gmplug.catalogue.tables import rows_text, to_numbers, to_texts
from gmplug.errors import InputError
from gmplug.values import MECHANISMS, NONPULSE, PULSE, RECORD_COLUMNS, UNGROUPED, FloatArray

_TEXTS = ("id", "group", "event", "station", "mechanism", "file_h1", "file_h2", "file_v", "units")
_NUMBERS = (
    "magnitude", "rjb_km", "rrup_km", "vs30_m_s", "max_usable_period_s", "pulse_period_s", "time_step_s",
)  # fmt: skip
_POSITIVE = ("vs30_m_s", "max_usable_period_s", "pulse_period_s", "time_step_s")

#: Codes of the NGA flatfiles ("Mechanism Based on Rake Angle"), and how people write the names.
_MECHANISM_SPELLINGS = {
    "strike-slip": ("0", "ss", "strikeslip", "strike slip"),
    "normal": ("1", "n", "nm", "normal slip"),
    "reverse": ("2", "r", "rv", "thrust", "reverse slip"),
    "reverse-oblique": ("3", "ro", "reverse oblique", "oblique reverse"),
    "normal-oblique": ("4", "no", "normal oblique", "oblique normal"),
    "unspecified": ("", "u", "undefined", "-999", "none"),
}
_MECHANISM = {s: name for name, spellings in _MECHANISM_SPELLINGS.items() for s in (name, *spellings)}
_PULSE_FLAGS = {
    **dict.fromkeys(("yes", "y", "true", "1", "1.0", "pulse", "pulse-like"), PULSE),
    **dict.fromkeys(("no", "n", "false", "0", "0.0", "nonpulse", "non-pulse", "no pulse"), NONPULSE),
    "": "",
}
_GROUPS = {PULSE: PULSE, "non-pulse": NONPULSE, NONPULSE: NONPULSE, UNGROUPED: UNGROUPED, "": ""}


def mechanism_name(text: str) -> str | None:
    """Return a mechanism's name from a name, an abbreviation or an NGA code; None for what is none."""
    return _MECHANISM.get(text.strip().lower().replace("_", "-").removesuffix(".0"))


def mechanism_from_rake(rake_deg: FloatArray) -> list[str]:
    """Return the mechanism for rake angles, degrees, shape (N,); unspecified for NaN.

    The classes are the NGA flatfile's: strike-slip less than 30 degrees from 0 or 180, normal -120 to -60,
    reverse 60 to 120, oblique in between (Ancheta et al. 2013, PEER report 2013/03, table 3).
    """
    rake = np.asarray(rake_deg, dtype=float)
    size = np.abs(rake)
    oblique = np.where(rake > 0, "reverse-oblique", "normal-oblique")
    pure = np.where(rake > 0, "reverse", "normal")
    steep = (size >= 60) & (size <= 120)
    slip = (size < 30) | (size > 150)
    names = np.where(slip, "strike-slip", np.where(steep, pure, oblique))
    return [str(name) for name in np.where(np.isnan(rake), "unspecified", names)]


def tidy_records(table: pd.DataFrame, where: str) -> tuple[pd.DataFrame, list[str]]:
    """Return a catalogue's ``records`` and notes from a table with gmplug's column names.

    Parameters
    ----------
    table
        The index holds row numbers for error lines; ``id`` must be there. ``pulse`` (yes/no) may stand
        instead of ``group``; columns that gmplug does not know are carried along.
    where
        Start of an error line: the file.

    Raises
    ------
    InputError
        An id is missing or occurs twice, a cell is not a number, a group or mechanism is unknown.
    """
    columns: dict[str, object] = {}
    problems: list[str] = []
    notes: list[str] = []
    for name in dict.fromkeys((*RECORD_COLUMNS, *table.columns)):
        if name not in table.columns or name in ("group", "pulse", "mechanism"):
            continue
        try:
            columns[name] = _typed(table[name], name, where)
        except InputError as error:
            problems.extend(error.problems)
    for name, tidy in (("group", _groups), ("mechanism", _mechanisms)):
        try:
            columns[name] = tidy(table, where, notes)
        except InputError as error:
            problems.extend(error.problems)
    problems.extend(_bad_ids(columns.get("id"), where))
    if problems:
        raise InputError(problems)
    if columns["mechanism"] is None:
        del columns["mechanism"]
    order = [n for n in RECORD_COLUMNS if n in columns] + [n for n in columns if n not in RECORD_COLUMNS]
    records = pd.DataFrame({name: columns[name] for name in order}, index=table.index)
    return records.reset_index(drop=True), notes


def _typed(column: pd.Series, name: str, where: str) -> object:
    if name in _TEXTS:
        return to_texts(column)
    if name in _NUMBERS:
        numbers = to_numbers(column, where, lowest=-np.inf if name == "magnitude" else 0.0)
        return np.where(numbers > 0, numbers, np.nan) if name in _POSITIVE else numbers
    return to_texts(column) if is_text(column) else column


def _bad_ids(ids: object, where: str) -> list[str]:
    if not isinstance(ids, pd.Series):
        return []  # its problem is listed already
    problems = []
    if (ids == "").any():
        problems.append(f"{where}, column 'id': empty in row {rows_text(ids.index[ids == ''])}; fill it in")
    named = ids[ids != ""]
    doubled = named[named.duplicated(keep=False)]
    if len(doubled):
        same = doubled.index[doubled == doubled.iloc[0]]
        problems.append(
            f"{where}, column 'id': {doubled.iloc[0]!r} occurs more than once (rows {rows_text(same)}; "
            f"{named[named.duplicated()].nunique()} such ids); make ids unique"
        )
    return problems


def _groups(table: pd.DataFrame, where: str, notes: list[str]) -> pd.Series:
    if "group" in table:
        name, spellings, allowed = "group", _GROUPS, "pulse, nonpulse or all"
    elif "pulse" in table:
        name, spellings, allowed = "pulse", _PULSE_FLAGS, "yes or no (or 1 or 0)"
    else:
        return pd.Series(UNGROUPED, index=table.index, dtype=object)
    texts = to_texts(table[name]).str.lower()
    bad = texts[~texts.isin(list(spellings))]
    if len(bad):
        raise InputError(
            f"{where}, column '{name}': {bad.iloc[0]!r} in row {rows_text(bad.index)} is unknown; "
            f"use {allowed}"
        )
    groups = texts.map(spellings).astype(object)
    unstated = groups == ""
    if unstated.all():
        return groups.where(~unstated, UNGROUPED)
    if unstated.any():
        notes.append(f"{int(unstated.sum())} records do not state their {name}: taken as nonpulse")
        groups = groups.where(~unstated, NONPULSE)
    if (groups == UNGROUPED).any() and (groups != UNGROUPED).any():
        rows = rows_text(groups.index[groups == UNGROUPED])
        raise InputError(
            f"{where}, column '{name}': 'all' in row {rows} stands beside pulse or nonpulse; "
            f"classify every record, or none"
        )
    return groups


def _mechanisms(table: pd.DataFrame, where: str, notes: list[str]) -> pd.Series | None:
    if "mechanism" not in table:
        return None
    texts = to_texts(table["mechanism"])
    names = texts.map(lambda text: mechanism_name(text) or "")
    bad = texts[names == ""]
    if len(bad):
        raise InputError(
            f"{where}, column 'mechanism': {bad.iloc[0]!r} in row {rows_text(bad.index)} is unknown; "
            f"use {', '.join(MECHANISMS)}, or the NGA codes 0 to 4"
        )
    return names.astype(object)


def is_text(column: pd.Series) -> bool:
    """Tell whether a column holds texts (or a mixture, which is kept as texts)."""
    return column.dtype == object or isinstance(column.dtype, pd.StringDtype | pd.CategoricalDtype)


def check_text_columns(records: pd.DataFrame) -> pd.DataFrame:
    """Return records read from a file with their text columns as texts, empty where nothing is stated."""
    records = records.copy()
    for name in records.columns:
        column = records[name]
        if name in _TEXTS or is_text(column):
            records[name] = column.astype(object).where(column.notna(), "").astype(str).astype(object)
    return records
