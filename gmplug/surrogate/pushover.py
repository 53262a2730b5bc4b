"""Stiffness, masses and a cyclic pushover of a structure: static analyses of its model, in a worker."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gmplug.analysis.setup import AnalysisSetup
from gmplug.analysis.solver import constraint_handler
from gmplug.analysis.solver_settings import SolverSettings
from gmplug.errors import StudyError
from gmplug.values import FloatArray, StructureModel

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Load that measures the stiffness, over the weight.
_SMALL_LOAD = 1e-4
#: Unit of the pushover's load, over the weight.
_LOAD_UNIT = 0.01
#: Amplitudes of the cycles, as shares of the largest, and steps from 0 to the largest.
AMPLITUDES, STEPS = (0.125, 0.25, 0.5, 0.75, 1.0), 150
#: The largest roof displacement over that of the linear structure.
BEYOND_LINEAR = 2.0
#: A step that does not converge is halved so many times at most.
_HALVINGS = 6
#: Tags out of the way of a model's own.
_FIRST_TAG = 99_980_001


@dataclass(frozen=True)
class Pushover:
    """What static analyses of a model show in one direction of excitation, in the model's units.

    Parameters
    ----------
    component
        The component that excites the direction: ``h1`` or ``h2``.
    mass
        Of the floors above the base, shape (n,).
    flexibility
        Displacement of floor i by a unit load on floor j, gravity acting, shape (n, n).
    displacement
        Of the floors, relative to the base, along a cyclic pushover with loads in the shape of the first
        mode, shape (S, n); the first is zero.
    load
        Sum of the loads at each of them, shape (S,).
    shape
        Load on each floor over the sum, shape (n,).
    roof_displacement, roof_load
        The same with the load on the roof alone, whose story shears are equal: it yields stories that the
        first one leaves linear, shape (R, n) and (R,).
    story_heights
        Shape (n,).
    gravity
        Acceleration of gravity.
    period_s
        First period that the model gives, s; NaN if none.
    collapse_drift_ratio
        As the model's.
    complete
        Whether the pushover reached its largest amplitude.
    """

    component: str
    mass: FloatArray
    flexibility: FloatArray
    displacement: FloatArray
    load: FloatArray
    shape: FloatArray
    roof_displacement: FloatArray
    roof_load: FloatArray
    story_heights: FloatArray
    gravity: float
    period_s: float
    collapse_drift_ratio: float
    complete: bool

    @property
    def stiffness(self) -> FloatArray:
        """Inverse of the symmetric part of the flexibility, shape (n, n)."""
        inverse = np.linalg.inv((self.flexibility + self.flexibility.T) / 2)
        return np.asarray((inverse + inverse.T) / 2)


def push(setup: AnalysisSetup, periods_s: Sequence[float], sa_g: Sequence[float]) -> list[Pushover]:
    """Build the model and push it in each horizontal direction that the study excites; for a worker process.

    Parameters
    ----------
    periods_s, sa_g
        A response spectrum, g: the pushover goes to twice the displacement of the linear first mode under it.

    Raises
    ------
    StudyError
        The model has no mass at its floors, or a static analysis does not converge.
    """
    from gmplug.analysis.task import built

    found = []
    for number in range(2):
        with built(setup, "surrogate") as (ops, model, excited, settings):
            horizontal = [item for item in excited.items() if item[0] != "v"]
            if number < len(horizontal):
                component, direction = horizontal[number]
                first = _Model(ops, model, direction, settings)
                found.append(first.pushover(component, np.asarray(periods_s), np.asarray(sa_g)))
        if number >= len(horizontal):
            break
        with built(setup, "surrogate") as (ops, model, excited, settings):
            path, load = _Model(ops, model, direction, settings).roof_pushover(found[-1])
            found[-1] = replace(found[-1], roof_displacement=path, roof_load=load)
    return found


class _Model:
    """A built model, its floors in one direction."""

    def __init__(self, ops: Any, model: StructureModel, direction: int, settings: SolverSettings) -> None:
        self.ops, self.model, self.direction, self.settings = ops, model, direction, settings
        self.floors = model.floor_nodes[1:]
        self._tag = _FIRST_TAG
        ops.loadConst("-time", 0.0)
        ops.wipeAnalysis()
        ops.constraints(*(settings.constraints or constraint_handler(ops)))
        ops.numberer(*settings.numberer)
        ops.system(*(settings.system or ("BandGeneral",)))
        # Of two tolerances the first is of displacements, which decide alone: there is no motion's force.
        test = "NormDispIncr" if settings.test == "NormDispOrUnbalance" else settings.test
        ops.test(test, settings.model_tolerances(model.length_unit_m, 0.0)[0], settings.max_iterations)
        ops.algorithm(*settings.algorithms[0])
        ops.integrator("LoadControl", 1.0)
        ops.analysis("Static", "-noWarnings")

    def pushover(self, component: str, periods_s: FloatArray, sa_g: FloatArray) -> Pushover:
        mass = self.masses()
        flexibility = self.flexibility(float(mass.sum()) * self.model.gravity * _SMALL_LOAD)
        period_s, shape = _first_mode(mass, flexibility)
        loads = mass * shape / float(mass @ shape)
        participation = float(mass @ shape) / float(mass @ shape**2)
        sa = float(np.interp(period_s, periods_s, sa_g))
        linear = participation * shape[-1] * sa * self.model.gravity * (period_s / (2 * math.pi)) ** 2
        displacement, load, complete = self.cycles(
            loads, float(mass.sum()) * self.model.gravity * _LOAD_UNIT, BEYOND_LINEAR * abs(float(linear))
        )
        model = self.model
        return Pushover(
            component, mass, flexibility, displacement, load, loads, displacement[:1], load[:1],
            np.asarray(model.story_heights, float),
            model.gravity, model.periods_s[0] if model.periods_s else math.nan,
            model.collapse_drift_ratio, complete,
        )  # fmt: skip

    def roof_pushover(self, first: Pushover) -> tuple[FloatArray, FloatArray]:
        """Push to the largest roof displacement of the first pushover, with the load on the roof."""
        loads = np.zeros(len(self.floors))
        loads[-1] = 1.0
        unit = float(first.mass.sum()) * first.gravity * _LOAD_UNIT
        return self.cycles(loads, unit, float(np.abs(first.displacement[:, -1]).max()))[:2]

    def masses(self) -> FloatArray:
        """Masses of the nodes, each at the floor nearest in height, without those nearest to the base."""
        from gmplug.analysis.model_checks import floor_coordinates
        from gmplug.structures.description import vertical_axis

        ops, nodes = self.ops, list(self.model.floor_nodes)
        places = np.array(floor_coordinates(ops, self.model))
        axis = vertical_axis(self.model, [tuple(row) for row in places.tolist()])
        mass = np.zeros(len(nodes))
        for node in ops.getNodeTags():
            own = ops.nodeMass(node)
            if self.direction > len(own) or not own[self.direction - 1]:
                continue
            if node in nodes:
                floor = nodes.index(node)
            else:
                away = places - np.array(ops.nodeCoord(node))
                floor = int(np.argmin(np.abs(away[:, axis]) if axis is not None else (away**2).sum(axis=1)))
            mass[floor] += own[self.direction - 1]
        if not np.all(mass[1:] > 0):
            floor = 1 + int(np.argmin(mass[1:] > 0))
            raise StudyError(
                f"no surrogate of the structure: its floor {floor} has no mass at its nodes in direction "
                f"{self.direction}; give the masses by ops.mass, or use another [selection] method"
            )
        return mass[1:]

    def displacements(self) -> FloatArray:
        base = self.ops.nodeDisp(self.model.floor_nodes[0], self.direction)
        return np.array([self.ops.nodeDisp(node, self.direction) for node in self.floors]) - base

    def flexibility(self, load: float) -> FloatArray:
        found = np.empty((len(self.floors), len(self.floors)))
        for floor in range(len(self.floors)):
            unit = np.zeros(len(self.floors))
            unit[floor] = load
            before = self.displacements()
            tag = self.pattern(unit)
            self.step_load(1.0)
            found[:, floor] = (self.displacements() - before) / load
            self.step_load(-1.0)
            self.ops.remove("loadPattern", tag)
        return found

    def pattern(self, loads: FloatArray) -> int:
        ops, self._tag = self.ops, self._tag + 1
        ops.setTime(0.0)
        ops.timeSeries("Linear", self._tag)
        ops.pattern("Plain", self._tag, self._tag)
        for node, load in zip(self.floors, loads, strict=True):
            vector = [0.0] * len(ops.nodeDisp(node))
            vector[self.direction - 1] = float(load)
            ops.load(node, *vector)
        return self._tag

    def step_load(self, step: float) -> None:
        self.ops.integrator("LoadControl", step)
        if not self.solve():
            raise StudyError(
                "no surrogate of the structure: a static analysis under a small load does not converge; "
                "use another [selection] method"
            )

    def solve(self) -> bool:
        for algorithm in self.settings.algorithms:
            self.ops.algorithm(*algorithm)
            if self.ops.analyze(1) == 0:
                return True
        return False

    def cycles(self, shape: FloatArray, unit: float, largest: float) -> tuple[FloatArray, FloatArray, bool]:
        """Displacements and loads of a cyclic pushover by the roof's displacement, up to ``largest``."""
        start = self.displacements()
        self.pattern(shape * unit)
        path, loads = [np.zeros(len(self.floors))], [0.0]
        limit = 0.9 * self.model.collapse_drift_ratio * np.asarray(self.model.story_heights)
        increment = largest / STEPS
        for amplitude in AMPLITUDES:
            for goal in (amplitude * largest, -amplitude * largest):
                while abs(goal - path[-1][-1]) > 1e-6 * largest:
                    away = goal - float(path[-1][-1])
                    if not self.push_roof(math.copysign(min(increment, abs(away)), away)):
                        return np.array(path), np.array(loads), False
                    path.append(self.displacements() - start)
                    loads.append(float(self.ops.getTime()) * unit)
                    if np.any(np.abs(np.diff(path[-1], prepend=0.0)) > limit):
                        return np.array(path), np.array(loads), False
        return np.array(path), np.array(loads), True

    def push_roof(self, step: float) -> bool:
        for _ in range(_HALVINGS + 1):
            self.ops.integrator("DisplacementControl", self.floors[-1], self.direction, step)
            if self.solve():
                return True
            step /= 2
        return False


def _first_mode(mass: FloatArray, flexibility: FloatArray) -> tuple[float, FloatArray]:
    """Period, s, and shape (n,) of the first mode; the roof moves by 1."""
    root = np.sqrt(mass)
    values, vectors = np.linalg.eigh(root[:, None] * (flexibility + flexibility.T) / 2 * root)
    shape = vectors[:, -1] / root
    return 2 * math.pi * math.sqrt(float(values[-1])), np.asarray(shape / shape[-1])


def pushover_facts(pushover: Pushover) -> Mapping[str, Any]:
    """A pushover as plain data, for its file."""
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in vars(pushover).items()
    }


def read_pushover(facts: Mapping[str, Any]) -> Pushover:
    """Return the pushover of :func:`pushover_facts`."""
    values: dict[str, Any] = {
        name: np.asarray(v, dtype=float) if isinstance(v, list) else v for name, v in facts.items()
    }
    return Pushover(**values)
