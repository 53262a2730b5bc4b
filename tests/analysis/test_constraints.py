"""Ties between nodes: the handler that gmplug takes displaces all nodes as Lagrange multipliers do."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gmplug.analysis.history import Excitation, run_motion
from gmplug.analysis.model_checks import check_built_model
from gmplug.analysis.solver import constraint_handler
from gmplug.analysis.solver_settings import SolverSettings, read_settings
from gmplug.errors import InputError
from gmplug.values import StructureModel
from tests.support.motions import burst

STIFFNESS = 100.0


def frame(ops: Any, offset_m: float = 2.0) -> None:
    """Two columns and two nodes at the second one's top, each held by elements of its own."""
    ops.wipe()
    ops.model("basic", "-ndm", 2, "-ndf", 3)
    for node, x, y in ((1, 0.0, 0.0), (2, 0.0, 3.0), (3, offset_m, 0.0), (4, offset_m, 3.0),
                       (5, offset_m, 3.0), (6, 6.0, 3.0)):  # fmt: skip
        ops.node(node, x, y)
    for base in (1, 3, 6):
        ops.fix(base, 1, 1, 1)
    ops.geomTransf("Linear", 1)
    for element, (i, j) in enumerate(((1, 2), (3, 4), (5, 6)), start=1):
        ops.element("elasticBeamColumn", element, i, j, 1.0, STIFFNESS, 1.0, 1)
    for node in (2, 4, 5):
        ops.mass(node, 1.0, 1.0, 0.1)


def chain(ops: Any) -> None:
    """A rigid floor, and a hinge at the node that follows."""
    frame(ops)
    ops.equalDOF(2, 4, 1)
    ops.equalDOF(4, 5, 1, 2)


def half_fixed(ops: Any) -> None:
    frame(ops)
    ops.fix(2, 0, 0, 1)
    ops.rigidLink("beam", 2, 4)
    ops.equalDOF(2, 5, 1)


def two_ties(ops: Any) -> None:
    frame(ops)
    ops.equalDOF(2, 4, 1)
    ops.equalDOF(5, 4, 2)


def fixed_and_tied(ops: Any) -> None:
    frame(ops)
    ops.fix(5, 1, 0, 0)
    ops.equalDOF(4, 5, 1, 2)


TIES = [chain, half_fixed, two_ties, fixed_and_tied]


def displacements(ops: Any, tie: Callable[[Any], None], handler: tuple[Any, ...] = ()) -> Any:
    tie(ops)
    ops.timeSeries("Linear", 1)
    ops.pattern("Plain", 1, 1)
    ops.load(2, 1.0, -1.0, 0.5)
    ops.load(5, 0.3, -0.7, 0.2)
    ops.constraints(*(handler or constraint_handler(ops)))
    ops.numberer("RCM")
    ops.system("FullGeneral")
    ops.test("NormDispIncr", 1e-9, 20)
    ops.algorithm("Newton")
    ops.integrator("LoadControl", 0.25)
    ops.analysis("Static")
    done = ops.analyze(4)
    return np.array([ops.nodeDisp(n) for n in (2, 4, 5)]) if done == 0 else np.full((3, 3), math.nan)


@pytest.mark.parametrize("tie", TIES)
def test_ties_that_transformation_gets_wrong(ops: Any, tie: Callable[[Any], None]) -> None:
    right = displacements(ops, tie, ("Lagrange",))
    tolerance = 1e-3 * np.abs(right).max()
    np.testing.assert_allclose(displacements(ops, tie), right, atol=tolerance)
    # If this fails, OpenSees is mended: Auto is needed no more.
    assert not np.abs(displacements(ops, tie, ("Transformation",)) - right).max() < 30 * tolerance


MODEL = StructureModel((1, 2), (3.0,), length_unit="m", periods_s=(1.0,), collapse_drift_ratio=10.0)


@pytest.mark.parametrize("tie", [chain, half_fixed])
def test_the_response_to_a_motion(ops: Any, tie: Callable[[Any], None]) -> None:
    motion = Excitation(0.02, {1: burst(3.0, dt=0.02, seed=2)})
    found = []
    for options in ({}, {"constraints": "Lagrange", "test": "NormUnbalance", "tolerance": 1e-9}):
        tie(ops)
        found.append(run_motion(ops, MODEL, motion, 0.02, 1.0, None, read_settings(options)).history)
    np.testing.assert_allclose(
        found[0].displacement, found[1].displacement, atol=5e-3 * np.abs(found[1].displacement).max()
    )
    assert np.abs(found[1].displacement).max() > 1e-3


@pytest.mark.parametrize("options", [{}, {"constraints": ("Penalty", 1e9, 1e9)}])
def test_the_first_period_is_no_penalty_s(ops: Any, options: dict[str, Any]) -> None:
    """Three masses that move as one, on two columns without rotation and a bar."""
    frame(ops)
    for node in (2, 4, 5):
        ops.fix(node, 0, 1, 1)
    ops.equalDOF(2, 4, 1)
    ops.equalDOF(4, 5, 1)
    stiffness = 2 * 12 * STIFFNESS / 3.0**3 + STIFFNESS / 4.0
    expected_s = 2 * math.pi * math.sqrt(3.0 / stiffness)
    model = replace(MODEL, periods_s=(expected_s,))
    period_s, _ = check_built_model(ops, model, {"h1": 1}, SolverSettings(**options), expected_s, 0.0)
    assert period_s == pytest.approx(expected_s, rel=1e-6)


def link(ops: Any) -> None:
    frame(ops)
    ops.rigidLink("beam", 2, 4)


@pytest.mark.parametrize(
    ("tie", "handler", "line"),
    [
        (chain, "Transformation", "node 5 is tied to node 4, which is tied to another one itself"),
        (half_fixed, "Transformation", "node 4 follows node 2, which is fixed in some of these directions"),
        (fixed_and_tied, "Plain", "node 5 is fixed in a direction in which it is tied to node 4"),
        (link, "Plain", "node 4 moves as node 2 turns, at another place"),
        (link, "Transformation", ""),
    ],
)
def test_a_handler_that_is_wrong_for_the_model_is_refused(
    ops: Any, tie: Callable[[Any], None], handler: str, line: str
) -> None:
    tie(ops)
    settings = SolverSettings(constraints=handler)
    if not line:
        check_built_model(ops, MODEL, {"h1": 1}, settings, 1.0, 0.0)
        return
    with pytest.raises(InputError, match=f"{line}; .*handler {handler} .*Take constraints out of"):
        check_built_model(ops, MODEL, {"h1": 1}, settings, 1.0, 0.0)
