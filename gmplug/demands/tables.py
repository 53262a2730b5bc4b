"""Demands over the height, and the largest story drift, from a table of demands."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gmplug.demands.builtin import DRIFT
from gmplug.demands.demand import Demand
from gmplug.values import BoolArray, FloatArray


@dataclass(frozen=True)
class Profile:
    """Demands over the height: ``levels`` (m,) and ``values`` (analyses, m) in the order of the table.

    ``name`` is the prefix of the columns; ``unit`` what follows it in their names (``g``, ``m_s2`` or empty).
    """

    name: str
    unit: str
    levels: tuple[int, ...]
    values: FloatArray


def profile(table: pd.DataFrame, name: str) -> Profile | None:
    """Collect the columns ``NAME_1``, ``NAME_2``, ... (or ``NAME_1_g``, ...); None where there are none."""
    pattern = re.compile(rf"{name}_(?P<level>\d+)(?:_(?P<unit>[a-z]\w*))?")
    found: dict[int, tuple[str, str]] = {}
    for column in table.columns:
        match = pattern.fullmatch(str(column))
        if match:
            found[int(match["level"])] = (column, match["unit"] or "")
    if not found:
        return None
    levels = tuple(sorted(found))
    values = table[[found[level][0] for level in levels]].apply(pd.to_numeric, errors="coerce")
    return Profile(name, found[levels[0]][1], levels, values.to_numpy(dtype=float))


def has_profile(table: pd.DataFrame, name: str) -> bool:
    """Tell whether any analysis that ended ok or collapsed has the whole profile."""
    found = profile(completed(table), name)
    return found is not None and bool(np.isfinite(found.values).all(axis=1).any())


def axis_profiles(table: pd.DataFrame, demand: Demand) -> dict[str, Profile]:
    """Return a numbered demand over the height by direction: x and y of a 3D model, "" of a plane one."""
    found = {}
    for axis in ("x", "y") if has_profile(table, f"{demand.name}_x") else ("",):
        name = f"{demand.name}_{axis}" if axis else demand.name
        one = profile(table, name) if has_profile(table, name) else None
        if one is not None:
            found[axis] = one
    return found


def completed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the analyses that show whether the structure stands: those that ended ok or collapsed."""
    return table[table["status"].isin(["ok", "collapsed"])].reset_index(drop=True)


def unused_notes(table: pd.DataFrame) -> list[str]:
    """Return a note on the analyses that are not :func:`completed`, if there are any."""
    without = len(table) - len(completed(table))
    if not without:
        return []
    return [
        f"{without} of {len(table)} analyses gave no demands and are not used. A failed analysis may hide a "
        "collapse."
    ]


def collapsed(table: pd.DataFrame) -> BoolArray:
    """Return which analyses collapsed, shape (n,)."""
    return np.asarray(table["status"] == "collapsed")


def peak_story_drift(table: pd.DataFrame) -> FloatArray:
    """Return the largest peak story drift ratio of each analysis, shape (n,); NaN where there is none.

    Of a table that has only the stories, their largest.
    """
    if DRIFT in table:
        return pd.to_numeric(table[DRIFT], errors="coerce").to_numpy(dtype=float)
    drifts = profile(table, DRIFT)
    if drifts is None:
        return np.full(len(table), np.nan)
    return pd.DataFrame(drifts.values).max(axis=1).to_numpy(dtype=float)
