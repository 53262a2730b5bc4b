"""Summary of the demands of all analyses."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field

from gmplug.assessment.lognormal import (
    Lognormal,
    exceedance_with_collapse,
    fit_by_moments,
    median_with_collapse,
)
from gmplug.demands import DEFAULT_DRIFTS, DRIFT
from gmplug.demands.tables import peak_story_drift, profile
from gmplug.values import STATUSES, Assessment, Demands

#: Columns of numbers that are not EDPs.
_NOT_EDPS = frozenset(
    ("cluster", "scale_factor", "seed", "time_step_s", "wall_s", "steps", "retries", "time_reached_s",
     "last_norm")
)  # fmt: skip

_Threshold = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def demand_summary(demands: Demands, drift_thresholds: tuple[_Threshold, ...] = DEFAULT_DRIFTS) -> Assessment:
    """Summarize the demands: statuses, median and dispersion of each EDP, exceedance of drift limits.

    Parameters
    ----------
    drift_thresholds
        Peak story drift ratios whose exceedance is reported. The defaults, 1, 2 and 4 %, are of the order of
        FEMA 356 (2000), table C1-3, for concrete frames at immediate occupancy, life safety and collapse
        prevention; ASCE 41 itself limits members, not drifts.

    Returns
    -------
    Assessment
        ``values``: ``analyses``, ``collapse``, ``peak_story_drift_ratio``, ``notes``; tables ``edps``,
        ``drift_by_story``, ``drift_exceedance``. All EDP statistics are of the analyses that ended ok.
    """
    table = demands.table
    status = table["status"].astype(str)
    analyses = {name: int((status == name).sum()) for name in STATUSES}
    ok = table[status == "ok"]
    collapse = _collapse(analyses)
    tables = {
        "edps": _edp_table(ok, edp_columns(table), collapse["fraction"]),
        "drift_by_story": _by_story(ok),
        "drift_exceedance": _exceedance_table(ok, drift_thresholds, collapse),
    }
    values: dict[str, Any] = {
        "analyses": analyses,
        "collapse": collapse,
        DRIFT: _drift_values(ok),
        "notes": _notes(analyses),
    }
    return Assessment(values=values, tables={name: frame for name, frame in tables.items() if len(frame)})


def edp_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns that are EDPs: numbers that are not about the record or the run."""
    return [
        str(column)
        for column in table.columns
        if column not in _NOT_EDPS
        and pd.api.types.is_numeric_dtype(table[column])
        and not pd.api.types.is_bool_dtype(table[column])
        and table[column].notna().any()
    ]


def _collapse(analyses: dict[str, int]) -> dict[str, Any]:
    """Return the collapsed analyses among those that ended ok or collapsed."""
    completed = analyses["ok"] + analyses["collapsed"]
    return {
        "collapsed": analyses["collapsed"],
        "of": completed,
        "fraction": analyses["collapsed"] / completed if completed else None,
    }


def _edp_table(ok: pd.DataFrame, columns: list[str], collapse_fraction: float | None) -> pd.DataFrame:
    rows = []
    for column in columns:
        fit = fit_by_moments(pd.to_numeric(ok[column], errors="coerce").to_numpy(dtype=float))
        median = float("nan") if collapse_fraction is None else median_with_collapse(fit, collapse_fraction)
        rows.append({"edp": column, **_row(fit), "median_with_collapse": median})
    names = ["edp", "n", "median", "beta", "p16", "p84", "median_with_collapse"]
    return pd.DataFrame(rows, columns=names)


def _exceedance_table(
    ok: pd.DataFrame, thresholds: tuple[float, ...], collapse: dict[str, Any]
) -> pd.DataFrame:
    """Count the analyses that exceed each drift, and compare with the fitted distribution."""
    drift = peak_story_drift(ok)
    drift = drift[np.isfinite(drift)]
    if not len(drift):
        return pd.DataFrame()
    fit = fit_by_moments(drift)
    total = len(drift) + collapse["collapsed"]
    rows = []
    for threshold in sorted(thresholds):
        exceeding = int(np.sum(drift > threshold)) + collapse["collapsed"]  # a collapse exceeds any drift
        rows.append(
            {
                "drift_ratio": threshold,
                "exceeding": exceeding,
                "of": total,
                "fraction": exceeding / total,
                "fitted_probability": exceedance_with_collapse(fit, collapse["fraction"], threshold),
            }
        )
    return pd.DataFrame(rows)


def _by_story(ok: pd.DataFrame) -> pd.DataFrame:
    drifts = profile(ok, DRIFT)
    if drifts is None:
        return pd.DataFrame()
    fits = [fit_by_moments(column) for column in drifts.values.T]
    return pd.DataFrame(
        [{"story": story, **_row(fit)} for story, fit in zip(drifts.levels, fits, strict=True)]
    )


def _row(fit: Lognormal) -> dict[str, Any]:
    fractiles = {"p16": fit.fractile(-1.0), "p84": fit.fractile(1.0)}
    return {"n": fit.n, "median": fit.median, "beta": fit.beta, **fractiles}


def _notes(analyses: dict[str, int]) -> list[str]:
    without = {name: count for name, count in analyses.items() if name not in ("ok", "collapsed") and count}
    notes = []
    if without:
        listed = ", ".join(f"{count} {name}" for name, count in without.items())
        notes.append(
            f"{sum(without.values())} of {sum(analyses.values())} analyses gave no demands ({listed}) and "
            "are not used. A failed analysis may hide a collapse."
        )
    if analyses["ok"] < 2:
        notes.append("Fewer than two analyses ended ok: dispersions are not known.")
    return notes


def _drift_values(ok: pd.DataFrame) -> dict[str, Any]:
    """Statistics of the largest story drift; what is not known is None."""
    fit = fit_by_moments(peak_story_drift(ok))
    return {name: value if np.isfinite(value) else None for name, value in _row(fit).items()}
