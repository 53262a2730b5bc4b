"""Which files are components of one motion: by their names, checked against their title lines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

#: Suffixes of data files; what stands before may still end in a component (``ABC.NS.txt``, ``ABC.H1``).
DATA_SUFFIXES = (".at2", ".txt", ".csv", ".tsv", ".dat", ".acc", ".asc", ".ascii")

_AZIMUTHS = {
    **dict.fromkeys(("n", "ns", "sn", "nor", "north", "hnn", "bhn", "hhn"), 0.0),
    **dict.fromkeys(("e", "ew", "we", "eas", "east", "hne", "bhe", "hhe"), 90.0),
    **dict.fromkeys(("s", "sou", "south"), 180.0),
    **dict.fromkeys(("w", "wes", "west"), 270.0),
}
_AXES = {
    **dict.fromkeys(("x", "h1", "l", "ln", "l1", "long", "fn", "sn1", "hn1", "bh1", "hh1"), 0),
    **dict.fromkeys(("y", "h2", "t", "tr", "t1", "tran", "fp", "sp1", "hn2", "bh2", "hh2"), 1),
}
_FAMILIES = (
    ("x", "y"), ("h1", "h2"), ("l", "t"), ("ln", "tr"), ("l1", "t1"), ("long", "tran"), ("fn", "fp"),
    ("hn1", "hn2"), ("bh1", "bh2"), ("hh1", "hh2"),
)  # fmt: skip
_VERTICAL = frozenset(
    (
        "up",
        "dwn",
        "dn",
        "down",
        "v",
        "v1",
        "ver",
        "vert",
        "vertical",
        "vrt",
        "z",
        "ud",
        "u",
        "hnz",
        "bhz",
        "h3",
    )
)
_CODES = {*_AZIMUTHS, *(c for f in _FAMILIES for c in f), *_VERTICAL}
#: Codes that need no separator before them, where titles confirm.
_GLUED = (
    *("north", "south", "east", "west", "nor", "sou", "eas", "wes", "dwn", "vrt", "ver", "up"),
    *("ns", "ew", "ud", r"(?:ns|ew|ud)[12]", r"[ns]\d\d?[ew]", r"(?<=\d)[nsewv]"),
)
#: KiK-net's ``EW2`` is the east-west component of its second instrument: the digit is not the component's.
_INSTRUMENT = re.compile(r"(ns|ew|ud)([12])")
_QUADRANT = re.compile(r"([ns])(\d{1,2})([ew])")
_RSN = re.compile(r"RSN(\d+)[_-]", re.IGNORECASE)
_RIGHT_ANGLE_TOLERANCE_DEG = 2.0


@dataclass(frozen=True)
class Component:
    """What a file's name says.

    Parameters
    ----------
    base
        The name without the component, as written.
    code
        The component in lower case: ``n``, ``ew``, ``h1``, ``up``, ``090``; empty where the name has none.
    glued
        True where nothing separates the code from the rest, so that it could be part of a station's name.
    record_number
        NGA-West2 record sequence number (``RSN12_…``), None without.
    """

    base: str
    code: str = ""
    glued: bool = False
    record_number: int | None = None

    @property
    def azimuth_deg(self) -> float | None:
        """Direction from north, degrees; None where the name tells none."""
        return azimuth_of(self.code)

    @property
    def vertical(self) -> bool:
        """Whether the name says that it is the vertical component."""
        return self.code in _VERTICAL


def azimuth_of(code: str) -> float | None:
    """Return the azimuth of a component code (``n``, ``EW``, ``090``), degrees; None where it has none."""
    code = code.strip().lower()
    if re.fullmatch(r"\d{1,3}", code) and int(code) <= 360:
        return float(code)
    quadrant = _QUADRANT.fullmatch(code)  # N67W: 67 degrees from north towards west
    if quadrant:
        north, angle, east = quadrant[1] == "n", float(quadrant[2]), quadrant[3] == "e"
        return (angle if east else 360.0 - angle) if north else (180.0 - angle if east else 180.0 + angle)
    return _AZIMUTHS.get(code)


def is_vertical(code: str) -> bool:
    """Tell whether a component code means the vertical."""
    return code.strip().lower() in _VERTICAL


def stem(path: Path) -> str:
    """Return a file's name without the suffix of a data file."""
    return path.stem if path.suffix.lower() in DATA_SUFFIXES else path.name


def parse_component(path: Path) -> Component:
    """Return what a file's name says of its component."""
    name = stem(path)
    numbered = _RSN.match(name)
    number = int(numbered.group(1)) if numbered else None
    separated = re.fullmatch(r"(.+?)[-_. ]+([A-Za-z]{1,8}\d?|[NSns]\d\d?[EWew]|\d{3})", name)
    if separated:
        code = separated.group(2).lower()
        instrument = _INSTRUMENT.fullmatch(code)
        if instrument:
            return Component(f"{separated.group(1)}-{instrument[2]}", instrument[1], False, number)
        if code in _CODES or azimuth_of(code) is not None:
            return Component(separated.group(1), code, False, number)
    glued = re.fullmatch(rf"(.+?)(\d{{3}}|{'|'.join(_GLUED)})", name, re.IGNORECASE)
    if glued and (not glued.group(2).isdigit() or int(glued.group(2)) <= 360):
        base, code = glued.group(1).rstrip("-_. "), glued.group(2).lower()
        instrument = _INSTRUMENT.fullmatch(code)
        if instrument:
            return Component(base + instrument[2], instrument[1], True, number)
        return Component(base, code, True, number)
    return Component(name, "", False, number)


def at_right_angles(first_deg: float, second_deg: float) -> bool:
    """Tell whether two azimuths, degrees, differ by 90 or 270 degrees."""
    return abs(abs(first_deg - second_deg) % 180.0 - 90.0) <= _RIGHT_ANGLE_TOLERANCE_DEG


def one_family(first: str, second: str) -> bool:
    """Tell whether two codes are the two axes of one convention, such as ``h1`` and ``h2``."""
    return any({first, second} == set(family) for family in _FAMILIES)


def sort_components(paths: Iterable[Path]) -> dict[str, Path]:
    """Return which of a record's files is ``file_h1``, ``file_h2`` and ``file_v``, by their names alone.

    Empty where more than two are horizontal or two are not at right angles.
    """
    parsed = sorted(((parse_component(path), path) for path in paths), key=lambda item: order(item[0].code))
    horizontal = [item for item in parsed if not item[0].vertical]
    vertical = [path for component, path in parsed if component.vertical]
    if not 1 <= len(horizontal) <= 2 or len(vertical) > 1:
        return {}
    if len(horizontal) == 2:
        first, second = horizontal[0][0], horizontal[1][0]
        if first.azimuth_deg is not None and second.azimuth_deg is not None:
            fits = at_right_angles(first.azimuth_deg, second.azimuth_deg)
        else:
            fits = one_family(first.code, second.code)
        if not fits:
            return {}
    found = dict(zip(("file_h1", "file_h2"), (path for _, path in horizontal), strict=False))
    return found | ({"file_v": vertical[0]} if vertical else {})


def order(code: str) -> tuple[int, float, str]:
    """Return a sort key that puts the first axis, or the smaller azimuth, first."""
    azimuth = azimuth_of(code)
    if azimuth is not None:
        return (0, azimuth % 360.0, code)
    return (1, float(_AXES.get(code, 2)), code)
