"""Accelerograms as text: one column, time and acceleration, or values in reading order under a header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gmplug.errors import InputError
from gmplug.notes import doubtful
from gmplug.units import Unit, acceleration_unit
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.blocks import Block, sampling_pair, split_lines
from gmplug.waveforms.cells import table_of
from gmplug.waveforms.headings import Heading, find_headings
from gmplug.waveforms.layout import Sampling, series_of
from gmplug.waveforms.numbers import bad_word, is_numbers, like_number, words_of
from gmplug.waveforms.sampling import Stated, same_step
from gmplug.waveforms.statements import Statements, agreed_unit, read_statements

#: Endings of file names that mean velocity or displacement.
_OTHER_NAMES = {
    "velocity": re.compile(r"[._-](?:vt2|vel(?:ocity)?)(?=[._-]|$)", re.IGNORECASE),
    "displacement": re.compile(r"[._-](?:dt2|disp?l?(?:acement)?)(?=[._-]|$)", re.IGNORECASE),
}


@dataclass(frozen=True)
class Given:
    """The user's time step, s, and unit of acceleration, for files that state none."""

    time_step_s: float | None = None
    units: str | None = None

    @property
    def unit(self) -> Unit | None:
        """The unit; raises InputError where it is not understood."""
        return acceleration_unit(self.units, "units") if self.units else None


def parse_text(
    lines: Sequence[str],
    path: Path,
    given: Given,
    *,
    default_unit: Unit | None = None,
    in_reading_order: bool = False,
) -> Accelerogram:
    """Make an accelerogram of a text file's lines.

    Parameters
    ----------
    given
        Used only for what the file does not state; a contradiction is noted.
    default_unit
        Unit that the format defines where the header states none.
    in_reading_order
        Whether the format defines that several values on a line follow one another.

    Raises
    ------
    InputError
        One line naming file, line and remedy.
    """
    block = split_lines(lines, path)
    table = table_of(block.rows, path, block.numbers)
    header = [line for line in block.header if line[0] < block.rows[0][0] and line not in block.bare]
    headings = find_headings([line for line in header if line[1].strip()], table.columns, path)
    # a line of column names speaks of several quantities: it is no statement
    names = {heading.line for heading in headings} if len(headings) > 1 else set()
    said = read_statements([line for line in block.header if line[0] not in names], path)
    said = _with_bare_numbers(said, block, len(table.values), path)
    _refuse_other_quantity(said, any(h.role == "acceleration" for h in headings), path)
    notes = [*said.notes, *_after(block, said, len(table.values), path)]
    sampling = Sampling(
        stated_s=said.time_step_s.value if said.time_step_s else None,
        given_s=given.time_step_s,
        npts=said.npts.value if said.npts else None,
        npts_line=said.npts.line if said.npts else 0,
        in_reading_order=in_reading_order,
    )
    series = series_of(table, headings, sampling, path)
    if block.repeated is not None and said.npts is None and table.columns == 1:
        raise InputError(
            f"{path}, line {block.repeated}: the heading is repeated between values of one column; "
            "remove it, or write one file for each record"
        )
    dt, given_s = series.time_step_s, given.time_step_s
    notes += series.notes
    if given_s is not None and not same_step(dt, given_s):
        notes.append(
            doubtful(
                f"{path}: has a time step of {dt:g} s as it states; time_step_s = {given_s:g} is not used"
            )
        )
    unit = _stated_unit(said, series.heading, path) or default_unit or given.unit
    if unit is None:
        raise InputError(
            f'{path}: no unit of acceleration stated; give units, such as "g", "m/s2" or "cm/s2"'
        )
    if unit.name != "g":
        notes.append(f"{path}: converted from {unit.name} to g")
    if given.unit is not None and not given.unit.same_as(unit):
        notes.append(doubtful(f"{path}: is in {unit.name} as it states; units = {given.units!r} is not used"))
    return Accelerogram(
        time_step_s=dt,
        acceleration_g=series.values * unit.in_g if unit.name != "g" else series.values,
        path=path,
        header=tuple(text.rstrip() for _, text in block.header),
        highpass_hz=said.highpass_hz,
        lowpass_hz=said.lowpass_hz,
        start_time_s=series.start_time_s,
        notes=tuple(notes),
    )


def _with_bare_numbers(said: Statements, block: Block, values: int, path: Path) -> Statements:
    """Take NPTS and DT from lines of bare numbers, if they count the values; raise if they mean nothing."""
    if not block.bare:
        return said
    number = block.bare[0][0]
    pair = sampling_pair(block.bare)
    if pair is None or (said.npts is None and pair[0] not in (len(block.rows), values)):
        raise InputError(
            f"{path}, line {number}: numbers above the data that are not NPTS and DT of {values} values; "
            "remove the line, or write what they are"
        )
    return replace(
        said,
        time_step_s=said.time_step_s or (Stated(pair[1], number) if pair[1] is not None else None),
        npts=said.npts or Stated(pair[0], number),
        notes=(*said.notes, f"{path}: line {number} taken as NPTS and DT"),
    )


def _refuse_other_quantity(said: Statements, named: bool, path: Path) -> None:
    if said.other is not None:
        raise InputError(_not_acceleration(said.other.value, f"line {said.other.line}", path))
    if said.unit is not None:
        check_unit(said.unit.value, f"{path}, line {said.unit.line}")
    if named or said.acceleration or said.unit is not None:
        return
    for quantity, pattern in _OTHER_NAMES.items():
        if pattern.search(path.name):
            line = _not_acceleration(quantity, "by its name", path)
            raise InputError(f"{line}, or state the quantity and unit in its header")


def _not_acceleration(quantity: str, why: str, where: Path | str) -> str:
    return (
        f"{where}: holds {quantity}, not acceleration ({why}); give the file of this component's acceleration"
    )


def check_unit(unit: Unit, where: str) -> None:
    """Raise InputError where a unit is not one of acceleration."""
    if unit.quantity == "counts":
        raise InputError(
            f"{where}: holds raw counts; convert them to acceleration with the instrument's sensitivity, or "
            "give the processed file"
        )
    if unit.quantity != "acceleration":
        raise InputError(_not_acceleration(unit.quantity, unit.name, where))


def _stated_unit(said: Statements, heading: Heading | None, path: Path) -> Unit | None:
    """Return the unit of the data that header or heading states, None without; raises InputError."""
    stated = said.unit.value if said.unit is not None else None
    if heading is None:
        return stated
    if heading.role in ("velocity", "displacement"):
        raise InputError(_not_acceleration(heading.role, f"{heading.text} on line {heading.line}", path))
    of_column = heading.unit
    if of_column is not None and of_column.quantity != "time":
        check_unit(of_column, f"{path}, line {heading.line}")
        agreed_unit([*([said.unit] if said.unit else []), Stated(of_column, heading.line)], path)
    return stated or of_column


def _after(block: Block, said: Statements, found: int, path: Path) -> list[str]:
    """Note text after the values that NPTS counts; raise where no NPTS says that they are complete."""
    if not block.after:
        return []
    number, line = block.after[0]
    rest = [text for _, text in block.after]
    numbers = sum(bool(re.match(r"\s*[-+]?\.?\d[\d.\seE+-]*$", text)) for text in rest)
    broken = numbers > 2 and like_number((words_of(line) or [""])[0]) and not is_numbers(line)
    if not broken and (numbers > 2 or any(re.search(r"NPTS", text, re.IGNORECASE) for text in rest)):
        raise InputError(
            f"{path}, line {number}: another block of numbers follows; write one file for each component"
        )
    if said.npts is None or found < said.npts.value:
        raise InputError(f"{path}, line {number}: {bad_word(line)}")
    return [f"{path}: text after the {said.npts.value} values of NPTS left out, from line {number} on"]
