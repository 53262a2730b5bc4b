"""Units as headers, headings and studies spell them: what they measure, and their size in SI."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.errors import InputError

#: What messages offer; each has many spellings.
UNDERSTOOD = "g, %g, mg, g/10, m/s2, cm/s2, mm/s2, in/s2, ft/s2, gal, mgal"

Quantity = Literal["acceleration", "velocity", "displacement", "time", "counts"]


@dataclass(frozen=True)
class Unit:
    """A unit: ``si`` is its size in m/s², m/s, m or s (1 for counts)."""

    quantity: Quantity
    si: float
    name: str

    @property
    def in_g(self) -> float:
        """Factor that makes accelerations in this unit g."""
        return 1.0 if self.name == "g" else self.si / STANDARD_GRAVITY_M_S2

    def same_as(self, other: Unit) -> bool:
        """Tell whether another unit is of the same quantity and size."""
        return self.quantity == other.quantity and abs(self.si / other.si - 1) <= 1e-6


_NUMBER = r"(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?"
#: Only powers of ten are part of a unit ("in units of 0.1 g"); 0.31 g is a value.
_POWER_OF_TEN = r"(?:1\s*/\s*10+|0?\.0*1|10+|1e[+-]?\d+|10\s*(?:\^|\*\*)\s*\(?[+-]?\d+\)?|10-\d+)"
_PREFIX = r"nano-?|micro-?|milli-?|centi-?|deci-?|kilo-?|n|u|m|c|d|k"
_PREFIX_SI = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "c": 1e-2, "d": 1e-1, "k": 1e3}
_LENGTH = (
    rf"(?:(?P<prefix>{_PREFIX})?(?P<metre>met(?:er|re)s?|m)"
    r"|(?P<inch>inch(?:es)?|in)|(?P<foot>foot|feet|ft))"
)
_S = r"(?:s(?:ec(?:ond)?s?)?)"
_PER = r"(?:\s*/\s*|[\s_-]+per[\s_-]+|per(?=s)|p(?=s))"
_POWER = r"\s*(?:\^|\*\*)?\s*"
_TWO = rf"{_POWER}(?:\+?2(?:\.0)?|\(\s*\+?2(?:\.0)?\s*\))"
_TIMES = r"[\s.*_-]*"
#: 1/s² and 1/s after a length: m/s2, m/s/s, m/(s*s), m s-2, m_s2, mps2, meters per second squared, ...
_PER_S2 = (
    rf"(?:{_PER}{_S}(?:{_TWO}|{_PER}{_S}|[\s_-]*squared?|[\s.*-]*{_S}(?![a-z]))"
    rf"|{_PER}squared?\s*{_S}"
    rf"|\s*/\s*\(\s*{_S}(?:{_TWO}|[\s.*]*{_S})\s*\)"
    rf"|{_TIMES}{_S}{_POWER}(?:-\s*2|\(\s*-\s*2\s*\))|[\s._]?{_S}{_TWO})"
)
_PER_S = rf"(?:{_PER}{_S}|{_TIMES}{_S}{_POWER}(?:-\s*1|\(\s*-\s*1\s*\))|_{_S})"

_SPELLINGS: tuple[tuple[Quantity, re.Pattern[str]], ...] = (
    ("acceleration", re.compile(r"(?P<prefix>milli-?|micro-?|m|u)?\s?(?P<gal>gal(?:ileo)?'?s?)", re.I)),
    ("acceleration", re.compile(
        rf"(?:(?P<percent>(?:%|per\s?cent(?:age)?|pct)(?:\s+of)?)|fractions?\s+of|(?P<prefix>milli|micro|m|u))?[\s-]*"
        rf"(?P<g>gravit(?:y|ies)|g[\s-]?units?|g-?forces?|g'?s|grav|g)"
        rf"(?:\s*/\s*(?P<divisor>{_NUMBER}))?", re.I)),
    ("acceleration", re.compile(_LENGTH + _PER_S2, re.I)),
    ("velocity", re.compile(rf"{_LENGTH}{_PER_S}|(?P<kine>kines?)", re.I)),
    ("time", re.compile(rf"(?P<prefix>milli-?|micro-?|m|u)?(?P<second>{_S})", re.I)),
    ("displacement", re.compile(_LENGTH, re.I)),
    ("counts", re.compile(r"(?:raw\W+|digital\W+|ad[ck]?\W+|a/d\W+)?(?:counts?|cnts?|digits?|lsbs?)", re.I)),
)  # fmt: skip
_MULTIPLE = re.compile(rf"(?P<multiple>{_POWER_OF_TEN})\s*[*x]?\s*(?=[%a-z])", re.I)
#: What may not follow a unit in running text: it would be another unit then.
_GOES_ON = re.compile(r"[a-z0-9/%?]|\s*[\^*]|\s*x\s*\d|-\w|\.[a-z]", re.I)

_REPLACED = (
    ("â\x81»", "-"), ("â»", "-"), ("Â²", "2"), ("Â·", "."), ("Âµ", "u"), ("²", "2"), ("⁻", "-"), ("−", "-"),
    ("·", "."), ("⋅", "."), ("∙", "."), ("•", "."), ("×", "*"), ("µ", "u"), ("μ", "u"), ("\u00a0", " "),
    ("\u2009", " "), ("\u202f", " "), ("∕", "/"), ("⁄", "/"), ("´", "'"), ("’", "'"),
)  # fmt: skip
_MARKUP = re.compile(r"</?su[pb]>|[$\\{}]", re.I)
#: The superscript two of the DOS code pages, read as Latin-1.
_DOS_TWO = re.compile(r"(?<=s|c)ý", re.I)


def plain(text: str) -> str:
    """Return text with superscripts, dots, minus signs and mark-up of units as plain ASCII."""
    if text.isascii() and not _MARKUP.search(text):
        return text
    for old, new in _REPLACED:
        text = text.replace(old, new)
    return _DOS_TWO.sub("2", _MARKUP.sub("", text))


def match_unit(text: str, start: int = 0, *, multiples: bool = False) -> tuple[Unit, int] | None:
    """Return the unit that begins at ``start`` and where it ends; None where none does.

    ``text`` is :func:`plain`. ``multiples`` allows a power of ten before the unit, as in "in units of 0.1 g".
    """
    multiple, at = 1.0, start
    if multiples:
        found = _MULTIPLE.match(text, start)
        if found:
            multiple, at = _power(found["multiple"]), found.end()
    for quantity, pattern in _SPELLINGS:
        match = pattern.match(text, at)
        if match and not _GOES_ON.match(text, match.end()):
            unit = Unit(quantity, multiple * _size(match), " ".join(text[start : match.end()].split()))
            if quantity == "acceleration" and match.groupdict().get("g") and unit.si == STANDARD_GRAVITY_M_S2:
                unit = Unit(quantity, unit.si, "g")
            return unit, match.end()
    return None


def parse_unit(text: str) -> Unit | None:
    """Return the unit that ``text`` names, brackets or not; None where it names none that is understood."""
    text = plain(text).strip(" \t\"'").rstrip(".,;")
    while len(text) > 1 and (text[0], text[-1]) in (("(", ")"), ("[", "]"), ("<", ">")):
        text = text[1:-1].strip()
    found = match_unit(text, multiples=True)
    return found[0] if found and found[1] == len(text) else None


def acceleration_unit(text: str, where: str) -> Unit:
    """Return the unit of acceleration that an option names; raises InputError where it names none."""
    unit = parse_unit(text)
    if unit is None:
        raise InputError(f"{where}: unit {text!r} is not understood; use one of: {UNDERSTOOD}")
    if unit.quantity != "acceleration":
        raise InputError(f"{where}: {text!r} is no unit of acceleration; use one of: {UNDERSTOOD}")
    return unit


def _power(text: str) -> float:
    text = text.replace(" ", "").replace("(", "").replace(")", "").replace("**", "^").lower()
    if text.startswith("1/"):
        return 1.0 / float(text[2:])
    if "^" in text:
        return float(10.0 ** int(text.split("^")[1]))
    if text.startswith("10-"):
        return float(10.0 ** int(text[2:]))
    return float(text)


def _size(match: re.Match[str]) -> float:
    groups = match.groupdict()
    prefix = (groups.get("prefix") or "").lower()
    size = 1.0
    if prefix:
        size = _PREFIX_SI["u" if prefix.startswith("micro") else prefix[0]]
    if groups.get("g"):
        percent = 0.01 if groups.get("percent") else 1.0
        return STANDARD_GRAVITY_M_S2 * size * percent / float(groups.get("divisor") or 1)
    if groups.get("gal") or groups.get("kine"):
        return 0.01 * size
    if groups.get("inch"):
        return 0.0254
    if groups.get("foot"):
        return 0.3048
    return size


# Units of headings of tables

#: Units that only tables have, by quantity, spellings without blanks and size in SI (degrees, Hz); lengths by
#: NIST SP 811, 2008, appendix B.8. CAV is also stated in g s.
_OF_TABLES: tuple[tuple[str, str, float], ...] = (
    ("displacement", "kms", 1000.0),
    ("displacement", "mi mile miles", 1609.344),
    ("velocity", "gs g-s gxs", STANDARD_GRAVITY_M_S2),
    ("acceleration", "pcg g%", 0.01 * STANDARD_GRAVITY_M_S2),
    ("time", "min minutes", 60.0),
    ("frequency", "hz hertz 1/s s-1 cps", 1.0),
    ("frequency", "mhz", 0.001),
    ("frequency", "khz", 1000.0),
    ("angle", "deg degs degree degrees °", 1.0),
    ("angle", "rad", 57.29577951308232),
    ("magnitude", "mw m moment momentmagnitude", 1.0),
)
_SHOWN = {
    "displacement": "km, m, mi, ft",
    "velocity": "m/s, cm/s, km/s, ft/s, in/s, g s",
    "acceleration": UNDERSTOOD,
    "time": "s, ms, min",
    "frequency": "Hz, mHz, 1/s",
    "angle": "deg, rad",
    "magnitude": "Mw",
}


def _bare(unit: str) -> str:
    text = re.sub(r"[\s.*^_]", "", plain(unit).strip().strip("[](){}").lower())
    return re.sub(r"sec(onds?)?(?=$|[-/\d])", "s", text)


@lru_cache(maxsize=1024)
def _sizes(unit: str) -> Mapping[str, float]:
    """Return the unit's size for each quantity that it may be of: ``m`` is a length and a magnitude."""
    bare = _bare(unit)
    found = {quantity: size for quantity, spellings, size in _OF_TABLES if bare in spellings.split()}
    parsed = parse_unit(unit)
    if parsed is not None and parsed.quantity != "counts":
        found.setdefault(parsed.quantity, parsed.si)
    return found


def factor(unit: str, to: str) -> float | None:
    """Return the factor from a unit to another (``km``, ``g``, ...), None for one that is not understood."""
    if _bare(unit) == _bare(to):
        return 1.0
    sizes = _sizes(unit)
    return next((sizes[quantity] / size for quantity, size in _sizes(to).items() if quantity in sizes), None)


def known_units(to: str) -> str:
    """Return the units of the same quantity for a line of text."""
    return next((_SHOWN[quantity] for quantity in _sizes(to)), to)


def is_unit(text: str) -> bool:
    """Tell whether a cell holds a unit, of any quantity, and no more."""
    return _bare(text) == "%" or bool(_sizes(text))
