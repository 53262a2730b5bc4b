"""Origin times of earthquakes from the year, day and hour of NGA flatfiles."""

from __future__ import annotations

import numpy as np
import pandas as pd


def with_event_times(records: pd.DataFrame) -> pd.DataFrame:
    """Return the records with ``event_time`` (text, UTC) from ``year``, ``month_day`` and ``hour_minute``.

    ``month_day`` is 1015 for October 15, ``hour_minute`` 2316 for 23:16. Empty where one of them is not known
    or no such time exists. Records that have ``event_time`` keep it.
    """
    parts = ("year", "month_day", "hour_minute")
    if "event_time" in records or not set(parts) <= set(records):
        return records
    year, day, hour = (records[name].to_numpy(dtype=float, na_value=np.nan) for name in parts)
    with np.errstate(invalid="ignore"):
        fields = {
            "year": year, "month": day // 100, "day": day % 100, "hour": hour // 100, "minute": hour % 100
        }  # fmt: skip
    known = np.isfinite(np.column_stack(list(fields.values()))).all(axis=1) & (day > 0) & (hour >= 0)
    times = pd.to_datetime(pd.DataFrame(fields)[known], errors="coerce")
    texts = times.dt.strftime("%Y-%m-%d %H:%M").fillna("").reindex(range(len(records))).fillna("")
    return records.assign(event_time=texts.to_numpy(dtype=object))
