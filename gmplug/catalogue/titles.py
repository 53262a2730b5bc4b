"""Earthquake, station and component as a header states them.

In PEER's title line, such as ``CHI-CHI 09/20/99, CHY015, N (CWB)``, ``BORAH PEAK, 10/29/83, 23:29, CEM, 000``
and ``Kern County, 7/21/1952, LA - Hollywood Stor FF, 90``; or under keys, such as ``STREAM: HNE`` (ESM) and
``Dir.   E-W`` (K-NET).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from gmplug.catalogue.components import is_component, is_vertical

#: ``KEY: value`` and ``KEY = value``; of K-NET, ``Dir.   E-W`` and its like, which have blanks alone.
_KEY = re.compile(
    r"[\s#%*;!>]*(?:(?=[A-Za-z][^:=]{1,40}[:=])([A-Za-z][^:=]*?)\s*[:=]"
    r"|(Dir\.|Station Code|Origin Time)(?=\s{2,}))(.*)"
)
_COMPONENTS = ("stream", "channel code", "channel", "component", "comp", "dir", "direction", "chan")
_AZIMUTHS = ("azimuth", "orientation", "component azimuth", "component orientation", "azimuth deg")
_STATIONS = ("station code", "station", "station name", "site")
_EVENT_TIMES = ("event date yyyymmdd", "event time hhmmss", "event date", "event time", "origin time")
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
    date: date | None = None


def parse_title(header: Sequence[str]) -> Title:
    """Return what the header's title line says: the line with a date and at least a station after it.

    Where there is none, what its keys say.
    """
    keyed = _from_keys(header)
    for line in header:
        title = _parse_line(line)
        if title is not None:
            stated = is_component(title.component) or not keyed.component
            return title if stated else replace(title, component=keyed.component)
    return keyed


def _from_keys(header: Sequence[str]) -> Title:
    found: dict[str, str] = {}
    for line in header:
        match = _KEY.match(line)
        if match:
            key = re.sub(r"[\s_.\-]+", " ", match[1] or match[2]).strip().lower()
            value = match[3].strip().strip("\"'").strip()
            if value and value not in ("-", "?"):
                found.setdefault(key, value)
    event = found.get("event id") or " ".join(
        found[key] for key in ("event name", "event", "earthquake", *_EVENT_TIMES) if key in found
    )
    station = next((found[key] for key in _STATIONS if key in found), "")
    network = found.get("network") or found.get("network code") or ""
    return Title(event, f"{network}.{station}" if network and station else station, _keyed_component(found))


def _keyed_component(found: Mapping[str, str]) -> str:
    """Return the component that keys state, empty where none is known; a number counts as an azimuth only."""
    for key in _COMPONENTS:
        stated = found.get(key, "")
        alone = [] if any(character.isdigit() for character in stated[1:]) else stated.split()[:1]
        for value in (stated, *alone):
            if is_component(value) and (not value.strip().isdigit() or len(value.strip()) == 3):
                return value
    dip = _number(found.get("dip", ""))
    if dip is not None and abs(abs(dip) - 90.0) < 1.0:
        return "Z"
    for key in _AZIMUTHS:
        stated = found.get(key, "")
        azimuth = _number(stated)
        if azimuth is not None and 0 <= azimuth <= 360:
            return f"{azimuth:.0f}"
        if is_vertical(stated) or is_component(stated):
            return stated
    return ""


def _number(text: str) -> float | None:
    match = re.fullmatch(r"\s*([-+]?\d+(?:\.\d*)?)\s*(?:°|deg\.?|degrees?)?\s*", text, re.IGNORECASE)
    return float(match[1]) if match else None


def _parse_line(line: str) -> Title | None:
    found = _DATE.search(line)
    if not found:
        return None
    month, day, year = (int(part) for part in found.groups())
    if year < 100:
        year += 1900 if year >= _CENTURY_TURN else 2000
    try:
        on = date(year, month, day)
    except ValueError:
        return None
    after = line[found.end() :]
    time = _TIME.match(after)
    clock = f" {int(time[1]):02d}:{time[2]}" if time else ""
    after = after[time.end() :] if time else after
    fields = [field.strip() for field in after.strip(" ,\r\n").split(",") if field.strip()]
    if not fields:
        return None
    name = _SHOCK_KINDS.sub("", line[: found.start()].strip(" ,"))
    component = re.sub(r"\(.*?\)", "", fields[-1]).strip() if len(fields) > 1 else ""
    station = ", ".join(fields[:-1]) if len(fields) > 1 else fields[0]
    return Title(f"{name} {on}{clock}".strip(), station, component, on)
