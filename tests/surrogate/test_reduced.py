"""Surrogates against OpenSees: the same structure where it is a shear building, and the built-in frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gmplug.analysis.setup import AnalysisSetup
from gmplug.analysis.task import built
from gmplug.surrogate.fishbone import fishbone
from gmplug.surrogate.hysteresis import force_paths
from gmplug.surrogate.pushover import Pushover, push, pushover_facts, read_pushover
from gmplug.surrogate.reduced import COLUMNS, JOINTS, MECHANISM, STORIES, reduced_models
from gmplug.surrogate.responses import _of_kind
from gmplug.surrogate.static_model import Path as Pushed
from gmplug.surrogate.time_history import TimeHistory
from gmplug.values import FloatArray
from tests.support.places import REPOSITORY

HINGES = REPOSITORY / "tests" / "examples" / "structures" / "deteriorating_frame.py"
WEAK = HINGES.with_name("weak_column_frame.py")
TEMPLATE = REPOSITORY / "gmplug" / "study" / "template"
PERIODS, STEP = np.array([0.05, 1.0, 3.0]), 0.01


def pushed(model: str, sa_g: float, **options: object) -> Pushover:
    setup = AnalysisSetup(model, 1.0, options=options, base_dir=Path())
    return push(setup, PERIODS.tolist(), [sa_g] * 3)[0]


def shaking(seed: int, peak_g: float) -> FloatArray:
    """Filtered noise with rise and decay, 12 s."""
    rng = np.random.default_rng(seed)
    noise = np.convolve(rng.normal(size=1200), np.hanning(15), "same")
    time = np.arange(1200) * STEP
    motion = noise * np.minimum(time / 2, 1) * np.exp(-np.maximum(time - 6, 0) / 2)
    return np.asarray(peak_g * motion / np.abs(motion).max())


def of_opensees(
    model: str | AnalysisSetup, ground_g: FloatArray, **options: object
) -> tuple[FloatArray, FloatArray]:
    """Peak drift ratios and floor accelerations (g) by OpenSees."""
    from gmplug.analysis.history import Excitation, run_motion

    setup = AnalysisSetup(model, 1.0, options=options) if isinstance(model, str) else model
    with built(setup, "test") as (ops, structure, excited, settings):
        excitation = Excitation(STEP, {excited["h1"]: ground_g})
        outcome = run_motion(ops, structure, excitation, STEP, 3.0, None, settings)
        drift = np.diff(outcome.history.displacement[0], axis=1) / np.array(structure.story_heights)
        return np.abs(drift).max(axis=0), np.abs(outcome.history.acceleration_g[0]).max(axis=0)[1:]


@pytest.fixture(scope="module")
def frame() -> Pushover:
    return pushed("frame", 0.9)


def test_pushover_of_the_frame_has_its_modes(frame: Pushover) -> None:
    models = reduced_models(frame, 0.05)
    assert set(models) == {JOINTS, MECHANISM}
    for model in models.values():
        # Ohtori et al. (2004): 1.01, 0.33 and 0.17 s
        np.testing.assert_allclose(model.periods_s, [1.02, 0.33, 0.173], rtol=0.01)
    assert frame.cycles.complete
    assert models[JOINTS].springs.fit.min() > 0.99
    np.testing.assert_allclose(models[JOINTS].springs.rules[:, :2].sum(axis=1), 1.0, atol=0.05)  # Steel01


def test_facts_of_a_pushover_are_read_back(frame: Pushover) -> None:
    again = read_pushover(pushover_facts(frame))
    np.testing.assert_array_equal(again.cycles.displacement, frame.cycles.displacement)
    assert again.component == "h1"


def test_a_linear_frame_has_the_response_of_opensees() -> None:
    ground = shaking(1, 0.3)
    drifts, accelerations = of_opensees("frame", ground, hinges="elastic")
    for model in reduced_models(pushed("frame", 0.3, hinges="elastic"), 0.05).values():
        peaks = TimeHistory(model).peaks(ground, STEP)
        np.testing.assert_allclose(peaks[0], drifts, rtol=0.02)
        np.testing.assert_allclose(peaks[1], accelerations, rtol=0.04)


@pytest.mark.parametrize("p_delta", [False, True])
@pytest.mark.parametrize("hysteresis", ["kinematic", "peak-oriented", "pinching"])
def test_a_shear_building_has_the_response_of_opensees(hysteresis: str, p_delta: bool) -> None:
    options = {"stories": 3, "hysteresis": hysteresis, "p_delta": p_delta}
    model = reduced_models(pushed("shear-building", 0.5, **options), 0.05)[STORIES]
    assert model.springs.fit.min() > 0.999
    share = float(model.springs.rules[:, :2].sum(axis=1).mean())
    assert share == pytest.approx(1.0 if hysteresis == "kinematic" else 0.0, abs=0.02)
    assert (model.springs.pinch.max() < 0.9) == (hysteresis == "pinching")
    for seed in (1, 2, 3):
        ground = shaking(seed, 0.5)
        drifts, _ = of_opensees("shear-building", ground, **options)
        assert drifts.max() > 0.005  # it yields
        np.testing.assert_allclose(TimeHistory(model).peaks(ground, STEP)[0], drifts, rtol=0.05)


def deteriorating(hinge: str) -> AnalysisSetup:
    options = {"stories": 3, "strength": 0.15, "hinge": hinge}
    return AnalysisSetup(HINGES.name, 1.0, options=options, base_dir=HINGES.parent, scripts=(HINGES,))


@pytest.mark.parametrize(("hinge", "rule"), [("IMKBilin", 1), ("IMKPeakOriented", 2)])
def test_a_fishbone_with_deteriorating_hinges_has_the_response_of_opensees(hinge: str, rule: int) -> None:
    found = push(deteriorating(hinge), PERIODS.tolist(), [0.9] * 3)[0]
    frame = fishbone(found)
    assert frame is not None
    assert frame.error < 0.001
    model = reduced_models(found, 0.05)[JOINTS]
    springs = model.springs
    assert springs.fit.min() > 0.99
    assert springs.rules[:, rule].min() > 0.85
    assert springs.decay.min() > 0  # it loses strength
    for seed in (7, 8):
        ground = shaking(seed, 0.4)
        drifts, _ = of_opensees(deteriorating(hinge), ground)
        assert 0.01 < drifts.max() < 0.05
        np.testing.assert_allclose(TimeHistory(model).peaks(ground, STEP)[0], drifts, rtol=0.1)


def test_hinges_that_lose_no_strength_have_no_decay(frame: Pushover) -> None:
    springs = reduced_models(frame, 0.05)[JOINTS].springs
    moments = springs.backbone[1].max(axis=1)
    rotations = springs.backbone[0][:, -2]
    assert np.all(springs.decay * moments * rotations < 0.01)


@pytest.mark.parametrize(("of", "falls"), [("0.0, 0.0, a1", True), ("0.0, a1, 0.0", False)])
def test_damping_is_that_of_the_model_as_it_yields(tmp_path: Path, of: str, falls: bool) -> None:
    text = (TEMPLATE / "model.py").read_text()
    changed = text.replace("ops.rayleigh(a0, 0.0, a1, 0.0)", f"ops.rayleigh(a0, {of})")
    (tmp_path / "model.py").write_text(changed.replace("damping_ratio: float = 0.05", "damping_ratio=0.02"))
    setup = AnalysisSetup(
        "model.py", 1.0, damping_ratio=0.02, base_dir=tmp_path, scripts=(tmp_path / "model.py",)
    )
    found = push(setup, PERIODS.tolist(), [0.9] * 3)[0]
    np.testing.assert_allclose(found.damping_ratios[[0, 2]], 0.02, rtol=0.02)
    model = reduced_models(found, 0.05)[STORIES]
    omega = 2 * np.pi / model.periods_s
    factor = 2 * 0.02 / (omega[0] + omega[-1])  # of stiffness; model.py
    assert model.tangent_damping_s == pytest.approx(factor if falls else 0.0, rel=0.05, abs=1e-5)


def test_the_yielding_frame_is_followed(frame: Pushover) -> None:
    model = TimeHistory(reduced_models(frame, 0.05)[JOINTS])
    for seed in (4, 5):
        ground = shaking(seed, 0.9)
        drifts, accelerations = of_opensees("frame", ground)
        peaks = model.peaks(ground, STEP)
        np.testing.assert_allclose(peaks[0], drifts, rtol=0.2)
        np.testing.assert_allclose(peaks[1], accelerations, rtol=0.2)


def test_columns_that_yield_before_beams_are_followed() -> None:
    setup = AnalysisSetup(WEAK.name, 1.0, options={"stories": 3}, base_dir=WEAK.parent, scripts=(WEAK,))
    found = push(setup, PERIODS.tolist(), [0.7] * 3)[0]
    models = reduced_models(found, 0.05)
    assert set(models) == {STORIES, COLUMNS, MECHANISM}
    np.testing.assert_allclose(models[COLUMNS].periods_s[0], found.period_s, rtol=0.02)
    assert models[COLUMNS].springs.fit.min() > 0.98
    for seed in (7, 8):
        ground = shaking(seed, 0.4)
        drifts, _ = of_opensees(setup, ground)
        assert drifts[0] > 0.02 > drifts[1]  # a story mechanism
        peaks = {kind: TimeHistory(model).peaks(ground, STEP)[0] for kind, model in models.items()}
        np.testing.assert_allclose(peaks[COLUMNS][0], drifts[0], rtol=0.15)
        np.testing.assert_allclose(peaks[COLUMNS], drifts, rtol=0.45)
        assert peaks[STORIES][0] < 0.7 * drifts[0]


def test_a_direction_without_a_kind_has_its_first(frame: Pushover) -> None:
    models = reduced_models(frame, 0.05)
    assert _of_kind(models, COLUMNS) is models[JOINTS]
    assert _of_kind(models, MECHANISM) is models[MECHANISM]


def test_a_single_story_has_one_surrogate_and_the_peak_of_its_oscillator() -> None:
    from gmplug.comparison.oscillator import bilinear_peaks

    models = reduced_models(pushed("sdof", 0.5, yield_coefficient=0.15), 0.05)
    assert set(models) == {STORIES}
    ground = shaking(6, 0.5)
    expected = bilinear_peaks([ground], [STEP], 1.0, [0.15])[0, 0]
    peak = TimeHistory(models[STORIES]).peaks(ground, STEP)
    assert peak[0, 0] == pytest.approx(expected, rel=0.02)  # one meter high
    assert peak[2, 0] == pytest.approx(peak[0, 0])


def test_loops_of_each_rule() -> None:
    backbone = np.array([1.0, 3.0]), np.array([1.0, 1.0])  # elastic-plastic
    path = np.concatenate([np.linspace(0, 2, 41), np.linspace(2, -2, 81)[1:], np.linspace(-2, 2, 81)[1:]])
    one, limited, other, origin, elastic = force_paths(path, *backbone, 1.0)
    slip = force_paths(path, *backbone, 0.0)[2]
    assert one[40] == pytest.approx(1.0)
    assert one[60] == pytest.approx(0.0)  # unloads by 1 from the plateau
    assert one[80] == pytest.approx(-1.0)
    assert one[120] == pytest.approx(-1.0)
    np.testing.assert_allclose(limited, one)
    assert other[60] == pytest.approx(0.0)
    assert other[80] == pytest.approx(-0.5, abs=0.01)  # half way from zero force to the point of yield at -1
    assert other[200] == pytest.approx(1.0)
    assert origin[60] == pytest.approx(0.5)  # on the line from the origin to (2, 1)
    assert elastic[60] == pytest.approx(1.0)
    assert slip[50] == pytest.approx(0.5)  # unloads by 1/2 from the plateau
    assert slip[60:80].max() == pytest.approx(0.0)


def test_very_short_periods_do_not_need_very_short_steps() -> None:
    """Mass is added in the short mode alone: the first mode and its steps stay as they are."""
    stiff, soft = 1e7, 4 * np.pi**2
    flexibility = np.array([[1 / stiff, 1 / stiff], [1 / stiff, 1 / stiff + 1 / soft]])
    loads = np.array([[0.0, 0.0], [0.02, 0.02]])
    path = Pushed(loads @ flexibility, loads, np.full(2, np.nan), np.zeros(2), True)
    unknown = np.full(2, np.nan)
    found = Pushover(
        "h1", np.ones(2), flexibility, unknown, unknown, path, path, path, path, np.ones(2), 9.81, 1.0, 0.1
    )
    models = reduced_models(found, 0.05)
    assert models[STORIES].periods_s[1] < 0.005
    history = TimeHistory(models[STORIES])
    assert np.isfinite(history.peaks(shaking(1, 0.1), STEP)).all()
    assert history._longest_step_s > 0.5 * 0.02 / np.pi * 0.99
