"""A built model under static loads on its floors in one direction, in a worker."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gmplug.analysis.solver import constraint_handler
from gmplug.analysis.solver_settings import SolverSettings
from gmplug.errors import StudyError
from gmplug.values import FloatArray, StructureModel

#: Load that measures the stiffness, over the weight.
SMALL_LOAD = 1e-4
#: A step that does not converge is halved so many times at most.
_HALVINGS = 6
#: Steps of a pushover from zero to each amplitude; fewer where it does not converge.
STEPS = (40, 10)
#: Steps of a free vibration in a period, for two periods.
_IN_PERIOD = 40
#: Share of the collapse drift at which a pushover ends.
UP_TO_COLLAPSE = 0.9
#: Stiffness of the springs that pull the floors, over the floors' own.
_PULLING = 30.0
#: Nodes so near to the base, over the first story's height, are supports.
_AT_BASE = 0.01
#: Tags out of the way of a model's own.
_FIRST_TAG = 99_980_001


@dataclass(frozen=True)
class Path:
    """What a structure does along a pushover; the first row is zero.

    Parameters
    ----------
    displacement, load
        Of the floors, shape (S, n).
    base_moment
        With which the foundation resists the rotation of the base, shape (S,); NaN where no node rotates.
    damping_work
        vᵀ C v of the model's Rayleigh damping, v the displacements of the step before, shape (S,); zero where
        it was not asked for.
    complete
        Whether the pushover ended at its largest amplitude or at the collapse drift, converging.
    """

    displacement: FloatArray
    load: FloatArray
    base_moment: FloatArray
    damping_work: FloatArray
    complete: bool


class StaticModel:
    """The floors of a built model in one direction."""

    def __init__(self, ops: Any, model: StructureModel, direction: int, settings: SolverSettings) -> None:
        self.ops, self.model, self.direction, self.settings = ops, model, direction, settings
        self.floors = model.floor_nodes[1:]
        self._tag = _FIRST_TAG
        self._supports = self._base_rotations()
        ops.loadConst("-time", 0.0)
        self.static_analysis()

    def static_analysis(self) -> None:
        """Set up the solver."""
        self.analysis()
        self.ops.integrator("LoadControl", 1.0)
        self.ops.analysis("Static", "-noWarnings")

    def analysis(self) -> None:
        ops, settings = self.ops, self.settings
        ops.wipeAnalysis()
        ops.constraints(*(settings.constraints or constraint_handler(ops)))
        ops.numberer(*settings.numberer)
        ops.system(*(settings.system or ("BandGeneral",)))
        # Of two tolerances the first is of displacements, which decide alone: there is no motion's force.
        test = "NormDispIncr" if settings.test == "NormDispOrUnbalance" else settings.test
        ops.test(test, settings.model_tolerances(self.model.length_unit_m, 0.0)[0], settings.max_iterations)
        ops.algorithm(*settings.algorithms[0])

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

    def _base_rotations(self) -> tuple[list[int], int, float]:
        """Return the nodes at the base, their rotation that drifts cause (from 0), and its sign."""
        from gmplug.analysis.model_checks import floor_coordinates
        from gmplug.structures.description import vertical_axis

        ops = self.ops
        places = np.array(floor_coordinates(ops, self.model))
        axis = vertical_axis(self.model, [tuple(row) for row in places.tolist()])
        if axis is None or places.shape[1] < 2:
            return [], 0, 1.0
        up, along = np.eye(3)[axis], np.eye(3)[self.direction - 1]
        about = np.cross(up, along)
        place = int(np.argmax(np.abs(about)))
        dof, needed = (2, 3) if places.shape[1] == 2 else (3 + place, 6)
        near = _AT_BASE * abs(float(self.model.story_heights[0]))
        nodes = [
            node
            for node in ops.getNodeTags()
            if len(ops.nodeDisp(node)) == needed and abs(ops.nodeCoord(node)[axis] - places[0, axis]) < near
        ]
        return nodes, dof, float(about[place])

    def displacements(self) -> FloatArray:
        """Displacements of the floors relative to the base, shape (n,)."""
        base = self.ops.nodeDisp(self.model.floor_nodes[0], self.direction)
        return np.array([self.ops.nodeDisp(node, self.direction) for node in self.floors]) - base

    def base_moment(self) -> float:
        """Moment of all supports against the rotation that drifts cause; NaN where none can rotate."""
        nodes, dof, sign = self._supports
        if not nodes:
            return math.nan
        self.ops.reactions()
        return -sign * sum(float(self.ops.nodeReaction(node)[dof]) for node in nodes)

    def flexibility(self, load: float) -> tuple[FloatArray, FloatArray]:
        """Displacements (n, n) and base moments (n,) under a unit load on each floor."""
        count = len(self.floors)
        found, moments = np.empty((count, count)), np.empty(count)
        for floor in range(count):
            before, moment = self.displacements(), self.base_moment()
            tag = self.pattern(load * np.eye(count)[floor])
            self.step_load(1.0)
            found[:, floor] = (self.displacements() - before) / load
            moments[floor] = (self.base_moment() - moment) / load
            self.step_load(-1.0)
            self.ops.remove("loadPattern", tag)
        return found, moments

    def pattern(self, loads: FloatArray) -> int:
        """Add a linear load pattern on the floors from time zero; return its tag."""
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

    def push_by_loads(
        self, loads: FloatArray, unit: float, goals: FloatArray, steps: int, damping: bool
    ) -> Path:
        """Push with loads in a fixed ratio (n,) so that the roof moves from goal to goal, (g,)."""
        self.pattern(loads * unit)
        roof = self.floors[-1], self.direction

        def applied() -> FloatArray:
            return np.asarray(loads * unit * float(self.ops.getTime()))

        def control(step: float) -> None:
            self.ops.integrator("DisplacementControl", *roof, step)

        return self._push(goals, steps, damping, control, applied)

    def push_by_drifts(self, stiffness: FloatArray, goals: FloatArray, steps: int, damping: bool) -> Path:
        """Pull the floors by stiff springs so that all stories have the same drift ratio, from goal to goal.

        So each story yields, however strong, and softening is stable.
        """
        ops = self.ops
        springs = _PULLING * stiffness
        for number, (node, spring) in enumerate(zip(self.floors, springs, strict=True)):
            tag, free = _FIRST_TAG + 10_000 + number, len(ops.nodeDisp(node))
            ops.node(tag, *ops.nodeCoord(node), "-ndf", free)
            ops.fix(tag, *[1] * free)
            ops.uniaxialMaterial("Elastic", tag, float(spring))
            ops.element("zeroLength", tag, tag, node, "-mat", tag, "-dir", self.direction)
        self.pattern(springs * [ops.nodeDisp(node, self.direction) for node in self.floors])
        self.step_load(1.0)  # the springs start at the floors' places under gravity
        ops.loadConst("-time", 0.0)
        self.static_analysis()
        start = self.displacements()
        pull = springs * np.cumsum(self.model.story_heights)
        self.pattern(pull)

        def applied() -> FloatArray:
            return np.asarray(pull * float(ops.getTime()) - springs * (self.displacements() - start))

        return self._push(goals, steps, damping, lambda step: ops.integrator("LoadControl", step), applied)

    def _push(self, goals: FloatArray, steps: int, damping: bool, control: Any, applied: Any) -> Path:
        start, moment = self.displacements(), self.base_moment()
        rows = [(np.zeros(len(start)), np.zeros(len(start)), 0.0, 0.0)]
        limit = 1.001 * UP_TO_COLLAPSE * self.model.collapse_drift_ratio * np.array(self.model.story_heights)
        at, inside, converged = 0.0, True, True
        for goal in goals:
            count = max(1, math.ceil(abs(goal - at) / abs(goal) * steps - 1e-9))
            for _ in range(count if inside and converged else 0):
                before = self._all_displacements() if damping else {}
                converged = self._step((goal - at) / count, control)
                moved = self.displacements() - start
                inside = bool(np.all(np.abs(np.diff(moved, prepend=0.0)) <= limit))
                if not (inside and converged):
                    break
                work = self._damping_work(before)
                rows.append((moved, applied(), self.base_moment() - moment, work))
            at = float(goal)
        displacement, load, moments, works = (np.array(column) for column in zip(*rows, strict=True))
        return Path(displacement, load, moments, works, converged)

    def _all_displacements(self) -> dict[int, FloatArray]:
        return {node: np.array(self.ops.nodeDisp(node)) for node in self.ops.getNodeTags()}

    def _damping_work(self, before: dict[int, FloatArray]) -> float:
        """Work of the Rayleigh damping forces at the velocities that have led here from displacements."""
        if not before:
            return 0.0
        ops, total = self.ops, 0.0
        moved = {node: now - before[node] for node, now in self._all_displacements().items()}
        for node, velocity in moved.items():
            for place, value in enumerate(velocity.tolist(), start=1):
                ops.setNodeVel(node, place, value, "-commit")
        ops.reactions("-rayleigh")
        for node, velocity in moved.items():
            total += float(velocity @ ops.nodeReaction(node))
            for place in range(1, len(velocity) + 1):
                ops.setNodeVel(node, place, 0.0, "-commit")
        return total

    def _step(self, step: float, control: Any) -> bool:
        """Advance by a step, in parts where it does not converge."""
        left, part, halvings = step, step, 0
        while abs(left) > 1e-9 * abs(step):
            part = math.copysign(min(abs(part), abs(left)), left)
            control(part)
            if self.solve():
                left -= part
            elif halvings == _HALVINGS:
                return False
            else:
                part, halvings = part / 2, halvings + 1
        return True

    def damping_ratios(self, modes: FloatArray, periods_s: FloatArray, mass: FloatArray) -> FloatArray:
        """Damping ratios of the modes (n, m) from small free vibration, shape (m,); NaN where it fails.

        The modal coordinate q follows q'' + 2 ζ ω q' + ω² q = 0; least squares over two periods give ζ.
        """
        ops, found = self.ops, np.full(len(periods_s), np.nan)
        load = float(mass.sum()) * self.model.gravity * SMALL_LOAD
        for mode, (shape, period_s) in enumerate(zip(modes.T, periods_s, strict=True)):
            weights = mass * shape
            tag = self.pattern(weights * load / np.abs(weights).sum())
            self.step_load(1.0)
            ops.remove("loadPattern", tag)
            ops.loadConst("-time", 0.0)
            self.analysis()
            ops.integrator("Newmark", 0.5, 0.25)
            ops.analysis("Transient", "-noWarnings")
            rows = []
            for _ in range(2 * _IN_PERIOD):
                if ops.analyze(1, period_s / _IN_PERIOD) != 0:
                    break
                rows.append([weights @ self._now(of) for of in (ops.nodeDisp, ops.nodeVel, ops.nodeAccel)])
            for node in ops.getNodeTags():
                for place in range(1, len(ops.nodeDisp(node)) + 1):
                    ops.setNodeVel(node, place, 0.0, "-commit")
                    ops.setNodeAccel(node, place, 0.0, "-commit")
            self.static_analysis()
            self.step_load(0.0)
            if len(rows) == 2 * _IN_PERIOD:
                u, v, a = np.array(rows).T
                sides = np.column_stack([v, u, np.ones_like(u)])
                rate, square, _ = np.linalg.lstsq(sides, -a, rcond=None)[0]
                if square > 0:
                    found[mode] = max(rate, 0.0) / (2 * math.sqrt(square))
        return found

    def _now(self, of: Any) -> FloatArray:
        base = of(self.model.floor_nodes[0], self.direction)
        return np.array([of(node, self.direction) - base for node in self.floors])
