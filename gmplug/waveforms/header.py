"""Numbers of headers in fixed places: rows of integers, then rows of real numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gmplug.errors import InputError
from gmplug.waveforms.channels import Fields, read_numbers


@dataclass(frozen=True)
class Values:
    """Numbers of a header by their place, counted from 1 as documents do, and what means unknown."""

    numbers: tuple[float, ...]
    unknown: float

    def __getitem__(self, place: int) -> float | None:
        """Return the number at a place; None where it is not known."""
        value = self.numbers[place - 1]
        near = math.isclose(value, self.unknown, rel_tol=1e-6, abs_tol=1e-9)
        return None if near or math.isnan(value) else value

    def whole(self, place: int) -> int | None:
        """Return the whole number at a place; None where it is not known."""
        value = self[place]
        return None if value is None else int(value)


def read_values(
    lines: Sequence[str], first: int, count: int, path: Path, fields: Fields | None, unknown: float = -999.0
) -> tuple[Values, int]:
    """Return ``count`` numbers of a header, and the index of the line after them; raises InputError."""
    numbers, end = read_numbers(lines, first, count, path, fields)
    return Values(tuple(numbers.tolist()), unknown), end


def at_line(lines: Sequence[str], index: int, path: Path) -> str:
    """Return a line by its index; raises InputError where the file ends before."""
    if index >= len(lines):
        raise InputError(f"{path}: truncated, ends in the header; fetch the file again")
    return lines[index]
