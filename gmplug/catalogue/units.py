"""Units as table headings state them, and the factors that make the numbers gmplug's.

Accelerations, velocities, lengths and times are read as those of waveform files: gmplug/waveforms/units.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.waveforms.units import UNDERSTOOD, parse_unit

#: Units that waveform files do not have, by quantity and plain spelling; lengths (NIST SP 811, 2008, appendix
#: B.8), velocities (CAV is also stated in g s) and times in SI.
_FURTHER: Mapping[str, Mapping[str, float]] = {
    "displacement": {"kms": 1000.0, **dict.fromkeys(("mi", "mile", "miles"), 1609.344)},
    "velocity": {
        **{unit + end: size for unit, size in (("km", 1000.0), ("m", 1.0), ("cm", 0.01)) for end in ("ps",)},
        **dict.fromkeys(("gs", "g-s", "gxs"), STANDARD_GRAVITY_M_S2),
    },
    "acceleration": dict.fromkeys(("pcg", "g%", "%ofg"), 0.01 * STANDARD_GRAVITY_M_S2),
    "time": dict.fromkeys(("min", "minutes"), 60.0),
    "frequency": {**dict.fromkeys(("hz", "hertz", "1/s", "s-1", "cps"), 1.0), "mhz": 0.001, "khz": 1000.0},
    "angle": {**dict.fromkeys(("deg", "degs", "degree", "degrees", "°"), 1.0), "rad": 57.29577951308232},
    "magnitude": dict.fromkeys(("mw", "m", "moment", "momentmagnitude"), 1.0),
}
_SHOWN = {
    "displacement": "km, m, mi, ft",
    "velocity": "m/s, cm/s, km/s, ft/s, in/s, g s",
    "acceleration": UNDERSTOOD,
    "time": "s, ms, min",
    "frequency": "Hz, mHz, 1/s",
    "angle": "deg, rad",
    "magnitude": "Mw",
}
_PLAIN = str.maketrans({"²": "2", "⁻": "-", "−": "-", "¹": "1", "·": "", "⋅": "", "º": "°"})


@lru_cache(maxsize=1024)
def _plain(unit: str) -> str:
    text = unit.strip().strip("[](){}").translate(_PLAIN).lower()
    text = re.sub(r"\s*\bper\b\s*", "/", text)
    text = re.sub(r"(?<=[a-z])_(?=s(ec)?2?$)", "/", text)
    text = re.sub(r"[\s.*^_]", "", text)
    return re.sub(r"sec(onds?)?(?=$|[-/\d])", "s", text)


@lru_cache(maxsize=1024)
def _sizes(unit: str) -> Mapping[str, float]:
    """Return the unit's size for each quantity that it may be of: ``m`` is a length and a magnitude."""
    plain = _plain(unit)
    found = {quantity: units[plain] for quantity, units in _FURTHER.items() if plain in units}
    parsed = parse_unit(unit)
    if parsed is not None and parsed.quantity != "counts":
        found.setdefault(parsed.quantity, parsed.si)
    return found


def factor(unit: str, to: str) -> float | None:
    """Return the factor from a unit to another (``km``, ``g``, ...), None for one that is not understood."""
    if _plain(unit) == _plain(to):
        return 1.0
    sizes = _sizes(unit)
    return next((sizes[quantity] / size for quantity, size in _sizes(to).items() if quantity in sizes), None)


def known_units(to: str) -> str:
    """Return the units of the same quantity for a line of text."""
    return next((_SHOWN[quantity] for quantity in _sizes(to)), to)


def is_unit(text: str) -> bool:
    """Tell whether a cell holds a unit, of any quantity, and no more."""
    return _plain(text) == "%" or bool(_sizes(text))
