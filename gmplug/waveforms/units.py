"""Units of acceleration as headers state them, and the factor that makes them g."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Standard gravity, m/s² (CGPM 1901).
STANDARD_GRAVITY_M_S2 = 9.80665

_PER_SECOND_SQUARED = r"/s(?:ec)?(?:2|/s(?:ec)?)"
_UNITS = (
    (re.compile(rf"(?<![a-z])cm{_PER_SECOND_SQUARED}(?![a-z])"), 0.01, "cm/s²"),
    (re.compile(rf"(?<![a-z])mm{_PER_SECOND_SQUARED}(?![a-z])"), 0.001, "mm/s²"),
    (re.compile(rf"(?<![a-z])m{_PER_SECOND_SQUARED}(?![a-z])"), 1.0, "m/s²"),
    (re.compile(rf"(?<![a-z])in{_PER_SECOND_SQUARED}(?![a-z])"), 0.0254, "in/s²"),
    (re.compile(rf"(?<![a-z])ft{_PER_SECOND_SQUARED}(?![a-z])"), 0.3048, "ft/s²"),
    (re.compile(r"(?<![a-z])gals?(?![a-z])"), 0.01, "gal"),
)
_OTHER_QUANTITY = re.compile(r"\b(velocity|displacement)\s+time\s+(history|series)", re.IGNORECASE)


def _normalised(line: str) -> str:
    line = line.lower().replace("²", "2").replace("**", "").replace("^", "")
    return re.sub(r"\s*([/*])\s*", r"\1", line).replace("s*s", "s2").replace("sec*sec", "sec2")


def factor_to_g(header: Iterable[str]) -> tuple[float, str]:
    """Return (factor, unit) by which numbers become g; (1.0, "g") where the header states no other unit."""
    for line in header:
        text = _normalised(line)
        for pattern, metres, unit in _UNITS:
            if pattern.search(text):
                return metres / STANDARD_GRAVITY_M_S2, unit
    return 1.0, "g"


def other_quantity(header: Iterable[str]) -> str | None:
    """Return "velocity" or "displacement" where the header says that the file holds those."""
    for line in header:
        match = _OTHER_QUANTITY.search(line)
        if match:
            return match.group(1).lower()
    return None
