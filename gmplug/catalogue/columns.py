"""What columns are called in the tables people have, and what gmplug calls them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from gmplug.catalogue.units import factor, known_units
from gmplug.errors import InputError
from gmplug.measures import IntensityMeasure
from gmplug.measures import measures as all_measures

#: Spellings of each column besides those of the intensity measures (gmplug/measures), the preferred first,
#: compared without case, spaces and punctuation. Those of
#: the NGA flatfiles are from its versions in public use (NGA-West1 2008, NGA-West2 2013 and 2023 extracts,
#: and the _SearchResults.csv of PEER's downloads). A unit may follow a spelling, as in ``Rjb (mi)``.
SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "record", "record id", "name"),
    "group": ("group",),
    "pulse": ("pulse", "is pulse", "pulse like", "pulse flag", "pulse indicator"),
    "record_number": (
        "record_number",
        "Record Sequence Number",
        "RSN",
        "NGA#",
        "NGA number",
        "NGA no",
        "NGA Record Sequence Number",
        "RSN number",
    ),
    "event": ("event", "Earthquake Name", "earthquake", "event name"),
    "event_id": ("event_id", "EQID"),
    "year": ("year",),
    "month_day": ("MODY",),
    "station": ("station", "Station Name"),
    "magnitude": ("magnitude", "Earthquake Magnitude", "moment magnitude", "M", "Mw", "mag"),
    "rjb_km": (
        "rjb_km",
        "Joyner-Boore Dist. (km)",
        "Joyner-Boore Distance (km)",
        "Joyner-Boore Dist.",
        "Joyner-Boore Distance",
        "Rjb (km)",
        "Rjb",
    ),
    "rrup_km": (
        "rrup_km",
        "ClstD (km)",
        "Closest Distance (km)",
        "Rupture Distance (km)",
        "Rrup (km)",
        "Rrup",
        "ClstD",
        "Closest Distance",
        "Rupture Distance",
    ),
    "vs30_m_s": (
        "vs30_m_s",
        "Vs30 (m/s) selected for analysis",
        "Preferred Vs30 (m/s)",
        "Preferred Vs30",
        "Vs30 (m/s)",
        "Vs30 (m/sec)",
        "Vs30",
        "Vs,30",
    ),
    "mechanism": ("mechanism", "Mechanism Based on Rake Angle", "fault mechanism", "style of faulting"),
    "rake_deg": ("rake_deg", "Rake Angle (deg)", "Rake Angle", "rake"),
    "max_usable_period_s": (
        "max_usable_period_s",
        "longest usable period (s)",
        "longest usable period",
        "longest useable period",
        "maximum usable period",
        "max usable period",
        "max. useable period",
        "Tmax usable",
        "usable_period_H",
    ),
    "lowest_usable_hz": (
        "lowest_usable_hz",
        "Lowest Usable Freq - Ave. Component (Hz)",
        "Lowest Usable Freq - Ave. Component",
        "Lowest_Usable_Freq_Ave",
        "Lowest Usable Frequency (Hz)",
        "Lowest Usable Frequency",
        "Lowest Useable Frequency (Hz)",
        "Lowest Useable Frequency",
        "Lowest Usable Freq",
        "Lowest Useable Freq",
        "Minimum Usable Frequency",
        "Minimum Useable Frequency",
        "Min. Usable Frequency",
        "Min. Usable Freq",
        "LUF",
    ),
    "lowest_usable_h1_hz": ("Lowest Usable Freq - H1 (Hz)", "Lowest Usable Freq - H1"),
    "lowest_usable_h2_hz": (
        "Lowest Usable Freq - H2 (Hz)",
        "Lowest Usable Freq - H2",
        "Lowest Usable Freq - H2 (H2)",
    ),
    "highpass_hz": (
        "highpass_hz",
        "HP (Hz)",
        "HP",
        "high-pass",
        "high-pass corner",
        "high-pass corner frequency",
        "HP corner",
        "high-pass frequency",
        "low-cut frequency",
        "low-cut corner frequency",
    ),
    "highpass_h1_hz": ("HP-H1 (Hz)", "HP-H1"),
    "highpass_h2_hz": ("HP-H2 (Hz)", "HP-H2"),
    "pulse_period_s": (
        "pulse_period_s",
        "Tp (s)",
        "Tp (sec)",
        "Tp",
        "Tp-Pulse Period (sec)",
        "Tp-Pulse Period",
        "pulse period (s)",
        "pulse period",
    ),
    "file": ("file", "file name", "filename", "waveform"),
    "file_h1": ("file_h1", "File Name (Horizontal 1)", "Horizontal-1 Acc. Filename"),
    "file_h2": ("file_h2", "File Name (Horizontal 2)", "Horizontal-2 Acc. Filename"),
    "file_v": ("file_v", "File Name (Vertical)", "Vertical Acc. Filename"),
    "time_step_s": ("time_step_s", "dt", "dt (s)", "time step (s)", "time step"),
    "units": ("units", "acceleration units", "unit of acceleration"),
    "damping": ("Damping (%)", "Damping", "damping ratio", "damping_percent"),
    "rotd_percentile": ("RotD percentile", "RotD", "RotDpp", "RotD nn", "RotD (percentile)"),
    "component": (
        "component",
        "intensity measure component",
        "IM component",
        "horizontal component",
        "component definition",
        "Sa component",
        "Spectral Ordinate",
    ),
    "scale_factor": ("scale_factor", "scale factor", "initial-search scale factor", "scaling factor", "SF"),
}

#: Unit of a column of numbers; None for counts and codes, which have none.
_UNITS: Mapping[str, str | None] = {
    "record_number": None,
    "event_id": None,
    "year": None,
    "month_day": None,
    "magnitude": "Mw",
    "rjb_km": "km",
    "rrup_km": "km",
    "vs30_m_s": "m/s",
    "rake_deg": "deg",
    "max_usable_period_s": "s",
    "lowest_usable_hz": "Hz",
    "lowest_usable_h1_hz": "Hz",
    "lowest_usable_h2_hz": "Hz",
    "highpass_hz": "Hz",
    "highpass_h1_hz": "Hz",
    "highpass_h2_hz": "Hz",
    "pulse_period_s": "s",
    "time_step_s": "s",
}
#: Columns of text, in which a number is a name: ``007`` stays ``007``.
TEXTS = frozenset(SPELLINGS) - set(_UNITS)


@dataclass(frozen=True)
class Heading:
    """What a column's heading says.

    Parameters
    ----------
    name
        gmplug's name of the column.
    rank
        Position of the spelling in :data:`SPELLINGS`; the first is preferred.
    unit
        The unit where it is another than gmplug's, as it stands there.
    factor
        What makes the numbers gmplug's; None where the unit is not understood.
    """

    name: str
    rank: int
    unit: str = ""
    factor: float | None = 1.0


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9#%/]", "", str(name).lower())


def _as_written(name: str) -> str:
    return " ".join(str(name).lower().split())


@dataclass(frozen=True, eq=False)
class _Dictionary:
    """Spellings and units of all columns: ``look_up`` by plain spelling, ``written`` as they are."""

    spellings: Mapping[str, tuple[str, ...]]
    units: Mapping[str, str | None]
    look_up: Mapping[str, tuple[int, str]]
    written: frozenset[str]


@lru_cache(maxsize=8)
def _dictionary(measures: tuple[IntensityMeasure, ...]) -> _Dictionary:
    spellings = {**SPELLINGS, **{one.column: (one.column, *one.spellings) for one in measures}}
    look_up: dict[str, tuple[int, str]] = {}
    for name, ways in spellings.items():
        for rank, way in enumerate(ways):
            look_up.setdefault(_plain(way), (rank, name))
    written = frozenset(_as_written(way) for ways in spellings.values() for way in ways)
    return _Dictionary(spellings, {**_UNITS, **{one.column: one.unit for one in measures}}, look_up, written)


def _in_use() -> _Dictionary:
    return _dictionary(tuple(all_measures().values()))


def known_columns() -> Collection[str]:
    """Return the columns that headings can name."""
    return _in_use().spellings.keys()


def unit_of(name: str) -> str | None:
    """Return the unit of a column, None where it has none."""
    return _in_use().units.get(name)


def is_numeric(name: str) -> bool:
    """Tell whether a known column is one of numbers."""
    return name in _in_use().units


_LONGEST_HEADING = 200
_IN_BRACKETS = re.compile(r"(.*\S)[\s_,:]*[(\[{]([^()\[\]{}]*)[)\]}]", re.DOTALL)
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
    if whole and (_as_written(text) in known.written or known.units.get(whole[1]) is None):
        return Heading(whole[1], whole[0])
    bracketed = _IN_BRACKETS.fullmatch(text)
    if bracketed:
        found = known.look_up.get(_plain(bracketed.group(1)))
        return _with_unit(known, found, bracketed.group(2)) if found else None
    for position in _BREAK.finditer(text):
        found = known.look_up.get(_plain(text[: position.start()]))
        own = known.units.get(found[1]) if found else None
        value = factor(text[position.end() :], own) if own else None
        if found and value is not None:  # other words make it another column: "Vs30 source"
            return _with_unit(known, found, text[position.end() :])
    return Heading(whole[1], whole[0]) if whole else None


def _with_unit(known: _Dictionary, found: tuple[int, str], unit: str) -> Heading:
    rank, name = found
    own = known.units.get(name)
    value = factor(unit, own) if own is not None and unit.strip() else 1.0
    return Heading(name, rank) if value == 1.0 else Heading(name, rank, unit.strip(), value)


def known_as(column: str) -> str | None:
    """Return gmplug's name of a column, None for one it does not know."""
    found = heading(column)
    return found.name if found else None


def match_columns(
    columns: Iterable[str], names: Collection[str] | None = None, where: str = ""
) -> dict[str, tuple[str, ...]]:
    """Return ``{gmplug's name: names in the table, the preferred spelling first}``.

    Parameters
    ----------
    names
        The names that are wanted; default: all.
    where
        Start of an error line: the file.

    Raises
    ------
    InputError
        A wanted column states a unit that is not understood.
    """
    found: dict[str, list[tuple[int, str]]] = {}
    problems = []
    for column in columns:
        said = heading(str(column))
        if said is None or (names is not None and said.name not in names):
            continue
        if said.factor is None:
            units = known_units(str(unit_of(said.name)))
            problems.append(
                f"{where}: the unit '{said.unit}' of column '{column}' is not understood; "
                f"use one of {units}, or another heading if the column is something else"
            )
        found.setdefault(said.name, []).append((said.rank, str(column)))
    if problems:
        raise InputError(problems)
    return {name: tuple(column for _, column in sorted(ranked)) for name, ranked in found.items()}
