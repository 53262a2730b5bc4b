"""Oscillator response by exact integration of the straight lines between samples.

Nigam & Jennings (1969, BSSA 59(2):909-922). The oscillator's state is written as one complex number,
z' = λ z − a with λ = ω (−ζ + i √(1−ζ²)), u = Im z / ω_d, so that a step is one complex recursion. Its
coefficients and, where the time step is very small against the period, the recursion itself lose no digits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gmplug.values import FloatArray

ComplexArray = NDArray[np.complex128]

_SERIES_BELOW = 0.5
_SERIES_TERMS = 14
#: Below this ω dt the real recursion would lose more than about 1e-9 of its result.
_COMPLEX_BELOW = 1e-3


def phi_functions(x: complex) -> tuple[complex, complex]:
    """φ₁(x) = (eˣ − 1)/x and φ₂(x) = (φ₁(x) − 1)/x, without cancellation for small |x|."""
    if abs(x) >= _SERIES_BELOW:
        first = complex(np.expm1(x)) / x
        return first, (first - 1.0) / x
    second = 0j
    for k in range(_SERIES_TERMS, 0, -1):  # Horner: φ₂ = 1/2! + x/3! + x²/4! + ...
        second = (1.0 + second * x) / (k + 1)
    return 1.0 + x * second, second


def pole(periods_s: FloatArray, damping: float) -> ComplexArray:
    """λ of each oscillator, 1/s, shape (P,)."""
    return (2.0 * np.pi / periods_s * complex(-damping, np.sqrt(1.0 - damping**2))).astype(np.complex128)


def linear_response(
    acceleration_g: FloatArray, time_step_s: float, period_s: float, damping: float
) -> FloatArray:
    """ω² times the relative displacement at the samples, g, shape (..., n).

    The oscillator is at rest at the first sample, as in Nigam & Jennings; the acceleration runs in straight
    lines between samples.
    """
    from scipy.signal import lfilter

    a = np.asarray(acceleration_g, dtype=float)
    lam = complex(pole(np.array([period_s]), damping)[0])
    phi1, phi2 = phi_functions(lam * time_step_s)
    b0, b1 = -time_step_s * phi2, -time_step_s * (phi1 - phi2)
    decay = complex(np.exp(lam * time_step_s))
    scale = (2.0 * np.pi / period_s) ** 2 / lam.imag
    if abs(lam) * time_step_s < _COMPLEX_BELOW:
        z, _ = lfilter([b0, b1], [1.0, -decay], a, axis=-1, zi=-b0 * a[..., :1])
        return np.asarray(z.imag * scale)
    # The imaginary part alone, as a real recursion of second order: the same, and several times faster.
    b = np.array([b0.imag, (b1 - decay.conjugate() * b0).imag, -(decay.conjugate() * b1).imag])
    at_rest = np.concatenate([-b[0] * a[..., :1], (b1.imag - b[1]) * a[..., :1]], axis=-1)
    u, _ = lfilter(b * scale, [1.0, -2.0 * decay.real, abs(decay) ** 2], a, axis=-1, zi=at_rest * scale)
    return np.asarray(u)


def subdivide(acceleration_g: FloatArray, parts: int) -> FloatArray:
    """Divide each step into ``parts`` along its straight line: shape (..., n) to (..., (n − 1) parts + 1)."""
    if parts == 1:
        return acceleration_g
    share = np.arange(parts) / parts
    start, rise = acceleration_g[..., :-1, None], np.diff(acceleration_g)[..., None]
    fine = (start + rise * share).reshape(*acceleration_g.shape[:-1], -1)
    return np.concatenate([fine, acceleration_g[..., -1:]], axis=-1)
