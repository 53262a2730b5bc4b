"""PEER's AT2 files: header lines, one of them with NPTS and DT, then accelerations in reading order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from gmplug.errors import InputError
from gmplug.units import parse_unit
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
    titles = [" ".join(title.split()) or "-" for title in accelerogram.header[:2]]
    titles = [*titles, "ACCELEROGRAM WRITTEN BY GMPLUG", "-"][:2]
    corners = [
        f"{name}={corner:.6g} Hz"
        for name, corner in (("HP", accelerogram.highpass_hz), ("LP", accelerogram.lowpass_hz))
        if corner is not None
    ]
    filtered = f". FILTER POINTS: {' '.join(corners)}" if corners else ""
    values = accelerogram.acceleration_g.tolist()
    head = (
        *titles,
        f"ACCELERATION TIME SERIES IN UNITS OF G{filtered}",
        f"NPTS= {len(values):6d}, DT= {accelerogram.time_step_s:.10g} SEC,",
    )
    full, rest = divmod(len(values), _PER_LINE)
    body = (_FIELD * _PER_LINE + "\n") * full + (_FIELD * rest + "\n" if rest else "")
    text = "".join(f"{line}\n" for line in head) + body % tuple(values)
    Path(path).write_bytes(text.encode("ascii", "replace"))
