"""Base shear against closed forms and against d'Alembert's equilibrium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gmplug.analysis.base_shear import BaseShear, seismic_mass
from gmplug.analysis.history import Excitation, Outcome, run_motion
from gmplug.analysis.kept_histories import history_columns
from gmplug.structures.frame import BUILDING_MASS_T, frame
from gmplug.structures.sdof import sdof
from gmplug.values import StructureModel
from tests.support.motions import GRAVITY, burst
from tests.support.oscillators import elastoplastic, exact_displacement

ops = pytest.importorskip("openseespy.opensees")
MOTION = burst(6.0, seed=3)


@pytest.fixture(autouse=True)
def empty_domain() -> Iterator[None]:
    ops.wipe()
    yield
    ops.wipe()


def shaken(model: StructureModel, by: dict[int, np.ndarray], sample: Any = None) -> Outcome:
    return run_motion(ops, model, Excitation(0.01, by), 0.005, 2.0, sample=sample)


def test_an_elastic_oscillator_has_stiffness_times_displacement() -> None:
    model = sdof(ops=ops, damping_ratio=0.05, conditioning_period_s=0.8)
    history = shaken(model, {1: MOTION}).history
    fine = np.interp(np.arange(0, len(MOTION) - 1, 0.25), np.arange(len(MOTION)), MOTION)
    exact = (2 * np.pi / 0.8) ** 2 * np.abs(exact_displacement(fine, 0.0025, 0.8)).max()
    assert history.base_shear is not None
    assert np.abs(history.base_shear).max() == pytest.approx(exact, rel=0.005)
    assert history.seismic_weight == pytest.approx((GRAVITY,))  # 1 t


def test_a_yielding_oscillator_reaches_its_strength_line() -> None:
    fy, hardening = 0.1, 0.03
    model = sdof(
        ops=ops, damping_ratio=0.05, conditioning_period_s=0.8, yield_coefficient=fy, hardening=hardening
    )
    history = shaken(model, {1: MOTION}).history
    largest = np.abs(elastoplastic(MOTION, 0.01, 0.8, fy, hardening)).max()
    line = fy * GRAVITY * (1 - hardening) + hardening * (2 * np.pi / 0.8) ** 2 * largest
    assert history.base_shear is not None
    assert np.abs(history.base_shear).max() == pytest.approx(line, rel=0.005)


def test_an_element_that_is_taken_away_carries_nothing_any_more() -> None:
    """The second of two springs at the support goes in the middle of the motion."""
    model = sdof(ops=ops, damping_ratio=0.0, conditioning_period_s=0.8)
    stiffness = (2 * np.pi / 0.8) ** 2
    ops.uniaxialMaterial("Elastic", 99, 0.5 * stiffness)
    ops.element("zeroLength", 99, *ops.eleNodes(ops.getEleTags()[0]), "-mat", 99, "-dir", 1)

    def on_step(time_s: float) -> None:
        if 3.0 <= time_s < 3.005:
            ops.remove("element", 99)

    history = run_motion(ops, model, Excitation(0.01, {1: MOTION}), 0.005, 2.0, on_step).history
    assert history.base_shear is not None
    springs = np.where(history.time_s <= 3.0, 1.5, 1.0) * stiffness
    np.testing.assert_allclose(
        np.abs(history.base_shear[0]), np.abs(springs * history.displacement[0, :, 1]), rtol=1e-6
    )


@pytest.mark.parametrize("hinges", ["elastic", "bilinear"])
def test_a_frame_is_in_equilibrium_with_its_masses(hinges: Any) -> None:
    """Base shear is mass times absolute acceleration, plus the damping by mass, at every step."""
    model = frame(ops=ops, damping_ratio=0.05, hinges=hinges)
    periods = model.periods_s
    mass_factor = 4 * np.pi * 0.05 / (periods[0] + periods[-1])  # Rayleigh, exact at the modes 1 and 3
    nodes = [node for node in ops.getNodeTags() if ops.nodeMass(node)[0] > 0]
    masses = [ops.nodeMass(node)[0] for node in nodes]

    def sample() -> dict[str, float]:
        inertia = sum(m * ops.nodeAccel(n, 1) for m, n in zip(masses, nodes, strict=True))
        damping = sum(m * ops.nodeVel(n, 1) for m, n in zip(masses, nodes, strict=True))
        ops.reactions("-dynamic")
        reactions = sum(
            ops.nodeReaction(node, 1) for node in ops.getNodeTags() if ops.nodeCoord(node)[1] == 0
        )
        return {"free": inertia + mass_factor * damping, "reactions": reactions}

    outcome = shaken(model, {1: 2 * MOTION}, sample)
    history = outcome.history
    ground = Excitation(0.01, {1: 2 * MOTION}).at(1, history.time_s) * GRAVITY
    expected = history.further["free"] + sum(masses) * ground
    assert history.base_shear is not None
    scale = np.abs(expected).max()
    np.testing.assert_allclose(history.base_shear[0][1:], expected[1:], atol=1e-5 * scale)
    np.testing.assert_allclose(history.base_shear[0][1:], history.further["reactions"][1:], atol=1e-9 * scale)
    assert history.seismic_weight == pytest.approx((sum(BUILDING_MASS_T) / 2 * GRAVITY,))


def tower(consistent: bool = False) -> StructureModel:
    """A cantilever in space with mass of its own, its two columns tied by a rigid floor; base tied too."""
    ops.model("basic", "-ndm", 3, "-ndf", 6)
    for node, x, z in ((1, 0.0, 0.0), (2, 4.0, 0.0), (3, 0.0, 3.0), (4, 4.0, 3.0), (5, 1.0, 3.0)):
        ops.node(node, x, 0.0, z)
    ops.fix(1, 1, 1, 1, 1, 1, 1)
    ops.equalDOF(1, 2, 1, 2, 3, 4, 5, 6)
    ops.fix(5, 0, 0, 1, 1, 1, 0)
    ops.mass(5, 5.0, 5.0, 0.0, 0.0, 0.0, 20.0)
    ops.rigidDiaphragm(3, 5, 3, 4)
    ops.geomTransf("Linear", 1, 1.0, 0.0, 0.0)
    own = ("-mass", 0.5, *(("-cMass",) if consistent else ()))
    for element, i, j in ((1, 1, 3), (2, 2, 4)):
        ops.element(
            "elasticBeamColumn", element, i, j, 0.1, 3e7, 1e7, 2e-3, 1e-3, 8e-4, 1, *own
        )  # fmt: skip
    return StructureModel((1, 5), (3.0,), length_unit="m", directions=(1, 2), periods_s=(0.3,))


def test_both_directions_with_tied_supports_and_mass_of_elements() -> None:
    model = tower()
    floor = 5.0 + 2 * 0.5 * 3.0 / 2  # lumped: half of each column
    assert [seismic_mass(ops, direction) for direction in (1, 2)] == pytest.approx([floor, floor])
    before = [ops.nodeAccel(node, 1) for node in (1, 3, 5)]
    assert before == [0.0, 0.0, 0.0]
    history = shaken(model, {1: MOTION, 2: 0.5 * MOTION}).history
    assert history.base_shear is not None
    assert history.base_shear.shape == (2, len(history.time_s))
    ground = Excitation(0.01, {1: MOTION}).at(1, history.time_s) * GRAVITY
    # Undamped: the floor's masses, and the half of the columns at the base that the ground moves.
    in_x = floor * history.acceleration_g[0, :, 1] * GRAVITY + 1.5 * ground
    scale = np.abs(history.base_shear).max()
    np.testing.assert_allclose(history.base_shear[0][1:], in_x[1:], atol=1e-4 * scale)
    columns = history_columns(history, model, ["base_shear_model_force"])
    assert list(columns) == ["time_s", "base_shear_x_model_force", "base_shear_y_model_force"]


def test_consistent_mass_counts_whole() -> None:
    tower(consistent=True)
    assert seismic_mass(ops, 1) == pytest.approx(5.0 + 2 * 0.5 * 3.0 / 2)


def test_without_supports_there_is_none() -> None:
    ops.model("basic", "-ndm", 2, "-ndf", 3)
    ops.node(1, 0.0, 0.0)
    ops.node(2, 0.0, 3.0)
    ops.fix(1, 0, 1, 1)
    ops.geomTransf("Linear", 1)
    ops.element("elasticBeamColumn", 1, 1, 2, 0.1, 3e7, 1e-3, 1)
    assert BaseShear(ops, [1]).missing == "no element is at a node fixed in direction 1"
    assert not BaseShear(ops, [2]).missing


def test_a_study_has_it(tmp_path: Path) -> None:
    from tests.support.analyses import run_stage, selection
    from tests.support.motions import write_motion

    chosen = selection({"a": write_motion(tmp_path / "a.txt", MOTION)})
    study = {"structure": {"period_s": 1.0, "model": "frame"}, "analysis": {"free_vibration_s": 1.0}}
    demands = run_stage(chosen, tmp_path / "run", study)
    row = demands.table.iloc[0]
    weight = demands.model["seismic_weight"][0]
    assert weight == pytest.approx(sum(BUILDING_MASS_T) / 2 * GRAVITY)
    assert row["peak_base_shear_ratio"] == pytest.approx(row["peak_base_shear_model_force"] / weight)
    assert 0.05 < row["peak_base_shear_ratio"] < 1.5
