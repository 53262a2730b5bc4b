"""Rayleigh damping."""

from __future__ import annotations

import math


def rayleigh_factors(first_s: float, other_s: float, damping_ratio: float) -> tuple[float, float]:
    """Return the factors on mass (1/s) and stiffness (s) with this damping ratio at both periods."""
    first, other = 2 * math.pi / first_s, 2 * math.pi / other_s
    return 2 * damping_ratio * first * other / (first + other), 2 * damping_ratio / (first + other)
