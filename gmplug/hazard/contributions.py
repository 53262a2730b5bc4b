"""What a file holds of a disaggregation: the measures and levels, and the contributions to each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gmplug.hazard.measure_names import measure_label
from gmplug.values import FloatArray


@dataclass(frozen=True)
class Bins:
    """What contributes to one level of one measure.

    Parameters
    ----------
    magnitude, distance_km, contribution
        Shape (n,); contributions in any unit that they share, proportional to rates.
    places
        Where each bin stands in the file, for messages, n texts.
    notes
        What a user should know of them.
    """

    magnitude: FloatArray
    distance_km: FloatArray
    contribution: FloatArray
    places: Sequence[str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Held:
    """One measure at one level, as a file holds it: what the file states, and how to read its bins.

    Parameters
    ----------
    period_s
        Of Sa, s; 0 for PGA; NaN where the file says "SA" alone.
    sa_g, return_period_years
        NaN where the file does not say.
    vs30_m_s
        None where the file does not say.
    read
        Returns the bins; raises InputError where this one measure cannot be used.
    notes
        What a user should know of the file.
    """

    period_s: float
    sa_g: float
    return_period_years: float
    vs30_m_s: float | None
    read: Callable[[], Bins]
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Measure and return period, for lists of what a file holds."""
        years = self.return_period_years
        measure = measure_label(self.period_s)
        return measure if np.isnan(years) else f"{measure} at {years:.4g} years"
