"""Parsing of number blocks: a fast path for sound files, a slow one that says what is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gmplug.errors import InputError
from gmplug.values import FloatArray

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+|[+-]\d+(?=[\s+-]|$))?")
_NOT_A_NUMBER = re.compile(r"[+-]?(?:nan|inf(?:inity)?)|\*+", re.IGNORECASE)
_MOST_SHOWN = 30


def read_lines(path: Path) -> list[str]:
    """Lines of a text file, without line ends; any bytes outside ASCII are taken as Latin-1.

    Raises InputError where the file is missing, unreadable, empty, or not text.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the path") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder; name a waveform file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check its permissions") from None
    if not raw.strip():
        raise InputError(f"{path}: is empty; fetch the file again")
    if b"\0" in raw[:4096]:
        raise InputError(f"{path}: is not a text file; give an AT2 file or text columns")
    text = raw.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def parse_block(lines: Sequence[str], first_line: int, path: Path) -> FloatArray:
    """All numbers of ``lines``, in reading order, shape (n,).

    Accepts Fortran output: ``-.123E-01-.456E-01`` without a space between, ``D`` exponents, ``.1-101`` for
    0.1e-101. ``first_line`` is the number of the first line in the file, for messages.

    Raises InputError naming the first line that holds anything else.
    """
    block = "\n".join(lines)
    values = _parse_fast(block)
    if values is None:
        values = _parse_slowly(lines, first_line, path)
    if not np.all(np.isfinite(values)):
        _complain_not_finite(lines, first_line, path)
    return values


def _parse_fast(block: str) -> FloatArray | None:
    try:
        return np.array(block.split(), dtype=np.float64)
    except ValueError:
        return None


def _parse_slowly(lines: Sequence[str], first_line: int, path: Path) -> FloatArray:
    values: list[float] = []
    for number, line in enumerate(lines, first_line):
        try:
            values += [float(word) for word in line.split()]
        except ValueError:
            values += _parse_line(line, number, path)
    return np.array(values, dtype=np.float64)


def _parse_line(line: str, number: int, path: Path) -> list[float]:
    values = []
    position = 0
    while position < len(line):
        if line[position].isspace():
            position += 1
            continue
        match = _NUMBER.match(line, position)
        if match is None:
            raise InputError(_bad_line(line, position, number, path))
        values.append(float(_python_notation(match.group())))
        position = match.end()
    return values


def _python_notation(token: str) -> str:
    token = token.replace("d", "e").replace("D", "e")
    return re.sub(r"(?<=[\d.])([+-]\d+)$", r"e\1", token)


def _bad_line(line: str, position: int, number: int, path: Path) -> str:
    word = line[position:].split()[0][:_MOST_SHOWN]
    if _NOT_A_NUMBER.match(line, position):
        return f"{path}, line {number}: {word!r} is not a finite number; repair or leave out this record"
    return f"{path}, line {number}: {word!r} is not a number; repair the file or fetch it again"


def _complain_not_finite(lines: Sequence[str], first_line: int, path: Path) -> None:
    for number, line in enumerate(lines, first_line):
        for word in line.split():
            try:
                finite = bool(np.isfinite(float(word)))
            except ValueError:
                continue
            if not finite:
                raise InputError(
                    f"{path}, line {number}: {word[:_MOST_SHOWN]!r} is not a finite number; "
                    "repair or leave out this record"
                )
    raise InputError(f"{path}: holds a number that is not finite; repair or leave out this record")
