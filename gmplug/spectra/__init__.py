"""Response spectra of accelerograms: one component, any orientation of two, many records."""

from __future__ import annotations

from gmplug.spectra.many import spectra_of_motions, spectrum_of_motion
from gmplug.spectra.response import response_spectrum, rotd_spectrum
