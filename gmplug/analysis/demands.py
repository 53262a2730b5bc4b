"""Engineering demand parameters (EDPs) from the response of the floors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gmplug.demands import DRIFT, FLOOR_ACCELERATION, RESIDUAL_DRIFT, ROOF_DRIFT
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
    further
        By name, shape (n,) each: what the model and plugins add to the histories.
    """

    time_s: FloatArray
    displacement: FloatArray
    acceleration_g: FloatArray
    vertical_acceleration_g: FloatArray | None = None
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
    peak_drift = _peak(drift)
    peak_acceleration = _peak(history.acceleration_g)
    residual = _residual(history, drift, residual_window_s)
    sway = history.displacement[:, :, -1] - history.displacement[:, :, 0]
    peak_sway = np.max(np.abs(sway), axis=1)
    demands = _by_story(DRIFT, peak_drift.max(axis=0))
    if residual is not None:
        demands |= _by_story(RESIDUAL_DRIFT.name, residual.max(axis=0))
        demands[RESIDUAL_DRIFT.column] = float(residual.max())
    demands |= _by_floor(FLOOR_ACCELERATION.name, peak_acceleration.max(axis=0))
    demands[DRIFT] = float(peak_drift.max())
    demands[FLOOR_ACCELERATION.column] = float(peak_acceleration[:, 1:].max())
    demands[ROOF_DRIFT.column] = float(peak_sway.max()) / sum(model.story_heights)
    demands["peak_roof_displacement_m"] = float(peak_sway.max()) * model.length_unit_m
    if len(drift) == 2:
        demands |= _resultants(drift, sway, residual, model)
        for axis, drifts, accelerations in zip(AXES, peak_drift, peak_acceleration, strict=True):
            demands |= _by_story(f"{DRIFT}_{axis}", drifts)
            demands |= _by_floor(f"{FLOOR_ACCELERATION.name}_{axis}", accelerations)
        if residual is not None:
            for axis, drifts in zip(AXES, residual, strict=True):
                demands |= _by_story(f"{RESIDUAL_DRIFT.name}_{axis}", drifts)
    if history.vertical_acceleration_g is not None:
        vertical = np.max(np.abs(history.vertical_acceleration_g), axis=0)
        demands |= _by_floor("peak_vertical_acceleration", vertical)
    return demands


def _resultants(
    drift: FloatArray, sway: FloatArray, residual: FloatArray | None, model: StructureModel
) -> dict[str, float]:
    """Demands by the length of their vector (x, y); residual drifts are vectors of means."""
    demands = _by_story(f"{DRIFT}_resultant", np.hypot(*drift).max(axis=0))
    if residual is not None:
        demands |= _by_story(f"{RESIDUAL_DRIFT.name}_resultant", np.hypot(*residual))
    demands["peak_roof_displacement_resultant_m"] = float(np.hypot(*sway).max()) * model.length_unit_m
    return demands


def _residual(history: FloorHistory, drift: FloatArray, window_s: float | None) -> FloatArray | None:
    """Absolute mean drifts over the last ``window_s``, shape (d, stories)."""
    if window_s is None:
        return None
    last = history.time_s >= history.time_s[-1] - window_s * (1 + 1e-9)
    residual: FloatArray = np.abs(np.mean(drift[:, last], axis=1))
    return residual


def _by_story(name: str, values: Sequence[float] | FloatArray) -> dict[str, float]:
    return {f"{name}_{story}": float(value) for story, value in enumerate(values, start=1)}


def _by_floor(name: str, values: Sequence[float] | FloatArray) -> dict[str, float]:
    return {f"{name}_{floor}_g": float(value) for floor, value in enumerate(values)}


def _peak(values: FloatArray) -> FloatArray:
    """Largest absolute values over time, shape (d, m) of shape (d, n, m)."""
    peaks: FloatArray = np.max(np.abs(values), axis=1)
    return peaks
