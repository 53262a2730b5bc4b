"""PEER's AT2 files: header lines, one of them with NPTS and DT, then accelerations in reading order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gmplug.errors import InputError
from gmplug.values import FloatArray
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.numbers import parse_block, read_lines
from gmplug.waveforms.units import factor_to_g, other_quantity

#: The line with NPTS and DT is the fourth in every PEER release; some tools put more lines before it.
HEADER_SEARCH_LINES = 20

_REAL = r"(\d*\.?\d+(?:[eEdD][+-]?\d+)?|\d+\.)"
_NPTS = re.compile(r"\bn(?:umber of )?p(?:oin)?ts\s*[=:]\s*(\d+)", re.IGNORECASE)
_DT = re.compile(rf"\bdt\s*(?:\(?s(?:ec)?\)?)?\s*[=:]\s*{_REAL}", re.IGNORECASE)
_VALUES_FIRST = re.compile(rf"^\s*(\d+)[\s,]+{_REAL}[\s,]+NPTS\s*,?\s*DT\b", re.IGNORECASE)
_NAMES_FIRST = re.compile(rf"\bNPTS\s*,\s*DT\s*[=:]?\s*(\d+)[\s,]+{_REAL}", re.IGNORECASE)
_CORNER = r"\s*[=:]\s*(\d*\.?\d+|\d+\.)"
_HIGHPASS = re.compile(rf"\bHP{_CORNER}", re.IGNORECASE)
_LOWPASS = re.compile(rf"\bLP{_CORNER}", re.IGNORECASE)

_PER_LINE = 5
_FIELD = "%15.7E"


@dataclass(frozen=True)
class _Sampling:
    """Where the header ends and what it states."""

    line: int
    npts: int | None
    time_step_s: float | None


def _sampling(lines: Sequence[str]) -> _Sampling | None:
    """Find the line that states NPTS and DT among the first ones."""
    for index, line in enumerate(lines[:HEADER_SEARCH_LINES]):
        both = _VALUES_FIRST.match(line) or _NAMES_FIRST.search(line)
        if both:
            return _Sampling(index, int(both.group(1)), _real(both.group(2)))
        npts, dt = _NPTS.search(line), _DT.search(line)
        if npts or (dt and index >= 3):
            return _Sampling(index, int(npts.group(1)) if npts else None, _real(dt.group(1)) if dt else None)
    return None


def _real(token: str) -> float:
    return float(token.lower().replace("d", "e"))


def looks_like_at2(lines: Sequence[str]) -> bool:
    """True where the first lines state NPTS, as AT2 files do."""
    sampling = _sampling(lines)
    return sampling is not None and sampling.npts is not None


def read_at2(path: Path | str, time_step_s: float | None = None) -> Accelerogram:
    """Read a PEER AT2 file.

    Parameters
    ----------
    path
        The file. Units other than g that its header states (cm/s², m/s², gal, ...) are converted.
    time_step_s
        Used only where the header states no DT.

    Raises
    ------
    InputError
        One line naming file, line and remedy: missing or empty file, no NPTS or DT, fewer points than NPTS,
        something that is not a finite number, velocity or displacement instead of acceleration.
    """
    path = Path(path)
    return parse_at2(read_lines(path), path, time_step_s)


def parse_at2(lines: Sequence[str], path: Path, time_step_s: float | None = None) -> Accelerogram:
    """Make an accelerogram of an AT2 file's lines; see :func:`read_at2`."""
    sampling = _sampling(lines)
    if sampling is None:
        raise InputError(
            f"{path}: no line with NPTS and DT among the first {HEADER_SEARCH_LINES}; "
            "an AT2 file states them on line 4; for plain columns use another file name extension"
        )
    header = tuple(line.rstrip() for line in lines[: sampling.line + 1])
    dt = sampling.time_step_s if sampling.time_step_s is not None else time_step_s
    if dt is None:
        raise InputError(f"{path}, line {sampling.line + 1}: states no DT; give the time step in seconds")
    if dt <= 0:
        raise InputError(f"{path}, line {sampling.line + 1}: DT is {dt:g}; it must be positive")
    quantity = other_quantity(header)
    if quantity:
        raise InputError(f"{path}: holds {quantity}, not acceleration; give the .AT2 file of this component")
    acceleration = parse_block(lines[sampling.line + 1 :], sampling.line + 2, path)
    acceleration, notes = _cut_to_npts(acceleration, sampling, path)
    factor, unit = factor_to_g(header)
    if unit != "g":
        acceleration = acceleration * factor
        notes = (*notes, f"{path}: converted from {unit} to g")
    return Accelerogram(
        time_step_s=dt,
        acceleration_g=acceleration,
        path=path,
        header=header,
        highpass_hz=_corner(_HIGHPASS, header),
        lowpass_hz=_corner(_LOWPASS, header),
        notes=notes,
    )


def _cut_to_npts(values: FloatArray, sampling: _Sampling, path: Path) -> tuple[FloatArray, tuple[str, ...]]:
    npts, found = sampling.npts, len(values)
    if npts == 0 or found == 0:
        raise InputError(
            f"{path}: holds no acceleration values after line {sampling.line + 1}; fetch it again"
        )
    if npts is None or npts == found:
        return values, ()
    if found < npts:
        raise InputError(
            f"{path}: truncated, {found} of the {npts} points that NPTS states on line {sampling.line + 1}; "
            "fetch the file again or correct NPTS"
        )
    return values[:npts].copy(), (f"{path}: {found - npts} values beyond the stated NPTS of {npts} left out",)


def _corner(pattern: re.Pattern[str], header: Sequence[str]) -> float | None:
    for line in header:
        match = pattern.search(line)
        if match:
            return float(match.group(1))
    return None


def write_at2(path: Path | str, accelerogram: Accelerogram) -> None:
    """Write an AT2 file: accelerations in g with 8 significant digits, five to a line.

    The first two lines of ``accelerogram.header`` are kept as title lines; what is not ASCII becomes ``?``.
    """
    path = Path(path)
    titles = [*accelerogram.header[:2], "ACCELEROGRAM WRITTEN BY GMPLUG", "-"]
    kind = "ACCELERATION TIME SERIES IN UNITS OF G"
    corners = [
        f"{name}={corner:.6g} Hz"
        for name, corner in (("HP", accelerogram.highpass_hz), ("LP", accelerogram.lowpass_hz))
        if corner is not None
    ]
    if corners:
        kind += ". FILTER POINTS: " + " ".join(corners)
    values = accelerogram.acceleration_g
    head = [*(_one_line(t) for t in titles[:2]), kind]
    head.append(f"NPTS= {len(values):6d}, DT= {accelerogram.time_step_s:.10g} SEC,")
    path.write_bytes(("\n".join(head) + "\n" + _format(values)).encode("ascii", "replace"))


def _one_line(text: str) -> str:
    return " ".join(text.split()) or "-"


def _format(values: FloatArray) -> str:
    full = len(values) // _PER_LINE * _PER_LINE
    line = _FIELD * _PER_LINE + "\n"
    text = (line * (full // _PER_LINE)) % tuple(values[:full].tolist())
    rest = np.asarray(values[full:]).tolist()
    return text + ((_FIELD * len(rest) + "\n") % tuple(rest) if rest else "")
