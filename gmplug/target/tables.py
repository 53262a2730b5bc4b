"""A ground-motion model's prediction given as a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.errors import InputError
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
    table = _read(path)
    own = table["period_s"].to_numpy(dtype=float)
    low, high = own[0], own[-1]
    if np.min(periods_s) < low * (1 - 1e-6) or np.max(periods_s) > high * (1 + 1e-6):
        raise InputError(
            f"{path}: covers {low:g} to {high:g} s, the study's periods run from {np.min(periods_s):g} to "
            f"{np.max(periods_s):g} s; extend the table or set periods_s in [target] within it"
        )
    from scipy.interpolate import PchipInterpolator

    def at_periods(column: str) -> FloatArray:
        interpolator = PchipInterpolator(own, table[column].to_numpy(dtype=float))
        return np.asarray(interpolator(np.clip(periods_s, low, high)), dtype=float)

    median = at_periods("median_g")
    sigma = (
        at_periods("sigma_ln") if "sigma_ln" in table else np.log(at_periods("median_plus_sigma_g") / median)
    )
    return GroundMotion(np.asarray(periods_s, dtype=float), median, sigma)


def _read(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, comment="#", skipinitialspace=True)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; give the path of the table (gmm_table)") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError) as error:
        raise InputError(f"{path}: cannot be read as CSV ({error})") from None
    table.columns = [str(column).strip() for column in table.columns]
    sigmas = [column for column in ("sigma_ln", "median_plus_sigma_g") if column in table]
    missing = [column for column in ("period_s", "median_g") if column not in table]
    if missing:
        raise InputError(f"{path}: lacks the column(s) {', '.join(missing)}; its header is {list(table)}")
    if len(sigmas) != 1:
        raise InputError(
            f"{path}: give either the column sigma_ln or median_plus_sigma_g, and only one of them"
        )
    columns = ["period_s", "median_g", *sigmas]
    for column in columns:
        numbers = pd.to_numeric(table[column], errors="coerce")
        bad = ~(np.isfinite(numbers) & (numbers > 0))
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise InputError(
                f"{path}, row {row + 2}, column {column}: {table[column].iloc[row]} is not a positive number"
            )
        table[column] = numbers.astype(float)
    table = table[columns].sort_values("period_s", ignore_index=True)
    if len(table) < 2:
        raise InputError(f"{path}: at least two periods are needed")
    twice = table["period_s"][table["period_s"].duplicated()]
    if len(twice):
        raise InputError(f"{path}: the period {twice.iloc[0]:g} s occurs more than once; keep one row of it")
    if "median_plus_sigma_g" in table:
        low = table["median_plus_sigma_g"] <= table["median_g"]
        if low.any():
            raise InputError(
                f"{path}: median_plus_sigma_g is not above median_g at {table['period_s'][low].iloc[0]:g} s"
            )
    return table
