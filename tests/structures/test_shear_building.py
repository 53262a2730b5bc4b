"""The shear building against its HAZUS capacity curve, closed forms, and an oscillator integrated here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gmplug import hazus
from gmplug.analysis.history import Excitation, run_motion
from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.errors import InputError
from gmplug.hazus.building_types import _table
from gmplug.structures import shear_building
from gmplug.structures.shear_building import pinch_force_ratio, story_backbones, story_stiffness

INCH_M = 0.0254


def _build(ops: Any, **options: Any) -> Any:
    return shear_building(ops=ops, **{"damping_ratio": 0.05, "conditioning_period_s": 1.0, **options})


# -- the HAZUS table ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("building_type", "level", "stories", "printed"),
    [  # HAZUS-MH 2.1, tables 5.7a, b, c and d: Dy (in), Ay (g), Du (in), Au (g)
        ("W1", "high", 1, (0.48, 0.400, 11.51, 1.200)),
        ("S1", "high", 13, (4.66, 0.098, 55.88, 0.293)),
        ("C1", "moderate", 5, (0.58, 0.104, 6.91, 0.312)),
        ("RM2", "low", 9, (0.98, 0.085, 4.90, 0.169)),
        ("URM", "pre", 3, (0.27, 0.111, 1.81, 0.222)),
    ],
)
def test_capacity_curves_are_the_printed_ones(
    building_type: str, level: str, stories: int, printed: tuple[float, ...]
) -> None:
    found = hazus.capacity(building_type, level, stories)
    dy_m = found.yield_sa_g * STANDARD_GRAVITY_M_S2 * (found.typical_period_s / (2 * math.pi)) ** 2
    assert found.yield_sa_g == printed[1]
    assert found.ultimate_sa_g == printed[3]
    assert dy_m / INCH_M == pytest.approx(printed[0], rel=0.015)  # of rounded numbers
    assert found.ductility * dy_m / INCH_M == pytest.approx(printed[2], rel=1e-6)


def test_the_whole_table_hangs_together() -> None:
    """Overstrengths and degradation are in order; drifts of damage states are the round ones."""
    pairs = list(_table().values())
    assert len(pairs) == 128
    for row in pairs:
        assert 1.9 < row.ultimate_sa_g / row.yield_sa_g < 3.1  # table 5.5: overstrength λ of 2 to 3
        assert row.kappa["short"] > row.kappa["moderate"] > row.kappa["long"]
    limits, _ = hazus.drift_limits("C1", "high")  # HAZUS-MH 2.1, table 5.9a, for C1L
    np.testing.assert_allclose(limits, (0.005, 0.01, 0.03, 0.08), rtol=1e-9)


def test_the_class_by_height_follows_from_the_stories() -> None:
    assert hazus.capacity("C1", "high", 3).building_type == "C1L"
    assert hazus.capacity("C1", "high", 4).building_type == "C1M"
    assert hazus.capacity("C1", "high", 8).building_type == "C1H"
    assert hazus.capacity("RM1", "high", 12).building_type == "RM1M"  # has no high-rise class
    assert hazus.capacity("URM", "low", 3).building_type == "URMM"
    assert hazus.capacity("W1", "high", 2).building_type == "W1"
    assert hazus.capacity("C1H", "high", 2).building_type == "C1H"  # as stated


@pytest.mark.parametrize(
    ("building_type", "level", "line"),
    [
        ("C9", "high", "unknown building type 'C9'; known: W1, W2"),
        ("URM", "high", "no capacity curve for type URML at design level 'high'; use 'low' or 'pre'"),
        ("W1", "best", "no capacity curve for type W1 at design level 'best'"),
    ],
)
def test_what_hazus_does_not_have_is_said_on_one_line(
    ops: Any, building_type: str, level: str, line: str
) -> None:
    with pytest.raises(InputError, match=line) as raised:
        _build(ops, building_type=building_type, design_level=level, stories=2)
    assert "\n" not in str(raised.value)


# -- periods -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stories", [1, 2, 5, 12])
def test_stiffness_without_gravity_is_the_closed_form(stories: int) -> None:
    """ω1 = 2 sqrt(k/m) sin(π / (2 (2N + 1))) for N equal masses and springs (Blevins 1979, table 6-2)."""
    expected = (2 * math.pi / 0.8) ** 2 / (4 * math.sin(math.pi / (2 * (2 * stories + 1))) ** 2)
    assert story_stiffness(stories, 0.8) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("stories", "period"), [(1, 0.2), (4, 0.7), (12, 1.6), (30, 4.0)])
@pytest.mark.parametrize("kind", ["kinematic", "peak-oriented", "pinching"])
def test_opensees_finds_the_asked_period(ops: Any, stories: int, period: float, kind: str) -> None:
    model = _build(ops, stories=stories, natural_period_s=period, hysteresis=kind)
    found = [2 * math.pi / math.sqrt(v) for v in ops.eigen("-fullGenLapack", min(3, stories))]
    assert found[0] == pytest.approx(period, rel=1e-8)
    np.testing.assert_allclose(found, model.periods_s[: len(found)], rtol=1e-8)
    ops.wipe()
    again = _build(ops, stories=stories, conditioning_period_s=period, hysteresis=kind)
    assert again.periods_s == model.periods_s  # T* where no period is given


# -- strength ----------------------------------------------------------------------------------------


def _push(ops: Any, model: Any, to_m: float, steps: int) -> tuple[list[float], list[float]]:
    """Roof displacement and base shear under forces that grow with height, of sum 1."""
    stories = len(model.story_heights)
    total = stories * (stories + 1) / 2
    ops.timeSeries("Linear", 7)
    ops.pattern("Plain", 7, 7)
    for floor in range(1, stories + 1):
        ops.load(floor, floor / total)
    ops.constraints("Plain")
    ops.numberer("RCM")
    ops.system("BandGeneral")
    ops.test("NormDispIncr", 1e-10, 50)
    ops.algorithm("Newton")
    ops.integrator("DisplacementControl", stories, 1, to_m / steps)
    ops.analysis("Static", "-noWarnings")
    roof, shear = [0.0], [0.0]
    for _ in range(steps):
        assert ops.analyze(1) == 0
        roof.append(ops.nodeDisp(stories, 1))
        shear.append(ops.getTime())
    return roof, shear


@pytest.mark.parametrize("kind", ["kinematic", "peak-oriented", "pinching"])
@pytest.mark.parametrize(("building_type", "level", "stories"), [("C1", "moderate", 5), ("S1", "high", 9)])
def test_pushover_follows_the_capacity_curve(
    ops: Any, kind: str, building_type: str, level: str, stories: int
) -> None:
    """Under such forces all stories yield, and reach their ultimate, at once: the sum is trilinear."""
    capacity = hazus.capacity(building_type, level, stories)
    model = _build(
        ops, stories=stories, building_type=building_type, design_level=level, hysteresis=kind, p_delta=False
    )
    weight = stories * STANDARD_GRAVITY_M_S2
    base = [capacity.alpha_1 * sa * weight for sa in (capacity.yield_sa_g, capacity.ultimate_sa_g)]
    shares = [1 - i * (i - 1) / (stories * (stories + 1)) for i in range(1, stories + 1)]
    yield_roof = base[0] * sum(shares) / story_stiffness(stories, 1.0)
    # Control by displacement goes no further than the ultimate point: beyond it the building is a mechanism.
    roof, shear = _push(ops, model, 0.999 * yield_roof * capacity.ductility, 200)
    curve = np.interp(roof, [0, yield_roof, yield_roof * capacity.ductility], [0, *base])
    np.testing.assert_allclose(shear, curve, rtol=2e-5, atol=1e-6 * base[1])
    assert max(shear) == pytest.approx(base[1], rel=0.002)


def test_gravity_columns_take_their_share_of_the_base_shear(ops: Any) -> None:
    """Statics of one story: V = F(u) − W u / h."""
    capacity = hazus.capacity("C2", "moderate", 1)
    model = _build(ops, stories=1, building_type="C2", natural_period_s=0.3, story_height_m=3.0)
    backbone = story_backbones(capacity, 1, story_stiffness(1, 0.3, 3.0))[0]
    roof, shear = _push(ops, model, 0.9 * backbone.ultimate_drift_m, 50)
    force = np.interp(
        roof,
        [0, backbone.yield_drift_m, backbone.ultimate_drift_m],
        [0, backbone.yield_kn, backbone.ultimate_kn],
    )
    np.testing.assert_allclose(
        shear, force - STANDARD_GRAVITY_M_S2 * np.array(roof) / 3.0, rtol=1e-6, atol=1e-9
    )
    assert model.story_heights == (3.0,)


def test_strength_factor_scales_all_stories() -> None:
    capacity = hazus.capacity("C1", "low", 4)
    plain, strong = (story_backbones(capacity, 4, 500.0, factor) for factor in (1.0, 1.5))
    for one, other in zip(plain, strong, strict=True):
        assert other.yield_kn == pytest.approx(1.5 * one.yield_kn)
        assert other.ultimate_kn == pytest.approx(1.5 * one.ultimate_kn)


# -- hysteresis --------------------------------------------------------------------------------------


def _loop_area(ops: Any, amplitude_m: float, cycles: int = 3, steps: int = 4000) -> float:
    """Energy of the last cycle between plus and minus the amplitude, of the first story."""
    ops.timeSeries("Linear", 7)
    ops.pattern("Plain", 7, 7)
    ops.load(1, 1.0)
    ops.constraints("Plain")
    ops.numberer("Plain")
    ops.system("BandGeneral")
    ops.test("NormDispIncr", 1e-9, 50)
    ops.algorithm("Newton")
    ops.integrator("DisplacementControl", 1, 1, 0.0)
    ops.analysis("Static", "-noWarnings")
    targets = [amplitude_m, *[sign * amplitude_m for _ in range(cycles) for sign in (-1, 1)]]
    at, path = 0.0, [(0.0, 0.0)]
    for target in targets:
        count = steps if at == 0 else 2 * steps
        ops.integrator("DisplacementControl", 1, 1, (target - at) / count)
        for _ in range(count):
            assert ops.analyze(1) == 0
            path.append((ops.nodeDisp(1, 1), ops.getTime()))
        at = target
    last = np.array(path[-4 * steps - 1 :])
    return float(abs(np.trapezoid(last[:, 1], last[:, 0])))


@pytest.mark.parametrize(("building_type", "kappa"), [("C2L", 0.4), ("URML", 0.3), ("W1", 0.6), ("S2L", 0.4)])
def test_pinched_loops_keep_the_share_that_hazus_states(ops: Any, building_type: str, kappa: float) -> None:
    """Area of the loop at the ultimate drift, over that of kinematic hardening, which is run too."""
    level = "low" if building_type == "URML" else "moderate"
    capacity = hazus.capacity(building_type, level, 1)
    assert capacity.kappa["moderate"] == kappa
    areas = {}
    for kind in ("pinching", "kinematic"):
        ops.wipe()
        _build(
            ops, stories=1, building_type=building_type, design_level=level, hysteresis=kind, p_delta=False
        )
        backbone = story_backbones(capacity, 1, story_stiffness(1, 1.0))[0]
        areas[kind] = _loop_area(ops, 0.999 * backbone.ultimate_drift_m, steps=400)
    assert areas["pinching"] / areas["kinematic"] == pytest.approx(kappa, rel=0.01)


def test_the_longer_the_shaking_the_more_stories_pinch() -> None:
    capacity = hazus.capacity("C2", "high", 5)
    backbone = story_backbones(capacity, 5, 500.0)[0]
    ratios = [pinch_force_ratio(backbone, capacity.kappa[name]) for name in ("short", "moderate", "long")]
    assert ratios == sorted(ratios, reverse=True)


# -- time histories ----------------------------------------------------------------------------------


def _shaking(seed: int, seconds: float = 20.0, dt: float = 0.01, peak_g: float = 0.5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    time = np.arange(0.0, seconds, dt)
    noise = np.convolve(rng.normal(size=len(time)), np.ones(8) / 8, mode="same")
    shaped = noise * (time / 4) ** 2 * np.exp(2 * (1 - time / 4))
    return shaped * peak_g / np.max(np.abs(shaped))


def _oscillator(backbone: Any, acceleration_g: np.ndarray, dt: float, load_per_height: float) -> float:
    """Peak drift (m) of 1 t on two perfectly plastic springs, by central differences with tiny steps."""
    fine = 40
    h = dt / fine
    ground = np.interp(
        np.arange((len(acceleration_g) - 1) * fine + 1) * h,
        np.arange(len(acceleration_g)) * dt,
        acceleration_g * STANDARD_GRAVITY_M_S2,
    )
    k2 = backbone.hardening_stiffness
    k1 = backbone.stiffness - k2
    damping = 2 * 0.05 * (2 * math.pi / 0.5)
    slips = [0.0, 0.0]
    limits = [backbone.yield_drift_m, backbone.ultimate_drift_m]
    u, before, largest = 0.0, 0.0, 0.0
    for a in ground:
        force = -load_per_height * u
        for spring, (k, limit) in enumerate(zip((k1, k2), limits, strict=True)):
            elastic = u - slips[spring]
            if abs(elastic) > limit:
                slips[spring] = u - math.copysign(limit, elastic)
                elastic = math.copysign(limit, elastic)
            force += k * elastic
        after = (
            -a - force + 2 * u / h**2 - before * (1 / h**2 - damping / (2 * h))
        ) / (1 / h**2 + damping / (2 * h))  # fmt: skip
        before, u = u, after
        largest = max(largest, abs(u))
    return largest


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_story_moves_as_an_oscillator_integrated_here(ops: Any, seed: int) -> None:
    model = _build(ops, stories=1, building_type="S3", natural_period_s=0.5, design_level="low")
    height = model.story_heights[0]
    capacity = hazus.capacity("S3", "low", 1)
    backbone = story_backbones(capacity, 1, story_stiffness(1, 0.5, height))[0]
    shaking = _shaking(seed, peak_g=0.35)
    expected = _oscillator(backbone, shaking, 0.01, STANDARD_GRAVITY_M_S2 / height)
    assert expected > 3 * backbone.yield_drift_m  # it does yield
    outcome = run_motion(ops, model, Excitation(0.01, {1: shaking}), 0.001, 1.0)
    assert outcome.status == "ok"
    assert np.max(np.abs(outcome.history.displacement[0, :, 1])) == pytest.approx(expected, rel=0.005)


@pytest.mark.parametrize("mode", [0, 2])
def test_damping_is_as_asked_for_in_modes_one_and_three(ops: Any, mode: int) -> None:
    """Free vibration from the mode's own shape, too small to yield: logarithmic decrement."""
    model = _build(ops, stories=5, natural_period_s=0.8, damping_ratio=0.04)
    ops.eigen("-fullGenLapack", mode + 1)
    shape = [ops.nodeEigenvector(floor, mode + 1, 1) for floor in range(1, 6)]
    scale = 1e-6 / max(abs(v) for v in shape)
    period = model.periods_s[mode]
    for floor, value in enumerate(shape, start=1):
        ops.setNodeDisp(floor, 1, scale * value, "-commit")
    ops.constraints("Plain")
    ops.numberer("RCM")
    ops.system("BandGeneral")
    ops.test("NormDispIncr", 1e-16, 20)
    ops.algorithm("Newton")
    ops.integrator("Newmark", 0.5, 0.25)
    ops.analysis("Transient", "-noWarnings")
    steps, cycles = 200, 4
    swings = [ops.nodeDisp(5, 1)]
    for _ in range(steps * cycles):
        assert ops.analyze(1, period / math.sqrt(1 - 0.04**2) / steps) == 0
        swings.append(ops.nodeDisp(5, 1))
    amplitudes = [max(abs(v) for v in swings[k * steps : (k + 1) * steps]) for k in range(cycles)]
    decrement = math.log(amplitudes[1] / amplitudes[3]) / 2
    assert decrement / math.sqrt(4 * math.pi**2 + decrement**2) == pytest.approx(0.04, rel=0.03)


def test_a_building_far_too_weak_collapses(ops: Any) -> None:
    model = _build(ops, stories=3, building_type="URM", design_level="pre", natural_period_s=0.5)
    outcome = run_motion(ops, model, Excitation(0.01, {1: 6 * _shaking(4)}), 0.005, 1.0)
    assert outcome.status == "collapsed"
