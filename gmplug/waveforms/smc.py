"""SMC files of the USGS: text, 48 integers, 50 real numbers, comments, cm/s² (open-file report 92-296).

Places of the header's numbers are counted from 1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from gmplug.errors import InputError
from gmplug.units import Unit
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.channels import Channel, Fields, Peak, accelerograms_of, read_numbers, without_more
from gmplug.waveforms.header import Values, at_line, read_values
from gmplug.waveforms.text import Given

_FIRST = re.compile(
    r"\s*\*?\s*(?:(?P<stage>[012])\s+(?:UN)?CORRECTED\s+ACCELEROGRAM|[1-5]\s+(?P<other>VELOCITY|DISPLACEMENT|RESPONSE)"
    r"|2\s+CORRECTED\s+(?:ACCELEROGRAM|ACCELERATION))",
    re.IGNORECASE,
)
_TEXT_LINES, _INTEGERS, _REALS = 11, 48, 50
_NO_REAL = 1.7e38


def is_smc(lines: Sequence[str], path: Path) -> bool:
    """Tell whether a file has SMC's first line, or its suffix."""
    return path.suffix.lower() == ".smc" or _FIRST.match(lines[0]) is not None


def parse_smc(lines: Sequence[str], path: Path, given: Given) -> list[Accelerogram]:
    """Make the accelerogram of a file's lines; raises InputError."""
    first = _FIRST.match(lines[0])
    if first and first["other"]:
        raise InputError(
            f"{path}, line 1: holds {first['other'].lower()}, not acceleration; "
            "give the file of this component's acceleration"
        )
    if first is None:
        raise InputError(
            f"{path}, line 1: {lines[0].strip()[:40]!r} does not say which record of SMC this is; "
            "it begins with '2 CORRECTED ACCELEROGRAM' or '1 UNCORRECTED ACCELEROGRAM'"
        )
    whole, at = read_values(lines, _TEXT_LINES, _INTEGERS, path, Fields(8, 10), -32768.0)
    unknown = whole.numbers[0]
    whole = Values(whole.numbers, unknown)
    real, at = read_values(lines, at, _REALS, path, Fields(5, 15), _NO_REAL)
    at += _comment_lines(lines, at, whole, path)
    count, rate = whole.whole(17), real[2]
    if count and not rate:
        raise InputError(
            f"{path}: states no sampling rate, so its points are not evenly spaced in time; "
            "give the corrected file, or resample it"
        )
    if not count or count < 0 or not rate or rate < 0:
        raise InputError(
            f"{path}: the header states no count of points or no sampling rate; correct the header"
        )
    values, end = read_numbers(lines, at, count, path, Fields(8, 10))
    without_more(lines, end, count, path)
    peaks = [abs(value) for place in (30, 32) if (value := real[place]) is not None]
    text = [line.strip() for line in lines[:_TEXT_LINES]]
    corner = real[33]
    channel = Channel(
        values,
        Unit("acceleration", 0.01, "cm/s2"),
        1.0 / rate,
        peak=Peak(max(peaks)) if peaks else None,
        component=_component(whole, text),
        station=_station(text),
        event=re.sub(r"^\d{4}\s+\d+\s+\d+\s+\d*", "", text[3]).strip("* "),
        start=_start(whole),
        processing="corrected" if first["stage"] in (None, "2") else "uncorrected",
        highpass_hz=corner if corner and corner > 0 else None,
        header=tuple(line.rstrip() for line in lines[:at]),
    )
    return accelerograms_of([channel], path, given)


def _comment_lines(lines: Sequence[str], at: int, whole: Values, path: Path) -> int:
    stated = whole.whole(16) or 0
    found = 0
    while at_line(lines, at + found, path).startswith("|"):
        found += 1
    if found != stated:
        raise InputError(
            f"{path}, line {at + 1}: {found} comment lines where the header states {stated}; "
            "fetch the file again"
        )
    return found


def _component(whole: Values, text: Sequence[str]) -> str:
    """Return the direction: place 13 is the angle from the vertical, 14 the azimuth, degrees."""
    dip, azimuth = whole[13], whole[14]
    if dip is not None and abs(dip) % 180 < 1:
        return "UP"
    if azimuth is not None and 0 <= azimuth <= 360:
        return f"{azimuth:03.0f}"
    named = re.search(r"component\s*=\s*(\S+)", text[5])
    return named[1] if named else ""


def _station(text: Sequence[str]) -> str:
    named = re.search(r"station\s*=\s*(.*?)\s*component", text[5], re.IGNORECASE)
    return named[1].rstrip(", ") if named else text[2].strip("* \0")


def _start(whole: Values) -> str:
    year, day, hour, minute, second = (whole.whole(place) for place in (2, 3, 4, 5, 6))
    if not year or not day or hour is None or minute is None:
        return ""
    return f"{year}-{day:03d}T{hour:02d}:{minute:02d}:{second or 0:02d}"
