"""From values at levels of shaking to values per year, with the rates at which the levels are exceeded."""

from __future__ import annotations

import numpy as np

from gmplug.notes import doubtful
from gmplug.values import FloatArray

#: Share of an annual value from above the highest level that is doubtful.
_MOST_ABOVE = 0.2


def rate_weights(annual_rates: FloatArray) -> FloatArray:
    """Weights w (n,) in 1/yr with Σ w·v = ∫ v |dλ| for values v at levels exceeded at rates λ (n,), falling.

    Trapezoidal in λ between neighboring levels. Stronger shaking than the highest level counts as that
    level, weaker than the lowest as nothing: the integral runs from the lowest level's rate to zero, Σ w =
    λ₁.

    Raises
    ------
    ValueError
        The rates are not finite, not positive or do not fall.
    """
    rates = np.asarray(annual_rates, dtype=float)
    if not len(rates) or not np.all(np.isfinite(rates)) or np.any(rates <= 0) or np.any(np.diff(rates) >= 0):
        raise ValueError("rates of exceedance must be positive and fall from level to level")
    steps = -np.diff(rates) / 2
    weights = np.zeros(len(rates))
    weights[:-1] += steps
    weights[1:] += steps
    weights[-1] += rates[-1]
    return weights


def annual_integral(annual_rates: FloatArray, values: FloatArray) -> float:
    """∫ v |dλ|, per year: the expected annual loss if ``values`` (n,) are the mean losses of the levels.

    The framing equation of performance-based engineering, Moehle & Deierlein (2004), "A framework methodology
    for performance-based earthquake engineering", Proc. 13th WCEE, paper 679, for one decision variable.
    """
    return float(np.sum(rate_weights(annual_rates) * np.asarray(values, dtype=float)))


def beyond_note(annual_rates: FloatArray, values: FloatArray) -> str:
    """Return a note: where an integral over the levels begins, and its share above the highest level."""
    rates, whole = np.asarray(annual_rates, dtype=float), annual_integral(annual_rates, values)
    share = float(rates[-1] * np.asarray(values, dtype=float)[-1] / whole) if whole > 0 else 0.0
    note = (
        f"integrals over the levels begin at the lowest one, exceeded at {rates[0]:.3g} a year; shaking "
        f"above the highest counts as the highest and makes {100 * share:.0f} % of the result"
    )
    return doubtful(f"{note}: add a stronger level") if share > _MOST_ABOVE else note


def exceedance_rates(
    annual_rates: FloatArray, samples: list[FloatArray], thresholds: FloatArray
) -> FloatArray:
    """λ(V > v) = ∫ P(V > v | level) |dλ|, 1/yr, shape (t,), from one sample of V per level."""
    weights = rate_weights(annual_rates)
    probability = np.array(
        [[np.mean(np.asarray(sample) > threshold) for threshold in thresholds] for sample in samples]
    )
    return np.asarray(weights @ probability, dtype=np.float64)


def known_rates(annual_rates: FloatArray) -> bool:
    """Whether the levels' rates can be integrated over: finite, positive, falling."""
    try:
        rate_weights(annual_rates)
    except ValueError:
        return False
    return True
