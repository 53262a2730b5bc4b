"""NumPy's ``.npy`` files of one component, in which a record library keeps its waveforms."""

from __future__ import annotations

import hashlib
import io
import os
import re
from pathlib import Path

import numpy as np

from gmplug.errors import InputError
from gmplug.units import acceleration_unit
from gmplug.values import FloatArray
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.text import Given

SUFFIX = ".npy"
_MAGIC = b"\x93NUMPY"
#: Digits of the content's SHA-256 in the name of a file that :func:`write_npy` makes.
_DIGITS = 16
_NAMED = re.compile(rf".*\.sha256-([0-9a-f]{{{_DIGITS}}})\.npy", re.IGNORECASE)
_LONGEST_STEM = 80


def is_npy(start: bytes, path: Path) -> bool:
    """Tell whether a file is a NumPy array, by its first bytes or its name."""
    return start.startswith(_MAGIC) or path.suffix.lower() == SUFFIX


def read_npy(path: Path, given: Given) -> list[Accelerogram]:
    """Read a one-dimensional array of floating-point numbers; the file states neither time step nor unit.

    Raises InputError where step or unit is not given, the file is no such array, a value is not finite, or
    the content is not the one whose checksum the file's name states.
    """
    time_step_s, units = given.time_step_s, given.units
    if time_step_s is None:
        raise InputError(f"{path}: no time step stated; give time_step_s")
    if units is None:
        raise InputError(f"{path}: no unit of acceleration stated; give units, such as g or m/s2")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    named = _NAMED.fullmatch(path.name)
    if named and _digest(raw) != named[1].lower():
        raise InputError(
            f"{path}: the content is not the one that the file's name states (SHA-256); build the record "
            "library again"
        )
    try:
        values = np.load(io.BytesIO(raw), allow_pickle=False) if raw.startswith(_MAGIC) else None
    except (ValueError, EOFError, OSError):
        values = None
    if values is None or values.dtype.kind != "f" or values.ndim != 1 or not len(values):
        what = "is not a NumPy array" if values is None else f"holds {values.dtype} of shape {values.shape}"
        raise InputError(f"{path}: {what}; give one component, floating-point numbers of shape (n,)")
    if not np.all(np.isfinite(values)):
        at = int(np.flatnonzero(~np.isfinite(values))[0])
        raise InputError(f"{path}: value {at + 1} is {values[at]}; give finite accelerations")
    to_g = acceleration_unit(units, str(path)).in_g
    return [Accelerogram(float(time_step_s), values.astype(float) * to_g, path)]


def write_npy(folder: Path, stem: str, acceleration: FloatArray) -> str:
    """Write an array, shape (n,), to ``STEM.sha256-DIGITS.npy``; return the file's name.

    The name follows from the content; :func:`read_npy` compares them.
    """
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(acceleration, dtype="<f8"), allow_pickle=False)
    raw = buffer.getvalue()
    plain = re.sub(r"[^A-Za-z0-9.-]+", "_", stem).strip("._-")[:_LONGEST_STEM] or "component"
    path = folder / f"{plain}.sha256-{_digest(raw)}{SUFFIX}"
    partial = folder / f"{path.name}.{os.getpid()}.part"
    partial.write_bytes(raw)
    partial.replace(path)
    return path.name


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:_DIGITS]
