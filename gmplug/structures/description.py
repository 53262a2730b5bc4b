"""Description of a model for reports, and checks of what the model declares."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.errors import InputError
from gmplug.notes import doubtful, warning
from gmplug.plausible import Findings, look_at
from gmplug.values import GRAVITY_TOLERANCE, LENGTH_UNITS_M, StructureModel

#: Factors between the first period and T* from which on gmplug notes a doubt, and a warning: within a fifth
#: the conditional spectrum hardly differs.
PERIOD_FACTORS = (1.2, 2.0)
#: Largest usual drift ratio at which an analysis ends as collapsed.
MOST_COLLAPSE_DRIFT = 1.0
#: Tolerance of the declared periods, as a share of the computed one.
PERIOD_TOLERANCE = 0.1


def length_unit(model: StructureModel) -> str:
    """Return the name of the length unit by the model's gravity; empty for an unknown one."""
    for name, size_m in LENGTH_UNITS_M.items():
        if abs(model.length_unit_m / size_m - 1) <= GRAVITY_TOLERANCE:
            return name
    return ""


def describe_model(model: StructureModel) -> dict[str, Any]:
    """Return the content of structure.json."""
    return {
        "description": model.description,
        "periods_s": list(model.periods_s),
        "stories": len(model.story_heights),
        "story_heights": list(model.story_heights),
        "gravity": model.gravity,
        "length_unit": length_unit(model),
        "directions": list(model.horizontal_directions),
        "vertical_direction": model.vertical_direction,
        "collapse_drift_ratio": model.collapse_drift_ratio,
        "floor_nodes": list(model.floor_nodes),
    }


def check_model(
    model: StructureModel,
    coordinates: Sequence[Sequence[float]],
    computed_period_s: float | None,
    conditioning_period_s: float,
    accept: Iterable[str] = (),
) -> Findings:
    """Return what is impossible or doubtful in a model.

    ``coordinates`` are as for :func:`check_floors`, empty where they are not to be checked;
    ``computed_period_s`` is None where the first period could not be computed.
    """
    accept = tuple(accept)
    found = check_floors(model, coordinates, accept) + _check_collapse(model)
    return found + _check_periods(model, computed_period_s, conditioning_period_s, accept)


def _check_collapse(model: StructureModel) -> Findings:
    ratio = model.collapse_drift_ratio
    if not MOST_COLLAPSE_DRIFT < ratio < math.inf:
        return Findings()
    return Findings(
        notes=(
            doubtful(
                f"the model's collapse_drift_ratio is {ratio:g}: a drift of {100 * ratio:g} %, at which an "
                "analysis ends as collapsed; it is a ratio, such as 0.1"
            ),
        )
    )


def check_unit(model: StructureModel, accept: Iterable[str] = ()) -> Findings:
    """Compare the story heights, by the length unit that the model declares, with those of buildings."""
    unit = length_unit(model)
    notes: tuple[str, ...] = ()
    if not unit:
        known = ", ".join(
            f"{STANDARD_GRAVITY_M_S2 / size:.5g} for {name}" for name, size in LENGTH_UNITS_M.items()
        )
        notes = (
            doubtful(
                f"the model's gravity {model.gravity:g} declares a length unit of {model.length_unit_m:.4g} "
                f"m; if that is not meant, correct it ({known}, all with s)"
            ),
        )
    size_m = LENGTH_UNITS_M.get(unit, model.length_unit_m)
    heights_m = [height * size_m for height in model.story_heights]
    where = f"[structure] model, if its length unit is {unit or 'as its gravity says'}"
    return Findings(notes=notes) + look_at("story_height_m", heights_m, where, _stories(model), accept)


def check_floors(
    model: StructureModel, coordinates: Sequence[Sequence[float]], accept: Iterable[str] = ()
) -> Findings:
    """Check the order of the floors' nodes and compare their distances with the story heights.

    ``coordinates`` are those of the floor nodes, base first, shape (floors, dimensions). Nodes at one place,
    as of springs without length, are skipped. The heights are compared with those of buildings too.
    """
    accept = tuple(accept)
    heights = check_unit(model, accept)
    axis = vertical_axis(model, coordinates)
    if axis is None:
        return heights
    nodes = model.floor_nodes
    ratios, problems = [], []
    for story, height in enumerate(model.story_heights, start=1):
        below, above = coordinates[story - 1], coordinates[story]
        rise = above[axis] - below[axis]
        if below == above:
            ratios.append(math.nan)
            continue
        if rise <= 0:
            place = "lies below" if rise < 0 else "is as high as"
            problems.append(
                f"[structure] model: floor_nodes go from the base to the roof, one for each floor, but node "
                f"{nodes[story]} (floor {story}) {place} node {nodes[story - 1]} (floor {story - 1}), along "
                f"axis {axis + 1}"
            )
        ratios.append(height / rise if rise > 0 else math.nan)
    found = look_at("story_height_ratio", ratios, "[structure] model", _stories(model), accept)
    hint = _unit_hint(ratios)
    found = Findings((*problems, *(problem + hint for problem in found.problems)), found.notes)
    return found + heights


def vertical_axis(model: StructureModel, coordinates: Sequence[Sequence[float]]) -> int | None:
    """Return the axis (from 0) along which the floors rise; None where the coordinates do not tell."""
    if not coordinates:
        return None
    axes = range(len(coordinates[0]))
    spread = [max(c[axis] for c in coordinates) - min(c[axis] for c in coordinates) for axis in axes]
    if len(axes) == 1 or not max(spread) > 0:
        return None
    if model.vertical_direction is not None and model.vertical_direction <= len(axes):
        return model.vertical_direction - 1
    free = [axis for axis in axes if axis + 1 not in model.horizontal_directions]
    return max(free, key=lambda axis: spread[axis])


def _unit_hint(ratios: Sequence[float]) -> str:
    """Return the two length units whose ratio is that of all heights to the nodes' distances, if any."""
    known = [ratio for ratio in ratios if not math.isnan(ratio)]
    for one, size in LENGTH_UNITS_M.items():
        for other, other_size in LENGTH_UNITS_M.items():
            if one != other and known and all(abs(r * size / other_size - 1) < 0.02 for r in known):
                return f"; the heights look as if given in {one}, with nodes in {other}"
    return ""


def _stories(model: StructureModel) -> list[str]:
    return [f"story {story}" for story in range(1, len(model.story_heights) + 1)]


def _check_periods(
    model: StructureModel, computed_s: float | None, conditioning_s: float, accept: Iterable[str]
) -> Findings:
    first_s = computed_s if computed_s is not None else (model.periods_s[0] if model.periods_s else None)
    if first_s is None:
        return Findings(
            notes=(doubtful("the model's first period could not be computed, and is not compared with T*"),)
        )
    found = look_at("period_s", first_s, "[structure] model, its first mode", accept=accept)
    notes = list(found.notes)
    factor = max(first_s / conditioning_s, conditioning_s / first_s)
    text = (
        f"the model's first period is {first_s:.3g} s, but the motions are selected for T* = "
        f"{conditioning_s:.3g} s ([structure] period_s)"
    )
    if factor > PERIOD_FACTORS[1]:
        notes.append(warning(text))
    elif factor > PERIOD_FACTORS[0]:
        notes.append(doubtful(text))
    if model.periods_s and all(abs(t / first_s - 1) > PERIOD_TOLERANCE for t in model.periods_s):
        notes.append(
            doubtful(
                f"the model gives a first period of {model.periods_s[0]:.3g} s, but has one of {first_s:.3g} "
                "s in the excited direction; time step and free vibration follow the given one"
            )
        )
    return Findings(found.problems, tuple(notes))


def check_nodes(ops: Any, model: StructureModel) -> None:
    """Raise InputError where a floor's node is missing, or lacks a degree of freedom of the model."""
    there = set(ops.getNodeTags())
    wanted = [d for d in (*model.horizontal_directions, model.vertical_direction) if d is not None]
    problems = []
    for floor, node in enumerate(model.floor_nodes):
        if node not in there:
            problems.append(
                f"[structure] model: floor {floor} names node {node}, which the model does not have"
            )
            continue
        freedoms = len(ops.nodeDisp(node))
        if max(wanted) > freedoms:
            problems.append(
                f"[structure] model: node {node} of floor {floor} has {freedoms} degrees of freedom; "
                f"direction {max(wanted)} is none of them"
            )
    if problems:
        raise InputError(problems)
