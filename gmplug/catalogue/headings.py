"""Which row of a file heads the table of records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from gmplug.catalogue.row_faults import rows_text
from gmplug.catalogue.rows import Row, csv_rows, decode, sheets
from gmplug.errors import InputError

_DELIMITERS = ",;\t|"
#: Lines at the start of a file in which its heading usually stands.
_FIRST_LINES = 300


@dataclass(frozen=True)
class Heading:
    """A row that may be a heading, and how well it does as one."""

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
    """A heading in its file, and how to go through the file's rows."""

    heading: Heading
    rows: Callable[[], Iterator[Row]]
    above: tuple[Heading, ...] = ()
    delimiter: str = ""
    what: str = "row"
    broken: dict[int, str] = field(default_factory=dict)


def headings_of(
    rows: Iterable[Row], key: Callable[[str], bool], known: Callable[[str], bool]
) -> list[Heading]:
    """Return the rows that may be headings, in the order of the file."""
    found: list[Heading] = []
    for number, cells in rows:
        if not cells:
            continue
        first = next((cell for cell in cells if cell.strip()), "")
        if not first or is_number(first):
            continue
        names = [tidy(cell) for cell in cells]
        named = [name for name in dict.fromkeys(names) if name and name[:1] != "-" and known(name)]
        if named or not found:
            found.append(Heading(number, tuple(names), len(named), any(key(name) for name in named)))
    return found


def best_of(headings: Sequence[Heading]) -> Heading | None:
    """Return the likeliest heading, the first of equals."""
    return max(headings, key=lambda heading: heading.score) if headings else None


def _above(best: Heading, headings: Sequence[Heading]) -> tuple[Heading, ...]:
    """Return the headings of other tables of records above the likeliest."""
    return tuple(other for other in headings if other.row < best.row and other.is_record_table())


def best_dialect(path: Path, key: Callable[[str], bool], known: Callable[[str], bool]) -> Found:
    """Return the heading in a text file: the delimiter is the one that makes most known columns."""
    text = decode(path)
    if not text.strip(f"{_DELIMITERS} \r\n"):
        raise InputError(f"{path}: is empty; check that it is the right file")
    present = [delimiter for delimiter in _DELIMITERS if delimiter in text] or [","]
    best: tuple[Heading, str] | None = None
    above: tuple[Heading, ...] = ()
    for limit in (_FIRST_LINES, None):
        for delimiter in present:
            rows = islice(csv_rows(text, delimiter, {}), limit)
            headings = headings_of(rows, key, known)
            heading = best_of(headings)
            if heading and (best is None or heading.score > best[0].score):
                best, above = (heading, delimiter), _above(heading, headings)
        if best and best[0].score[0]:
            break
    if best is None or not best[0].known:  # nothing known: as many cells as there can be in the first line
        first = next(line for line in text.splitlines() if line.strip(f"{_DELIMITERS} "))
        delimiter = max(present, key=first.count)
        headings = headings_of(csv_rows(text, delimiter, {}), key, known)
        best = (headings[0] if headings else Heading(1, (first,))), delimiter
    found, delimiter = best
    broken: dict[int, str] = {}
    return Found(found, lambda: csv_rows(text, delimiter, broken), above, delimiter, broken=broken)


def best_sheet(path: Path, key: Callable[[str], bool], known: Callable[[str], bool]) -> Found:
    """Return the heading of the one sheet that holds the table."""
    by_name = sheets(path)
    found: list[tuple[Heading, str, tuple[Heading, ...]]] = []
    for name, rows in by_name.items():
        headings = headings_of(rows, key, known)
        heading = best_of(headings)
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
    what = "row" if len(by_name) == 1 else f"sheet '{name}', row"
    return Found(best, lambda: iter(by_name[name]), above, what=what)


def tidy(cell: str) -> str:
    """Return a heading's cell on one line, without quotes."""
    return " ".join(cell.split()).strip('" ')


def folded(cells: Iterable[str]) -> list[str]:
    """Return a heading's cells for comparison."""
    return [tidy(cell).casefold() for cell in cells]


def is_number(cell: str) -> bool:
    """Tell whether a cell is a number, with a point or a comma."""
    try:
        float(cell.replace(",", ".", 1))
    except ValueError:
        return False
    return True
