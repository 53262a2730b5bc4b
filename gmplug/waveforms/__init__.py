"""Reading and writing accelerograms: the formats that databases of strong motion hand out."""

from __future__ import annotations

from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.at2 import write_at2
from gmplug.waveforms.formats import BinaryWaveformFormat, WaveformFormat
from gmplug.waveforms.motion import read_accelerogram, read_accelerograms, read_motion
from gmplug.waveforms.text import Given
