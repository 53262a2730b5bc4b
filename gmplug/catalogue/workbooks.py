"""The cells of a workbook as texts, sheet by sheet."""

from __future__ import annotations

import importlib.util
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

from gmplug.errors import InputError

PARQUET = (".parquet", ".pq")
WORKBOOKS = (".xlsx", ".xlsm", ".xls")
_ERROR_CELL = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+)(\d+)"[^>]*>(.*?)</(?:\w+:)?c>', re.DOTALL
)
_VALUE = re.compile(rb"<(?:\w+:)?v[^>]*>([^<]*)<")


def sheets(path: Path) -> dict[str, list[tuple[int, list[str]]]]:
    """Return the rows of each visible sheet: their numbers, and their cells as texts.

    Raises InputError for an old workbook (.xls), and where python-calamine is missing.
    """
    if path.suffix.lower() == ".xls":
        raise InputError(f"{path}: is a workbook of an old kind; save it as .xlsx or CSV")
    if importlib.util.find_spec("python_calamine") is None:
        raise InputError(
            f"{path}: reading a workbook needs python-calamine; install it with "
            f"`pip install 'gmplug[excel]'`, or save the sheet as CSV"
        )
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    errors = _error_cells(path)
    with CalamineWorkbook.from_path(path) as book:
        shown = [one.name for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible]
        found = {}
        for name in shown:
            sheet = book.get_sheet_by_name(name)
            first = sheet.start[0] + 1 if sheet.start else 1
            left = sheet.start[1] if sheet.start else 0
            rows = _rows(sheet.to_python(skip_empty_area=True), first, left)
            found[name] = _with_errors(list(rows), errors.get(name, {}))
        return found


def _rows(rows: Iterable[Iterable[object]], first: int, left: int) -> Iterator[tuple[int, list[str]]]:
    """Yield numbered rows, their cells from the sheet's first column on."""
    before = [""] * left
    for number, row in enumerate(rows, first):
        yield number, [*before, *map(_text, row)]


def _text(value: object) -> str:
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() else repr(value)
    return value if isinstance(value, str) else str(value)


def _with_errors(
    rows: list[tuple[int, list[str]]], errors: dict[tuple[int, int], str]
) -> list[tuple[int, list[str]]]:
    """Put ``#REF!`` and its like where they stand; the reader leaves such cells empty."""
    by_number = dict(rows)
    for (number, column), text in errors.items():
        cells = by_number.get(number)
        if cells is not None and column < len(cells):
            cells[column] = text
    return rows


def _error_cells(path: Path) -> dict[str, dict[tuple[int, int], str]]:
    """Return the cells of each sheet that hold an error, by row (from 1) and column (from 0)."""
    found = {}
    with zipfile.ZipFile(path) as parts:
        for name, part in _sheet_parts(parts).items():
            data = parts.read(part)
            if b't="e"' not in data:
                continue
            found[name] = {
                (int(cell[2]), _column(cell[1].decode())): value[1].decode()
                for cell in _ERROR_CELL.finditer(data)
                if (value := _VALUE.search(cell[3]))
            }
    return found


def _column(letters: str) -> int:
    position = 0
    for letter in letters:
        position = 26 * position + ord(letter) - 64
    return position - 1


def _sheet_parts(parts: zipfile.ZipFile) -> dict[str, str]:
    """Return where the archive keeps each sheet."""
    relations = ElementTree.fromstring(parts.read("xl/_rels/workbook.xml.rels"))
    target = {one.get("Id"): one.get("Target", "") for one in relations}
    book = ElementTree.fromstring(parts.read("xl/workbook.xml"))
    found = {}
    for sheet in book.iter():
        if not sheet.tag.endswith("}sheet"):
            continue
        relation = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")
        part = target.get(relation, "")
        found[sheet.get("name", "")] = part.lstrip("/") if part.startswith("/") else f"xl/{part}"
    return {name: part for name, part in found.items() if part in parts.namelist()}
