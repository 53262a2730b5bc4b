"""Intensity measures of scaled records, and the correlations among measures and with ln Sa."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.measures.registry import measures
from gmplug.values import FloatArray, Measures


def scaled_values(records: pd.DataFrame, name: str) -> FloatArray:
    """Return a measure of scaled records, shape (N,): ``scale_factor`` to its power times the unscaled one.

    NaN where it is not known or not positive.

    Raises
    ------
    InputError
        No record has it.
    """
    factor = records["scale_factor"].to_numpy(dtype=float) ** measures()[name].scale_power
    return known_values(records, name) * factor


def ln_scaled_measures(records: pd.DataFrame, followed: Measures) -> FloatArray:
    """Return ln of the measures of scaled records, shape (N, M).

    Raises
    ------
    InputError
        A record lacks a measure, or a measure is not known.
    """
    columns = []
    for name in followed.names:
        if name not in measures():
            raise InputError(f"unknown intensity measure '{name}'; known: {', '.join(measures())}")
        values = scaled_values(records, name)
        if np.isnan(values).any():
            missing = records["id"].iloc[int(np.flatnonzero(np.isnan(values))[0])]
            raise InputError(f"record {missing}: has no '{name}', which the target follows; leave it out")
        columns.append(np.log(values))
    return np.column_stack(columns)


def known_values(records: pd.DataFrame, name: str) -> FloatArray:
    """Return a measure of each unscaled record, NaN where it is not known or not positive.

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


def correlated_measures() -> list[str]:
    """Return the measures whose correlation with ln Sa is known."""
    return [name for name, one in measures().items() if one.correlation_with_sa is not None]


def measure_correlations(names: tuple[str, ...], periods_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return correlations of ln IM among measures (M, M), and with ln Sa at the periods (M, Q).

    Raises
    ------
    InputError
        A correlation is not known.
    """
    curves = {name: one.correlation_with_sa for name, one in measures().items()}
    across = []
    for name in names:
        curve = curves.get(name)
        if curve is None:
            raise InputError(
                f"[target] measures: no correlation of '{name}' with Sa is at hand; known: "
                f"{', '.join(correlated_measures())}"
            )
        across.append(np.asarray(curve(periods_s), dtype=float))
    return np.array([[_between(a, b) for b in names] for a in names]), np.array(across)


def _between(first: str, second: str) -> float:
    if first == second:
        return 1.0
    for one, other in ((first, second), (second, first)):
        if other in measures()[one].correlations:
            return measures()[one].correlations[other]
    raise InputError(
        f"[target] measures: no correlation between '{first}' and '{second}' is at hand; "
        "leave one of them out"
    )
