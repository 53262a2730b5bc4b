"""The built-in structures against what is published of them, and against mechanics done by hand."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.errors import InputError, StudyError
from gmplug.structures import build_structure, frame, sdof
from gmplug.structures.frame import BEAMS, BUILDING_MASS_T, COLUMNS, STORY_HEIGHT_M
from gmplug.structures.shapes import SHAPES

FLOORS = (20, 30, 40)
LINES = range(5)


def _static(ops: Any, system: str = "BandGeneral") -> None:
    ops.wipeAnalysis()
    ops.constraints("Transformation")
    ops.numberer("RCM")
    ops.system(system)
    ops.test("NormDispIncr", 1e-9, 50)
    ops.algorithm("Newton")


# -- frame -------------------------------------------------------------------------------------------


def test_frame_has_the_published_frequencies(ops: Any) -> None:
    """Ohtori et al. (2004): the three-story building's first frequencies are 0.99, 3.06 and 5.83 Hz."""
    model = frame(ops=ops, damping_ratio=0.05, p_delta=False)
    frequencies_hz = [1 / period for period in model.periods_s]
    assert [round(f, 2) for f in frequencies_hz] == [0.99, 3.06, 5.83]


def test_frame_with_p_delta_has_the_published_period(ops: Any) -> None:
    """Gupta & Krawinkler (1999), centreline model M1 with P-Delta: T1 = 1.03 s."""
    model = frame(ops=ops, damping_ratio=0.05)
    assert model.periods_s[0] == pytest.approx(1.03, rel=0.01)
    assert model.floor_nodes == (10, *FLOORS)
    assert sum(model.story_heights) == pytest.approx(11.89, abs=0.01)  # 39 ft


def test_frame_carries_half_of_the_published_mass(ops: Any) -> None:
    frame(ops=ops, damping_ratio=0.05)
    masses = [sum(ops.nodeMass(floor + line, 1) for line in LINES) for floor in FLOORS]
    assert np.allclose(2 * np.array(masses), [957, 957, 1040], rtol=0.006)  # 9.57e5, 9.57e5, 1.04e6 kg
    ops.reactions()
    base = [node for node in ops.getNodeTags() if ops.nodeCoord(node, 2) == 0.0]
    weight = sum(ops.nodeReaction(node, 2) for node in base)
    assert weight == pytest.approx(STANDARD_GRAVITY_M_S2 * sum(BUILDING_MASS_T) / 2, rel=1e-6)
    assert 2 * sum(masses) == pytest.approx(2950, rel=0.002)


def _stiffness_matrix() -> np.ndarray:
    """Condensed lateral stiffness (3 x 3, kN/m) of the bare frame, members without hinges, by hand.

    Floors are rigid in their plane; joints move up and down with the columns' axial deformation.
    """
    steel, height, bay = 29_000 * 6_894.757, STORY_HEIGHT_M, 360 * 0.0254
    joints = [(floor, line) for floor in range(1, 4) for line in range(4)]
    sway = {floor: floor - 1 for floor in range(1, 4)}
    vertical = {joint: 3 + k for k, joint in enumerate(joints)}
    rotation = {joint: 15 + k for k, joint in enumerate(joints)}
    weak = {floor: 27 + floor - 1 for floor in range(1, 4)}  # rotations of the fifth column
    K = np.zeros((30, 30))

    def bend(inertia: float, length: float, dofs: list[int | None], signs: list[float]) -> None:
        a, b = 12 / length**2, 6 / length
        local = steel * inertia / length * np.array(
            [[a, b, -a, b], [b, 4, -b, 2], [-a, -b, a, -b], [b, 2, -b, 4]]
        )  # fmt: skip
        for (i, p), (j, q) in itertools.product(enumerate(dofs), repeat=2):
            if p is not None and q is not None:
                K[p, q] += signs[i] * signs[j] * local[i, j]

    def axial(area: float, length: float, dofs: list[int | None]) -> None:
        for (i, p), (j, q) in itertools.product(enumerate(dofs), repeat=2):
            if p is not None and q is not None:
                K[p, q] += steel * area / length * (1 if i == j else -1)

    for floor in range(1, 4):
        for line, name in enumerate(COLUMNS):
            low, top = (floor - 1, line), (floor, line)
            # Transverse displacement of a column turned upright is minus the sway.
            bend(
                SHAPES[name].inertia_m4, height,
                [sway.get(floor - 1), rotation.get(low), sway[floor], rotation[top]], [-1, 1, -1, 1],
            )  # fmt: skip
            axial(SHAPES[name].area_m2, height, [vertical.get(low), vertical[top]])
        bend(
            SHAPES["W14x68 weak axis"].inertia_m4, height,
            [sway.get(floor - 1), weak.get(floor - 1), sway[floor], weak[floor]], [-1, 1, -1, 1],
        )  # fmt: skip
        for line in range(3):
            left, right = (floor, line), (floor, line + 1)
            bend(
                SHAPES[BEAMS[floor - 1]].inertia_m4, bay,
                [vertical[left], rotation[left], vertical[right], rotation[right]], [1, 1, 1, 1],
            )  # fmt: skip
    return K[:3, :3] - K[:3, 3:] @ np.linalg.solve(K[3:, 3:], K[3:, :3])


def test_hinges_do_not_soften_the_elastic_frame(ops: Any) -> None:
    """Members between hinges are together as stiff as members alone, whatever the moments along them."""
    frame(ops=ops, damping_ratio=0.05, p_delta=False)
    forces = np.array([100.0, 200.0, -50.0])
    ops.timeSeries("Linear", 7)
    ops.pattern("Plain", 7, 7)
    for floor, force in zip(FLOORS, forces, strict=True):
        for line in LINES:
            ops.load(floor + line, force / 5, 0.0, 0.0)
    _static(ops)
    ops.integrator("LoadControl", 1.0)
    ops.analysis("Static")
    assert ops.analyze(1) == 0
    expected = np.linalg.solve(_stiffness_matrix(), forces)
    assert [ops.nodeDisp(floor, 1) for floor in FLOORS] == pytest.approx(expected, rel=2e-3)


def _plastic_limit(shares: np.ndarray, beam_yield_kpa: float, column_yield_kpa: float) -> float:
    """Base shear (kN) of the weakest sway mechanism by virtual work (upper-bound theorem).

    The floors from ``low`` to ``top`` sway in a straight line: columns hinge at both ends of that stretch,
    the beams (weaker than the columns) inside it.
    """
    heights = STORY_HEIGHT_M * np.arange(1, 4)
    column = sum(SHAPES[name].plastic_modulus_m3 for name in COLUMNS) * column_yield_kpa
    beam = [2 * 3 * SHAPES[name].plastic_modulus_m3 * beam_yield_kpa for name in BEAMS]
    limits = []
    for low, top in itertools.combinations(range(4), 2):
        inside = sum(beam[floor - 1] for floor in range(low + 1, top))
        # At the top of the stretch columns hinge, or at the roof the beams if those are weaker.
        closing = min(column, beam[2]) if top == 3 else column
        motion = np.clip(heights - STORY_HEIGHT_M * low, 0, STORY_HEIGHT_M * (top - low))
        limits.append((column + inside + closing) / float(shares @ motion))
    return min(limits)


def test_pushover_reaches_the_plastic_limit_load(ops: Any) -> None:
    model = frame(
        ops=ops, damping_ratio=0.05, p_delta=False, hardening=1e-5, beam_yield_mpa=250, column_yield_mpa=350
    )
    shares = np.array([1.0, 2.0, 3.0]) / 6
    ops.timeSeries("Linear", 7)
    ops.pattern("Plain", 7, 7)
    for floor, share in zip(FLOORS, shares, strict=True):
        for line in LINES:
            ops.load(floor + line, share / 5, 0.0, 0.0)
    _static(ops)
    ops.integrator("DisplacementControl", 40, 1, 0.003)
    ops.analysis("Static")
    assert ops.analyze(300) == 0  # to a roof drift ratio of 7.5 %
    assert ops.nodeDisp(40, 1) / sum(model.story_heights) == pytest.approx(0.0757, abs=0.001)
    # The weak-axis column, elastic, adds a little: 12EI/h^3 of it times the story drift.
    assert ops.getTime() == pytest.approx(_plastic_limit(shares, 250e3, 350e3), rel=0.03)


@pytest.mark.parametrize(("mode", "expected"), [(0, 0.05), (2, 0.05)])
def test_damping_is_as_asked_for_in_modes_one_and_three(ops: Any, mode: int, expected: float) -> None:
    """Logarithmic decrement of free vibration from the mode's own shape."""
    model = frame(ops=ops, damping_ratio=0.05, hinges="elastic")
    period = model.periods_s[mode]
    # The static deflection under mass times mode shape is the mode shape itself.
    shape = {n: ops.nodeEigenvector(n, mode + 1, 1) for f in FLOORS for n in (f + line for line in LINES)}
    ops.timeSeries("Constant", 7)
    ops.pattern("Plain", 7, 7)
    for node, value in shape.items():
        ops.load(node, ops.nodeMass(node, 1) * value, 0.0, 0.0)
    _static(ops)
    ops.integrator("LoadControl", 1.0)
    ops.analysis("Static")
    assert ops.analyze(1) == 0
    rest = ops.nodeDisp(40, 1)
    ops.remove("loadPattern", 7)
    _static(ops)
    ops.integrator("Newmark", 0.5, 0.25)
    ops.analysis("Transient", "-noWarnings")
    cycles, steps = 4, 400
    assert ops.analyze(cycles * steps, period / math.sqrt(1 - expected**2) / steps) == 0
    decrement = math.log(rest / ops.nodeDisp(40, 1)) / cycles
    assert decrement / math.sqrt(4 * math.pi**2 + decrement**2) == pytest.approx(expected, rel=0.02)


# -- oscillator and scripts --------------------------------------------------------------------------


def test_oscillator_has_its_period_and_strength(ops: Any) -> None:
    model = sdof(ops=ops, damping_ratio=0.05, conditioning_period_s=0.8)
    assert model.periods_s == (0.8,)
    assert 2 * math.pi / math.sqrt(ops.eigen("-fullGenLapack", 1)[0]) == pytest.approx(0.8, rel=1e-9)
    ops.wipe()
    sdof(ops=ops, damping_ratio=0.05, conditioning_period_s=1.0, yield_coefficient=0.2, hardening=0.0)
    ops.timeSeries("Linear", 7)
    ops.pattern("Plain", 7, 7)
    ops.load(2, 1.0)
    _static(ops)
    ops.integrator("DisplacementControl", 2, 1, 0.01)
    ops.analysis("Static")
    assert ops.analyze(20) == 0
    assert ops.getTime() == pytest.approx(0.2 * STANDARD_GRAVITY_M_S2)


def _build(ops: Any, model: str, base_dir: Path, **options: Any) -> Any:
    from gmplug.host import Host

    host = Host([base_dir / model] if model.endswith(".py") else [], entry_points=False)
    given = {"ops": ops, "damping_ratio": 0.02, "conditioning_period_s": 1.0}
    return build_structure(host, model, options, given, base_dir)


def test_a_script_builds_the_model_with_its_own_options(ops: Any, tmp_path: Path) -> None:
    (tmp_path / "tower.py").write_text(
        "import gmplug\n"
        "def build_model(ops, damping_ratio, height_m: float = 3.0):\n"
        "    ops.model('basic', '-ndm', 1, '-ndf', 1)\n"
        "    return gmplug.StructureModel((1, 2), (height_m,), length_unit='m', "
        "description=f'{damping_ratio}')\n"
    )
    model = _build(ops, "tower.py", tmp_path, height_m=4.5)
    assert model.story_heights == (4.5,)
    assert model.description == "0.02"
    with pytest.raises(InputError, match="unknown option 'heigth_m'; did you mean 'height_m'"):
        _build(ops, "tower.py", tmp_path, heigth_m=4.5)


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("def build_model(ops):\n    return 1 / 0\n", "bad.py, line 2: ZeroDivisionError: division by zero"),
        ("def build_model(ops):\n    return 7\n", "build_model returned int, not a gmplug.StructureModel"),
        ("x = 1\n", r"defines no function build_model .* was not run"),
    ],
)
def test_a_bad_script_is_named_on_one_line(ops: Any, tmp_path: Path, script: str, line: str) -> None:
    (tmp_path / "bad.py").write_text(script)
    with pytest.raises((InputError, StudyError), match=line) as raised:
        _build(ops, "bad.py", tmp_path)
    assert "\n" not in str(raised.value)


def test_an_unknown_structure_lists_the_known_ones(ops: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"did you mean 'frame'.*known: frame, sdof, shear-building"):
        _build(ops, "frme", tmp_path)
