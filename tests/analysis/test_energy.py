"""The energy balance closes: what the ground puts in is kinetic, damped, stored, or spent in yielding.

Relative energies (Uang & Bertero 1990, Earthq. Eng. Struct. Dyn. 19:77-90): with u relative to the ground,
integral of -(M i a_g) du = 1/2 v'Mv + integral of (C v) du + integral of (f_s - p) du, p the gravity
loads. Forces are those of the elements and dampers at the nodes, integrals are trapezoidal; average
acceleration makes the sum of the increments exact, so the balance tells whether equilibrium holds at the end
of every step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from gmplug.analysis.history import Excitation, run_motion
from gmplug.structures import frame, sdof
from gmplug.values import StructureModel
from tests.support.motions import burst
from tests.support.oscillators import elastoplastic

GRAVITY = 9.80665


@dataclass
class Ledger:
    """Adds up energies step by step, from forces at the free degrees of freedom of all nodes."""

    ops: Any
    excitation: Excitation
    entries: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("input", "damping", "internal"), 0.0)
    )
    kinetic: float = 0.0

    def __post_init__(self) -> None:
        self.nodes = self.ops.getNodeTags()
        self.row = {node: row for row, node in enumerate(self.nodes)}
        self.width = len(self.ops.nodeDisp(self.nodes[0]))
        self.mass = self._each(lambda node: self.ops.nodeMass(node))
        self.gravity = self._each(lambda node: self.ops.nodeUnbalance(node))
        self.before = self._state(0.0)

    def _each(self, query: Any) -> np.ndarray:
        return np.array([value for node in self.nodes for value in query(node)])

    def _element_forces(self) -> np.ndarray:
        forces = np.zeros((len(self.nodes), self.width))
        for element in self.ops.getEleTags():
            ends = [self.row[node] for node in self.ops.eleNodes(element)]
            np.add.at(forces, ends, np.reshape(self.ops.eleForce(element), (len(ends), -1))[:, : self.width])
        return forces.ravel()

    def _state(self, time_s: float) -> dict[str, np.ndarray]:
        ops = self.ops
        ops.reactions("-rayleigh")
        ground = np.zeros(self.width)
        for direction in self.excitation.acceleration_g:
            ground[direction - 1] = self.excitation.at(direction, np.array([time_s]))[0] * GRAVITY
        return {
            "u": self._each(lambda node: ops.nodeDisp(node)),
            "v": self._each(lambda node: ops.nodeVel(node)),
            "internal": self._element_forces() - self.gravity,
            "damping": self._each(lambda node: ops.nodeReaction(node)),
            "input": -self.mass * np.tile(ground, len(self.nodes)),
        }

    def step(self, time_s: float) -> None:
        now = self._state(time_s)
        moved = now["u"] - self.before["u"]
        for name in self.entries:
            self.entries[name] += float(0.5 * (now[name] + self.before[name]) @ moved)
        self.kinetic = float(0.5 * self.mass @ now["v"] ** 2)
        self.before = now

    @property
    def error(self) -> float:
        """What is missing of the input energy, as a share of it."""
        spent = self.kinetic + self.entries["damping"] + self.entries["internal"]
        return abs(self.entries["input"] - spent) / self.entries["input"]


def shake(ops: Any, model: StructureModel, excitation: Excitation, step_s: float, free_s: float) -> Ledger:
    ops.loadConst("-time", 0.0)
    ledger = Ledger(ops, excitation)
    errors = []

    def watch(time_s: float) -> None:
        ledger.step(time_s)
        errors.append(ledger.error if ledger.entries["input"] > 0 else 0.0)

    outcome = run_motion(ops, model, excitation, step_s, free_s, watch)
    assert outcome.status == "ok", outcome.message
    assert errors[-1] == ledger.error
    return ledger


@pytest.mark.parametrize("yield_coefficient", [None, 0.06])
def test_energies_of_an_oscillator(ops: Any, yield_coefficient: float | None) -> None:
    model = sdof(
        ops=ops,
        damping_ratio=0.05,
        conditioning_period_s=0.5,
        yield_coefficient=yield_coefficient,
        hardening=0.0,
    )
    ledger = shake(ops, model, Excitation(0.01, {1: burst()}), 0.0005, 6.0)
    assert ledger.error < 1e-6
    assert ledger.kinetic < 1e-3 * ledger.entries["input"]  # at rest in the end
    if yield_coefficient is None:
        assert ledger.entries["damping"] == pytest.approx(ledger.entries["input"], rel=2e-3)
        return
    # Independently: integral of c v du, and of the yield force over plastic sliding, by central differences.
    w, fine = 2 * np.pi / 0.5, 0.5 / 2000
    u = elastoplastic(burst(), 0.01, 0.5, yield_coefficient, 0.0)
    damped = 2 * 0.05 * w * np.sum(np.diff(u) ** 2) / fine
    strength, plastic, spent = yield_coefficient * GRAVITY, 0.0, 0.0
    for value in u:
        excess = w**2 * (value - plastic)
        if abs(excess) > strength:
            slid = (abs(excess) - strength) / w**2
            plastic += np.sign(excess) * slid
            spent += strength * slid
    assert ledger.entries["damping"] == pytest.approx(damped, rel=0.01)
    assert ledger.entries["internal"] == pytest.approx(spent, rel=0.01)
    assert spent > 2 * damped


def test_energies_of_the_frame(ops: Any) -> None:
    """Hinges, members, Rayleigh damping of a part of them and P-Delta, all at once."""
    model = frame(ops=ops, damping_ratio=0.05)
    ledger = shake(ops, model, Excitation(0.01, {1: burst(4.0, peak_g=1.2)}), 0.01, 2.0)
    assert ledger.error < 1e-6
    assert ledger.entries["internal"] > 0.2 * ledger.entries["input"]
    assert ledger.entries["damping"] > 0.1 * ledger.entries["input"]


def test_energies_of_two_components(ops: Any) -> None:
    """Each component does its own work on a mass with the same spring either way."""
    motions = {1: burst(4.0, seed=1), 2: burst(4.0, seed=2)}
    inputs = []
    for directions in ((1,), (2,), (1, 2)):
        ops.wipe()
        ops.model("basic", "-ndm", 2, "-ndf", 2)
        ops.node(1, 0.0, 0.0)
        ops.node(2, 0.0, 0.0)
        ops.fix(1, 1, 1)
        ops.mass(2, 1.0, 1.0)
        ops.uniaxialMaterial("Steel01", 1, 0.1 * GRAVITY, 40.0, 0.03)
        ops.element("zeroLength", 1, 1, 2, "-mat", 1, 1, "-dir", 1, 2)
        ops.rayleigh(0.6, 0.0, 0.0, 0.0)
        model = StructureModel(
            (1, 2), (1.0,), gravity=9.80665, directions=(1, 2), periods_s=(1.0,), collapse_drift_ratio=10.0
        )
        excitation = Excitation(0.01, {direction: motions[direction] for direction in directions})
        ledger = shake(ops, model, excitation, 0.01, 3.0)
        assert ledger.error < 1e-6
        inputs.append(ledger.entries["input"])
    assert inputs[2] == pytest.approx(inputs[0] + inputs[1], rel=1e-6)
