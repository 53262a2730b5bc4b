"""What is kept of a model for reports, and whether what it says of itself can be so."""

from __future__ import annotations

from typing import Any

from gmplug.errors import InputError
from gmplug.values import StructureModel

#: Length units by their size, m.
LENGTH_UNITS_M = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048}
#: Gravity is rounded, and differs from place to place, by less than this share.
GRAVITY_TOLERANCE = 0.01
#: Heights between floors, m, beyond which the unit is doubted.
STORY_HEIGHTS_M = (0.3, 100.0)


def length_unit(model: StructureModel) -> str:
    """Return the name of the length unit that the model's gravity declares; empty where it is none known."""
    for name, size_m in LENGTH_UNITS_M.items():
        if abs(model.length_unit_m / size_m - 1) <= GRAVITY_TOLERANCE:
            return name
    return ""


def describe_model(model: StructureModel) -> dict[str, Any]:
    """Return what structure.json says of a model."""
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
        "notes": unit_notes(model),
    }


def unit_notes(model: StructureModel) -> list[str]:
    """Say what makes the model's units doubtful."""
    unit = length_unit(model)
    if not unit:
        known = ", ".join(f"{9.80665 / size:.5g} for {name}" for name, size in LENGTH_UNITS_M.items())
        return [
            f"the model's gravity {model.gravity:g} declares a length unit of {model.length_unit_m:.4g} m; "
            f"if that is not meant, correct it ({known}, all with s)"
        ]
    lowest, highest = (model.length_unit_m * h for h in (min(model.story_heights), max(model.story_heights)))
    if lowest < STORY_HEIGHTS_M[0] or highest > STORY_HEIGHTS_M[1]:
        return [
            f"the model's storeys are {lowest:.3g} to {highest:.3g} m high, if its gravity {model.gravity:g} "
            f"declares its length unit rightly as {unit}; motions and demands go by that"
        ]
    return []


def check_nodes(ops: Any, model: StructureModel) -> None:
    """See that the floors' nodes stand in OpenSees, and have the degrees of freedom that the model names.

    Raises InputError, one line for each that has not.
    """
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
