"""Which numbers of a table are accelerations, and at what times, from all that the file states."""

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
from gmplug.waveforms.sampling import same_step

#: Times are rounded when they are printed: a sample may lie off the even grid by this share of a step.
_TIME_TOLERANCE = 0.1
#: A longer step is none of an accelerogram: such a column counts samples or milliseconds.
_LONGEST_STEP_S = 0.5
#: Shares of a column's differences that are not negative, and positive, where it is meant as time: times that
#: are printed with few digits stand still now and then.
_MOSTLY, _OFTEN = 0.9, 0.3
#: Values of one column beyond NPTS that need no second look; on longer lines they fill up the last one.
_MOST_SPARE = 9
#: More columns than this are no components: the values stand in reading order.
_MOST_COMPONENTS = 4
_WAY = "write one file for each component, with time and acceleration"
_NOT_TIME = (
    "the first of two columns does not increase, so it is not time; give time and acceleration, or one "
    "column and its time step"
)


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
    layout = _Layout(table, sampling, path)
    if sampling.in_reading_order:
        return layout.untimed("values in reading order")
    if table.columns == 0:
        return layout.ragged()
    if table.columns == 1:
        return layout.untimed("one column", headings[0] if headings else None)
    return layout.by_headings(headings) if headings else layout.by_numbers()


@dataclass(frozen=True)
class _Layout:
    table: Table
    sampling: Sampling
    path: Path

    @property
    def first_line(self) -> str:
        return f"{self.path}, line {self.table.lines[0]}"

    def ragged(self) -> Series:
        """Lines of different length: values in reading order, or a line that lacks a number."""
        values, widths, npts = self.table.values, self.table.widths, self.sampling.npts
        usual = int(np.median(widths[:-1]))
        shorter_last = bool(np.all(widths[:-1] == usual) and widths[-1] < usual)
        first = values[np.concatenate([[0], np.cumsum(widths)[:-1]]).astype(int)]
        timed = 1 < usual <= _MOST_COMPONENTS and _increases(first[widths == usual]) and npts != len(values)
        if not timed and (npts is not None or (shorter_last and usual > 1)):
            return self.untimed("values in reading order")
        if timed and usual == 4 and shorter_last and len(values) % 2 == 0 and _is_even(values[0::2]):
            return self.pairs()
        at = int(np.argmax(widths != usual))
        raise InputError(
            f"{self.path}, line {self.table.lines[at]}: {widths[at]:g} columns where other lines have "
            f"{usual}; repair the line or fetch the file again"
        )

    def by_headings(self, headings: Sequence[Heading]) -> Series:
        """Return the column that the headings say is acceleration."""
        matrix = self.table.values.reshape(len(self.table.lines), -1)
        time = [at for at, heading in enumerate(headings) if heading.role == "time"][:1]
        index = [at for at, h in enumerate(headings) if h.role == "index" and _counts_up(matrix[:, at])]
        rest = [at for at in range(len(headings)) if at not in time + index]
        named = [at for at in rest if headings[at].role == "acceleration"]
        others = [at for at in rest if headings[at].role in ("velocity", "displacement")]
        if len(named) == 1 and len(named) + len(others) == len(rest):
            rest = named
        if len(rest) != 1:
            names = ", ".join(headings[at].text for at in rest)
            what = f"{len(rest)} columns beside time ({names})" if rest else "no column beside time"
            raise InputError(f"{self.first_line}: {what}; {_WAY}")
        if not time + index:
            raise InputError(f"{self.first_line}: which column is acceleration is not clear; {_WAY}")
        at = (time + index)[0]
        return self.timed(matrix[:, at], matrix[:, rest[0]], headings[at], headings[rest[0]])

    def by_numbers(self) -> Series:
        """Return the accelerations of several columns without headings."""
        table, npts = self.table, self.sampling.npts
        matrix = table.values.reshape(len(table.lines), -1)
        rows, columns = matrix.shape
        first = matrix[:, 0]
        counted = npts == table.values.size > rows  # NPTS counts the numbers, not the lines
        if counted and not (columns == 2 and _is_even(first)):
            return self.untimed("values in reading order")
        if _increases(first):
            if columns == 2:
                return self.timed(first, matrix[:, 1])
            if columns == 3 and _counts_up(first) and _is_even(matrix[:, 1]):
                return self.timed(matrix[:, 1], matrix[:, 2])
            if columns % 2 == 0 and _is_even(table.values[0::2]):
                return self.pairs()
            if columns <= _MOST_COMPONENTS or _is_even(first):
                raise InputError(f"{self.first_line}: {columns} columns, the first of them time; {_WAY}")
        if npts is not None and rows == npts > 1:
            raise InputError(
                f"{self.first_line}: {columns} columns of {rows} values, as many as NPTS states; {_WAY}"
            )
        if npts is None and self.sampling.known_s is None:
            if columns == 2:
                raise InputError(f"{self.path}, line {table.lines[min(1, rows - 1)]}: {_NOT_TIME}")
            raise InputError(
                f"{self.first_line}: {columns} columns; give one (acceleration) or two (time, acceleration), "
                "or state the time step of values in reading order: no time step stated"
            )
        if npts is None and not _in_reading_order(matrix):
            raise InputError(
                f"{self.first_line}: {columns} columns may be components or values in reading order; {_WAY}, "
                "or state NPTS and DT above values in reading order"
            )
        return self.untimed("values in reading order")

    def untimed(self, what: str, heading: Heading | None = None) -> Series:
        """Return all numbers as accelerations."""
        values, notes = self.cut(self.table.values)
        return Series(values, self.known_step(what), 0.0, heading, notes)

    def known_step(self, what: str) -> float:
        dt, npts_line = self.sampling.known_s, self.sampling.npts_line
        if dt is None and npts_line:
            raise InputError(
                f"{self.path}, line {npts_line}: states no DT, and no time step stated elsewhere; "
                "give the time step in seconds"
            )
        if dt is None:
            raise InputError(f"{self.path}: {what} and no time step stated; give the time step in seconds")
        if not dt > 0:
            raise InputError(f"{self.path}: the time step given is {dt:g}; it must be positive")
        return dt

    def cut(self, values: FloatArray) -> tuple[FloatArray, tuple[str, ...]]:
        """Return the first NPTS values; raises InputError where there are fewer."""
        npts, line, found = self.sampling.npts, self.sampling.npts_line, len(values)
        if npts is None or npts == found:
            return values, ()
        if npts == 0:
            raise InputError(f"{self.path}, line {line}: holds no acceleration values; fetch it again")
        if found < npts:
            raise InputError(
                f"{self.path}: truncated, {found} of the {npts} points that NPTS states on line {line}; "
                "fetch the file again or correct NPTS"
            )
        note = f"{self.path}: {found - npts} values beyond the stated NPTS of {npts} left out"
        width = int(self.table.widths.max())
        most = width - 1 if width > 1 else _MOST_SPARE
        return values[:npts].copy(), (doubtful(note) if found - npts > most else note,)

    def pairs(self) -> Series:
        """Return the series of pairs of time and acceleration, several on a line."""
        return self.timed(self.table.values[0::2], self.table.values[1::2])

    def timed(
        self,
        time: FloatArray,
        values: FloatArray,
        heading: Heading | None = None,
        of_values: Heading | None = None,
    ) -> Series:
        """Return the series of a time column, or of an index column where the time step is known."""
        if len(time) < 2:
            raise InputError(f"{self.path}: a single row; time and acceleration need at least two")
        lines_per_value = len(self.table.lines) / len(values)
        values, notes = self.cut(values)
        time = time[: len(values)]
        unit = heading.unit if heading is not None else None
        scale = unit.si if unit is not None and unit.quantity == "time" else None
        if scale is None and _counts_up(time):
            name = f" ({heading.text})" if heading is not None and heading.text else ""
            dt = self.known_step(f"the first column{name} counts samples,")
            if heading is None or heading.role == "time":
                notes += (
                    f"{self.path}: the first column counts samples, so times are taken from the time step of "
                    f"{dt:g} s",
                )
            return Series(values, dt, 0.0, of_values, notes)
        step = self.even_step(time, scale or 1.0, lines_per_value)
        if scale is None:
            scale, more = self.scale_of(step)
            notes += more
        step *= scale
        stated = self.sampling.stated_s
        if stated is not None and not same_step(stated, step):
            raise InputError(
                f"{self.path}: the header states a time step of {stated:g} s, the times have {step:g} s; "
                "correct the wrong one"
            )
        return Series(values, round(step, 9) or step, float(time[0]) * scale, of_values, notes)

    def scale_of(self, step: float) -> tuple[float, tuple[str, ...]]:
        """Return the size, s, of the unit of times without one: a second, or a millisecond, with a note."""
        known, stated = self.sampling.known_s, self.sampling.stated_s
        contradicts = stated is not None and not same_step(stated, step)
        in_ms = known is not None and same_step(known, step / 1000)
        if in_ms and (contradicts or step > _LONGEST_STEP_S):
            return 1e-3, (f"{self.path}: times taken as milliseconds, as the time step is {known:g} s",)
        if step > _LONGEST_STEP_S:
            raise InputError(
                f"{self.first_line}: the times have steps of {step:g}, too long for seconds; "
                "name the column 'time (ms)' or 'time (s)', or state the time step in the header"
            )
        return 1.0, ()

    def even_step(self, time: FloatArray, unit_s: float, lines_per_value: float) -> float:
        """Return the mean step of times; raises InputError naming the line where they are not even."""
        step = float(time[-1] - time[0]) / (len(time) - 1)
        differences = np.diff(time)
        typical = float(np.median(differences))
        stated = self.sampling.stated_s
        if stated is not None and _rounded_grid(time, stated / unit_s):
            return stated / unit_s
        if typical <= 0:
            raise InputError(f"{self.path}, line {self.table.lines[1]}: {_NOT_TIME}")
        # Differences are compared with the commonest step first: a gap would tilt the whole even grid.
        jump = np.abs(differences - typical) > 2 * _TIME_TOLERANCE * typical
        off = np.abs(time[0] + step * np.arange(len(time)) - time) > _TIME_TOLERANCE * abs(step)
        if np.any(jump) or np.any(off):
            at = int(np.argmax(jump)) + 1 if np.any(jump) else int(np.argmax(off))
            raise InputError(
                f"{self.path}, line {self.table.lines[int(at * lines_per_value)]}: time goes from "
                f"{time[max(at - 1, 0)]:g} to {time[at]:g} s where steps of {typical:g} s prevail; "
                "resample the record to an even step"
            )
        return step


def _in_reading_order(matrix: FloatArray) -> bool:
    """Tell whether values go on along lines: neighbors there are closer than those one line apart."""
    along = float(np.mean(np.abs(np.diff(matrix.ravel()))))
    down = float(np.mean(np.abs(np.diff(matrix, axis=0)))) if len(matrix) > 1 else np.inf
    return along <= 1.25 * down if matrix.shape[1] > _MOST_COMPONENTS else along < 0.8 * down


def _increases(column: FloatArray) -> bool:
    steps = np.diff(column)
    return len(steps) > 0 and bool(np.mean(steps >= 0) >= _MOSTLY and np.mean(steps > 0) >= _OFTEN)


def _counts_up(column: FloatArray) -> bool:
    return len(column) > 1 and bool(np.all(np.diff(column) == 1) and float(column[0]).is_integer())


def _is_even(column: FloatArray) -> bool:
    steps = np.diff(column)
    typical = float(np.median(steps)) if len(steps) else 0.0
    return typical > 0 and bool(np.all(np.abs(steps - typical) <= 2 * _TIME_TOLERANCE * typical))


def _rounded_grid(time: FloatArray, step: float) -> bool:
    """Tell whether times are an even grid of that step, rounded to the digits printed."""
    for digits in range(7):
        if np.allclose(np.round(time, digits), time, rtol=0, atol=1e-9):
            grid = time[0] + step * np.arange(len(time))
            return bool(np.all(np.abs(grid - time) <= 1.001 * 10.0**-digits))
    return False
