"""What columns are called in the tables people have, and what gmplug calls them."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gmplug.errors import InputError
from gmplug.measures import IntensityMeasure
from gmplug.measures import measures as all_measures
from gmplug.units import factor, known_units

#: Units that stand for columns of text, in which a number is a name (``007`` stays ``007``), and of codes.
_TEXT, _CODE = "text", "code"
#: Stands between a heading and what a mapping says it is; see mapping.py.
ARROW = " → "


def _read_columns() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return unit and headings of each column, the preferred first.

    Case, blanks and punctuation do not count, and a unit may stand anywhere: ``Rjb (mi)``, ``Vs30 (ft/s)
    selected for analysis``. Headings of the NGA flatfiles are those of the versions in public use (NGA-West1
    2008, NGA-West2 2013 and 2023 extracts, and the _SearchResults.csv of PEER's downloads).
    """
    with Path(__file__).with_name("columns.csv").open(encoding="utf-8", newline="") as stream:
        return {
            row["column"]: (row["unit"], (row["column"], *row["headings"].split(" | ")))
            for row in csv.DictReader(stream)
        }


_COLUMNS = _read_columns()
#: Columns of text.
TEXTS = frozenset(name for name, (unit, _) in _COLUMNS.items() if unit == _TEXT)
_SHORTER = {"useable": "usable", "frequency": "freq", "distance": "dist", "minimum": "min", "maximum": "max"}


@dataclass(frozen=True)
class Heading:
    """What a column's heading says.

    Parameters
    ----------
    name
        gmplug's name of the column.
    rank
        Position of the spelling in columns.csv; the first is preferred.
    unit
        The unit where it is another than gmplug's, as it stands there.
    factor
        What makes the numbers gmplug's; None where the unit is not understood.
    """

    name: str
    rank: int
    unit: str = ""
    factor: float | None = 1.0

    @property
    def own_unit(self) -> str:
        """The unit of the column in gmplug."""
        return _in_use().units[self.name]


def meaning(column: str) -> str:
    """Return what a column's heading says: what stands behind the arrow of a mapping, else all of it."""
    return str(column).rpartition(ARROW)[2]


def _written(name: str) -> str:
    text = " ".join(name.lower().split())
    for long, short in _SHORTER.items():
        text = text.replace(long, short)
    return text


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9#%/]", "", _written(name))


@dataclass(frozen=True, eq=False)
class _Dictionary:
    """Units of all columns, rank and name of each by plain spelling, and all spellings as written."""

    units: Mapping[str, str]
    look_up: Mapping[str, tuple[int, str]]
    written: frozenset[str]


@lru_cache(maxsize=8)
def _dictionary(measures: tuple[IntensityMeasure, ...]) -> _Dictionary:
    columns = _COLUMNS | {one.column: (one.unit, (one.column, *one.spellings)) for one in measures}
    look_up: dict[str, tuple[int, str]] = {}
    for name, (_, ways) in columns.items():
        for rank, way in enumerate(ways):
            look_up.setdefault(_plain(way), (rank, name))
    look_up.pop("", None)
    written = frozenset(_written(way) for _, ways in columns.values() for way in ways)
    return _Dictionary({name: unit for name, (unit, _) in columns.items()}, look_up, written)


def _in_use() -> _Dictionary:
    return _dictionary(tuple(all_measures().values()))


def known_columns() -> Collection[str]:
    """Return the columns that headings can name."""
    return _in_use().units.keys()


def is_numeric(name: str) -> bool:
    """Tell whether a known column is one of numbers."""
    return _in_use().units[name] != _TEXT


_LONGEST_HEADING = 200
_IN_BRACKETS = re.compile(r"[\s_,:]*[(\[{]([^()\[\]{}]*)[)\]}]")
_BREAK = re.compile(r"\s+in\s+|\s*[,:/]\s*|[\s_]+")


def heading(column: str) -> Heading | None:
    """Return what a column's heading says, None for one that gmplug does not know."""
    return _heading(meaning(column), _in_use())


@lru_cache(maxsize=8192)
def _heading(column: str, known: _Dictionary) -> Heading | None:
    text = str(column).strip()
    if not text or len(text) > _LONGEST_HEADING or text.endswith(":"):  # "Magnitude:" labels a field
        return None
    whole = known.look_up.get(_plain(text))
    if whole and (_written(text) in known.written or known.units[whole[1]] in (_TEXT, _CODE)):
        return Heading(whole[1], whole[0])
    bracketed = _IN_BRACKETS.findall(text)
    if bracketed:
        found = known.look_up.get(_plain(_IN_BRACKETS.sub(" ", text)))
        if found or not whole:
            return _with_unit(known, found, " ".join(bracketed)) if found else None
    for position in _BREAK.finditer(text):
        found = known.look_up.get(_plain(text[: position.start()]))
        if found and factor(text[position.end() :], known.units[found[1]]) is not None:
            return _with_unit(known, found, text[position.end() :])  # other words: "Vs30 source"
    return Heading(whole[1], whole[0]) if whole else None


def _with_unit(known: _Dictionary, found: tuple[int, str], unit: str) -> Heading:
    rank, name = found
    own = known.units[name]
    value = factor(unit, own) if own not in (_TEXT, _CODE) and unit.strip() else 1.0
    return Heading(name, rank) if value == 1.0 else Heading(name, rank, unit.strip(), value)


def known_as(column: str) -> str | None:
    """Return gmplug's name of a column, None for one it does not know."""
    found = heading(column)
    return found.name if found else None


def match_columns(columns: Iterable[str], names: Collection[str], where: str) -> dict[str, tuple[str, ...]]:
    """Return ``{gmplug's name: names in the table, the preferred spelling first}`` of the ``names`` wanted.

    ``where`` is the start of an error line: the file.

    Raises
    ------
    InputError
        A wanted column states a unit that is not understood.
    """
    found: dict[str, list[tuple[int, str]]] = {}
    problems = []
    for column in columns:
        said = heading(str(column))
        if said is None or said.name not in names:
            continue
        if said.factor is None:
            units = known_units(_in_use().units[said.name])
            problems.append(
                f"{where}: the unit '{said.unit}' of column '{column}' is not understood; "
                f"use one of {units}, or another heading if the column is something else"
            )
        found.setdefault(said.name, []).append((said.rank, str(column)))
    if problems:
        raise InputError(problems)
    return {name: tuple(column for _, column in sorted(ranked)) for name, ranked in found.items()}
