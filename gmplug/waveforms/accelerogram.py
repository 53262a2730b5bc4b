"""One component of recorded or simulated ground acceleration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from gmplug.values import FloatArray

#: Lowest usable frequency over high-pass corner frequency, as PEER states it for its causal Butterworth
#: filters (Ancheta et al. 2013, PEER report 2013/03, flatfile documentation).
USABLE_FREQUENCY_FACTOR = 1.25
#: ``raw`` is as the instrument recorded, ``uncorrected`` in units of acceleration, ``corrected`` with the
#: corrections of instrument and baseline; empty where the file does not say.
Processing = Literal["", "raw", "uncorrected", "corrected"]


@dataclass(frozen=True)
class Accelerogram:
    """Acceleration of one component at even time steps.

    Parameters
    ----------
    time_step_s
        Sampling interval, s.
    acceleration_g
        Shape (n,), g.
    path
        File it was read from, if any; ``FILE#2`` for the second component of a file that holds several.
    header
        Title and header lines of the file, as they stand there.
    highpass_hz
        Corner frequency of the high-pass filter, Hz, where the header states one; 0 means stated as none.
    lowpass_hz
        Corner frequency of the low-pass filter, Hz, likewise.
    start_time_s
        Time of the first sample, s, where the file states times (of seismograms, ASDF and ESM since 1970); 0
        otherwise.
    notes
        One line for each thing a user should know (points beyond NPTS left out, units converted).
    component
        Direction as the file states it (``N-S``, ``090``, ``N67W``, ``UP``, ``HNE``); empty where the reader
        leaves it to the header and the name.
    station, event, start
        Station, earthquake and time of the first sample as the file states them, for the formats that have
        them in fixed places; else empty.
    processing
        State of processing that the file states.
    """

    time_step_s: float
    acceleration_g: FloatArray
    path: Path | None = None
    header: tuple[str, ...] = ()
    highpass_hz: float | None = None
    lowpass_hz: float | None = None
    start_time_s: float = 0.0
    notes: tuple[str, ...] = ()
    component: str = ""
    station: str = ""
    event: str = ""
    start: str = ""
    processing: Processing = ""

    def __post_init__(self) -> None:
        if self.acceleration_g.ndim != 1 or len(self.acceleration_g) == 0:
            raise ValueError(f"acceleration_g must have shape (n,), n > 0, not {self.acceleration_g.shape}")
        if not (np.isfinite(self.time_step_s) and self.time_step_s > 0):
            raise ValueError(f"time_step_s must be positive, not {self.time_step_s}")

    @property
    def max_usable_period_s(self) -> float:
        """Longest period that the high-pass filter leaves usable, s: 1 / (1.25 HP); infinite where none.

        NaN where the header states no corner. The factor is PEER's (Ancheta et al. 2013).
        """
        if self.highpass_hz is None:
            return float("nan")
        if self.highpass_hz <= 0:
            return float("inf")
        return 1.0 / (USABLE_FREQUENCY_FACTOR * self.highpass_hz)

    @property
    def duration_s(self) -> float:
        """Time from the first to the last sample, s."""
        return (len(self.acceleration_g) - 1) * self.time_step_s
