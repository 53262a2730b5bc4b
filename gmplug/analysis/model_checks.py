"""Check a model that is built: whether it is at rest, has mass in the excited direction, and its period.

The check shakes the model a little, so the model has to be built again afterwards.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gmplug.analysis.first_mode import damping_doubts, first_mode, modal_displacement
from gmplug.analysis.history import EXCITATION_TAG, STEPS_PER_PERIOD, first_period_s, make_stepper
from gmplug.analysis.mass import total_mass
from gmplug.analysis.solver import Stepper, entangled, partly_held, turning
from gmplug.analysis.solver_settings import SolverSettings
from gmplug.errors import InputError
from gmplug.notes import doubtful
from gmplug.structures.description import vertical_axis
from gmplug.values import FloatArray, StructureModel

#: Steps without any motion, and with a small one, half a period long; at most so many.
REST_STEPS, SHAKEN_STEPS, MOST_SHAKEN_STEPS = 20, 50, 1000
#: The small motion: a constant acceleration of the ground, g.
PROBE_G = 0.005
#: A floor that moves less than this share of the static displacement does not move.
STILL_SHARE = 1e-6
#: Limits for a model at rest: accelerations of floors, sideways and upwards, g, and change of drift.
AT_REST_G, AT_REST_UPWARDS_G, AT_REST_DRIFT = 0.01, 0.05, 1e-4
#: Below this load factor gravity is incomplete.
WHOLE_LOAD = 0.99
#: Largest usual drift ratio under gravity.
RESTING_DRIFT = 0.002
#: Largest usual factor between the weight and mass times gravity: a plane frame may carry a part of either.
WEIGHT_FACTOR = 30.0
_WHERE = "[structure] model"


def check_built_model(
    ops: Any,
    model: StructureModel,
    excited: Mapping[str, int],
    settings: SolverSettings,
    conditioning_period_s: float,
    damping_ratio: float,
) -> tuple[float | None, list[str]]:
    """Check a model that ``build_model`` has left in OpenSees; return its first period, s, and notes.

    Parameters
    ----------
    excited
        Degree of freedom that each component (``h1``, ``h2``, ``v``) excites.
    damping_ratio
        What the study states.

    Raises
    ------
    InputError
        The model is not at rest, its script shakes it itself, no step of it converges, or a motion does not
        move it.
    """
    directions = [direction for component, direction in excited.items() if component != "v"]
    axis = vertical_axis(model, floor_coordinates(ops, model))
    given_s = first_period_s(model, conditioning_period_s)
    _check_no_excitation(ops)
    _check_no_velocity(ops, model, given_s)
    _check_constraints(ops, settings)
    mass = total_mass(ops, directions[0])
    notes = [*_gravity_doubts(ops, model), *_weight_doubts(model, mass, _weight(ops, axis))]
    period_s, mode = first_mode(ops, model, directions, settings)
    ops.loadConst("-time", 0.0)
    step_s = min(period_s or given_s, given_s) / STEPS_PER_PERIOD
    stepper = make_stepper(ops, model, settings, PROBE_G)
    if not _stays_at_rest(ops, model, stepper, step_s, axis):
        if not mass and period_s is None:
            raise InputError(_no_response(ops, directions[0], mass))
        raise InputError(
            f"{_WHERE}: not even a step without any motion converges after build_model; is every node held, "
            "and does [analysis] solver suit the model?"
        )
    half = SHAKEN_STEPS if period_s is None else round(period_s / 2 / step_s)
    at_rest = modal_displacement(ops, mode)
    moved = _shaken(ops, model, list(excited.values()), stepper, step_s, min(half, MOST_SHAKEN_STEPS))
    if mode and half <= MOST_SHAKEN_STEPS:
        swung = modal_displacement(ops, mode) - at_rest
        if all(stepper.advance(step_s) for _ in range(half)):
            back = modal_displacement(ops, mode) - at_rest
            notes += damping_doubts(swung, back, damping_ratio)
    still = ", ".join(map(str, _still_floors(ops, model, directions, moved, mass)))
    if still:
        notes.append(
            doubtful(f"floor {still} of the model does not move with the motion: is its node fixed?")
        )
    if "v" in excited and not any(direction == excited["v"] for _, direction in moved):
        notes.append(
            doubtful("no floor of the model moves upwards with the vertical component: has it mass there?")
        )
    return period_s, notes


def _gravity_doubts(ops: Any, model: StructureModel) -> Iterator[str]:
    drift = float(np.abs(_drifts(ops, model)).max())
    if drift > RESTING_DRIFT:
        yield doubtful(
            f"before any motion a story of the model has a drift ratio of {drift:.2g}; build_model should "
            "end with gravity only"
        )
    for tag in ops.getPatterns():
        factor = float(ops.getLoadFactor(tag))
        if 0 <= factor < WHOLE_LOAD:
            yield doubtful(
                f"the loads of pattern {tag} act with {factor:.3g} of their value: build_model must apply "
                "gravity by a static analysis to its end (LoadControl steps that add up to 1, then loadConst)"
            )


def _weight_doubts(model: StructureModel, mass: float, weight: float | None) -> Iterator[str]:
    if not mass or not weight:
        return
    of_mass = mass * model.gravity
    if not 1 / WEIGHT_FACTOR <= weight / of_mass <= WEIGHT_FACTOR:
        yield doubtful(
            f"the model's vertical reactions are {weight:.3g}, but its mass {mass:.3g} weighs {of_mass:.3g}: "
            "is the mass in force per acceleration?"
        )


def floor_coordinates(ops: Any, model: StructureModel) -> tuple[tuple[float, ...], ...]:
    """Return the coordinates of the floor nodes, base first."""
    return tuple(tuple(float(x) for x in ops.nodeCoord(node)) for node in model.floor_nodes)


def _check_no_excitation(ops: Any) -> None:
    """Raise InputError where the script has left an excitation: it would continue under each motion."""
    if not ops.getPatterns():
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "domain.txt"
        ops.printModel("-file", str(file))
        text = file.read_text(errors="replace") if file.is_file() else ""
    found = re.findall(r"(?m)^(UniformExcitation|MultiSupportPattern)\s+(?:tag:\s*)?(\d+)", text)
    if found:
        listed = ", ".join(f"{tag} ({kind})" for kind, tag in found)
        raise InputError(
            f"{_WHERE}: build_model leaves an excitation of its own, pattern {listed}; end build_model "
            "after the gravity analysis: gmplug applies the motions and runs the analyses"
        )


def _check_no_velocity(ops: Any, model: StructureModel, period_s: float) -> None:
    """Raise InputError where a node moves faster than a floor that vibrates with 0.001 g."""
    limit = 1e-3 * model.gravity * period_s / (2 * math.pi)
    fastest, node = max(
        (abs(float(v)), n) for n in model.floor_nodes for v in ops.nodeVel(n)[: ops.getNDM()[0]]
    )
    if not fastest <= limit:
        raise InputError(
            f"{_WHERE}: not at rest after build_model (node {node} moves at {fastest:.3g} length units per "
            f"s, at {float(ops.getTime()):g} s); end build_model after the gravity analysis: gmplug runs the "
            "motions"
        )


def _check_constraints(ops: Any, settings: SolverSettings) -> None:
    """Raise InputError where the handler that the study or the script sets is wrong for the model."""
    handler = str(settings.constraints[0]) if settings.constraints else ""
    further = {"Transformation": partly_held, "Plain": turning}.get(handler)
    reason = (entangled(ops) or further(ops)) if further else ""
    if reason:
        raise InputError(
            f"{_WHERE}: {reason}; OpenSees' constraint handler {handler} displaces such nodes wrongly. "
            "Take constraints out of [analysis] solver and analysis_options: gmplug then takes the right one"
        )


def _stays_at_rest(
    ops: Any, model: StructureModel, stepper: Stepper, step_s: float, axis: int | None
) -> bool:
    """Run steps without a motion; False where one does not converge, InputError where the floors move."""
    before = _drifts(ops, model)
    upwards = [] if axis is None or axis + 1 in model.horizontal_directions else [axis + 1]
    sideways_g = upwards_g = 0.0
    for _ in range(REST_STEPS):
        if not stepper.advance(step_s):
            return False
        sideways_g = max(sideways_g, _largest_acceleration_g(ops, model, model.horizontal_directions))
        upwards_g = max(upwards_g, _largest_acceleration_g(ops, model, upwards))
    moved = float(np.abs(_drifts(ops, model) - before).max())
    if not (sideways_g <= AT_REST_G and upwards_g <= AT_REST_UPWARDS_G and moved <= AT_REST_DRIFT):
        raise InputError(
            f"{_WHERE}: not at rest after build_model: without any motion floors accelerate with "
            f"{sideways_g:.2g} g sideways and {upwards_g:.2g} g upwards, and drifts change by {moved:.2g}. "
            "End build_model with a static gravity analysis that converges, and with no loads that change "
            f"with time{_gravity_hint(ops)}"
        )
    return True


def _gravity_hint(ops: Any) -> str:
    reason = entangled(ops) or partly_held(ops)
    if not reason:
        return ""
    return (
        f". Constraint handler Transformation is wrong for this model ({reason}): if build_model uses it, "
        "take Auto"
    )


def _largest_acceleration_g(ops: Any, model: StructureModel, directions: Sequence[int]) -> float:
    values = [abs(ops.nodeAccel(node, d)) for node in model.floor_nodes for d in directions]
    return max(values, default=0.0) / model.gravity


def _shaken(
    ops: Any, model: StructureModel, directions: Sequence[int], stepper: Stepper, step_s: float, steps: int
) -> set[tuple[int, int]]:
    """Shake a little in all directions at once; return the (floor, direction) pairs that move."""
    period_s = step_s * STEPS_PER_PERIOD
    static = PROBE_G * model.gravity * (period_s / (2 * math.pi)) ** 2
    start = {(n, d): ops.nodeDisp(n, d) for n in model.floor_nodes for d in directions}
    for tag, direction in enumerate(directions, start=EXCITATION_TAG):
        ops.timeSeries("Constant", tag, "-factor", PROBE_G * model.gravity)
        ops.pattern("UniformExcitation", tag, direction, "-accel", tag)
    moved = set()
    for _ in range(steps):
        if not stepper.advance(step_s):
            break  # the analyses of the motions report it
        moved |= {key for key, at in start.items() if abs(ops.nodeDisp(*key) - at) > STILL_SHARE * static}
    return {(model.floor_nodes.index(node), direction) for node, direction in moved}


def _still_floors(
    ops: Any, model: StructureModel, directions: Sequence[int], moved: set[tuple[int, int]], mass: float
) -> tuple[int, ...]:
    """Return the floors that do not move in a direction; raise InputError where no floor moves."""
    floors = range(1, len(model.floor_nodes))
    still: set[int] = set()
    for direction in directions:
        stays = [floor for floor in floors if (floor, direction) not in moved]
        if len(stays) == len(floors):
            raise InputError(_no_response(ops, direction, mass if direction == directions[0] else None))
        still.update(stays)
    return tuple(sorted(still))


def _no_response(ops: Any, direction: int, mass: float | None) -> str:
    line = f"{_WHERE}: no floor moves when the base is shaken in direction {direction}"
    if mass is None or mass > 0:
        return f"{line}; are the floor nodes fixed, or is it another direction (StructureModel direction=)?"
    masses = {d: total_mass(ops, d) for d in range(1, int(ops.getNDF()[0]) + 1)}
    others = ", ".join(f"{d}: {m:.4g}" for d, m in masses.items() if m > 0)
    return f"{line}: the model has no mass there (mass by direction: {others or 'none at all'})"


def _drifts(ops: Any, model: StructureModel) -> FloatArray:
    """Return the story drift ratios, shape (d, stories)."""
    displacement = [[ops.nodeDisp(n, d) for n in model.floor_nodes] for d in model.horizontal_directions]
    return np.diff(displacement, axis=1) / np.asarray(model.story_heights)


def _weight(ops: Any, axis: int | None) -> float | None:
    """Return the sum of the vertical reactions, as force; None where the vertical axis is unknown."""
    if axis is None:
        return None
    try:
        ops.reactions()
        fixed = [n for n in ops.getFixedNodes() if axis < len(ops.nodeDisp(n))]
        return abs(sum(float(ops.nodeReaction(node, axis + 1)) for node in fixed)) or None
    except Exception:  # OpenSees' error is a bare one
        return None
