"""Volumes 1 and 2 of CSMIP, CDMG and CESMD, and what others write after them: USC, RENADIC, BHRC.

A component has lines of text, integers, real numbers (CSMIP, Standard Tape Format, CDMG OSMS 85-03), then its
data: in volume 2 acceleration, velocity and displacement, each below a line with their count, time step and
unit. Old volumes 1 have pairs of time and acceleration, without such a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gmplug.errors import InputError
from gmplug.units import Unit, match_unit, parse_unit
from gmplug.values import FloatArray
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.channels import (
    Channel,
    Fields,
    Peak,
    accelerograms_of,
    fields_of,
    read_numbers,
    without_more,
)
from gmplug.waveforms.numbers import is_numbers, words_of
from gmplug.waveforms.sampling import same_step
from gmplug.waveforms.text import Given

_FIRST = re.compile(
    r"\s*(?:UN)?CORRECTED\s+ACCELEROGRAM|.*OF\s+UNCORRECTED\s+ACCELEROGRAM\s+DATA\s+OF\s+VOL|\*\s*VOL\w*\s*\d"
    r"|\s*RESPONSE\s+AND\s+FOURIER",
    re.IGNORECASE,
)
#: A row of the header's integers: many of them, and no point.
_INTEGERS = re.compile(r"(?:\s*-?\d+){10,}\s*")
#: A row of data, also where numbers follow each other without a blank.
_DATA_ROW = re.compile(r"[\s\d.eEdD+-]*\d[\s\d.eEdD+-]*")
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?"
_COUNT = re.compile(r"\bNO\.?\s*OF\s*POINTS\s*=\s*(\d+)", re.IGNORECASE)
_DURATION = re.compile(rf"(?:RECORD\s*LENGTH|DURATION)\s*=\s*({_NUMBER})", re.IGNORECASE)
_ALL_KINDS = re.compile(r"ACCEL\w*,\s*VELOC\w*\s+AND\s+DISPL", re.IGNORECASE)
_HEADING = re.compile(
    r"^\s*(?P<count>\d+)\s+(?:POINTS\s+OF\s+)?(?P<what>ACC|VEL|DIS)\w*\.?\s+(?:DATA|POINTS)\b(?P<rest>.*)",
    re.IGNORECASE,
)
_EVERY = re.compile(rf"\b(?:SPACED\s+AT|INTERVALS\s+OF)\s*({_NUMBER})\s*SEC", re.IGNORECASE)
_RATE = re.compile(rf"\bAT\s+({_NUMBER})\s*(?:PTS|POINTS|SAMPLES)\s*/\s*SEC", re.IGNORECASE)
_UNIT = re.compile(r"\b(?:IN\s+UNITS?(?:\s+OF)?|UNITS?\s*[:=]|IN)\s*", re.IGNORECASE)
_UNITS_ARE = re.compile(r"\bUNITS\b.*\bSEC\w*\s+AND\s+(\S+?\s?)(?:\.|\s|$)", re.IGNORECASE)
_PEAK = re.compile(
    rf"\bPEAK\s+ACCELERATION\s*=\s*({_NUMBER})\s*(\S+)|^(?!.*\bUNCOR\s+MAX).*\bMAX\s*=\s*({_NUMBER})\s*(G)\b",
    re.IGNORECASE | re.MULTILINE,
)
_COMPONENT = re.compile(
    r"^\s*(?:CHAN\w*\s*\d*\s*:|COMP\b\.?)[^\S\n]*(?P<name>\S.*?)[^\S\n]*(?:\(|\bFROM\b|[^\S\n]{3}|$)",
    re.IGNORECASE | re.MULTILINE,
)
_CORNERS = (
    re.compile(rf"3\s*DB\s+P(?:OIN)?TS\s+AT\s*(?P<hp>{_NUMBER})\s+AND\s*(?P<lp>{_NUMBER})", re.I),
    re.compile(
        rf"(?:RAMPS\s+AT|FILTERED\s+BETWEEN)\s*{_NUMBER}\s*-\s*(?P<hp>{_NUMBER})\s+AND\s*(?P<lp>{_NUMBER})\s*-",
        re.I,
    ),
)
_STATION = re.compile(r"^\s*STATION\s+(?:NO\.|ID\.|USC#)\s*([A-Za-z0-9_-]+)(?=\s)(.*)", re.IGNORECASE)
_START = re.compile(r"\b(?:START|TRIGGER)\s+TIME\s*:\s*([^()\n]*\d[^()\n]*)", re.IGNORECASE)
#: BHRC names its axes, and states the azimuths of L and T.
_AXES = re.compile(r"\bAZIMUTH\s+L\s+(\d+)\s+T\s+(\d+)", re.IGNORECASE)
_CHANNELS = re.compile(r"\(\s*(\d+)\s+CHNS?\s+OF", re.IGNORECASE)
_OLD_FIELDS = Fields(10, 7)
#: Times of old volumes 1 are printed in ms: an even grid is met within one of them.
_TIME_ROUNDING_S = 0.0011
_MOST_TEXT_LINES = 60


def is_csmip(lines: Sequence[str], path: Path) -> bool:
    """Tell whether a file begins as a volume of this family."""
    return any(map(_FIRST.match, lines[:3])) and any(map(_INTEGERS.fullmatch, lines[:_MOST_TEXT_LINES]))


def parse_csmip(lines: Sequence[str], path: Path, given: Given) -> list[Accelerogram]:
    """Make accelerograms of the lines of a volume 1 or 2, one for each component; raises InputError."""
    channels = list(_channels(lines, path))
    counted = _CHANNELS.search("\n".join(channels[0].header)) if channels else None
    axes = channels and _AXES.search("\n".join(channels[0].header))
    return accelerograms_of(channels, path, given, int(counted[1]) if counted else 3 if axes else None)


def _channels(lines: Sequence[str], path: Path) -> Iterator[Channel]:
    at, found = 0, 0
    while (at := _next_text(lines, at)) < len(lines):
        numbers = _integers_at(lines, at)
        if numbers is None:
            if found and not any(map(is_numbers, lines[at:])):
                return  # remarks at the end of the file
            raise InputError(
                f"{path}, line {at + 1}: no rows of integers follow this header; the file is no complete "
                "volume 1 or 2, fetch it again"
            )
        head = _Head(tuple(line.rstrip() for line in lines[at:numbers]), at + 1, path)
        head.check_volume()
        channel, at = _data(lines, _after_reals(lines, numbers, path), head)
        found += 1
        yield channel


def _next_text(lines: Sequence[str], at: int) -> int:
    """Return the index of the next line that is neither blank nor the end of a component."""
    while at < len(lines) and (not lines[at].strip() or lines[at].lstrip().startswith("/&")):
        at += 1
    return at


def _integers_at(lines: Sequence[str], at: int) -> int | None:
    end = min(len(lines), at + _MOST_TEXT_LINES)
    return next((row for row in range(at, end) if _INTEGERS.fullmatch(lines[row])), None)


def _after_reals(lines: Sequence[str], at: int, path: Path) -> int:
    """Return the index of the line after integers and reals: their last row is shorter, or text follows."""
    while at < len(lines) and "." not in lines[at] and is_numbers(lines[at]):
        at += 1
    full = len(words_of(lines[at])) if at < len(lines) else 0
    first = len(lines[at].rstrip()) if at < len(lines) else 0
    while at < len(lines) and is_numbers(lines[at]):
        shorter = len(lines[at].rstrip()) < 0.75 * first and len(words_of(lines[at])) < full
        at += 1
        if shorter:
            break
    if at >= len(lines):
        raise InputError(f"{path}: truncated, ends in the header; fetch the file again")
    return at


@dataclass(frozen=True)
class _Head:
    """Lines of text of a component, and the line where they begin."""

    lines: tuple[str, ...]
    first: int
    path: Path

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def where(self) -> str:
        return f"{self.path}, line {self.first}"

    @property
    def corrected(self) -> bool:
        return self.lines[0].lstrip().upper().startswith("CORRECTED")

    def check_volume(self) -> None:
        if re.match(r"\s*RESPONSE", self.lines[0], re.IGNORECASE):
            raise InputError(
                f"{self.where}: holds response spectra (volume 3), not acceleration; give the volume 2"
            )

    def channel(self, values: FloatArray, unit: Unit, time_step_s: float) -> Channel:
        corners = next((m for pattern in _CORNERS if (m := pattern.search(self.text))), None)
        start = _START.search(self.text)
        return Channel(
            values,
            unit,
            time_step_s,
            self.first,
            peak=self._peak(unit),
            component=self._component(),
            station=self._station(),
            event=self._event(),
            start=" ".join(start[1].split()) if start else "",
            processing="corrected" if self.corrected else "uncorrected",
            highpass_hz=float(corners["hp"]) if corners else None,
            lowpass_hz=float(corners["lp"]) if corners else None,
            header=self.lines,
        )

    def unit(self, heading: str = "") -> Unit:
        """Return the unit that the line above the data states, or the header; raises InputError."""
        stated = []
        for opener in _UNIT.finditer(heading):
            found = match_unit(heading, opener.end())
            if found and found[0].quantity != "time":
                stated.append(found[0])
                break
        are = _UNITS_ARE.search(self.text)
        if are and not self.corrected and (unit := parse_unit(are[1].strip())):
            stated.append(unit)
        peak = _PEAK.search(self.text)
        if self.corrected and peak and peak[2] and (unit := parse_unit(_singular(peak[2]))):
            stated.append(unit)
        if not stated:
            raise InputError(f"{self.where}: no unit of acceleration stated; correct the header")
        for unit in stated[1:]:
            if not unit.same_as(stated[0]):
                raise InputError(
                    f"{self.where}: states the unit {stated[0].name!r} and the unit {unit.name!r}; "
                    "correct the wrong one"
                )
        return stated[0]

    def time_step_s(self, heading: str = "") -> float:
        """Return the time step that the line above the data states, or the header; raises InputError."""
        stated = [float(m[1]) for text in (heading, self.text) for m in _EVERY.finditer(text)]
        stated += [
            1.0 / float(m[1])
            for text in (heading, self.text)
            for m in _RATE.finditer(text)
            if float(m[1]) > 0
        ]
        if not stated or min(stated) <= 0:
            raise InputError(f"{self.where}: no time step stated; correct the header")
        for other in stated[1:]:
            if not same_step(stated[0], other):
                raise InputError(
                    f"{self.where}: states a time step of {stated[0]:g} s and one of {other:g} s; "
                    "correct the wrong one"
                )
        return stated[0]

    @property
    def count(self) -> int:
        """Count of points that an old volume 1 states; raises InputError."""
        match = _COUNT.search(self.text)
        if match is None:
            raise InputError(f"{self.where}: states no number of points; correct the header")
        return int(match[1])

    def _peak(self, unit: Unit) -> Peak | None:
        match = _PEAK.search(self.text)
        stated = parse_unit(_singular(match[2] or match[4])) if match else None
        if match is None or stated is None or stated.quantity != "acceleration":
            return None
        return Peak.parse(match[1] or match[3], stated.si / unit.si)

    def _component(self) -> str:
        found = [match["name"] for match in _COMPONENT.finditer(self.text)]
        name = found[0] if found else ""
        axes = _AXES.search(self.text)
        axis = re.fullmatch(r"([LTV])\s*\d?", name, re.IGNORECASE)
        if axes and axis:
            return {"L": axes[1].zfill(3), "T": axes[2].zfill(3), "V": "UP"}[axis[1].upper()]
        degrees = re.match(r"(\d+)\s*DEG", name, re.IGNORECASE)
        return degrees[1].zfill(3) if degrees else name

    def _station(self) -> str:
        for line, following in zip(self.lines, (*self.lines[1:], ""), strict=True):
            match = _STATION.match(line)
            if match:
                code = "" if re.fullmatch(r"\d+[NSEW]?", match[1]) and match[2].startswith(".") else match[1]
                name = re.split(r"\s{3,}", following.strip())[0]
                return f"{code} {name}".strip()
            if re.match(r"\s*STATION\s+NO\.\s{5,}", line, re.IGNORECASE):
                return following.strip()
        named = re.search(r"^(\S.*?)\s+Station\s+[\d.]+\s*[NS]", self.text, re.MULTILINE)
        return named[1] if named else ""

    def _event(self) -> str:
        at = next((i for i, line in enumerate(self.lines) if re.search("uncorrected", line, re.I)), None)
        if at is None:
            origin = re.search(r"Origin\s+Time\s*:\s*(.*)", self.text)
            return " ".join(origin[1].split()) if origin else ""
        lines = [re.split(r"\s{3,}", line.strip())[0] for line in self.lines[at + 1 : at + 3]]
        return " ".join(line for line in lines if line and not line.startswith("("))


def _singular(unit: str) -> str:
    return re.sub(r"^cms\b", "cm", unit.strip().rstrip(","), flags=re.IGNORECASE)


def _data(lines: Sequence[str], at: int, head: _Head) -> tuple[Channel, int]:
    """Return the acceleration of a component, and the index of the line after all its data."""
    heading = _HEADING.match(lines[at])
    if heading is None:
        if head.corrected:
            raise InputError(
                f"{head.path}, line {at + 1}: no line with the count of points above the data; "
                "fetch the file again"
            )
        return _old_data(lines, at, head)
    found: Channel | None = None
    kinds = 0
    while at < len(lines) and (heading := _HEADING.match(lines[at])):
        count, fields = int(heading["count"]), fields_of(heading["rest"])
        if heading["what"].upper() != "ACC" or found is not None:
            end = _after_rows(lines, at + 1, count, fields, head.path)
        else:
            values, end = read_numbers(lines, at + 1, count, head.path, fields)
            unit = head.unit(heading["rest"])
            found = replace(
                head.channel(values, unit, head.time_step_s(heading["rest"])),
                header=(*head.lines, lines[at].strip()),
            )
        without_more(lines, end, count, head.path)
        at, kinds = end, kinds + 1
        while at < len(lines) and not lines[at].strip():
            at += 1
    if found is not None and kinds < 3 and _ALL_KINDS.search(head.text):
        raise InputError(f"{head.path}: truncated, lacks velocity or displacement; fetch the file again")
    if found is None:
        raise InputError(
            f"{head.where}: holds no acceleration, only velocity or displacement; give the whole file"
        )
    return found, at


def _after_rows(lines: Sequence[str], at: int, count: int, fields: Fields | None, path: Path) -> int:
    """Return the index of the line after numbers that are not wanted; raises InputError where they end."""
    per_line = fields.count if fields else max(1, len(words_of(lines[at]))) if at < len(lines) else 1
    end = at - (-count // per_line)
    if end > len(lines) or not _DATA_ROW.fullmatch(lines[end - 1]):
        raise InputError(
            f"{path}: truncated, fewer than the {count} points that line {at} states; fetch the file again"
        )
    return end


def _old_data(lines: Sequence[str], at: int, head: _Head) -> tuple[Channel, int]:
    """Return the acceleration of an old volume 1: pairs of time and acceleration, or acceleration alone."""
    end = at
    while end < len(lines) and _DATA_ROW.fullmatch(lines[end]):
        end += 1
    count, path = head.count, head.path
    if end == at:
        raise InputError(f"{path}, line {at + 1}: no numbers where the data belong; fetch the file again")
    per_line, rows = len(words_of(lines[at])), end - at
    widths = (_OLD_FIELDS.count * _OLD_FIELDS.width, len(lines[at].rstrip()))
    if rows == -(-2 * count // _OLD_FIELDS.count) and (
        per_line == _OLD_FIELDS.count or len(set(widths)) == 1
    ):
        numbers, end = read_numbers(lines, at, 2 * count, path, _OLD_FIELDS)
        step = _even_step(numbers[0::2], at + 1, path)
        values = numbers[1::2]
    elif rows == -(-count // per_line):
        values, end = read_numbers(lines, at, count, path)
        duration = _DURATION.search(head.text)
        if duration is None:
            raise InputError(f"{head.where}: states neither a time step nor a duration; correct the header")
        step = round(float(duration[1]) / count, 6)
    else:
        raise InputError(
            f"{path}, line {at + 1}: {rows} lines of numbers are not those of the {count} points that the "
            "header states; fetch the file again"
        )
    stated = [1.0 / float(m[1]) for m in _RATE.finditer(head.text) if float(m[1]) > 0]
    if stated and not same_step(stated[0], step):
        raise InputError(
            f"{head.where}: the header states a time step of {stated[0]:g} s, the data have {step:g} s; "
            "correct the wrong one"
        )
    return head.channel(values, head.unit(), step), end


def _even_step(time: FloatArray, line: int, path: Path) -> float:
    """Return the step of times printed in ms; raises InputError where they are not even."""
    step = float(time[-1] - time[0]) / max(len(time) - 1, 1)
    off = np.abs(time - (time[0] + step * np.arange(len(time))))
    if step <= 0 or float(off.max()) > _TIME_ROUNDING_S:
        raise InputError(
            f"{path}, line {line}: the points are not evenly spaced in time ({off.max():.4f} s off an even "
            "step); resample them, or give the corrected file (volume 2)"
        )
    rounded = round(step, 4)
    fits = abs(rounded - step) * len(time) <= _TIME_ROUNDING_S
    return rounded if fits else step
