"""The formats of waveform files, each with a way to recognize it and, where gmplug reads it, a reader."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gmplug.errors import InputError
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.at2 import is_at2, parse_at2
from gmplug.waveforms.knet import is_knet, parse_knet
from gmplug.waveforms.text import Given, parse_text

_SEARCHED_LINES = 40


@dataclass(frozen=True)
class Format:
    """A format: its name, how lines and path tell it, and its reader; None where gmplug does not read it."""

    name: str
    detect: Callable[[Sequence[str], Path], bool]
    read: Callable[[Sequence[str], Path, Given], Accelerogram] | None = None


def _by_words(pattern: str, *suffixes: str) -> Callable[[Sequence[str], Path], bool]:
    """Return a test for words among the first lines, or an ending of the name."""
    words = re.compile(pattern, re.IGNORECASE | re.MULTILINE)

    def detect(lines: Sequence[str], path: Path) -> bool:
        if path.suffix.lower() in suffixes:
            return True
        return words.search("\n".join(lines[:_SEARCHED_LINES])) is not None

    return detect


#: In the order in which they are tried; what is none of them is read as plain text.
FORMATS = (
    Format("PEER AT2", is_at2, parse_at2),
    Format("K-NET or KiK-net ASCII", is_knet, parse_knet),
    Format("COSMOS", _by_words(r"\(Format v\d+\.\d+ with \d+ text lines|COSMOS (?:format|V\d)")),
    Format("USGS SMC", _by_words(
        r"\A\s*\d\s+(?:UN)?CORRECTED\s+(?:ACCELEROGRAM|RECORD)"
        r"|\A\s*\*?\s*[1-5]\s+(?:VELOCITY|DISPLACEMENT|RESPONSE)", ".smc")),
    Format("CSMIP or CDMG", _by_words(
        r"^\s*(?:UN)?CORRECTED ACCELEROGRAM|CSMIP|CDMG|^.{0,60}(?:Phase|Volume|VOL) \d.{0,20}processed",
        ".v1", ".v2", ".v3")),
    Format("GeoNet", _by_words(
        r"Institute of Geological (?:&|and) Nuclear Sciences|GNS Science", ".v1a", ".v2a")),
    Format("CWB (Taiwan)", _by_words(r"^#?\s*StationCode\s*:|^#?\s*DataSequence\s*:")),
    Format("BHRC (Iran)", _by_words(r"^\* VOL\S* \d|Building and Housing Research")),
    Format("Turkish national network", _by_words(r"STRONG[ -]GROUND[ -]MOTION RECORDS OF TURK")),
    Format("RENADIC (Chile)", _by_words(r"UNIVERSIDAD DE CHILE - RENADIC")),
    Format("UNAM (Mexico) ASA", _by_words(r"ARCHIVO EST[AÁ]NDAR DE ACELERACI[OÓ]N")),
    Format("JMA CSV", _by_words(r"^\s*SITE CODE\s*=.*(?:\n.*){0,6}SAMPLING RATE\s*=")),
    Format("ObsPy SLIST or TSPAIR", _by_words(r"^TIMESERIES \S+, \d+ samples")),
    Format("GeoCSV", _by_words(r"^#\s*dataset:\s*GeoCSV")),
    Format("GSE", _by_words(r"^WID[12] |^BEGIN GSE")),
    Format("SAC text", _by_words(r"^\s*-12345(?:\.0+)?\s+-12345", ".sac")),
    Format("StationXML or another XML format", _by_words(r"\A\s*<\?xml")),
    Format("HTML (a web page, not a record)", _by_words(r"\A\s*<(?:!doctype html|html)")),
)  # fmt: skip


def read_format(lines: Sequence[str], path: Path, given: Given) -> Accelerogram:
    """Read a file's lines by the first format that knows them, else as plain text; raises InputError."""
    for known in FORMATS:
        if known.detect(lines, path):
            if known.read is None:
                raise InputError(
                    f"{path}: looks like a file of the format {known.name}, which gmplug does not read; "
                    "convert it to AT2, or to time and acceleration"
                )
            return known.read(lines, path, given)
    return parse_text(lines, path, given)
