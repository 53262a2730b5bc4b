"""Acceptance of story drifts by ASCE 7-22 16.4.1.

docs/validation/codes.md says what each clause was compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from gmplug.assessment.demand_summary import demand_summary
from gmplug.constants import FOOT_M
from gmplug.demands import DEFAULT_DRIFTS, DRIFT, RESIDUAL_DRIFT, STORY_DRIFT, Demand
from gmplug.demands.tables import axis_profiles
from gmplug.errors import InputError
from gmplug.notes import doubtful, warning
from gmplug.values import LENGTH_UNITS_M, Assessment, Demands, FloatArray, Target

RiskCategory = Literal["I", "II", "III", "IV"]
StructureType = Literal["low-rise-drift-tolerant", "masonry-cantilever", "masonry-other", "other"]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

#: Table 12.12-1: allowable story drift over story height, by risk category.
TABLE_12_12_1: Mapping[str, Mapping[str, float]] = {
    "low-rise-drift-tolerant": {"I": 0.025, "II": 0.025, "III": 0.020, "IV": 0.015},
    "masonry-cantilever": {"I": 0.010, "II": 0.010, "III": 0.010, "IV": 0.010},
    "masonry-other": {"I": 0.007, "II": 0.007, "III": 0.007, "IV": 0.007},
    "other": {"I": 0.020, "II": 0.020, "III": 0.015, "IV": 0.010},
}
#: Stories up to which the first row holds.
LOW_RISE_STORIES = 4
#: 16.2.2.
LEAST_MOTIONS = 11
#: 16.4.1.2: the mean over the table's limit.
MEAN_FACTOR = 2.0
#: 16.4.1.2: above this height (ft) the limit is also a - b·height (ft), and not less than the last.
TALL_FT, TALL_A, TALL_B, TALL_LEAST = 100.0, 4.71e-2, 7.14e-5, 0.03
#: 16.4.1.1: the peak of a motion over the limit of the mean.
PEAK_FACTOR = 1.5
#: 16.4.1.1, 16.4.1.3: height (ft) from which residual drifts count, their limits for a motion and the mean.
RESIDUAL_FT, RESIDUAL_PEAK, RESIDUAL_MEAN = 240.0, 0.015, 0.010
#: 16.4: where one motion is unacceptable, this factor on the median takes the place of the mean.
MEDIAN_FACTOR = 1.2
_WHERE = "[assessment] provider 'asce7-drifts'"
_NOT_CHECKED = (
    "Not checked: elements (16.4.2) and the capacity of force-controlled ones, the gravity system "
    "(16.4.2.3), linear analysis (16.1.2), orientation of motions (16.2.4). Drifts are those of the floor "
    "nodes, not of the edges of the plan."
)


@dataclass(frozen=True)
class _Limits:
    """Limits of story drift ratios; ``residual`` tells whether residual drifts count."""

    mean: float
    peak: float
    residual: bool


def asce7_drifts(
    demands: Demands,
    target: Target,
    risk_category: RiskCategory,
    structure_type: StructureType,
    spectrally_matched: bool | None = None,
    structural_height_m: Positive | None = None,
    valid_drift_ratio: Positive | None = None,
    drift_thresholds: tuple[Positive, ...] = DEFAULT_DRIFTS,
) -> Assessment:
    """Check story drifts by ASCE 7-22 16.4.1, and summarize the demands.

    A motion is unacceptable (16.4.1.1) whose analysis did not end or collapsed, whose peak drift exceeds 1.5
    times the limit of the mean or ``valid_drift_ratio``, or (above 240 ft) with a residual drift above 0.015.
    Risk categories III and IV permit none, I and II one if the motions are not spectrally matched. Then 1.2
    times the median, and not less than the mean of the others, takes the place of the mean (16.4). The median
    is that of all motions, with the unacceptable one as the largest: never less than that of the others.

    Parameters
    ----------
    risk_category
        ``"I"`` to ``"IV"``.
    structure_type
        Row of Table 12.12-1: ``"low-rise-drift-tolerant"`` (no masonry shear walls, four stories at most,
        walls, partitions and ceilings designed for the drifts), ``"masonry-cantilever"``,
        ``"masonry-other"`` or ``"other"``.
    spectrally_matched
        Whether the motions are. Not stated, no unacceptable motion is permitted.
    structural_height_m
        From base to roof, m; the model's stories together if not given.
    valid_drift_ratio
        Story drift ratio up to which the model is valid; not checked if not given.
    drift_thresholds
        As of ``demand-summary``.

    Returns
    -------
    Assessment
        That of ``demand-summary``, with ``values["acceptance"]`` and the tables ``acceptance``,
        ``drift_acceptance`` and ``motion_acceptance``.

    Raises
    ------
    InputError
        The height is not known, or the structure has more stories than its type.
    """
    summary = demand_summary(demands, drift_thresholds)
    table = demands.table.reset_index(drop=True)
    drifts = {axis: one.values for axis, one in axis_profiles(table, STORY_DRIFT).items()}
    if not drifts:
        notes = [*summary.notes, warning("ASCE 7-22 16.4: no analysis has story drifts; nothing is checked")]
        return Assessment({**summary.values, "notes": notes}, summary.tables)
    stories = next(iter(drifts.values())).shape[1]
    if structure_type == "low-rise-drift-tolerant" and stories > LOW_RISE_STORIES:
        raise InputError(
            f"{_WHERE}: structure_type = '{structure_type}' is for {LOW_RISE_STORIES} stories at most, the "
            f'model has {stories}; use "other"'
        )
    height_ft = _height_m(demands.model, structural_height_m) / FOOT_M
    limits = _limits(TABLE_12_12_1[structure_type][risk_category], height_ft)
    residuals = {axis: one.values for axis, one in axis_profiles(table, RESIDUAL_DRIFT).items()}
    motions = _motions(table, drifts, residuals, limits, valid_drift_ratio)
    unacceptable = motions["unacceptable"].to_numpy(dtype=bool)
    allowed = 1 if risk_category in ("I", "II") and spectrally_matched is False else 0
    checks = [
        _check("16.2.2", "motions", len(table), "at least", LEAST_MOTIONS),
        _check("16.4.1.1", "unacceptable motions", int(unacceptable.sum()), "at most", allowed),
    ]
    rows = _rows(drifts, unacceptable, STORY_DRIFT, limits.mean)
    checks.append(_worst("16.4.1.2", "mean story drift ratio", rows, limits.mean))
    if limits.residual:
        left = _rows(residuals, unacceptable, RESIDUAL_DRIFT, RESIDUAL_MEAN)
        checks.append(_worst("16.4.1.3", "mean residual drift ratio", left, RESIDUAL_MEAN))
        rows += left
    acceptance = pd.DataFrame(checks)
    met = bool((acceptance["result"] == "met").all())
    values = dict(summary.values)
    values["acceptance"] = {
        "met": met,
        "risk_category": risk_category,
        "structure_type": structure_type,
        "height_ft": height_ft,
        "limit_mean_drift_ratio": limits.mean,
        "limit_peak_drift_ratio": limits.peak,
        "unacceptable": int(unacceptable.sum()),
        "allowed": allowed,
    }
    values["notes"] = [*summary.notes, *_notes(checks, target, spectrally_matched, valid_drift_ratio, drifts)]
    tables = {"acceptance": acceptance, "drift_acceptance": pd.DataFrame(rows), "motion_acceptance": motions}
    return Assessment(values, {**tables, **summary.tables})


def _height_m(model: Mapping[str, Any], stated_m: float | None) -> float:
    if stated_m is not None:
        return stated_m
    heights, unit = model.get("story_heights"), LENGTH_UNITS_M.get(str(model.get("length_unit")))
    if not heights or unit is None:
        raise InputError(f"{_WHERE}: the height of the structure is not known; set structural_height_m")
    return float(sum(heights)) * unit


def _limits(table_limit: float, height_ft: float) -> _Limits:
    """Return the limits of 16.4.1 for a limit of Table 12.12-1 and a height."""
    mean = MEAN_FACTOR * table_limit
    if height_ft > TALL_FT:
        mean = min(mean, max(TALL_A - TALL_B * height_ft, TALL_LEAST))
    return _Limits(mean, PEAK_FACTOR * mean, height_ft > RESIDUAL_FT)


def _motions(
    table: pd.DataFrame,
    drifts: Mapping[str, FloatArray],
    residuals: Mapping[str, FloatArray],
    limits: _Limits,
    valid: float | None,
) -> pd.DataFrame:
    """Return for each motion whether its response is acceptable, and why not."""
    ended = (table["status"] == "ok").to_numpy()
    peak = _largest(drifts, ended)
    residual = _largest(residuals, ended)
    reasons = []
    for row, status in enumerate(table["status"].astype(str)):
        said = [] if ended[row] else [f"the analysis ended as {status}"]
        if ended[row] and not np.isfinite(peak[row]):
            said.append("no story drifts")
        if peak[row] > limits.peak:
            said.append(f"peak drift above {PEAK_FACTOR:g} times the limit of the mean ({limits.peak:.4g})")
        if valid is not None and peak[row] > valid:
            said.append(f"peak drift above what the model is valid for ({valid:g})")
        if limits.residual and ended[row] and not residual[row] <= RESIDUAL_PEAK:
            said.append(f"residual drift not known to be within {RESIDUAL_PEAK:g}")
        reasons.append("; ".join(said))
    return pd.DataFrame(
        {
            "id": table["id"].astype(str),
            "status": table["status"].astype(str),
            DRIFT: peak,
            "unacceptable": [bool(reason) for reason in reasons],
            "reason": reasons,
        }
    )


def _largest(by_axis: Mapping[str, FloatArray], ended: np.ndarray) -> FloatArray:
    """Return the largest magnitude of each motion over directions and stories, NaN unless it ended ok."""
    found = np.full(len(ended), np.nan)
    for values in by_axis.values():
        found = np.maximum(np.abs(values).max(axis=1), np.where(np.isnan(found), -np.inf, found))
    return np.where(ended, found, np.nan)


def statistic(values: FloatArray, unacceptable: np.ndarray) -> tuple[float, float, float]:
    """Return the mean of the acceptable motions, 1.2 times the median of all, and what 16.4 takes of them.

    Parameters
    ----------
    values
        Magnitudes, shape (n,); those of unacceptable motions are not used.
    unacceptable
        Shape (n,). In the median these count as larger than all others.
    """
    good = values[~unacceptable]
    mean = float(good.mean()) if len(good) else float("nan")
    if not unacceptable.any():
        return mean, float("nan"), mean
    median = MEDIAN_FACTOR * float(np.median(np.where(unacceptable, np.inf, values)))
    return mean, median, max(median, mean)


def _rows(
    by_axis: Mapping[str, FloatArray], unacceptable: np.ndarray, demand: Demand, limit: float
) -> list[dict[str, Any]]:
    rows = []
    for axis, values in by_axis.items():
        for story, column in enumerate(np.abs(values).T, start=1):
            mean, median, value = statistic(column, unacceptable)
            rows.append(
                {
                    "demand": demand.name, "direction": axis, "story": story, "mean": mean,
                    "factored_median": median, "value": value, "limit": limit, "ratio": value / limit,
                    "result": "met" if value <= limit else "NOT met",
                }
            )  # fmt: skip
    return rows


def _check(clause: str, what: str, value: float, word: str, limit: float) -> dict[str, Any]:
    met = value >= limit if word == "at least" else value <= limit
    return {
        "clause": f"ASCE 7-22 {clause}", "check": what, "value": value, "required": f"{word} {limit:.4g}",
        "result": "met" if met else "NOT met",
    }  # fmt: skip


def _worst(clause: str, what: str, rows: list[dict[str, Any]], limit: float) -> dict[str, Any]:
    """The check of the row whose value is the largest; not met without any."""
    if not rows:
        return _check(clause, what, float("nan"), "at most", limit)
    row = max(rows, key=lambda one: np.inf if np.isnan(one["value"]) else one["value"])
    at = f"story {row['story']}" + (f", direction {row['direction']}" if row["direction"] else "")
    return _check(clause, f"{what} ({at})", row["value"], "at most", limit)


def _notes(
    checks: list[dict[str, Any]],
    target: Target,
    matched: bool | None,
    valid: float | None,
    drifts: Mapping[str, FloatArray],
) -> list[str]:
    notes = []
    for check in checks:
        line = f"{check['clause']}: {check['check']} {check['value']:.4g}, {check['required']}"
        notes.append(f"met: {line}" if check["result"] == "met" else warning(f"NOT met: {line}"))
    if matched is None:
        notes.append(
            "No unacceptable motion is permitted, as spectrally_matched is not stated in [assessment]: "
            "risk categories I and II permit one if it is false (16.4.1.1)."
        )
    if valid is None:
        notes.append("Not checked: the valid range of the model, as valid_drift_ratio is not stated.")
    if len(drifts) < 2:
        notes.append(doubtful("16.3.1 asks for a three-dimensional model; drifts are of one direction"))
    if not any(one.name.startswith("ASCE 7") for one in target.checks):
        notes.append(
            doubtful("16.4 is for the MCER spectrum; the target is none of ASCE 7 (provider 'code-asce7')")
        )
    return [*notes, _NOT_CHECKED]
