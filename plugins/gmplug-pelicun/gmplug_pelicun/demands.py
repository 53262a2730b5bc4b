"""The demands of one level of shaking in pelicun's own format."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from gmplug import InputError

#: Columns of demands.csv, the pelicun type and its unit. The number is the storey, or the floor from the
#: ground's 0.
_COLUMNS = (
    (re.compile(r"peak_story_drift_ratio_(\d+)"), "PID", "unitless"),
    (re.compile(r"peak_floor_acceleration_(\d+)_g"), "PFA", "g"),
    (re.compile(r"residual_story_drift_ratio_(\d+)"), "RID", "unitless"),
)
#: Smallest demand that is written: a lognormal distribution cannot be fitted to zeros.
_FLOOR = {"PID": 1e-6, "PFA": 1e-6, "RID": 0.0}


def sa_type(conditioning_period_s: float) -> str:
    """Return pelicun's demand type of Sa(T*), such as ``SA_1.00``."""
    return f"SA_{conditioning_period_s:.2f}"


def demand_table(table: pd.DataFrame, sa_g: float, conditioning_period_s: float) -> pd.DataFrame:
    """Return the demands as pelicun reads them: a row ``Units``, then one row per analysis.

    Parameters
    ----------
    table
        Rows of demands.csv, of analyses whose demands are known.
    sa_g
        Sa(T*) of the level, g; the same in every row.
    conditioning_period_s
        T*, s.

    Returns
    -------
    DataFrame
        Columns ``1-PID-1-1`` (storey 1, direction 1), ``1-PFA-0-1`` (ground), ``1-RID-1-1``,
        ``1-SA_1.00-0-1``, ... Residual drifts only if every analysis has them. Values are text with the
        digits that read back to the same number.

    Raises
    ------
    InputError
        Drifts or accelerations are missing.
    """
    columns: dict[str, list[str]] = {}
    for pattern, kind, unit in _COLUMNS:
        found = sorted(
            (int(match[1]), str(column))
            for column in table.columns
            if (match := pattern.fullmatch(str(column)))
        )
        numbers = {place: pd.to_numeric(table[name], errors="coerce") for place, name in found}
        complete = bool(numbers) and all(np.isfinite(values).all() for values in numbers.values())
        if not complete and kind != "RID":
            what = {"PID": "peak_story_drift_ratio_1, ...", "PFA": "peak_floor_acceleration_0_g, ..."}[kind]
            raise InputError(
                f"[risk.pelicun] demands.csv: the columns {what} must be there and have a number for every "
                f"analysis that ended ok"
            )
        if complete:
            for place, values in numbers.items():
                floored = np.maximum(values.to_numpy(dtype=float), _FLOOR[kind])
                columns[f"1-{kind}-{place}-1"] = [unit, *(repr(float(value)) for value in floored)]
    columns[f"1-{sa_type(conditioning_period_s)}-0-1"] = ["g", *[repr(float(sa_g))] * len(table)]
    index = pd.Index(["Units", *(str(i) for i in range(len(table)))], name="")
    return pd.DataFrame(columns, index=index)


def stories(demands: pd.DataFrame) -> int:
    """Return the number of storeys of a demand table."""
    return sum(column.startswith("1-PID-") for column in demands.columns)
