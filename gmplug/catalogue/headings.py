"""The rows of a CSV file or workbook, and which of them heads the table of records."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from gmplug.catalogue.row_faults import rows_text
from gmplug.catalogue.workbooks import sheets
from gmplug.errors import InputError
from gmplug.textfile import read_text

_DELIMITERS = ",;\t|"
#: Lines at the start of a file in which its heading usually stands.
_FIRST_LINES = 300
_EMPTY = "{path}: is empty; check that it is the right file"
#: A row: its number in the file, and its cells; a text says what is wrong with its quotes.
type Row = tuple[int, list[str] | str]
#: Tells by its name whether a column is of a kind.
type IsKind = Callable[[str], bool]


@dataclass(frozen=True)
class Heading:
    """A row that may be a heading: how many of its columns are known, and whether one is a key."""

    row: int
    cells: tuple[str, ...]
    known: int = 0
    has_key: bool = False

    @property
    def score(self) -> tuple[bool, int]:
        """How well it does: a key column first, then the known columns."""
        return self.has_key and self.known > 0, self.known

    def is_record_table(self) -> bool:
        """Tell whether it surely heads a table of records."""
        return self.has_key and self.known > 1


@dataclass(frozen=True)
class Found:
    """A heading in its file, and how to go through the file's rows.

    Parameters
    ----------
    above
        Headings of other tables of records above it.
    what
        What messages call a row.
    """

    heading: Heading
    rows: Callable[[], Iterator[Row]]
    above: tuple[Heading, ...] = ()
    delimiter: str = ""
    what: str = "row"


def headings_of(rows: Iterable[Row], key: IsKind, known: IsKind) -> list[Heading]:
    """Return the rows that may be headings, in the order of the file."""
    found: list[Heading] = []
    for number, cells in rows:
        first = next((cell for cell in cells if cell.strip()), "")
        if isinstance(cells, str) or not first or is_number(first):
            continue
        names = tuple(map(tidy, cells))
        named = [name for name in dict.fromkeys(names) if name and name[:1] != "-" and known(name)]
        if named or not found:
            found.append(Heading(number, names, len(named), any(map(key, named))))
    return found


def _best(headings: Sequence[Heading]) -> tuple[Heading, tuple[Heading, ...]] | None:
    """Return the likeliest heading, the first of equals, and those of tables of records above it."""
    if not headings:
        return None
    best = max(headings, key=lambda heading: heading.score)
    return best, tuple(h for h in headings if h.row < best.row and h.is_record_table())


def best_dialect(path: Path, key: IsKind, known: IsKind) -> Found:
    """Return the heading in a text file: the delimiter is the one that makes most known columns."""
    text = read_text(path, "a CSV file, or a workbook that is called .xlsx")
    if not text.strip(f"{_DELIMITERS} \r\n"):
        raise InputError(_EMPTY.format(path=path))
    delimiters = [delimiter for delimiter in _DELIMITERS if delimiter in text] or [","]
    found: list[tuple[Heading, tuple[Heading, ...], str]] = []
    for limit in (_FIRST_LINES, None):
        for delimiter in delimiters:
            best = _best(headings_of(islice(csv_rows(text, delimiter), limit), key, known))
            found += [(*best, delimiter)] if best else []
        if any(heading.score[0] for heading, _, _ in found):
            break
    heading, above, delimiter = max(found, key=lambda one: one[0].score, default=(Heading(1, ()), (), ","))
    if not heading.known:  # as many cells as there can be in the first line
        lines = [line for line in text.splitlines() if line.strip(f"{_DELIMITERS} ")]
        if any(sum(map(known, line.split())) > 1 for line in lines[:_FIRST_LINES]):
            raise InputError(f"{path}: blanks separate its columns; write commas, semicolons or tabs instead")
        delimiter = max(delimiters, key=lines[0].count)
        headings = headings_of(csv_rows(text, delimiter), key, known)
        heading, above = (headings[0] if headings else Heading(1, (lines[0],))), ()
    return Found(heading, lambda: csv_rows(text, delimiter), above, delimiter)


def best_sheet(path: Path, key: IsKind, known: IsKind) -> Found:
    """Return the heading of the one sheet that holds the table."""
    by_name = sheets(path)
    found = [(_best(headings_of(rows, key, known)), name) for name, rows in by_name.items()]
    headed = [(*best, name) for best, name in found if best]
    if not headed:
        raise InputError(_EMPTY.format(path=path))
    heading, above, name = max(headed, key=lambda item: item[0].score)
    rivals = [sheet for other, _, sheet in headed if other.is_record_table()]
    if len(rivals) > 1 and heading.is_record_table():
        raise InputError(
            f"{path}: {len(rivals)} sheets hold tables of records ({rows_text(rivals)}); "
            f"save the one to use as a file of its own"
        )
    what = "row" if len(by_name) == 1 else f"sheet '{name}', row"
    return Found(heading, lambda: iter(by_name[name]), above, what=what)


def tidy(cell: str) -> str:
    """Return a heading's cell on one line, without quotes."""
    return " ".join(cell.split()).strip('" ')


def is_number(cell: str) -> bool:
    """Tell whether a cell is a number, with a point or a comma."""
    try:
        float(cell.replace(",", ".", 1))
    except ValueError:
        return False
    return True


def csv_rows(text: str, delimiter: str) -> Iterator[Row]:
    """Yield the rows of a text with the number of the line where each begins.

    Blanks before an opening and behind a closing quote do not count.
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
            yield start, str(error)
            continue
        if reader.line_num > start and any(
            "\n" in cell and cell.count(delimiter) >= max(2, len(cells) // 2) for cell in cells
        ):
            yield start, f"a quote that opens here closes in line {reader.line_num} only"
        else:
            yield start, cells
