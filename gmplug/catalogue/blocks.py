"""The rows of one table below its heading, and what else stands among and below them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path

from gmplug.catalogue.headings import Found, IsKind, headings_of, is_number, tidy
from gmplug.catalogue.row_faults import RowFaults, rows_text
from gmplug.errors import InputError
from gmplug.units import factor, is_unit

#: What a row of units says of columns that have none.
_WITHOUT_UNIT = frozenset(("", "text", "string", "no", "no.", "n/a", "none", "unitless", "dimensionless"))


class Block:
    """Sorts the rows below a heading: records, repeated headings, units, lines of text, other tables.

    Parameters
    ----------
    path, found
        The file and its heading.
    known, key
        Tell by its name whether a column is known, and whether the table must have it.
    """

    def __init__(self, path: Path, found: Found, known: IsKind, key: IsKind) -> None:
        self.names = _without_padding(list(found.heading.cells))
        self.row_numbers: list[int] = []
        self.records: list[tuple[str, ...]] = []
        #: Text above the heading, by its row.
        self.above: dict[int, str] = {}
        self._path, self._found, self._known, self._key = path, found, known, key
        self._pick: Callable[[list[str]], tuple[str, ...]] = tuple
        self._width = len(self.names)
        self._shortest = max((i + 1 for i, n in enumerate(self.names) if n and known(n)), default=self._width)
        self._after_gap = False
        self._units: list[str] = []
        self._numeric = False  # whether the first record holds a number
        self._other_width = 0  # cells in the heading of another table that is being passed, 0 where none is
        self._broken: list[tuple[int, str]] = []
        #: Rows that are no records: text, other (tables), long, short.
        self._aside: dict[str, list[int]] = defaultdict(list)

    def read(self, wanted: list[int]) -> list[str]:
        """Go through the rows; return the row of units, empty without one.

        ``wanted`` are the positions of the columns whose cells are kept.

        Raises InputError where the file holds a second table of records.
        """
        self._pick = itemgetter(*wanted) if len(wanted) > 1 else lambda cells: (cells[wanted[0]],)
        for other in self._found.above:
            if not self._repeats(list(other.cells)):
                self._refuse_two(other.row)
        for number, cells in self._found.rows():
            if number <= self._found.heading.row:
                if number < self._found.heading.row:
                    self.above[number] = ", ".join(cells) if isinstance(cells, list) else ""
                continue
            if not isinstance(cells, str):
                self._sort(number, cells)
            elif not self._other_width:
                self._broken.append((number, cells))
        return self._units

    def _sort(self, number: int, given: list[str]) -> None:
        cells = _without_padding(given)
        filled = [cell for cell in map(str.strip, cells) if cell]
        has_number = any(map(is_number, filled))
        heads = not has_number and len(filled) > 1
        missing = [""] * (self._width - len(cells))
        if not filled:
            self._after_gap = True
        elif self._repeats(cells):
            self._after_gap, self._other_width = False, 0
        elif self._other_width and not (has_number and self._is_record_again(cells, filled)):
            self._pass(number, cells, heads)
        elif not self.records and not self._units and self._are_units(cells):
            self._units = [*map(str.strip, cells), *missing]
        elif self._after_gap and self._numeric and heads:
            self._pass(number, cells, heads)
        elif not has_number and self._is_text(filled, len(given)):
            self._aside["text"].append(number)
            self._after_gap = True
        elif len(cells) > self._width:
            self._aside["long"].append(number)
        elif len(given) < self._shortest and self._found.delimiter:
            self._aside["short"].append(number)
        else:
            self._numeric = self._numeric if self.records else has_number
            self._after_gap = False
            self.row_numbers.append(number)
            self.records.append(self._pick([*cells, *missing]))

    def _repeats(self, cells: list[str]) -> bool:
        """Tell whether a row is the heading once more."""
        if len(cells) < self._width:
            return False
        pairs = zip(cells, self.names, strict=False)
        return all(tidy(cell).casefold() == name.casefold() for cell, name in pairs)

    def _pass(self, number: int, cells: list[str], heads: bool) -> None:
        """Pass a row of another table; raise InputError where it heads a table of records."""
        if heads:
            self._other_width = len(cells)
            further = headings_of([(number, cells)], self._key, self._known)
            if all(h.is_record_table() for h in (self._found.heading, *further)):
                self._refuse_two(number)
        self._aside["other"].append(number)

    def _is_record_again(self, cells: list[str], filled: list[str]) -> bool:
        """Tell whether a record follows: what looked like another heading was a line of text then."""
        again = self._other_width < len(cells) == self._width and len(filled) > self._width // 2
        if again:
            self._other_width = 0
            self._aside["text"] += self._aside.pop("other")
        return again

    def _are_units(self, cells: list[str]) -> bool:
        stated = [cell for cell in cells if cell.strip(" -[]()").lower() not in _WITHOUT_UNIT]
        return len(cells) <= self._width and bool(stated) and all(map(is_unit, stated))

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
        for number, reason in self._broken:
            faults.add([number], f"{start} {number}: its quotes are broken ({reason}); correct it")
        if rows := self._aside["long"]:
            remedy = f"put texts that hold a '{delimiter}' in quotes" if delimiter else "give each a heading"
            faults.add(rows, f"{start} {rows_text(rows)} has more cells than the heading; {remedy}")
        if rows := self._aside["short"]:
            faults.add(
                rows,
                f"{start} {rows_text(rows)} has fewer cells than the heading; complete it (a cell may be "
                f"empty, its delimiter must be there)",
            )
        if texts := self._aside["text"]:
            notes.append(
                f"{name}: {len(texts)} lines of text below the heading are not records: "
                f"{what} {rows_text(texts)}"
            )
        if other := self._aside["other"]:
            notes.append(f"{name}: another table, from {what} {other[0]} on, is not read")


def _without_padding(cells: list[str]) -> list[str]:
    end = len(cells)
    while end > 0 and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def with_unit(name: str, unit: str, path: Path) -> str:
    """Return a column's heading with the unit that the row below states."""
    plain = unit.strip(" ()[]")
    if not name or plain.strip("-").lower() in _WITHOUT_UNIT:
        return name
    stated = re.search(r"[(\[]([^()\[\]]*)[)\]]$", name)
    if stated is None:
        return f"{name} ({plain})"
    same = stated[1].strip().casefold() == plain.casefold()
    if not same and factor(plain, stated[1]) != 1.0:
        raise InputError(
            f"{path}: the column '{name}' has the unit '{unit}' in the row below; correct one of them"
        )
    return name
