"""A motion through a model that stands: uniform excitation, free vibration, collapse or failure."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gmplug.analysis.demands import FloorHistory
from gmplug.analysis.solver import Stepper
from gmplug.analysis.solver_settings import SolverSettings
from gmplug.values import FloatArray, StructureModel

#: Steps in the model's first period: its elongation by average acceleration is then 0.03 %.
STEPS_PER_PERIOD = 100
FREE_VIBRATION_PERIODS = 10
#: Residual drifts are means over this many of the model's first periods.
RESIDUAL_PERIODS = 2
#: Tag of the first excitation's time series and pattern, out of the way of a model's own.
EXCITATION_TAG = 99_990_001

OnStep = Callable[[float], None]
#: Returns values of further histories by name, as the model stands.
Sample = Callable[[], Mapping[str, float]]


@dataclass(frozen=True)
class Excitation:
    """Accelerograms that shake the whole base at once.

    Parameters
    ----------
    time_step_s
        Sampling interval, s.
    acceleration_g
        By degree of freedom (1-based): acceleration of the ground, g, scaled, shape (n,), linear
        between samples.
    """

    time_step_s: float
    acceleration_g: Mapping[int, FloatArray]

    @property
    def duration_s(self) -> float:
        """Time from the first to the last sample, s."""
        return (len(next(iter(self.acceleration_g.values()))) - 1) * self.time_step_s

    def at(self, direction: int | None, time_s: FloatArray) -> FloatArray:
        """Acceleration of the ground in a direction, g, shape of ``time_s``; 0 where it is not shaken."""
        values = None if direction is None else self.acceleration_g.get(direction)
        if values is None:
            return np.zeros(len(time_s))
        return np.interp(time_s, np.arange(len(values)) * self.time_step_s, values, right=0.0)

    def apply(self, ops: Any, gravity: float, first_tag: int = EXCITATION_TAG) -> None:
        """Make a time series and a uniform excitation of each; ``gravity`` in the model's units."""
        for tag, (direction, values) in enumerate(self.acceleration_g.items(), start=first_tag):
            numbers = ("-dt", self.time_step_s, "-values", *values.tolist(), "-factor", gravity)
            ops.timeSeries("Path", tag, *numbers)
            ops.pattern("UniformExcitation", tag, direction, "-accel", tag)


@dataclass(frozen=True)
class Outcome:
    """How a motion went: ``status`` ok, collapsed or failed, ``message`` why; the response up to its end."""

    status: str
    message: str
    history: FloorHistory
    time_reached_s: float
    steps: int
    retries: int
    last_norm: float | None = None


def first_period_s(model: StructureModel, conditioning_period_s: float) -> float:
    """Return the model's first period; T* where the model states none."""
    return model.periods_s[0] if model.periods_s else conditioning_period_s


def step_s(motion_step_s: float, longest_s: float) -> float:
    """Return the time step: the motion's own, or the largest whole fraction of it not above ``longest_s``."""
    return motion_step_s / max(1, math.ceil(motion_step_s / longest_s * (1 - 1e-9)))


def run_motion(
    ops: Any,
    model: StructureModel,
    excitation: Excitation,
    longest_step_s: float,
    free_vibration_s: float,
    on_step: OnStep | None = None,
    settings: SolverSettings | None = None,
    sample: Sample | None = None,
) -> Outcome:
    """Shake the model, gravity applied, then let it swing freely.

    ``on_step`` is called with the time after each step of full length; ``sample`` at rest and wherever
    the response is kept, after every such step and at the end.
    """
    settings = settings or SolverSettings()
    dt = step_s(excitation.time_step_s, longest_step_s)
    ops.loadConst("-time", 0.0)  # gravity stays as it is, whatever the model's script left its clock at
    excitation.apply(ops, model.gravity)
    stepper = Stepper(ops, settings, settings.model_tolerance(model.length_unit_m))
    watch = _Watch(ops, model, sample)
    status, message = "ok", ""
    steps = max(1, round((excitation.duration_s + free_vibration_s) / dt))
    time_s = 0.0
    for k in range(1, steps + 1):
        if not stepper.advance(dt):
            time_s, problem = _reached(ops, watch, time_s)
            status, message = problem or _verdict(watch, model, stepper, settings, time_s)
            break
        time_s = k * dt
        problem = watch.record(time_s)
        if on_step is not None:
            on_step(time_s)
        if problem:
            status, message = problem
            break
    history = watch.history(excitation)
    return Outcome(status, message, history, time_s, stepper.steps, stepper.retries, stepper.last_norm)


class _Watch:
    """Keeps the floors' response, and tells collapse.

    Numbers are kept in flat arrays: lists of lists by the ten thousand make the collector of garbage work.
    """

    def __init__(self, ops: Any, model: StructureModel, sample: Sample | None) -> None:
        self._ops = ops
        self._sample = sample
        self._model = model
        self._heights = model.story_heights
        self._nodes = model.floor_nodes
        self._directions = model.horizontal_directions
        self._up = model.vertical_direction
        rest = [0.0] * len(self._nodes)
        floors = self._read(ops.nodeDisp)
        self._times = array("d", [0.0])
        self._displacements = array("d")
        self._keep(self._displacements, floors)
        self._accelerations = array("d", rest * len(self._directions))
        self._vertical = array("d", rest)
        self._samples = [] if sample is None else [sample()]
        self.drift = self._largest_drift(floors)
        self._before = self.drift
        self._peak = self.drift

    def _read(self, query: Any) -> list[list[float]]:
        return [[query(node, direction) for node in self._nodes] for direction in self._directions]

    @staticmethod
    def _keep(kept: array[float], values: list[list[float]]) -> None:
        for one in values:
            kept.extend(one)

    def _largest_drift(self, displacements: list[list[float]]) -> float:
        """Largest story drift ratio in any direction; NaN if any is."""
        largest = 0.0
        for floors in displacements:
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
        self._keep(self._displacements, floors)
        self._keep(self._accelerations, self._read(self._ops.nodeAccel))
        if self._up is not None:
            self._vertical.extend([self._ops.nodeAccel(node, self._up) for node in self._nodes])
        if self._sample is not None:
            self._samples.append(self._sample())
        self._before, self.drift = self.drift, drift
        self._peak = max(self._peak, drift)
        if drift > self._model.collapse_drift_ratio:
            return "collapsed", (
                f"story drift ratio above {self._model.collapse_drift_ratio:g} at {time_s:.2f} s"
            )
        return None

    def running_away(self) -> bool:
        """Tell whether the last drift is the largest so far and above the one before."""
        return self.drift >= self._peak and (len(self._times) < 2 or self.drift > self._before)

    def history(self, excitation: Excitation) -> FloorHistory:
        time_s = np.array(self._times)
        shape = (len(time_s), len(self._directions), len(self._nodes))
        displacement = np.moveaxis(np.array(self._displacements).reshape(shape), 1, 0)
        relative_g = np.moveaxis(np.array(self._accelerations).reshape(shape), 1, 0) / self._model.gravity
        ground_g = np.stack([excitation.at(direction, time_s) for direction in self._directions])
        return FloorHistory(
            time_s=time_s,
            displacement=displacement,
            acceleration_g=_absolute(relative_g, ground_g),
            vertical_acceleration_g=self._history_upwards(excitation, time_s),
            further={
                name: np.array([row[name] for row in self._samples])
                for name in (self._samples[0] if self._samples else ())
            },
        )

    def _history_upwards(self, excitation: Excitation, time_s: FloatArray) -> FloatArray | None:
        if self._up not in excitation.acceleration_g:
            return None
        vertical = np.array(self._vertical).reshape(1, len(time_s), len(self._nodes))
        relative_g = vertical / self._model.gravity
        return _absolute(relative_g, excitation.at(self._up, time_s)[np.newaxis])[0]


def _absolute(relative_g: FloatArray, ground_g: FloatArray) -> FloatArray:
    """Absolute accelerations, shape (d, n, floors), of relative ones and the ground's, shape (d, n)."""
    absolute_g = relative_g + ground_g[..., np.newaxis]
    absolute_g[:, 0, 1:] = 0.0  # at rest before the first step, whatever the ground does
    return absolute_g


def _reached(ops: Any, watch: _Watch, time_s: float) -> tuple[float, tuple[str, str] | None]:
    """Keep what shortened steps reached of a step that failed; return the time and what is wrong then."""
    reached_s = float(ops.getTime())
    if not reached_s > time_s * (1 + 1e-9) + 1e-9:
        return time_s, None
    return reached_s, watch.record(reached_s)


def _verdict(
    watch: _Watch, model: StructureModel, stepper: Stepper, settings: SolverSettings, time_s: float
) -> tuple[str, str]:
    """Tell dynamic instability from mere non-convergence."""
    norm = ", last norm none: an element or the equations fail before the test"
    if stepper.last_norm is not None:
        norm = f", last norm {stepper.last_norm:.2e}"
    if watch.drift > settings.instability_share * model.collapse_drift_ratio and watch.running_away():
        return "collapsed", (
            f"dynamic instability: story drift ratio {watch.drift:.3f} and growing at {time_s:.2f} s"
        )
    spent = ", the most allowed" if stepper.exhausted else ""
    return "failed", f"no convergence at {time_s:.3f} s after {stepper.retries} retries{spent}{norm}"
