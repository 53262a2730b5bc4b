"""Accelerations in one file, their times in another beside it: ``acc/acc_7.csv`` and ``dts/dts_7.csv``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from gmplug.errors import InputError
from gmplug.notes import doubtful
from gmplug.textfile import read_text
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.blocks import split_lines
from gmplug.waveforms.cells import table_of
from gmplug.waveforms.sampling import same_step
from gmplug.waveforms.text import Given, parse_text

_ACCELERATION = re.compile(r"(?<![a-z])acc(?![a-z])", re.IGNORECASE)
_TIMES = ("dts", "dt", "times", "time")
#: Times may lie off the even grid by this share of a step.
_TOLERANCE = 0.02


def times_beside(path: Path) -> Path | None:
    """Return the file with the times of a file of accelerations; None where there is none.

    Its name has ``dts`` in place of ``acc``, and it lies in the same folder or in ``dts`` beside ``acc``.
    """
    return next((file for file in _candidates(path) if file.is_file()), None)


def _candidates(path: Path) -> Iterator[Path]:
    for word in _TIMES:
        renamed = path.with_name(_ACCELERATION.sub(word, path.name))
        if renamed != path:
            yield renamed
        if _ACCELERATION.fullmatch(path.parent.name):
            yield path.parent.with_name(word) / renamed.name


def has_times_beside(lines: Sequence[str], path: Path) -> bool:
    """Tell whether the times of a file lie in another beside it."""
    return times_beside(path) is not None


def parse_with_times(lines: Sequence[str], path: Path, given: Given) -> Accelerogram:
    """Make an accelerogram of a file's lines, with the time step of the file beside it.

    The other file has the time step, or the times of all samples.

    Raises InputError, also where the times are uneven, or not as many as the accelerations.
    """
    beside = times_beside(path)
    assert beside is not None, path
    text = read_text(beside, "the time step or the times of the samples").split("\n")
    numbers = table_of(split_lines(text, beside).rows, beside).values
    first, step = _step(numbers, beside)
    record = parse_text(lines, path, Given(step, given.units))
    if len(numbers) > 1 and len(numbers) != len(record.acceleration_g):
        raise InputError(
            f"{beside}: has {len(numbers)} times, {path.name} has {len(record.acceleration_g)} values; "
            "give the files of one record"
        )
    notes = [f"{path}: the time step of {step:g} s is that of {beside.name}"]
    if given.time_step_s is not None and not same_step(step, given.time_step_s):
        notes.append(
            doubtful(
                f"{path}: has a time step of {step:g} s; time_step_s = {given.time_step_s:g} is not used"
            )
        )
    return replace(record, start_time_s=first, notes=(*record.notes, *notes))


def _step(numbers: np.ndarray, path: Path) -> tuple[float, float]:
    """Return the first time and the time step, s; raises InputError."""
    if len(numbers) == 1 or np.allclose(numbers, numbers[0], rtol=1e-6, atol=0):
        first, step = 0.0, float(numbers[0])
    else:
        first, step = float(numbers[0]), float(numbers[-1] - numbers[0]) / (len(numbers) - 1)
        off = np.abs(numbers - (first + step * np.arange(len(numbers))))
        if step > 0 and off.max() > _TOLERANCE * step:
            at = int(np.argmax(off)) + 1
            raise InputError(
                f"{path}: the times are uneven at value {at}; resample the record to an even step"
            )
    if not 0 < step < 1:
        raise InputError(
            f"{path}: gives a time step of {step:g} s; it needs the time step, or rising times, s"
        )
    return first, round(step, 9)
