"""Files of NIED's K-NET and KiK-net: a header of fixed keys, then counts, eight a line.

Acceleration is counts times the scale factor, gal; the sensor's offset is in it. The peak that the header
states is that of the record less its mean (NIED, "About the K-NET ASCII format"), so the mean is taken off
here as well, and the peaks are compared.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.errors import InputError
from gmplug.notes import doubtful
from gmplug.units import Unit, acceleration_unit
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.text import Given, parse_text

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
    number, text = _value(lines, "Scale Factor") or (1, "")
    scale = _SCALE.match(text)
    if scale is None or float(scale[1]) <= 0 or float(scale[2]) <= 0:
        raise InputError(
            f"{path}, line {number}: scale factor {text!r} is not like 3920(gal)/6182761; correct it"
        )
    unit = Unit("acceleration", 0.01 * float(scale[1]) / float(scale[2]), "counts")
    record = parse_text(lines, path, Given(given.time_step_s), default_unit=unit, in_reading_order=True)
    more = _check_duration(lines, record, path)
    offset = float(record.acceleration_g.mean())
    acceleration_g = record.acceleration_g - offset
    in_gal = 100.0 * STANDARD_GRAVITY_M_S2
    notes = [*more, f"{path}: the mean of {offset * in_gal:.4g} gal is taken off as the sensor's offset"]
    stated, peak = _number(lines, "Max. Acc."), float(np.max(np.abs(acceleration_g))) * in_gal
    if stated and abs(peak / stated - 1) > _SAME_PEAK:
        notes.append(doubtful(f"{path}: the peak is {peak:.4g} gal, the header states {stated:.4g} gal"))
    if given.units is not None and acceleration_unit(given.units, "units").name.lower() != "gal":
        notes.append(doubtful(f"{path}: is in gal as it states; units = {given.units!r} is not used"))
    return replace(record, acceleration_g=acceleration_g, notes=(*record.notes, *notes))


def _value(lines: Sequence[str], key: str) -> tuple[int, str] | None:
    for number, line in enumerate(lines[:_SEARCHED_LINES], 1):
        if line.startswith(key):
            return number, re.sub(r"^\([^)]*\)", "", line[len(key) :].strip()).strip()
    return None


def _number(lines: Sequence[str], key: str) -> float | None:
    stated = _value(lines, key)
    match = re.match(r"\d+(?:\.\d+)?", stated[1]) if stated else None
    return float(match[0]) if match else None


def _check_duration(lines: Sequence[str], record: Accelerogram, path: Path) -> list[str]:
    """Raise where the record is shorter than its header states by a second; return a note on less."""
    stated_s, samples = _number(lines, "Duration Time"), len(record.acceleration_g)
    if stated_s is not None and samples < (stated_s - 1.0) / record.time_step_s:
        raise InputError(
            f"{path}: truncated, {samples} of the {stated_s / record.time_step_s:g} points that its duration "
            f"({stated_s:g} s) states; fetch the file again"
        )
    if stated_s and samples != round(stated_s / record.time_step_s):
        line = f"{path}: has {samples} points, its duration states {stated_s / record.time_step_s:g}"
        return [doubtful(line)]
    return []
