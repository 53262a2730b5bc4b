"""Responses of oscillators by other methods than gmplug's."""

from __future__ import annotations

import numpy as np
from scipy.signal import lsim

from tests.support.motions import GRAVITY


def exact_displacement(
    acceleration_g: np.ndarray, dt: float, period_s: float, damping: float = 0.05
) -> np.ndarray:
    """Linear oscillator under a piecewise-linear motion, exactly (matrix exponential, first-order hold)."""
    w = 2 * np.pi / period_s
    system = ([[0, 1], [-(w**2), -2 * damping * w]], [[0], [-1]], [[1, 0]], [[0]])
    return lsim(system, acceleration_g * GRAVITY, dt * np.arange(len(acceleration_g)))[1]


def elastoplastic(
    acceleration_g: np.ndarray, dt: float, period_s: float, yield_coefficient: float, hardening: float
) -> np.ndarray:
    """Bilinear oscillator by the explicit central-difference method with a step of T/2000."""
    w, fine = 2 * np.pi / period_s, period_s / 2000
    times = np.arange(0, (len(acceleration_g) - 1) * dt + 12 * period_s, fine)
    ground = GRAVITY * np.interp(times, dt * np.arange(len(acceleration_g)), acceleration_g, right=0.0)
    c, strength = 2 * 0.05 * w, yield_coefficient * GRAVITY * (1 - hardening)
    u = np.zeros(len(times))
    plastic = 0.0
    for i in range(1, len(times) - 1):
        trial = (1 - hardening) * w**2 * (u[i] - plastic)
        if abs(trial) > strength:
            plastic = u[i] - np.sign(trial) * strength / ((1 - hardening) * w**2)
            trial = np.sign(trial) * strength
        force = trial + hardening * w**2 * u[i]
        u[i + 1] = (
            2 * u[i] - u[i - 1] + fine * c / 2 * u[i - 1] - fine**2 * (force + ground[i])
        ) / (1 + fine * c / 2)  # fmt: skip
    return u
