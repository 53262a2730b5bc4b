"""Volumes 1 and 2 of GeoNet, GNS Science: text, 40 integers, 60 real numbers, blocks without headings.

A component of volume 2 has acceleration, velocity and displacement one after the other. Places of the
header's numbers are counted from 1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from gmplug.errors import InputError
from gmplug.units import parse_unit
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.channels import Channel, Fields, Peak, accelerograms_of, read_numbers
from gmplug.waveforms.header import Values, read_values
from gmplug.waveforms.sampling import same_step
from gmplug.waveforms.text import Given

_FIRST = re.compile(r"\s*(?P<un>un)?corrected\s+accelerogram.*(?:GNS|Geological)", re.IGNORECASE)
_TEXT_LINES, _FIELDS = 16, Fields(10, 8)
_SAME_GRAVITY = 0.01
_STEP = re.compile(r"\bat\s+(?:intervals\s+of\s+)?(\d*\.\d+)\s*s", re.IGNORECASE)
_CORNERS = re.compile(r"bands\s+are\s*([\d.]+)\s*-\s*([\d.]+)\s*Hz\s+and\s*([\d.]+)\s*-\s*([\d.]+)", re.I)
_PEAK = re.compile(r"Acceleration:\s*peak\s*(-?[\d.]+)\s*(\S+)\s+at", re.IGNORECASE)


def is_geonet(lines: Sequence[str], path: Path) -> bool:
    """Tell whether a file begins as GeoNet's do, or has their suffix."""
    return path.suffix.lower() in (".v1a", ".v2a") or _FIRST.match(lines[0]) is not None


def parse_geonet(lines: Sequence[str], path: Path, given: Given) -> list[Accelerogram]:
    """Make accelerograms of a file's lines, one for each component; raises InputError."""
    channels, at = [], 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        channel, at = _channel(lines, at, path)
        channels.append(channel)
    return accelerograms_of(channels, path, given, expected=3)


def _channel(lines: Sequence[str], first: int, path: Path) -> tuple[Channel, int]:
    begins = _FIRST.match(lines[first])
    where = f"{path}, line {first + 1}"
    if begins is None:
        raise InputError(f"{where}: no header of GeoNet where a component should begin; fetch the file again")
    text = tuple(line.rstrip() for line in lines[first : first + _TEXT_LINES])
    whole, at = read_values(lines, first + _TEXT_LINES, 40, path, _FIELDS, float("nan"))
    real, at = read_values(lines, at, 60, path, _FIELDS, float("nan"))
    counts = _counts(whole, corrected=not begins["un"])
    if counts[0] <= 0:
        raise InputError(
            f"{where}: holds no acceleration values; give the file of this component's acceleration"
        )
    joined = "\n".join(text)
    values, at = read_numbers(lines, at, counts[0], path, _FIELDS)
    for count in counts[1:]:
        rows = -(-count // _FIELDS.count)
        if at + rows > len(lines) or any(not line.strip() for line in lines[at : at + rows]):
            raise InputError(f"{path}: truncated in velocity or displacement; fetch the file again")
        at += rows
    peak = _PEAK.search(joined)
    unit = parse_unit(peak[2]) if peak else None
    if unit is None or peak is None:
        raise InputError(f"{where}: states no unit of acceleration; correct the header")
    gravity = real[30]  # in the unit of the accelerations
    if gravity and abs(gravity * unit.in_g - 1) > _SAME_GRAVITY:
        raise InputError(
            f"{where}: states the unit {unit.name!r} and gravity as {gravity:g} in it; correct one"
        )
    corners = _CORNERS.search(joined)
    component = re.search(r"^\s*Component\s+(\S+)", joined, re.MULTILINE)
    return (
        Channel(
            values,
            unit,
            _time_step_s(text, real, where, corrected=not begins["un"]),
            first + 1,
            peak=Peak.parse(peak[1]),
            component=component[1] if component else "",
            station=" ".join([*text[1].split()[1:2], text[2].strip()]),
            event=f"{text[6].strip()} {' '.join(text[7].split())}",
            start=_start(whole),
            processing="uncorrected" if begins["un"] else "corrected",
            highpass_hz=float(corners[2]) if corners else None,
            lowpass_hz=float(corners[3]) if corners else None,
            header=text,
        ),
        at,
    )


def _counts(whole: Values, *, corrected: bool) -> tuple[int, int, int]:
    """Return how many accelerations, velocities and displacements follow."""
    if corrected:
        return tuple(int(whole.numbers[place - 1]) for place in (34, 35, 36))  # type: ignore[return-value]
    return int(whole.numbers[30]), 0, 0


def _time_step_s(text: Sequence[str], real: Values, where: str, *, corrected: bool) -> float:
    stated = real[26] if corrected else real[25]
    named = next((float(m[1]) for line in text if (m := _STEP.search(line))), None)
    steps = [step for step in (stated, named) if step]
    if not steps:
        raise InputError(f"{where}: states no time step; correct the header")
    if not all(same_step(steps[0], step) for step in steps):
        raise InputError(
            f"{where}: states a time step of {steps[0]:g} s and one of {steps[1]:g} s; correct the wrong one"
        )
    return steps[0]


def _start(whole: Values) -> str:
    """Return the time of the first sample: date at 9, 10, 19, 20, minute at 39, milliseconds at 40."""
    year, month, day, hour, minute, ms = (int(whole.numbers[p - 1]) for p in (9, 10, 19, 20, 39, 40))
    if not 1900 <= year <= 2200:
        return ""
    return f"{year}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{ms / 1000:06.3f}"
