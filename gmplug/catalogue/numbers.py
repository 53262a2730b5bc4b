"""Cells of tables as texts and numbers, whichever way people write them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from gmplug.catalogue.row_faults import RowFaults, rows_text
from gmplug.decimals import THOUSANDS_COMMA, THOUSANDS_POINT, Mark, decimal_mark, shows_point, with_point
from gmplug.errors import InputError
from gmplug.values import BoolArray, FloatArray, IntArray

#: Cells that state nothing. -999 is the NGA flatfiles' own; runs of 9 and of dashes count as well.
MISSING = frozenset(
    {"", "na", "n/a", "n.a.", "nan", "none", "null", "nil", "?", "unknown", "missing", "not available"}
    | {"nd", "n.d.", "#n/a", "#n/a n/a", "<na>", ".", "..", "...", "–", "—"}
)
_MISSING_TEXT = re.compile(r"-+|-(9{3,5})(\.[09]*)?|-9\.9+0*e\+?0*[2-4]", re.IGNORECASE)
_MISSING_NUMBERS = (-999.0, -999.9, -999.99, -999.999, -9999.0, -9999.9, -9999.99, -99999.0)

#: A number is a name where it has leading zeros or more digits than a float holds.
_LEADING_ZEROS = re.compile(r"\n0\d+(?=\n|$)")
_LONGEST_COUNT = 1e15
_DATE = re.compile(r"\d{1,2}-[A-Za-z]{3}|[A-Za-z]{3}-\d{1,2}|\d{4}-\d\d-\d\d.*")


def to_texts(column: pd.Series) -> pd.Series:
    """Return a column as stripped texts, empty where a cell is missing."""
    if pd.api.types.is_float_dtype(column):
        whole = column.dropna()
        if len(whole) and np.all(np.isfinite(whole)) and np.all(whole == np.round(whole)):
            column = column.astype("Int64")  # 24303.0 is the station 24303, read beside an empty cell
    codes, distinct = pd.factorize(column.astype(object).where(column.notna(), "").astype(str))
    texts = np.array([*map(_stated, distinct), ""], dtype=object)
    return pd.Series(texts[codes], column.index, dtype=object, name=column.name)


def to_numbers(column: pd.Series, where: str, faults: RowFaults | None = None) -> FloatArray:
    """Return a column as floats, shape (N,), NaN where a cell is missing.

    Thousands separators and decimal commas are understood where the column leaves no doubt; -999 and its like
    count as missing.

    Parameters
    ----------
    where
        Start of an error line: the file.
    faults
        Collects the rows that hold something else, NaN in the result; default: they are an error.

    Raises
    ------
    InputError
        A cell holds something else: column, rows and what stands there.
    """
    if pd.api.types.is_numeric_dtype(column):
        numbers = column.to_numpy(dtype=float, na_value=np.nan)
        bad = np.isinf(numbers)
    else:
        cells = column.astype(object).where(column.notna(), "").astype(str).str.strip().tolist()
        numbers, bad = _parse(cells, decimal_mark(cells))
    if bad.any():
        line = _complaint(column, bad, where)
        if faults is None:
            raise InputError(line)
        faults.add(column.index[bad], line)
        numbers = np.where(bad, np.nan, numbers)
    return np.where(np.isin(numbers, _MISSING_NUMBERS), np.nan, numbers)


def number_columns(columns: dict[int, list[str]]) -> dict[int, FloatArray | IntArray]:
    """Return those of a table's columns of stripped cells that hold numbers alone, as numbers.

    Where a column leaves open whether ``1,234`` or ``1.234`` is 1234 or 1.234, the table's other columns
    decide; where they do not agree either, the column stays text and its cells say so, in place.
    """
    marks = {position: decimal_mark(cells) for position, cells in columns.items()}
    numbers = {position: _as_numbers(cells, marks[position]) for position, cells in columns.items()}
    found = {position: number for position, number in numbers.items() if number is not None}
    dotted = {p: [c for c in columns[p] if "." in c] for p in found if marks[p] == "point"}
    unclear = [p for p, cells in dotted.items() if cells and all(map(THOUSANDS_POINT.fullmatch, cells))]
    commas = "comma" in marks.values()
    points = any(shows_point(cells) for p, cells in dotted.items() if p not in unclear)
    mark: Mark | None = "comma" if commas and not points else "point" if points and not commas else None
    open_ones = [p for p, own in marks.items() if own == "" and p not in found]
    for position in [*open_ones, *(unclear if commas else [])]:
        cells = columns[position]
        settled = _as_numbers(cells, mark) if mark else None
        if settled is not None:
            found[position] = settled
        elif position in unclear:
            del found[position]
            cells[:] = [f"{cell} (or {cell.replace('.', '')}?)" if "." in cell else cell for cell in cells]
        elif mark:
            cells[:] = _rewritten(cells, mark)
    return found


def _rewritten(cells: list[str], mark: Mark) -> list[str]:
    """Return a column of numbers with some garbage, its numbers written plainly; others as they are."""
    numbers, bad = _parse(cells, mark)
    if bad.sum() > len(cells) / 2:
        return cells
    return [c if np.isnan(n) else repr(float(n)) for c, n in zip(cells, numbers, strict=True)]


def _as_numbers(cells: list[str], mark: Mark) -> FloatArray | IntArray | None:
    """Return a column as numbers; None where a cell is none, or is a name that looks like one."""
    together = "\n".join(["", *cells])
    if _LEADING_ZEROS.search(together):
        return None
    numbers, bad = _parse(cells, mark)
    if bad.any() or np.isnan(numbers).all() or np.nanmax(np.abs(numbers)) >= _LONGEST_COUNT:
        return None
    if re.search(r"[.,eE]", together) or np.isnan(numbers).any():
        return numbers
    return numbers.astype(np.int64)


def _stated(cell: str) -> str:
    """Return a cell's text without blanks and quotes around it, empty where it is missing."""
    cell = cell.strip()
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        cell = cell[1:-1].strip()
    return "" if _missing(cell) else cell


def _missing(cell: str) -> bool:
    return cell.lower() in MISSING or (cell[0] == "-" and _MISSING_TEXT.fullmatch(cell) is not None)


def _parse(cells: list[str], mark: Mark) -> tuple[FloatArray, BoolArray]:
    """Return numbers, shape (N,), NaN for missing ones, and which cells are no numbers."""
    if mark == "comma":
        cells = [with_point(cell, mark) for cell in cells]
    bad = np.zeros(len(cells), dtype=bool)
    if "_" not in "".join(cells):  # Python reads 1_000 as a number
        try:
            numbers = np.array(cells, dtype=object).astype(float)
            if np.isfinite(numbers).all():
                return numbers, bad
        except ValueError:
            pass
    numbers = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        if not _missing(cell):
            numbers[row] = _number(cell, mark)
            bad[row] = not np.isfinite(numbers[row])
    return numbers, bad


def _number(cell: str, mark: Mark) -> float:
    """Return a number, also one with thousands separators, a typographic minus or a Fortran exponent."""
    text = cell.replace("−", "-")
    text = re.sub(r"(?<=\d)[ '’\u00a0\u202f\u2009](?=\d{3}(?:\D|$))", "", text)
    text = re.sub(r"(?<=[\d.])[dD](?=[-+]?\d+$)", "e", text)
    text = with_point(text, mark)
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", text, re.IGNORECASE):
        return float("nan")
    return float(text)


def _complaint(column: pd.Series, bad: BoolArray, where: str) -> str:
    cells = column[bad]
    first = str(cells.iloc[0]).strip()
    start = f"{where}, column '{column.name}': {first!r} in row {rows_text(cells.index)}"
    if THOUSANDS_COMMA.fullmatch(first) or THOUSANDS_POINT.fullmatch(first):
        return (
            f"{start} can be read with a decimal comma or with thousands; "
            f"write the column's numbers without thousands separators and with decimal points"
        )
    if _DATE.fullmatch(first):
        return f"{start} is a date, not a number (a spreadsheet made it one); correct it"
    return f"{start} is not a number; correct it, or leave the cell empty"
