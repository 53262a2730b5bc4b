"""Accelerograms as plain text: one column of acceleration, or time and acceleration."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gmplug.errors import InputError
from gmplug.values import FloatArray
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.numbers import parse_block, read_lines
from gmplug.waveforms.units import factor_to_g, other_quantity

_COMMENT = ("#", "%", "//", "!", "'", '"')
_DT = re.compile(r"\b(?:dt|time[ _]?step)\s*(?:\(?s(?:ec)?\)?)?\s*[=:]\s*(\d*\.?\d+(?:[eE][+-]?\d+)?)", re.I)

#: Times are rounded when they are printed: a sample may lie off the even grid by this share of a step.
TIME_TOLERANCE = 0.1


def read_text(path: Path | str, time_step_s: float | None = None) -> Accelerogram:
    """Read an accelerogram from text columns separated by blanks, tabs, commas or semicolons.

    Lines before the first numbers are a header; lines that start with ``#``, ``%``, ``//`` or ``!`` are
    comments. Acceleration is in g unless header or comments state cm/s², m/s², gal, ...; with semicolons
    between columns a comma is a decimal comma.

    Parameters
    ----------
    path
        One column (acceleration), or two: time in s, evenly spaced, and acceleration.
    time_step_s
        Needed for a single column whose header states no ``dt = ...``; what the file states goes first.

    Raises
    ------
    InputError
        One line naming file, line and remedy.
    """
    path = Path(path)
    return parse_text(read_lines(path), path, time_step_s)


def parse_text(lines: Sequence[str], path: Path, time_step_s: float | None = None) -> Accelerogram:
    """Make an accelerogram of a text file's lines; see :func:`read_text`."""
    first = _first_data_line(lines, path)
    header = [line.rstrip() for line in lines[:first]]
    rows, row_lines = [], []
    for number, line in enumerate(lines[first:], first + 1):
        if _is_comment(line):
            header.append(line.rstrip())
        elif line.strip():
            rows.append(_plain_separators(line))
            row_lines.append(number)
    quantity = other_quantity(header)
    if quantity:
        raise InputError(
            f"{path}: holds {quantity}, not acceleration; give the accelerations of this component"
        )
    table = _table(rows, row_lines, path)
    dt, start = _time(table, row_lines, header, path, time_step_s)
    factor, unit = factor_to_g(header)
    return Accelerogram(
        time_step_s=dt,
        acceleration_g=table[:, -1] * factor,
        path=path,
        header=tuple(header),
        start_time_s=start,
        notes=() if unit == "g" else (f"{path}: converted from {unit} to g",),
    )


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(_COMMENT)


def _plain_separators(line: str) -> str:
    if ";" in line:
        return line.replace(",", ".").replace(";", " ")
    return line.replace(",", " ")


def _is_numeric(line: str) -> bool:
    words = _plain_separators(line).split()
    try:
        return bool(words) and all(np.isfinite(float(word)) for word in words)
    except ValueError:
        return False


def _first_data_line(lines: Sequence[str], path: Path) -> int:
    for index, line in enumerate(lines):
        if not _is_comment(line) and _is_numeric(line):
            return index
    raise InputError(
        f"{path}: holds no line of numbers; give one column of acceleration, or time and acceleration"
    )


def _table(rows: Sequence[str], row_lines: Sequence[int], path: Path) -> FloatArray:
    """Numbers as shape (n, 1) or (n, 2); every row must have as many columns as the first."""
    columns = len(rows[0].split())
    if columns > 2:
        raise InputError(
            f"{path}, line {row_lines[0]}: {columns} columns; "
            "give one (acceleration) or two (time, acceleration)"
        )
    for row, number in zip(rows, row_lines, strict=True):
        found = len(row.split())
        if found != columns:
            _check_words(row, number, path)
            raise InputError(
                f"{path}, line {number}: {found} columns where line {row_lines[0]} has {columns}; "
                "repair the line or fetch the file again"
            )
    try:
        values = np.array(" ".join(rows).split(), dtype=np.float64)
    except ValueError:
        values = np.empty(0)
    if len(values) != len(rows) * columns or not np.all(np.isfinite(values)):
        for row, number in zip(rows, row_lines, strict=True):
            _check_words(row, number, path)
    return values.reshape(len(rows), columns)


def _check_words(row: str, number: int, path: Path) -> None:
    """Raise with the line's number if the row holds anything but finite numbers."""
    for word in row.split():
        try:
            finite = bool(np.isfinite(float(word)))
        except ValueError:
            parse_block([word], number, path)  # says what is wrong
            finite = False
        if not finite:
            raise InputError(
                f"{path}, line {number}: {word!r} is not a finite number; repair or leave out this record"
            )


def _time(
    table: FloatArray, row_lines: Sequence[int], header: Sequence[str], path: Path, given: float | None
) -> tuple[float, float]:
    """Return (time step, time of the first sample), s."""
    if table.shape[1] == 2:
        return _even_step(table[:, 0], row_lines, path), float(table[0, 0])
    for line in header:
        match = _DT.search(line)
        if match and float(match.group(1)) > 0:
            return float(match.group(1)), 0.0
    if given is None:
        raise InputError(f"{path}: one column and no time step stated; give the time step in seconds")
    if not given > 0:
        raise InputError(f"{path}: the time step given is {given:g}; it must be positive")
    return given, 0.0


def _even_step(time_s: FloatArray, row_lines: Sequence[int], path: Path) -> float:
    if len(time_s) < 2:
        raise InputError(f"{path}: a single row; time and acceleration need at least two")
    step = float(time_s[-1] - time_s[0]) / (len(time_s) - 1)
    typical = float(np.median(np.diff(time_s)))
    if typical <= 0:
        raise InputError(
            f"{path}, line {row_lines[1]}: the first of two columns does not increase, so it is not time; "
            "give time and acceleration, or a single column and the time step"
        )
    # Differences are compared with the commonest step first: a gap would tilt the whole even grid.
    jump = np.abs(np.diff(time_s) - typical) > 2 * TIME_TOLERANCE * typical
    off = np.abs(time_s[0] + step * np.arange(len(time_s)) - time_s) > TIME_TOLERANCE * abs(step)
    if np.any(jump) or np.any(off):
        at = int(np.argmax(jump)) + 1 if np.any(jump) else int(np.argmax(off))
        raise InputError(
            f"{path}, line {row_lines[at]}: time goes from {time_s[max(at - 1, 0)]:g} to {time_s[at]:g} s "
            f"where steps of {typical:g} s prevail; resample the record to an even step"
        )
    return round(step, 9) or step
