"""Responses of many oscillators to one pair of components, fast enough to be repeated while matching.

The catalogue's own spectra come from :mod:`gmplug.spectra`; these serve the iterations alone. Oscillators are
evaluated by FFT, in single precision. Long periods are evaluated on a low-passed, thinned copy of the motion
with ample room behind it, in which free vibration dies before it wraps around.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from gmplug.values import FloatArray

DAMPING = 0.05

#: Longest period evaluated with every sample, and after thinning by the factor beside it.
_BANDS = ((0.25, 1), (1.0, 2), (np.inf, 8))
#: Directions between 0 and 180 degrees over which the median is taken while matching.
_ANGLES = np.arange(31) * 180.0 / 31
_TURN = np.column_stack([np.cos(np.radians(_ANGLES)), np.sin(np.radians(_ANGLES))]).astype(np.float32)


def transfer(frequency_hz: FloatArray, periods_s: FloatArray) -> NDArray[np.complex128]:
    """Transfer function from ground acceleration to pseudo-acceleration, shape (K, F), complex."""
    ratio = frequency_hz[None, :] * periods_s[:, None]
    return np.asarray(1.0 / ((1.0 - ratio**2) + 2j * DAMPING * ratio), dtype=np.complex128)


@dataclass(frozen=True)
class _Band:
    factor: int
    n_fft: int
    transfer: NDArray[np.complex64]


class Oscillators:
    """Oscillators of given periods (increasing) for motions of ``n`` samples."""

    def __init__(self, periods_s: FloatArray, n: int, time_step_s: float) -> None:
        # room for the longest period of the first band to die out, and a length that thinning divides
        self._n_fft = 8 * fft.next_fast_len(-(-(n + round(6.0 / time_step_s)) // 8), real=True)
        self._bands: list[_Band] = []
        start = 0
        for longest, factor in _BANDS:
            stop = int(np.searchsorted(periods_s, longest, side="right"))
            if stop == start:
                continue
            room = 0 if factor == 1 else round(16.0 * min(longest, periods_s[-1]) / (factor * time_step_s))
            n_fft = fft.next_fast_len(self._n_fft // factor + room, real=True)
            frequency = fft.rfftfreq(n_fft, factor * time_step_s)
            response = transfer(frequency, periods_s[start:stop]).astype(np.complex64)
            self._bands.append(_Band(factor, n_fft, response))
            start = stop

    def peak(self, acceleration: FloatArray) -> FloatArray:
        """Return pseudo-acceleration of one component, shape (K,); ``acceleration`` is (n,)."""
        responses = self._responses(acceleration[None, :])
        return np.asarray([np.abs(response).max() for response in responses])

    def rotd50(self, acceleration: FloatArray) -> FloatArray:
        """Return pseudo-acceleration, median over all directions, shape (K,); ``acceleration`` is (2, n)."""
        peaks = np.stack([peaks_by_direction(response) for response in self._responses(acceleration)])
        return np.median(peaks, axis=1).astype(float)

    def _responses(self, acceleration: FloatArray) -> Iterator[FloatArray]:
        """Response (C, m) of each oscillator; m and the time step differ between bands."""
        spectrum = fft.rfft(acceleration.astype(np.float32), self._n_fft)
        for band in self._bands:
            thinned = spectrum
            if band.factor > 1:
                keep = self._n_fft // band.factor
                low = fft.irfft(spectrum[:, : keep // 2 + 1], keep) / band.factor
                thinned = fft.rfft(low, band.n_fft)
            for response in band.transfer:
                yield fft.irfft(thinned * response, band.n_fft)


def peaks_by_direction(response: FloatArray) -> FloatArray:
    """Peak in each direction, where it is at least the median of them; ``response`` is (2, m).

    At least half of all directions lie within 45° of the strongest, so the median is not below 0.707 of it,
    and only points beyond that radius can matter.
    """
    radius2 = response[0] ** 2 + response[1] ** 2
    far = response[:, radius2 >= 0.49 * radius2.max()]
    return np.abs(_TURN @ far).max(axis=1)
