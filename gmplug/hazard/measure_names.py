"""Names of spectral accelerations in files of hazard analyses."""

from __future__ import annotations

import re

import numpy as np

_OPENQUAKE = re.compile(r"P?SA\s*[(\[]\s*(?:T\s*=\s*)?(\d*\.?\d+)\s*s?\s*[)\]]", re.IGNORECASE)
_USGS = re.compile(r"SA(\d+)P(\d+)", re.IGNORECASE)
_IN_A_FILE_NAME = re.compile(r"SA\((\d*\.?\d+)\)", re.IGNORECASE)

#: Periods nearer than this, relatively, are one.
_SAME_PERIOD = 1e-3
#: Sa at this period, s, and below is as good as PGA.
_AS_GOOD_AS_PGA_S = 0.011


def period_of_measure(name: str, file_name: str = "") -> float | None:
    """Return the period of Sa, s: ``SA(1.0)`` of OpenQuake, ``SA1P0`` of the USGS; 0 for PGA.

    OpenQuake 3.8 to 3.10 wrote ``SA`` without the period, which then stands in the name of the file alone:
    NaN where that does not have it either. None for a name that is no spectral acceleration.
    """
    name = name.strip()
    if name.upper() == "PGA":
        return 0.0
    if name.upper() in ("SA", "PSA"):
        stated = set(_IN_A_FILE_NAME.findall(file_name))
        return float(stated.pop()) if len(stated) == 1 else float("nan")
    found = _OPENQUAKE.fullmatch(name)
    if found:
        return float(found[1])
    found = _USGS.fullmatch(name)
    return float(f"{found[1]}.{found[2]}") if found else None


def measure_label(period_s: float) -> str:
    """The measure in a message."""
    if np.isnan(period_s):
        return "Sa at a period that it does not state"
    return "PGA" if period_s == 0 else f"Sa({period_s:g} s)"


def same_period(first_s: float, second_s: float) -> bool:
    """Whether two periods, s, are one; PGA is Sa at 0.01 s. Nothing equals an unknown period (NaN)."""
    if np.isnan(first_s) or np.isnan(second_s):
        return False
    if min(first_s, second_s) <= _AS_GOOD_AS_PGA_S:
        return max(first_s, second_s) <= _AS_GOOD_AS_PGA_S
    return bool(abs(np.log(first_s / second_s)) <= _SAME_PERIOD)
