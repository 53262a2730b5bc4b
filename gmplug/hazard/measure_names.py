"""Names of spectral accelerations in files of hazard analyses."""

from __future__ import annotations

import re

_OPENQUAKE = re.compile(r"SA\(\s*([0-9.]+)\s*\)", re.IGNORECASE)
_USGS = re.compile(r"SA(\d+)P(\d+)", re.IGNORECASE)


def period_of_measure(name: str) -> float | None:
    """Return the period of Sa, s: ``SA(1.0)`` of OpenQuake, ``SA1P0`` of the USGS; 0 for PGA; else None."""
    name = name.strip()
    if name.upper() == "PGA":
        return 0.0
    found = _OPENQUAKE.fullmatch(name)
    if found:
        return float(found[1])
    found = _USGS.fullmatch(name)
    return float(f"{found[1]}.{found[2]}") if found else None
