"""Peak displacement of bilinear oscillators: many records and strengths at once.

u'' + 2 ζ ω u' + f(u) = −a_g, f elastic-plastic with kinematic hardening (stiffness ω², after yielding α ω²,
as Steel01 of OpenSees without isotropic hardening). Newmark's average acceleration (Newmark 1959, J. Eng.
Mech. Div. ASCE 85(3)), unconditionally stable; at a step h its period is (π h / T)² / 3 too long, 0.03 % at
h = T / 100.

A step needs no iteration: f at its end is the elastic line through the present state, cut off by the two
hardening lines. Each of the three lines alone gives a displacement at the end of the step, and the elastic
one, limited by the other two, is the solution, since both sides of the equation rise with u.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.spectra.recursion import subdivide
from gmplug.values import FloatArray, IntArray, Progress, no_progress

#: Steps per period at least.
STEPS_PER_PERIOD = 100
#: Zeros after each record, in periods: a peak may come after its end.
PERIODS_AFTER = 2.0
#: Records integrated side by side: bounds the memory.
_AT_ONCE = 128


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
    peaks = np.empty((len(acceleration_g), len(yield_acceleration_g)))
    strengths = np.asarray(yield_acceleration_g, dtype=float)
    order = np.argsort(
        [-len(a) * _parts(dt, period_s, steps_per_period) for a, dt in _pairs(acceleration_g, time_step_s)]
    )
    for start in range(0, len(order), _AT_ONCE):
        chosen = order[start : start + _AT_ONCE]
        progress(start, len(order), "bilinear oscillators")
        fine, steps = [], []
        for i in chosen:
            parts = _parts(time_step_s[i], period_s, steps_per_period)
            step = time_step_s[i] / parts
            tail = np.zeros(int(np.ceil(PERIODS_AFTER * period_s / step)))
            fine.append(np.concatenate([subdivide(np.asarray(acceleration_g[i], float), parts), tail]))
            steps.append(step)
        peaks[chosen] = _integrate(fine, np.array(steps), period_s, strengths, damping, hardening)
    return peaks


def _pairs(records: Sequence[FloatArray], steps: Sequence[float]) -> Iterator[tuple[FloatArray, float]]:
    return zip(records, steps, strict=True)


def _parts(time_step_s: float, period_s: float, steps_per_period: int) -> int:
    return max(1, int(np.ceil(time_step_s * steps_per_period / period_s * (1 - 1e-9))))


def _integrate(
    records: list[FloatArray],
    step_s: FloatArray,
    period_s: float,
    strengths_g: FloatArray,
    damping: float,
    hardening: float,
) -> FloatArray:
    """Peaks (n, R), m; every record has its own step and drops out at its end."""
    lengths = np.array([len(a) for a in records])
    order = np.argsort(-lengths, kind="stable")
    lengths, h = lengths[order], step_s[order][:, None]
    ground = np.zeros((int(lengths[0]), len(records), 1))
    for column, i in enumerate(order):
        ground[: lengths[column], column, 0] = STANDARD_GRAVITY_M_S2 * records[i]

    omega = 2 * np.pi / period_s
    k, c = omega**2, 2 * damping * omega
    by_u, by_v = 4 / h**2 + 2 * c / h, 4 / h + c
    offset = (1 - hardening) * STANDARD_GRAVITY_M_S2 * strengths_g[None, :]  # of the hardening lines at u = 0
    elastic, plastic = by_u + k, by_u + hardening * k

    u, v, f, peak = np.zeros((4, len(records), len(strengths_g)))
    a = np.broadcast_to(-ground[0], u.shape).copy()
    for first, last, active in _segments(lengths):
        row = slice(0, active)
        U, V, F, A, top = u[row], v[row], f[row], a[row], peak[row]
        bu, bv, el, pl, hh = by_u[row], by_v[row], elastic[row], plastic[row], 2 / h[row]
        for j in range(first, last):
            ag = ground[j, row]
            load = bu * U + bv * V + A - ag
            new = (load - F + k * U) / el
            np.maximum(new, (load - offset) / pl, out=new)
            np.minimum(new, (load + offset) / pl, out=new)
            moved = new - U
            line = hardening * k * new
            F += k * moved
            np.maximum(F, line - offset, out=F)
            np.minimum(F, line + offset, out=F)
            V[:] = hh * moved - V
            A[:] = -ag - c * V - F
            U[:] = new
            np.maximum(top, np.abs(new), out=top)
    result = np.empty_like(peak)
    result[order] = peak
    return result


def _segments(lengths: IntArray) -> Iterator[tuple[int, int, int]]:
    """Steps (first, last) during which the same number of records, the longest ones, is still running."""
    first = 1
    for last in np.unique(lengths):
        if last > first:
            yield first, int(last), int(np.sum(lengths >= last))
            first = int(last)
