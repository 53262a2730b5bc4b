"""The lines of a text file, whatever its encoding and line ends."""

from __future__ import annotations

import codecs
from pathlib import Path

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


def read_lines(path: Path) -> list[str]:
    """Lines of a text file, without line ends: UTF-8, UTF-16 or UTF-32, else Latin-1.

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
    if not raw.strip(b" \t\r\n\0"):
        raise InputError(f"{path}: is empty; fetch the file again")
    text = _decoded(raw, path).replace("\u2212", "-")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _decoded(raw: bytes, path: Path) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace")
    start = raw[:_LOOKED_AT]
    for first, what in _BINARY:
        if raw.startswith(first):
            raise InputError(f"{path}: is not a text file but {what}; give an AT2 file or text columns")
    if b"\0" in start:
        even, odd = start[0::2].count(0), start[1::2].count(0)
        half = len(start) / 2
        if odd > 0.9 * half and even < 0.1 * half:
            return raw.decode("utf-16-le", "replace")
        if even > 0.9 * half and odd < 0.1 * half:
            return raw.decode("utf-16-be", "replace")
        raise InputError(f"{path}: is not a text file{_record_format(raw)}; give an AT2 file or text columns")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _record_format(raw: bytes) -> str:
    """Name the binary formats of seismology that have no first bytes of their own."""
    if raw[:6].isdigit() and raw[6:7] in b"DRQM":
        return " but miniSEED"
    if len(raw) >= 632 and 6 in (int.from_bytes(raw[304:308], order) for order in ("little", "big")):
        return " but SAC"
    return ""
