"""The first mode of a built model: its period, and its damping ratio as the model swings."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gmplug.analysis.solver import constraint_handler
from gmplug.analysis.solver_settings import SolverSettings
from gmplug.notes import doubtful
from gmplug.values import StructureModel

#: Degrees of freedom up to which the dense eigen solver is used; it needs no start vector.
DENSE_DOFS = 300
_MODES = 6
#: A mode counts if it moves a floor in the excited direction by this share of the largest movement.
_PART_OF_MODE = 0.1
#: Difference from the stated damping ratio that is doubtful: a share of it, and a ratio.
DAMPING_TOLERANCE, LEAST_DAMPING = 0.25, 0.001

#: Mass times shape, by node and degree of freedom (1-based).
Mode = Mapping[tuple[int, int], float]


def first_mode(
    ops: Any, model: StructureModel, directions: Sequence[int], settings: SolverSettings
) -> tuple[float | None, Mode]:
    """Return the longest period of a mode that moves floors in an excited direction, None without one.

    And the mode: mass times shape of the nodes with mass, by node and degree of freedom.
    """
    nodes = ops.getNodeTags()
    dofs = sum(len(ops.nodeDisp(node)) for node in nodes)
    free = dofs - sum(len(ops.getFixedDOFs(node)) for node in ops.getFixedNodes())
    ways: list[tuple[tuple[Any, ...], int]] = [((), _MODES), ((), _MODES // 2), ((), 1)]
    handler = settings.constraints or constraint_handler(ops)
    if handler[0] not in ("Plain", "Transformation"):
        handler = ("Lagrange",)  # OpenSees gives penalties mass, too: modes of 2π s
    elif dofs <= DENSE_DOFS:
        ways = [(("-fullGenLapack",), min(_MODES, max(free, 1)))]
    for solver, count in ways:
        ops.wipeAnalysis()  # otherwise OpenSees computes no further eigenvalues after the first ones
        ops.constraints(*handler)
        ops.numberer(*settings.numberer)
        ops.system("BandGeneral" if dofs <= DENSE_DOFS else "UmfPack")
        with contextlib.suppress(Exception):  # OpenSees' error is a bare one
            values = [float(value) for value in ops.eigen(*solver, count)]
            return _mode_of(ops, model, directions, values)
    return None, {}


def _mode_of(
    ops: Any, model: StructureModel, directions: Sequence[int], values: Sequence[float]
) -> tuple[float | None, Mode]:
    found: tuple[float, int] | None = None
    for mode, value in enumerate(values, start=1):
        if not 0 < value < 1e12:
            continue  # beyond the degrees of freedom with mass
        shape = [
            abs(float(ops.nodeEigenvector(node, mode, d))) for node in model.floor_nodes for d in directions
        ]
        whole = max(
            abs(float(x)) for n in model.floor_nodes for x in ops.nodeEigenvector(n, mode)[: ops.getNDM()[0]]
        )
        if whole > 0 and max(shape) >= _PART_OF_MODE * whole:
            found = max(found or (0.0, 0), (2 * math.pi / math.sqrt(value), mode))
    if found is None:
        return None, {}
    period_s, mode = found
    weights = {
        (node, d): float(mass) * float(ops.nodeEigenvector(node, mode, d))
        for node in ops.getNodeTags()
        for d, mass in enumerate(ops.nodeMass(node), start=1)
        if mass
    }
    # Mass of elements is not shown: then the floors' movement alone tells.
    floors = {(n, d): float(ops.nodeEigenvector(n, mode, d)) for n in model.floor_nodes for d in directions}
    return period_s, weights or floors


def modal_displacement(ops: Any, mode: Mode) -> float:
    """Return the modal displacement; ``mode`` has mass times shape by node and degree of freedom."""
    return sum(weight * float(ops.nodeDisp(*at)) for at, weight in mode.items())


def damping_doubts(swung: float, back: float, stated: float) -> Iterator[str]:
    """Compare the damping ratio of the first mode with the study's.

    Under a force that begins at once, modal displacements after a half and a whole period are u (1 + e) and
    u (1 - e²), with ln e = -π ζ / √(1 - ζ²): Chopra (2012), Dynamics of Structures, 4th ed., eq. 4.3.5.
    """
    if not swung:
        return
    decay = 1 - back / swung
    found = 1.0  # or more: it creeps to its place
    if decay > 0:
        found = -math.log(decay) / math.hypot(math.pi, math.log(decay))
    if abs(found - stated) > DAMPING_TOLERANCE * stated + LEAST_DAMPING:
        yield doubtful(
            f"the model's first mode has a damping ratio of {max(found, 0.0):.3f}, but [analysis] damping is "
            f"{stated:g}; pass damping_ratio to build_model, or state what the model has"
        )
