"""Response spectra against closed forms, exact integration, pyrotd and a published definition."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import fft

from gmplug.errors import InputError
from gmplug.spectra import (
    response_spectrum,
    rotd_spectrum,
    spectra_of_motions,
)
from gmplug.spectra.resample import resampled
from gmplug.values import Motion
from gmplug.waveforms import read_accelerogram
from tests.support.independent import band_limited_peaks, exact_peaks, exact_response, pyrotd_spectrum

DT = 0.01


def noise(seed: int, n: int = 3000, dt: float = DT) -> np.ndarray:
    """A record-like signal: noise below a third of the Nyquist frequency under an envelope, in g."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=n))
    spectrum[len(spectrum) // 3 :] = 0.0
    t = np.arange(n) * dt
    return np.fft.irfft(spectrum, n) * (t / 3.0) ** 2 * np.exp(-t / 3.0)


def at2_paths(shared_data: Path) -> list[Path]:
    return sorted((shared_data / "records_at2").glob("*.AT2"))


# -- closed forms ------------------------------------------------------------------------------------


@pytest.mark.parametrize("interpolation", ["sinc", "linear"])
@pytest.mark.parametrize("damping", [0.02, 0.05, 0.2, 0.7])
def test_steady_harmonic_motion(interpolation: str, damping: float) -> None:
    """|ω²u/a| = 1 / √((1 − r²)² + (2ζr)²), r = T / T_motion (Chopra, Dynamics of Structures, eq. 3.2.11)."""
    dt, motion_s = 0.002, 0.5
    t = np.arange(80000) * dt
    rise = np.minimum(t / 70.0, 1.0)
    ramp = rise**2 * (3 - 2 * rise)  # no start-up transient
    acceleration = 0.3 * np.sin(2 * np.pi * t / motion_s) * ramp * ramp[::-1]
    periods = np.array([0.1, 0.25, 0.49, 0.5, 0.52, 1.0, 2.0])
    r = periods / motion_s
    expected = 0.3 / np.sqrt((1 - r**2) ** 2 + (2 * damping * r) ** 2)
    found = response_spectrum(acceleration, dt, periods, damping, interpolation)  # type: ignore[arg-type]
    np.testing.assert_allclose(found, expected, rtol=4e-3)


def test_short_pulse_is_an_impulse() -> None:
    """Peak displacement after an impulse v: v/ω exp(−ζθ/√(1−ζ²)) sin-free form, θ = acos ζ (Chopra ch. 4)."""
    acceleration = np.zeros(400)
    acceleration[50:55] = [0.2, 0.7, 1.0, 0.7, 0.2]
    velocity = acceleration.sum() * DT
    periods, damping = np.array([2.0, 4.0]), 0.05
    theta = np.arccos(damping)
    peak = velocity * (2 * np.pi / periods) * np.exp(-damping * theta / np.sqrt(1 - damping**2))
    for interpolation in ("sinc", "linear"):
        found = response_spectrum(acceleration, DT, periods, damping, interpolation)  # type: ignore[arg-type]
        np.testing.assert_allclose(found, peak, rtol=3e-3)


def test_peak_after_the_record_ends() -> None:
    """A long oscillator swings furthest after a short record: the free vibration belongs to the spectrum."""
    acceleration = np.sin(np.pi * np.arange(51) / 50)  # half a sine of 0.5 s
    alone, padded = (
        response_spectrum(np.concatenate([acceleration, np.zeros(n)]), DT, [3.0, 8.0, 20.0])
        for n in (0, 4000)
    )
    np.testing.assert_allclose(alone, padded, rtol=1e-3)


def test_undamped_step() -> None:
    """A suddenly applied constant acceleration doubles without damping (Chopra, eq. 4.3.2)."""
    for interpolation in ("sinc", "linear"):
        found = response_spectrum(np.full(1000, 0.1), DT, [0.5, 2.0], 0.0, interpolation)  # type: ignore[arg-type]
        np.testing.assert_allclose(found, 0.2, rtol=0.02 if interpolation == "sinc" else 1e-3)


def test_stiff_oscillator_feels_the_peak_acceleration() -> None:
    acceleration = noise(1)
    peak = np.abs(acceleration).max()
    for interpolation, tolerance in (("linear", 1e-3), ("sinc", 0.02)):
        found = response_spectrum(acceleration, DT, [1e-4, 1e-3], 0.05, interpolation)  # type: ignore[arg-type]
        np.testing.assert_allclose(found, peak, rtol=tolerance)


# -- exact integration of the piecewise-linear record ---------------------------------------------------


@pytest.mark.parametrize("damping", [0.0, 0.05, 0.3, 0.95])
def test_recursion_is_exact(damping: float) -> None:
    """From dt/T = 10 to 2e-5. The zeros are long enough for the peak of the longest period."""
    acceleration = np.concatenate([noise(2) + 0.05, np.zeros(15000)])  # does not start at zero
    periods = np.array([0.001, 0.02, 0.3, 5.0, 50.0, 500.0])
    exact = exact_peaks(acceleration[None], DT, periods, damping)[0]
    found = response_spectrum(acceleration, DT, periods, damping, "linear", samples_per_period=1e-9)
    np.testing.assert_allclose(found, exact, rtol=1e-9 if damping else 1e-3)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 300),
    st.floats(1e-3, 0.1),
    st.lists(st.floats(0.4, 150.0), min_size=1, max_size=40),
    st.floats(0.0, 0.9),
)
def test_linear_is_exact_for_any_record(
    seed: int, n: int, dt: float, steps: list[float], damping: float
) -> None:
    """Read 10 times a period and for a period after the record, some samples more if there is damping."""
    acceleration, periods = np.random.default_rng(seed).normal(size=n), dt * np.array(steps)
    found = response_spectrum(acceleration, dt, periods, damping, "linear")
    for k in (0, len(steps) // 2, len(steps) - 1):
        parts = max(1, int(np.ceil(10.0 / steps[k] * (1.0 - 1e-9))))
        padded = np.concatenate([acceleration, np.zeros(int(np.ceil(steps[k])) + 1)])
        fine = np.interp(np.arange((len(padded) - 1) * parts + 1) / parts, np.arange(len(padded)), padded)
        exact = exact_peaks(fine[None], dt / parts, periods[k : k + 1], damping)[0, 0]
        assert found[k] >= exact * (1.0 - 1e-9)
        assert found[k] <= exact * (1.0 + 1e-9 if damping > 0.02 else 1.0 / np.cos(np.pi / 10.0))


def test_values_of_version_0_1() -> None:
    """By scipy's filters and Fourier transforms, before the compiled kernel."""
    periods = np.array([0.02, 0.07, 0.2, 1.0, 5.0])
    linear = [0.874198481713, 2.80883389049, 1.52899818541, 0.692918104021, 0.0693093734352]
    found = response_spectrum(noise(6), DT, periods, 0.05, "linear")
    np.testing.assert_allclose(found, linear, rtol=1e-9)
    sinc = [0.9055377841, 2.95713591576, 1.54062139997, 0.693221431273, 0.069318008416]
    np.testing.assert_allclose(response_spectrum(noise(6), DT, periods), sinc, rtol=1e-5)
    rotd = [
        [0.837877147728, 2.63657826069, 1.39397868017, 0.390497989484, 0.0531260726059],
        [0.932796169657, 2.80934005312, 1.8445313289, 0.580564972869, 0.146242425583],
        [1.03949226805, 3.13388981703, 2.17628376565, 0.753505710558, 0.205428820366],
    ]
    found = rotd_spectrum(noise(6), noise(7), DT, periods, percentiles=(0, 50, 100))
    np.testing.assert_allclose(found, rotd, rtol=1e-9)


def test_167_files_agree_with_exact_integration(shared_data: Path) -> None:
    """To 1e-6, where both take the record for straight lines read at its samples."""
    periods = np.array([0.05, 0.2, 1.0, 5.0])
    records = [read_accelerogram(path) for path in at2_paths(shared_data)]
    worst = 0.0
    for dt in sorted({record.time_step_s for record in records}):
        accelerations = [record.acceleration_g for record in records if record.time_step_s == dt]
        # swings after the end included: every record followed by at least 5 s of zeros
        padded = np.zeros((len(accelerations), max(map(len, accelerations)) + int(5.0 / dt) + 1))
        for row, acceleration in zip(padded, accelerations, strict=True):
            row[: len(acceleration)] = acceleration
        exact = exact_peaks(padded, dt, periods, 0.05)
        found = [
            response_spectrum(a, dt, periods, interpolation="linear", samples_per_period=1.0)
            for a in accelerations
        ]
        worst = max(worst, float(np.abs(found / exact - 1.0).max()))
    assert worst < 1e-6


def test_linear_reads_short_periods_between_samples() -> None:
    acceleration = noise(3)
    fine = np.interp(np.arange(5 * 2999 + 1) / 5, np.arange(3000), acceleration)
    coarse = response_spectrum(acceleration, DT, [0.02], interpolation="linear")
    np.testing.assert_allclose(
        coarse, response_spectrum(fine, DT / 5, [0.02], interpolation="linear"), rtol=1e-9
    )


# -- band-limited records -------------------------------------------------------------------------------


def test_coarse_sampling_changes_little() -> None:
    """The same motion at 8 and at 1 of the steps: only straight lines lose amplitude."""
    fine = noise(4, n=24000, dt=DT / 8)
    spectrum = np.fft.rfft(fine)
    spectrum[1000:] = 0.0  # below 33 Hz
    fine = np.fft.irfft(spectrum, len(fine))
    periods = np.geomspace(0.03, 2.0, 30)
    true = response_spectrum(fine, DT / 8, periods, samples_per_period=60)
    sinc = response_spectrum(fine[::8], DT, periods, samples_per_period=60)
    linear = response_spectrum(fine[::8], DT, periods, interpolation="linear", samples_per_period=60)
    assert np.abs(sinc / true - 1).max() < 0.006
    assert np.abs(linear / true - 1).max() > 0.05


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.floats(1e-3, 0.05),
    st.lists(st.floats(0.4, 40.0), min_size=1, max_size=6),
    st.floats(0.02, 0.5),
)
def test_sinc_agrees_with_the_transfer_function(
    seed: int, dt: float, steps: list[float], damping: float
) -> None:
    """Content below a third of Nyquist: 2e-5 of a spectral ordinate, more for much damping."""
    acceleration, periods = noise(seed, 1000) * np.hanning(1000), dt * np.array(steps)
    found = response_spectrum(acceleration, dt, periods, damping)
    exact = band_limited_peaks(acceleration, dt, periods, damping)
    np.testing.assert_allclose(found, exact, rtol=2e-5 + 2e-3 * damping**2)


def test_files_agree_with_the_transfer_function(shared_data: Path) -> None:
    """Five of them: 2e-5, a little more where a period of two steps meets content at Nyquist."""
    for path in at2_paths(shared_data)[::40]:
        record = read_accelerogram(path)
        periods = record.time_step_s * np.array([0.5, 2.0, 5.0, 10.0, 60.0])
        found = response_spectrum(record.acceleration_g, record.time_step_s, periods)
        exact = band_limited_peaks(record.acceleration_g, record.time_step_s, periods, 0.05)
        np.testing.assert_allclose(found, exact, rtol=1e-4)
        np.testing.assert_allclose(found[2:], exact[2:], rtol=2e-5)


@pytest.mark.parametrize("n", [1, 63, 1000, 2001])
def test_records_are_sampled_finely_as_by_a_fourier_transform(n: int) -> None:
    """Padded with zeros, transformed, corrected for straight lines, and transformed back at finer steps."""
    record, factors = np.random.default_rng(n).normal(size=n), np.array([1, 2, 4, 8, 16, 32])
    padded = np.pad(record, 64)
    size = fft.next_fast_len(len(padded), real=True)
    for factor, found in zip(factors, resampled(record, factors), strict=True):
        spectrum = factor * np.fft.rfft(padded, size)
        x = np.arange(len(spectrum)) * 2.0 * np.pi / (size * factor)
        spectrum *= np.sinc(x / 2.0 / np.pi) ** 2 * 3.0 / (2.0 + np.cos(x))
        spectrum[-1] /= 2.0 if factor > 1 and size % 2 == 0 else 1.0
        exact = np.fft.irfft(spectrum, size * factor)[: len(padded) * factor]
        np.testing.assert_allclose(found[: len(exact)], exact, atol=1e-9 * np.abs(record).max())
        assert not found[len(exact) :].any()


def test_files_agree_with_pyrotd(shared_data: Path) -> None:
    """Within 1 % from 10 dt to 5 s: every fifth file here, all in the slow test."""
    assert _worst_against_pyrotd(at2_paths(shared_data)[::5]) < 0.01


@pytest.mark.slow
def test_all_files_agree_with_pyrotd(shared_data: Path) -> None:
    assert _worst_against_pyrotd(at2_paths(shared_data)) < 0.01


def _worst_against_pyrotd(paths: list[Path]) -> float:
    worst = 0.0
    for path in paths:
        record = read_accelerogram(path)
        periods = np.geomspace(10 * record.time_step_s, 5.0, 40)
        found = response_spectrum(record.acceleration_g, record.time_step_s, periods)
        reference = pyrotd_spectrum(record.acceleration_g, record.time_step_s, periods)
        worst = max(worst, float(np.abs(found / reference - 1.0).max()))
    return worst


def test_damping_and_order_of_periods() -> None:
    acceleration, periods = noise(5), np.array([1.0, 0.1, 3.0, 0.1, 0.02])
    spectra = [response_spectrum(acceleration, DT, periods, damping) for damping in (0.003, 0.02, 0.05, 0.3)]
    assert all(np.all(low >= high) for low, high in itertools.pairwise(spectra))
    np.testing.assert_allclose(spectra[2][1], spectra[2][3])
    one = [response_spectrum(acceleration, DT, [t])[0] for t in periods]
    np.testing.assert_allclose(spectra[2], one, rtol=1e-4)


def test_silence_and_a_single_sample() -> None:
    np.testing.assert_array_equal(response_spectrum(np.zeros(100), DT, [0.1, 1.0]), 0.0)
    assert response_spectrum([0.1], DT, [0.001], interpolation="linear")[0] >= 0
    assert np.all(np.isfinite(response_spectrum([0.1], DT, [0.1, 1.0])))


@pytest.mark.parametrize(
    "arguments",
    [
        ([], DT, [1.0]),
        ([np.nan], DT, [1.0]),
        ([[0.1]], DT, [1.0]),
        ([0.1], 0.0, [1.0]),
        ([0.1], DT, []),
        ([0.1], DT, [0.0]),
        ([0.1], DT, [1.0], 1.0),
        ([0.1], DT, [1.0], 0.05, "cubic"),
    ],
)
def test_what_cannot_be_computed_is_refused(arguments: tuple[object, ...]) -> None:
    with pytest.raises(ValueError):
        response_spectrum(*arguments)  # type: ignore[arg-type]


# -- two components -------------------------------------------------------------------------------------


@pytest.mark.parametrize("interpolation", ["linear", "sinc"])
def test_rotd_is_the_percentile_of_rotated_spectra(interpolation: str) -> None:
    """Boore (2010): rotate the accelerograms themselves, 180 spectra, and take percentiles."""
    h1, h2 = noise(6), 0.3 * noise(7) + 0.2 * noise(6)
    periods = np.array([0.05, 0.2, 1.0, 4.0])
    angles = np.radians(np.arange(180))
    rotated = [
        response_spectrum(h1 * np.cos(a) + h2 * np.sin(a), DT, periods, 0.05, interpolation)  # type: ignore[arg-type]
        for a in angles
    ]
    expected = np.percentile(rotated, [0, 50, 100], axis=0)
    found = rotd_spectrum(h1, h2, DT, periods, percentiles=(0, 50, 100), interpolation=interpolation)  # type: ignore[arg-type]
    np.testing.assert_allclose(found, expected, rtol=1e-9 if interpolation == "linear" else 2e-4)


def test_rotd_of_one_direction_and_of_a_circle() -> None:
    h = noise(8)
    periods = np.array([0.1, 0.5, 2.0])
    alone = response_spectrum(h, DT, periods, interpolation="linear")
    rotd50, rotd100 = rotd_spectrum(h, np.zeros_like(h), DT, periods)
    np.testing.assert_allclose(rotd100, alone, rtol=1e-12)
    np.testing.assert_allclose(
        rotd50, alone * np.median(np.abs(np.cos(np.radians(np.arange(180))))), rtol=1e-9
    )
    np.testing.assert_allclose(rotd_spectrum(h, h, DT, periods)[1], np.sqrt(2) * alone, rtol=1e-9)


def test_rotd_does_not_depend_on_the_instrument_azimuth() -> None:
    h1, h2 = noise(9), noise(10)
    periods = np.geomspace(0.05, 3.0, 8)
    c, s = np.cos(np.radians(33)), np.sin(np.radians(33))
    turned = rotd_spectrum(c * h1 + s * h2, c * h2 - s * h1, DT, periods)
    np.testing.assert_allclose(turned, rotd_spectrum(h1, h2, DT, periods), rtol=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["noise", "one direction", "circle", "whole numbers", "pulse", "spiral"]),
    st.integers(1, 700),
    st.lists(st.floats(10.0, 200.0), min_size=1, max_size=20),
    st.floats(0.02, 0.9),
    st.lists(st.floats(0.0, 100.0), min_size=1, max_size=4),
)
def test_rotd_looks_at_every_point_that_matters(
    seed: int, kind: str, n: int, steps: list[float], damping: float, percentiles: list[float]
) -> None:
    """Whatever the path: the percentiles of all points turned through all angles."""
    rng, t = np.random.default_rng(seed), np.arange(n)
    wave = 2.0 * np.pi * t / rng.uniform(2.0, 100.0)
    h1, h2 = {
        "noise": (rng.normal(size=n), rng.uniform(0.0, 2.0) * rng.normal(size=n)),
        "one direction": (np.cos(seed) * np.sin(wave), np.sin(seed) * np.sin(wave)),
        "circle": (np.sin(wave), np.cos(wave)),
        "whole numbers": (rng.integers(-1, 2, n).astype(float), rng.integers(-1, 2, n).astype(float)),
        "pulse": (1.0 * (t == 0), 1.0 * (t == n // 2)),
        "spiral": (t * np.sin(wave), t * np.cos(wave)),
    }[kind]
    periods, angles = DT * np.array(steps), np.radians(np.arange(180))
    found = rotd_spectrum(h1, h2, DT, periods, damping, percentiles)
    for k in (0, len(steps) - 1):
        zeros = np.zeros(int(np.ceil(steps[k])) + 1)
        x, y = (
            exact_response(np.concatenate([h, zeros]), DT, periods[k : k + 1], damping)[:, 0]
            for h in (h1, h2)
        )
        rotated = np.abs(np.outer(np.cos(angles), x) + np.outer(np.sin(angles), y)).max(axis=1)
        exact = np.percentile(rotated, percentiles)
        np.testing.assert_allclose(found[:, k], exact, rtol=1e-9, atol=1e-12 * rotated.max())


def test_components_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in length: 5 and 4"):
        rotd_spectrum(np.ones(5), np.ones(4), DT, [1.0])


# -- many records ---------------------------------------------------------------------------------------


def test_many_records_whatever_the_number_of_workers() -> None:
    motions = [Motion(DT, np.stack([noise(i), noise(i + 50)])[: 1 + i % 2]) for i in range(7)]
    periods = np.array([0.05, 0.5, 2.0])
    seen: list[tuple[float, float]] = []
    one = spectra_of_motions(
        motions, periods, workers=1, progress=lambda done, total, _: seen.append((done, total))
    )
    assert seen == [(i, 7) for i in range(1, 8)]
    assert one.shape == (7, 3)
    np.testing.assert_array_equal(one, spectra_of_motions(iter(motions), periods, workers=3))
    np.testing.assert_array_equal(one[1], rotd_spectrum(*motions[1].horizontal_g, DT, periods)[0])


def test_another_error_in_a_thread_is_raised() -> None:
    with pytest.raises(ValueError, match="periods_s"):
        spectra_of_motions([Motion(DT, np.ones((1, 10)))] * 3, [-1.0], workers=2)
    assert issubclass(InputError, Exception)


COMPILED = """
import hashlib
import numpy as np
from gmplug.spectra import response_spectrum, rotd_spectrum
h1, h2 = np.random.default_rng(0).normal(size=(2, 3000))
periods = np.geomspace(0.02, 5.0, 40)
found = response_spectrum(h1, 0.01, periods), *rotd_spectrum(h1, h2, 0.01, periods)
print(hashlib.sha256(np.concatenate(found).tobytes()).hexdigest())
"""


def test_numbers_are_the_same_compiled_anew_and_from_the_cache(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    run = [sys.executable, "-c", COMPILED]
    anew, cached = (subprocess.check_output(run, env=environment, text=True) for _ in range(2))
    assert anew == cached
    assert list(tmp_path.rglob("*.nbi"))


def test_importing_gmplug_compiles_nothing() -> None:
    ask = "import sys; from gmplug.host import Host; Host(); print('numba' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", ask], text=True).strip() == "False"
