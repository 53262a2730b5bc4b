"""From a file to an accelerogram, and from a catalogue's row to the components of a motion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gmplug.errors import InputError
from gmplug.values import FloatArray, Motion
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.formats import read_file
from gmplug.waveforms.reference import split_reference
from gmplug.waveforms.text import Given

#: Time steps of components may differ by this share: headers print them with few digits.
TIME_STEP_TOLERANCE = 1e-4


def read_accelerograms(
    path: Path | str, time_step_s: float | None = None, units: str | None = None
) -> list[Accelerogram]:
    """Read the components of acceleration of a waveform file, in the order in which it has them.

    Parameters
    ----------
    path
        The file, or ``FILE#2`` for one component of a file that holds several.
    time_step_s, units
        Time step, s, and unit of acceleration of a file that states none. What the file states goes first;
        notes tell where it is something else.

    Returns
    -------
    One or more accelerograms; ``path`` of each is what names it alone.

    Raises
    ------
    InputError
        One line naming file, line and remedy.
    """
    file, number = split_reference(path)
    found = read_file(file, Given(time_step_s, units))
    if number is None:
        return found
    if not 1 <= number <= len(found):
        raise InputError(
            f"{path}: the file holds {len(found)} component{'s' if len(found) > 1 else ''} of acceleration; "
            f"name one of them by #1 to #{len(found)}"
        )
    return [found[number - 1]]


def read_accelerogram(
    path: Path | str, time_step_s: float | None = None, units: str | None = None
) -> Accelerogram:
    """Read one component of acceleration: as :func:`read_accelerograms`, of a file that holds one.

    Raises InputError also where the file holds several and ``path`` names none of them.
    """
    found = read_accelerograms(path, time_step_s, units)
    if len(found) > 1:
        listed = ", ".join(f"#{number} {part.component}" for number, part in enumerate(found, 1))
        raise InputError(f"{path}: holds {len(found)} components ({listed}); name one, such as {path}#1")
    return found[0]


def read_motion(record: Mapping[str, Any]) -> Motion:
    """Read the components that a row names: ``file_h1``, ``file_h2``, ``file_v``.

    ``time_step_s`` and ``units`` of the row are those of files that state none.

    Components are put on one time axis: they start together unless the files state other starts (two columns,
    seismograms, ASDF, ESM), and run from the first start to the last end, with zeros where a component has no
    samples. (AT2 files of a pair often differ by some samples at the end, where motion has died away: padding
    loses nothing.)

    Raises
    ------
    InputError
        No horizontal component named, a file that cannot be read, or components with different time steps.
    """
    stated = {
        key: value for key, value in record.items() if value is not None and value != "" and value == value
    }
    step = float(stated["time_step_s"]) if "time_step_s" in stated else None
    horizontal = [stated[key] for key in ("file_h1", "file_h2") if key in stated]
    if not horizontal:
        raise InputError(
            f"record {record.get('id', 'record')}: no waveform file is named in file_h1; give the folder of "
            f"its waveforms"
        )
    vertical = [stated["file_v"]] if "file_v" in stated else []
    parts = read_parts([*horizontal, *vertical], step, stated.get("units"))
    rows = on_one_axis(parts)
    return Motion(
        time_step_s=parts[0].time_step_s,
        horizontal_g=rows[: len(horizontal)],
        vertical_g=rows[-1] if vertical else None,
    )


def read_parts(paths: Sequence[Any], time_step_s: float | None, units: str | None) -> list[Accelerogram]:
    """Read components; a file that holds several of them is read once."""
    read: dict[Path, list[Accelerogram]] = {}
    parts = []
    for path in paths:
        file, number = split_reference(path)
        if number is None:
            parts.append(read_accelerogram(path, time_step_s, units))
            continue
        found = read.setdefault(file, []) or read_accelerograms(file, time_step_s, units)
        read[file] = found
        parts += [part for part in found if part.path == Path(path)] or [
            read_accelerogram(path, time_step_s, units)
        ]
    return parts


def on_one_axis(parts: Sequence[Accelerogram]) -> FloatArray:
    """Accelerations of components on a common time axis, g, shape (components, n), zeros where none is known.

    Raises InputError where time steps differ, starts differ by no whole number of steps, or one component
    ends before another begins.
    """
    dt = parts[0].time_step_s
    for part in parts[1:]:
        if abs(part.time_step_s - dt) > TIME_STEP_TOLERANCE * dt:
            raise InputError(
                f"{part.path}: time step {part.time_step_s:g} s, but {dt:g} s in {parts[0].path}; "
                "resample one component to the other's step"
            )
    first = min(part.start_time_s for part in parts)
    offsets = [(part.start_time_s - first) / dt for part in parts]
    earliest = min(range(len(parts)), key=lambda at: offsets[at] + len(parts[at].acceleration_g))
    latest = int(np.argmax(offsets))
    if offsets[latest] >= offsets[earliest] + len(parts[earliest].acceleration_g):
        raise InputError(
            f"{parts[latest].path}: begins after {parts[earliest].path} ends: they are not of one motion; "
            "name the files of each record, file_h1 and file_h2, in [catalogue] metadata"
        )
    for part, offset in zip(parts, offsets, strict=True):
        if abs(offset - round(offset)) > 0.25:
            raise InputError(
                f"{part.path}: starts {offset:.2f} steps after the other component; "
                "resample one to the other's times"
            )
    starts = [round(offset) for offset in offsets]
    length = max(start + len(part.acceleration_g) for start, part in zip(starts, parts, strict=True))
    rows = np.zeros((len(parts), length))
    for row, start, part in zip(rows, starts, parts, strict=True):
        row[start : start + len(part.acceleration_g)] = part.acceleration_g
    return rows
