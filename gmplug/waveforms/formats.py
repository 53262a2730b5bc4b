"""The formats of waveform files, each with a way to recognize it and, where gmplug reads it, a reader.

This is the only place that lists formats. Packages add theirs by the hook ``gmplug_waveform_formats``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gmplug.errors import InputError
from gmplug.registry import Registry
from gmplug.textfile import opened, text_of
from gmplug.waveforms import components_in_columns, hdf5, npy, seismograms
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.at2 import is_at2, parse_at2
from gmplug.waveforms.beside import has_times_beside, parse_with_times
from gmplug.waveforms.cosmos import is_cosmos, parse_cosmos
from gmplug.waveforms.csmip import is_csmip, parse_csmip
from gmplug.waveforms.esm import is_esm, parse_esm
from gmplug.waveforms.geonet import is_geonet, parse_geonet
from gmplug.waveforms.knet import is_knet, parse_knet
from gmplug.waveforms.smc import is_smc, parse_smc
from gmplug.waveforms.text import Given, parse_text

_SEARCHED_LINES = 40
_START_BYTES = 4096
_WANTED = "an AT2 file or text columns"


@dataclass(frozen=True)
class WaveformFormat:
    """A format of text files.

    Parameters
    ----------
    name
        What messages call it.
    detect
        Tells whether a file is of this format, by its lines and its path.
    read
        Makes the accelerograms of the lines, one for each component. It raises ``InputError`` with
        one line that names file, line and remedy. None where gmplug does not read the format.
    suffixes
        Endings of names, in lower case, that such files have.
    """

    name: str
    detect: Callable[[Sequence[str], Path], bool]
    read: Callable[[Sequence[str], Path, Given], Sequence[Accelerogram]] | None = None
    suffixes: tuple[str, ...] = ()


@dataclass(frozen=True)
class BinaryWaveformFormat:
    """A format of binary files: as :class:`WaveformFormat`, by the first 4096 bytes, and the path alone."""

    name: str
    detect: Callable[[bytes, Path], bool]
    read: Callable[[Path, Given], Sequence[Accelerogram]]
    suffixes: tuple[str, ...] = ()


def _one(
    read: Callable[[Sequence[str], Path, Given], Accelerogram],
) -> Callable[[Sequence[str], Path, Given], Sequence[Accelerogram]]:
    return lambda lines, path, given: [read(lines, path, given)]


def _by_words(pattern: str, *suffixes: str) -> Callable[[Sequence[str], Path], bool]:
    """Return a test for words among the first lines, or an ending of the name."""
    words = re.compile(pattern, re.IGNORECASE | re.MULTILINE)

    def detect(lines: Sequence[str], path: Path) -> bool:
        if path.suffix.lower() in suffixes:
            return True
        return words.search("\n".join(lines[:_SEARCHED_LINES])) is not None

    return detect


#: In the order in which they are tried; text that is none of them is read as columns.
BUILTIN: tuple[WaveformFormat | BinaryWaveformFormat, ...] = (
    BinaryWaveformFormat(
        "miniSEED", seismograms.is_mseed, seismograms.read_seismograms,
        (".mseed", ".msd", ".ms", ".miniseed")),
    BinaryWaveformFormat("SAC", seismograms.is_sac, seismograms.read_seismograms, (".sac",)),
    BinaryWaveformFormat("NumPy array", npy.is_npy, npy.read_npy, (".npy",)),
    BinaryWaveformFormat("HDF5", hdf5.is_hdf5, hdf5.read_hdf5, (".h5", ".hdf5", ".hdf")),
    WaveformFormat("PEER AT2", is_at2, _one(parse_at2), (".at2",)),
    WaveformFormat("K-NET or KiK-net ASCII", is_knet, _one(parse_knet)),
    WaveformFormat("COSMOS", is_cosmos, parse_cosmos, (".v0", ".v0c", ".v1c", ".v2c", ".v3c")),
    WaveformFormat("GeoNet", is_geonet, parse_geonet, (".v1a", ".v2a")),
    WaveformFormat("CSMIP, CDMG, USC, RENADIC or BHRC", is_csmip, parse_csmip, (".v1", ".v2", ".v3", ".raw")),
    WaveformFormat("USGS SMC", is_smc, parse_smc, (".smc",)),
    *(WaveformFormat(name, one.detect, one.read) for name, one in components_in_columns.FORMATS.items()),
    WaveformFormat("ESM or ITACA", is_esm, _one(parse_esm)),
    WaveformFormat("accelerations with times in a file beside", has_times_beside, _one(parse_with_times)),
    WaveformFormat("CSMIP or CDMG, incomplete", _by_words(
        r"\A\s*(?:UN)?CORRECTED ACCELEROGRAM|^.{0,60}(?:Phase|Volume|VOL) \d.{0,20}processed",
        ".v1", ".v2", ".v3")),
    WaveformFormat("ObsPy SLIST or TSPAIR", _by_words(r"^TIMESERIES \S+, \d+ samples")),
    WaveformFormat("GeoCSV", _by_words(r"^#\s*dataset:\s*GeoCSV")),
    WaveformFormat("Kinemetrics EVT", lambda lines, path: False, suffixes=(".evt",)),
    WaveformFormat("GSE", _by_words(r"^WID[12] |^BEGIN GSE"), suffixes=(".gse",)),
    WaveformFormat("SAC text", _by_words(r"^\s*-12345(?:\.0+)?\s+-12345")),
    WaveformFormat("StationXML or another XML format", _by_words(r"\A\s*<\?xml")),
    WaveformFormat("HTML (a web page, not a record)", _by_words(r"\A\s*<(?:!doctype html|html)")),
)  # fmt: skip

_FORMATS = Registry(BUILTIN, key=lambda one: one.name)
#: The formats in use by their name.
formats = _FORMATS.in_use
#: Puts formats in use, in place of those before.
use_formats = _FORMATS.use


def is_recognized(path: Path) -> bool:
    """Tell whether a file looks like a format that gmplug reads, or has the suffix of a known one."""
    try:
        with opened(path, _WANTED) as stream:
            start = stream.read(_START_BYTES)
    except InputError:
        return False
    lines = start.decode("latin-1").replace("\r\n", "\n").split("\n")
    for one in formats().values():
        if path.suffix.lower() in one.suffixes:
            return True
        if isinstance(one, BinaryWaveformFormat):
            if one.detect(start, path):
                return True
        elif one.read is not None and b"\0" not in start and one.detect(lines, path):
            return True
    return False


def read_file(path: Path, given: Given) -> list[Accelerogram]:
    """Read a file by the first format that knows it, else as columns of text; raises InputError."""
    known = sorted(formats().values(), key=lambda one: one.read is None)  # those that are only refused last
    with opened(path, _WANTED) as stream:
        start = stream.read(_START_BYTES)
        binary = next(
            (one for one in known if isinstance(one, BinaryWaveformFormat) and one.detect(start, path)), None
        )
        raw = b"" if binary else start + stream.read()
    if binary:
        with _named(binary.name, path):
            return list(binary.read(path, given))
    lines = text_of(raw, path, _WANTED).replace("\u2212", "-").split("\n")
    for one in known:
        if isinstance(one, WaveformFormat) and one.detect(lines, path):
            if one.read is None:
                raise InputError(
                    f"{path}: looks like a file of the format {one.name}, which gmplug does not read; "
                    "convert it to AT2, or to time and acceleration"
                )
            with _named(one.name, path):
                return list(one.read(lines, path, given))
    return [parse_text(lines, path, given)]


@contextmanager
def _named(name: str, path: Path) -> Iterator[None]:
    """Add to messages as which format a file was read; what else a reader meets is one line too."""
    try:
        yield
    except InputError as error:
        raise InputError([f"{line} (read as {name})" for line in error.problems]) from None
    except (ValueError, ArithmeticError, LookupError) as error:
        text = " ".join(str(error).split())[:120]
        raise InputError(
            f"{path}: does not keep to its format ({text}); fetch the file again (read as {name})"
        ) from error
