"""Response spectra of accelerograms: one component, or any orientation of two."""

from __future__ import annotations

from gmplug.spectra.response import response_spectrum
from gmplug.spectra.rotd import rotd_spectrum

__all__ = ["response_spectrum", "rotd_spectrum"]
