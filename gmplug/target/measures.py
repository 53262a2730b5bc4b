"""Intensity measures besides Sa: what scaling does to them, and how they go with each other and with Sa."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.values import FloatArray, Measures

#: Measures by the column that holds them: the power of the scale factor that they grow with.
SCALE_EXPONENTS: Mapping[str, float] = {
    "pga_g": 1.0,
    "pgv_cm_s": 1.0,
    "cav_m_s": 1.0,
    "arias_m_s": 2.0,
    "duration_5_75_s": 0.0,
    "duration_5_95_s": 0.0,
}


def scale_exponent(name: str) -> float:
    """Return the power of the scale factor that a measure grows with.

    Raises
    ------
    InputError
        The measure is not known.
    """
    if name not in SCALE_EXPONENTS:
        raise InputError(f"unknown intensity measure '{name}'; known: {', '.join(SCALE_EXPONENTS)}")
    return SCALE_EXPONENTS[name]


def ln_scaled_measures(records: pd.DataFrame, measures: Measures) -> FloatArray:
    """Return ln of the measures of scaled records, shape (N, M): ln IM + exponent · ln ``scale_factor``.

    Raises
    ------
    InputError
        A record lacks a measure.
    """
    ln_factor = np.log(records["scale_factor"].to_numpy(dtype=float))
    columns = []
    for name in measures.names:
        values = known_values(records, name)
        if np.isnan(values).any():
            missing = records["id"].iloc[int(np.flatnonzero(np.isnan(values))[0])]
            raise InputError(f"record {missing}: has no '{name}', which the target follows; leave it out")
        columns.append(np.log(values) + scale_exponent(name) * ln_factor)
    return np.column_stack(columns)


def known_values(records: pd.DataFrame, name: str) -> FloatArray:
    """Return a measure of each record, NaN where it is not known or not positive.

    Raises
    ------
    InputError
        No record has it.
    """
    if name not in records or not pd.api.types.is_numeric_dtype(records[name]):
        raise InputError(
            f"[target] measures: the catalogue has no '{name}'; give one that has it (accelerograms, "
            f"simulated; the nga-west2 flatfile has pga_g and pgv_cm_s), or leave it out of measures"
        )
    values = records[name].to_numpy(dtype=float, na_value=np.nan)
    return np.where(values > 0, values, np.nan)


@dataclass(frozen=True)
class _Segments:
    """ρ(T) = (a+b)/2 − (a−b)/2 tanh(d ln(T/c)), piecewise up to the periods ``ends``."""

    a: tuple[float, ...]
    b: tuple[float, ...]
    c: tuple[float, ...]
    d: tuple[float, ...]
    ends: tuple[float, ...]

    def at(self, periods_s: FloatArray) -> FloatArray:
        part = np.minimum(np.searchsorted(self.ends, periods_s, side="left"), len(self.ends) - 1)
        a, b, c, d = (np.array(values)[part] for values in (self.a, self.b, self.c, self.d))
        return np.asarray((a + b) / 2 - (a - b) / 2 * np.tanh(d * np.log(periods_s / c)), dtype=float)


@dataclass(frozen=True)
class _Knots:
    """ρ(T) linear in ln T between knots."""

    periods_s: tuple[float, ...]
    values: tuple[float, ...]

    def at(self, periods_s: FloatArray) -> FloatArray:
        return np.asarray(np.interp(np.log(periods_s), np.log(self.periods_s), self.values), dtype=float)


#: Correlation with ln Sa(T), 0.01 to 10 s. PGA: Bradley (2011), "Empirical correlation of PGA, spectral
#: accelerations and spectrum intensities from active shallow crustal earthquakes", Earthq. Eng. Struct. Dyn.
#: 40(15):1707-1721. PGV: Bradley (2012), "Empirical correlations between peak ground velocity and
#: spectrum-based intensity measures", Earthquake Spectra 28(1):17-35. CAV: Bradley (2012), "Empirical
#: correlations between cumulative absolute velocity and amplitude-based ground motion intensity measures",
#: Earthquake Spectra 28(1):37-54. Durations: Bradley (2011), "Correlation of significant duration with
#: amplitude and cumulative intensity measures and its use in ground motion selection", J. Earthq. Eng.
#: 15(6):809-832.
_WITH_SA: Mapping[str, _Segments | _Knots] = {
    "pga_g": _Segments((1.0, 0.97), (0.895, 0.25), (0.06, 0.80), (1.6, 0.8), (0.20, 10.0)),
    "pgv_cm_s": _Segments(
        (0.73, 0.54, 0.80, 0.76),
        (0.54, 0.81, 0.76, 0.70),
        (0.045, 0.28, 1.10, 5.0),
        (1.8, 1.5, 3.0, 3.2),
        (0.1, 0.75, 2.5, 10.0),
    ),
    "cav_m_s": _Segments(
        (0.7, 0.635, 0.525), (0.635, 0.525, 0.39), (0.043, 0.95, 6.2), (2.5, 3.0, 4.0), (0.20, 3.0, 10.0)
    ),
    "duration_5_75_s": _Knots((0.01, 0.09, 0.30, 1.40, 6.5, 10.0), (-0.45, -0.39, -0.39, -0.06, 0.16, 0.0)),
    "duration_5_95_s": _Knots(
        (0.01, 0.04, 0.08, 0.26, 1.40, 6.0, 10.0), (-0.41, -0.41, -0.38, -0.35, -0.02, 0.23, 0.02)
    ),
}

#: Among themselves; same papers.
_AMONG: Mapping[frozenset[str], float] = {
    frozenset({"pga_g", "pgv_cm_s"}): 0.733,
    frozenset({"pga_g", "cav_m_s"}): 0.700,
    frozenset({"pgv_cm_s", "cav_m_s"}): 0.691,
    frozenset({"duration_5_75_s", "pga_g"}): -0.442,
    frozenset({"duration_5_75_s", "pgv_cm_s"}): -0.259,
    frozenset({"duration_5_75_s", "cav_m_s"}): 0.077,
    frozenset({"duration_5_95_s", "pga_g"}): -0.405,
    frozenset({"duration_5_95_s", "pgv_cm_s"}): -0.211,
    frozenset({"duration_5_95_s", "cav_m_s"}): 0.122,
    frozenset({"duration_5_95_s", "duration_5_75_s"}): 0.843,
}


def measure_correlations(names: tuple[str, ...], periods_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return correlations of ln IM among measures (M, M), and with ln Sa at the periods (M, Q).

    Raises
    ------
    InputError
        No correlation of a measure is published here.
    """
    for name in names:
        if name not in _WITH_SA:
            raise InputError(
                f"[target] measures: no correlation of '{name}' with Sa is at hand; known: "
                f"{', '.join(_WITH_SA)}"
            )
    among = np.array([[1.0 if a == b else _AMONG[frozenset({a, b})] for b in names] for a in names])
    across = np.array([_WITH_SA[name].at(periods_s) for name in names])
    return among, across
