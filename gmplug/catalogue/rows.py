"""The rows of a CSV file or workbook, with the numbers they have there."""

from __future__ import annotations

import csv
import importlib.util
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.errors import InputError

#: A row: its number in the file, and its cells; None where its quotes are broken.
Row = tuple[int, "list[str] | None"]


def csv_rows(text: str, delimiter: str, broken: dict[int, str]) -> Iterator[Row]:
    """Yield the rows of a text with the number of the line where each begins.

    Blanks before an opening and behind a closing quote do not count. A row with broken quotes has None for
    cells, and says why in ``broken``.
    """
    blank = "[ \u00a0\u202f]" if delimiter == "\t" else "[ \t\u00a0\u202f]"
    mark = re.escape(delimiter)
    if '"' in text:
        text = re.sub(rf'((?:^|{mark}){blank}*?){blank}+(?=")', r"\1", text, flags=re.MULTILINE)
        text = re.sub(rf'"{blank}+(?={mark}|\r|\n|$)', '"', text)
    reader = csv.reader(
        io.StringIO(text, newline=None), delimiter=delimiter, skipinitialspace=delimiter != "\t", strict=True
    )
    csv.field_size_limit(2**31 - 1)
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            broken[start] = str(error)
            yield start, None
            continue
        if reader.line_num > start and any(
            "\n" in cell and cell.count(delimiter) >= max(2, len(cells) // 2) for cell in cells
        ):
            broken[start] = f"a quote that opens here closes in line {reader.line_num} only"
            yield start, None
            continue
        yield start, cells


def sheets(path: Path) -> dict[str, list[Row]]:
    """Return each sheet's rows, their cells as texts."""
    if path.suffix.lower() == ".xls":
        frames = pd.read_excel(path, sheet_name=None, header=None, dtype=object)
        return {str(name): _numbered(frame.to_numpy().tolist()) for name, frame in frames.items()}
    if importlib.util.find_spec("openpyxl") is None:
        raise InputError(
            f"{path}: reading a workbook needs openpyxl; install it with "
            f"`pip install 'gmplug[excel]'`, or save the sheet as CSV"
        )
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        return {
            sheet.title: _numbered(sheet.iter_rows(values_only=True))
            for sheet in book.worksheets
            if sheet.sheet_state == "visible"
        }
    finally:
        book.close()


def _numbered(rows: Iterable[Iterable[object]]) -> list[Row]:
    return [(number, [_cell_text(value) for value in row]) for number, row in enumerate(rows, 1)]


def _cell_text(value: object) -> str:
    if value is None or value is pd.NaT:
        return ""
    if isinstance(value, float):
        return "" if np.isnan(value) else repr(int(value)) if value == int(value) else repr(value)
    return str(value)
