"""Reading tables as people have them: any dialect of CSV, workbooks, Parquet."""

from __future__ import annotations

import csv
import importlib.util
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.catalogue.columns import TEXTS, known_as
from gmplug.catalogue.numbers import number_columns
from gmplug.catalogue.periods import is_spectral
from gmplug.catalogue.row_faults import RowFaults, rows_text
from gmplug.catalogue.units import is_unit
from gmplug.errors import InputError

_DELIMITERS = ",;\t|"
_WORKBOOKS = (".xlsx", ".xlsm")
_PARQUET = (".parquet", ".pq")
#: Lines at the start of a file in which its heading usually stands.
_FIRST_LINES = 300
#: A row of the file: its number there, and its cells; None where its quotes are broken.
_Row = tuple[int, "list[str] | None"]


def is_known(cell: str) -> bool:
    """Tell whether a heading's cell names a column that gmplug knows, or a spectral ordinate."""
    return known_as(cell) is not None or is_spectral(cell)


def read_table(
    path: Path,
    keep: Callable[[str], bool] | None = None,
    key: Callable[[str], bool] = is_known,
    known: Callable[[str], bool] = is_known,
    notes: list[str] | None = None,
    faults: RowFaults | None = None,
) -> pd.DataFrame:
    """Read the one table of records in a CSV file (any usual dialect and encoding), workbook or Parquet file.

    Title rows above the heading, notes below the table, repeated headings, other tables in the same file, a
    row of units and blank rows are recognized and are not data. The delimiter is the one that makes most
    known columns; decimal commas are decided from whole columns.

    Parameters
    ----------
    keep
        Tells by its name whether a column is wanted; all are if None.
    key
        Tells by its name whether a column is one that the table must have: it marks the right table, where
        a file holds several.
    known
        Tells by its name whether a column is known: a heading has most of those.
    notes
        Is given a line for each thing that was not read.
    faults
        Is given the rows that do not fit the heading; default: they are an error.

    Returns
    -------
    The table. Its index holds the row numbers of the file (the line, or the row of the sheet, where a row
    begins). Columns of numbers are numeric, others text. Column names are stripped.

    Raises
    ------
    InputError
        The file is missing, is not a table, or holds several.
    """
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "no such file"
        raise InputError(f"{path}: {what}; give the path of a CSV, XLSX or Parquet table")
    own_faults = RowFaults(path) if faults is None else faults
    notes = [] if notes is None else notes
    suffix = path.suffix.lower()
    try:
        if suffix in _PARQUET:
            return _checked(_from_parquet(path, keep), path)
        if suffix in _WORKBOOKS or suffix == ".xls":
            found = _best_sheet(path, key, known)
        else:
            found = _best_dialect(path, key, known)
    except InputError:
        raise
    except Exception as error:  # the readers raise whatever their formats bring along
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: cannot be read as a table ({reason}); check or re-export it") from error
    table = _Block(path, found, keep, key, known, own_faults, notes).read()
    if faults is None or table.empty:
        own_faults.settle(table.index)
    return _checked(table, path)


def _from_parquet(path: Path, keep: Callable[[str], bool] | None) -> pd.DataFrame:
    table = pd.read_parquet(path)
    table.columns = [str(name).strip() for name in table.columns]
    table = table[[name for name in table.columns if keep is None or keep(name)]]
    return table.set_axis(np.arange(len(table)) + 2, axis=0).dropna(how="all")


def _checked(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    doubled = table.columns[table.columns.duplicated()]
    if len(doubled):
        raise InputError(f"{path}: the column '{doubled[0]}' occurs more than once; rename or remove one")
    if table.empty and len(table.columns):
        raise InputError(f"{path}: holds no rows; check that it is the right file")
    return table


@dataclass(frozen=True)
class _Heading:
    """A row that may be a heading, and how well it does as one."""

    row: int
    cells: tuple[str, ...]
    known: int = 0
    has_key: bool = False

    @property
    def score(self) -> tuple[bool, int]:
        return self.has_key and self.known > 0, self.known

    def is_record_table(self) -> bool:
        return self.has_key and self.known > 1


@dataclass(frozen=True)
class _Found:
    """A heading in its file, and how to go through the file's rows."""

    heading: _Heading
    rows: Callable[[], Iterator[_Row]]
    above: tuple[_Heading, ...] = ()
    delimiter: str = ""
    what: str = "row"
    broken: dict[int, str] = field(default_factory=dict)


# ---- finding the heading --------------------------------------------------------------------------------


def _headings(
    rows: Iterable[_Row], key: Callable[[str], bool], known: Callable[[str], bool]
) -> list[_Heading]:
    """Return the rows that may be headings, in the order of the file."""
    found = []
    for number, cells in rows:
        if not cells:
            continue
        first = next((cell for cell in cells if cell.strip()), "")
        if not first or _is_number(first):
            continue
        names = [_tidy(cell) for cell in cells]
        named = [name for name in dict.fromkeys(names) if name and not name[:1] == "-" and known(name)]
        if named or not found:
            found.append(_Heading(number, tuple(names), len(named), any(key(name) for name in named)))
    return found


def _best(headings: Sequence[_Heading]) -> _Heading | None:
    """Return the likeliest heading, the first of equals."""
    return max(headings, key=lambda heading: heading.score) if headings else None


def _above(best: _Heading, headings: Sequence[_Heading]) -> tuple[_Heading, ...]:
    """Return the headings of other tables of records above the likeliest."""
    return tuple(other for other in headings if other.row < best.row and other.is_record_table())


def _best_dialect(path: Path, key: Callable[[str], bool], known: Callable[[str], bool]) -> _Found:
    text = _decode(path)
    if not text.strip(f"{_DELIMITERS} \r\n"):
        raise InputError(f"{path}: is empty; check that it is the right file")
    present = [delimiter for delimiter in _DELIMITERS if delimiter in text] or [","]
    best: tuple[_Heading, str] | None = None
    above: tuple[_Heading, ...] = ()
    for limit in (_FIRST_LINES, None):
        for delimiter in present:
            rows = islice(_csv_rows(text, delimiter, {}), limit)
            headings = _headings(rows, key, known)
            heading = _best(headings)
            if heading and (best is None or heading.score > best[0].score):
                best, above = (heading, delimiter), _above(heading, headings)
        if best and best[0].score[0]:
            break
    if best is None or not best[0].known:  # nothing known: as many cells as there can be in the first line
        first = next(line for line in text.splitlines() if line.strip(f"{_DELIMITERS} "))
        delimiter = max(present, key=first.count)
        headings = _headings(_csv_rows(text, delimiter, {}), key, known)
        best = (headings[0] if headings else _Heading(1, (first,))), delimiter
    found, delimiter = best
    broken: dict[int, str] = {}
    return _Found(found, lambda: _csv_rows(text, delimiter, broken), above, delimiter, broken=broken)


def _csv_rows(text: str, delimiter: str, broken: dict[int, str]) -> Iterator[_Row]:
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


def _decode(path: Path) -> str:
    content = path.read_bytes()
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise InputError(f"{path}: is a workbook, not a CSV file; give it the suffix .xlsx or .xls")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    if b"\x00" in content[:200]:  # UTF-16 without its mark
        return content.decode("utf-16-le" if content[1:2] == b"\x00" else "utf-16-be")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _best_sheet(path: Path, key: Callable[[str], bool], known: Callable[[str], bool]) -> _Found:
    """Return the heading of the one sheet that holds the table."""
    sheets = _sheets(path)
    found: list[tuple[_Heading, str, tuple[_Heading, ...]]] = []
    for name, rows in sheets.items():
        headings = _headings(rows, key, known)
        heading = _best(headings)
        if heading is not None:
            found.append((heading, name, _above(heading, headings)))
    if not found:
        raise InputError(f"{path}: is empty; check that it is the right file")
    best, name, above = max(found, key=lambda item: item[0].score)
    rivals = [sheet for heading, sheet, _ in found if heading.is_record_table()]
    if len(rivals) > 1 and best.is_record_table():
        raise InputError(
            f"{path}: {len(rivals)} sheets hold tables of records ({rows_text(rivals)}); "
            f"save the one to use as a file of its own"
        )
    what = "row" if len(sheets) == 1 else f"sheet '{name}', row"
    return _Found(best, lambda: iter(sheets[name]), above, what=what)


def _sheets(path: Path) -> dict[str, list[_Row]]:
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


def _numbered(rows: Iterable[Iterable[object]]) -> list[_Row]:
    return [(number, [_cell_text(value) for value in row]) for number, row in enumerate(rows, 1)]


def _cell_text(value: object) -> str:
    if value is None or value is pd.NaT:
        return ""
    if isinstance(value, float):
        return "" if np.isnan(value) else repr(int(value)) if value == int(value) else repr(value)
    return str(value)


# ---- reading the block below the heading ----------------------------------------------------------------


@dataclass
class _Block:
    """The rows of one table below its heading; what else stands there is told."""

    path: Path
    found: _Found
    keep: Callable[[str], bool] | None
    key: Callable[[str], bool]
    known: Callable[[str], bool]
    faults: RowFaults
    notes: list[str]
    _numbers: list[int] = field(default_factory=list)
    _records: list[tuple[str, ...]] = field(default_factory=list)
    _texts: list[int] = field(default_factory=list)
    _elsewhere: list[int] = field(default_factory=list)
    _too_long: list[int] = field(default_factory=list)
    _too_short: list[int] = field(default_factory=list)

    def read(self) -> pd.DataFrame:
        """Return the table of the wanted columns."""
        names = list(self.found.heading.cells)
        while names and not names[-1]:
            names.pop()
        self._width = len(names)
        self._heading = _folded(names)
        wanted = [i for i, name in enumerate(names) if name and (self.keep is None or self.keep(name))]
        if not wanted:
            return pd.DataFrame()
        needed = [i for i, name in enumerate(names) if name and self.known(name)]
        self._shortest = max(needed) + 1 if needed else self._width
        for other in self.found.above:
            if _folded(other.cells)[: self._width] != self._heading:
                self._refuse_two(other.row)
        units = self._collect(wanted)
        self._report()
        if units:
            names = [_with_unit(name, unit, self.path) for name, unit in zip(names, units, strict=True)]
        columns = zip(*self._records, strict=True) if self._records else [()] * len(wanted)
        cells = [_stripped(column) for column in columns]
        return _typed([names[i] for i in wanted], cells, pd.Index(self._numbers, dtype="int64"))

    def _check_other_table(self, number: int, cells: list[str]) -> None:
        """Raise InputError where a row heads a further table of records: which one to take is not guessed."""
        further = _best(_headings([(number, cells)], self.key, self.known))
        if further is not None and further.is_record_table() and self.found.heading.is_record_table():
            self._refuse_two(number)

    def _refuse_two(self, other: int) -> None:
        first, second = sorted((self.found.heading.row, other))
        raise InputError(
            f"{self.path}: holds several tables of records (headings in {self.found.what} {first} and "
            f"{second}); save the one to use as a file of its own"
        )

    def _collect(self, wanted: list[int]) -> list[str]:
        """Take the rows of the table; return the units that a row below the heading states."""
        pick = itemgetter(*wanted) if len(wanted) > 1 else lambda cells: (cells[wanted[0]],)
        width, units = self._width, []
        first_row = self.found.heading.row
        gap = False
        outside = 0  # cells in the heading of another table
        numeric: bool | None = None
        for number, cells in self.found.rows():
            if number <= first_row:
                continue
            if cells is None:
                if not outside:
                    reason = self.found.broken[number]
                    line = f"{self._where(number)}: its quotes are broken ({reason}); correct it"
                    self.faults.add([number], line)
                continue
            filled = len(cells) - cells.count("")
            if filled == 0:
                gap = True
                continue
            ordinary = len(cells) == width and filled > 2 and not (gap or outside) and numeric is not None
            if not ordinary or cells[0].strip().casefold() == self._heading[0]:
                cells = self._without_padding(cells)
                if not cells:
                    gap = True
                    continue
                if _folded(cells)[: self._width] == self._heading:
                    gap, outside = False, 0
                    continue
                has_number = any(_is_number(cell) for cell in cells)
                count = sum(1 for cell in cells if cell.strip())
                if outside and has_number and outside < len(cells) == width and count > width // 2:
                    outside = 0  # what looked like another heading was a line of text between records
                    self._texts += self._elsewhere
                    self._elsewhere.clear()
                if outside:
                    if not has_number and count > 1:
                        outside = len(cells)
                        self._check_other_table(number, cells)
                    self._elsewhere.append(number)
                    continue
                if numeric is None and not units and len(cells) <= width and _are_units(cells):
                    units = [*map(str.strip, cells), *[""] * (width - len(cells))]
                    continue
                if self._is_text(cells, gap) and not (gap and numeric and count > 1):
                    self._texts.append(number)
                    gap = True
                    continue
                if gap and numeric and not has_number and count > 1:
                    outside = len(cells)
                    self._check_other_table(number, cells)
                    self._elsewhere.append(number)
                    continue
                if len(cells) > width:
                    self._too_long.append(number)
                    continue
                if len(cells) < width:
                    if self._given < self._shortest:
                        self._too_short.append(number)
                        continue
                    cells = [*cells, *[""] * (width - len(cells))]
                numeric = has_number if numeric is None else numeric
                gap = False
            self._numbers.append(number)
            self._records.append(pick(cells))
        return units

    def _without_padding(self, cells: list[str]) -> list[str]:
        """Return a row without blank cells at its end; how many it had is kept for the check of its length."""
        self._given = len(cells) if self.found.delimiter else max(len(cells), self._width)
        end = len(cells)
        while end > 0 and not cells[end - 1].strip():
            end -= 1
        return cells[:end]

    def _is_text(self, cells: list[str], gap: bool) -> bool:
        """Tell whether a row is a line of text, such as a title or a note, instead of a record."""
        filled = [cell.strip() for cell in cells if cell.strip()]
        if self._width < 3 or any(_is_number(cell) for cell in filled):
            return False
        phrase = len(filled[0].split()) > 2 or filled[0][0] in "*#-(=" or filled[0].endswith(":")
        if len(filled) == 1:
            return phrase or gap
        few = len(filled) <= max(2, self._width // 3) and self._given < self._width
        return few and (gap or ":" in filled[0] or filled[0][0] in "*#(=")

    def _where(self, number: object) -> str:
        return f"{self.path}: {self.found.what} {number}"

    def _report(self) -> None:
        if self._too_long:
            remedy = (
                f"put texts that hold a '{self.found.delimiter}' in quotes"
                if self.found.delimiter
                else "give each column a heading"
            )
            rows = rows_text(self._too_long)
            self.faults.add(
                self._too_long, f"{self._where(rows)} has more cells than the heading; {remedy}"
            )
        if self._too_short:
            rows = rows_text(self._too_short)
            self.faults.add(
                self._too_short,
                f"{self._where(rows)} has fewer cells than the heading; complete it (a cell may be empty, "
                f"its delimiter must be there)",
            )
        name = self.path.name
        if self._texts:
            self.notes.append(
                f"{name}: {len(self._texts)} lines of text below the heading are not records: "
                f"{self.found.what} {rows_text(self._texts)}"
            )
        if self._elsewhere:
            self.notes.append(
                f"{name}: another table, from {self.found.what} {self._elsewhere[0]} on, is not read"
            )


def _tidy(cell: str) -> str:
    """Return a heading's cell on one line, without quotes."""
    return " ".join(cell.split()).strip('" ')


def _folded(cells: Iterable[str]) -> list[str]:
    return [_tidy(cell).casefold() for cell in cells]


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", ".", 1))
    except ValueError:
        return False
    return True


def _are_units(cells: Iterable[str]) -> bool:
    filled = [cell for cell in cells if cell.strip(" -")]
    return bool(filled) and all(is_unit(cell) for cell in filled)


def _with_unit(name: str, unit: str, path: Path) -> str:
    """Return a column's heading with the unit that the row below states."""
    plain = unit.strip(" ()[]-")
    if not name or not plain:
        return name
    stated = re.search(r"[(\[]([^()\[\]]*)[)\]]$", name)
    if stated is None:
        return f"{name} ({plain})"
    if stated.group(1).strip().casefold() != plain.casefold():
        raise InputError(
            f"{path}: the column '{name}' has the unit '{unit}' in the row below; correct one of them"
        )
    return name


def _stripped(cells: Sequence[str]) -> list[str]:
    together = "".join(cells)
    blanks = any(blank in together for blank in (" ", "\t", "\n", "\u00a0"))
    return [cell.strip() for cell in cells] if blanks else list(cells)


def _typed(names: list[str], columns: list[list[str]], index: pd.Index) -> pd.DataFrame:
    """Return the table with columns of numbers as numbers; known texts stay as they were written."""
    numeric = {i: cells for i, cells in enumerate(columns) if known_as(names[i]) not in TEXTS}
    numbers = number_columns(numeric)
    table = pd.DataFrame(
        {i: numbers[i] if i in numbers else pd.Series(cells, index, object) for i, cells in enumerate(columns)},
        index=index,
    )
    table.columns = names
    return table
