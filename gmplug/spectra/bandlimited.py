"""Oscillator response to the band-limited record, in the frequency domain.

Between samples a record is what the sampling theorem says, a sum of sincs, not a chain of straight lines:
those lose about (π dt / T)² / 3 of a motion's amplitude at period T. The response of a linear oscillator to
the band-limited record is its Fourier transform times the transfer function, at any spacing that is wanted.

The discrete transform gives the response to the record repeated for ever. What earlier repetitions leave
behind is a free vibration from the state shortly before the first sample; it is taken off (Veletsos & Ventura
1985, J. Struct. Eng. 111(12):2625-2643), so that zeros are needed only for the swing after the record's end.
"Shortly before", because a first sample other than zero sets in band-limited too, with half its impulse
before its time.

Transforms back to time are in single precision: spectra are good to about 1e-6, in half the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gmplug.spectra.recursion import ComplexArray, pole
from gmplug.values import FloatArray, IntArray

#: Zeros after the record, in longest periods: its last swing may be the largest.
PAD_PERIODS = 1.0
#: Zeros before the record, in samples (at the end of the cycle): there the oscillators are at rest.
_LEAD = 64
#: Values of responses made at a time, so that they stay in the processor's cache; but at least so many
#: responses, which the transform makes side by side in the processor's vector registers.
_CHUNK = 1 << 17
_FEWEST = 4


@dataclass(frozen=True)
class Transform:
    """A padded record's Fourier transform: ``values`` shape (N // 2 + 1,), N even."""

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
        Periodic solution, g, shape (p, M).
    step_s
        Spacing of its times t, s; t = 0 is the record's first sample.
    wrap_g
        c, shape (p,): the free vibration to take off is Im(c exp(λ t)).
    pole
        λ, 1/s, shape (p,).
    scratch
        Room for :meth:`peaks`, shape of ``values_g``.
    """

    chosen: IntArray
    values_g: NDArray[np.float32]
    step_s: float
    wrap_g: ComplexArray
    pole: ComplexArray
    scratch: NDArray[np.float32]

    def whole(self) -> FloatArray:
        """Responses of oscillators at rest before the record, g, shape (p, M)."""
        times = self.step_s * np.arange(self.values_g.shape[-1])
        return self.values_g - (self.wrap_g[:, None] * np.exp(self.pole[:, None] * times)).imag

    def peaks(self) -> FloatArray:
        """Largest absolute responses of oscillators at rest before the record, g, shape (p,).

        The vibration is taken off only where it could decide which sample is largest.
        """
        values = self.values_g
        size = np.abs(values, out=self.scratch)
        highest = size.max(axis=-1).astype(float)
        near = size >= (highest - 2.0 * np.abs(self.wrap_g))[:, None].astype(np.float32)
        row, sample = np.divmod(np.flatnonzero(near), values.shape[-1])
        wave = self.wrap_g[row] * np.exp(self.pole[row] * (self.step_s * sample))
        peaks = np.zeros(len(values))
        np.maximum.at(peaks, row, np.abs(values[row, sample] - wave.imag))
        return peaks


def transform(acceleration_g: FloatArray, time_step_s: float, longest_period_s: float) -> Transform:
    """Pad ``acceleration_g``, shape (n,), with zeros and transform it."""
    from scipy import fft

    wanted = len(acceleration_g) + int(np.ceil(PAD_PERIODS * longest_period_s / time_step_s)) + _LEAD
    size = 2 * int(fft.next_fast_len((wanted + 1) // 2, real=True))
    values = fft.rfft(acceleration_g, size)
    values[-1] *= 0.5  # the Nyquist term stands for a positive and a negative frequency
    return Transform(values.astype(np.complex64), size, time_step_s)


def responses(
    record: Transform, periods_s: FloatArray, damping: float, finer: IntArray
) -> Iterator[Responses]:
    """Responses of all oscillators, some at a time, at the record's spacing over ``finer``, shape (P,)."""
    for factor in np.unique(finer):
        members = np.flatnonzero(finer == factor)
        rows = max(_FEWEST, _CHUNK // (record.size * int(factor)))
        workspace = _Workspace(record, min(rows, len(members)), record.size * int(factor))
        for start in range(0, len(members), rows):
            chosen = members[start : start + rows]
            yield _response(record, workspace, chosen, periods_s[chosen], damping, int(factor))


class _Workspace:
    """Arrays that are used again from one group of oscillators to the next: making them anew takes longer."""

    def __init__(self, record: Transform, rows: int, samples: int) -> None:
        lines = len(record.values)
        line = np.arange(lines)
        self.frequency = line.astype(np.float32)
        #: Times a spectrum's lines, real and imaginary parts summed: the slope at the start of the lead.
        angle = 2.0 * np.pi * line / record.size
        slope = 1j * angle * np.exp(-1j * angle * _LEAD) * (2.0 / record.size / record.time_step_s)
        self.slope = slope.conj().astype(np.complex64).view(np.float32)
        self.real = np.empty((rows, lines), dtype=np.float32)
        self.imaginary = np.empty((rows, lines), dtype=np.float32)
        self.squared = np.empty((rows, lines), dtype=np.float32)
        self.spectrum = np.empty((rows, lines), dtype=np.complex64)
        self.absolute = np.empty((rows, samples), dtype=np.float32)


def _response(
    record: Transform,
    workspace: _Workspace,
    chosen: IntArray,
    periods_s: FloatArray,
    damping: float,
    finer: int,
) -> Responses:
    from scipy import fft

    spectrum = _filtered(record, workspace, periods_s, damping)
    values = fft.irfft(spectrum, record.size * finer, axis=-1)
    if finer > 1:
        values *= np.float32(finer)  # irfft divides by its own size, the transform by none
    lam = pole(periods_s, damping)
    lead = _LEAD * finer
    start = values[:, -lead].astype(float)
    # einsum, not @: small products are not worth the threads that BLAS would wake
    slope = np.einsum("pf,f->p", spectrum.view(np.float32), workspace.slope)
    # Im(c exp(λ t)) has the periodic solution's value and slope at the start of the lead
    wrap = (slope - lam.real * start) / lam.imag + 1j * start
    wrap *= np.exp(lam * (_LEAD * record.time_step_s))
    values = values[:, :-lead]
    scratch = workspace.absolute[: len(chosen), : values.shape[-1]]
    return Responses(chosen, values, record.time_step_s / finer, wrap, lam, scratch)


def _filtered(
    record: Transform, workspace: _Workspace, periods_s: FloatArray, damping: float
) -> NDArray[np.complex64]:
    """Transform of ω² u: −A / (1 − r² + 2iζr) with r = f T, shape (P, N // 2 + 1)."""
    p = len(periods_s)
    x, y, d = workspace.real[:p], workspace.imaginary[:p], workspace.squared[:p]
    transfer = workspace.spectrum[:p]
    per_line = (periods_s / (record.size * record.time_step_s)).astype(np.float32)
    np.multiply(workspace.frequency, per_line[:, None], out=y)
    np.multiply(y, y, out=x)
    x -= np.float32(1.0)
    y *= np.float32(2.0 * damping)
    # 1 / (x − iy) in real arithmetic: numpy's complex division takes twice as long
    np.multiply(x, x, out=d)
    np.multiply(y, y, out=transfer.real)  # a place to keep it
    d += transfer.real
    np.divide(x, d, out=transfer.real)
    np.divide(y, d, out=transfer.imag)
    transfer *= record.values
    return transfer
