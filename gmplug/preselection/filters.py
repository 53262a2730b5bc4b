"""The built-in pre-selection filters: each returns True for the records it keeps, None without its option.

The first line of each docstring is the reason that the funnel shows. Records whose value for an option is not
known are removed too, and counted apart (``magnitude-known``).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import AfterValidator

from gmplug.errors import InputError, did_you_mean
from gmplug.measures import measures
from gmplug.preselection.aftershocks import aftershocks_filter
from gmplug.preselection.duplicates import duplicates_filter
from gmplug.preselection.flaws import baseline_drift_filter, truncated_filter
from gmplug.preselection.funnel import Judgement
from gmplug.preselection.several import colocated_filter, max_per_event_filter, max_per_station_filter
from gmplug.preselection.stated import numbers, texts, within_limits
from gmplug.values import MECHANISMS, SUBDUCTION, BoolArray, FloatArray, lacks_file, named_rows


def _ordered(value: tuple[float, float]) -> tuple[float, float]:
    if not value[0] <= value[1]:
        raise ValueError("give [lowest, highest]")
    return value


#: ``[lowest, highest]``, both included; ``inf`` leaves a side open.
Range = Annotated[tuple[float, float], AfterValidator(_ordered)]

#: Limits of the scale factor: ASCE 7-16 (16.2.4 with NIST GCR 11-917-15, 2011), as in Jia & Sasani (2025).
SCALE_FACTOR_LIMITS = (0.25, 4.0)


def include_filter(records: pd.DataFrame, include: list[str | int] | None = None) -> BoolArray | None:
    """Not in the list of records to use

    Parameters
    ----------
    include
        Ids or record numbers; all other records are left out.
    """
    return None if include is None else _listed(records, include, "include")


def exclude_filter(records: pd.DataFrame, exclude: list[str | int] | None = None) -> BoolArray | None:
    """In the list of records to leave out

    Parameters
    ----------
    exclude
        Ids or record numbers.
    """
    return None if exclude is None else ~_listed(records, exclude, "exclude")


def _listed(records: pd.DataFrame, wanted: Iterable[str | int], option: str) -> BoolArray:
    """Return which records a list of ids or record numbers names."""
    listed = np.zeros(len(records), dtype=bool)
    listed[named_rows(records, list(wanted), f"[preselection] {option}: the catalogue has")] = True
    return listed


def range_filter(column: str, title: str) -> Callable[..., Any]:
    """Return the filter of the option ``COLUMN = [lowest, highest]``; ``title`` says what is limited."""
    title = f"{title[:1].upper()}{title[1:]}"

    def within(records: pd.DataFrame, **options: Range | None) -> Judgement | None:
        limits = options.get(column)
        if limits is None:
            return None
        return within_limits(numbers(records, column, column), limits, f"{title} unknown")

    within.__annotations__ = {"records": pd.DataFrame, column: Range | None}
    within.__doc__ = (
        f"{title} outside the range\n\nParameters\n----------\n{column}\n"
        "    ``[lowest, highest]``, both included; ``inf`` leaves a side open."
    )
    within.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter("records", inspect.Parameter.KEYWORD_ONLY, annotation=pd.DataFrame),
            inspect.Parameter(column, inspect.Parameter.KEYWORD_ONLY, default=None),
        ]
    )
    return within


def ranges_filter(records: pd.DataFrame, ranges: dict[str, Range] | None = None) -> Judgement | None:
    """Another number of the record outside its range

    Parameters
    ----------
    ranges
        ``{ column = [lowest, highest] }`` of any columns of numbers.
    """
    if not ranges:
        return None
    each = [
        within_limits(numbers(records, name, f"ranges.{name}"), limits) for name, limits in ranges.items()
    ]
    keep = np.logical_and.reduce([one.keep | one.unknown for one in each])
    unknown = np.logical_or.reduce([one.unknown for one in each])
    return Judgement(keep, unknown, "Another number of the record unknown")


def _mechanism_names(mechanism: str | list[str]) -> list[str]:
    from gmplug.catalogue.records import mechanism_name

    asked = [mechanism] if isinstance(mechanism, str) else mechanism
    unknown = [name for name in asked if mechanism_name(name) is None]
    if unknown:
        known = (*MECHANISMS, *SUBDUCTION)
        hint = did_you_mean(unknown[0], known)
        raise InputError(
            f"[preselection] mechanism: unknown mechanism '{unknown[0]}'; {hint}known: {', '.join(known)}"
        )
    return [str(mechanism_name(name)) for name in asked]


def mechanism_filter(records: pd.DataFrame, mechanism: str | list[str] | None = None) -> Judgement | None:
    """Another fault mechanism

    Parameters
    ----------
    mechanism
        One or several: ``strike-slip``, ``normal``, ``reverse``, ``normal-oblique``, ``reverse-oblique``,
        ``unspecified``; of subduction zones ``interface``, ``intraslab``, ``outer-rise``.
    """
    if mechanism is None:
        return None
    names = _mechanism_names(mechanism)
    stated = texts(records, "mechanism", "mechanism")
    unknown = np.asarray(stated.isin(["", "unspecified"]), dtype=bool)
    missing = "" if "unspecified" in names else "Fault mechanism unknown"
    return Judgement(np.asarray(stated.isin(names), dtype=bool) | unknown, unknown, missing)


def usable_band(
    records: pd.DataFrame,
    periods_s: FloatArray,
    usable_band: bool = True,
    usable_period_s: float | None = None,
) -> Judgement | None:
    """Filtered within the study's periods

    Records of unknown filters are kept, and counted.

    Parameters
    ----------
    usable_band
        False takes records whatever their filters.
    usable_period_s
        Longest period that must be usable, s, in place of the longest of the grid.
    """
    if not usable_band:
        return None
    longest = float(periods_s[-1]) if usable_period_s is None else usable_period_s
    usable = np.full(len(records), np.nan)
    if usable_period_s is not None:
        usable = numbers(records, "max_usable_period_s", "usable_period_s")
    elif "max_usable_period_s" in records:
        usable = records["max_usable_period_s"].to_numpy(dtype=float, na_value=np.nan)
    unknown = np.isnan(usable)
    return Judgement(unknown | (usable >= longest * (1 - 1e-6)), unknown)


def scale_factor_filter(records: pd.DataFrame, scale_factor: Range = SCALE_FACTOR_LIMITS) -> Judgement:
    """Scale factor outside the limits

    Parameters
    ----------
    scale_factor
        ``[lowest, highest]``; the default is that of ASCE 7-16 and NIST GCR 11-917-15 (2011). ``[0, inf]``
        takes every record.
    """
    return within_limits(numbers(records, "scale_factor", "scale_factor"), scale_factor)


def waveforms_filter(records: pd.DataFrame, require_waveforms: bool = False) -> BoolArray | None:
    """No waveform file at hand

    Parameters
    ----------
    require_waveforms
        True leaves out records without waveform files.
    """
    if not require_waveforms:
        return None
    return ~lacks_file(records)


#: The built-in filters in the order they run.
FILTERS: dict[str, Callable[..., Any]] = {
    "include": include_filter,
    "exclude": exclude_filter,
    "magnitude": range_filter("magnitude", "magnitude"),
    "rjb": range_filter("rjb_km", "Joyner-Boore distance"),
    "rrup": range_filter("rrup_km", "rupture distance"),
    "vs30": range_filter("vs30_m_s", "Vs30"),
    "mechanism": mechanism_filter,
    "ranges": ranges_filter,
    "usable-band": usable_band,
    "scale-factor": scale_factor_filter,
    "waveforms": waveforms_filter,
    "baseline-drift": baseline_drift_filter,
    "truncated": truncated_filter,
    "aftershocks": aftershocks_filter,
    "duplicates": duplicates_filter,
    "colocated": colocated_filter,
    "max-per-event": max_per_event_filter,
    "max-per-station": max_per_station_filter,
}


def measure_filters() -> dict[str, Callable[..., Any]]:
    """Return the filters of the intensity measures in use, of unscaled records: ``cav_m_s = [low, high]``."""
    return {column: range_filter(column, f"{one.title} (unscaled)") for column, one in measures().items()}
