"""ASCII files of ESM, ITACA and AFAD's processed records: keys of the DYNA header, then one value a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.errors import InputError
from gmplug.units import parse_unit
from gmplug.waveforms.accelerogram import Accelerogram, Processing
from gmplug.waveforms.channels import Peak
from gmplug.waveforms.text import Given, parse_text

_HEADER_LINES = 70
_SAME_PEAK = 0.01


def is_esm(lines: Sequence[str], path: Path) -> bool:
    """Tell whether the header has ESM's keys."""
    top = lines[:_HEADER_LINES]
    return any(line.startswith("STREAM:") for line in top) and any(line.startswith("NDATA:") for line in top)


def parse_esm(lines: Sequence[str], path: Path, given: Given) -> Accelerogram:
    """Make an accelerogram of a file's lines.

    Raises InputError, also where the largest value is not the header's ``PGA``.
    """
    record = parse_text(lines, path, given)
    stated = _keys(record.header)
    for key, text in stated.items():
        unit = re.fullmatch(r"PGA_(\S+)", key)
        parsed = parse_unit(unit[1]) if unit else None
        if parsed and re.fullmatch(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?", text):
            _check(Peak.parse(text, parsed.si / STANDARD_GRAVITY_M_S2), record, path)
    start = stated.get("DATE_TIME_FIRST_SAMPLE_YYYYMMDD_HHMMSS", "")
    return replace(
        record,
        start_time_s=_seconds(start),
        station=".".join(stated[key] for key in ("NETWORK", "STATION_CODE") if stated.get(key)),
        event=stated.get("EVENT_ID") or stated.get("EVENT_NAME") or "",
        component=stated.get("STREAM", ""),
        start=start,
        processing=_processing(stated),
    )


def _keys(header: Sequence[str]) -> dict[str, str]:
    pairs = (line.partition(":") for line in header)
    return {key.strip().upper(): value.strip() for key, colon, value in pairs if colon}


def _seconds(start: str) -> float:
    """Return the time of the first sample, s since 1970; 0 where none is stated."""
    try:
        return datetime.strptime(start, "%Y%m%d_%H%M%S.%f").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def _processing(stated: dict[str, str]) -> Processing:
    how = stated.get("PROCESSING", "")
    if re.match(r"none|unprocessed|raw|uncorrected", how, re.IGNORECASE):
        return "uncorrected"
    return "corrected" if how else ""


def _check(peak: Peak, record: Accelerogram, path: Path) -> None:
    found = float(np.max(np.abs(record.acceleration_g)))
    if peak.value and abs(found - peak.value) > _SAME_PEAK * peak.value + 1.01 * peak.rounding:
        raise InputError(
            f"{path}: the peak of the values is {found:.5g} g, the header states {peak.value:.5g} g; "
            "the file was damaged or changed, fetch it again"
        )
