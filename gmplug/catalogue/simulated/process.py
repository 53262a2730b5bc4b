"""The stochastic process that accelerograms start from: modulated, filtered white noise.

After Rezaeian & Der Kiureghian (2008, 2010): white noise through a second-order filter whose frequency
falls (or rises) with time, times a gamma envelope (Saragoni & Hart 1974). Both components of a record share
the envelope and the filter; their noises are independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft, special

from gmplug.values import FloatArray

#: Time step of all accelerograms, s.
TIME_STEP_S = 0.01
#: Quiet time before the envelope starts, s; and after it has ended.
LEAD_S = 4.0
TAIL_S = 10.0
#: Accelerograms are cut where the envelope has spent this share of its energy.
ENERGY_SHARE = 0.9995
SHORTEST_S, LONGEST_S = 40.0, 110.0

#: Number of times at which the filter is evaluated; it is faded linearly from one to the next.
FILTER_NODES = 6
#: The filter's frequency stays within this factor of that at mid-energy, or long periods would fill the coda.
FILTER_SPAN = 2.0
#: Corner of the low cut, Hz; with PEER's factor of 1.25 it leaves 10 s usable, to which spectra are drawn.
LOW_CUT_HZ = 0.08
#: Near-surface attenuation exp(−π κ f), s (Anderson & Hough 1984; κ of the order of NGA-West2 soil sites).
KAPPA_S = 0.035


@dataclass(frozen=True)
class Envelope:
    """Gamma envelope: energy is distributed over time as a gamma density of ``shape`` and ``scale_s``.

    Beyond 75 % of the energy, time runs ``stretch`` times as long, so that D5-75 and D5-95 can both be met.
    """

    shape: float
    scale_s: float
    stretch: float = 1.0

    def quantile_s(self, share: float) -> float:
        """Time, from the start of the envelope, by which ``share`` of the energy has come."""
        body, time = special.gammaincinv(self.shape, [0.75, share]) * self.scale_s
        return float(time if time <= body else body + (time - body) * self.stretch)

    def density(self, time_s: FloatArray) -> FloatArray:
        """Energy per second at times from the start of the envelope; its integral is 1."""
        body = self.quantile_s(0.75)
        late = time_s > body
        within = np.where(late, body + (time_s - body) / self.stretch, np.maximum(time_s, 0.0)) / self.scale_s
        ln_density = special.xlogy(self.shape - 1.0, within) - within - special.gammaln(self.shape)
        return np.asarray(np.exp(ln_density) / self.scale_s / np.where(late, self.stretch, 1.0))


_SHAPES = np.geomspace(1.05, 60.0, 200)
_QUANTILES = special.gammaincinv(_SHAPES, [[0.05], [0.75], [0.95]])
_RATIOS = (_QUANTILES[1] - _QUANTILES[0]) / (_QUANTILES[2] - _QUANTILES[0])


def fit_envelope(d5_75_s: float, d5_95_s: float) -> Envelope:
    """Return the envelope with these significant durations."""
    shape = float(np.interp(d5_75_s / d5_95_s, _RATIOS, _SHAPES))
    q05, q75, q95 = special.gammaincinv(shape, [0.05, 0.75, 0.95])
    scale = d5_75_s / float(q75 - q05)
    return Envelope(shape, scale, (d5_95_s - d5_75_s) / (scale * float(q95 - q75)))


@dataclass(frozen=True)
class Filter:
    """Second-order filter: frequency at mid-energy (Hz), its slope (Hz/s), and damping ratio."""

    mid_hz: float
    slope_hz_s: float
    bandwidth: float


def draw_filter(rng: np.random.Generator) -> Filter:
    """Draw a filter from the distributions fitted by Rezaeian & Der Kiureghian (2010).

    f_mid gamma with mean 5.87 and std 3.11 Hz; slope two-sided exponential with mean −0.089 and std
    0.185 Hz/s; bandwidth beta with mean 0.213 and std 0.143 – each kept away from its extremes, where the
    process would be a tone.
    """
    mean, std = 5.87, 3.11
    mid = rng.gamma((mean / std) ** 2, std**2 / mean)
    slope = rng.laplace(-0.089, 0.185 / np.sqrt(2.0))
    m, s = 0.213, 0.143
    nu = m * (1 - m) / s**2 - 1
    bandwidth = rng.beta(m * nu, (1 - m) * nu)
    return Filter(
        float(np.clip(mid, 2.0, 12.0)), float(np.clip(slope, -0.6, 0.1)), float(np.clip(bandwidth, 0.12, 0.8))
    )


def strong_s(envelope: Envelope) -> float:
    """Time from the start of the envelope to where it is cut, s."""
    return min(envelope.quantile_s(ENERGY_SHARE), LONGEST_S - LEAD_S - TAIL_S)


def time_axis(strong: float) -> FloatArray:
    """Times from the start of the envelope, s, of a record whose motion lasts ``strong`` seconds."""
    length = max(LEAD_S + strong + TAIL_S, SHORTEST_S)
    return np.arange(round(length / TIME_STEP_S), dtype=float) * TIME_STEP_S - LEAD_S


def simulate(time: FloatArray, envelope: Envelope, shape: Filter, rng: np.random.Generator) -> FloatArray:
    """Return two components of the process, of arbitrary amplitude, shape (2, n)."""
    n = len(time)
    n_fft = fft.next_fast_len(n + 500, real=True)
    noise = fft.rfft(rng.standard_normal((2, n)), n_fft)
    frequency = fft.rfftfreq(n_fft, TIME_STEP_S)
    middle, last_s = envelope.quantile_s(0.45), envelope.quantile_s(0.99)
    place = np.clip(time / last_s, 0.0, 1.0) * (FILTER_NODES - 1)
    result = np.zeros((2, n))
    for i, node in enumerate(np.linspace(0.0, last_s, FILTER_NODES)):
        moved = shape.mid_hz + shape.slope_hz_s * (node - middle)
        center = float(np.clip(moved, shape.mid_hz / FILTER_SPAN, shape.mid_hz * FILTER_SPAN))
        part = fft.irfft(noise * _gain(frequency, center, shape.bandwidth), n_fft)[:, :n]
        result += part * np.maximum(1.0 - np.abs(place - i), 0.0)
    motion = result * np.sqrt(envelope.density(time)) * (time > 0)
    return fft.irfft(fft.rfft(motion, n_fft) * band_limit(frequency), n_fft)[:, :n]


def band_limit(frequency_hz: FloatArray) -> FloatArray:
    """Amplitude of the low cut (zero-phase Butterworth of order 4) times near-surface attenuation."""
    ratio = (frequency_hz / LOW_CUT_HZ) ** 8
    return np.sqrt(ratio / (1.0 + ratio)) * np.exp(-np.pi * KAPPA_S * frequency_hz)


def _gain(frequency: FloatArray, center: float, damping: float) -> FloatArray:
    """Amplitude of the filter, normalized to unit variance under white noise."""
    ratio2 = (frequency / center) ** 2
    power = 1.0 / ((1.0 - ratio2) ** 2 + 4.0 * damping**2 * ratio2)
    return np.sqrt(power / np.sum(power))
