"""The demands of one hazard level in pelicun's format."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gmplug import InputError, edp_columns

#: Smallest demand that is written: a lognormal distribution cannot be fitted to zeros.
_FLOOR = {"PID": 1e-6, "PFA": 1e-6, "RID": 0.0}
_NEEDED = {"PID": "peak_story_drift_ratio_1, ...", "PFA": "peak_floor_acceleration_0_g, ..."}


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
        Columns ``1-PID-1-1`` (story 1, direction 1), ``1-PFA-0-1`` (ground), ``1-RID-1-1``,
        ``1-SA_1.00-0-1``, ... Residual drifts only if every analysis has them. Values are text with the
        digits that read back to the same number.

    Raises
    ------
    InputError
        Drifts or accelerations are missing.
    """
    found = edp_columns(table.columns)
    columns: dict[str, list[str]] = {}
    for kind, floor in _FLOOR.items():
        names = {name: pair for name, pair in found.items() if name.split("-")[1] == kind}
        values = {
            name: pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float)
            for name, (column, _) in names.items()
        }
        complete = bool(values) and all(np.isfinite(numbers).all() for numbers in values.values())
        if not complete and kind in _NEEDED:
            raise InputError(
                f"[risk.pelicun] demands.csv: the columns {_NEEDED[kind]} must be there and have a number "
                f"for every analysis that ended ok"
            )
        if complete:
            for name, numbers in values.items():
                columns[name] = [names[name][1], *(repr(float(x)) for x in np.maximum(numbers, floor))]
    columns[f"1-{sa_type(conditioning_period_s)}-0-1"] = ["g", *[repr(float(sa_g))] * len(table)]
    index = pd.Index(["Units", *(str(i) for i in range(len(table)))], name="")
    return pd.DataFrame(columns, index=index)


def stories(demands: pd.DataFrame) -> int:
    """Return the number of stories of a demand table."""
    return len({column.split("-")[2] for column in demands.columns if column.startswith("1-PID-")})


def directions(demands: pd.DataFrame) -> int:
    """Return the number of horizontal directions of a demand table, 1 or 2."""
    return len({column.split("-")[3] for column in demands.columns if column.startswith("1-PID-")})
