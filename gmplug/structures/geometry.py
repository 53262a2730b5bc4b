"""Nodes and elements of a built model, for its picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gmplug.structures.description import vertical_axis
from gmplug.values import StructureModel

#: Elements of a model that is kept for its picture at most.
MOST_ELEMENTS = 5000
#: Kinds of elements: the part of OpenSees' name that tells; the rest with two nodes is ``other``.
_KINDS = {
    "truss": "truss", "beam": "beam-column", "column": "beam-column", "link": "link", "damper": "link",
}  # fmt: skip


def model_geometry(ops: Any, model: StructureModel) -> dict[str, Any]:
    """Return what the picture of a model shows; ``elements`` alone, their number, where there are too many.

    ``nodes`` are coordinates; the others name nodes by their place in it: ``elements`` by kind
    (``beam-column``, ``truss``, ``link``, ``other``, ``surface``; ``zero-length`` by one node), ``supports``
    (a translation fixed; no floors above the base), ``masses`` (with mass in a horizontal direction) and
    ``floors``. ``axes`` are the horizontal axes and the vertical one; empty where the floors' nodes tell
    none.
    """
    tags = ops.getNodeTags()
    elements = ops.getEleTags() or []
    if len(elements) > MOST_ELEMENTS:
        return {"elements": len(elements)}
    place = {tag: number for number, tag in enumerate(tags)}
    nodes = [[float(x) for x in ops.nodeCoord(tag)] for tag in tags]
    by_kind: dict[str, list[list[int]]] = {}
    for element in elements:
        ends = [place[node] for node in ops.eleNodes(element)]
        kind = _kind(str(ops.eleType(element)), [nodes[end] for end in ends])
        by_kind.setdefault(kind, []).append(ends[:1] if kind == "zero-length" else ends)
    horizontal = [d for d in model.horizontal_directions if d <= len(nodes[0])]
    up = vertical_axis(model, [nodes[place[node]] for node in model.floor_nodes])
    return {
        "nodes": nodes,
        "elements": by_kind,
        "supports": [place[node] for node in ops.getFixedNodes() if _holds(ops, node, model, len(nodes[0]))],
        "masses": [place[tag] for tag in tags if any(_mass(ops, tag, d) > 0 for d in horizontal)],
        "floors": [place[node] for node in model.floor_nodes],
        "axes": [] if up is None else _axes(len(nodes[0]), horizontal, up),
    }


def _holds(ops: Any, node: int, model: StructureModel, dimensions: int) -> bool:
    """Tell whether a fixed node is a support: masters of rigid floors are often fixed upwards."""
    return node not in model.floor_nodes[1:] and min(ops.getFixedDOFs(node)) <= dimensions


def _kind(name: str, ends: Sequence[Sequence[float]]) -> str:
    if all(end == ends[0] for end in ends):
        return "zero-length"
    if len(ends) > 2:
        return "surface"
    return next((kind for part, kind in _KINDS.items() if part in name.lower()), "other")


def _mass(ops: Any, node: int, direction: int) -> float:
    masses = ops.nodeMass(node)
    return float(masses[direction - 1]) if direction <= len(masses) else 0.0


def _axes(dimensions: int, horizontal: Sequence[int], up: int) -> list[int]:
    """Return the axes sideways, the excited ones first, and the vertical one."""
    first = [d - 1 for d in horizontal if d - 1 != up]
    return [*first, *(axis for axis in range(dimensions) if axis not in (*first, up)), up]
