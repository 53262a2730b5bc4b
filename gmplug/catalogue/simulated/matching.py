"""Making a pair of components compatible with a response spectrum.

Frequency-domain iterations (Gasparini & Vanmarcke 1976; Silva & Lee 1987): Fourier amplitudes are
multiplied by a smooth real function of frequency, phases stay. The function comes from a damped least-squares
step rather than from the ratio at the same period alone, because at short periods an oscillator's response is
made by lower frequencies: the sensitivity of ln Sa to the amplitudes is taken from random vibration theory,
where the mean square response is the power that the oscillator passes (Boore 2003, section on random
vibration). After every step the motion is tapered and its baseline corrected, so that the spectrum that is
matched is that of the final motion.

A function with the detail of a drawn spectrum spreads each wave over time and would prolong the motion.
Changes are therefore confined to the strong motion, and steps that hold the motion move the energy partly
back to its distribution over time. The spectrum does not determine peak velocity. Steps therefore also change
the motion of low frequency around its largest velocities, so that PGV approaches its own value.

Response spectra take most of the time. None are computed where random vibration theory predicts well enough
what a step does to them: for the first change of a realization, and within steps that hold the motion. At
long periods every fourth sample is enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

from gmplug.catalogue.simulated.process import TIME_STEP_S
from gmplug.measures.compute import peak_velocity_cm_s, velocity_g_s
from gmplug.spectra import rotd_spectrum
from gmplug.spectra.lanes import ComplexArray
from gmplug.values import FloatArray, Motion

#: Cosine tapers at the start and the end, s.
TAPER_START_S, TAPER_END_S = 4.0, 12.0
#: Powers of time in the displacement that the baseline correction removes.
BASELINE_POWERS = (3, 4, 5, 6, 7)

#: Weight of the step's size, and of its roughness over ln period, against the misfit.
_SIZE, _ROUGHNESS = 3e-4, 3e-4
#: Shortest period at whose frequency the amplitudes have a node: what lies beyond is left as it comes.
_SHORTEST_NODE_S = 0.015
#: Relative width of the groups of frequencies over which powers are summed.
_GROUP = 0.02
#: Largest change of ln amplitude in one step.
_LONGEST_STEP = 3.0
#: One sample of so many is kept for PGV and for spectra from a period on, s.
_COARSE, _COARSE_FROM_S = 4, 0.6

#: ln of RotD50 over the root mean square response in one second: the smaller one of two lines over ln T, less
#: a share of ln D5-95; found in matched records, which differ from it by 0.17.
_LN_PEAK, _LN_PEAK_DURATION = ((0.85, 0.0), (0.32, -0.27)), 0.3
#: Least-squares steps by which a realization is brought to a spectrum by random vibration theory.
_SHAPING_STEPS = 4

#: Weight of the misfit of PGV beside that of the spectrum.
_PGV_WEIGHT = 0.1
#: Bands of frequencies that change in a window of time of their own: their edges, Hz, and a cycle of each, s.
_EDGES_HZ, _CYCLE_S = (0.5, 2.0), (5.0, 1.0, 0.3)
#: Shares of the energy between which the motion is strong.
_STRONG = (0.001, 0.97)
#: Share of the correction of timing in one step: the whole one would disturb the spectrum.
_TIMING_STEP = 0.6
#: Time over which the distribution of energy is held, in D5-95: what happens within is left to chance.
_WINDOW = 0.12
#: Samples of the parts of time whose energies are compared.
_PART = 10
#: Energy added to both energies that timing compares, as a share of the largest of the goal.
_FLOOR = 2e-3
#: Smoothing of the squared velocity, s; power of it by which velocities near its peak change alone; largest
#: step of ln PGV.
_PEAK_S, _PEAK_POWER, _LONGEST_PGV_STEP = 0.4, 4, 0.5


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
        powers = np.array(BASELINE_POWERS)
        self._shapes = (
            np.vander(x, powers[-1] - 1, increasing=True).T[powers - 2] * (powers * (powers - 1.0))[:, None]
        )
        velocity, displacement = integrate(self._shapes)
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
        *of_thin, of_velocity, of_end = np.linalg.solve(system, right)[:k].T
        # the coefficients as weights of displacements, of velocities, and at last of accelerations
        weights = np.zeros((k, n))
        weights[:, ::20] = np.transpose(of_thin)
        weights[:, -1] += of_end
        weights = _transposed(weights)
        weights[:, -1] += of_velocity
        self._weights = _transposed(weights).T

    def __call__(self, acceleration: FloatArray) -> FloatArray:
        """Return the corrected motion, shape (C, n)."""
        tapered = acceleration * self._taper
        for _ in range(2):  # once more for the rounding of the first solution
            tapered -= (tapered @ self._weights) @ self._shapes
        return tapered


def integrate(acceleration: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Velocity and displacement from rest, trapezoidal rule, time in steps, shape (C, n)."""
    velocity = velocity_g_s(acceleration, 1.0)
    return velocity, velocity_g_s(velocity, 1.0)


def _transposed(weights: FloatArray) -> FloatArray:
    """Return weights of values whose sum is that of these weights of the values' integral, shape (k, n)."""
    later = np.cumsum(weights[:, :0:-1], axis=1)[:, ::-1]
    result = np.zeros_like(weights)
    result[:, 1:] += 0.5 * later
    result[:, :-1] += 0.5 * later
    return result


def peak_change(slow: FloatArray, ln_change: float) -> FloatArray:
    """Return what to add to a motion of low frequencies to change its largest velocities by ``ln_change``."""
    velocity = velocity_g_s(slow, 1.0)
    level = smoothed(np.sum(np.square(velocity), axis=0), _PEAK_S)
    step = float(np.clip(ln_change, -_LONGEST_PGV_STEP, _LONGEST_PGV_STEP))
    return np.gradient(velocity * np.expm1(step * (level / level.max()) ** _PEAK_POWER), axis=-1)


def smoothed(values: FloatArray, window_s: float, step_s: float = TIME_STEP_S) -> FloatArray:
    """Moving mean over a window, shape (n,)."""
    half = max(round(0.5 * window_s / step_s), 1)
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
    duration_s
        D5-95 of that distribution, s.
    ln_pgv
        ln of the peak ground velocity (RotD50, cm/s).
    """

    ln_sa: FloatArray
    energy: FloatArray
    duration_s: float
    ln_pgv: float


@dataclass(frozen=True)
class Match:
    """A motion (g, shape (2, n)), its Fourier spectrum, shape (2, F), and its misfits.

    These are ln of found over wanted RotD50, shape (K,), and of PGV.
    """

    acceleration_g: FloatArray
    spectrum: ComplexArray
    misfit_ln: FloatArray
    pgv_misfit_ln: float

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
    """Matches motions to a goal at given periods (s, increasing, shape (K,))."""

    def __init__(self, periods_s: FloatArray, goal: Goal) -> None:
        self._periods_s, self._goal = periods_s, goal
        self._n = len(goal.energy)
        self._baseline = Baseline(self._n)
        self._windows = _windows(goal)
        self._parts = np.arange(0, self._n, _PART)
        self._wanted = self._over_time(goal.energy)
        self._n_fft = 2 * _COARSE * fft.next_fast_len((self._n + 1000) // (2 * _COARSE), real=True)
        frequency = fft.rfftfreq(self._n_fft, TIME_STEP_S)
        below = [1.0 / (1.0 + (frequency / edge) ** 4) for edge in _EDGES_HZ]
        self._slow = below[-1:]
        self._bands = np.diff([np.zeros_like(frequency), *below, np.ones_like(frequency)], axis=0)
        # ln amplitude is piecewise linear in ln f between nodes at the oscillators' frequencies
        self._ln_f = np.log(np.maximum(frequency, 1e-3))
        self._nodes = np.sort(np.log(1.0 / periods_s[periods_s >= _SHORTEST_NODE_S]))
        # powers are summed over groups of frequencies before they are shared among the nodes
        self._groups = np.flatnonzero(np.diff(np.floor(self._ln_f / _GROUP), prepend=-np.inf))
        ln_f = np.add.reduceat(self._ln_f, self._groups) / np.diff(self._groups, append=len(frequency))
        self._passed = _passed(np.exp(ln_f), periods_s)
        self._hats = np.stack([np.interp(ln_f, self._nodes, row) for row in np.eye(len(self._nodes))], axis=1)
        rough = np.diff(np.eye(len(self._nodes)), 2, axis=0)
        self._damping = _SIZE * np.eye(len(self._nodes)) + _ROUGHNESS * rough.T @ rough

    def shaped(self, motion: FloatArray, ln_sa: FloatArray) -> FloatArray:
        """Return a motion of any amplitude with about the spectrum ``ln_sa``, by random vibration theory."""
        spectrum = fft.rfft(motion, self._n_fft)
        power = self._power(spectrum)
        lines = [at_1s + slope * np.log(self._periods_s) for at_1s, slope in _LN_PEAK]
        ln_peak = np.min(lines, axis=0) - _LN_PEAK_DURATION * np.log(self._goal.duration_s)
        misfit = ln_peak + 0.5 * np.log(self._passed @ power * TIME_STEP_S / self._n_fft) - ln_sa
        level = misfit.mean()
        change = self._change(power, misfit - level, _SHAPING_STEPS) - level
        gain = np.exp(np.interp(self._ln_f, self._nodes, change))
        return self._baseline(fft.irfft(spectrum * gain, self._n_fft)[:, : self._n])

    def compare(self, motion: FloatArray, before: Match | None = None) -> Match:
        """Return a motion, shape (2, n), with its misfits.

        The response spectrum is computed or, where a motion ``before`` is given, taken from its by random
        vibration theory.
        """
        spectrum = fft.rfft(motion, self._n_fft)
        size = self._n_fft // _COARSE
        coarse = fft.irfft(spectrum[:, : size // 2 + 1], size)[:, : self._n // _COARSE] / _COARSE
        pgv_cm_s = peak_velocity_cm_s(Motion(_COARSE * TIME_STEP_S, coarse), 50.0)
        if before:
            ratio = (self._passed @ self._power(spectrum)) / (self._passed @ self._power(before.spectrum))
            misfit = before.misfit_ln + 0.5 * np.log(ratio)
        else:
            misfit = np.log(self._rotd50_g(motion, coarse)) - self._goal.ln_sa
        return Match(motion, spectrum, misfit, float(np.log(pgv_cm_s)) - self._goal.ln_pgv)

    def step(self, match: Match, hold: bool, hold_pgv: bool = True) -> Match:
        """Return the next motion.

        ``hold`` moves its energy over time toward the goal, in two steps for one response spectrum;
        ``hold_pgv`` moves its PGV.
        """
        if hold:
            match = self.compare(self._changed(match, True, True), match)
        return self.compare(self._changed(match, hold, hold_pgv))

    def _rotd50_g(self, motion: FloatArray, coarse: FloatArray) -> FloatArray:
        """RotD50 at the matcher's periods, g, shape (K,).

        Straight lines between samples lose sinc²(dt/T) of a motion of period T; what the coarse motion loses
        more than the other is given back.
        """
        short, long = np.split(self._periods_s, [np.searchsorted(self._periods_s, _COARSE_FROM_S)])
        lost = np.square(np.sinc(_COARSE * TIME_STEP_S / long) / np.sinc(TIME_STEP_S / long))
        (fine_g,) = rotd_spectrum(motion[0], motion[1], TIME_STEP_S, short, percentiles=(50,))
        (coarse_g,) = rotd_spectrum(coarse[0], coarse[1], _COARSE * TIME_STEP_S, long, percentiles=(50,))
        return np.concatenate([fine_g, coarse_g / lost])

    def _changed(self, match: Match, hold: bool, hold_pgv: bool) -> FloatArray:
        change = self._change(self._power(match.spectrum), match.misfit_ln, 1)
        gain = np.expm1(np.interp(self._ln_f, self._nodes, change))
        parts = np.concatenate([self._bands * gain, self._slow]) if hold_pgv else self._bands * gain
        histories = fft.irfft(match.spectrum * parts[:, None], self._n_fft)[..., : self._n]
        changes = histories[: len(self._bands)]
        changes *= self._windows[:, None]
        motion = match.acceleration_g + changes.sum(axis=0)
        if hold:
            motion *= self._timing(motion)
        if hold_pgv:
            motion += peak_change(histories[-1] + changes[:-1].sum(axis=0), -match.pgv_misfit_ln)
        return self._baseline(motion)

    def _power(self, spectrum: ComplexArray) -> FloatArray:
        """Power of both components in the groups of frequencies, shape (G,)."""
        power = np.sum(np.square(spectrum.real) + np.square(spectrum.imag), axis=0)
        return np.add.reduceat(power, self._groups)

    def _change(self, power: FloatArray, misfit_ln: FloatArray, steps: int) -> FloatArray:
        """Change of ln amplitude at the nodes against a misfit, by steps of damped least squares."""
        change = np.zeros(len(self._nodes))
        before = self._passed @ power
        for _ in range(steps):
            passed = self._passed * (power * np.exp(2.0 * (self._hats @ change)))
            level = passed.sum(axis=1)
            share = (passed @ self._hats) / level[:, None]
            rest = -misfit_ln - 0.5 * np.log(level / before)
            change += np.linalg.solve(
                share.T @ share + self._damping, share.T @ rest - self._damping @ change
            )
            change = np.clip(change, -_LONGEST_STEP, _LONGEST_STEP)
        return change

    def _over_time(self, energy: FloatArray) -> FloatArray:
        """Shares of the energy in parts of time, smoothed."""
        parts = np.add.reduceat(energy, self._parts)
        return smoothed(parts / parts.sum(), _WINDOW * self._goal.duration_s, _PART * TIME_STEP_S)

    def _timing(self, motion: FloatArray) -> FloatArray:
        """Factors over time, shape (n,), that bring a motion nearer to the energy it should have."""
        found = self._over_time(np.sum(np.square(motion), axis=0))
        floor = _FLOOR * float(self._wanted.max())
        factors = ((self._wanted + floor) / (found + floor)) ** (0.5 * _TIMING_STEP)
        return np.interp(np.arange(self._n), self._parts + 0.5 * _PART, factors)


def _windows(goal: Goal) -> FloatArray:
    """When each band of frequencies may change, shape (B, n): the strong motion and a cycle around it.

    Within it, all but the lowest band change more where the motion is stronger, or its tail would grow.
    """
    first, last = np.searchsorted(np.cumsum(goal.energy), _STRONG)
    windows = np.zeros((len(_CYCLE_S), len(goal.energy)))
    for row, cycle_s in zip(windows, _CYCLE_S, strict=True):
        around = round(cycle_s / TIME_STEP_S)
        row[max(first - around, 0) : last + around] = 1.0
        row[:] = smoothed(smoothed(row, 2 * cycle_s), 2 * cycle_s)
    for row, cycle_s in zip(windows[1:], _CYCLE_S[1:], strict=True):
        energy = smoothed(smoothed(goal.energy, 2 * cycle_s + _WINDOW * goal.duration_s), 2 * cycle_s)
        row *= np.sqrt(energy / energy.max())
    return windows
