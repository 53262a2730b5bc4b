"""Reading and writing accelerograms: PEER AT2, ESM, K-NET and plain text."""

from __future__ import annotations

from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.at2 import write_at2
from gmplug.waveforms.motion import read_accelerogram, read_motion

__all__ = ["Accelerogram", "read_accelerogram", "read_motion", "write_at2"]
