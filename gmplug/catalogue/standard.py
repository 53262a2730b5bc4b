"""A table's columns under gmplug's names and in its units."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from gmplug.catalogue.columns import heading, is_numeric, match_columns
from gmplug.catalogue.numbers import to_numbers
from gmplug.catalogue.row_faults import RowFaults, rows_text
from gmplug.errors import InputError
from gmplug.values import FloatArray
from gmplug.waveforms.accelerogram import USABLE_FREQUENCY_FACTOR

#: Columns that say how far a record is usable.
BAND_COLUMNS = (
    "max_usable_period_s",
    *("lowest_usable_hz", "lowest_usable_h1_hz", "lowest_usable_h2_hz"),
    *("highpass_hz", "highpass_h1_hz", "highpass_h2_hz"),
)
#: Numbers of two columns that mean the same agree within this share.
_AGREE = 0.005


def standard_columns(
    table: pd.DataFrame, names: Collection[str], where: str, faults: RowFaults, notes: list[str]
) -> pd.DataFrame:
    """Return a table whose known columns have gmplug's names, and whose numbers are floats in its units.

    Parameters
    ----------
    names
        The known columns that are wanted; other columns stay as they are.
    where
        Start of an error line: the file.

    Raises
    ------
    InputError
        A unit is not understood, or two columns that mean the same hold different numbers.
    """
    matched = match_columns(table.columns, names, where)
    replaced = {column for columns in matched.values() for column in columns}
    found: dict[str, object] = {}
    problems: list[str] = []
    for name, columns in matched.items():
        if not is_numeric(name):
            found[name] = table[columns[0]]
            if len(columns) > 1:
                notes.append(f"'{columns[0]}' is taken as {name}, not {_quoted(columns[1:])}")
            continue
        values = [_numbers(table[column], column, where, faults, notes) for column in columns]
        for column, other in zip(columns[1:], values[1:], strict=True):
            apart = np.abs(other - values[0]) > _AGREE * np.abs(values[0])
            if apart.any():
                problems.append(
                    f"{where}: columns '{columns[0]}' and '{column}' both state {name} and differ in row "
                    f"{rows_text(table.index[apart])}; remove one, or rename the one that is something else"
                )
        found[name] = values[0]
    if problems:
        raise InputError(problems)
    rest = table[[column for column in table.columns if column not in replaced]]
    clash = [name for name in found if name in rest.columns]
    return pd.concat([rest.drop(columns=clash), pd.DataFrame(found, index=table.index)], axis=1)


def _numbers(column: pd.Series, name: str, where: str, faults: RowFaults, notes: list[str]) -> FloatArray:
    numbers = to_numbers(column, where, faults)
    said = heading(name)
    if said is None or said.factor is None or not said.unit:
        return numbers
    notes.append(f"column '{name}' is converted from {said.unit} to {said.name}")
    return numbers * said.factor


def _quoted(names: Collection[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def add_usable_period(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with ``max_usable_period_s``, s, from whatever states it.

    That is the longest usable period, 1 / the lowest usable frequency, or 1 / (1.25 × the high-pass corner);
    of two components the shorter period. NaN where nothing is stated.
    """
    of_table = {name: table[name].to_numpy(dtype=float) for name in BAND_COLUMNS if name in table}
    if not of_table:
        return table
    period = of_table.get("max_usable_period_s", np.full(len(table), np.nan))
    for both, single, ratio in (
        ("lowest_usable_hz", ("lowest_usable_h1_hz", "lowest_usable_h2_hz"), 1.0),
        ("highpass_hz", ("highpass_h1_hz", "highpass_h2_hz"), USABLE_FREQUENCY_FACTOR),
    ):
        for names in ((both,), single):
            frequencies = [of_table[name] for name in names if name in of_table]
            if frequencies:
                highest = np.fmax.reduce(frequencies)
                lowest_usable_hz = np.where(highest > 0, ratio * highest, np.nan)
                period = np.where(np.isnan(period), 1.0 / lowest_usable_hz, period)
    rest = table.drop(columns=list(of_table))
    return rest.assign(max_usable_period_s=period)
