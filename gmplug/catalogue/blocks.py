"""The rows of one table below its heading, and what else stands among and below them."""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path

from gmplug.catalogue.headings import Found, best_of, folded, headings_of, is_number
from gmplug.catalogue.row_faults import RowFaults, rows_text
from gmplug.errors import InputError
from gmplug.units import is_unit

#: What a row of units says of columns that have none.
_WITHOUT_UNIT = frozenset(("", "text", "string", "no", "no.", "n/a", "none", "unitless", "dimensionless"))


class Block:
    """Sorts the rows below a heading: records, repeated headings, units, lines of text, other tables.

    Parameters
    ----------
    path, found
        The file and its heading.
    wanted
        Positions of the columns whose cells are kept.
    known
        Tells by its name whether a column is known.
    key
        Tells by its name whether a column is one that the table must have.
    """

    def __init__(
        self,
        path: Path,
        found: Found,
        wanted: list[int],
        known: Callable[[str], bool],
        key: Callable[[str], bool],
    ) -> None:
        self.names = list(found.heading.cells)
        while self.names and not self.names[-1]:
            self.names.pop()
        self.row_numbers: list[int] = []
        self.records: list[tuple[str, ...]] = []
        self._path, self._found, self._known, self._key = path, found, known, key
        self._pick = itemgetter(*wanted) if len(wanted) > 1 else lambda cells: (cells[wanted[0]],)
        self._width = len(self.names)
        self._heading = folded(self.names)
        needed = [i for i, name in enumerate(self.names) if name and known(name)]
        self._shortest = max(needed) + 1 if needed else self._width
        self._after_gap = False
        self._units: list[str] = []
        self._numeric: bool | None = None  # whether the first record holds a number
        self._other_width = 0  # cells in the heading of another table that is being passed, 0 where none is
        self._texts: list[int] = []
        self._elsewhere: list[int] = []
        self._too_long: list[int] = []
        self._too_short: list[int] = []
        self._broken: list[int] = []

    def read(self) -> None:
        """Go through the rows; raises InputError where the file holds a second table of records."""
        for other in self._found.above:
            if folded(other.cells)[: self._width] != self._heading:
                self._refuse_two(other.row)
        for number, cells in self._found.rows():
            if number <= self._found.heading.row:
                continue
            if cells is None:
                if not self._other_width:
                    self._broken.append(number)
                continue
            filled = len(cells) - cells.count("")
            if not filled:
                self._after_gap = True
            elif self._is_ordinary(cells, filled):
                self._take(number, cells)
            else:
                self._sort(number, cells)
        if self._units:
            pairs = zip(self.names, self._units, strict=True)
            self.names = [_with_unit(name, unit, self._path) for name, unit in pairs]

    def _is_ordinary(self, cells: list[str], filled: int) -> bool:
        """Tell, quickly, whether a row is one more record."""
        return (
            len(cells) == self._width
            and filled > 2
            and self._numeric is not None
            and not (self._after_gap or self._other_width)
            and cells[0].strip().casefold() != self._heading[0]
        )

    def _take(self, number: int, cells: list[str]) -> None:
        self.row_numbers.append(number)
        self.records.append(self._pick(cells))

    def _sort(self, number: int, given: list[str]) -> None:
        cells = _without_padding(given)
        filled = [cell.strip() for cell in cells if cell.strip()]
        has_number = any(is_number(cell) for cell in filled)
        if not filled:
            self._after_gap = True
        elif folded(cells)[: self._width] == self._heading:
            self._after_gap, self._other_width = False, 0
        elif self._other_width and not self._is_record_again(cells, filled, has_number):
            self._pass(number, cells, heads=not has_number and len(filled) > 1)
        elif self._numeric is None and not self._units and self._are_units(cells):
            self._units = [*map(str.strip, cells), *[""] * (self._width - len(cells))]
        elif self._after_gap and self._numeric and not has_number and len(filled) > 1:
            self._pass(number, cells, heads=True)
        elif not has_number and self._is_text(filled, len(given)):
            self._texts.append(number)
            self._after_gap = True
        else:
            self._take_padded(number, cells, len(given), has_number)

    def _take_padded(self, number: int, cells: list[str], given: int, has_number: bool) -> None:
        if len(cells) > self._width:
            self._too_long.append(number)
        elif given < self._shortest and self._found.delimiter:
            self._too_short.append(number)
        else:
            self._take(number, [*cells, *[""] * (self._width - len(cells))])
            self._numeric = has_number if self._numeric is None else self._numeric
            self._after_gap = False

    def _pass(self, number: int, cells: list[str], heads: bool) -> None:
        """Pass a row of another table; raise InputError where it heads a table of records."""
        if heads:
            self._other_width = len(cells)
            further = best_of(headings_of([(number, cells)], self._key, self._known))
            if further and further.is_record_table() and self._found.heading.is_record_table():
                self._refuse_two(number)
        self._elsewhere.append(number)

    def _is_record_again(self, cells: list[str], filled: list[str], has_number: bool) -> bool:
        """Tell whether a record follows: what looked like another heading was a line of text then."""
        again = (
            has_number and self._other_width < len(cells) == self._width and len(filled) > self._width // 2
        )
        if again:
            self._other_width = 0
            self._texts += self._elsewhere
            self._elsewhere.clear()
        return again

    def _are_units(self, cells: list[str]) -> bool:
        stated = [cell for cell in cells if cell.strip(" -[]()").lower() not in _WITHOUT_UNIT]
        return len(cells) <= self._width and bool(stated) and all(is_unit(cell) for cell in stated)

    def _is_text(self, filled: list[str], given: int) -> bool:
        """Tell whether a row without numbers is a line of text, such as a title or a note, and no record."""
        first = filled[0]
        if self._width < 3:
            return False
        if len(filled) == 1:
            return self._after_gap or len(first.split()) > 2 or first[0] in "*#-(=" or first.endswith(":")
        few = len(filled) <= max(2, self._width // 3) and given < self._width
        return few and (self._after_gap or ":" in first or first[0] in "*#(=")

    def _refuse_two(self, other: int) -> None:
        first, second = sorted((self._found.heading.row, other))
        raise InputError(
            f"{self._path}: holds several tables of records (headings in {self._found.what} {first} and "
            f"{second}); save the one to use as a file of its own"
        )

    def report(self, faults: RowFaults, notes: list[str]) -> None:
        """Give the rows that do not fit to ``faults``, and to ``notes`` what was passed."""
        name, what, delimiter = self._path.name, self._found.what, self._found.delimiter
        start = f"{self._path}: {what}"
        for number in self._broken:
            reason = self._found.broken[number]
            faults.add([number], f"{start} {number}: its quotes are broken ({reason}); correct it")
        if self._too_long:
            remedy = f"put texts that hold a '{delimiter}' in quotes" if delimiter else "give each a heading"
            rows = rows_text(self._too_long)
            faults.add(self._too_long, f"{start} {rows} has more cells than the heading; {remedy}")
        if self._too_short:
            faults.add(
                self._too_short,
                f"{start} {rows_text(self._too_short)} has fewer cells than the heading; complete it (a cell "
                f"may be empty, its delimiter must be there)",
            )
        if self._texts:
            notes.append(
                f"{name}: {len(self._texts)} lines of text below the heading are not records: "
                f"{what} {rows_text(self._texts)}"
            )
        if self._elsewhere:
            notes.append(f"{name}: another table, from {what} {self._elsewhere[0]} on, is not read")


def _without_padding(cells: list[str]) -> list[str]:
    end = len(cells)
    while end > 0 and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _with_unit(name: str, unit: str, path: Path) -> str:
    """Return a column's heading with the unit that the row below states."""
    plain = unit.strip(" ()[]")
    if not name or plain.strip("-").lower() in _WITHOUT_UNIT:
        return name
    stated = re.search(r"[(\[]([^()\[\]]*)[)\]]$", name)
    if stated is None:
        return f"{name} ({plain})"
    if stated.group(1).strip().casefold() != plain.casefold():
        raise InputError(
            f"{path}: the column '{name}' has the unit '{unit}' in the row below; correct one of them"
        )
    return name
