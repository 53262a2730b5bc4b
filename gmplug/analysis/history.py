"""Analysis of a built model under a motion: uniform excitation, free vibration, collapse or failure."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from operator import sub, truediv
from typing import Any

import numpy as np

from gmplug.analysis.base_shear import BaseShear, seismic_mass
from gmplug.analysis.demands import FloorHistory
from gmplug.analysis.mass import total_mass
from gmplug.analysis.solver import Stepper
from gmplug.analysis.solver_settings import SolverSettings
from gmplug.values import FloatArray, StructureModel

#: Steps in the model's first period: its elongation by average acceleration is then 0.03 %.
STEPS_PER_PERIOD = 100
#: For higher modes: with steps of 0.02 s drifts of a building of ten stories and T1 = 2.5 s are 6 % off.
LONGEST_STEP_S = 0.01
FREE_VIBRATION_PERIODS = 10
#: Residual drifts are means over this many of the model's first periods.
RESIDUAL_PERIODS = 2
#: Share of the collapse drift above which displacements alone decide whether a step has converged.
STRICT_SHARE = 0.1
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

    @property
    def peak_g(self) -> float:
        """Largest acceleration of any component, g."""
        return max(float(np.abs(values).max()) for values in self.acceleration_g.values())

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
    """Result of a motion: ``status`` ok, collapsed or failed, ``message`` why; the response up to its end."""

    status: str
    message: str
    history: FloorHistory
    time_reached_s: float
    steps: int
    retries: int
    last_norm: float | None = None


def first_period_s(model: StructureModel, conditioning_period_s: float) -> float:
    """Return the model's first period; T* where the model gives none."""
    return model.periods_s[0] if model.periods_s else conditioning_period_s


def longest_step_s(period_s: float) -> float:
    """Return the longest time step of a structure with this first period, where the study states none."""
    return min(period_s / STEPS_PER_PERIOD, LONGEST_STEP_S)


def step_s(motion_step_s: float, longest_s: float) -> float:
    """Return the time step: the motion's own, or the largest whole fraction of it not above ``longest_s``."""
    return motion_step_s / max(1, math.ceil(motion_step_s / longest_s * (1 - 1e-9)))


def seismic_weight(ops: Any, model: StructureModel) -> tuple[float, ...]:
    """Return the weight of what the ground accelerates, by direction, in the model's unit of force.

    Empty where it is not known, or zero. Call it at rest.
    """
    try:
        masses = [seismic_mass(ops, direction) for direction in model.horizontal_directions]
    except ValueError:
        return ()
    return tuple(mass * model.gravity for mass in masses) if min(masses) > 0 else ()


def make_stepper(ops: Any, model: StructureModel, settings: SolverSettings, peak_g: float) -> Stepper:
    """Return what takes steps of a built model under a motion whose largest acceleration is ``peak_g``."""
    mass = max(total_mass(ops, direction) for direction in model.horizontal_directions)
    return Stepper(
        ops, settings, settings.model_tolerances(model.length_unit_m, mass * model.gravity * peak_g)
    )


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
    """Run the motion on a model with gravity applied, then free vibration.

    ``on_step`` is called with the time after each step of full length; ``sample`` at rest, after every such
    step and at the end.
    """
    settings = settings or SolverSettings()
    dt = step_s(excitation.time_step_s, longest_step_s)
    ops.loadConst("-time", 0.0)  # gravity stays, and the clock starts at 0
    excitation.apply(ops, model.gravity)
    stepper = make_stepper(ops, model, settings, excitation.peak_g)
    response = _Response(ops, model, sample)
    status, message = "ok", ""
    steps = max(1, round((excitation.duration_s + free_vibration_s) / dt))
    time_s = 0.0
    for k in range(1, steps + 1):
        if not stepper.advance(dt):
            reached_s = float(ops.getTime())
            problem = None
            if reached_s > time_s * (1 + 1e-9) + 1e-9:  # some of the shortened steps converged
                time_s = reached_s
                problem = response.record(time_s)
            status, message = problem or _verdict(response, model, stepper, settings, time_s)
            break
        time_s = k * dt
        problem = response.record(time_s)
        stepper.be_strict(response.large_drift)
        if on_step is not None:
            on_step(time_s)
        if problem:
            status, message = problem
            break
    history = response.history(excitation)
    return Outcome(status, message, history, time_s, stepper.steps, stepper.retries, stepper.last_norm)


class _Response:
    """Keeps the floors' response, and detects collapse.

    Numbers are kept in flat arrays: many thousand lists would slow Python's garbage collection. What runs at
    each step maps functions of C: of a small model the step itself takes a few microseconds.

    Attributes
    ----------
    large_drift
        Whether a story drift ratio is above ``STRICT_SHARE`` of the collapse drift.
    """

    def __init__(self, ops: Any, model: StructureModel, sample: Sample | None) -> None:
        self._sample = sample
        self._model = model
        self._heights = model.story_heights
        self._nodes = model.floor_nodes
        self._directions = model.horizontal_directions
        self._up = model.vertical_direction
        self._disp, self._accel = ops.nodeDisp, ops.nodeAccel
        self._directions_of, self._nodes_of = zip(*product(self._directions, self._nodes), strict=True)
        self._large = STRICT_SHARE * model.collapse_drift_ratio
        self._apart = self._large * min(self._heights)  # no drift is large where all floors are closer
        floors = self._floors()
        self._times = array("d", [0.0])
        self._displacements = array("d", floors)
        self._accelerations = array("d", [0.0] * len(floors))
        self._vertical = array("d", [0.0] * len(self._nodes))
        shear = BaseShear(ops, self._directions)
        self._weight = seismic_weight(ops, model)
        self._read_shear = None if shear.missing else shear.read
        self._shears = array("d", [] if shear.missing else shear.read())
        self._samples = [] if sample is None else [sample()]
        self.large_drift = False

    def _floors(self) -> list[float]:
        return list(map(self._disp, self._nodes_of, self._directions_of))

    def _largest_drift(self, displacements: list[float]) -> float:
        """Return the largest story drift ratio in any direction."""
        largest = 0.0
        count = len(self._nodes)
        for first in range(0, len(displacements), count):
            floors = displacements[first : first + count]
            largest = max(largest, *map(abs, map(truediv, map(sub, floors[1:], floors), self._heights)))
        return largest

    def record(self, time_s: float) -> tuple[str, str] | None:
        """Keep the state after a step; return status and message where the analysis ends with it."""
        floors = self._floors()
        if not math.isfinite(sum(floors)):
            return "failed", f"the solution is not a number at {time_s:.3f} s"
        self._times.append(time_s)
        self._displacements.extend(floors)
        self._accelerations.extend(map(self._accel, self._nodes_of, self._directions_of))
        if self._up is not None:
            self._vertical.extend([self._accel(node, self._up) for node in self._nodes])
        if self._read_shear is not None:
            self._shears.extend(self._read_shear())
        if self._sample is not None:
            self._samples.append(self._sample())
        self.large_drift = False
        if max(floors) - min(floors) > self._apart:
            drift = self._largest_drift(floors)
            self.large_drift = drift > self._large
            if drift > self._model.collapse_drift_ratio:
                return "collapsed", (
                    f"story drift ratio above {self._model.collapse_drift_ratio:g} at {time_s:.2f} s"
                )
        return None

    def drifts(self) -> list[float]:
        """Return the largest story drift ratio of each kept state, from rest to the last."""
        count = len(self._nodes_of)
        kept = self._displacements
        return [self._largest_drift(kept[k : k + count].tolist()) for k in range(0, len(kept), count)]

    def history(self, excitation: Excitation) -> FloorHistory:
        time_s = np.array(self._times)
        floors = len(self._nodes)
        displacement = np.array(self._displacements).reshape(len(time_s), -1, floors)
        accelerations = np.array(self._accelerations).reshape(len(time_s), -1, floors)
        vertical_g = None
        if self._up in excitation.acceleration_g:
            vertical = np.array(self._vertical).reshape(len(time_s), 1, floors)
            vertical_g = self._absolute_g(vertical, [self._up], excitation, time_s)[0]
        return FloorHistory(
            time_s=time_s,
            displacement=np.moveaxis(displacement, 1, 0),
            acceleration_g=self._absolute_g(accelerations, self._directions, excitation, time_s),
            vertical_acceleration_g=vertical_g,
            seismic_weight=self._weight,
            base_shear=np.array(self._shears).reshape(len(time_s), -1).T if self._shears else None,
            further={
                name: np.array([row[name] for row in self._samples])
                for name in (self._samples[0] if self._samples else ())
            },
        )

    def _absolute_g(
        self,
        relative: FloatArray,
        directions: Sequence[int | None],
        excitation: Excitation,
        time_s: FloatArray,
    ) -> FloatArray:
        """Return absolute accelerations, g, (d, n, floors), from relative ones, (n, d, floors)."""
        ground_g = np.stack([excitation.at(direction, time_s) for direction in directions])
        absolute_g = np.moveaxis(relative, 1, 0) / self._model.gravity + ground_g[..., np.newaxis]
        absolute_g[:, 0, 1:] = 0.0  # floors are at rest before the first step
        return absolute_g


def _verdict(
    response: _Response, model: StructureModel, stepper: Stepper, settings: SolverSettings, time_s: float
) -> tuple[str, str]:
    """Return status and message: dynamic instability, or no convergence."""
    norm = ", last norm none: an element or the equations fail before the test"
    if stepper.last_norm is not None:
        norm = f", last norm {stepper.last_norm:.2e}"
    *before, drift = response.drifts()
    if drift > max(settings.instability_share * model.collapse_drift_ratio, *before, 0.0):
        return "collapsed", (
            f"dynamic instability: story drift ratio {drift:.3f} and growing at {time_s:.2f} s"
        )
    spent = ", the most allowed" if stepper.exhausted else ""
    return "failed", f"no convergence at {time_s:.3f} s after {stepper.retries} retries{spent}{norm}"
