"""What a file holds of a disaggregation: the measures and levels, and the contributions to each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gmplug.hazard.measure_names import measure_label
from gmplug.values import FloatArray


@dataclass(frozen=True)
class Bins:
    """Contributions to one level of one measure.

    Parameters
    ----------
    magnitude, distance_km, contribution
        Shape (n,); contributions in any unit that they share, proportional to rates.
    places
        Place of each bin in the file, for messages, n texts.
    notes
        What a user should know of them.
    """

    magnitude: FloatArray
    distance_km: FloatArray
    contribution: FloatArray
    places: Sequence[str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Level:
    """The measure and the level of a disaggregation, as the file states them.

    Parameters
    ----------
    period_s
        Of Sa, s; 0 for PGA; NaN where the file names "SA" alone.
    sa_g, return_period_years
        The level, g, and its return period; NaN where the file does not state them.
    vs30_m_s
        Of the site; None where the file does not state it.
    notes
        What a user should know of the file.
    """

    period_s: float
    sa_g: float
    return_period_years: float
    vs30_m_s: float | None
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Measure and return period, for descriptions."""
        years, measure = self.return_period_years, measure_label(self.period_s)
        return measure if np.isnan(years) else f"{measure} at {years:.4g} years"


@dataclass(frozen=True, kw_only=True)
class Held(Level):
    """One level of a file. ``read`` returns its bins; it raises InputError where this level is unusable."""

    read: Callable[[], Bins]
