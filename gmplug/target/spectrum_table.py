"""Targets that a user states as tables: a uniform-hazard spectrum, or mean and covariance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.spectra.components import NAMES, read_component
from gmplug.target.correlation import (
    DEFAULT_CORRELATION,
    CorrelationModel,
    correlation_matrix,
    find_correlation,
)
from gmplug.target.ranges import not_scaled, range_scaling
from gmplug.values import FloatArray, Scaling, Target

_UHS = "[target] provider 'uniform-hazard'"
_TABLE = "[target] provider 'table'"
#: A correlation matrix of a user may be off symmetry, or below positive definite, by this much.
_ROUNDING = 1e-6


def uniform_hazard(
    periods_s: FloatArray,
    conditioning_period_s: float,
    spectrum: Path,
    correlations: Mapping[str, CorrelationModel] | None = None,
    scaling: Literal["range", "conditioning-period"] = "range",
    range_s: tuple[float, float] | None = None,
    sigma_ln: float | None = None,
    correlation: str = DEFAULT_CORRELATION,
    component: str | None = None,
) -> Target:
    """A uniform-hazard or any other spectrum given as a table of Sa.

    Parameters
    ----------
    spectrum
        CSV with ``period_s`` and ``sa_g``; between its periods ln Sa is linear in ln T.
    scaling
        Records are scaled to it over ``range_s`` (by default 0.2 T* to 2 T*), or at T*.
    sigma_ln
        Dispersion of ln Sa to match, if any; without it only the mean is matched.
    correlation
        Correlation model, used with ``sigma_ln``.
    component
        The horizontal component that its Sa is of: ``RotD50``, ``RotD100``, ``geometric mean``, ...
    """
    periods = np.asarray(periods_s, dtype=float)
    ln_mean = interpolate_spectrum(spectrum, periods)
    at_star = float(interpolate_spectrum(spectrum, np.array([conditioning_period_s]))[0])
    covariance = stated_covariance(_UHS, periods, sigma_ln, find_correlation(correlations, correlation))
    how = None
    if scaling == "range":
        how = range_scaling(_UHS, periods, ln_mean, conditioning_period_s, range_s)
    target = Target(
        periods_s=periods,
        ln_mean=ln_mean,
        covariance=covariance,
        conditioning_period_s=float(conditioning_period_s),
        sa_g=float(np.exp(at_star)),
        description=f"spectrum of {spectrum.name}",
        component=_component(component, _UHS),
        scaling=how,
        mean_only=sigma_ln is None,
        notes=mean_only_notes(sigma_ln),
    )
    return _described(target)


def table_target(
    periods_s: FloatArray,
    conditioning_period_s: float,
    spectrum: Path,
    correlations: Mapping[str, CorrelationModel] | None = None,
    correlation_table: Path | None = None,
    correlation: str = DEFAULT_CORRELATION,
    scaling: Literal["conditioning-period", "range", "none"] = "conditioning-period",
    range_s: tuple[float, float] | None = None,
    component: str | None = None,
) -> Target:
    """A user's own mean, sigma and correlation of ln Sa.

    Parameters
    ----------
    spectrum
        CSV with ``period_s``, ``median_g`` and ``sigma_ln``; between its periods ln median and σ are linear
        in ln T.
    correlation_table
        CSV with ``period_s`` and one column for each of the same periods: correlations of ln Sa; or
    correlation
        the name of a model.
    scaling
        Records are scaled at T*, over ``range_s`` (by default 0.2 T* to 2 T*), or not at all.
    component
        The horizontal component that its Sa is of: ``RotD50``, ``RotD100``, ``geometric mean``, ...
    """
    periods = np.asarray(periods_s, dtype=float)
    table = read_spectrum(spectrum, ("median_g", "sigma_ln"))
    own = table["period_s"].to_numpy(dtype=float)
    _check_reach(spectrum, own, np.append(periods, conditioning_period_s))
    ln_median = np.log(table["median_g"].to_numpy(dtype=float))
    ln_mean = np.interp(np.log(periods), np.log(own), ln_median)
    sigma = np.interp(np.log(periods), np.log(own), table["sigma_ln"].to_numpy(dtype=float))
    if correlation_table is not None:
        rho = _correlation_at(correlation_table, periods)
    else:
        rho = correlation_matrix(find_correlation(correlations, correlation), periods, _TABLE)
    how: Scaling | None = None
    if scaling == "range":
        how = range_scaling(_TABLE, periods, ln_mean, conditioning_period_s, range_s)
    elif scaling == "none":
        how = not_scaled()
    target = Target(
        periods_s=periods,
        ln_mean=ln_mean,
        covariance=rho * np.outer(sigma, sigma),
        conditioning_period_s=float(conditioning_period_s),
        sa_g=float(np.exp(np.interp(np.log(conditioning_period_s), np.log(own), ln_median))),
        description=f"median and dispersion of {spectrum.name}",
        component=_component(component, _TABLE),
        scaling=how,
    )
    return _described(target)


def _component(stated: str | None, where: str) -> str:
    """What Sa is of, as it is shown; empty where the study does not say."""
    return "" if stated is None else NAMES[read_component(stated, where)]


def _described(target: Target) -> Target:
    from dataclasses import replace

    return replace(target, description=f"{target.description}, {target.scaled_to.text}")


def mean_only_notes(sigma_ln: float | None) -> tuple[str, ...]:
    """Say what a target without dispersion means for the selection."""
    if sigma_ln is not None:
        return ()
    return ("the target states no dispersion: the selection matches its spectrum in the mean alone",)


def stated_covariance(
    where: str, periods_s: FloatArray, sigma_ln: float | None, correlation: CorrelationModel
) -> FloatArray:
    """Return the covariance (P, P) of a stated dispersion; zeros where none is stated."""
    if sigma_ln is None:
        return np.zeros((len(periods_s), len(periods_s)))
    if not (np.isfinite(sigma_ln) and sigma_ln > 0):
        raise InputError(f"{where}: sigma_ln must be positive, not {sigma_ln!r}")
    return sigma_ln**2 * correlation_matrix(correlation, periods_s, where)


def interpolate_spectrum(path: Path, periods_s: FloatArray, *, linear: bool = False) -> FloatArray:
    """Return ln Sa of a table with ``period_s`` and ``sa_g`` at the periods.

    ln Sa is linear in ln T between those of the table; with ``linear`` Sa in T, and the table may have 0 s.
    """
    table = read_spectrum(path, ("sa_g",), zero_period=linear)
    own = table["period_s"].to_numpy(dtype=float)
    _check_reach(path, own, periods_s)
    if linear:
        return np.log(np.interp(periods_s, own, table["sa_g"].to_numpy(dtype=float)))
    ln_sa = np.log(table["sa_g"].to_numpy(dtype=float))
    return np.asarray(np.interp(np.log(periods_s), np.log(own), ln_sa), dtype=float)


def _check_reach(path: Path, own: FloatArray, periods_s: FloatArray) -> None:
    if np.min(periods_s) < own[0] * (1 - 1e-6) or np.max(periods_s) > own[-1] * (1 + 1e-6):
        raise InputError(
            f"{path}: covers {own[0]:g} to {own[-1]:g} s, the study's periods run from "
            f"{np.min(periods_s):g} to {np.max(periods_s):g} s; extend the table or set periods_s in [target]"
        )


def read_spectrum(path: Path, columns: tuple[str, ...], *, zero_period: bool = False) -> pd.DataFrame:
    """Read ``period_s`` and the named columns, sorted and checked.

    Raises
    ------
    InputError
        A column is missing or a value is no number (``sigma_ln``, and ``period_s`` with ``zero_period``, may
        be 0, all others are positive).
    """
    may_be_zero = ("sigma_ln", "period_s") if zero_period else ("sigma_ln",)
    try:
        table = pd.read_csv(path, comment="#", skipinitialspace=True)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; give the path of the table") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError) as error:
        raise InputError(f"{path}: cannot be read as CSV ({error})") from None
    table.columns = [str(column).strip() for column in table.columns]
    wanted = ["period_s", *columns]
    missing = [column for column in wanted if column not in table]
    if missing:
        raise InputError(f"{path}: lacks the column(s) {', '.join(missing)}; its header is {list(table)}")
    for column in wanted:
        numbers = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float)
        bad = ~np.isfinite(numbers) | ((numbers < 0) if column in may_be_zero else (numbers <= 0))
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise InputError(
                f"{path}, row {row + 2}, column {column}: {table[column].iloc[row]} is not a positive number"
            )
        table[column] = numbers
    table = table[wanted].sort_values("period_s", ignore_index=True)
    twice = table["period_s"][table["period_s"].duplicated()]
    if len(twice):
        raise InputError(f"{path}: the period {twice.iloc[0]:g} s occurs more than once; keep one row of it")
    if len(table) < 2:
        raise InputError(f"{path}: at least two periods are needed")
    return table


def _correlation_at(path: Path, periods_s: FloatArray) -> FloatArray:
    """Correlations of a user's matrix at the study's periods, bilinear in ln T, 1 on the diagonal."""
    try:
        table = pd.read_csv(path, comment="#", skipinitialspace=True)
        own = table["period_s"].to_numpy(dtype=float)
        matrix = table.drop(columns="period_s").to_numpy(dtype=float)
        across = np.array([float(str(name)) for name in table.columns if name != "period_s"])
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; give the path of correlation_table") from None
    except (KeyError, ValueError, pd.errors.ParserError, pd.errors.EmptyDataError, OSError) as error:
        raise InputError(
            f"{path}: not a table of correlations ({error}); it needs a column period_s and one column for "
            f"each of the same periods, headed by the period"
        ) from None
    if len(own) < 2 or matrix.shape != (len(own), len(own)) or not np.allclose(own, across, rtol=1e-6):
        raise InputError(f"{path}: the periods of its rows are not those of its columns")
    if np.any(np.diff(own) <= 0) or own[0] <= 0:
        raise InputError(f"{path}: its periods must be positive and increasing")
    if not np.all(np.isfinite(matrix)) or np.max(np.abs(matrix - matrix.T)) > _ROUNDING:
        raise InputError(f"{path}: the correlations are not symmetric, or not all numbers")
    if not np.allclose(np.diag(matrix), 1.0, atol=_ROUNDING) or np.max(np.abs(matrix)) > 1 + _ROUNDING:
        raise InputError(f"{path}: correlations lie between -1 and 1, and are 1 on the diagonal")
    _check_reach(path, own, periods_s)
    from scipy.interpolate import RegularGridInterpolator

    x, at = np.log(own), np.log(np.clip(periods_s, own[0], own[-1]))
    grid = np.stack(np.meshgrid(at, at, indexing="ij"), axis=-1)
    rho = np.asarray(RegularGridInterpolator((x, x), matrix)(grid), dtype=float)
    np.fill_diagonal(rho, 1.0)
    return rho
