"""Base shear of a built model: the horizontal force between the structure and its supports.

``gmplug export --format openseespy`` copies this file into its folder: it must run without gmplug.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from typing import Any


class BaseShear:
    """Sums the horizontal forces that the elements at the supports carry, as the model stands.

    The supports in a direction are the nodes fixed in it, and the nodes tied to those. The force has the
    elements' restoring forces, their viscous damping (Rayleigh damping of elements included) and the inertia
    of their own mass: the nodal reactions of ``ops.reactions("-dynamic")`` without the nodal mass at the
    supports, which the ground moves. It lacks the damping forces between nodes and ground, of Rayleigh
    damping by nodal mass and of modal damping: with them it is the sum of mass times absolute acceleration
    (d'Alembert). It is the force of the supports on the structure.

    Only the elements at the supports are read; docs/validation/analysis.md has the cost. They are found anew
    when the number of elements changes, as where a script takes one away.

    Parameters
    ----------
    directions
        Degrees of freedom (1-based), d of them.

    Attributes
    ----------
    missing
        Why there is no base shear; empty where there is.
    """

    def __init__(self, ops: Any, directions: Sequence[int]) -> None:
        self._ops = ops
        self._directions = directions
        self._force = ops.eleDynamicalForce
        self._find()

    def _find(self) -> None:
        """Find the forces at the supports."""
        self.missing = ""
        self._elements = self._ops.getNumElements()
        self._single: tuple[int, ...] = ()
        self._parts: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
        for direction in self._directions:
            try:
                parts = support_forces(self._ops, direction)
            except ValueError as error:
                self.missing = str(error)
                return
            if not parts:
                self.missing = f"no element is at a node fixed in direction {direction}"
                return
            elements, places = zip(*parts, strict=True)
            self._parts.append((elements, places))
        if len(self._parts) == 1 and len(self._parts[0][0]) == 1:
            self._single = (*self._parts[0][0], *self._parts[0][1])

    def read(self) -> list[float]:
        """Return the base shear in each direction, in the model's unit of force; NaN where it is missing."""
        if self._ops.getNumElements() != self._elements:
            self._find()
        if self.missing:
            return [math.nan] * len(self._directions)
        force = self._force
        if self._single:  # a small model takes steps of 5 µs
            return list(force(*self._single))
        flat = chain.from_iterable
        return [sum(flat(map(force, elements, places))) for elements, places in self._parts]


def supports(ops: Any, direction: int) -> set[int]:
    """Return the nodes fixed in a direction, and those tied to them in it."""
    found = {node for node in ops.getFixedNodes() if direction in ops.getFixedDOFs(node)}
    new = found
    while new:
        tied = {
            node
            for held in new
            for node in ops.getConstrainedNodes(held)
            if direction in ops.getConstrainedDOFs(node, held, direction)
        }
        new = tied - found
        found = found | new
    return found


def support_forces(ops: Any, direction: int) -> list[tuple[int, int]]:
    """Return element and place (1-based, in its vector of forces) of each force that acts on a support.

    Raises ValueError where an element's forces are not those of its nodes' degrees of freedom.
    """
    held = supports(ops, direction)
    parts = []
    for element in ops.getEleTags():
        nodes = ops.eleNodes(element)
        inside = [node in held for node in nodes]
        if any(inside) and not all(inside):
            places = _places(ops, element, nodes, direction)
            parts += [
                (element, place) for place, at in zip(places, inside, strict=True) if at and place is not None
            ]
    return parts


def seismic_mass(ops: Any, direction: int) -> float:
    """Return the mass that a motion of the supports in a direction accelerates, in the model's units.

    It is that of the nodes that are no supports, and of the elements between: the change of their forces at
    these nodes under a unit acceleration of all nodes. Call it at rest; the model stays as it is.

    Raises ValueError where an element's forces are not those of its nodes' degrees of freedom.
    """
    held = supports(ops, direction)
    moving = [node for node in ops.getNodeTags() if direction <= len(ops.nodeDisp(node))]
    free = [node for node in moving if node not in held]
    mass = sum(float(ops.nodeMass(node)[direction - 1]) for node in free)
    places = _free_places(ops, set(free), direction)
    before = [ops.eleDynamicalForce(element, place)[0] for element, place in places]
    accelerations = [ops.nodeAccel(node, direction) for node in moving]
    try:
        for node, value in zip(moving, accelerations, strict=True):
            ops.setNodeAccel(node, direction, value + 1.0)
        after = [ops.eleDynamicalForce(element, place)[0] for element, place in places]
    finally:
        for node, value in zip(moving, accelerations, strict=True):
            ops.setNodeAccel(node, direction, value)
    of_elements = sum(after) - sum(before)
    rounding = 1e-9 * max(map(abs, before), default=0.0)
    return mass + (of_elements if abs(of_elements) > rounding else 0.0)


def _free_places(ops: Any, free: set[int], direction: int) -> list[tuple[int, int]]:
    places = []
    for element in ops.getEleTags():
        nodes = ops.eleNodes(element)
        at = zip(nodes, _places(ops, element, nodes, direction), strict=True)
        places += [(element, place) for node, place in at if node in free and place is not None]
    return places


def _places(ops: Any, element: int, nodes: Sequence[int], direction: int) -> list[int | None]:
    """Return where each node's force in a direction is in an element's vector (1-based); None without it."""
    sizes = [len(ops.nodeDisp(node)) for node in nodes]
    if len(ops.eleDynamicalForce(element)) != sum(sizes):
        raise ValueError(f"the forces of element {element} are not those of its nodes' degrees of freedom")
    starts = [sum(sizes[:k]) for k in range(len(sizes))]
    return [
        start + direction if direction <= size else None for start, size in zip(starts, sizes, strict=True)
    ]
