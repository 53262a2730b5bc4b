"""Engineering demand parameters (EDPs) from the response of the floors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gmplug.values import FloatArray, StructureModel

#: Metres in the model's length unit follow from its gravity.
STANDARD_GRAVITY_M_S2 = 9.80665


@dataclass(frozen=True)
class FloorHistory:
    """Response of the floors, base first.

    Parameters
    ----------
    time_s
        Shape (n,), s, the steps of the analysis.
    displacement
        Relative to the ground, the model's length unit, shape (n, floors).
    acceleration_g
        Absolute, g, shape (n, floors).
    """

    time_s: FloatArray
    displacement: FloatArray
    acceleration_g: FloatArray


def story_drift_ratios(history: FloorHistory, model: StructureModel) -> FloatArray:
    """Return the story drift ratios over time, shape (n, stories)."""
    return np.diff(history.displacement, axis=1) / np.asarray(model.story_heights)


def floor_demands(
    history: FloorHistory, model: StructureModel, residual_window_s: float | None
) -> dict[str, float]:
    """Return the EDPs by column name of demands.csv.

    Story i is between floors i − 1 and i; floor 0 is the base. Residual drifts are means over the last
    ``residual_window_s``, in which the structure still swings a little about where it stays; None leaves
    them out.
    """
    drift = story_drift_ratios(history, model)
    peak_drift = _peak(drift)
    peak_acceleration = _peak(history.acceleration_g)
    sway = history.displacement[:, -1] - history.displacement[:, 0]
    length_m = STANDARD_GRAVITY_M_S2 / model.gravity
    peak_sway = float(np.max(np.abs(sway)))
    demands = {f"peak_story_drift_ratio_{i}": value for i, value in enumerate(peak_drift, start=1)}
    if residual_window_s is not None:
        last = history.time_s >= history.time_s[-1] - residual_window_s * (1 + 1e-9)
        residual = np.abs(np.mean(drift[last], axis=0)).tolist()
        demands |= {f"residual_story_drift_ratio_{i}": value for i, value in enumerate(residual, start=1)}
        demands["residual_story_drift_ratio"] = max(residual)
    demands |= {f"peak_floor_acceleration_{i}_g": value for i, value in enumerate(peak_acceleration)}
    demands["peak_story_drift_ratio"] = max(peak_drift)
    demands["peak_floor_acceleration_g"] = max(peak_acceleration[1:])
    demands["peak_roof_drift_ratio"] = peak_sway / sum(model.story_heights)
    demands["peak_roof_displacement_m"] = peak_sway * length_m
    return demands


def _peak(values: FloatArray) -> list[float]:
    peaks: list[float] = np.max(np.abs(values), axis=0).tolist()
    return peaks
