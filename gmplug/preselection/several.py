"""Filters of several records of one earthquake, one station, or one place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import AfterValidator

from gmplug.preselection.funnel import Judgement
from gmplug.preselection.stated import Treatment, numbers, texts, treated
from gmplug.values import BoolArray, IntArray

#: Instruments of one earthquake that stand this near to one another are co-located, km.
_SAME_PLACE_KM = 0.05
_EARTH_KM = 6371.0


def _positive(value: int) -> int:
    if value < 1:
        raise ValueError("give a number of at least 1")
    return value


Count = Annotated[int, AfterValidator(_positive)]


def max_per_event_filter(
    records: pd.DataFrame, kept: BoolArray, max_per_event: Count | None = None
) -> Judgement | None:
    """More records of one earthquake than wanted, scale factors closer to 1 kept

    Parameters
    ----------
    max_per_event
        Most candidates of one earthquake.
    """
    if max_per_event is None:
        return None
    return _at_most(records, kept, "event", "max_per_event", max_per_event, "Earthquake unknown")


def max_per_station_filter(
    records: pd.DataFrame, kept: BoolArray, max_per_station: Count | None = None
) -> Judgement | None:
    """More records of one station than wanted, scale factors closer to 1 kept

    Parameters
    ----------
    max_per_station
        Most candidates of one station.
    """
    if max_per_station is None:
        return None
    return _at_most(records, kept, "station", "max_per_station", max_per_station, "Station unknown")


def _at_most(
    records: pd.DataFrame, kept: BoolArray, column: str, option: str, most: int, missing: str
) -> Judgement:
    names = texts(records, column, option).str.strip().to_numpy(dtype=object)
    unknown = np.asarray(names == "", dtype=bool)
    keep = np.ones(len(records), dtype=bool)
    taken: dict[str, int] = {}
    for row in _by_scale_factor(records, np.flatnonzero(kept & ~unknown), option):
        taken[names[row]] = taken.get(names[row], 0) + 1
        keep[row] = taken[names[row]] <= most
    return Judgement(keep, unknown, missing)


def _by_scale_factor(records: pd.DataFrame, rows: IntArray, option: str) -> Sequence[int]:
    """Return the rows, scale factors nearest to 1 first; ids break ties."""
    distance = np.abs(np.log(numbers(records, "scale_factor", option)))
    return sorted((int(row) for row in rows), key=lambda row: (distance[row], str(records["id"].iloc[row])))


def colocated_filter(
    records: pd.DataFrame, kept: BoolArray, colocated: Treatment = "note"
) -> Judgement | None:
    """Another instrument at the same place recorded the same earthquake, scale factor closer to 1 kept

    Parameters
    ----------
    colocated
        ``"note"`` names such records, ``"remove"`` leaves them out, ``"keep"`` does not look.
    """
    places = _places(records)
    if colocated == "keep" or "event" not in records or places is None:
        if colocated == "remove":
            texts(records, "event", "colocated")
            texts(records, "station", "colocated")
        return None
    events = records["event"].fillna("").astype(str).str.strip()
    unknown = np.asarray((events == "") | (places == ""), dtype=bool)
    # the components of a record that a catalogue gives one by one are no two instruments
    base = records["id"].astype(str).str.replace(r"-h[12]$", "", regex=True)
    again = np.zeros(len(records), dtype=bool)
    first: dict[tuple[str, str], str] = {}
    for row in _by_scale_factor(records, np.flatnonzero(kept & ~unknown), "colocated"):
        name = first.setdefault((events.iloc[row], places.iloc[row]), base.iloc[row])
        again[row] = name != base.iloc[row]
    what = (
        "were recorded by a second instrument at the place of another record of the same earthquake; set "
        'colocated = "remove" to leave them out'
    )
    return treated(colocated, records, again, unknown, what, "Earthquake or station unknown")


def _places(records: pd.DataFrame) -> pd.Series | None:
    """Name the place of each record: its station, or the first one within 50 m; None where none is known."""
    names = pd.Series("", records.index, dtype=object)
    if "station" in records:
        names = records["station"].fillna("").astype(str).str.strip()
    columns = ["station_latitude_deg", "station_longitude_deg"]
    if not set(columns) <= set(records):
        return names if (names != "").any() else None
    from scipy.spatial import cKDTree

    where = np.radians(records[columns].to_numpy(dtype=float, na_value=np.nan))
    known = np.flatnonzero(np.isfinite(where).all(axis=1))
    latitude, longitude = where[known].T
    flat = np.cos(latitude)
    points = _EARTH_KM * np.column_stack(
        [flat * np.cos(longitude), flat * np.sin(longitude), np.sin(latitude)]
    )
    near = cKDTree(points).query_ball_point(points, _SAME_PLACE_KM) if len(points) else []
    for row, others in zip(known, near, strict=True):
        names.iloc[int(row)] = f"place {known[min(others)]}"
    return names
