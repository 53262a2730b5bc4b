"""Hazard curves: how often a level of shaking is exceeded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.hazard.measure_names import period_of_measure
from gmplug.hazard.openquake import metadata_number, read_csv, split_metadata
from gmplug.values import FloatArray

_WHAT = "a hazard curve: OpenQuake's hazard_curve CSV, or a table with sa_g and annual_rate"


@dataclass(frozen=True)
class HazardCurve:
    """Mean annual rate at which Sa is exceeded.

    Parameters
    ----------
    sa_g
        Levels, g, shape (n,), increasing.
    annual_rate
        Rates, 1/year, shape (n,), positive, not increasing.
    period_s
        Period of Sa, s; 0 for PGA; NaN where the file does not say.
    source
        What was read.
    """

    sa_g: FloatArray
    annual_rate: FloatArray
    period_s: float
    source: str

    def level_g(self, return_period_years: float) -> float:
        """Sa, g, that is exceeded once in so many years on average; linear in ln rate and ln Sa.

        Raises
        ------
        InputError
            The curve does not reach that rate.
        """
        rate = 1.0 / return_period_years
        if not self.annual_rate[-1] <= rate <= self.annual_rate[0]:
            raise InputError(
                f"{self.source}: the curve covers return periods of {1 / self.annual_rate[0]:.4g} to "
                f"{1 / self.annual_rate[-1]:.4g} years, not {return_period_years:g}; extend its levels"
            )
        ln_rate = np.log(self.annual_rate[::-1])
        return float(np.exp(np.interp(np.log(rate), ln_rate, np.log(self.sa_g[::-1]))))


def read_hazard_curve(path: Path, period_s: float | None = None) -> HazardCurve:
    """Read a hazard curve of one site.

    Parameters
    ----------
    path
        OpenQuake's ``hazard_curve-mean-SA(1.0)_….csv`` (probabilities in an investigation time; rates by
        λ = −ln(1 − p)/t), or a CSV with ``sa_g`` and ``annual_rate``.
    period_s
        The period that its Sa must have, where the file states one.

    Raises
    ------
    InputError
        The file cannot be read, is of several sites, of another period, or does not fall.
    """
    try:
        metadata, table = split_metadata(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; give the path of the hazard curve") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text ({error})") from None
    frame = read_csv(table, path, _WHAT)
    if {"sa_g", "annual_rate"} <= set(frame.columns):
        levels = pd.to_numeric(frame["sa_g"], errors="coerce").to_numpy(dtype=float)
        rates = pd.to_numeric(frame["annual_rate"], errors="coerce").to_numpy(dtype=float)
        period = metadata_number(metadata, "period_s")
    else:
        levels, rates = _openquake(frame, metadata_number(metadata, "investigation_time"), path)
        known = period_of_measure(metadata.get("imt", ""))
        period = float("nan") if known is None else known
    if period_s is not None and not np.isnan(period) and abs(np.log(max(period, 0.01) / period_s)) > 1e-3:
        raise InputError(
            f"{path}: is the curve of Sa({period:g} s), not of Sa({period_s:g} s); give that one"
        )
    return _checked(levels, rates, period, path)


def _openquake(frame: pd.DataFrame, years: float, path: Path) -> tuple[FloatArray, FloatArray]:
    names = [str(name) for name in frame if str(name).startswith("poe-")]
    if not names:
        raise InputError(f"{path}: not {_WHAT} (columns: {list(frame)[:6]})")
    if len(frame) != 1:
        raise InputError(f"{path}: holds the curves of {len(frame)} sites; keep the row of yours")
    if not years > 0:
        raise InputError(
            f"{path}: its first line states no investigation_time; export it from OpenQuake again"
        )
    levels = np.array([float(name.removeprefix("poe-")) for name in names])
    poe = np.array([pd.to_numeric(frame[name], errors="coerce").iloc[0] for name in names], dtype=float)
    if not np.all((poe >= 0) & (poe <= 1)):
        raise InputError(f"{path}: a probability of exceedance is no number between 0 and 1")
    return levels, -np.log1p(-np.minimum(poe, 1 - 1e-12)) / years


def _checked(levels: FloatArray, rates: FloatArray, period: float, path: Path) -> HazardCurve:
    if not (np.all(np.isfinite(levels)) and np.all(np.isfinite(rates)) and np.all(levels > 0)):
        raise InputError(f"{path}: a level or rate of the hazard curve is no number, or a level not positive")
    order = np.argsort(levels, kind="stable")
    levels, rates = levels[order], rates[order]
    if np.any(np.diff(rates) > 0) or np.any(rates < 0):
        raise InputError(f"{path}: the rates of the hazard curve do not fall with the level")
    useful = rates > 0
    if useful.sum() < 2 or np.any(np.diff(levels) <= 0):
        raise InputError(f"{path}: the hazard curve needs at least two different levels with positive rates")
    return HazardCurve(levels[useful], rates[useful], period, path.name)
