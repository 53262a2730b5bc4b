"""Files of NIED's K-NET and KiK-net: a header of fixed keys, then counts, eight a line.

Acceleration is counts times the scale factor, gal; the sensor's offset is in it. The peak that the header
states is that of the record less its mean (NIED, "About the K-NET ASCII format"), so the mean is taken off
here as well, and the peaks are compared.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.errors import InputError
from gmplug.notes import doubtful
from gmplug.units import acceleration_unit
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.blocks import split_lines
from gmplug.waveforms.cells import table_of
from gmplug.waveforms.layout import SAME_STEP
from gmplug.waveforms.text import Given

_SCALE = re.compile(r"\s*([\d.]+)\s*\(gal\)\s*/\s*([\d.]+)", re.IGNORECASE)
_SEARCHED_LINES = 25
#: The header states the peak with four digits.
_SAME_PEAK = 0.01


def is_knet(lines: Sequence[str], path: Path) -> bool:
    """Tell whether the header has NIED's scale factor and sampling frequency."""
    start = "\n".join(lines[:_SEARCHED_LINES])
    return re.search(r"^Scale Factor\b", start, re.M) is not None and "Sampling Freq" in start


def parse_knet(lines: Sequence[str], path: Path, given: Given) -> Accelerogram:
    """Make an accelerogram of the lines of a K-NET or KiK-net file; raises InputError."""
    block = split_lines(lines, path)
    scale_gal = _scale(lines, path)
    rate = _rate(lines, path)
    table = table_of(block.rows, path)
    gal = table.values * scale_gal
    offset = float(gal.mean())
    gal = gal - offset
    notes = [
        f"{path}: counts converted to g; the mean of {offset:.4g} gal is taken off as the sensor's offset"
    ]
    if block.after:
        raise InputError(f"{path}, line {block.after[0][0]}: text after the data; repair the file")
    notes += _check_peak(lines, gal, path)
    notes += _check_duration(lines, len(gal), rate, path)
    dt = 1.0 / rate
    if given.time_step_s is not None and abs(given.time_step_s / dt - 1) > SAME_STEP:
        notes.append(
            doubtful(
                f"{path}: has a time step of {dt:g} s as it states; "
                f"time_step_s = {given.time_step_s:g} is not used"
            )
        )
    if given.units is not None and acceleration_unit(given.units, "units").name.lower() != "gal":
        notes.append(doubtful(f"{path}: is in gal as it states; units = {given.units!r} is not used"))
    return Accelerogram(
        time_step_s=dt,
        acceleration_g=gal * 0.01 / STANDARD_GRAVITY_M_S2,
        path=path,
        header=tuple(text.rstrip() for _, text in block.header),
        notes=tuple(notes),
    )


def _value(lines: Sequence[str], key: str) -> tuple[int, str] | None:
    for number, line in enumerate(lines[:_SEARCHED_LINES], 1):
        if line.startswith(key):
            return number, re.sub(r"^\([^)]*\)", "", line[len(key) :].strip()).strip()
    return None


def _scale(lines: Sequence[str], path: Path) -> float:
    number, text = _value(lines, "Scale Factor") or (1, "")
    match = _SCALE.match(text)
    if match is None or float(match[1]) <= 0 or float(match[2]) <= 0:
        raise InputError(
            f"{path}, line {number}: scale factor {text!r} is not like 3920(gal)/6182761; correct it"
        )
    return float(match[1]) / float(match[2])


def _rate(lines: Sequence[str], path: Path) -> float:
    number, text = _value(lines, "Sampling Freq") or (1, "")
    match = re.match(r"\.?\s*(\d+(?:\.\d+)?)", text)
    if match is None or float(match[1]) <= 0:
        raise InputError(f"{path}, line {number}: sampling frequency {text!r} is no number; correct it")
    return float(match[1])


def _check_peak(lines: Sequence[str], gal: np.ndarray, path: Path) -> list[str]:
    stated = _value(lines, "Max. Acc.")
    match = re.match(r"\d+(?:\.\d+)?", stated[1]) if stated else None
    if match is None or float(match[0]) <= 0:
        return []
    peak = float(np.max(np.abs(gal)))
    if abs(peak / float(match[0]) - 1) <= _SAME_PEAK:
        return []
    return [doubtful(f"{path}: the peak is {peak:.4g} gal, the header states {float(match[0]):.4g} gal")]


def _check_duration(lines: Sequence[str], samples: int, rate: float, path: Path) -> list[str]:
    stated = _value(lines, "Duration Time")
    match = re.match(r"\d+(?:\.\d+)?", stated[1]) if stated else None
    if match is None:
        return []
    wanted = float(match[0]) * rate
    if samples < wanted - rate:  # durations are whole seconds
        raise InputError(
            f"{path}: truncated, {samples} of the {wanted:g} points that its duration "
            f"(line {stated[0] if stated else 0}) states; fetch the file again"
        )
    return []
