"""From a file to an accelerogram, and from a catalogue's row to the components of a motion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.textfile import read_text
from gmplug.values import FloatArray, Motion
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.formats import read_format
from gmplug.waveforms.npy import SUFFIX, read_npy
from gmplug.waveforms.text import Given

#: Time steps of components may differ by this share: headers print them with few digits.
TIME_STEP_TOLERANCE = 1e-4


def read_accelerogram(
    path: Path | str, time_step_s: float | None = None, units: str | None = None
) -> Accelerogram:
    """Read a waveform file: PEER AT2, ESM, K-NET and KiK-net, plain text, or a NumPy array (``.npy``).

    Parameters
    ----------
    time_step_s, units
        Time step, s, and unit of acceleration of a file that states none. What the file states goes first;
        notes tell where it is something else.

    Raises
    ------
    InputError
        One line naming file, line and remedy.
    """
    path = Path(path)
    if path.suffix.lower() == SUFFIX:
        return read_npy(path, time_step_s, units)
    lines = read_text(path, "an AT2 file or text columns").replace("\u2212", "-").split("\n")
    return read_format(lines, path, Given(time_step_s, units))


def read_motion(record: Mapping[str, Any]) -> Motion:
    """Read the components that a row names: ``file_h1``, ``file_h2``, ``file_v``.

    ``time_step_s`` and ``units`` of the row are those of files that state none.

    Components are put on one time axis: they start together unless two-column files state other starts,
    and run from the first start to the last end, with zeros where a component has no samples. (AT2 files of a
    pair often differ by some samples at the end, where motion has died away: padding loses nothing.)

    Raises
    ------
    InputError
        No horizontal component named, a file that cannot be read, or components with different time steps.
    """
    stated = {key: record[key] for key in record if not pd.isna(record[key]) and record[key] != ""}
    step = float(stated["time_step_s"]) if "time_step_s" in stated else None
    horizontal = [stated[key] for key in ("file_h1", "file_h2") if key in stated]
    if not horizontal:
        raise InputError(
            f"record {record.get('id', 'record')}: no waveform file is named in file_h1; give the folder of "
            f"its waveforms"
        )
    vertical = [stated["file_v"]] if "file_v" in stated else []
    parts = [read_accelerogram(path, step, stated.get("units")) for path in (*horizontal, *vertical)]
    rows = on_one_axis(parts)
    return Motion(
        time_step_s=parts[0].time_step_s,
        horizontal_g=rows[: len(horizontal)],
        vertical_g=rows[-1] if vertical else None,
    )


def on_one_axis(parts: Sequence[Accelerogram]) -> FloatArray:
    """Accelerations of components on a common time axis, g, shape (components, n), zeros where none is known.

    Raises InputError where time steps differ, or starts differ by no whole number of steps.
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
