"""The text of a user's file, whatever its encoding; binary files are refused by name."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gmplug.errors import InputError

#: Byte order marks, the longer first: UTF-32's begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOKED_AT = 4096
#: First bytes of files that are no text, for the message.
_BINARY = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"BZh", "compressed with bzip2"),
    (b"\x89HDF", "an HDF5 file"),
    (b"%PDF", "a PDF document"),
    (b"\x93NUMPY", "a NumPy file"),
    (b"MATLAB 5.0", "a MATLAB file"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook"),
    (b"KMI", "a Kinemetrics EVT file"),
)


def read_text(path: Path, wanted: str) -> str:
    r"""Return a text file's content, lines ended by ``\n``.

    UTF-8, UTF-16 or UTF-32, else Windows or Latin-1. ``wanted`` says in the error line what to give instead.

    Raises InputError where the file is missing, unreadable, empty, or not text.
    """
    with opened(path, wanted) as stream:
        return text_of(stream.read(), path, wanted)


@contextmanager
def opened(path: Path, wanted: str) -> Iterator[BinaryIO]:
    """Open a user's file; raises InputError where it is missing or unreadable. ``wanted`` is as above."""
    try:
        with path.open("rb") as stream:
            yield stream
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; give the path of {wanted}") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder; give {wanted}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check its permissions") from None


def refuse_cut(path: Path) -> None:
    """Raise InputError where a run's CSV ends within its last row, as an interrupted copy does."""
    raw = path.read_bytes() if path.is_file() else b""
    lines = raw.decode("utf-8", "replace").split("\n")
    heading, last = (len(next(csv.reader([line]), [])) for line in (lines[0], lines[-1]))
    if 0 < last < heading:
        raise InputError(
            f"{path}, row {len(lines)}: truncated, has {last} of {heading} cells; restore the file, or run "
            "with --fresh"
        )


def text_of(raw: bytes, path: Path, wanted: str) -> str:
    """Return the content of a text file as :func:`read_text` does; raises InputError where it is not text."""
    if not raw.strip(b" \t\r\n\0"):
        raise InputError(f"{path}: is empty; check that it is the right file, or fetch it again")
    return _decoded(raw, path, wanted).replace("\r\n", "\n").replace("\r", "\n")


def _decoded(raw: bytes, path: Path, wanted: str) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace")
    for first, what in _BINARY:
        if raw.startswith(first):
            raise InputError(f"{path}: is not a text file but {what}; give {wanted}")
    start = raw[:_LOOKED_AT]
    if b"\0" in start:
        for encoding, zeros, others in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
            if start[zeros::2].count(0) > 0.45 * len(start) and start[others::2].count(0) < 0.05 * len(start):
                return raw.decode(encoding, "replace")
        raise InputError(f"{path}: is not a text file{_record_format(raw)}; give {wanted}")
    for encoding in ("utf-8", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _record_format(raw: bytes) -> str:
    """Name the binary formats of seismology that have no first bytes of their own."""
    if raw[:6].isdigit() and raw[6:7] in b"DRQM":
        return " but miniSEED"
    if len(raw) >= 632 and 6 in (int.from_bytes(raw[304:308], order) for order in ("little", "big")):
        return " but SAC"
    return ""
