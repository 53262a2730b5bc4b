"""Engineering demand parameters (EDPs) from the response of the floors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from gmplug.demands.builtin import (
    BASE_SHEAR,
    BASE_SHEAR_RATIO,
    FLOOR_ACCELERATION,
    RESIDUAL_DRIFT,
    ROOF_DISPLACEMENT,
    ROOF_DRIFT,
    STORY_DRIFT,
    VERTICAL_ACCELERATION,
)
from gmplug.demands.demand import Demand
from gmplug.values import FloatArray, StructureModel

#: Names of the two horizontal directions in columns of demands.csv.
AXES = ("x", "y")


@dataclass(frozen=True)
class FloorHistory:
    """Response of the floors, base first, in the model's d horizontal directions (one, or two: x and y).

    Parameters
    ----------
    time_s
        Shape (n,), s, the steps of the analysis.
    displacement
        Relative to the ground, the model's length unit, shape (d, n, floors).
    acceleration_g
        Absolute, g, shape (d, n, floors).
    vertical_acceleration_g
        Absolute, g, upwards, shape (n, floors); None without vertical excitation.
    base_shear
        Force between structure and supports, the model's unit of force, shape (d, n); None where it is not
        known. See :class:`gmplug.analysis.base_shear.BaseShear`.
    seismic_weight
        Mass that the ground accelerates times gravity, the same unit, by direction; empty if not known.
    further
        By name, shape (n,) each: what the model and plugins add to the histories.
    """

    time_s: FloatArray
    displacement: FloatArray
    acceleration_g: FloatArray
    vertical_acceleration_g: FloatArray | None = None
    base_shear: FloatArray | None = None
    seismic_weight: tuple[float, ...] = ()
    further: Mapping[str, FloatArray] = field(default_factory=dict)


def story_drift_ratios(history: FloorHistory, model: StructureModel) -> FloatArray:
    """Return the story drift ratios over time, shape (d, n, stories)."""
    return np.diff(history.displacement, axis=2) / np.asarray(model.story_heights)


def floor_demands(
    history: FloorHistory, model: StructureModel, residual_window_s: float | None
) -> dict[str, float]:
    """Return the EDPs by column name of demands.csv.

    Story i is between floors i − 1 and i; floor 0 is the base. Residual drifts are means over the last
    ``residual_window_s``, in which the structure still swings a little about where it stays; None leaves
    them out. Of a model with two horizontal directions each demand is the larger of the two, and follows
    by direction (``_x``, ``_y``) and, for drifts, as resultant: the largest length of the vector.
    """
    drift = story_drift_ratios(history, model)
    residual = _residual(history, drift, residual_window_s)
    sway = history.displacement[:, :, -1] - history.displacement[:, :, 0]
    roof = np.abs(sway).max(axis=1)
    demands: dict[str, float] = {}
    by_direction = [(STORY_DRIFT, np.abs(drift).max(axis=1))]
    if residual is not None:
        by_direction.append((RESIDUAL_DRIFT, np.abs(residual)))
    by_direction.append((FLOOR_ACCELERATION, np.abs(history.acceleration_g).max(axis=1)))
    for demand, values in by_direction:
        demands |= _columns(demand, values.max(axis=0))
        above_base = values[:, 1:] if demand.numbered == "floor" else values
        demands[demand.column] = float(above_base.max())
        if len(values) == 2:
            for axis, along in zip(AXES, values, strict=True):
                demands |= _columns(demand, along, axis)
    demands[ROOF_DRIFT.column] = float(roof.max()) / sum(model.story_heights)
    demands |= _along(ROOF_DISPLACEMENT, roof * model.length_unit_m)
    if len(drift) == 2:
        demands |= _columns(STORY_DRIFT, np.hypot(*drift).max(axis=0), "resultant")
        if residual is not None:
            demands |= _columns(RESIDUAL_DRIFT, np.hypot(*residual), "resultant")
        resultant = float(np.hypot(*sway).max()) * model.length_unit_m
        demands[ROOF_DISPLACEMENT.column_along("resultant")] = resultant
    if history.vertical_acceleration_g is not None:
        demands |= _columns(VERTICAL_ACCELERATION, np.abs(history.vertical_acceleration_g).max(axis=0))
    if history.base_shear is not None:
        shear = np.abs(history.base_shear).max(axis=1)
        demands |= _along(BASE_SHEAR, shear)
        if history.seismic_weight:
            demands |= _along(BASE_SHEAR_RATIO, shear / np.asarray(history.seismic_weight))
    return demands


def _residual(history: FloorHistory, drift: FloatArray, window_s: float | None) -> FloatArray | None:
    """Return the mean drifts over the last ``window_s``, shape (d, stories)."""
    if window_s is None:
        return None
    last = history.time_s >= history.time_s[-1] - window_s * (1 + 1e-9)
    return np.asarray(np.mean(drift[:, last], axis=1))


def _along(demand: Demand, values: FloatArray) -> dict[str, float]:
    """Return the largest of the d values, and of two directions each."""
    columns = {demand.column: float(values.max())}
    if len(values) == 2:
        columns |= {demand.column_along(axis): float(v) for axis, v in zip(AXES, values, strict=True)}
    return columns


def _columns(demand: Demand, values: FloatArray, axis: str = "") -> dict[str, float]:
    first = 1 if demand.numbered == "story" else 0
    return {demand.column_at(level, axis): float(v) for level, v in enumerate(values, start=first)}
