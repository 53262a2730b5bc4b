"""What gmplug knows of an intensity measure besides Sa."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gmplug.limits import Limits
from gmplug.values import FloatArray, Motion, Scenario


class SpectralMeasure(Protocol):
    """A measure that is a function of the response spectrum alone."""

    def periods_s(self, t_star_s: float, /) -> FloatArray:
        """Return the periods whose Sa it needs, s, shape (P,), for a study's T*."""

    def of_spectrum(self, periods_s: FloatArray, sa_g: FloatArray, /) -> FloatArray:
        """Return the measure of spectra, g, shape (N, P) -> (N,)."""


@dataclass(frozen=True, eq=False)
class IntensityMeasure:
    """An intensity measure besides Sa, such as PGA, a significant duration or CAV.

    Parameters
    ----------
    column
        Its column in the records, with the unit at the end: ``cav_m_s``. Studies use this name.
    title, symbol
        For people: ``cumulative absolute velocity``, ``CAV``.
    unit
        Unit of the column: ``m/s``. Flatfiles may state another unit of the same quantity.
    scale_power
        The measure of a record scaled by f is f to this power times the unscaled one: 0 for durations, 1 for
        PGA, PGV and CAV, 2 for Arias intensity.
    spellings
        Headings of flatfiles besides ``column``, the preferred first.
    compute
        ``f(motion, percentile) -> float``: the measure of an unscaled Motion; ``percentile`` is over the
        orientations (50: RotD50, 100: RotD100). None: only tables state it, or one of the next two makes it.
    spectral
        The measure as a function of the response spectrum, which the pre-selection evaluates for records
        without a value: ``spectral.periods_s(t_star_s) -> (P,)`` and ``spectral.of_spectrum(periods_s (P,),
        sa_g (N, P)) -> (N,)``.
    of_period
        ``f(motion, percentile, t_star_s) -> float``: a measure of the waveforms that depends on T*. The
        pre-selection computes it where a study asks for it.
    depends_on_orientation
        Whether RotD50, RotD100 and a single component differ. True unless you know that they do not.
    correlation_with_sa
        ``f(periods_s (P,)) -> (P,)``: correlation of its ln with ln Sa. None where none is published: a GCIM
        target refuses the measure.
    correlations
        Correlation of its ln with that of other measures, by their column. One of the two states it.
    predict
        ``f(scenario) -> (ln median, σ of ln)``, used where the ground-motion model does not predict it.
    source
        Where the measure is defined: paper, report.
    possible, usual, limits_source
        Least and largest value that it can have, those that need no second look, and where they come from.
    """

    column: str
    title: str
    symbol: str
    unit: str
    scale_power: float
    spellings: tuple[str, ...] = ()
    compute: Callable[[Motion, float], float] | None = None
    spectral: SpectralMeasure | None = None
    of_period: Callable[[Motion, float, float], float] | None = None
    depends_on_orientation: bool = True
    correlation_with_sa: Callable[[FloatArray], FloatArray] | None = None
    correlations: Mapping[str, float] = field(default_factory=dict)
    predict: Callable[[Scenario], tuple[float, float]] | None = None
    source: str = ""
    possible: tuple[float, float] | None = None
    usual: tuple[float, float] | None = None
    limits_source: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.column):
            raise ValueError(
                f"intensity measure: column {self.column!r} must be of small letters, digits and _, "
                "such as cav_m_s"
            )

    @property
    def heading(self) -> str:
        """Symbol and unit, of scaled records where scaling changes it."""
        return f"{self.symbol}{', scaled' if self.scale_power else ''} ({self.unit})"

    @property
    def limits(self) -> Limits | None:
        """Limits of unscaled records, None where nothing is stated."""
        if self.possible is None:
            return None
        return Limits(self.title, self.unit, self.possible, self.usual or self.possible, self.limits_source)
