"""PEER's AT2 files: header lines, one of them with NPTS and DT, then accelerations in reading order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gmplug.errors import InputError
from gmplug.units import parse_unit
from gmplug.values import FloatArray
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.text import Given, parse_text

#: The line with NPTS and DT is the fourth in every PEER release; some tools put more lines before it.
_HEADER_LINES = 20
_TITLE = re.compile(r"PEER\b.*(?:RECORD|DATABASE)|PACIFIC EARTHQUAKE ENGINEERING", re.IGNORECASE)
_NPTS = re.compile(r"\bn(?:umber of )?p(?:oin)?ts\b", re.IGNORECASE)
#: NPTS and DT alone.
_BARE = re.compile(r"\s*\d+[\s,]+\d*\.\d*\s*")

_PER_LINE = 5
_FIELD = "%15.7E"


def is_at2(lines: Sequence[str], path: Path) -> bool:
    """Tell whether a file is PEER's, by its name or its title with NPTS below it."""
    if path.suffix.lower() == ".at2":
        return True
    return any(map(_TITLE.search, lines[:3])) and any(map(_NPTS.search, lines[:_HEADER_LINES]))


def parse_at2(lines: Sequence[str], path: Path, given: Given) -> Accelerogram:
    """Make an accelerogram of an AT2 file's lines: g, unless the header states another unit.

    Raises
    ------
    InputError
        One line naming file, line and remedy: no NPTS or DT, fewer points than NPTS, something that is not a
        finite number, velocity or displacement instead of acceleration.
    """
    if not any(_NPTS.search(line) or _BARE.fullmatch(line) for line in lines[:_HEADER_LINES]):
        raise InputError(
            f"{path}: no line with NPTS and DT among the first {_HEADER_LINES}; "
            "an AT2 file states them on line 4; for plain columns use another file name extension"
        )
    return parse_text(lines, path, given, default_unit=parse_unit("g"))


def write_at2(path: Path | str, accelerogram: Accelerogram) -> None:
    """Write an AT2 file: accelerations in g with 8 significant digits, five to a line.

    The first two lines of ``accelerogram.header`` are kept as title lines; what is not ASCII becomes ``?``.
    """
    path = Path(path)
    titles = [*accelerogram.header[:2], "ACCELEROGRAM WRITTEN BY GMPLUG", "-"]
    kind = "ACCELERATION TIME SERIES IN UNITS OF G"
    corners = [
        f"{name}={corner:.6g} Hz"
        for name, corner in (("HP", accelerogram.highpass_hz), ("LP", accelerogram.lowpass_hz))
        if corner is not None
    ]
    if corners:
        kind += ". FILTER POINTS: " + " ".join(corners)
    values = accelerogram.acceleration_g
    head = [*(_one_line(t) for t in titles[:2]), kind]
    head.append(f"NPTS= {len(values):6d}, DT= {accelerogram.time_step_s:.10g} SEC,")
    path.write_bytes(("\n".join(head) + "\n" + _format(values)).encode("ascii", "replace"))


def _one_line(text: str) -> str:
    return " ".join(text.split()) or "-"


def _format(values: FloatArray) -> str:
    full = len(values) // _PER_LINE * _PER_LINE
    line = _FIELD * _PER_LINE + "\n"
    text = (line * (full // _PER_LINE)) % tuple(values[:full].tolist())
    rest = np.asarray(values[full:]).tolist()
    return text + ((_FIELD * len(rest) + "\n") % tuple(rest) if rest else "")
