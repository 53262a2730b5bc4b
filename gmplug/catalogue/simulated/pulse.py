"""Near-fault velocity pulses: how likely, how long, of which shape, and what they do to the spectrum."""

from __future__ import annotations

import numpy as np
from scipy import stats

from gmplug.values import FloatArray

#: Standard deviation of ln Tp (Shahi & Baker 2011).
PULSE_PERIOD_SIGMA_LN = 0.56

#: Pulse periods are drawn between these, s: the shortest that Shahi & Baker (2011) call a pulse, and the
#: longest period at which spectra are drawn.
PULSE_PERIOD_RANGE_S = (0.6, 10.0)

#: Range of γ, the length of the pulse in pulse periods: within that of Mavroeidis & Papageorgiou (2003).
GAMMA_RANGE = (1.15, 2.4)


def pulse_probability(magnitude: FloatArray, r_km: FloatArray, towards: FloatArray) -> FloatArray:
    """Return the probability of a pulse, Shahi & Baker (2011), strike-slip: 1/(1+exp(0.642+0.167r−0.075s)).

    ``s``, the length of rupture towards the site (km), is ``towards`` (0 to 1) times the rupture length of
    Wells & Coppersmith (1994), all mechanisms, log10 L = −2.44 + 0.59 M. The catalogue uses the result as a
    weight for all mechanisms alike, because its grid has no geometry beyond a distance.
    """
    s_km = towards * 10.0 ** (-2.44 + 0.59 * magnitude)
    return 1.0 / (1.0 + np.exp(0.642 + 0.167 * r_km - 0.075 * s_km))


def ln_median_pulse_period(magnitude: FloatArray) -> FloatArray:
    """Return the median of ln Tp (s): −5.73 + 0.99 M (Shahi & Baker 2011)."""
    return -5.73 + 0.99 * magnitude


def draw_pulse_period(magnitude: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw Tp (s), shape of ``magnitude``: lognormal, truncated to :data:`PULSE_PERIOD_RANGE_S`."""
    median = ln_median_pulse_period(magnitude)
    low, high = ((np.log(bound) - median) / PULSE_PERIOD_SIGMA_LN for bound in PULSE_PERIOD_RANGE_S)
    deviate = stats.truncnorm.ppf(rng.uniform(size=len(magnitude)), low, high)
    return np.exp(median + PULSE_PERIOD_SIGMA_LN * deviate)


def ln_amplification(periods_s: FloatArray, pulse_period_s: FloatArray) -> FloatArray:
    """Return ln of the mean amplification of Sa along the pulse (Shahi & Baker 2011, model of μ_lnAf)."""
    x = np.log(periods_s / pulse_period_s)
    below = 1.131 * np.exp(-3.11 * (x + 0.127) ** 2) + 0.058
    above = 0.924 * np.exp(-2.11 * (x + 0.127) ** 2) + 0.255
    return np.where(x <= np.log(0.88), below, above)


def ln_amplification_rotd50(periods_s: FloatArray, pulse_period_s: FloatArray) -> FloatArray:
    """Return ln of the amplification of RotD50 by a pulse along one direction: ½ ln((A² + 1)/2).

    The response along the pulse is A times, that across it once the response without a pulse; what the
    median direction sees is taken as their root mean square.
    """
    a = np.exp(ln_amplification(periods_s, pulse_period_s))
    return 0.5 * np.log((a**2 + 1.0) / 2.0)


def draw_pulse_shape(count: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return γ and phase ν (rad), uniform over :data:`GAMMA_RANGE` and the circle, shape (count,) each."""
    return rng.uniform(*GAMMA_RANGE, count), rng.uniform(0.0, 2.0 * np.pi, count)


def pulse_velocity(
    time_s: FloatArray, center_s: float, period_s: float, gamma: float, phase_rad: float
) -> FloatArray:
    """Return the velocity of a pulse of unit amplitude that leaves no displacement behind.

    The wavelet of Mavroeidis & Papageorgiou (2003), eq. 3, less the constant inside its window that would
    leave a residual displacement (Dabaghi & Der Kiureghian 2018, the modified pulse):
    ``v = (½ cos(2πτ/Tp + ν) − D/(γ Tp)) (1 + cos(2πτ/(γ Tp)))`` for |τ| ≤ γ Tp/2, with
    ``D = Tp (sin(ν+γπ) − sin(ν−γπ)) / (4π (1−γ²))``.
    """
    tau = time_s - center_s
    residual = period_s * (np.sin(phase_rad + gamma * np.pi) - np.sin(phase_rad - gamma * np.pi))
    residual /= 4.0 * np.pi * (1.0 - gamma**2)
    carrier = 0.5 * np.cos(2 * np.pi * tau / period_s + phase_rad) - residual / (gamma * period_s)
    window = 1.0 + np.cos(2 * np.pi * tau / (gamma * period_s))
    return np.where(np.abs(tau) <= 0.5 * gamma * period_s, carrier * window, 0.0)
