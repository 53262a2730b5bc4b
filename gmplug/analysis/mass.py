"""Mass of a built model."""

from __future__ import annotations

from typing import Any


def total_mass(ops: Any, direction: int) -> float:
    """Return the mass of all nodes in a direction (1-based), in the model's units.

    The mass of elements is left out: OpenSees does not show it.
    """
    masses = (ops.nodeMass(node) for node in ops.getNodeTags())
    return sum(abs(float(of_node[direction - 1])) for of_node in masses if direction <= len(of_node))
