"""Files of the Engineering Strong-Motion database and ITACA: lines ``KEY: value``, then one column.

The keys are those of the DYNA 1.2 header (Luzi et al. 2016, Seismological Research Letters 87(4); file format
described at esm-db.eu).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gmplug.errors import InputError
from gmplug.units import parse_unit
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.blocks import Line
from gmplug.waveforms.sampling import Stated
from gmplug.waveforms.statements import Statements, not_understood
from gmplug.waveforms.text import Given, parse_text

_STEP, _COUNT, _UNITS, _TYPE = "SAMPLING_INTERVAL_S", "NDATA", "UNITS", "DATA_TYPE"
_SEARCHED_LINES = 80


def is_esm(lines: Sequence[str], path: Path) -> bool:
    """Tell whether the header has the keys of ESM's files."""
    keys = {line.partition(":")[0].strip() for line in lines[:_SEARCHED_LINES] if ":" in line}
    return _STEP in keys and bool(keys & {_COUNT, _TYPE}) and bool(keys & {_UNITS, _TYPE, "STREAM"})


def parse_esm(lines: Sequence[str], path: Path, given: Given) -> Accelerogram:
    """Make an accelerogram of the lines of an ESM or ITACA file; raises InputError."""
    return parse_text(lines, path, given, statements=_statements)


def _statements(header: Sequence[Line], path: Path) -> Statements:
    keys: dict[str, tuple[int, str]] = {}
    for number, text in header:
        key, colon, value = text.partition(":")
        if colon and value.strip():
            keys.setdefault(key.strip().upper(), (number, value.strip()))
    unit = None
    if _UNITS in keys:
        number, text = keys[_UNITS]
        found = parse_unit(text)
        if found is None:
            raise InputError(not_understood(text, path, number))
        unit = Stated(found, number)
    kind = keys.get(_TYPE)
    known = kind is None or "ACC" in kind[1].upper()
    step = _number(keys, _STEP, path)
    if step is not None and step.value <= 0:
        raise InputError(f"{path}, line {step.line}: {_STEP} is {step.value:g}; it must be positive")
    npts = _number(keys, _COUNT, path)
    low, high = (_number(keys, f"{name}_CUT_FREQUENCY_HZ", path) for name in ("LOW", "HIGH"))
    return Statements(
        other=None if known or kind is None else Stated(kind[1].lower(), kind[0]),
        acceleration=kind is not None and known,
        unit=unit,
        time_step_s=step,
        npts=Stated(int(npts.value), npts.line) if npts is not None else None,
        highpass_hz=low.value if low is not None else None,
        lowpass_hz=high.value if high is not None else None,
    )


def _number(keys: dict[str, tuple[int, str]], key: str, path: Path) -> Stated[float] | None:
    if key not in keys:
        return None
    number, text = keys[key]
    try:
        return Stated(float(text), number)
    except ValueError:
        raise InputError(f"{path}, line {number}: {key} is {text[:30]!r}, not a number; correct it") from None
