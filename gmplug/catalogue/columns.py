"""What columns are called in the tables people have, and what gmplug calls them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from gmplug.errors import InputError
from gmplug.measures import IntensityMeasure
from gmplug.measures import measures as all_measures
from gmplug.units import factor, known_units

#: Unit of a column of text, in which a number is a name (``007`` stays ``007``), and of counts and codes.
_TEXT, _CODE = None, ""
#: Unit of each column, and its headings besides gmplug's own name, the preferred first. Case, blanks and
#: punctuation do not count; a unit may stand anywhere: ``Rjb (mi)``, ``Vs30 (ft/s) selected for analysis``.
#: Those of the NGA flatfiles are from the versions in public use (NGA-West1 2008, NGA-West2 2013 and 2023
#: extracts, and the _SearchResults.csv of PEER's downloads). The intensity measures (gmplug/measures) have
#: their own.
_COLUMNS: Mapping[str, tuple[str | None, str]] = {
    "id": (_TEXT, "record | record id | name"),
    "group": (_TEXT, ""),
    "pulse": (_TEXT, "is pulse | pulse like | pulse flag | pulse indicator"),
    "record_number": (
        _CODE,
        "Record Sequence Number | RSN | NGA# | NGA number | NGA no | NGA Record Sequence Number | RSN number",
    ),
    "event": (_TEXT, "Earthquake Name | earthquake | event name"),
    "event_id": (_CODE, "EQID"),
    "year": (_CODE, ""),
    "month_day": (_CODE, "MODY"),
    "station": (_TEXT, "Station Name"),
    "magnitude": ("Mw", "Earthquake Magnitude | moment magnitude | M | Mw | mag"),
    "rjb_km": ("km", "Joyner-Boore Distance | Rjb"),
    "rrup_km": ("km", "Closest Distance | Rupture Distance | Rrup | ClstD"),
    "vs30_m_s": ("m/s", "Vs30 selected for analysis | Preferred Vs30 | Vs30"),
    "mechanism": (_TEXT, "Mechanism Based on Rake Angle | fault mechanism | style of faulting"),
    "rake_deg": ("deg", "Rake Angle | rake"),
    "max_usable_period_s": ("s", "longest usable period | max usable period | Tmax usable | usable_period_H"),
    "lowest_usable_hz": (
        "Hz",
        "Lowest Usable Frequency - Ave. Component | Lowest_Usable_Freq_Ave | Lowest Usable Frequency "
        "| Min Usable Frequency | LUF",
    ),
    "lowest_usable_h1_hz": ("Hz", "Lowest Usable Frequency - H1"),
    "lowest_usable_h2_hz": ("Hz", "Lowest Usable Frequency - H2 | Lowest Usable Frequency - H2 (H2)"),
    "highpass_hz": (
        "Hz",
        "HP | high-pass | high-pass corner | high-pass corner frequency | HP corner | high-pass frequency "
        "| low-cut frequency | low-cut corner frequency",
    ),
    "highpass_h1_hz": ("Hz", "HP-H1"),
    "highpass_h2_hz": ("Hz", "HP-H2"),
    "pulse_period_s": ("s", "Tp | Tp-Pulse Period | pulse period"),
    "file": (_TEXT, "file name | waveform"),
    "file_h1": (_TEXT, "File Name (Horizontal 1) | Horizontal-1 Acc. Filename"),
    "file_h2": (_TEXT, "File Name (Horizontal 2) | Horizontal-2 Acc. Filename"),
    "file_v": (_TEXT, "File Name (Vertical) | Vertical Acc. Filename"),
    "time_step_s": ("s", "dt | time step"),
    "units": (_TEXT, "acceleration units | unit of acceleration"),
    "damping": (_TEXT, "Damping (%) | damping ratio | damping_percent"),
    "rotd_percentile": (_TEXT, "RotD percentile | RotD | RotDpp | RotD nn"),
    "component": (
        _TEXT,
        "intensity measure component | IM component | horizontal component | component definition "
        "| Sa component | Spectral Ordinate",
    ),
    "scale_factor": (_TEXT, "initial-search scale factor | scaling factor | SF"),
}
#: Columns of text.
TEXTS = frozenset(name for name, (unit, _) in _COLUMNS.items() if unit is _TEXT)
_SHORTER = {"useable": "usable", "frequency": "freq", "distance": "dist", "minimum": "min", "maximum": "max"}


@dataclass(frozen=True)
class Heading:
    """What a column's heading says.

    Parameters
    ----------
    name
        gmplug's name of the column.
    rank
        Position of the spelling in :data:`_COLUMNS`; the first is preferred.
    unit
        The unit where it is another than gmplug's, as it stands there.
    factor
        What makes the numbers gmplug's; None where the unit is not understood.
    """

    name: str
    rank: int
    unit: str = ""
    factor: float | None = 1.0


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

    units: Mapping[str, str | None]
    look_up: Mapping[str, tuple[int, str]]
    written: frozenset[str]


@lru_cache(maxsize=8)
def _dictionary(measures: tuple[IntensityMeasure, ...]) -> _Dictionary:
    columns = {name: (unit, (name, *said.split(" | "))) for name, (unit, said) in _COLUMNS.items()}
    columns |= {one.column: (one.unit, (one.column, *one.spellings)) for one in measures}
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
    return _in_use().units[name] is not _TEXT


_LONGEST_HEADING = 200
_IN_BRACKETS = re.compile(r"[\s_,:]*[(\[{]([^()\[\]{}]*)[)\]}]")
_BREAK = re.compile(r"\s+in\s+|\s*[,:/]\s*|[\s_]+")


def heading(column: str) -> Heading | None:
    """Return what a column's heading says, None for one that gmplug does not know."""
    return _heading(column, _in_use())


@lru_cache(maxsize=8192)
def _heading(column: str, known: _Dictionary) -> Heading | None:
    text = str(column).strip()
    if not text or len(text) > _LONGEST_HEADING or text.endswith(":"):  # "Magnitude:" labels a field
        return None
    whole = known.look_up.get(_plain(text))
    if whole and (_written(text) in known.written or not known.units[whole[1]]):
        return Heading(whole[1], whole[0])
    bracketed = _IN_BRACKETS.findall(text)
    if bracketed:
        found = known.look_up.get(_plain(_IN_BRACKETS.sub(" ", text)))
        if found or not whole:
            return _with_unit(known, found, " ".join(bracketed)) if found else None
    for position in _BREAK.finditer(text):
        found = known.look_up.get(_plain(text[: position.start()]))
        own = known.units[found[1]] if found else None
        if found and own and factor(text[position.end() :], own) is not None:
            return _with_unit(known, found, text[position.end() :])  # other words: "Vs30 source"
    return Heading(whole[1], whole[0]) if whole else None


def _with_unit(known: _Dictionary, found: tuple[int, str], unit: str) -> Heading:
    rank, name = found
    own = known.units[name]
    value = factor(unit, own) if own and unit.strip() else 1.0
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
            units = known_units(str(_in_use().units[said.name]))
            problems.append(
                f"{where}: the unit '{said.unit}' of column '{column}' is not understood; "
                f"use one of {units}, or another heading if the column is something else"
            )
        found.setdefault(said.name, []).append((said.rank, str(column)))
    if problems:
        raise InputError(problems)
    return {name: tuple(column for _, column in sorted(ranked)) for name, ranked in found.items()}
