"""The built-in formats of waveform files, offered through the same hook as anybody's."""

from __future__ import annotations

from collections.abc import Iterable

from gmplug.hookspecs import hookimpl
from gmplug.waveforms.formats import BUILTIN, BinaryWaveformFormat, WaveformFormat


@hookimpl
def gmplug_waveform_formats() -> Iterable[WaveformFormat | BinaryWaveformFormat]:
    """Offer the formats that gmplug knows."""
    return BUILTIN
