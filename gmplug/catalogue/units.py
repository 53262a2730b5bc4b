"""Units as table headings state them, and the factors that make the numbers gmplug's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

#: Standard gravity, m/s² (CGPM 1901).
_G = 9.80665
#: International units (NIST SP 811, 2008, appendix B.8), m.
_LENGTHS_M = {
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), 1.0),
    **dict.fromkeys(("km", "kms", "kilometer", "kilometers", "kilometre", "kilometres"), 1000.0),
    "cm": 0.01,
    "mm": 0.001,
    **dict.fromkeys(("in", "inch", "inches"), 0.0254),
    **dict.fromkeys(("ft", "foot", "feet"), 0.3048),
    **dict.fromkeys(("mi", "mile", "miles"), 1609.344),
}
_SHORT = ("m", "km", "cm", "mm", "in", "inch", "inches", "ft", "feet", "mi")


def _rates(per_second: tuple[str, ...]) -> dict[str, float]:
    return {length + end: _LENGTHS_M[length] for length in _SHORT for end in per_second}


_SPEEDS_M_S = _rates(("/s", "ps", "s-1"))
_ACCELERATIONS_G = {
    **{unit: value / _G for unit, value in _rates(("/s2", "/s/s", "s-2", "ps2", "pss", "/ss")).items()},
    "g": 1.0,
    "grav": 1.0,
    "mg": 0.001,
    **dict.fromkeys(("%g", "%ofg", "percentg", "pctg", "pcg", "g%"), 0.01),
    **dict.fromkeys(("gal", "gals"), 0.01 / _G),
    "mgal": 1e-5 / _G,
}

#: For each quantity, its units by their plain spelling and the factor to gmplug's unit of that quantity.
UNITS: Mapping[str, Mapping[str, float]] = {
    "distance_km": {unit: metres / 1000.0 for unit, metres in _LENGTHS_M.items()},
    "speed_m_s": _SPEEDS_M_S,
    "speed_cm_s": {unit: 100.0 * value for unit, value in _SPEEDS_M_S.items()},
    "acceleration_g": _ACCELERATIONS_G,
    "time_s": {
        **dict.fromkeys(("s", "secs", "second", "seconds"), 1.0),
        **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), 0.001),
        **dict.fromkeys(("min", "minutes"), 60.0),
    },
    "frequency_hz": {**dict.fromkeys(("hz", "hertz", "1/s", "s-1", "cps"), 1.0), "mhz": 0.001, "khz": 1000.0},
    "cav_m_s": {
        **_SPEEDS_M_S,
        **dict.fromkeys(("gs", "g-s", "gxs"), _G),
    },
    "angle_deg": {**dict.fromkeys(("deg", "degs", "degree", "degrees", "°"), 1.0), "rad": 57.29577951308232},
    "magnitude": dict.fromkeys(("mw", "m", "moment", "momentmagnitude"), 1.0),
}
_SHOWN = {
    "distance_km": "km, m, mi, ft",
    "speed_m_s": "m/s, cm/s, km/s, ft/s, in/s",
    "speed_cm_s": "cm/s, m/s, mm/s, in/s, ft/s",
    "acceleration_g": "g, %g, mg, m/s2, cm/s2, mm/s2, gal, in/s2, ft/s2",
    "time_s": "s, ms, min",
    "frequency_hz": "Hz, mHz, 1/s",
    "cav_m_s": "m/s, cm/s, g s",
    "angle_deg": "deg, rad",
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


def factor(unit: str, quantity: str) -> float | None:
    """Return the factor from a unit to gmplug's of a quantity, None for a unit that is not understood."""
    return UNITS[quantity].get(_plain(unit))


def known_units(quantity: str) -> str:
    """Return the units of a quantity for a line of text."""
    return _SHOWN[quantity]


def is_unit(text: str) -> bool:
    """Tell whether a cell holds a unit, of any quantity, and no more."""
    plain = _plain(text)
    return plain == "%" or any(plain in units for units in UNITS.values())
