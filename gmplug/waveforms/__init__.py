"""Reading and writing accelerograms: PEER AT2 files and plain text columns."""

from __future__ import annotations

from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.at2 import read_at2, write_at2
from gmplug.waveforms.motion import read_accelerogram, read_motion
from gmplug.waveforms.text import read_text

__all__ = ["Accelerogram", "read_accelerogram", "read_at2", "read_motion", "read_text", "write_at2"]
