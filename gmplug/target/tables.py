"""A ground-motion model's prediction given as a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gmplug.errors import InputError
from gmplug.target.spectrum_table import check_reach, read_spectrum
from gmplug.values import FloatArray, GroundMotion


def read_model_table(path: Path, periods_s: FloatArray) -> GroundMotion:
    """Read a prediction from CSV and interpolate it to the study's periods.

    Columns: ``period_s``, ``median_g``, and either ``sigma_ln`` or ``median_plus_sigma_g`` = median·exp(σ).
    The columns are interpolated as they stand, by PCHIP against T in s: what Jia & Sasani (2025) do.

    Raises
    ------
    InputError
        The file, a column or a value is missing or wrong, or the periods reach beyond the table.
    """
    table = read_spectrum(path, ("median_g",), one_of=("sigma_ln", "median_plus_sigma_g"))
    own = table.periods_s
    check_reach(path, own, periods_s)
    from scipy.interpolate import PchipInterpolator

    def at_periods(column: str) -> FloatArray:
        interpolator = PchipInterpolator(own, table.values[column])
        return np.asarray(interpolator(np.clip(periods_s, own[0], own[-1])), dtype=float)

    median = at_periods("median_g")
    if "sigma_ln" in table.values:
        zero = np.flatnonzero(table.values["sigma_ln"] <= 0)
        if len(zero):
            raise InputError(f"{path}: sigma_ln at {own[zero[0]]:g} s is 0; a model's σ is positive")
        return GroundMotion(np.asarray(periods_s, dtype=float), median, at_periods("sigma_ln"))
    below = np.flatnonzero(table.values["median_plus_sigma_g"] <= table.values["median_g"])
    if len(below):
        raise InputError(f"{path}: median_plus_sigma_g is not above median_g at {own[below[0]]:g} s")
    sigma = np.log(at_periods("median_plus_sigma_g") / median)
    return GroundMotion(np.asarray(periods_s, dtype=float), median, sigma)
