"""Compiled loops: many oscillators side by side through one component, or through two.

An oscillator is a lane: w_{k+1} = e w_k + c a_k and ω² u_k = Im w_k + g a_k + d a_{k+1}, with e, c complex
and g, d real (:mod:`gmplug.spectra.lanes`). Lanes go in blocks and samples in rows, so that a block's numbers
stay in the processor's nearest cache and the loop over its lanes is vectorized.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from gmplug.spectra.lanes import LANES, ROWS, TAPS, Lanes
from gmplug.values import FloatArray

#: Samples for which a lane's state stays in registers.
_STEPS = 4
#: A variable: the compiler would make one more version of a function for the literal 0.
_START: Any = np.int64(0)
#: Where a block's numbers lie in its one array: real and imaginary parts of w, e, c; then g, d, the top.
_RE, _IM, _ER, _EI, _CR, _CI, _G, _D, _TOP = (LANES * i for i in range(9))

_COSINES, _SINES = np.cos(np.radians(np.arange(180))), np.sin(np.radians(np.arange(180)))


def _compiled(function: Any) -> Any:
    # no flag that lets sums be reordered or fused: the numbers are the same wherever this is compiled
    return njit(function, nogil=True, cache=True, fastmath={"nnan", "ninf", "nsz"})


@_compiled
def _rested(block: FloatArray, a: FloatArray) -> FloatArray:
    """Return a block of oscillators at rest at the first sample."""
    begun = np.empty_like(block)
    for j in range(len(block)):  # a loop, here and below: slices take a second to compile
        begun[j] = a[0] * block[j] if j < 2 * LANES else block[j]
    return begun


@_compiled
def _advance(a: FloatArray, first: int, block: FloatArray, other: FloatArray, out: FloatArray) -> None:
    """Write a block's responses at samples ``first`` and on to rows 2 and on of ``out``.

    Rows 0 and 1 become the last two of before. A lane's top becomes the largest sum of squares of its
    response and of the ``other`` component's. One flat array holds all that is a block's: the compiler then
    sees that its parts do not overlap.
    """
    begin = min(first, len(a) - ROWS - 1)
    for j in range(2 * LANES):
        out[j] = out[ROWS * LANES + j]
    for j in range(LANES):
        block[_TOP + j] = 0.0
    for k in range(0, ROWS, _STEPS):
        for j in range(LANES):
            re, im, top = block[_RE + j], block[_IM + j], block[_TOP + j]
            for i in range(_STEPS):
                now, then, at = a[begin + k + i], a[begin + k + i + 1], (k + i + 2) * LANES + j
                response = im + block[_G + j] * now + block[_D + j] * then
                out[at] = response
                top = max(top, response * response + other[at] * other[at])
                re, im = (
                    block[_ER + j] * re - block[_EI + j] * im + block[_CR + j] * now,
                    block[_ER + j] * im + block[_EI + j] * re + block[_CI + j] * now,
                )
            block[_RE + j], block[_IM + j], block[_TOP + j] = re, im, top


@_compiled
def between(halves: FloatArray, taps: FloatArray, out: FloatArray) -> None:
    """Write a record at each part of its half steps, from sums of samples at half steps.

    Parameters
    ----------
    halves
        Samples at half steps, as :func:`gmplug.spectra.resample.resampled` makes them.
    taps
        Weights, shape (parts, TAPS).
    """
    parts, block = len(taps), np.zeros(2 * ROWS + TAPS)
    for start in range(0, len(out) // parts, ROWS):
        for i in range(ROWS + TAPS):
            block[ROWS + i] = halves[start + i]
        for part in range(parts):
            for i in range(ROWS):
                block[i] = 0.0
            for t in range(0, TAPS, 4):
                h0, h1, h2, h3 = taps[part, t], taps[part, t + 1], taps[part, t + 2], taps[part, t + 3]
                for i in range(ROWS):
                    at = ROWS + t + i
                    block[i] += h0 * block[at] + h1 * block[at + 1] + h2 * block[at + 2] + h3 * block[at + 3]
            for i in range(min(ROWS, len(out) // parts - start)):
                out[(start + i) * parts + part] = block[i]


@_compiled
def _swing(block: FloatArray, j: int) -> float:
    """Square that the response's does not exceed after the record."""
    return block[_RE + j] ** 2 + block[_IM + j] ** 2


@_compiled
def peaks(a: FloatArray, lanes: Lanes, periods: int) -> FloatArray:
    """Largest |ω² u| of each of some periods, shape (P,).

    Parameters
    ----------
    a
        Record, then zeros to a multiple of ROWS, then ROWS + 1 more.
    """
    n, found = len(a) - ROWS - 1, np.zeros(periods)
    out, none = np.zeros((ROWS + 2) * LANES), np.zeros((ROWS + 2) * LANES)
    for b in range(len(lanes.blocks)):
        block, peak = _rested(lanes.blocks[b], a), np.zeros(LANES)
        first, going = _START, True
        while going:
            _advance(a, first, block, none, out)
            first += ROWS
            going = first < n
            for j in range(LANES):
                peak[j] = max(peak[j], block[_TOP + j])
                going = going or (first < n + lanes.tails[b, j] and _swing(block, j) > peak[j])
        for j in range(LANES):
            period = lanes.period_of[b, j]
            found[period] = max(found[period], math.sqrt(peak[j]))
    return found


@_compiled
def rotated_peaks(h1: FloatArray, h2: FloatArray, lanes: Lanes, periods: int, far: float) -> FloatArray:
    """Largest |ω² u| in each of 180 directions a degree apart, of each of some periods, shape (P, 180).

    Parameters
    ----------
    h1, h2
        Two components, each as for :func:`peaks`.
    far
        Values below this share of a period's largest may come out too small.
    """
    n, found = len(h1) - ROWS - 1, np.zeros((periods, 180))
    x, y, none = np.zeros((ROWS + 2) * LANES), np.zeros((ROWS + 2) * LANES), np.zeros((ROWS + 2) * LANES)
    for b in range(len(lanes.blocks)):
        block1, block2 = _rested(lanes.blocks[b], h1), _rested(lanes.blocks[b], h2)
        near = np.zeros(LANES)
        first, going = _START, True
        while going:  # how far from the origin a point has to be
            _advance(h1, first, block1, none, x)
            _advance(h2, first, block2, x, y)
            first += ROWS
            going = first < n
            for j in range(LANES):
                near[j] = max(near[j], far * far * block2[_TOP + j])
                swing = _swing(block1, j) + _swing(block2, j)
                going = going or (first < n + lanes.tails[b, j] and swing > near[j])
        block1, block2 = _rested(lanes.blocks[b], h1), _rested(lanes.blocks[b], h2)
        x, y = np.zeros_like(none), np.zeros_like(none)
        for again in range(0, first, ROWS):  # those that are
            _advance(h1, again, block1, none, x)
            _advance(h2, again, block2, x, y)
            for j in range(LANES):
                if block2[_TOP + j] >= near[j]:
                    _reach(x, y, j, near[j], found[lanes.period_of[b, j]])
    return found


@_compiled
def _reach(x: FloatArray, y: FloatArray, j: int, near: float, reach: FloatArray) -> None:
    """Note how far a lane's points reach in each direction, but for those nearer than ``near``, a square."""
    for at in range(2 * LANES + j, len(x), LANES):
        px, py = x[at], y[at]
        if px * px + py * py >= near:
            for angle in range(180):
                reach[angle] = max(reach[angle], abs(px * _COSINES[angle] + py * _SINES[angle]))
