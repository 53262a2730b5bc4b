"""Peak displacement of bilinear oscillators, in compiled loops: many records and strengths.

u'' + 2 ζ ω u' + f(u) = −a_g, f elastic-plastic with kinematic hardening (stiffness ω², after yielding α ω²,
as Steel01 of OpenSees without isotropic hardening). Newmark's average acceleration (Newmark 1959, J. Eng.
Mech. Div. ASCE 85(3)), unconditionally stable; at a step h its period is (π h / T)² / 3 too long, 0.03 % at
h = T / 100.

A step needs no iteration: f at its end is the elastic line through the present state, cut off by the two
hardening lines. Each of the three lines alone gives a displacement at the end of the step, and the elastic
one, limited by the other two, is the solution, since both sides of the equation rise with u.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit

from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.spectra.many import map_in_threads
from gmplug.values import FloatArray, Progress, no_progress

#: Steps per period at least.
STEPS_PER_PERIOD = 100
#: Zeros after each record, in periods: a peak may come after its end.
PERIODS_AFTER = 2.0
#: Yield acceleration, g, that no oscillator reaches: the compiled loops cannot compute with infinity.
_NEVER = 1e9


def bilinear_peaks(
    acceleration_g: Sequence[FloatArray],
    time_step_s: Sequence[float],
    period_s: float,
    yield_acceleration_g: Sequence[float],
    *,
    damping: float = 0.05,
    hardening: float = 0.03,
    steps_per_period: int = STEPS_PER_PERIOD,
    progress: Progress = no_progress,
) -> FloatArray:
    """Largest absolute displacement of each oscillator under each record, m, shape (N, R).

    Parameters
    ----------
    acceleration_g
        N records, g, shape (n_i,) each; straight lines between the samples.
    time_step_s
        Of each record, s.
    period_s
        Period of the elastic oscillator, s.
    yield_acceleration_g
        Yield strength over weight of each of the R oscillators; infinite for a linear one.
    damping
        Viscous damping ratio.
    hardening
        Stiffness after yielding over the elastic one, α.
    steps_per_period
        A record is divided into equal parts of its own steps until there are so many.
    """
    strengths = STANDARD_GRAVITY_M_S2 * np.minimum(np.asarray(yield_acceleration_g, dtype=float), _NEVER)

    def peaks(record: tuple[FloatArray, float]) -> FloatArray:
        a, step = record
        parts = max(1, int(np.ceil(step * steps_per_period / period_s * (1 - 1e-9))))
        ground = STANDARD_GRAVITY_M_S2 * np.asarray(a, dtype=float)
        return np.asarray(_peaks(ground, step / parts, parts, period_s, strengths, damping, hardening))

    found = np.empty((len(acceleration_g), len(strengths)))
    for row, peak in enumerate(map_in_threads(peaks, zip(acceleration_g, time_step_s, strict=True))):
        found[row] = peak
        progress(row + 1, len(found), "bilinear oscillators")
    return found


def _compiled(function: Any) -> Any:
    # no flag that lets sums be reordered or fused: the numbers are the same wherever this is compiled
    return njit(function, nogil=True, cache=True, fastmath={"nnan", "ninf", "nsz"})


@_compiled
def _peaks(
    ground: FloatArray,
    h: float,
    parts: int,
    period_s: float,
    strengths: FloatArray,
    damping: float,
    hardening: float,
) -> FloatArray:
    """Largest |u|, m, shape (R,), under a record, m/s², whose steps are divided into parts of ``h``."""
    omega = 2.0 * np.pi / period_s
    k, c = omega**2, 2.0 * damping * omega
    by_u, by_v = 4.0 / h**2 + 2.0 * c / h, 4.0 / h + c
    state = np.zeros((5, len(strengths)))
    state[3] = -ground[0]
    for j in range(1, len(ground)):
        rise = (ground[j] - ground[j - 1]) / parts
        for part in range(1, parts + 1):
            _step(state, strengths, ground[j - 1] + part * rise, k, c, h, by_u, by_v, hardening)
    for _ in range(int(np.ceil(PERIODS_AFTER * period_s / h))):
        _step(state, strengths, 0.0, k, c, h, by_u, by_v, hardening)
    return state[4]


@_compiled
def _step(
    state: FloatArray,
    strengths: FloatArray,
    ground: float,
    k: float,
    c: float,
    h: float,
    by_u: float,
    by_v: float,
    hardening: float,
) -> None:
    """Carry u, u', f, u'' and the largest |u| of each oscillator to the end of a step, shape (5, R)."""
    for r in range(len(strengths)):
        u, v, f, a = state[0, r], state[1, r], state[2, r], state[3, r]
        offset = (1.0 - hardening) * strengths[r]  # of the hardening lines at u = 0
        load = by_u * u + by_v * v + a - ground
        new = (load - f + k * u) / (by_u + k)
        new = max(new, (load - offset) / (by_u + hardening * k))
        new = min(new, (load + offset) / (by_u + hardening * k))
        line = hardening * k * new
        f = min(max(f + k * (new - u), line - offset), line + offset)
        v = 2.0 / h * (new - u) - v
        state[0, r], state[1, r], state[2, r], state[3, r] = new, v, f, -ground - c * v - f
        state[4, r] = max(state[4, r], abs(new))
