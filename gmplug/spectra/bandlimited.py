"""Oscillator response to the band-limited record, in the frequency domain.

Between samples a record is what the sampling theorem says, a sum of sincs, not a chain of straight lines: those
lose about (π dt / T)² / 3 of a motion's amplitude at period T. The response of a linear oscillator to the
band-limited record is its Fourier transform times the transfer function, at any spacing that is wanted.

The discrete transform gives the response to the record repeated for ever. What earlier repetitions leave behind
is a free vibration from the state at the first sample; it is taken off (Veletsos & Ventura 1985, J. Struct. Eng.
111(12):2625-2643), so that zeros are needed only for the swing after the record's end.

Transforms back to time are in single precision: spectra are good to about 1e-6, in half the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gmplug.spectra.recursion import pole
from gmplug.values import FloatArray, IntArray

#: Zeros after the record, in longest periods: its last swing may be the largest.
PAD_PERIODS = 1.0
#: Values of a response that are made at a time, so that they stay in the processor's cache.
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Transform:
    """A padded record's Fourier transform: ``values`` shape (C, N // 2 + 1), N even."""

    values: NDArray[np.complex64]
    size: int
    time_step_s: float


@dataclass(frozen=True)
class Responses:
    """ω² u of some oscillators, before the free vibration that earlier repetitions left is taken off.

    Parameters
    ----------
    chosen
        Positions of these oscillators among the periods asked for, shape (p,).
    values_g
        Periodic solution, g, shape (p, C, M).
    step_s
        Spacing of its times, s; the first is the record's first sample.
    wrap_g
        c, shape (p, C): the free vibration to take off is Im(c exp(λ t)).
    pole
        λ, 1/s, shape (p,).
    """

    chosen: IntArray
    values_g: NDArray[np.float32]
    step_s: float
    wrap_g: NDArray[np.complex128]
    pole: NDArray[np.complex128]

    def at(self, period: IntArray, component: IntArray, sample: IntArray) -> FloatArray:
        """Response of an oscillator at rest at the first sample, g, at the positions given."""
        wave = self.wrap_g[period, component] * np.exp(self.pole[period] * (self.step_s * sample))
        return self.values_g[period, component, sample] - wave.imag


def transform(acceleration_g: FloatArray, time_step_s: float, longest_period_s: float) -> Transform:
    """Pad ``acceleration_g``, shape (C, n), with zeros and transform it."""
    from scipy import fft

    wanted = acceleration_g.shape[-1] + int(np.ceil(PAD_PERIODS * longest_period_s / time_step_s)) + 1
    size = 2 * int(fft.next_fast_len((wanted + 1) // 2, real=True))
    values = fft.rfft(acceleration_g, size, axis=-1)
    values[..., -1] *= 0.5  # the Nyquist term stands for a positive and a negative frequency
    return Transform(values.astype(np.complex64), size, time_step_s)


def responses(
    record: Transform, periods_s: FloatArray, damping: float, samples_per_period: float, most_finer: int
) -> Iterator[Responses]:
    """Responses of all oscillators, some at a time.

    The spacing is the record's, or that over a power of two up to ``most_finer``, so that a period has
    ``samples_per_period``.
    """
    wanted = samples_per_period * record.time_step_s / periods_s
    finer = 2 ** np.ceil(np.log2(np.clip(wanted * (1 - 1e-9), 1.0, most_finer))).astype(int)
    for factor in np.unique(finer):
        members = np.flatnonzero(finer == factor)
        rows = max(1, _CHUNK // (record.size * int(factor) * record.values.shape[0]))
        for start in range(0, len(members), rows):
            chosen = members[start : start + rows]
            yield _response(record, chosen, periods_s[chosen], damping, int(factor))


def _response(
    record: Transform, chosen: IntArray, periods_s: FloatArray, damping: float, finer: int
) -> Responses:
    from scipy import fft

    spectrum = _filtered(record, periods_s, damping)
    # irfft divides by its own size, the transform by none
    values = fft.irfft(spectrum, record.size * finer, axis=-1)
    values *= np.float32(finer)
    lam = pole(periods_s, damping)
    frequency = np.arange(spectrum.shape[-1], dtype=np.float32)
    slope = (spectrum.imag @ frequency) * (-4.0 * np.pi / (record.size**2 * record.time_step_s))
    start = values[..., 0].astype(float)
    # Im(c exp(λ t)) has the periodic solution's value and slope at time 0
    wrap = (slope - lam.real[:, None] * start) / lam.imag[:, None] + 1j * start
    return Responses(chosen, values, record.time_step_s / finer, wrap, lam)


def _filtered(record: Transform, periods_s: FloatArray, damping: float) -> NDArray[np.complex64]:
    """Transform of ω² u: −A / (1 − r² + 2iζr) with r = f T, shape (P, C, N // 2 + 1)."""
    frequency = np.arange(record.values.shape[-1], dtype=np.float32)
    per_line = (periods_s / (record.size * record.time_step_s)).astype(np.float32)
    ratio = frequency * per_line[:, None]
    real = ratio * ratio
    real -= 1.0
    ratio *= np.float32(-2.0 * damping)
    # 1 / (x + iy) in real arithmetic: numpy's complex division takes twice as long
    squared = real * real
    squared += ratio * ratio
    np.reciprocal(squared, out=squared)
    transfer = np.empty(real.shape, dtype=np.complex64)
    np.multiply(real, squared, out=transfer.real)
    np.multiply(ratio, squared, out=transfer.imag)
    np.negative(transfer.imag, out=transfer.imag)
    if len(record.values) == 1:
        transfer *= record.values
        return transfer[:, None, :]
    return transfer[:, None, :] * record.values
