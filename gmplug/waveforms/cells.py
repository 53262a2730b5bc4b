"""From lines of numbers to a table: which sign separates columns, and which is the decimal one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np

from gmplug.decimals import decimal_mark, with_point
from gmplug.errors import InputError
from gmplug.values import FloatArray
from gmplug.waveforms.blocks import Line
from gmplug.waveforms.numbers import bad_word, plain_numbers, split_number, words_of

_QUOTES = str.maketrans("\"'", "  ")
_REMEDY = "write decimal points, or semicolons between columns"


@dataclass(frozen=True)
class Table:
    """Numbers in reading order, shape (n,), how many each line has, and the lines' numbers in the file."""

    values: FloatArray
    widths: FloatArray
    lines: tuple[int, ...]

    @cached_property
    def columns(self) -> int:
        """Numbers of each line; 0 where lines differ."""
        return int(self.widths[0]) if np.all(self.widths == self.widths[0]) else 0


def table_of(rows: Sequence[Line], path: Path, numbers: FloatArray | None = None) -> Table:
    """Return the numbers of the lines.

    A comma is the decimal sign or separates columns: decided over all lines, for each column. ``numbers`` are
    those of the lines where they were read already.

    Raises
    ------
    InputError
        Names the line: an empty cell, a number with two decimal signs, commas that may be either.
    """
    lines = tuple(number for number, _ in rows)
    plain = [text for _, text in rows]
    values = numbers if numbers is not None else plain_numbers(plain)
    if values is not None:
        counted = list(map(len, map(str.split, plain))) if len(values) != len(plain) else [1] * len(plain)
        return _finite(Table(values, np.array(counted, dtype=np.float64), lines), plain, path)
    texts = [text.translate(_QUOTES).strip() for _, text in rows]
    cells = _cells(texts, lines, path)
    try:
        values = np.array([word for row in cells for word in row], dtype=np.float64)
    except ValueError:
        cells = [_split_glued(row, number, path) for row, number in zip(cells, lines, strict=True)]
        values = np.array([word for row in cells for word in row], dtype=np.float64)
    widths = np.array([len(row) for row in cells], dtype=np.float64)
    return _finite(Table(values, widths, lines), plain, path)


def _finite(table: Table, texts: Sequence[str], path: Path) -> Table:
    """Return the table; raise InputError where a number is not finite, as too large an exponent makes it."""
    bad = np.flatnonzero(~np.isfinite(table.values))
    if len(bad):
        ends = np.cumsum(table.widths)
        row = int(np.searchsorted(ends, bad[0], side="right"))
        words = words_of(texts[row])
        word = words[min(int(bad[0] - ends[row] + table.widths[row]), len(words) - 1)]
        raise InputError(
            f"{path}, line {table.lines[row]}: {word!r} is not a finite number; "
            "repair or leave out this record"
        )
    return table


def _split_glued(row: Sequence[str], number: int, path: Path) -> list[str]:
    numbers = []
    for word in row:
        found = split_number(word)
        if found is None:
            raise InputError(f"{path}, line {number}: {bad_word(word)}")
        numbers += found
    return numbers


def _cells(texts: Sequence[str], lines: Sequence[int], path: Path) -> list[list[str]]:
    everything = "\n".join(texts)
    if ";" in everything:
        return _with_points(_split(texts, ";", lines, path), lines, path)
    if "," not in everything:
        return [text.split() for text in texts]
    blanks = any(" " in text or "\t" in text for text in texts)
    beside_blank = re.search(r",[ \t]|[ \t],", everything) is not None
    if blanks and not beside_blank:
        rows = [text.split() for text in texts]
        if "." not in everything or _points_or_commas(rows):
            return _with_points(rows, lines, path)
    if "." not in everything and not beside_blank:
        return _without_any_point(texts, lines, path)
    return _split([re.sub(r"\s*,\s*|\s+", ",", text) for text in texts], ",", lines, path)


def _split(texts: Sequence[str], sign: str, lines: Sequence[int], path: Path) -> list[list[str]]:
    rows = [[word.strip() for word in text.removesuffix(sign).split(sign)] for text in texts]
    for row, number in zip(rows, lines, strict=True):
        if "" in row:
            raise InputError(f"{path}, line {number}: a cell is empty; fill it in or leave out this record")
    return rows


def _points_or_commas(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether each column of a table has one decimal sign, and one of them the comma."""
    if len({len(row) for row in rows}) != 1:
        return False
    signs = [{sign for word in column for sign in ",." if sign in word} for column in zip(*rows, strict=True)]
    return all(len(found) <= 1 for found in signs)


def _without_any_point(texts: Sequence[str], lines: Sequence[int], path: Path) -> list[list[str]]:
    """Return cells of lines that hold commas and neither points, blanks nor semicolons."""
    rows = [text.removesuffix(",").split(",") for text in texts]
    most = max(len(row) for row in rows)
    decimals = any(
        (re.fullmatch(r"0\d+.*|\d+[eE].*", word) or row[0] == "-0") for row in rows for word in row[1:]
    )
    if most > 2:
        if decimals:
            raise InputError(
                f"{path}, line {lines[0]}: commas stand between numbers and inside them; {_REMEDY}"
            )
        return _split(texts, ",", lines, path)
    signed = any(row[1][:1] in ("-", "+") for row in rows if len(row) == 2)
    counts = [int(row[0]) for row in rows if re.fullmatch(r"\d+", row[0])]
    index = len(counts) == len(rows) > 2 and all(b - a == 1 for a, b in pairwise(counts))
    if (decimals or any(len(row) == 1 for row in rows)) and not signed and not index:
        return _with_points([[text.removesuffix(",")] for text in texts], lines, path)
    if (signed or index) and not (decimals and not index):
        return _split(texts, ",", lines, path)
    raise InputError(
        f"{path}, line {lines[0]}: a comma may be the decimal sign or stand between two columns; {_REMEDY}"
    )


def _with_points(rows: list[list[str]], lines: Sequence[int], path: Path) -> list[list[str]]:
    """Return the cells with decimal points; each column has one decimal sign."""
    made = [list(row) for row in rows]
    for column in range(max(map(len, rows))):
        at = [row for row, cells in enumerate(rows) if column < len(cells)]
        words = [rows[row][column] for row in at]
        commas = [row for row in at if "," in rows[row][column]]
        if not commas:
            continue
        mark = decimal_mark(words)
        if mark == "":
            raise InputError(
                f"{path}, line {lines[commas[0]]}: {rows[commas[0]][column]!r} may have a decimal comma or "
                f"separate thousands; {_REMEDY}"
            )
        if mark == "both":
            points = [row for row in at if "." in rows[row][column]]
            odd = min(commas, points or commas, key=len)[0]
            raise InputError(
                f"{path}, line {lines[odd]}: {rows[odd][column]!r} has another decimal sign than other "
                f"lines; {_REMEDY}"
            )
        for row, word in zip(at, words, strict=True):
            made[row][column] = with_point(word, mark)
    return made
