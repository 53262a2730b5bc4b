"""COSMOS strong-motion data format 1.20 (COSMOS, 2001), also with several components in one file.

A component states how many lines of text, integers, real numbers and comments it has, and the format of the
data. Places of the integers and real numbers are those of the format's tables, counted from 1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gmplug.errors import InputError
from gmplug.units import Unit, parse_unit
from gmplug.waveforms.accelerogram import Accelerogram, Processing
from gmplug.waveforms.channels import (
    Channel,
    Peak,
    accelerograms_of,
    fields_of,
    read_numbers,
    without_more,
)
from gmplug.waveforms.header import Values, at_line, read_values
from gmplug.waveforms.text import Given, check_unit

_FIRST = re.compile(r"\(\s*Format\s+v\s*\d+\.\d+\s+with\s+(\d+)\s+text\s+lines", re.IGNORECASE)
_END = re.compile(r"\s*(?:End-of-data|/&)", re.IGNORECASE)
_HEADER_VALUES = re.compile(r"\s*(\d+)\s+(?:Integer|Real)-header\s+values", re.IGNORECASE)
_COMMENTS = re.compile(r"\s*(\d+)\s+Comment\s+line", re.IGNORECASE)
_DATA = re.compile(
    r"\s*(?P<count>\d+)\s+(?P<what>.*?)\s*(?:pts|points)\b.*?approx\.?\s+(?P<length>[\d.]+)\s*secs?\b.*?"
    r"units\s*=\s*(?P<unit>[^(,]+?)\s*(?:\(\s*(?P<code>\d+)\s*\))?\s*,",
    re.IGNORECASE,
)
_FILTER = re.compile(
    r"filtered\s+below\s+(?P<hp>\d*\.?\d+)\s*Hz.*?above\s+(?P<lp>\d*\.?\d+)\s*Hz", re.IGNORECASE
)
_STAGES: dict[int | None, Processing] = {0: "raw", 1: "uncorrected", 2: "corrected"}
#: Physical quantities of COSMOS table 1: 1 is acceleration, 2 velocity, 3 displacement.
_QUANTITIES = {1: "acceleration", 2: "velocity", 3: "displacement"}
#: Units of COSMOS table 2 for acceleration and counts.
_UNIT_CODES = {2: "g", 4: "cm/s2", 7: "in/s2", 50: "counts"}
#: Orientations of COSMOS table 6 besides azimuths.
_DIRECTIONS = {
    400: "UP", 401: "DOWN", 402: "VERT", 500: "radial", 501: "transverse", 600: "long", 601: "tran",
    700: "H1", 701: "H2",
}  # fmt: skip
_FULL_CIRCLE = 360


def is_cosmos(lines: Sequence[str], path: Path) -> bool:
    """Tell whether a file begins as the COSMOS format does."""
    return any(map(_FIRST.search, lines[:3]))


def parse_cosmos(lines: Sequence[str], path: Path, given: Given) -> list[Accelerogram]:
    """Make accelerograms of a file's lines, one for each component; raises InputError.

    Velocity and displacement beside acceleration are left out.
    """
    channels, others, at = [], [], 0
    while at < len(lines):
        if not lines[at].strip() or _END.match(lines[at]):
            at += 1
            continue
        part = _Part.read(lines, at, path)
        at = part.end
        if part.quantity == "acceleration":
            channels.append(part.channel(lines))
        else:
            others.append(part)
    if not channels and others:
        first = others[0]
        raise InputError(
            f"{first.where}: holds {first.quantity}, not acceleration; "
            "give the file of this component's acceleration"
        )
    if not channels:
        raise InputError(f"{path}: holds no acceleration values; fetch the file again")
    counted = re.search(r"\(\s*(\d+)\s+Chns?\s+of", "\n".join(channels[0].header), re.IGNORECASE)
    return accelerograms_of(channels, path, given, int(counted[1]) - len(others) if counted else None)


@dataclass(frozen=True)
class _Part:
    """One component of a file: its header, and where its data lie; indices of lines are counted from 0."""

    path: Path
    first: int
    text: tuple[str, ...]
    whole: Values
    real: Values
    comments: tuple[str, ...]
    data: int
    count: int
    unit: str
    code: int | None
    what: str
    length_s: float
    end: int

    @classmethod
    def read(cls, lines: Sequence[str], first: int, path: Path) -> _Part:
        begins = _FIRST.search(lines[first])
        if begins is None:
            raise InputError(
                f"{path}, line {first + 1}: no COSMOS header where the next component should begin; "
                "fetch the file again"
            )
        at = first + int(begins[1])
        whole, at = _header_values(lines, at, path)
        real, at = _header_values(lines, at, path)
        counted = _COMMENTS.match(at_line(lines, at, path))
        if counted is None:
            raise InputError(f"{path}, line {at + 1}: no count of comment lines; fetch the file again")
        comments = tuple(lines[at + 1 : at + 1 + int(counted[1])])
        at += 1 + int(counted[1])
        heading = _DATA.match(at_line(lines, at, path))
        if heading is None:
            raise InputError(
                f"{path}, line {at + 1}: not the line with count, units and format of the data; "
                "fetch the file again"
            )
        fields, count = fields_of(lines[at][heading.end() :]), int(heading["count"])
        rows = math.ceil(count / fields.count) if fields else 0
        if not rows:
            raise InputError(f"{path}, line {at + 1}: states no format of the data; fetch the file again")
        code = int(heading["code"]) if heading["code"] else None
        return cls(
            path, first, tuple(lines[first : first + int(begins[1])]), whole, real, comments, at, count,
            heading["unit"].strip(), code, heading["what"], float(heading["length"]), at + 1 + rows,
        )  # fmt: skip

    @property
    def where(self) -> str:
        return f"{self.path}, line {self.first + 1}"

    @property
    def quantity(self) -> str:
        """What the data are; raises InputError where statements differ."""
        coded = _QUANTITIES.get(self.whole.whole(2) or 0)
        words = {"acc": "acceleration", "vel": "velocity", "dis": "displacement"}
        named = next((name for word, name in words.items() if word in self.what.lower()), None)
        if coded and named and coded != named:
            raise InputError(
                f"{self.where}: states {named} above the data and {coded} in the header; correct one"
            )
        if coded is None and named is None:
            raise InputError(f"{self.where}: does not say what the data are; fetch the file again")
        return named or str(coded)

    def channel(self, lines: Sequence[str]) -> Channel:
        """Return the acceleration."""
        unit = self._unit()
        check_unit(unit, f"{self.path}, line {self.data + 1}")
        values, end = read_numbers(lines, self.data + 1, self.count, self.path, fields_of(lines[self.data]))
        without_more(lines, end, self.count, self.path)
        peak, filtered = self.real[64], _FILTER.search("\n".join(self.text))
        return Channel(
            values,
            unit,
            self._time_step_s(),
            self.first + 1,
            peak=Peak(abs(peak), 0.0005 * abs(peak)) if peak else None,
            component=self._component(),
            station=self._after(r"\bCode:\s*(\S.*)", 5),
            event=" ".join(re.sub(r"^Record of", "", self.text[1]).split()),
            start=self._after(r"start time\s*:\s*([^(]*)", 8),
            processing=_STAGES.get(self.whole.whole(1), ""),
            highpass_hz=float(filtered["hp"]) if filtered else None,
            lowpass_hz=float(filtered["lp"]) if filtered else None,
            header=tuple(line.rstrip() for line in (*self.text, *self.comments, lines[self.data])),
        )

    def _unit(self) -> Unit:
        unit = parse_unit(self.unit)
        coded = parse_unit(_UNIT_CODES.get(self.code or self.whole.whole(3) or 0, ""))
        if unit is None:
            raise InputError(
                f"{self.path}, line {self.data + 1}: unit {self.unit!r} is not understood; correct the header"
            )
        if coded and not coded.same_as(unit):
            raise InputError(
                f"{self.path}, line {self.data + 1}: states the unit {unit.name!r} and the code of "
                f"{coded.name!r}; correct the wrong one"
            )
        return unit

    def _time_step_s(self) -> float:
        """Return the time step; raises InputError where it is not that of count and length."""
        stated, exact = self.real[62], self.real[63]
        length = exact or self.length_s  # the line above the data rounds it to seconds
        if stated is None:
            return round(length / self.count, 6)
        step = stated / 1000.0
        off = abs(step * self.count - length)
        if off > 1.5 * step + (0.001 * length if exact else 1.0 + 0.01 * length):
            raise InputError(
                f"{self.where}: the header states a time step of {stated:g} ms, {self.count} points in "
                f"{length:g} s have another; correct the wrong one"
            )
        return step

    def _component(self) -> str:
        """Return the direction: as the text states it, the channel's code, else the integer header."""
        text = self._after(r"Sta(?:tion)?\s+Cha\w*\s*\S*\s*:\s*(\S.*?)\s*(?:\(|Location|$)", 9)
        degrees = re.match(r"(\d{1,3})\s*deg", text, re.IGNORECASE)
        scnl = next((m for c in self.comments if (m := re.search(r"<SCNL>[^.]*\.([^.]+)\.", c))), None)
        if scnl and re.fullmatch(r"..[Z3]", scnl[1]):
            return scnl[1]
        if degrees:
            return degrees[1].zfill(3)
        if re.match(r"up|down|vert", text, re.IGNORECASE):
            return text.split()[0]
        code = self.whole.whole(54)
        if code is not None and 1 <= code <= _FULL_CIRCLE:
            return f"{code:03d}"
        return (_DIRECTIONS.get(code or 0) or (scnl[1] if scnl else "")) or text

    def _after(self, pattern: str, line: int) -> str:
        """Return what stands after a key in the text, first on the line where it belongs (counted from 1)."""
        for text in (*self.text[line - 1 : line], *self.text):
            match = re.search(pattern, text, re.IGNORECASE)
            if match:
                return " ".join(match[1].split())
        return ""


def _header_values(lines: Sequence[str], at: int, path: Path) -> tuple[Values, int]:
    line = at_line(lines, at, path)
    counted = _HEADER_VALUES.match(line)
    if counted is None or int(counted[1]) < 64:
        raise InputError(
            f"{path}, line {at + 1}: no count of header values of the COSMOS format; fetch the file again"
        )
    return read_values(lines, at + 1, int(counted[1]), path, fields_of(line))
