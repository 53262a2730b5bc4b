"""The filter of aftershocks: as the catalogue states them, or by windows in time and distance."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.preselection.funnel import Judgement
from gmplug.preselection.stated import Treatment, treated
from gmplug.values import BoolArray, FloatArray

_WHERE = "[preselection] aftershocks"
_STATED = {
    **dict.fromkeys(("aftershock", "class 2", "class2", "c2", "2", "2.0"), True),
    **dict.fromkeys(("mainshock", "foreshock", "class 1", "class1", "c1", "1", "1.0"), False),
}
_NEEDED = ("event_time", "event_latitude_deg", "event_longitude_deg", "magnitude")


def aftershocks_filter(records: pd.DataFrame, aftershocks: Treatment = "keep") -> Judgement | None:
    """Aftershock, stated or within the window of Gardner & Knopoff (1974) of a larger earthquake

    Parameters
    ----------
    aftershocks
        ``"note"`` names such records, ``"remove"`` leaves them out, ``"keep"`` does not look.
    """
    if aftershocks == "keep":
        return None
    has_class = "event_class" in records and (records["event_class"].fillna("").astype(str) != "").any()
    located = set(_NEEDED) <= set(records)
    if not has_class and not located:
        raise InputError(
            f"{_WHERE}: the catalogue has neither event_class nor {', '.join(_NEEDED)}; remove the option, "
            "or give a catalogue that has them"
        )
    found, unknown = (
        _by_windows(records) if located else (np.zeros(len(records), bool), np.ones(len(records), bool))
    )
    if has_class:
        stated = records["event_class"].fillna("").astype(str).str.strip().str.lower().map(_STATED)
        known = stated.notna().to_numpy()
        found = np.where(known, np.array([one is True for one in stated]), found)
        unknown = unknown & ~known
    what = 'are of aftershocks; set aftershocks = "remove" to leave them out'
    return treated(aftershocks, records, found, unknown, what, "Not known whether it is of an aftershock")


def _by_windows(records: pd.DataFrame) -> tuple[BoolArray, BoolArray]:
    """Return which records are of aftershocks of larger earthquakes here, and of which that is unknown."""
    times = pd.to_datetime(records["event_time"].replace("", None), errors="coerce", utc=True, format="mixed")
    days = times.to_numpy(dtype="datetime64[s]").astype("int64") / 86400.0
    columns = [records[name].to_numpy(dtype=float, na_value=np.nan) for name in _NEEDED[1:]]
    table = np.column_stack([np.where(times.isna(), np.nan, days), *columns])
    unknown = ~np.isfinite(table).all(axis=1)
    events, which = np.unique(table[~unknown], axis=0, return_inverse=True)
    found = np.zeros(len(records), dtype=bool)
    found[~unknown] = in_windows(*events.T)[which.ravel()]
    return found, unknown


def in_windows(
    days: FloatArray, latitude_deg: FloatArray, longitude_deg: FloatArray, magnitude: FloatArray
) -> BoolArray:
    """Tell which earthquakes, shape (E,), are aftershocks.

    An aftershock follows a larger earthquake that is no aftershock itself, within its window: Gardner &
    Knopoff (1974), "Is the sequence of earthquakes in southern California, with aftershocks removed,
    Poissonian?", Bull. Seism. Soc. Am. 64(5):1363-1367, as fitted by van Stiphout, Zhuang & Marsan (2012),
    "Seismicity declustering", CORSSA, table 1: 10^(0.1238 M + 0.983) km; 10^(0.032 M + 2.7389) days from
    M 6.5, else 10^(0.5409 M - 0.547).
    """
    after = np.zeros(len(days), dtype=bool)
    within_km = 10.0 ** (0.1238 * magnitude + 0.983)
    strong = magnitude >= 6.5
    within_days = 10.0 ** np.where(strong, 0.032 * magnitude + 2.7389, 0.5409 * magnitude - 0.547)
    for main in np.argsort(-magnitude, kind="stable"):
        if not after[main]:
            later = (days > days[main]) & (days <= days[main] + within_days[main])
            near = _distance_km(latitude_deg, longitude_deg, main) <= within_km[main]
            after |= later & near & (magnitude < magnitude[main])
    return after


def _distance_km(latitude_deg: FloatArray, longitude_deg: FloatArray, to: int) -> FloatArray:
    lat, lon = np.radians(latitude_deg), np.radians(longitude_deg)
    half = np.sin((lat - lat[to]) / 2) ** 2
    half += np.cos(lat) * np.cos(lat[to]) * np.sin((lon - lon[to]) / 2) ** 2
    return np.asarray(2 * 6371.0 * np.arcsin(np.sqrt(np.minimum(half, 1.0))))
