"""Names of components in files that hold several: ``CE23583.V2#2`` is the second acceleration of the file."""

from __future__ import annotations

import re
from pathlib import Path

_REFERENCE = re.compile(r"(.+)#(\d+)")


def split_reference(path: Path | str) -> tuple[Path, int | None]:
    """Return the file, and which of its components is meant, counted from 1; None without a number."""
    path = Path(path)
    match = _REFERENCE.fullmatch(path.name)
    if match is None or path.is_file():
        return path, None
    return path.with_name(match[1]), int(match[2])


def file_of(path: Path | str) -> Path:
    """Return the file that a name of a waveform means, without the number of the component."""
    return split_reference(path)[0]


def reference(path: Path, number: int) -> Path:
    """Return the name of one component of a file that holds several."""
    return path.with_name(f"{path.name}#{number}")
