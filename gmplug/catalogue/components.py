"""Component codes of names and headers: which direction they mean, and which of them go together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

#: Suffixes of data files; what stands before may still end in a component (``ABC.NS.txt``, ``ABC.H1``).
DATA_SUFFIXES = (".at2", ".txt", ".csv", ".tsv", ".dat", ".acc", ".asc", ".ascii")
#: Suffixes of formats that have one of their own.
_FORMAT_SUFFIXES = (
    ".v1", ".v2", ".v1c", ".v2c", ".v1a", ".v2a", ".raw", ".smc", ".sac", ".mseed", ".msd", ".h5", ".hdf5",
)  # fmt: skip

_AZIMUTHS = {
    **dict.fromkeys(("n", "ns", "sn", "nor", "north", "northsouth"), 0.0),
    **dict.fromkeys(("e", "ew", "we", "eas", "east", "eastwest"), 90.0),
    **dict.fromkeys(("s", "sou", "south"), 180.0),
    **dict.fromkeys(("w", "wes", "west"), 270.0),
}
#: The first and the second axis of one convention each.
_FAMILIES = (
    ("x", "y"), ("h1", "h2"), ("l", "t"), ("r", "t"), ("ln", "tr"), ("l1", "t1"), ("long", "tran"),
    ("lon", "trn"), ("longitudinal", "transverse"), ("radial", "transverse"), ("fn", "fp"), ("sn1", "sp1"),
)  # fmt: skip
_VERTICAL = frozenset(
    ("up", "updown", "upwards", "dwn", "dn", "down", "v", "v1", "ver", "vert", "vertical", "vrt", "z", "ud",
     "du", "u", "h3")
)  # fmt: skip
#: SEED channel codes (FDSN source identifiers): band, instrument (accelerometers N, L, G; seismometers H, M),
#: orientation. Orientation 3 is the third of 1, 2, 3, where the first two are horizontal.
#: ``ch1`` is a recorder's channel, of any direction.
_SEED = re.compile(r"(?!ch\d)([jfgdceshbmlvuwrptq][hlgmn])([nezrt123])")
_SEED_AZIMUTHS = {"n": 0.0, "e": 90.0}
_SEED_AXES = {"1": 0, "2": 1, "r": 0, "t": 1}
_CODES = {*_AZIMUTHS, *(code for family in _FAMILIES for code in family), *_VERTICAL}
#: Codes that need no separator before them, where titles confirm.
_GLUED = (
    *("north", "south", "east", "west", "nor", "sou", "eas", "wes", "dwn", "vrt", "ver", "up"),
    *("ns", "ew", "ud", r"(?:ns|ew|ud)[12]", r"[ns]\d\d?[ew]", r"(?<=\d)[nsewv]"),
)
#: Codes that count in the midst of a name too (``IT.AMT..HNE.D.20160824.ACC``), besides SEED's; others are
#: words there (``North_Palm_Springs``, ``Long_Beach``) or single letters.
_INSIDE = frozenset(("ns", "ew", "ud", "up", "dwn", "vert", "vertical", "vrt", "h1", "h2", "h3", "fn", "fp"))
#: Words that may follow a single letter (``AMT_E_acc``).
_AFTERWARDS = re.compile(
    r"(acc|accel|acceleration|corr|corrected|proc|processed|filt|filtered|raw|vol\d?|cv|mp)\d*"
)
#: KiK-net's ``EW2`` is the east-west component of its second instrument: the digit is not the component's. 1
#: is the instrument in the borehole, 2 the one on the surface.
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
    borehole
        True for KiK-net's instrument in the borehole.
    """

    base: str
    code: str = ""
    glued: bool = False
    record_number: int | None = None
    borehole: bool = False

    @property
    def channel(self) -> str:
        """Band and instrument of a SEED code (``hn`` of ``HNE``); empty for others."""
        seed = _SEED.fullmatch(self.code)
        return seed[1] if seed else ""


def plain_code(code: str) -> str:
    """Return a component code as the tables here have it: ``N-S`` is ``ns``, ``90 deg`` is ``90``."""
    code = re.sub(r"[\s\-_.°]", "", code.strip().lower())
    return re.sub(r"(?<=\d)(deg|degree|degrees)$", "", code)


def azimuth_of(code: str) -> float | None:
    """Return the azimuth of a component code (``n``, ``EW``, ``090``), degrees; None where it has none."""
    code = plain_code(code)
    if re.fullmatch(r"\d{1,3}", code) and int(code) <= 360:
        return float(code)
    quadrant = _QUADRANT.fullmatch(code)  # N67W: 67 degrees from north towards west
    if quadrant:
        north, angle, east = quadrant[1] == "n", float(quadrant[2]), quadrant[3] == "e"
        return (angle if east else 360.0 - angle) if north else (180.0 - angle if east else 180.0 + angle)
    seed = _SEED.fullmatch(code)
    return _SEED_AZIMUTHS.get(seed[2]) if seed else _AZIMUTHS.get(code)


def is_vertical(code: str) -> bool:
    """Tell whether a component code means the vertical."""
    code = plain_code(code)
    seed = _SEED.fullmatch(code)
    return seed[2] in "z3" if seed else code in _VERTICAL


def is_component(code: str) -> bool:
    """Tell whether a text is a component code that gmplug knows."""
    code = plain_code(code)
    return code in _CODES or _SEED.fullmatch(code) is not None or azimuth_of(code) is not None


def stem(path: Path) -> str:
    """Return a file's name without the suffix of a data file."""
    return path.stem if path.suffix.lower() in (*DATA_SUFFIXES, *_FORMAT_SUFFIXES) else path.name


def parse_component(path: Path) -> Component:
    """Return what a file's name says of its component."""
    name = stem(path)
    numbered = _RSN.match(name)
    number = int(numbered[1]) if numbered else None
    separated = re.fullmatch(r"(.+?)[-_. ]+([A-Za-z]{1,12}\d?|[NSns]\d\d?[EWew]|\d{3})", name)
    if separated and (_INSTRUMENT.fullmatch(separated[2].lower()) or is_component(separated[2])):
        return _component(separated[1], separated[2], number=number)
    inside = _inside(name) if number is None else None
    if inside is not None:
        return inside
    glued = re.fullmatch(rf"(.+?)(\d{{3}}|{'|'.join(_GLUED)})", name, re.IGNORECASE)
    if glued and (not glued[2].isdigit() or int(glued[2]) <= 360):
        return _component(glued[1].rstrip("-_. "), glued[2], glued=True, number=number)
    return Component(name, record_number=number)


def _component(
    before: str, code: str, after: str = "", *, glued: bool = False, number: int | None = None
) -> Component:
    """Return a component; KiK-net's digit stays in the base, as it is the instrument's."""
    code = code.lower()
    instrument = _INSTRUMENT.fullmatch(code)
    if instrument is None:
        return Component(before + after, code, glued, number)
    base = f"{before}{'' if glued else '-'}{instrument[2]}{after}"
    return Component(base, instrument[1], glued, number, instrument[2] == "1")


def _inside(name: str) -> Component | None:
    """Return the component that a code in the midst of a name states, None where none does surely."""
    tokens = list(re.finditer(r"[^-_. ]+", name))
    for position in reversed(range(1, len(tokens) - 1)):
        code, stop = tokens[position][0].lower(), tokens[position].end()
        rest = [token[0].lower() for token in tokens[position + 1 :]]
        sure = code in _INSIDE or _SEED.fullmatch(code) or _INSTRUMENT.fullmatch(code)
        letter = len(code) == 1 and code in "nezxyv" and all(map(_AFTERWARDS.fullmatch, rest))
        if sure or letter:
            before, after = name[: tokens[position].start()].rstrip("-_. "), name[stop:].lstrip("-_. ")
            return _component(before, code, name[stop] + after)
    return None


def at_right_angles(first_deg: float, second_deg: float) -> bool:
    """Tell whether two azimuths, degrees, differ by 90 or 270 degrees."""
    return abs(abs(first_deg - second_deg) % 180.0 - 90.0) <= _RIGHT_ANGLE_TOLERANCE_DEG


def perpendicular(first: str, second: str) -> bool:
    """Tell whether two codes are at right angles, or the two axes of one convention (``h1`` and ``h2``)."""
    azimuths = azimuth_of(first), azimuth_of(second)
    if azimuths[0] is not None and azimuths[1] is not None:
        return at_right_angles(azimuths[0], azimuths[1])
    one, two = _SEED.fullmatch(first), _SEED.fullmatch(second)
    if one and two:
        return one[1] == two[1] and {one[2], two[2]} in ({"1", "2"}, {"r", "t"})
    return any({first, second} == set(family) for family in _FAMILIES)


def sort_components(paths: Iterable[Path]) -> dict[str, Path]:
    """Return which of a record's files is ``file_h1``, ``file_h2`` and ``file_v``, by their names alone.

    Empty where more than two are horizontal or two are not at right angles.
    """
    parsed = sorted(((parse_component(path).code, path) for path in paths), key=lambda item: order(item[0]))
    horizontal = [(code, path) for code, path in parsed if not is_vertical(code)]
    vertical = [path for code, path in parsed if is_vertical(code)]
    if not 1 <= len(horizontal) <= 2 or len(vertical) > 1:
        return {}
    if len(horizontal) == 2 and not perpendicular(horizontal[0][0], horizontal[1][0]):
        return {}
    found = dict(zip(("file_h1", "file_h2"), (path for _, path in horizontal), strict=False))
    return found | ({"file_v": vertical[0]} if vertical else {})


def order(code: str) -> tuple[int, float, str]:
    """Return a sort key that puts the first axis, or the smaller azimuth, first."""
    azimuth = azimuth_of(code)
    if azimuth is not None:
        return (0, azimuth % 360.0, code)
    seed = _SEED.fullmatch(code)
    if seed:
        return (1, float(_SEED_AXES.get(seed[2], 2)), code)
    axis = next((family.index(code) for family in _FAMILIES if code in family), 2)
    return (1, float(axis), code)
