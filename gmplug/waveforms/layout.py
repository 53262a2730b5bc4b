"""Which numbers of a table are accelerations, and at what times: from all that the file says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gmplug.errors import InputError
from gmplug.notes import doubtful
from gmplug.values import FloatArray
from gmplug.waveforms.cells import Table
from gmplug.waveforms.headings import Heading

#: Times are rounded when they are printed: a sample may lie off the even grid by this share of a step.
TIME_TOLERANCE = 0.1
#: A longer step is none of an accelerogram: such a column counts samples or milliseconds.
LONGEST_STEP_S = 0.5
#: Statements of one time step agree within this share: headers print few digits.
SAME_STEP = 0.011
#: Shares of a column's differences that are not negative, and positive, where it is meant as time: times that
#: are printed with few digits stand still now and then.
_MOSTLY, _OFTEN = 0.9, 0.3
#: Values beyond NPTS that may fill up the last line.
_FILLS_A_LINE = 10
#: More columns than this are no components: the values stand in reading order.
_MOST_COMPONENTS = 4
_WAY = "write one file for each component, with time and acceleration"


@dataclass(frozen=True)
class Sampling:
    """What is known of times besides the table: stated by the header, given by the user; s, and NPTS.

    ``in_reading_order`` is true where the format defines that values go on along lines.
    """

    stated_s: float | None = None
    given_s: float | None = None
    npts: int | None = None
    npts_line: int = 0
    in_reading_order: bool = False

    @property
    def known_s(self) -> float | None:
        """The header's time step, else the user's."""
        return self.stated_s if self.stated_s is not None else self.given_s


@dataclass(frozen=True)
class Series:
    """The values of one component, shape (n,), as the file has them, and their times, s."""

    values: FloatArray
    time_step_s: float
    start_time_s: float = 0.0
    heading: Heading | None = None
    notes: tuple[str, ...] = ()


def series_of(table: Table, headings: Sequence[Heading], sampling: Sampling, path: Path) -> Series:
    """Return the accelerations of a table.

    Raises
    ------
    InputError
        Lines of different length, several components, uneven times, fewer values than NPTS, and everything
        that could be read in two ways.
    """
    columns = table.columns
    if sampling.in_reading_order:
        return _untimed(table.values, sampling, path, lines=len(table.lines))
    if columns == 0:
        return _ragged(table, sampling, path)
    if columns == 1:
        heading = headings[0] if headings else None
        return _untimed(table.values, sampling, path, heading=heading)
    matrix = table.values.reshape(-1, columns)
    if headings:
        return _by_headings(matrix, table, headings, sampling, path)
    return _by_numbers(matrix, table, sampling, path)


# Several values a line


def _ragged(table: Table, sampling: Sampling, path: Path) -> Series:
    """Lines of different length: values in reading order, or a line that lacks a number."""
    widths = table.widths
    usual = int(np.median(widths[:-1]))
    shorter_last = bool(np.all(widths[:-1] == usual) and widths[-1] < usual)
    first = table.values[np.concatenate([[0], np.cumsum(widths)[:-1]]).astype(int)]
    complete = sampling.npts == len(table.values)
    timed = 1 < usual <= _MOST_COMPONENTS and _increases(first[widths == usual]) and not complete
    if not timed and (sampling.npts is not None or (shorter_last and usual > 1)):
        return _untimed(table.values, sampling, path, lines=len(widths))
    if timed and usual == 4 and shorter_last and len(table.values) % 2 == 0 and _is_even(table.values[0::2]):
        return _timed(table.values[0::2], table.values[1::2], _lines(table), None, sampling, path)
    at = int(np.argmax(widths != usual))
    raise InputError(
        f"{path}, line {table.lines[at]}: {widths[at]:g} columns where other lines have {usual}; "
        "repair the line or fetch the file again"
    )


def _lines(table: Table) -> list[int]:
    """Return the file's line of each pair of numbers."""
    return [n for n, width in zip(table.lines, table.widths, strict=True) for _ in range(int(width) // 2)]


def _untimed(
    values: FloatArray,
    sampling: Sampling,
    path: Path,
    heading: Heading | None = None,
    lines: int = 0,
) -> Series:
    values, notes = _cut(values, sampling, path)
    dt = sampling.known_s
    if dt is None:
        what = "values in reading order" if lines else "one column"
        if sampling.npts is not None:
            raise InputError(
                f"{path}, line {sampling.npts_line}: states no DT, and no time step stated elsewhere; "
                "give the time step in seconds"
            )
        raise InputError(f"{path}: {what} and no time step stated; give the time step in seconds")
    if not dt > 0:
        raise InputError(f"{path}: the time step given is {dt:g}; it must be positive")
    return Series(values, dt, 0.0, heading, notes)


def _cut(values: FloatArray, sampling: Sampling, path: Path) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the first NPTS values; raises InputError where there are fewer."""
    npts, found = sampling.npts, len(values)
    if npts is None or npts == found:
        return values, ()
    if npts == 0:
        raise InputError(f"{path}, line {sampling.npts_line}: holds no acceleration values; fetch it again")
    if found < npts:
        raise InputError(
            f"{path}: truncated, {found} of the {npts} points that NPTS states on line {sampling.npts_line}; "
            "fetch the file again or correct NPTS"
        )
    note = f"{path}: {found - npts} values beyond the stated NPTS of {npts} left out"
    return values[:npts].copy(), (doubtful(note) if found - npts >= _FILLS_A_LINE else note,)


# Columns


def _by_headings(
    matrix: FloatArray, table: Table, headings: Sequence[Heading], sampling: Sampling, path: Path
) -> Series:
    time = next((at for at, heading in enumerate(headings) if heading.role == "time"), None)
    index = [at for at, h in enumerate(headings) if h.role == "index" and _counts_up(matrix[:, at])]
    rest = [at for at in range(len(headings)) if at != time and at not in index]
    named = [at for at in rest if headings[at].role == "acceleration"]
    others = [at for at in rest if headings[at].role in ("velocity", "displacement")]
    if len(named) == 1 and len(named) + len(others) == len(rest):
        rest = named
    if len(rest) != 1:
        names = ", ".join(headings[at].text for at in rest)
        what = f"{len(rest)} columns beside time ({names})" if rest else "no column beside time"
        raise InputError(f"{path}, line {table.lines[0]}: {what}; {_WAY}")
    at = time if time is not None else index[0] if index else None
    if at is None:
        raise InputError(f"{path}, line {table.lines[0]}: which column is acceleration is not clear; {_WAY}")
    values = matrix[:, rest[0]]
    return _timed(matrix[:, at], values, table.lines, headings[at], sampling, path, headings[rest[0]])


def _by_numbers(matrix: FloatArray, table: Table, sampling: Sampling, path: Path) -> Series:
    rows, columns = matrix.shape
    where = f"{path}, line {table.lines[0]}"
    counted = sampling.npts == table.values.size > rows  # NPTS counts the numbers, not the lines
    if counted and not (columns == 2 and _is_even(matrix[:, 0])):
        return _untimed(table.values, sampling, path, lines=rows)
    if _increases(matrix[:, 0]):
        if columns == 2:
            return _timed(matrix[:, 0], matrix[:, 1], table.lines, None, sampling, path)
        if columns == 3 and _counts_up(matrix[:, 0]) and _is_even(matrix[:, 1]):
            return _timed(matrix[:, 1], matrix[:, 2], table.lines, None, sampling, path)
        if columns % 2 == 0:
            pairs = table.values.reshape(-1, 2)
            if _is_even(pairs[:, 0]):
                return _timed(pairs[:, 0], pairs[:, 1], _lines(table), None, sampling, path)
        if columns <= _MOST_COMPONENTS or _is_even(matrix[:, 0]):
            raise InputError(f"{where}: {columns} columns, the first of them time; {_WAY}")
    if sampling.npts is not None:
        if rows == sampling.npts > 1:
            raise InputError(f"{where}: {columns} columns of {rows} values, as many as NPTS states; {_WAY}")
        return _untimed(table.values, sampling, path, lines=rows)
    if sampling.known_s is None:
        if columns == 2:
            raise InputError(
                f"{path}, line {table.lines[min(1, rows - 1)]}: the first of two columns does not "
                "increase, so it is not time; give time and acceleration, or one column and its time step"
            )
        raise InputError(
            f"{where}: {columns} columns; give one (acceleration) or two (time, acceleration), or state the "
            "time step of values in reading order: no time step stated"
        )
    if not _in_reading_order(matrix):
        raise InputError(
            f"{where}: {columns} columns may be components or values in reading order; {_WAY}, or state NPTS "
            "and DT above values in reading order"
        )
    return _untimed(table.values, sampling, path, lines=rows)


def _in_reading_order(matrix: FloatArray) -> bool:
    """Tell whether values go on along lines: neighbors there are closer than those one line apart."""
    columns = matrix.shape[1]
    along = float(np.mean(np.abs(np.diff(matrix.ravel()))))
    down = float(np.mean(np.abs(np.diff(matrix, axis=0)))) if len(matrix) > 1 else np.inf
    if columns > _MOST_COMPONENTS:
        return along <= down * 1.25
    return along < 0.8 * down


# Times


def _increases(column: FloatArray) -> bool:
    if len(column) < 2:
        return False
    steps = np.diff(column)
    return bool(np.mean(steps >= 0) >= _MOSTLY and np.mean(steps > 0) >= _OFTEN)


def _counts_up(column: FloatArray) -> bool:
    return len(column) > 1 and bool(np.all(np.diff(column) == 1) and float(column[0]).is_integer())


def _is_even(column: FloatArray) -> bool:
    steps = np.diff(column)
    typical = float(np.median(steps)) if len(steps) else 0.0
    return typical > 0 and bool(np.all(np.abs(steps - typical) <= 2 * TIME_TOLERANCE * typical))


def _timed(
    time: FloatArray,
    values: FloatArray,
    lines: Sequence[int],
    heading: Heading | None,
    sampling: Sampling,
    path: Path,
    of_values: Heading | None = None,
) -> Series:
    """Return the series of a time column, or of an index column where the time step is known."""
    if len(time) < 2:
        raise InputError(f"{path}: a single row; time and acceleration need at least two")
    values, notes = _cut(values, sampling, path)
    time = time[: len(values)]
    said = heading.unit if heading is not None and heading.unit is not None else None
    in_seconds = said.si if said is not None and said.quantity == "time" else None
    if in_seconds is None and _counts_up(time):
        return _indexed(values, heading, sampling, path, of_values, notes)
    step = _even_step(time, lines, sampling, in_seconds or 1.0, path)
    scale = in_seconds
    if scale is None:
        scale, more = _scale_of(step, sampling, path, lines[0])
        notes += more
    step *= scale
    if sampling.stated_s is not None and abs(step / sampling.stated_s - 1) > SAME_STEP:
        raise InputError(
            f"{path}: the header states a time step of {sampling.stated_s:g} s, the times have {step:g} s; "
            "correct the wrong one"
        )
    return Series(values, round(step, 9) or step, float(time[0]) * scale, of_values, notes)


def _indexed(
    values: FloatArray,
    heading: Heading | None,
    sampling: Sampling,
    path: Path,
    of_values: Heading | None,
    notes: tuple[str, ...],
) -> Series:
    dt = sampling.known_s
    if dt is None:
        name = f" ({heading.text})" if heading is not None and heading.text else ""
        raise InputError(
            f"{path}: the first column{name} counts samples, and no time step stated; "
            "give the time step in seconds"
        )
    if not dt > 0:
        raise InputError(f"{path}: the time step given is {dt:g}; it must be positive")
    if heading is None or heading.role == "time":
        notes += (
            f"{path}: the first column counts samples, so times are taken from the time step of {dt:g} s",
        )
    return Series(values, dt, 0.0, of_values, notes)


def _scale_of(step: float, sampling: Sampling, path: Path, line: int) -> tuple[float, tuple[str, ...]]:
    """Return the unit, s, of times that state none: seconds, or milliseconds where the time step says so."""
    known = sampling.known_s
    contradicts = sampling.stated_s is not None and abs(step / sampling.stated_s - 1) > SAME_STEP
    in_ms = known is not None and abs(step / 1000 / known - 1) <= SAME_STEP
    if in_ms and (contradicts or step > LONGEST_STEP_S):
        return 1e-3, (f"{path}: times taken as milliseconds, as the time step is {known:g} s",)
    if step > LONGEST_STEP_S:
        raise InputError(
            f"{path}, line {line}: the times have steps of {step:g}, too long for seconds; "
            "name the column 'time (ms)' or 'time (s)', or state the time step in the header"
        )
    return 1.0, ()


def _even_step(
    time: FloatArray, lines: Sequence[int], sampling: Sampling, unit_s: float, path: Path
) -> float:
    """Return the mean step of times; raises InputError naming the line where they are not even."""
    step = float(time[-1] - time[0]) / (len(time) - 1)
    differences = np.diff(time)
    typical = float(np.median(differences))
    if sampling.stated_s is not None and _rounded_grid(time, sampling.stated_s / unit_s):
        return sampling.stated_s / unit_s
    if typical <= 0:
        raise InputError(
            f"{path}, line {lines[1]}: the first of two columns does not increase, so it is not time; "
            "give time and acceleration, or a single column and the time step"
        )
    # Differences are compared with the commonest step first: a gap would tilt the whole even grid.
    jump = np.abs(differences - typical) > 2 * TIME_TOLERANCE * typical
    off = np.abs(time[0] + step * np.arange(len(time)) - time) > TIME_TOLERANCE * abs(step)
    if np.any(jump) or np.any(off):
        at = int(np.argmax(jump)) + 1 if np.any(jump) else int(np.argmax(off))
        raise InputError(
            f"{path}, line {lines[at]}: time goes from {time[max(at - 1, 0)]:g} to {time[at]:g} s "
            f"where steps of {typical:g} s prevail; resample the record to an even step"
        )
    return step


def _rounded_grid(time: FloatArray, step: float) -> bool:
    """Tell whether times are an even grid of that step, rounded to the digits printed."""
    for digits in range(7):
        if np.allclose(np.round(time, digits), time, rtol=0, atol=1e-9):
            grid = time[0] + step * np.arange(len(time))
            return bool(np.all(np.abs(grid - time) <= 1.001 * 10.0**-digits))
    return False
