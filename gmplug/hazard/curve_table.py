"""Hazard curves as people write them: Sa and annual rate, return period, or probability, as a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.hazard.files import metadata_number, rates_of_probabilities
from gmplug.hazard.headings import (
    Heading,
    acceleration_factor,
    find_column,
    numbers,
    read_columns,
    take_apart,
)
from gmplug.hazard.measure_names import measure_label, period_of_measure, same_period
from gmplug.values import FloatArray

_RATE = frozenset(
    {"annual rate", "rate", "lambda", "λ", "afe", "mafe", "annual frequency", "mean annual frequency", "mare"}
    | {"annual frequency of exceedance", "mean annual frequency of exceedance", "annual exceedance rate"}
    | {"annual rate of exceedance", "rate of exceedance", "exceedance rate", "mean annual rate", "aef"}
    | {"annual exceedance frequency", "frequency of exceedance", "mean annual rate of exceedance", "mre"}
)
_RETURN_PERIOD = frozenset(
    {"return period", "return period years", "return period year", "return period yr", "return period yrs"}
    | {"rp", "tr", "t r", "return periods", "mean return period", "mri", "mean recurrence interval"}
)
_ANNUAL_PROBABILITY = frozenset(
    {"annual probability", "annual probability of exceedance", "apoe", "ape", "aep"}
    | {"annual exceedance probability"}
)
_PROBABILITY = re.compile(
    r"(?:poe|probability|prob|probability of exceedance|exceedance probability|pe)"
    r"(?:\s*(?:in|of exceedance in)?\s*(\d+\.?\d*)\s*(?:y|yr|yrs|year|years)?)?"
)
_RATE_UNITS = frozenset(
    {"", "1/yr", "1/year", "/yr", "/year", "per year", "1/y", "yr-1", "yr^-1", "year-1", "1/a"}
)
_YEARS = frozenset({"", "yr", "yrs", "year", "years", "y", "a"})
#: Columns that state the same rate in two ways agree within this, relatively.
_SAME_RATE = 0.05


def read(
    path: Path, metadata: Mapping[str, str], what: str
) -> tuple[FloatArray, FloatArray, float, list[str]]:
    """Return levels (g), rates (1/year), the period (s; NaN if not stated), and places in the file.

    Raises InputError where a column, its unit or its time is missing, or where columns contradict each other.
    """
    table = read_columns(path, "the hazard curve", _is_level, _is_rate)
    columns = [str(name) for name in table.columns]
    level = find_column(columns, "sa_g", _is_level, path)
    if level is None:
        raise InputError(f"{path}: not {what} (columns: {columns[:6]}): no column of Sa, such as sa_g")
    period = _period(level, metadata, path)
    rates = _rates(path, table, columns, level.text, metadata, what)
    levels = numbers(table, level.text, path) * acceleration_factor(level, path)
    return levels, rates, period, [f"row {row}" for row in table.index]


def _is_rate(heading: Heading) -> bool:
    named = heading.name in _RATE | _RETURN_PERIOD | _ANNUAL_PROBABILITY
    return named or _PROBABILITY.fullmatch(f"{heading.name} {heading.unit}".strip()) is not None


def _is_level(heading: Heading) -> bool:
    """Whether a column has levels of Sa: by its name, or by a measure such as ``SA(1.0)`` or ``PGA``."""
    named = heading.name in ("level", "levels", "im")
    return named or heading.is_sa or period_of_measure(heading.name) is not None


def _period(level: Heading, metadata: Mapping[str, str], path: Path) -> float:
    """Return the period that the first line or the heading states, s; NaN if neither does."""
    named = [period_of_measure(name) for name in (metadata.get("imt", ""), level.name)]
    stated = [metadata_number(metadata, "period_s"), *(period for period in named if period is not None)]
    known = [period for period in stated if not np.isnan(period)]
    if any(not same_period(period, known[0]) for period in known):
        listed = " and ".join(measure_label(period) for period in known)
        raise InputError(f"{path}: its first line and its heading contradict one another: {listed}")
    return known[0] if known else float("nan")


def _rates(
    path: Path, table: pd.DataFrame, columns: list[str], level: str, metadata: Mapping[str, str], what: str
) -> FloatArray:
    found: dict[str, FloatArray] = {}
    for column in columns:
        if column == level:
            continue
        rates = _rates_of(take_apart(column), path, table, metadata)
        if rates is not None:
            found[column] = rates
    if not found:
        raise InputError(
            f"{path}: not {what} (columns: {columns[:6]}): lacks the column(s) annual_rate, or "
            "return_period_years"
        )
    (first, rates), *others = found.items()
    for name, other in others:
        with np.errstate(divide="ignore", invalid="ignore"):
            apart = np.abs(np.log(other / rates))
        bad = np.flatnonzero((apart > _SAME_RATE) & np.isfinite(apart))
        if len(bad):
            at = int(bad[0])
            raise InputError(
                f"{path}, row {table.index[at]}: columns {first} and {name} contradict one another: "
                f"{rates[at]:.4g} and {other[at]:.4g} a year; correct or remove one of them"
            )
    return rates


def _rates_of(
    heading: Heading, path: Path, table: pd.DataFrame, metadata: Mapping[str, str]
) -> FloatArray | None:
    """Rates of a column, 1/year, or None where it is of another kind."""
    where = f"{path}, column '{heading.text}'"
    name, unit = heading.name, heading.unit
    if name in _RATE:
        if unit not in _RATE_UNITS:
            raise InputError(f"{where}: the unit '{unit}' of an annual rate is not known; give it in 1/year")
        return numbers(table, heading.text, path)
    if name in _RETURN_PERIOD:
        if unit not in _YEARS:
            raise InputError(f"{where}: the unit '{unit}' of a return period is not known; give it in years")
        years = numbers(table, heading.text, path)
        for at in np.flatnonzero(~(years > 0)):
            raise InputError(f"{where}, row {table.index[int(at)]}: {years[int(at)]:g} years is not positive")
        return 1.0 / years
    match = _PROBABILITY.fullmatch(f"{name} {unit}".strip())
    if name not in _ANNUAL_PROBABILITY and not match:
        return None
    years_of_it = 1.0
    if name not in _ANNUAL_PROBABILITY and match:
        years_of_it = float(match[1]) if match[1] else metadata_number(metadata, "investigation_time")
    if not years_of_it > 0:
        raise InputError(
            f"{where}: does not say in how many years; call it 'poe in 50 years', or write "
            f"# investigation_time=50 into the first line"
        )
    poe = numbers(table, heading.text, path)
    for at in np.flatnonzero(~((poe >= 0) & (poe <= 1))):
        raise InputError(f"{where}, row {table.index[int(at)]}: {poe[int(at)]:g} is not a probability")
    return rates_of_probabilities(poe, years_of_it)
