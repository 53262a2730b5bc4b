"""A motion through a model that stands: uniform excitation, free vibration, collapse or failure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gmplug.analysis.demands import FloorHistory
from gmplug.analysis.solver import SolverSettings, Stepper
from gmplug.values import FloatArray, StructureModel

#: Steps in the model's first period: its elongation by average acceleration is then 0.03 %.
STEPS_PER_PERIOD = 100
FREE_VIBRATION_PERIODS = 10
#: Residual drifts are means over this many of the model's first periods.
RESIDUAL_PERIODS = 2
#: Where steps fail for good with a drift above this share of the collapse drift, and still growing, the
#: structure has collapsed; below it, the solution has merely not converged.
INSTABILITY_SHARE = 0.5
#: Tag of the excitation's time series and pattern, out of the way of a model's own.
_EXCITATION_TAG = 99_990_001

OnStep = Callable[[float], None]


@dataclass(frozen=True)
class Outcome:
    """How a motion went: ``status`` ok, collapsed or failed, ``message`` why; the response up to its end."""

    status: str
    message: str
    history: FloorHistory
    time_reached_s: float
    steps: int
    retries: int


def first_period_s(model: StructureModel, conditioning_period_s: float) -> float:
    """Return the model's first period; T* where the model states none."""
    return model.periods_s[0] if model.periods_s else conditioning_period_s


def step_s(motion_step_s: float, longest_s: float) -> float:
    """Return the time step: the motion's own, or the largest whole fraction of it not above ``longest_s``."""
    return motion_step_s / max(1, math.ceil(motion_step_s / longest_s * (1 - 1e-9)))


def run_motion(
    ops: Any,
    model: StructureModel,
    acceleration_g: FloatArray,
    motion_step_s: float,
    longest_step_s: float,
    free_vibration_s: float,
    on_step: OnStep | None = None,
    settings: SolverSettings | None = None,
) -> Outcome:
    """Shake the model, gravity applied, with an accelerogram (g, shape (n,)), linear between its samples.

    ``on_step`` is called with the time after each step of full length.
    """
    dt = step_s(motion_step_s, longest_step_s)
    duration = (len(acceleration_g) - 1) * motion_step_s + free_vibration_s
    _excite(ops, model, acceleration_g, motion_step_s)
    stepper = Stepper(ops, settings or SolverSettings(), model.gravity / 9.80665)
    watch = _Watch(ops, model)
    status, message = "ok", ""
    steps = max(1, round(duration / dt))
    time_s = 0.0
    for k in range(1, steps + 1):
        if not stepper.advance(dt):
            status, message = _verdict(watch, model, stepper, time_s)
            break
        time_s = k * dt
        problem = watch.record(time_s)
        if on_step is not None:
            on_step(time_s)
        if problem:
            status, message = problem
            break
    ground = np.interp(
        watch.time_s, np.arange(len(acceleration_g)) * motion_step_s, acceleration_g, right=0.0
    )
    history = watch.history(ground)
    return Outcome(status, message, history, time_s, stepper.steps, stepper.retries)


def _excite(ops: Any, model: StructureModel, acceleration_g: FloatArray, motion_step_s: float) -> None:
    ops.loadConst("-time", 0.0)  # gravity stays as it is, whatever the model's script left its clock at
    tag = _EXCITATION_TAG
    values = acceleration_g.tolist()
    ops.timeSeries("Path", tag, "-dt", motion_step_s, "-values", *values, "-factor", model.gravity)
    ops.pattern("UniformExcitation", tag, model.direction, "-accel", tag)


class _Watch:
    """Keeps the floors' response, and tells collapse."""

    def __init__(self, ops: Any, model: StructureModel) -> None:
        self._ops = ops
        self._model = model
        self._heights = model.story_heights
        self._nodes = model.floor_nodes
        self._times = [0.0]
        self._displacements = [self._read(ops.nodeDisp)]
        self._accelerations = [[0.0] * len(self._nodes)]
        self.drift = self._largest_drift(self._displacements[0])

    @property
    def time_s(self) -> FloatArray:
        return np.asarray(self._times)

    def _read(self, query: Any) -> list[float]:
        direction = self._model.direction
        return [query(node, direction) for node in self._nodes]

    def _largest_drift(self, floors: list[float]) -> float:
        """Largest story drift ratio; NaN if any is."""
        largest = 0.0
        for height, below, above in zip(self._heights, floors, floors[1:], strict=False):
            drift = abs(above - below) / height
            if not drift <= largest:
                largest = drift
        return largest

    def record(self, time_s: float) -> tuple[str, str] | None:
        """Keep the state after a step; say so where the analysis ends with it."""
        floors = self._read(self._ops.nodeDisp)
        drift = self._largest_drift(floors)
        if not math.isfinite(drift):
            return "failed", f"the solution is not a number at {time_s:.3f} s"
        self._times.append(time_s)
        self._displacements.append(floors)
        self._accelerations.append(self._read(self._ops.nodeAccel))
        self.drift = drift
        if drift > self._model.collapse_drift_ratio:
            return "collapsed", (
                f"story drift ratio above {self._model.collapse_drift_ratio:g} at {time_s:.2f} s"
            )
        return None

    def growing(self) -> bool:
        """Tell whether the last drift is the largest so far."""
        return len(self._displacements) < 2 or self.drift > self._largest_drift(self._displacements[-2])

    def history(self, ground_g: FloatArray) -> FloorHistory:
        relative_g = np.asarray(self._accelerations) / self._model.gravity
        absolute_g = relative_g + ground_g[:, np.newaxis]
        absolute_g[0, 1:] = 0.0  # at rest before the first step, whatever the ground does
        return FloorHistory(self.time_s, np.asarray(self._displacements), absolute_g)


def _verdict(watch: _Watch, model: StructureModel, stepper: Stepper, time_s: float) -> tuple[str, str]:
    """Tell dynamic instability from mere non-convergence."""
    norm = "" if stepper.last_norm is None else f", last norm {stepper.last_norm:.2e}"
    if watch.drift > INSTABILITY_SHARE * model.collapse_drift_ratio and watch.growing():
        return "collapsed", (
            f"dynamic instability: story drift ratio {watch.drift:.3f} and growing at {time_s:.2f} s"
        )
    return "failed", f"no convergence at {time_s:.3f} s after {stepper.retries} retries{norm}"
