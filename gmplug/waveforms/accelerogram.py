"""One component of recorded or simulated ground acceleration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gmplug.values import FloatArray

#: Lowest usable frequency over high-pass corner frequency, as PEER states it for its causal Butterworth
#: filters (Ancheta et al. 2013, PEER report 2013/03, flatfile documentation).
USABLE_FREQUENCY_FACTOR = 1.25


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
        File it was read from, if any.
    header
        Title and header lines of the file, as they stand there.
    highpass_hz
        Corner frequency of the high-pass filter, Hz, where the header states one; 0 means stated as none.
    lowpass_hz
        Corner frequency of the low-pass filter, Hz, likewise.
    start_time_s
        Time of the first sample, s, where the file states times; 0 otherwise.
    notes
        One line for each thing a user should know (points beyond NPTS left out, units converted).
    """

    time_step_s: float
    acceleration_g: FloatArray
    path: Path | None = None
    header: tuple[str, ...] = ()
    highpass_hz: float | None = None
    lowpass_hz: float | None = None
    start_time_s: float = 0.0
    notes: tuple[str, ...] = ()

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
