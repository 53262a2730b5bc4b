"""The built-in measures against closed forms and other programs."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import gmplug
from gmplug.constants import STANDARD_GRAVITY_M_S2 as G
from gmplug.measures import intensity_measures, measures
from gmplug.measures.builtin import BUILTIN
from gmplug.measures.incremental_velocity import fiv3_cm_s
from gmplug.measures.records import measure_correlations
from gmplug.values import Motion

STEP = 0.005


def sine(amplitude_g: float = 0.2, period_s: float = 1.0, cycles: int = 10) -> Motion:
    time = np.arange(round(cycles * period_s / STEP) + 1) * STEP
    return Motion(STEP, amplitude_g * np.sin(2 * np.pi * time / period_s)[None])


def noise(seed: int = 0, components: int = 2, count: int = 4000) -> Motion:
    rng = np.random.default_rng(seed)
    envelope = np.exp(-(((np.arange(count) - 0.3 * count) / (0.1 * count)) ** 2))
    return Motion(0.01, 0.2 * envelope * rng.standard_normal((components, count)))


def test_every_measure_states_its_source() -> None:
    assert all(one.source and one.title and one.unit for one in BUILTIN)
    assert {one.column for one in BUILTIN if not (one.compute or one.spectral or one.of_period)} == set()


def test_a_sine_has_the_closed_forms() -> None:
    """∫ sin² = t/2, ∫ |sin| = 2t/π; from rest, the velocity runs from 0 to 2 A/ω, the displacement drifts."""
    found = intensity_measures(sine())
    a, omega, duration = 0.2 * G, 2 * np.pi, 10.0
    assert found["pga_g"] == pytest.approx(0.2, rel=1e-6)
    assert found["pgv_cm_s"] == pytest.approx(100 * 2 * a / omega, rel=1e-4)
    assert found["pgd_cm"] == pytest.approx(100 * a / omega * duration, rel=1e-3)
    assert found["arias_m_s"] == pytest.approx(np.pi / (2 * G) * a**2 * duration / 2, rel=1e-3)
    assert found["cav_m_s"] == pytest.approx(a * 2 / np.pi * duration, rel=1e-3)
    assert found["duration_5_95_s"] == pytest.approx(0.9 * duration, rel=0.01)
    assert found["duration_5_75_s"] == pytest.approx(0.7 * duration, rel=0.02)


def test_spectrum_intensities_are_integrals_of_the_spectrum() -> None:
    motion = noise(components=1)
    found = intensity_measures(motion)
    fine = np.linspace(0.1, 0.5, 401)
    sa_g = gmplug.response_spectrum(motion.horizontal_g[0], motion.time_step_s, fine)
    assert found["asi_g_s"] == pytest.approx(np.trapezoid(sa_g, fine), rel=0.006)
    fine = np.linspace(0.1, 2.5, 1201)
    sa_g = gmplug.response_spectrum(motion.horizontal_g[0], motion.time_step_s, fine)
    psv_cm_s = sa_g * 100 * G * fine / (2 * np.pi)
    assert found["si_cm"] == pytest.approx(np.trapezoid(psv_cm_s, fine), rel=0.003)


def test_a_flat_spectrum_has_the_closed_forms() -> None:
    """Sa = 0.3 g at all periods: ASI = 0.3 · 0.4 g s, SI = 0.3 g (2.5² − 0.1²) / (4π), AvgSa = 0.3 g."""
    flat = np.full((2, 1000), 0.3)
    expected = {
        "asi_g_s": 0.3 * 0.4,
        "si_cm": 100 * 0.3 * G * (2.5**2 - 0.1**2) / (4 * np.pi),
        "avgsa2_g": 0.3,
        "avgsa3_g": 0.3,
    }
    for name, value in expected.items():
        spectral = measures()[name].spectral
        assert spectral is not None
        periods_s = spectral.periods_s(0.8)
        found = spectral.of_spectrum(periods_s, flat[:, : len(periods_s)])
        assert found == pytest.approx([value, value]), name
    three = measures()["avgsa3_g"].spectral
    assert three is not None
    assert three.periods_s(0.8)[[0, -1]] == pytest.approx([0.16, 2.4])
    sa_g = np.geomspace(1.0, 0.1, 10)[None]
    assert three.of_spectrum(three.periods_s(1.0), sa_g) == pytest.approx([np.sqrt(0.1)])


def test_eqsig_computes_the_same() -> None:
    """eqsig 1.2: its ASI is over other periods, and divides by 9.81; D5-95 is read at its samples too."""
    im = pytest.importorskip("eqsig.im", reason="eqsig is not installed")
    eqsig = importlib.import_module("eqsig")
    for seed in (1, 2):
        motion = noise(seed, components=1)
        found = intensity_measures(motion)
        signal = eqsig.AccSignal(motion.horizontal_g[0] * G, motion.time_step_s)
        assert found["arias_m_s"] == pytest.approx(im.calc_arias_intensity(signal)[-1], rel=2e-3)
        assert found["cav_m_s"] == pytest.approx(im.calc_cav(signal)[-1], rel=2e-3)
        assert found["duration_5_95_s"] == pytest.approx(im.calc_sig_dur(signal), abs=0.03)
        assert found["pgv_cm_s"] == pytest.approx(100 * np.max(np.abs(signal.velocity)), rel=2e-3)
        assert found["pgd_cm"] == pytest.approx(100 * np.max(np.abs(signal.displacement)), rel=2e-3)
        periods_s = np.arange(0.1, 0.501, 0.01)
        asi = im.calc_asi(signal, periods=periods_s) * 9.81 / G
        assert found["asi_g_s"] == pytest.approx(asi, rel=0.02)
        assert found["si_cm"] == pytest.approx(100 * im.calc_vsi(signal), rel=0.01)


def test_fiv3_of_a_slow_sine_has_the_closed_form() -> None:
    """The filter passes T = 4 s at T* = 0.5 s. A window w gives 2 A/ω sin(ω w/2) at most, thrice."""
    motion = sine(0.1, period_s=4.0)
    omega, window = 2 * np.pi / 4.0, 0.7 * 0.5
    once = 2 * 0.1 * G * 100 / omega * np.sin(omega * window / 2)
    assert fiv3_cm_s(motion, 50.0, 0.5) == pytest.approx(3 * once, rel=0.01)


def test_fiv3_follows_its_definition() -> None:
    """Written with a loop: integrals over windows of the filtered acceleration, three local extremes."""
    scipy_signal = importlib.import_module("scipy.signal")
    motion, period_s = noise(3, components=1), 0.9
    b, a = scipy_signal.butter(2, 2 * motion.time_step_s * 0.85 / period_s)
    filtered = scipy_signal.lfilter(b, a, motion.horizontal_g[0]) * G * 100
    window = int(0.7 * period_s / motion.time_step_s + 1e-9)
    v = [np.trapezoid(filtered[i : i + window + 1], dx=0.01) for i in range(len(filtered) - window)]
    peaks = sorted(v[i] for i in range(1, len(v) - 1) if v[i - 1] < v[i] > v[i + 1])
    lows = sorted(v[i] for i in range(1, len(v) - 1) if v[i - 1] > v[i] < v[i + 1])
    assert fiv3_cm_s(motion, 50.0, period_s) == pytest.approx(max(sum(peaks[-3:]), -sum(lows[:3])))


def test_fiv3_of_a_pair_is_over_orientations() -> None:
    pair = noise(4)
    half, most = (fiv3_cm_s(pair, percentile, 1.0) for percentile in (50.0, 100.0))
    c, s = np.cos(np.radians(35.0)), np.sin(np.radians(35.0))
    turned = np.array([[c, s], [-s, c]]) @ pair.horizontal_g
    assert half < most
    assert fiv3_cm_s(Motion(0.01, turned), 50.0, 1.0) == pytest.approx(half)
    assert np.isnan(fiv3_cm_s(noise(count=50), 50.0, 1.0))  # shorter than a window


@pytest.mark.parametrize("factor", [0.3, 2.0])
def test_measures_of_the_period_grow_with_the_scale_factor(factor: float) -> None:
    motion = noise(5)
    scaled = Motion(0.01, factor * motion.horizontal_g)
    assert fiv3_cm_s(scaled, 50.0, 0.7) == pytest.approx(factor * fiv3_cm_s(motion, 50.0, 0.7))
    for name in ("asi_g_s", "si_cm", "avgsa2_g", "avgsa3_g", "fiv3_cm_s", "pgd_cm"):
        assert measures()[name].scale_power == 1.0


def test_correlations_of_spectrum_intensities_follow_their_periods() -> None:
    """ASI is highest at 0.1 to 0.5 s, SI at about 1 s; at the shortest periods they are those with PGA."""
    periods_s = np.array([0.01, 0.2, 0.3, 1.0, 5.0])
    names = ("asi_g_s", "si_cm", "arias_m_s", "pga_g", "pgv_cm_s", "cav_m_s", "duration_5_75_s")
    among, with_sa = measure_correlations(names, periods_s)
    assert with_sa[0, 1:3].min() > 0.88 and with_sa[0, 2] > with_sa[0, 3] > with_sa[0, 4]
    assert int(np.argmax(with_sa[1])) == 3 and with_sa[1, 3] > 0.9
    assert with_sa[:3, 0] == pytest.approx(among[:3, 3], abs=0.01)
    # Bradley (2011, 2012, 2015): with PGA, PGV, CAV and D5-75
    assert among[0, 3:].tolist() == [0.928, 0.729, 0.703, -0.411]
    assert np.linalg.eigvalsh(among).min() > 0
