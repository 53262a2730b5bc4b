"""Oscillators as lanes of :mod:`gmplug.spectra.kernel`.

The state of an oscillator, z' = λ z − a with λ = ω (−ζ + i √(1−ζ²)) and u = Im z / ω_d, goes from sample to
sample exactly where the acceleration runs in straight lines (Nigam & Jennings 1969, BSSA 59(2):909-922):
z_{k+1} = e z_k + b₀ a_{k+1} + b₁ a_k. A lane's w is z − b₀ a.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gmplug.values import FloatArray, IntArray

ComplexArray = NDArray[np.complex128]

#: Lanes of a block: a few of the processor's vectors, enough to hide the latency of a step.
LANES = 16
#: Samples of a block's responses made at a time.
ROWS = 64
#: Samples at half steps from which one between them is made; a multiple of 4.
TAPS = 24
_SERIES_BELOW = 0.5
_SERIES_TERMS = 14
#: Shortest period, in steps, at which the response to a band-limited record is corrected.
_CORRECTED = 10.0


class Lanes(NamedTuple):
    """Lanes in blocks.

    Parameters
    ----------
    blocks
        Shape (B, 9 LANES): w at the first sample over that sample, e, c, g, d, and room for one number.
    tails
        For how many samples after the record a lane is read, shape (B, LANES).
    period_of
        Which of P periods it serves, shape (B, LANES).
    """

    blocks: FloatArray
    tails: IntArray
    period_of: IntArray


def lanes_of(
    periods_s: FloatArray, time_step_s: float, damping: float, parts: IntArray, band_limited: bool
) -> Lanes:
    """Lanes that read responses at the samples, and so often that ``parts`` of a step come between two.

    Parameters
    ----------
    parts
        Shape (P,); each reading in a step is a lane of its own, w advanced by that part of the step.
    band_limited
        Whether the record is one that :func:`gmplug.spectra.resample.resampled` made.
    """
    return _lanes(periods_s.tobytes(), time_step_s, damping, parts.tobytes(), band_limited)


@lru_cache(maxsize=32)
def _lanes(periods: bytes, step: float, damping: float, divided: bytes, band_limited: bool) -> Lanes:
    parts = np.frombuffer(divided, dtype=np.int64)
    period_of = np.repeat(np.arange(len(parts)), parts)
    periods_s = np.frombuffer(periods)[period_of]
    share = np.concatenate([np.arange(k) / k for k in parts])
    lam: ComplexArray = 2.0 * np.pi / periods_s * np.complex128(-damping + 1j * np.sqrt(1.0 - damping**2))
    scale = np.abs(lam) ** 2 / lam.imag
    e, b0, b1 = _step(lam, step)
    ahead, p0, p1 = _step(lam, share * step)  # along a part of the line from a_k to a_{k+1}
    c = ahead * (e * b0 + b1)
    g, d = (ahead * b0 + p1 + (1.0 - share) * p0).imag, (share * p0).imag
    if band_limited:
        near = periods_s >= _CORRECTED * step * (1.0 - 1e-9)
        x = lam[near] * step
        # what is left for a motion exp(λ t) to be right, and then a constant one
        c[near] *= (2.0 + np.cosh(x)) / (3.0 * (_phi(x)[1] + _phi(-x)[1]) ** 2)
        g[near] = -1.0 / scale[near] + (c[near] / (x * _phi(x)[0])).imag
    begin = -scale * ahead * b0
    c, g, d = scale * c, scale * g, scale * d
    values = [begin.real, begin.imag, e.real, e.imag, c.real, c.imag, g, d, np.zeros(len(c))]
    tails = np.ceil(periods_s / step).astype(np.int64) + 1
    blocks = np.stack([_by_block(v) for v in values], axis=1)
    return Lanes(blocks.reshape(len(blocks), -1), _by_block(tails), _by_block(period_of))


def _by_block[Number: np.generic](values: NDArray[Number]) -> NDArray[Number]:
    """Shape (B, LANES), the last block filled with the last value."""
    return np.pad(values, (0, -len(values) % LANES), mode="edge").reshape(-1, LANES)


def _step(lam: ComplexArray, step: FloatArray | float) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
    """e, b₀ and b₁."""
    first, second = _phi(lam * step)
    return np.exp(lam * step), -step * second, -step * (first - second)


def _phi(x: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
    """φ₁(x) = (eˣ − 1)/x and φ₂(x) = (φ₁(x) − 1)/x, without cancellation for small |x|."""
    small = np.abs(x) < _SERIES_BELOW
    large = np.where(small, np.ones_like(x), x)
    second: ComplexArray = (np.expm1(large).astype(np.complex128) / large - 1.0) / large
    series: ComplexArray = np.zeros_like(x)
    for k in range(_SERIES_TERMS, 0, -1):  # Horner: φ₂ = 1/2! + x/3! + x²/4! + ...
        series = (1.0 + series * x) / (k + 1)
    second[small] = series[small]
    return 1.0 + x * second, second
