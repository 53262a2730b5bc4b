"""What a reader found of one component, and the checks and numbers that readers of fixed formats share."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from gmplug.errors import InputError
from gmplug.notes import doubtful
from gmplug.units import Unit
from gmplug.values import FloatArray
from gmplug.waveforms.accelerogram import Accelerogram, Processing
from gmplug.waveforms.numbers import bad_word, is_cut, split_number, words_of
from gmplug.waveforms.reference import reference
from gmplug.waveforms.sampling import same_step
from gmplug.waveforms.text import Given, check_unit

#: A peak may differ from the header's by this share, besides the last digit that the header prints.
_SAME_PEAK = 0.01
#: A step of an accelerogram, s: what lies outside is a header that was read at the wrong place.
_SHORTEST_STEP_S, _LONGEST_STEP_S = 1e-4, 0.5


@dataclass(frozen=True)
class Peak:
    """Largest absolute value that a header states, in the unit of the values, and half its last digit."""

    value: float
    rounding: float = 0.0

    @classmethod
    def parse(cls, text: str, factor: float = 1.0) -> Peak:
        """Return the peak that a number printed in a header means; ``factor`` makes it the data's unit."""
        number = text.strip().lower().replace("d", "e")
        if not math.isfinite(float(number)):
            return cls(math.inf)
        decimals = number.partition("e")[0].partition(".")[2]
        exponent = int(number.partition("e")[2] or 0)
        return cls(abs(float(number)) * factor, 0.5 * 10.0 ** (exponent - len(decimals)) * factor)


@dataclass(frozen=True)
class Channel:
    """One component as a file has it.

    Parameters
    ----------
    values
        Shape (n,), in ``unit``.
    time_step_s
        Sampling interval, s.
    line
        Line of the file where the component begins.
    peak
        What the header states of the largest value; None without.
    removes_mean
        Whether the mean of the record is the sensor's offset, and the stated peak is that of the rest.

    The others are those of :class:`Accelerogram`.
    """

    values: FloatArray
    unit: Unit
    time_step_s: float
    line: int = 1
    peak: Peak | None = None
    removes_mean: bool = False
    start_time_s: float = 0.0
    component: str = ""
    station: str = ""
    event: str = ""
    start: str = ""
    processing: Processing = ""
    highpass_hz: float | None = None
    lowpass_hz: float | None = None
    header: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


def accelerograms_of(
    channels: Sequence[Channel], path: Path, given: Given, expected: int | None = None
) -> list[Accelerogram]:
    """Return the accelerograms of a file's components, with a note where the file states more of them.

    Parameters
    ----------
    expected
        Count of components that the file states; None without.

    Raises
    ------
    InputError
        Counts, velocity or displacement; a time step that is none; a peak of a corrected record that is not
        the header's.
    """
    one = len(channels) == 1
    found = [
        _accelerogram(channel, path if one else reference(path, number), path, given)
        for number, channel in enumerate(channels, 1)
    ]
    if expected is None or len(found) >= expected:
        return found
    note = doubtful(f"{path}: holds {len(found)} of the {expected} components that it states")
    return [replace(part, notes=(*part.notes, note)) for part in found]


def _accelerogram(channel: Channel, name: Path, path: Path, given: Given) -> Accelerogram:
    where = f"{path}, line {channel.line}"
    check_unit(channel.unit, where)
    dt = channel.time_step_s
    if not _SHORTEST_STEP_S <= dt <= _LONGEST_STEP_S:
        raise InputError(f"{where}: the header states a time step of {dt:g} s; correct the header")
    if len(channel.values) < 2:
        raise InputError(f"{where}: holds no acceleration values; fetch the file again")
    values, notes = channel.values, list(channel.notes)
    if channel.removes_mean:
        offset = float(values.mean())
        values = values - offset
        notes.append(
            f"{name}: the mean of {offset:.4g} {channel.unit.name} is taken off as the sensor's offset"
        )
    notes += _peak_notes(channel, values, name, where)
    if channel.processing in ("raw", "uncorrected"):
        notes.append(
            doubtful(
                f"{path}: is {channel.processing}, without corrections of baseline and noise; "
                "use the corrected file where there is one"
            )
        )
    if channel.unit.name != "g":
        notes.append(f"{path}: converted from {channel.unit.name} to g")
    if given.time_step_s is not None and not same_step(dt, given.time_step_s):
        notes.append(
            doubtful(
                f"{path}: has a time step of {dt:g} s as it states; time_step_s = {given.time_step_s:g} is "
                "not used"
            )
        )
    if given.unit is not None and not given.unit.same_as(channel.unit):
        notes.append(
            doubtful(f"{path}: is in {channel.unit.name} as it states; units = {given.units!r} is not used")
        )
    return Accelerogram(
        time_step_s=dt,
        acceleration_g=values * channel.unit.in_g,
        path=name,
        header=channel.header,
        highpass_hz=channel.highpass_hz,
        lowpass_hz=channel.lowpass_hz,
        start_time_s=channel.start_time_s,
        notes=tuple(notes),
        component=channel.component,
        station=channel.station,
        event=channel.event,
        start=channel.start,
        processing=channel.processing,
    )


def _peak_notes(channel: Channel, values: FloatArray, name: Path, where: str) -> list[str]:
    if channel.peak is None or channel.peak.value == 0:
        return []
    found, stated = float(np.max(np.abs(values))), channel.peak
    if (
        math.isfinite(stated.value)
        and abs(found - stated.value) <= _SAME_PEAK * stated.value + 1.01 * stated.rounding
    ):
        return []
    line = (
        f"the peak of the values is {found:.5g} {channel.unit.name}, the header states {stated.value:.5g} "
        f"{channel.unit.name}"
    )
    if channel.processing == "corrected":
        raise InputError(f"{where}: {line}; the file was damaged or changed, fetch it again")
    return [doubtful(f"{name}: {line}")]


@dataclass(frozen=True)
class Fields:
    """Numbers of a line in fixed places: how many, and how wide each is."""

    count: int
    width: int


def fields_of(text: str) -> Fields | None:
    """Return the fields of a Fortran format (``(8f10.6)``, ``(8(1PE10.4))``); None where there is none."""
    match = re.search(r"\(\s*(\d+)\s*\(?\s*(?:\d+p)?\s*[fegi](\d+)", text, re.IGNORECASE)
    return Fields(int(match[1]), int(match[2])) if match else None


def read_numbers(
    lines: Sequence[str], first: int, count: int, path: Path, fields: Fields | None = None
) -> tuple[FloatArray, int]:
    """Return ``count`` numbers in reading order, and the index of the line after them.

    Parameters
    ----------
    first
        Index of the first line, counted from 0.
    fields
        The format's fields, for numbers without blanks between; the first line tells how many a line has
        where this is None.

    Raises
    ------
    InputError
        Names the line: the file ends too early, a line has text or another count of numbers.
    """
    while first < len(lines) and not lines[first].strip():
        first += 1
    if first >= len(lines) or count <= 0:
        raise InputError(f"{path}: truncated, ends before the values of line {first}; fetch it again")
    per_line = fields.count if fields else max(1, len(_numbers(lines[first], None, None) or []))
    last = first + math.ceil(count / per_line)
    block = lines[first:last]
    try:
        found = list(map(float, " ".join(block).split()))
    except ValueError:
        found = []
    if len(found) != count or not all(map(math.isfinite, found)) or "_" in "".join(block):
        found = _line_by_line(lines, first, count, per_line, path, fields)
    if last == len(lines) and is_cut(block):
        raise InputError(f"{path}, line {last}: truncated, ends within a number; fetch the file again")
    return np.array(found, dtype=float), last


def _line_by_line(
    lines: Sequence[str], first: int, count: int, per_line: int, path: Path, fields: Fields | None
) -> list[float]:
    found: list[float] = []
    for index in range(first, first + math.ceil(count / per_line)):
        if index >= len(lines) or not lines[index].strip():
            raise InputError(
                f"{path}: truncated, {len(found)} of the {count} points that the header states before line "
                f"{index + 1}; fetch the file again"
            )
        wanted = min(per_line, count - len(found))
        numbers = _numbers(lines[index], wanted, fields)
        if numbers is None or not all(map(math.isfinite, numbers)):
            words = words_of(lines[index])
            bad = next((word for word in words if split_number(word) is None), None)
            what = bad_word(lines[index]) if bad else f"{len(words)} numbers where {wanted} belong"
            if numbers is not None:
                bad, what = words[0], "a number is not finite; repair or leave out this record"
            raise InputError(f"{path}, line {index + 1}: {what}" + ("" if bad else "; fetch the file again"))
        found += numbers
    return found


def _numbers(line: str, wanted: int | None, fields: Fields | None) -> list[float] | None:
    """Return the numbers of a line; None where it has others, or another count than ``wanted``."""
    glued = [split_number(word) for word in line.split()]
    if all(part is not None for part in glued):
        numbers = [float(number) for part in glued if part for number in part]
        if wanted in (None, len(numbers)):
            return numbers
    if fields is None or wanted is None or len(line.rstrip()) > wanted * fields.width:
        return None
    cells = [line[at * fields.width : (at + 1) * fields.width].strip() for at in range(wanted)]
    parts = [split_number(cell) for cell in cells]
    if any(part is None or len(part) != 1 for part in parts):
        return None
    return [float(part[0]) for part in parts if part]


def without_more(lines: Sequence[str], index: int, count: int, path: Path) -> None:
    """Raise InputError where numbers go on after as many as the header states."""
    while index < len(lines) and not lines[index].strip():
        index += 1
    if index < len(lines) and _numbers(lines[index], None, None):
        raise InputError(
            f"{path}, line {index + 1}: more numbers than the {count} points that the header states; "
            "correct the count or fetch the file again"
        )
