"""The approximate fundamental period of a building from its height and structural system."""

from __future__ import annotations

from collections.abc import Mapping

from gmplug.errors import InputError

#: Source of a period computed here.
SOURCE = "ASCE 7-22 eq. 12.8-7"

#: Ct (for heights in m) and x of ASCE/SEI 7-22, table 12.8-2, by structural system.
SYSTEMS: Mapping[str, tuple[float, float]] = {
    "steel-moment-frame": (0.0724, 0.8),
    "concrete-moment-frame": (0.0466, 0.9),
    "eccentrically-braced-frame": (0.0731, 0.75),
    "buckling-restrained-frame": (0.0731, 0.75),
    "other": (0.0488, 0.75),
}
#: HAZUS families that are moment frames; all others count as other systems.
_OF_FAMILY = {"S1": "steel-moment-frame", "C1": "concrete-moment-frame"}


def approximate_period_s(height_m: float, system: str) -> float:
    """Return Ta = Ct hn^x, s.

    Raises InputError for an unknown system; lists the known ones.
    """
    if system not in SYSTEMS:
        raise InputError(f"unknown structural system '{system}'; known: {', '.join(SYSTEMS)}")
    coefficient, exponent = SYSTEMS[system]
    return float(coefficient * height_m**exponent)


def system_of(building_type: str) -> str:
    """Return the structural system of a HAZUS building type."""
    from gmplug.hazus import family

    return _OF_FAMILY.get(family(building_type), "other")
