"""Targets that a user states as tables: a uniform-hazard spectrum, or mean and covariance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.gmm.correlation import (
    DEFAULT_CORRELATION,
    CorrelationModel,
    correlation_matrix,
    find_correlation,
)
from gmplug.gmm.definite import nearest_correlation
from gmplug.hazard import openquake
from gmplug.hazard.files import Site, read_text, split_metadata
from gmplug.hazard.headings import (
    Heading,
    acceleration_factor,
    find_column,
    numbers,
    period_factor,
    read_columns,
)
from gmplug.spectra.components import NAMES, read_component
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
    units: str | None = None,
    return_period_years: float | None = None,
    site_lon_lat: tuple[float, float] | None = None,
    component: str | None = None,
) -> Target:
    """A uniform-hazard or any other spectrum given as a table of Sa.

    Parameters
    ----------
    spectrum
        CSV with ``period_s`` and ``sa_g``, or OpenQuake's uniform-hazard CSV; between its periods ln Sa is
        linear in ln T. A row at 0 s is PGA, towards which Sa is linear in T.
    units
        Of Sa, where the table states none.
    return_period_years, site_lon_lat
        Which of several spectra and sites of an OpenQuake file.
    scaling
        Records are scaled to it over ``range_s``, or at T*.
    range_s
        Periods over which records are scaled, s; by default 0.2 T* to 2 T*.
    sigma_ln
        Dispersion of ln Sa to match, if any; without it only the mean is matched.
    correlation
        Correlation model, used with ``sigma_ln``.
    component
        The horizontal component that its Sa is of: ``RotD50``, ``RotD100``, ``geometric mean``, ...
    """
    periods = np.asarray(periods_s, dtype=float)
    table = read_spectrum(spectrum, units=units, return_period_years=return_period_years, site=site_lon_lat)
    ln_mean = table.ln_at("sa_g", periods)
    at_star = float(table.ln_at("sa_g", np.array([conditioning_period_s]))[0])
    scaled = None
    if scaling == "range":
        scaled = range_scaling(_UHS, periods, ln_mean, conditioning_period_s, range_s)
    return spectrum_target(
        _UHS,
        periods,
        ln_mean,
        conditioning_period_s,
        at_star,
        (sigma_ln, find_correlation(correlations, correlation)),
        scaling=scaled,
        description=f"spectrum of {spectrum.name}",
        component=_component(component, table.component, spectrum),
        notes=(*table.notes, *table.zero_period_notes(periods)),
    )


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
        Records are scaled at T*, over ``range_s``, or not at all.
    range_s
        Periods over which records are scaled, s; by default 0.2 T* to 2 T*.
    component
        The horizontal component that its Sa is of: ``RotD50``, ``RotD100``, ``geometric mean``, ...
    """
    periods = np.asarray(periods_s, dtype=float)
    table = read_spectrum(spectrum, ("median_g", "sigma_ln"))
    ln_mean = table.ln_at("median_g", periods)
    sigma = table.at("sigma_ln", periods)
    at_star = float(table.ln_at("median_g", np.array([conditioning_period_s]))[0])
    if correlation_table is not None:
        rho, notes = _correlation_at(correlation_table, periods)
    else:
        rho, notes = correlation_matrix(find_correlation(correlations, correlation), periods, _TABLE)
    scaled: Scaling | None = None
    if scaling == "range":
        scaled = range_scaling(_TABLE, periods, ln_mean, conditioning_period_s, range_s)
    elif scaling == "none":
        scaled = not_scaled()
    target = Target(
        periods_s=periods,
        ln_mean=ln_mean,
        covariance=rho * np.outer(sigma, sigma),
        conditioning_period_s=float(conditioning_period_s),
        sa_g=float(np.exp(at_star)),
        description=f"median and dispersion of {spectrum.name}",
        component=_component(component, table.component, spectrum),
        scaling=scaled,
        notes=(*table.notes, *table.zero_period_notes(periods), *notes),
    )
    return with_scaling_text(target)


def _component(stated: str | None, in_heading: str, path: Path) -> str:
    """The component of Sa: of the table's heading, else of the study; empty where neither states one.

    Raises InputError where they contradict one another.
    """
    found = read_component(in_heading, str(path)) if in_heading else None
    own = None if stated is None else read_component(stated, "[target]")
    if found and own and found != own:
        raise InputError(
            f"{path}: its heading says {NAMES[found]}, [target] component says {NAMES[own]}; leave "
            f"component out, or correct the heading"
        )
    key = found or own
    return NAMES[key] if key else ""


def spectrum_target(
    where: str,
    periods_s: FloatArray,
    ln_mean: FloatArray,
    conditioning_period_s: float,
    ln_star: float,
    dispersion: tuple[float | None, CorrelationModel],
    **fields: Any,
) -> Target:
    """Return the target of a spectrum that has no dispersion of its own.

    Raises InputError where σ is not positive.

    Parameters
    ----------
    ln_mean, ln_star
        ln Sa (g) at the periods (P,), and at T*.
    dispersion
        A σ of ln Sa to match at all periods, or None for the mean alone; and a correlation model for it.
    fields
        Further fields of :class:`gmplug.values.Target`. The measure that records are scaled to ends the
        ``description``.
    """
    sigma_ln, correlation = dispersion
    if sigma_ln is None:
        covariance = np.zeros((len(periods_s), len(periods_s)))
        notes: tuple[str, ...] = (
            "the target states no dispersion: the selection matches its spectrum in the mean alone",
        )
    elif not (np.isfinite(sigma_ln) and sigma_ln > 0):
        raise InputError(f"{where}: sigma_ln must be positive, not {sigma_ln!r}")
    else:
        rho, notes = correlation_matrix(correlation, periods_s, where)
        covariance = sigma_ln**2 * rho
    fields["notes"] = (*fields.get("notes", ()), *notes)
    return with_scaling_text(
        Target(
            periods_s=periods_s,
            ln_mean=ln_mean,
            covariance=covariance,
            conditioning_period_s=float(conditioning_period_s),
            sa_g=float(np.exp(ln_star)),
            mean_only=sigma_ln is None,
            **fields,
        )
    )


def with_scaling_text(target: Target) -> Target:
    """Return a target whose description ends with what its records are scaled to."""
    return replace(target, description=f"{target.description}, {target.scaled_to.text}")


@dataclass(frozen=True)
class Spectrum:
    """A spectrum as a table states it.

    Parameters
    ----------
    source
        File it was read from.
    periods_s
        Shape (n,), s, rising; the first may be 0, whose row is PGA.
    values
        By column, such as ``sa_g``, shape (n,) each.
    component
        The definition of Sa that the table states, such as ``"RotD100"``; "" if none.
    notes
        What a user should know of it.
    """

    source: Path
    periods_s: FloatArray
    values: Mapping[str, FloatArray]
    component: str = ""
    notes: tuple[str, ...] = ()

    def at(self, column: str, periods_s: FloatArray, *, ln: bool = False, linear: bool = False) -> FloatArray:
        """Return a column, or its ln, at periods (P,): linear in ln T, or with ``linear`` the value in T.

        Between a row at 0 s and the first positive period the value is linear in T either way, as the rising
        branch of a code spectrum is (ASCE 7-22 11.4.5.1, EN 1998-1 3.2.2.2).

        Raises InputError where the periods reach beyond the table.
        """
        periods = np.asarray(periods_s, dtype=float)
        check_reach(self.source, self.periods_s, periods)
        values, positive = self.values[column], self.periods_s > 0
        straight = np.interp(periods, self.periods_s, values)
        if ln:
            straight, values = np.log(straight), np.log(values)
        if linear:
            return straight
        curved = np.interp(np.log(periods), np.log(self.periods_s[positive]), values[positive])
        return np.where(periods < self.periods_s[positive][0], straight, curved)

    def ln_at(self, column: str, periods_s: FloatArray, *, linear: bool = False) -> FloatArray:
        """Return ln of a column at periods (P,); see :meth:`at`."""
        return self.at(column, periods_s, ln=True, linear=linear)

    def zero_period_notes(self, periods_s: FloatArray) -> tuple[str, ...]:
        """Say how a row at 0 s is used at these periods (P,)."""
        if self.periods_s[0] > 0:
            return ()
        second = self.periods_s[1]
        note = f"{self.source.name}: the row at 0 s is PGA"
        if np.min(periods_s) < second * (1 - 1e-6):
            return (f"{note}; below {second:g} s the spectrum is linear in T towards it",)
        return (f"{note}; the study's periods begin at {np.min(periods_s):g} s and do not use it",)


def check_reach(path: Path, own: FloatArray, periods_s: FloatArray) -> None:
    """Raise InputError where periods (P,) reach beyond those of a table, (n,)."""
    if np.min(periods_s) < own[0] * (1 - 1e-6) or np.max(periods_s) > own[-1] * (1 + 1e-6):
        raise InputError(
            f"{path}: covers {own[0]:g} to {own[-1]:g} s, the study's periods run from "
            f"{np.min(periods_s):g} to {np.max(periods_s):g} s; extend the table or set periods_s in [target]"
        )


def read_spectrum(
    path: Path,
    columns: tuple[str, ...] = ("sa_g",),
    *,
    one_of: tuple[str, ...] = (),
    units: str | None = None,
    return_period_years: float | None = None,
    site: Site | None = None,
) -> Spectrum:
    """Read periods and the named columns, sorted by period and checked; or OpenQuake's uniform-hazard CSV.

    ``sa_g`` may have another usual name and unit (``Sa (g)``, ``PSA [m/s2]``, ``UHS``), and so may
    ``period_s`` (``T``, ``Period (sec)``). A row at 0 s is PGA.

    Raises InputError where a column is missing or may be one of several, where it states no unit, or where a
    value is no number (``sigma_ln`` may be 0, all others are positive).

    Parameters
    ----------
    one_of
        Further columns, of which the table has exactly one.
    units
        Of Sa, where the heading states none.
    return_period_years, site
        Which of several spectra and sites of an OpenQuake file.
    """
    if path.suffix.lower() not in (".xlsx", ".xlsm", ".xls", ".parquet", ".pq"):
        text = read_text(path, "the table of the spectrum")
        if text.lstrip()[:1] in ("{", "["):
            raise InputError(f"{path}: is JSON; save periods and Sa as a CSV with period_s and sa_g")
        metadata, below, first_line = split_metadata(text)
        if "~" in below[:2000] and columns == ("sa_g",):
            frame = openquake.read_csv(below, path, "a uniform-hazard spectrum of OpenQuake", first_line)
            if openquake.is_spectrum([str(name) for name in frame]):
                notes = openquake.is_mean(metadata, path)
                periods, sa, years = openquake.spectrum(frame, metadata, path, return_period_years, site)
                note = f"{path.name}: uniform-hazard spectrum at {years:.4g} years"
                places = [f"measure {number}" for number in range(1, len(sa) + 1)]
                return _sorted(path, periods, {"sa_g": sa}, places, "", (*notes, note))
    table = read_columns(
        path, "the table of the spectrum", lambda heading: heading.is_period, lambda heading: heading.is_sa
    )
    further = [column for column in one_of if column in table]
    if one_of and len(further) != 1:
        raise InputError(
            f"{path}: give either the column {' or '.join(one_of)}, and only one of them "
            f"(its header is {list(table)})"
        )
    columns = (*columns, *further)
    headings = _headings(path, [str(name) for name in table.columns], columns)
    cells = table[headings["period_s"].text]
    table[headings["period_s"].text] = cells.where(cells.astype(str).str.strip().str.upper() != "PGA", 0.0)
    periods = numbers(table, headings["period_s"].text, path) * period_factor(headings["period_s"], path)
    values = {}
    for column in columns:
        heading = headings[column]
        factor = acceleration_factor(heading, path, units) if column.endswith("_g") else 1.0
        values[column] = numbers(table, heading.text, path) * factor
        low = values[column] < 0 if column == "sigma_ln" else values[column] <= 0
        _raise_at(path, table, heading, low, "is not a positive number")
    _raise_at(path, table, headings["period_s"], periods < 0, "is not a period")
    component = headings[columns[0]].component
    return _sorted(path, periods, values, [f"row {row}" for row in table.index], component, ())


def _headings(path: Path, found: list[str], columns: tuple[str, ...]) -> dict[str, Heading]:
    kinds: dict[str, Callable[[Heading], bool]] = {
        "period_s": lambda heading: heading.is_period,
        "sa_g": lambda heading: heading.is_sa,
        "median_g": lambda heading: heading.is_sa and "median" in heading.name,
    }
    headings = {
        column: find_column(found, column, kinds.get(column, lambda heading: False), path)
        for column in ("period_s", *columns)
    }
    missing = [column for column, heading in headings.items() if heading is None]
    if missing:
        raise InputError(f"{path}: lacks the column(s) {', '.join(missing)}; its header is {found}")
    return {column: heading for column, heading in headings.items() if heading is not None}


def _raise_at(path: Path, table: pd.DataFrame, heading: Heading, bad: np.ndarray, what: str) -> None:
    for row in np.flatnonzero(bad).tolist():
        raise InputError(
            f"{path}, row {table.index[row]}, column {heading.text}: {table[heading.text].iloc[row]} {what}"
        )


def _sorted(
    path: Path,
    periods: FloatArray,
    values: Mapping[str, FloatArray],
    places: list[str],
    component: str,
    notes: tuple[str, ...],
) -> Spectrum:
    order = np.argsort(periods, kind="stable")
    own = periods[order]
    twice = np.flatnonzero(np.diff(own) <= 0)
    if len(twice):
        at = int(twice[0]) + 1
        raise InputError(
            f"{path}, {places[order[at]]}: the period {own[at]:g} s occurs more than once; keep one row of it"
        )
    if np.count_nonzero(own > 0) < 2:
        raise InputError(f"{path}: at least two periods are needed")
    return Spectrum(path, own, {name: column[order] for name, column in values.items()}, component, notes)


def _correlation_at(path: Path, periods_s: FloatArray) -> tuple[FloatArray, tuple[str, ...]]:
    """Correlations of a user's matrix at the study's periods, bilinear in ln T, 1 on the diagonal; notes."""
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
    check_reach(path, own, periods_s)
    from scipy.interpolate import RegularGridInterpolator

    x, at = np.log(own), np.log(np.clip(periods_s, own[0], own[-1]))
    grid = np.stack(np.meshgrid(at, at, indexing="ij"), axis=-1)
    rho = np.asarray(RegularGridInterpolator((x, x), matrix)(grid), dtype=float)
    np.fill_diagonal(rho, 1.0)
    corrected = nearest_correlation(rho)
    names = [f"Sa({period:g} s)" for period in periods_s]
    return corrected.matrix, corrected.notes(f"correlations of {path.name}", names, rho)
