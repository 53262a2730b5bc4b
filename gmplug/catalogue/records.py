"""From a table's columns to a catalogue's records: types, groups, mechanisms, names."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gmplug.catalogue.numbers import to_numbers, to_texts
from gmplug.catalogue.row_faults import RowFaults, rows_text
from gmplug.errors import InputError
from gmplug.measures.registry import record_columns
from gmplug.notes import counted, doubtful
from gmplug.values import MECHANISMS, NONPULSE, PULSE, SUBDUCTION, UNGROUPED

#: Columns of records that hold texts.
TEXT_COLUMNS = ("id", "group", "event", "station", "mechanism", "file_h1", "file_h2", "file_v", "units")
#: Numbers that may be zero; a zero in another column counts as missing.
_ZERO = frozenset({"magnitude", "rjb_km", "rrup_km"})

#: Codes of the NGA flatfiles ("Mechanism Based on Rake Angle"), and how people write the names.
_MECHANISM_SPELLINGS = {
    "strike-slip": ("0", "s", "ss", "strikeslip", "strike slip"),
    "normal": ("1", "n", "nm", "normal slip"),
    "reverse": ("2", "r", "rv", "thrust", "reverse slip"),
    "reverse-oblique": ("3", "ro", "reverse oblique", "oblique reverse"),
    "normal-oblique": ("4", "no", "normal oblique", "oblique normal"),
    "unspecified": ("", "u", "undefined", "-999", "none"),
    "interface": ("subduction interface", "subduction-interface"),
    "intraslab": ("inslab", "in-slab", "intra-slab", "slab", "subduction intraslab", "subduction-intraslab"),
    "outer-rise": ("outer rise",),
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
    return _MECHANISM.get(re.sub(r"\s*[_/]\s*", "-", text.strip().lower()).removesuffix(".0"))


def mechanism_from_rake(rake_deg: ArrayLike) -> list[str]:
    """Return the mechanism for rake angles, degrees, shape (N,); unspecified for NaN and beyond 180.

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
    return [str(name) for name in np.where(size <= 180, names, "unspecified")]


def tidy_records(table: pd.DataFrame, where: str, faults: RowFaults) -> tuple[pd.DataFrame, list[str]]:
    """Return a catalogue's ``records`` and notes from a table with gmplug's column names.

    Parameters
    ----------
    table
        The index holds row numbers for error lines; ``id`` must be there. ``pulse`` (yes/no) may stand
        instead of ``group``; columns that gmplug does not know are carried along.
    where
        Start of an error line: the file.
    faults
        Collects the bad rows: an error, or left out.

    Returns
    -------
    The good records, with the table's index, and notes.

    Raises
    ------
    InputError
        An id is missing or occurs twice, a cell is not a number, a group or mechanism is unknown.
    """
    table = with_codes(table, where, faults)
    groups, notes = _groups(table, where)
    table = table.assign(group=groups)
    subducted = table["mechanism"].isin(SUBDUCTION) if "mechanism" in table else pd.Series(dtype=bool)
    if subducted.any():
        notes.append(
            doubtful(
                f"{int(subducted.sum())} records are of subduction zones (mechanism "
                f"{', '.join(SUBDUCTION)}): [preselection] mechanism keeps those wanted"
            )
        )
    names = dict.fromkeys((*(name for name in record_columns() if name in table), *table.columns))
    columns = {name: _typed(table[name], name, where, faults) for name in names}
    _check_ids(table.get("id"), where, faults)
    good, left_out = faults.settle(table.index)
    return pd.DataFrame(columns, index=table.index)[good], notes + left_out


def _typed(column: pd.Series, name: str, where: str, faults: RowFaults) -> object:
    if name in TEXT_COLUMNS:
        return to_texts(column)
    if name in record_columns():
        numbers = to_numbers(column, where, faults)
        return numbers if name in _ZERO else np.where(numbers == 0, np.nan, numbers)
    return to_texts(column) if is_text(column) else column


def _check_ids(column: pd.Series | None, where: str, faults: RowFaults) -> None:
    if column is None:
        return
    ids = to_texts(column)
    empty = ids.index[ids == ""]
    if len(empty):
        faults.add(empty, f"{where}, column 'id': empty in row {rows_text(empty)}; fill it in")
    named = ids[ids != ""]
    doubled = named[named.duplicated(keep=False)]
    if len(doubled):
        same = doubled.index[doubled == doubled.iloc[0]]
        faults.add(
            doubled.index,
            f"{where}, column 'id': {doubled.iloc[0]!r} occurs more than once (rows {rows_text(same)}; "
            f"{named[named.duplicated()].nunique()} such ids); make ids unique",
        )


def with_codes(table: pd.DataFrame, where: str, faults: RowFaults) -> pd.DataFrame:
    """Return the table with ``group`` and ``mechanism`` as gmplug writes them, ``group`` empty if not stated.

    ``pulse`` (yes or no) makes the group, ``rake_deg`` the mechanism where none is stated. Where
    ``tectonic_class`` is one of a subduction zone, that is the mechanism; beside such records, those of
    unknown class have none. Cells that are not understood go to ``faults``.
    """
    if "group" in table or "pulse" in table:
        name, spellings, allowed = ("group", _GROUPS, "pulse, nonpulse or all")
        if "group" not in table:
            name, spellings, allowed = ("pulse", _PULSE_FLAGS, "yes or no (or 1 or 0)")
        groups = _coded(table[name], name, lambda text: spellings.get(text.lower()), allowed, where, faults)
        table = table.drop(columns=[] if name == "group" else "pulse").assign(group=groups)
    if "mechanism" in table or "rake_deg" in table:
        stated = table.get("mechanism", pd.Series("", index=table.index))
        allowed = f"{', '.join(MECHANISMS)}, or the NGA codes 0 to 4"
        names = _coded(stated, "mechanism", mechanism_name, allowed, where, faults).replace("", "unspecified")
        if "rake_deg" in table:
            by_rake = pd.Series(mechanism_from_rake(table["rake_deg"]), index=table.index)
            names = names.where(names != "unspecified", by_rake)
        table = table.assign(mechanism=names)
    if "tectonic_class" in table:
        table = table.assign(mechanism=_by_class(table))
    return table


def _by_class(table: pd.DataFrame) -> pd.Series:
    """Return the mechanism: of subduction zones their class, where the class is not known none."""
    stated = table.get("mechanism", pd.Series("unspecified", index=table.index))
    classes = to_texts(table["tectonic_class"]).str.lower()
    names = classes.map(mechanism_name)
    subducted = names.isin(SUBDUCTION)
    if not subducted.any():
        return stated
    crustal = classes.str.contains("crust|shallow|volcanic", regex=True)
    return names.where(subducted, stated.where(crustal, "unspecified"))


def _coded(
    column: pd.Series,
    name: str,
    read: Callable[[str], str | None],
    allowed: str,
    where: str,
    faults: RowFaults,
) -> pd.Series:
    """Return a column's cells as ``read`` has them, empty where it returns None; those go to ``faults``."""
    texts = to_texts(column)
    coded = texts.map(read)
    bad = texts[coded.isna()]
    if len(bad):
        faults.add(
            bad.index,
            f"{where}, column '{name}': {bad.iloc[0]!r} in row {rows_text(bad.index)} is unknown; "
            f"use {allowed}",
        )
    return coded.fillna("").astype(object)


def _groups(table: pd.DataFrame, where: str) -> tuple[pd.Series, list[str]]:
    """Return the group of each record, and a note on those that state none among others that do."""
    if "group" not in table:
        return pd.Series(UNGROUPED, index=table.index, dtype=object), []
    groups = table["group"]
    unstated = groups == ""
    if unstated.all():
        return groups.where(~unstated, UNGROUPED), []
    notes = []
    if unstated.any():
        silent = counted(
            int(unstated.sum()), "record does not state its group", "records do not state their group"
        )
        notes.append(doubtful(f"{silent}: taken as nonpulse"))
        groups = groups.where(~unstated, NONPULSE)
    if (groups == UNGROUPED).any() and (groups != UNGROUPED).any():
        rows = rows_text(groups.index[groups == UNGROUPED])
        raise InputError(
            f"{where}, column 'group': 'all' in row {rows} stands beside pulse or nonpulse; "
            f"classify every record, or none"
        )
    return groups, notes


def is_text(column: pd.Series) -> bool:
    """Tell whether a column holds texts (or a mixture, which is kept as texts)."""
    return column.dtype == object or isinstance(column.dtype, pd.StringDtype | pd.CategoricalDtype)


def check_text_columns(records: pd.DataFrame) -> pd.DataFrame:
    """Return records read from a file with their text columns as texts, empty where nothing is stated."""
    records = records.copy()
    for name in records.columns:
        column = records[name]
        if name in TEXT_COLUMNS or is_text(column):
            records[name] = column.astype(object).where(column.notna(), "").astype(str).astype(object)
    return records
