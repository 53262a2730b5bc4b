"""The title line of PEER's AT2 files: earthquake, station and component.

Such as ``CHI-CHI 09/20/99, CHY015, N (CWB)``, ``BORAH PEAK, 10/29/83, 23:29, CEM, 000`` and
``Kern County, 7/21/1952, LA - Hollywood Stor FF, 90``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_DATE = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b")
_TIME = re.compile(r"^[\s,]*(\d{1,2}):?(\d{2})(?::\d{2})?\b")
_SHOCK_KINDS = re.compile(r"[\s,]+(?:EQ|AS|MS|EARTHQUAKE|AFTERSHOCK|MAINSHOCK)\.?$", re.IGNORECASE)
#: Two-digit years from here on belong to the 20th century; the oldest AT2 records are from the 1930s.
_CENTURY_TURN = 30


@dataclass(frozen=True)
class Title:
    """What a title line says; empty texts where it does not."""

    event: str = ""
    station: str = ""
    component: str = ""
    year: int | None = None
    month: int | None = None
    day: int | None = None


def parse_title(header: Sequence[str]) -> Title:
    """Return what the header's title line says: the line with a date and at least a station after it."""
    for line in header:
        title = _parse_line(line)
        if title is not None:
            return title
    return Title()


def _parse_line(line: str) -> Title | None:
    date = _DATE.search(line)
    if not date:
        return None
    month, day, year = (int(part) for part in date.groups())
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    if year < 100:
        year += 1900 if year >= _CENTURY_TURN else 2000
    after = line[date.end() :]
    time = _TIME.match(after)
    clock = f" {int(time.group(1)):02d}:{time.group(2)}" if time else ""
    after = after[time.end() :] if time else after
    fields = [field.strip() for field in after.strip(" ,\r\n").split(",") if field.strip()]
    if not fields:
        return None
    name = _SHOCK_KINDS.sub("", line[: date.start()].strip(" ,"))
    component = re.sub(r"\(.*?\)", "", fields[-1]).strip() if len(fields) > 1 else ""
    station = ", ".join(fields[:-1]) if len(fields) > 1 else fields[0]
    event = f"{name} {year}-{month:02d}-{day:02d}{clock}".strip()
    return Title(event, station, component, year, month, day)
