"""Decimal signs and separators of thousands, decided from whole columns of numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

_EXPONENT = r"(?:[eE][-+]?\d+)?"
#: With unmistakable decimal points: 1,234.5 or 0.25 or 12.5, and no 1.234 that may be 1234.
_POINT = re.compile(
    rf"[-+]?(?:[1-9]\d{{0,2}}(?:,\d{{3}})+\.\d*|\d*\.(?!\d{{3}}(?:$|\D))\d+|(?:0*|\d{{4,}})\.\d+|\d+\.\d*[eE].*){_EXPONENT}"
)
_COMMA = re.compile(
    rf"[-+]?(?:[1-9]\d{{0,2}}(?:\.\d{{3}})+,\d*|\d*,(?!\d{{3}}(?:$|\D))\d+|(?:0*|\d{{4,}}),\d+|\d+,\d*[eE].*){_EXPONENT}"
)
THOUSANDS_COMMA = re.compile(rf"[-+]?[1-9]\d{{0,2}}(?:,\d{{3}})+(?:\.\d*)?{_EXPONENT}")
THOUSANDS_POINT = re.compile(rf"[-+]?[1-9]\d{{0,2}}(?:\.\d{{3}})+(?:,\d*)?{_EXPONENT}")
_SEVERAL_COMMAS = re.compile(r"^[-+]?[1-9]\d{0,2}(?:,\d{3}){2,}$", re.MULTILINE)
_SEVERAL_POINTS = re.compile(r"^[-+]?[1-9]\d{0,2}(?:\.\d{3}){2,}$", re.MULTILINE)

#: What a column's or table's numbers show of its decimal mark.
Mark = Literal["point", "comma", "both", ""]


def decimal_mark(cells: Sequence[str]) -> Mark:
    """Return the decimal mark that a column's own cells leave no doubt about; empty where they do."""
    together = "\n".join(cells)
    if "," not in together:
        return "comma" if _SEVERAL_POINTS.search(together) else "point"
    comma = any(map(_COMMA.fullmatch, cells)) or _SEVERAL_POINTS.search(together) is not None
    point = shows_point(cells) or _SEVERAL_COMMAS.search(together) is not None
    return "both" if comma and point else "comma" if comma else "point" if point else ""


def shows_point(cells: Iterable[str]) -> bool:
    """Tell whether a number with an unmistakable decimal point is among cells."""
    return any(map(_POINT.fullmatch, cells))


def with_point(cell: str, mark: Mark) -> str:
    """Return a number with a decimal point and without separators of thousands; what is none as it is."""
    if mark == "point":
        return cell.replace(",", "") if THOUSANDS_COMMA.fullmatch(cell) else cell
    if mark != "comma":
        return cell
    if "," not in cell:
        return cell.replace(".", "") if THOUSANDS_POINT.fullmatch(cell) else cell
    whole, _, fraction = cell.partition(",")
    whole = whole.replace(".", "") if THOUSANDS_POINT.fullmatch(whole) else whole
    return f"{whole}.{fraction}" if "." not in whole and "," not in fraction else cell
