"""Making a pair of components compatible with a response spectrum.

Frequency-domain iterations (Gasparini & Vanmarcke 1976; Silva & Lee 1987): Fourier amplitudes are
multiplied by a smooth real function of frequency, phases stay. The function comes from a damped least-squares
step rather than from the ratio at the same period alone, because at short periods an oscillator's response is
made by lower frequencies: the sensitivity of ln Sa to the amplitudes is taken from random vibration theory,
where the mean square response is the power that the oscillator passes (Boore 2003, section on random
vibration). After every step the motion is tapered and its baseline corrected, so that the spectrum that is
matched is that of the final motion.

A function with the detail of a drawn spectrum spreads each wave over time and would prolong the motion.
Changes are therefore confined to the strong motion, and each step moves the energy partly back to its
distribution over time. The spectrum does not determine peak velocity. Each step therefore also changes the
motion of low frequency around its largest velocities, so that PGV approaches its own value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

from gmplug.catalogue.simulated.process import TIME_STEP_S
from gmplug.measures.compute import peak_velocity_cm_s, velocity_g_s
from gmplug.spectra import rotd_spectrum
from gmplug.values import FloatArray, Motion

#: Cosine tapers at the start and the end, s.
TAPER_START_S, TAPER_END_S = 4.0, 12.0
#: Powers of time in the displacement that the baseline correction removes.
BASELINE_POWERS = (3, 4, 5, 6, 7)

#: Weight of the step's size, and of its roughness over ln period, against the misfit.
_SIZE, _ROUGHNESS = 3e-3, 3e-4
#: Shortest period at whose frequency the amplitudes have a node: what lies beyond is left as it comes.
_SHORTEST_NODE_S = 0.025
#: Largest change of ln amplitude in one step.
_LONGEST_STEP = 1.5

#: Weight of the misfit of PGV beside that of the spectrum.
_PGV_WEIGHT = 0.1
#: Bands of frequencies that change in a window of time of their own: their edges, Hz, and a cycle of each, s.
_EDGES_HZ, _CYCLE_S = (0.5, 2.0), (5.0, 1.0, 0.3)
#: Shares of the energy between which the motion is strong.
_STRONG = (0.001, 0.97)
#: Share of the correction of timing and of PGV in one step; whole corrections would disturb the spectrum.
_TIMING_STEP, _PGV_STEP = 0.1, 0.25
#: Smoothing of the velocity's envelope, s; largest step of ln PGV.
_PEAK_S, _LONGEST_PGV_STEP = 0.4, 0.3
#: Energy added to both energies that timing compares, as a share of the largest of the goal.
_FLOOR = 2e-3


class Baseline:
    """Tapers, and subtracts a polynomial from the displacement so that the motion ends at rest.

    As PEER does (Ancheta et al. 2013, PEER 2013/03: a polynomial without constant and linear term is fitted
    to the displacement and its second derivative taken off the acceleration), with the fit constrained to
    leave neither velocity nor displacement at the end. Integration is by the trapezoidal rule.
    """

    def __init__(self, n: int) -> None:
        self._taper = np.ones(n)
        for length, side in ((TAPER_START_S, slice(None)), (TAPER_END_S, slice(None, None, -1))):
            m = round(length / TIME_STEP_S)
            self._taper[side][:m] *= 0.5 * (1.0 - np.cos(np.pi * np.arange(m) / m))
        x = np.arange(n) / (n - 1)
        accelerations = np.stack([p * (p - 1) * x ** (p - 2) for p in BASELINE_POWERS])
        velocity, displacement = integrate(accelerations)
        ends = np.stack([velocity[:, -1], displacement[:, -1]])
        thin = displacement[:, ::20]
        # least squares with the two end conditions as Lagrange constraints
        k = len(BASELINE_POWERS)
        scale = np.abs(displacement[0, -1]) ** 2 * thin.shape[1]
        system = np.zeros((k + 2, k + 2))
        system[:k, :k] = thin @ thin.T / scale
        system[:k, k:], system[k:, :k] = ends.T, ends
        right = np.zeros((k + 2, thin.shape[1] + 2))
        right[:k, : thin.shape[1]] = thin / scale
        right[k:, thin.shape[1] :] = np.eye(2)
        self._solve = np.linalg.solve(system, right)[:k]
        self._shapes = accelerations

    def __call__(self, acceleration: FloatArray) -> FloatArray:
        """Return the corrected motion, shape (C, n)."""
        tapered = acceleration * self._taper
        velocity, displacement = integrate(tapered)
        for _ in range(2):  # once more for the rounding of the first solution
            seen = np.concatenate([displacement[:, ::20], velocity[:, -1:], displacement[:, -1:]], axis=1)
            tapered = tapered - (seen @ self._solve.T) @ self._shapes
            velocity, displacement = integrate(tapered)
        return tapered


def integrate(acceleration: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Velocity and displacement from rest, trapezoidal rule, time in steps, shape (C, n)."""
    velocity = velocity_g_s(acceleration, 1.0)
    return velocity, velocity_g_s(velocity, 1.0)


def timing(motion: FloatArray, goal: Goal) -> FloatArray:
    """Return factors over time, shape (n,), that bring a motion nearer to the energy it should have."""
    energy = np.sum(np.square(motion), axis=0)
    found = smoothed(energy / energy.sum(), goal.window_s)
    wanted = smoothed(goal.energy, goal.window_s)
    floor = _FLOOR * float(wanted.max())
    return ((wanted + floor) / (found + floor)) ** (0.5 * _TIMING_STEP)


def peak_change(slow: FloatArray, ln_change: float) -> FloatArray:
    """Return what to add to a motion of low frequencies to change its largest velocities by ``ln_change``."""
    velocity = velocity_g_s(slow, 1.0)
    level = smoothed(np.sum(np.square(velocity), axis=0), _PEAK_S)
    step = float(np.clip(ln_change, -_LONGEST_PGV_STEP, _LONGEST_PGV_STEP))
    return np.gradient(velocity * np.expm1(step * level / level.max()), axis=-1)


def smoothed(values: FloatArray, window_s: float) -> FloatArray:
    """Moving mean over a window, shape (n,)."""
    half = max(round(0.5 * window_s / TIME_STEP_S), 1)
    total = np.concatenate([np.zeros(half + 1), np.cumsum(values)])
    total = np.append(total, np.full(half, total[-1]))
    return np.asarray((total[2 * half + 1 :] - total[: len(values)]) / (2 * half + 1))


@dataclass(frozen=True)
class Goal:
    """What a motion should have.

    Parameters
    ----------
    ln_sa
        ln RotD50 (g) at the matcher's periods, shape (K,).
    energy
        How the squared acceleration is distributed over the samples, shape (n,); the sum is 1.
    window_s
        Time over which that distribution is held, s: what happens within is left to chance.
    ln_pgv
        ln of the peak ground velocity (RotD50, cm/s), or None.
    """

    ln_sa: FloatArray
    energy: FloatArray
    window_s: float
    ln_pgv: float | None = None


@dataclass(frozen=True)
class Match:
    """A motion (g, shape (2, n)) and its misfits: ln of found over wanted RotD50, shape (K,), and of PGV."""

    acceleration_g: FloatArray
    misfit_ln: FloatArray
    pgv_misfit_ln: float = 0.0

    @property
    def mean_misfit(self) -> float:
        """Mean over the periods of the misfit's size."""
        return float(np.mean(np.abs(self.misfit_ln)))

    @property
    def score(self) -> float:
        """The mean misfit with that of PGV."""
        return self.mean_misfit + _PGV_WEIGHT * abs(self.pgv_misfit_ln)


def _passed(frequency_hz: FloatArray, periods_s: FloatArray, damping: float = 0.05) -> FloatArray:
    """Share of the power at each frequency that an oscillator's pseudo-acceleration passes, shape (K, F)."""
    ratio2 = np.square(frequency_hz[None, :] * periods_s[:, None])
    return np.asarray(1.0 / ((1.0 - ratio2) ** 2 + 4.0 * damping**2 * ratio2))


class Matcher:
    """Matches motions of ``n`` samples at given periods (s, increasing, shape (K,))."""

    def __init__(self, periods_s: FloatArray, n: int) -> None:
        self._periods_s = periods_s
        self._baseline = Baseline(n)
        self._n = n
        self._n_fft = fft.next_fast_len(n + 1000, real=True)
        frequency = fft.rfftfreq(self._n_fft, TIME_STEP_S)
        self._passed = _passed(frequency, periods_s)
        below = [1.0 / (1.0 + (frequency / edge) ** 4) for edge in _EDGES_HZ]
        self._slow = below[-1]
        self._bands = np.diff([np.zeros_like(frequency), *below, np.ones_like(frequency)], axis=0)
        # ln amplitude is piecewise linear in ln f between nodes at the oscillators' frequencies
        self._ln_f = np.log(np.maximum(frequency, 1e-3))
        self._nodes = np.sort(np.log(1.0 / periods_s[periods_s >= _SHORTEST_NODE_S]))
        place = np.clip(np.searchsorted(self._nodes, self._ln_f, side="right") - 1, 0, len(self._nodes) - 2)
        left, right = self._nodes[place], self._nodes[place + 1]
        self._upper = np.clip((self._ln_f - left) / (right - left), 0.0, 1.0)
        self._starts = np.searchsorted(place, np.arange(len(self._nodes) - 1))
        rough = np.diff(np.eye(len(self._nodes)), 2, axis=0)
        self._damping = _SIZE * np.eye(len(self._nodes)) + _ROUGHNESS * rough.T @ rough

    def match(self, acceleration: FloatArray, goal: Goal, steps: int, enough: float) -> Match:
        """Return the best motion found within ``steps``, or as soon as its score is below ``enough``."""
        best = last = self._compare(self._baseline(acceleration), goal)
        windows = self._windows(goal)
        for _ in range(steps):
            if best.score < enough:
                break
            last = self._compare(self._step(last, goal, windows), goal)
            best = min(best, last, key=lambda match: match.score)
        return best

    def _compare(self, motion: FloatArray, goal: Goal) -> Match:
        (sa_g,) = rotd_spectrum(motion[0], motion[1], TIME_STEP_S, self._periods_s, percentiles=(50,))
        misfit = np.log(sa_g) - goal.ln_sa
        if goal.ln_pgv is None:
            return Match(motion, misfit)
        pgv_cm_s = peak_velocity_cm_s(Motion(TIME_STEP_S, motion), 50.0)
        return Match(motion, misfit, float(np.log(pgv_cm_s)) - goal.ln_pgv)

    def _windows(self, goal: Goal) -> FloatArray:
        """When each band of frequencies may change, shape (B, n): the strong motion and a cycle around it.

        Within it, all but the lowest band change more where the motion is stronger, or its tail would grow.
        """
        first, last = np.searchsorted(np.cumsum(goal.energy), _STRONG)
        windows = np.zeros((len(_CYCLE_S), self._n))
        for row, cycle_s in zip(windows, _CYCLE_S, strict=True):
            around = round(cycle_s / TIME_STEP_S)
            row[max(first - around, 0) : last + around] = 1.0
            row[:] = smoothed(smoothed(row, 2 * cycle_s), 2 * cycle_s)
        for row, cycle_s in zip(windows[1:], _CYCLE_S[1:], strict=True):
            energy = smoothed(smoothed(goal.energy, 2 * cycle_s + goal.window_s), 2 * cycle_s)
            row *= np.sqrt(energy / energy.max())
        return windows

    def _step(self, match: Match, goal: Goal, windows: FloatArray) -> FloatArray:
        spectrum = fft.rfft(match.acceleration_g, self._n_fft)
        power = np.sum(np.abs(spectrum) ** 2, axis=0)
        share = self._gather(self._passed * power)
        share /= share.sum(axis=1, keepdims=True)
        normal = share.T @ share + self._damping
        change = np.clip(np.linalg.solve(normal, -share.T @ match.misfit_ln), -_LONGEST_STEP, _LONGEST_STEP)
        gain = np.expm1(np.interp(self._ln_f, self._nodes, change))
        parts = np.concatenate([self._bands * gain, self._slow[None]])
        *changes, slow = fft.irfft(spectrum * parts[:, None], self._n_fft)[..., : self._n]
        changes = [part * window for part, window in zip(changes, windows, strict=True)]
        motion = match.acceleration_g + sum(changes)
        motion = motion * timing(motion, goal)
        if goal.ln_pgv is not None:
            motion += peak_change(slow + sum(changes[:-1]), -_PGV_STEP * match.pgv_misfit_ln)
        return self._baseline(motion)

    def _gather(self, parts: FloatArray) -> FloatArray:
        """Sum contributions of frequencies, shape (K, F), over the nodes that scale them, (K, nodes)."""
        upper = np.add.reduceat(parts * self._upper, self._starts, axis=1)
        whole = np.add.reduceat(parts, self._starts, axis=1)
        result = np.zeros((len(parts), len(self._nodes)))
        result[:, 1:] += upper
        result[:, :-1] += whole - upper
        return result
