"""Independent ways to the same numbers: references for tests and benchmarks, none of them gmplug's own."""

from __future__ import annotations

import importlib.metadata
import sys
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

FloatArray = NDArray[np.float64]


def load_pyrotd() -> Any:
    """Import pyrotd in this process alone, on one core.

    It asks pkg_resources, which setuptools 81 and later no longer carries, for nothing but its own version.
    """
    try:
        import pkg_resources  # noqa: F401
    except ImportError:
        stand_in = types.ModuleType("pkg_resources")
        stand_in.get_distribution = importlib.metadata.distribution  # type: ignore[attr-defined]
        sys.modules["pkg_resources"] = stand_in
        try:
            import pyrotd
        finally:
            del sys.modules["pkg_resources"]
    else:
        import pyrotd
    return pyrotd


def pyrotd_spectrum(acceleration_g: FloatArray, time_step_s: float, periods_s: FloatArray) -> FloatArray:
    """PSA of pyrotd with its defaults, the record followed by a minute of zeros, shape (P,).

    One zero more where the number of samples would be odd: pyrotd spaces its frequencies for an even number,
    and would read the response of an odd one beside the samples.
    """
    zeros = round(60.0 / time_step_s)
    padded = np.concatenate([acceleration_g, np.zeros(zeros + (len(acceleration_g) + zeros) % 2)])
    found = load_pyrotd().calc_spec_accels(time_step_s, padded, 1.0 / np.asarray(periods_s))
    return np.asarray(found.spec_accel)


def pyrotd_rotd(pair_g: FloatArray, time_step_s: float, periods_s: FloatArray) -> FloatArray:
    """RotD50 and RotD100 of pyrotd, each record followed by zeros as above, shape (2, P)."""
    zeros = round(60.0 / time_step_s)
    padded = np.pad(pair_g, ((0, 0), (0, zeros + (pair_g.shape[1] + zeros) % 2)))
    found = load_pyrotd().calc_rotated_spec_accels(
        time_step_s, *padded, 1.0 / np.asarray(periods_s), percentiles=[50, 100]
    )
    return np.asarray(found.spec_accel).reshape(-1, 2).T


def im_calculation_rotd(pair_g: FloatArray, time_step_s: float, periods_s: FloatArray) -> FloatArray:
    """RotD50 and RotD100 of im-calculation (ucgmsim), which are not its only results, shape (2, P)."""
    from IM import ims

    three = np.stack([*pair_g, np.zeros_like(pair_g[0])])[:, None]
    found = ims.pseudo_spectral_acceleration(three, periods_s, time_step_s)
    return np.stack([np.ravel(found[name]) for name in ("rotd50", "rotd100")])


def _exact_states(
    acceleration_g: FloatArray, time_step_s: float, periods_s: FloatArray, damping: float
) -> Iterator[FloatArray]:
    """ω² u, shape (..., P), at each sample of piecewise-linear records, shape (..., n), from rest.

    Displacement and velocity are carried from sample to sample by the matrix exponential of the equation of
    motion, acceleration and its slope held as two further states (Van Loan 1978, IEEE TAC 23(3):395-404).
    """
    omega = 2.0 * np.pi / np.asarray(periods_s, dtype=float)
    system = np.zeros((len(omega), 4, 4))
    system[:, 0, 1] = 1.0
    system[:, 1, 0] = -(omega**2)
    system[:, 1, 1] = -2.0 * damping * omega
    system[:, 1, 2] = -1.0
    system[:, 2, 3] = 1.0
    step = expm(system * time_step_s)
    uu, uv, ua, us = step[:, 0].T
    vu, vv, va, vs = step[:, 1].T
    samples = np.moveaxis(acceleration_g, -1, 0)[..., None]
    slopes = np.diff(samples, axis=0) / time_step_s
    u = v = np.zeros((*samples.shape[1:-1], len(omega)))
    yield u
    for a, slope in zip(samples, slopes, strict=False):
        u, v = uu * u + uv * v + ua * a + us * slope, vu * u + vv * v + va * a + vs * slope
        yield u * omega**2


def exact_response(
    acceleration_g: FloatArray, time_step_s: float, periods_s: FloatArray, damping: float
) -> FloatArray:
    """ω² u at the samples of one record, exactly, shape (n, P)."""
    return np.array(list(_exact_states(acceleration_g, time_step_s, periods_s, damping)))


def exact_peaks(
    accelerations_g: FloatArray, time_step_s: float, periods_s: FloatArray, damping: float
) -> FloatArray:
    """Largest |ω² u| at the samples of each record, shape (F, n), exactly: shape (F, P)."""
    peaks = np.zeros((len(accelerations_g), len(periods_s)))
    for response in _exact_states(accelerations_g, time_step_s, periods_s, damping):
        np.maximum(peaks, np.abs(response), out=peaks)
    return peaks


def band_limited_peaks(
    acceleration_g: FloatArray, time_step_s: float, periods_s: FloatArray, damping: float
) -> FloatArray:
    """Largest |ω² u| of the band-limited record by its transfer function, shape (P,).

    Zeros around the record leave free vibrations room to die out; read 10 times a period, at steps halved up
    to five times.
    """
    periods = np.asarray(periods_s, dtype=float)
    room = int(np.ceil(30.0 / (2.0 * np.pi * damping) * periods.max() / time_step_s))
    size = 2 * ((len(acceleration_g) + room + 4096) // 2)
    spectrum = np.fft.rfft(acceleration_g, size)
    spectrum[-1] *= 0.5
    frequency = np.fft.rfftfreq(size, time_step_s)
    peaks = np.empty(len(periods))
    for k, period in enumerate(periods):
        finer = 2 ** min(5, max(0, int(np.ceil(np.log2(10.0 * time_step_s / period * (1.0 - 1e-9))))))
        ratio = frequency * period
        response = spectrum / (1.0 - ratio**2 + 2j * damping * ratio)
        peaks[k] = np.abs(np.fft.irfft(response, size * finer)).max() * finer
    return peaks
