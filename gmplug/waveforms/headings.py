"""Column headings: which column is time, an index or acceleration, and in what unit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gmplug.errors import InputError
from gmplug.units import Unit, match_unit, parse_unit, plain
from gmplug.waveforms.blocks import Line
from gmplug.waveforms.statements import ACCELERATION, NO_UNIT, not_understood, word_pattern

Role = Literal["time", "index", "acceleration", "velocity", "displacement", "data"]

_ROLES: tuple[tuple[Role, str], ...] = (
    ("index", r"(?:unnamed.*|index|idx|[ijkn]|no\.?|nr\.?|num(?:ber)?|#|sample(?:[\s_]*(?:no\.?|number))?s?"
              r"|point|row|id|count|step)?"),
    ("time", word_pattern("times?", "t", "temps", "tempo", "zeit", "zaman", "secs?", "seconds?", "s")),
    ("acceleration", ACCELERATION),
    ("acceleration", word_pattern("a", "ag", "ug", "a_g", "pga")),
    ("velocity", word_pattern("vel", r"velocit\w+", "v", "vitesse", "velocidade?", "geschwindigkeit")),
    ("displacement", word_pattern("disp?l?", r"displacements?", "d", "u", "spostamento", "verschiebung")),
)  # fmt: skip
_CELL_SPLITS = (r"\s*;\s*", r"\s*,\s*", r"\t+|\s{2,}", r"\s+(?![(\[])(?![^(\[]*[)\]])")
#: A name of a column is no statement (``NPTS= 200``), no date and no number with a decimal point.
_NO_NAME = re.compile(r"(?:\S+\s+){4}|(?<![a-z])p[cg][avd](?![a-z])|=|:|\d/\d|\d\.\d|^\d{4,}$")
_MOST_WORDS = 3
_LONGEST_NAME, _LONGEST_DIRECTION = 40, 5
_BRACKET = re.compile(r"[(\[]\s*((?:[^()\[\]]|\([^()]*\))*?)\s*[)\]]")


@dataclass(frozen=True)
class Heading:
    """The heading of a column: its text, what the column holds, its unit and the line it stands on."""

    text: str
    role: Role
    unit: Unit | None = None
    line: int = 0


def find_headings(header: Sequence[Line], columns: int, path: Path) -> tuple[Heading, ...]:
    """Return the headings of the columns: the last line of the header that has as many names; else none.

    A line of units alone below the names counts too.

    Raises InputError where a heading states a unit that is not understood, or names more columns than the
    data have.
    """
    units: list[str] = []
    for number, text in reversed(header[-3:]):
        bare = plain(text).strip().lstrip("#%/! ").strip()
        cells = _cells(text, bare, columns)
        if not cells and columns > 0 and not units:
            _check_count(bare, columns, number, path)
        if columns > 1 and cells and not units and _are_units(cells):
            units = cells
            continue
        if units and cells:
            cells = [f"{cell} ({unit})" for cell, unit in zip(cells, units, strict=True)]
        made = tuple(_heading(cell, number, path) for cell in cells)
        if columns == 1 and made:
            one_word = made[0].role not in ("data", "index") and len(bare.split()) <= _MOST_WORDS
            return made if one_word else ()
        if made and _names_columns(made):
            return made
        break
    parsed = [parse_unit(unit) for unit in units]
    return tuple(Heading("", "time" if unit and unit.quantity == "time" else "data", unit) for unit in parsed)


def _are_units(cells: Sequence[str]) -> bool:
    """Tell whether cells are units alone, the first of time."""
    parsed = [parse_unit(cell) for cell in cells]
    return all(parsed) and parsed[0] is not None and parsed[0].quantity == "time"


def _names_columns(cells: Sequence[Heading]) -> bool:
    """Tell whether cells are column names rather than words of a title."""
    known = [
        h.role != "data"
        or h.unit is not None
        or (len(h.text) <= _LONGEST_DIRECTION and NO_UNIT.fullmatch(h.text))
        for h in cells
    ]
    if cells[0].role in ("time", "index"):
        return True
    return all(known) and not any(parse_unit(h.text) for h in cells)


def _cells(text: str, bare: str, columns: int) -> list[str]:
    """Return the names on a line where some separator gives as many as there are columns."""
    if not bare or len(bare) > 400 or columns < 1:
        return []
    if columns == 1:
        return [bare] if not re.search(r"[:=]", bare) else []
    for pattern in _CELL_SPLITS:
        source = bare if pattern != _CELL_SPLITS[1] else text.strip().lstrip("#%/! ")
        cells = [cell.strip().strip("\"'") for cell in re.split(pattern, plain(source).rstrip(",;"))]
        if len(cells) == columns and not any(map(_NO_NAME.search, cells)):
            return cells
    return []


def _check_count(bare: str, columns: int, number: int, path: Path) -> None:
    """Raise where a line that names columns has another count than the data."""
    for sign in (";", ",", "\t"):
        cells = [cell.strip().strip("\"'") for cell in bare.split(sign)]
        if any(map(_NO_NAME.search, cells)) or any(len(cell) > _LONGEST_NAME for cell in cells):
            continue
        roles = [_role(cell) for cell in cells]
        others = {"acceleration", "velocity", "displacement"}
        if len(cells) > 1 and roles[0] == "time" and others & set(roles[1:]):
            raise InputError(
                f"{path}, line {number}: the heading names {len(cells)} columns, the data have {columns}; "
                "correct one of them"
            )


def _role(cell: str) -> Role:
    name = _BRACKET.sub("", cell).strip().lower()
    for role, pattern in _ROLES:
        if re.fullmatch(pattern, name) if role == "index" else re.match(pattern, name):
            return role
    return "data"


def _heading(cell: str, number: int, path: Path) -> Heading:
    role = _role(cell)
    unit = _unit_of(cell, role, number, path)
    if unit is not None and unit.quantity == "acceleration" and len(_BRACKET.sub("", cell).strip()) == 1:
        role = "acceleration"  # V (g) is the vertical component
    elif role == "data" and unit is not None and unit.quantity != "counts":
        role = "data" if unit.quantity == "time" and match_unit(cell) else unit.quantity
    return Heading(cell, role, unit, number)


def _unit_of(cell: str, role: Role, number: int, path: Path) -> Unit | None:
    bracket = _BRACKET.search(cell)
    if bracket:
        unit = parse_unit(bracket[1])
        if unit is None and role == "acceleration" and bracket[1] and not NO_UNIT.fullmatch(bracket[1]):
            raise InputError(not_understood(bracket[1], path, number))
        return unit
    for opener in re.finditer(r"\s+in\s+|[_,/\s]\s*|^", cell):
        found = match_unit(cell, opener.end())
        if found is None or found[1] != len(cell):
            continue
        name = cell[: opener.start()].strip()
        if not name and found[0].quantity in ("acceleration", "velocity"):
            return found[0]
        if name and (role != "data" or NO_UNIT.fullmatch(name) or opener[0].strip() == "in"):
            return found[0]
    return None
