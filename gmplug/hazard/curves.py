"""Hazard curves: how often a level of shaking is exceeded, and what holds beyond their ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.hazard.files import Site, read_text, split_metadata
from gmplug.hazard.measure_names import measure_label, same_period
from gmplug.values import FloatArray

_WHAT = "a hazard curve: OpenQuake's hazard_curve CSV, the USGS's JSON, or a table with sa_g and annual_rate"
#: A rate or Sa beyond the curve's end by less than this, relatively, is the end: files round.
_AT_THE_END = 1e-3


@dataclass(frozen=True)
class HazardCurve:
    """Mean annual rate at which Sa is exceeded, straight in log-log between its points.

    Beyond its ends nothing is known. :meth:`sa_at` refuses values there unless ``extrapolate`` is set.
    :meth:`rate` continues by the slopes of the end segments, for integrals that report the share beyond
    the ends; :meth:`covers` is true within them. These rules hold wherever gmplug reads a hazard curve.

    Parameters
    ----------
    sa_g
        Levels, g, shape (H,), rising; H ≥ 2.
    annual_rate
        Rates of exceedance, 1/year, shape (H,), positive, not rising.
    period_s
        Period of Sa, s; 0 for PGA; NaN where the file does not state it.
    source
        What was read.
    vs30_m_s
        Of the site; None where the file does not state it.
    notes
        What a user should know of it.
    """

    sa_g: FloatArray
    annual_rate: FloatArray
    period_s: float = float("nan")
    source: str = "the hazard curve"
    vs30_m_s: float | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.sa_g) < 2 or len(self.sa_g) != len(self.annual_rate):
            raise ValueError("a hazard curve needs two points or more, a rate for each")
        if not (np.all(self.sa_g > 0) and np.all(self.annual_rate > 0)):
            raise ValueError("a hazard curve's Sa and rates must be positive")
        if np.any(np.diff(self.sa_g) <= 0) or np.any(np.diff(self.annual_rate) > 0):
            raise ValueError("along a hazard curve Sa must rise and the rate fall")
        if not self.annual_rate[-1] < self.annual_rate[0]:
            raise ValueError("the rates of a hazard curve are all the same")

    @classmethod
    def of(cls, table: pd.DataFrame) -> HazardCurve:
        """The curve of a table with ``sa_g`` and ``annual_rate``."""
        return cls(table["sa_g"].to_numpy(dtype=float), table["annual_rate"].to_numpy(dtype=float))

    @property
    def table(self) -> pd.DataFrame:
        """The points, as a table with ``sa_g`` and ``annual_rate``."""
        return pd.DataFrame({"sa_g": self.sa_g, "annual_rate": self.annual_rate})

    @property
    def range_text(self) -> str:
        """What the curve covers, for messages."""
        return (
            f"{self.sa_g[0]:.4g} to {self.sa_g[-1]:.4g} g, return periods of "
            f"{1 / self.annual_rate[0]:.4g} to {1 / self.annual_rate[-1]:.4g} years"
        )

    @property
    def _slopes(self) -> FloatArray:
        """d ln rate / d ln Sa of each segment, shape (H − 1,)."""
        return np.asarray(np.diff(np.log(self.annual_rate)) / np.diff(np.log(self.sa_g)))

    def covers(self, sa_g: FloatArray) -> np.ndarray:
        """Whether Sa lies between the curve's ends, shape as ``sa_g``."""
        sa, low, high = np.asarray(sa_g, dtype=float), self.sa_g[0], self.sa_g[-1]
        return np.asarray((sa >= low * (1 - _AT_THE_END)) & (sa <= high * (1 + _AT_THE_END)))

    def rate(self, sa_g: FloatArray) -> FloatArray:
        """Annual rate at which Sa is exceeded, 1/yr, shape as ``sa_g``; by the end slopes beyond the ends."""
        x, known = np.log(np.asarray(sa_g, dtype=float)), np.log(self.sa_g)
        at = np.clip(np.searchsorted(known, x) - 1, 0, len(known) - 2)
        return np.exp(np.log(self.annual_rate)[at] + self._slopes[at] * (x - known[at]))

    def sa_at(self, annual_rate: float, *, extrapolate: bool = False) -> float:
        """Sa, g, that is exceeded at a rate; the strongest of those that a flat stretch has at that rate.

        Parameters
        ----------
        extrapolate
            Whether to go on by the slope of the end segment beyond the curve's ends.

        Raises
        ------
        InputError
            The curve does not reach that rate.
        """
        lowest, highest = self.annual_rate[-1], self.annual_rate[0]
        if not lowest * (1 - _AT_THE_END) <= annual_rate <= highest * (1 + _AT_THE_END) and not extrapolate:
            raise InputError(
                f"{self.source}: the curve covers {self.range_text}, not {1 / annual_rate:.4g} years; "
                f"compute the hazard for more levels, or set extrapolate = true beside the option that names "
                f"the curve, to go on by the slope of its end"
            )
        y, known = np.log(annual_rate), np.log(self.annual_rate)
        at = int(np.clip(np.searchsorted(-known, -y, side="right") - 1, 0, len(known) - 2))
        slope = self._slopes[at]
        if slope == 0:
            raise InputError(
                f"{self.source}: the curve is flat at its end, so that it cannot be continued to "
                f"{1 / annual_rate:.4g} years; compute the hazard for more levels"
            )
        return float(np.exp(np.log(self.sa_g[at]) + (y - known[at]) / slope))

    def beyond_text(self, sa_g: float) -> str:
        """A note on an Sa beyond the curve's ends that was read by extrapolation."""
        return (
            f"{self.source} covers {self.range_text}: Sa = {sa_g:.4g} g lies beyond; it and its rate are "
            f"extrapolated by the slope of the curve's end"
        )


def read_hazard_curve(path: Path, period_s: float | None = None, site: Site | None = None) -> HazardCurve:
    """Read a hazard curve of one site.

    Parameters
    ----------
    path
        OpenQuake's ``hazard_curve-mean-SA(1.0)_….csv`` (probabilities in an investigation time; rates by
        λ = −ln(1 − p)/t), the USGS's response (JSON), or a table of one's own with ``sa_g`` and
        ``annual_rate`` (or ``return_period_years``, or probabilities).
    period_s
        The period that its Sa must have, where the file states one.
    site
        Longitude and latitude, degrees: which of several sites; a file of another site is refused.

    Raises
    ------
    InputError
        The file cannot be read, is of several sites or of another, of a quantile, of another period, or does
        not fall. The line names the place in the file.
    """
    from gmplug.hazard import curve_table, openquake, usgs

    text = read_text(path, "the hazard curve")
    vs30: float | None = None
    notes: list[str] = []
    if text.lstrip()[:1] in ("{", "["):
        levels, rates, period, vs30 = usgs.curve(text, path, period_s, site)
        places = [f"value {number}" for number in range(1, len(levels) + 1)]
    else:
        metadata, table, first_line = split_metadata(text)
        heading = table.splitlines()[0] if table.strip() else ""
        names = [cell.strip(' "').lower() for cell in heading.replace(";", ",").split(",")]
        if openquake.curve_columns(names):
            frame = openquake.read_csv(table, path, _WHAT, first_line)
            notes += openquake.is_mean(metadata, path)
            levels, rates, period, places = openquake.curve(frame, metadata, path, period_s, site)
        else:
            levels, rates, period, places = curve_table.read(path, metadata, _WHAT)
            if np.isnan(period) and period_s is not None:
                notes.append(
                    f"{path.name} does not state the period of its Sa: taken for {measure_label(period_s)} "
                    f"(a first line # period_s={period_s:g} states it)"
                )
    if period_s is not None and not np.isnan(period) and not same_period(period, period_s):
        raise InputError(
            f"{path}: is the curve of {measure_label(period)}, not of {measure_label(period_s)}; give "
            "that one"
        )
    levels, rates = _checked(path, levels, rates, places)
    return HazardCurve(levels, rates, period, path.name, vs30, tuple(notes))


def _checked(
    path: Path, levels: FloatArray, rates: FloatArray, places: Sequence[str]
) -> tuple[FloatArray, FloatArray]:
    """Return the points with known rates by rising level.

    A rate of 0 (never exceeded in the file's precision) and one that is infinite (a probability of 1) state
    nothing that can be interpolated; those points are left out, and the curve ends before them.
    """
    for at in np.flatnonzero(~(np.isfinite(levels) & (levels > 0))):
        raise InputError(f"{path}, {places[int(at)]}: the level {levels[int(at)]:g} is not a positive number")
    for at in np.flatnonzero(~(rates >= 0)):
        raise InputError(f"{path}, {places[int(at)]}: the rate {rates[int(at)]:g} is not a number, 0 or more")
    order = np.argsort(levels, kind="stable")
    levels, rates = levels[order], rates[order]
    for at in np.flatnonzero(np.diff(levels) <= 0):
        raise InputError(f"{path}, {places[order[int(at) + 1]]}: the level {levels[int(at)]:g} occurs twice")
    with np.errstate(invalid="ignore"):
        rising = np.flatnonzero(rates[1:] > rates[:-1])
    if len(rising):
        first = int(rising[0]) + 1
        raise InputError(
            f"{path}, {places[order[first]]}: the rate rises to {rates[first]:.4g} a year at "
            f"{levels[first]:g} g; rates of exceedance do not rise with the level: correct it "
            f"(return periods belong into a column return_period_years)"
        )
    useful = (rates > 0) & np.isfinite(rates)
    if useful.sum() < 2 or rates[useful][0] == rates[useful][-1]:
        raise InputError(
            f"{path}: the hazard curve needs two points or more at different levels with different "
            "positive rates"
        )
    return levels[useful], rates[useful]
