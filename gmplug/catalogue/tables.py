"""Reading tables as people have them: encodings, delimiters, spreadsheets, numbers written in many ways."""

from __future__ import annotations

import importlib.util
import io
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.values import FloatArray

#: Cells that state nothing. -999 is the NGA flatfiles' own.
MISSING = frozenset(
    {"", "-999", "-999.0", "-999.00", "na", "n/a", "nan", "none", "null", "?", "-", "--", "unknown"}
    | {"#n/a", "#value!", "#ref!", "#div/0!", "#name?", "#null!", "#num!", "<na>"}
)
_MISSING_NUMBER = -999.0
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?")
_SPREADSHEETS = (".xlsx", ".xlsm", ".xls")
_SHOWN = 5
_HEADING_SEARCH_LINES = 30


def read_table(
    path: Path, keep: Callable[[str], bool] | None = None, sheet_with: Iterable[str] = ()
) -> pd.DataFrame:
    """Read a table from CSV (any usual encoding and delimiter), XLSX or Parquet.

    Parameters
    ----------
    keep
        Tells by its name whether a column is wanted; all are if None.
    sheet_with
        One of these columns marks the heading, below lines of text or on a further sheet of a workbook.

    Returns
    -------
    The table; its index holds the row numbers as a person counts them in the file, heading = row 1.
    Blank rows are gone, column names stripped.

    Raises
    ------
    InputError
        The file is missing, or is not a table.
    """
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "no such file"
        raise InputError(f"{path}: {what}; give the path of a CSV, XLSX or Parquet table")
    suffix = path.suffix.lower()
    heading_row = 1
    try:
        if suffix in (".parquet", ".pq"):
            table = pd.read_parquet(path)
        elif suffix in _SPREADSHEETS:
            table = _read_workbook(path, {str(name) for name in sheet_with})
        else:
            table, heading_row = _read_text(path, keep, {str(name) for name in sheet_with})
    except InputError:
        raise
    except Exception as error:  # the readers raise whatever their formats bring along
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: cannot be read as a table ({reason}); check or re-export it") from error
    table.columns = [str(name).strip() for name in table.columns]
    if keep is not None:
        table = table[[name for name in table.columns if keep(name)]]
    if not len(table.columns):
        return table
    table = table.set_axis(np.arange(len(table)) + heading_row + 1, axis=0)
    table = table.dropna(how="all")
    doubled = table.columns[table.columns.duplicated()]
    if len(doubled):
        raise InputError(f"{path}: the column '{doubled[0]}' occurs more than once; rename or remove one")
    if table.empty:
        raise InputError(f"{path}: holds no rows; check that it is the right file")
    return table


def _read_text(path: Path, keep: Callable[[str], bool] | None, wanted: set[str]) -> tuple[pd.DataFrame, int]:
    """Return the table and the line of its heading, counted from 1."""
    lines = re.split(r"\r\n|\r|\n", _decode(path.read_bytes()))  # splitlines() would split at U+0085 as well
    heading = _heading_line(lines, wanted)
    if heading is None:
        raise InputError(f"{path}: is empty; check that it is the right file")
    delimiter = max(",;\t|", key=lines[heading].count)
    sample = lines[heading + 1] if heading + 1 < len(lines) else ""
    comma = delimiter != "," and re.search(r"\d,\d", sample) and not re.search(r"\d\.\d", sample)
    _check_cells(lines, heading, delimiter, path)
    table = pd.read_csv(
        io.StringIO("\n".join(lines[heading:])),
        sep=delimiter,
        decimal="," if comma else ".",
        usecols=None if keep is None else lambda name: keep(str(name).strip()),
        index_col=False,
        skip_blank_lines=False,
        low_memory=False,
    )
    return table, heading + 1


def _heading_line(lines: list[str], wanted: set[str]) -> int | None:
    """Return the position of the heading: the first line that is not blank, or below it the one wanted."""
    filled = [i for i, line in enumerate(lines[:_HEADING_SEARCH_LINES]) if line.strip(" ,;\t|")]
    for i in filled:
        cells = {cell.strip(' "').lower() for cell in re.split(r"[,;\t|]", lines[i])}
        if cells & {name.lower() for name in wanted}:
            return i
    return filled[0] if filled else None


def _check_cells(lines: list[str], heading: int, delimiter: str, path: Path) -> None:
    """A text with an unquoted delimiter would shift every number behind it: better an error."""
    most = lines[heading].count(delimiter)
    too_many = [
        number
        for number, line in enumerate(lines[heading + 1 :], heading + 2)
        if line.count(delimiter) > most
        and '"' not in line
        and line.rstrip(f"{delimiter} ").count(delimiter) > most
    ]
    if too_many:
        raise InputError(
            f"{path}: row {rows_text(too_many)} has more cells than the heading; put texts that hold a "
            f"'{delimiter}' in quotes"
        )


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _read_workbook(path: Path, wanted: set[str]) -> pd.DataFrame:
    engine = "calamine" if importlib.util.find_spec("python_calamine") else "openpyxl"
    if engine == "openpyxl" and importlib.util.find_spec("openpyxl") is None:
        raise InputError(
            f"{path}: reading a workbook needs openpyxl; install it with "
            f"`pip install 'gmplug[excel]'`, or save the sheet as CSV"
        )
    with pd.ExcelFile(path, engine=engine) as book:  # type: ignore[arg-type]
        sheet = book.sheet_names[0]
        for name in book.sheet_names if wanted and len(book.sheet_names) > 1 else []:
            heading = pd.read_excel(book, sheet_name=name, nrows=0).columns
            if wanted & {str(column).strip() for column in heading}:
                sheet = name
                break
        return pd.read_excel(book, sheet_name=sheet)


def to_texts(column: pd.Series) -> pd.Series:
    """Return a column as stripped texts, empty where it states nothing."""
    if pd.api.types.is_float_dtype(column):
        whole = column.dropna()
        if len(whole) and np.all(np.isfinite(whole)) and np.all(whole == np.round(whole)):
            column = column.astype("Int64")  # 24303.0 is the station 24303, read beside an empty cell
    texts = column.astype(object).where(column.notna(), "").astype(str).str.strip().astype(object)
    return texts.where(~texts.str.lower().isin(MISSING), "").astype(object)


def to_numbers(column: pd.Series, where: str, *, lowest: float = -np.inf) -> FloatArray:
    """Return a column as floats, shape (N,), NaN where it states nothing.

    Thousands separators are understood; -999 and what lies below ``lowest`` count as missing.

    Raises
    ------
    InputError
        A cell holds something else: column, rows and what stands there.
    """
    if pd.api.types.is_numeric_dtype(column):
        numbers = column.to_numpy(dtype=float, na_value=np.nan)
    else:
        numbers = _parse(column, where)
    numbers = np.where((numbers == _MISSING_NUMBER) | (numbers < lowest) | np.isinf(numbers), np.nan, numbers)
    return np.asarray(numbers, dtype=float)


def _parse(column: pd.Series, where: str) -> FloatArray:
    texts = column.astype(object).where(column.notna(), "").astype(str).str.strip()
    numbers = pd.to_numeric(texts, errors="coerce")
    unread = numbers.isna() & ~texts.str.lower().isin(MISSING)
    if unread.any():
        plain = texts[unread].where(
            ~texts[unread].str.fullmatch(_THOUSANDS), texts[unread].str.replace(",", "")
        )
        numbers = numbers.copy()
        numbers[unread] = pd.to_numeric(plain, errors="coerce")
        bad = texts[unread & numbers.isna()]
        if len(bad):
            raise InputError(
                f"{where}, column '{column.name}': {bad.iloc[0]!r} in row {rows_text(bad.index)} is not a "
                f"number; correct it, or leave the cell empty"
            )
    return numbers.to_numpy(dtype=float)


def rows_text(rows: Iterable[object]) -> str:
    """Return row numbers (or names) for a line of text: the first few, and how many more."""
    listed = [str(row) for row in rows]
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more
