"""Making a pair of components compatible with a response spectrum.

Frequency-domain iterations (Gasparini & Vanmarcke 1976; Silva & Lee 1987): Fourier amplitudes are
multiplied by a smooth real function of frequency, phases stay. The function comes from a damped least-squares
step rather than from the ratio at the same period alone, because at short periods an oscillator's response is
made by lower frequencies: the sensitivity of ln Sa to the amplitudes is taken from random vibration theory,
where the mean square response is the power that the oscillator passes (Boore 2003, section on random
vibration). After every step the motion is tapered and its baseline corrected, so that the spectrum that is
matched is that of the final motion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

from gmplug.catalogue.simulated.oscillators import Oscillators, transfer
from gmplug.catalogue.simulated.process import TIME_STEP_S
from gmplug.values import FloatArray

#: Cosine tapers at the start and the end, s.
TAPER_START_S, TAPER_END_S = 4.0, 12.0
#: Powers of time in the displacement that the baseline correction removes.
BASELINE_POWERS = (3, 4, 5, 6, 7)

#: Weight of the step's size, and of its roughness over ln period, against the misfit.
_SIZE, _ROUGHNESS = 3e-3, 3e-4
#: Shortest period at whose frequency the amplitudes have a node: what lies beyond is left as it comes.
_SHORTEST_NODE_S = 0.04
#: Largest change of ln amplitude in one step.
_LONGEST_STEP = 1.5


class Baseline:
    """Tapers, and takes a polynomial off the displacement such that the motion ends at rest.

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
    velocity = np.zeros_like(acceleration)
    np.cumsum(0.5 * (acceleration[..., 1:] + acceleration[..., :-1]), axis=-1, out=velocity[..., 1:])
    displacement = np.zeros_like(acceleration)
    np.cumsum(0.5 * (velocity[..., 1:] + velocity[..., :-1]), axis=-1, out=displacement[..., 1:])
    return velocity, displacement


@dataclass(frozen=True)
class Match:
    """A motion (g, shape (2, n)) and its misfit: ln of computed over wanted RotD50, shape (K,)."""

    acceleration_g: FloatArray
    misfit_ln: FloatArray

    @property
    def mean_misfit(self) -> float:
        """Mean over the periods of the misfit's size."""
        return float(np.mean(np.abs(self.misfit_ln)))


class Matcher:
    """Matches motions of ``n`` samples at given periods (s, increasing, shape (K,))."""

    def __init__(self, periods_s: FloatArray, n: int) -> None:
        self._oscillators = Oscillators(periods_s, n, TIME_STEP_S)
        self._baseline = Baseline(n)
        self._n = n
        self._n_fft = fft.next_fast_len(n + 1000, real=True)
        frequency = fft.rfftfreq(self._n_fft, TIME_STEP_S)
        self._passed = np.abs(transfer(frequency, periods_s)) ** 2
        # ln amplitude is piecewise linear in ln f between nodes at the oscillators' frequencies
        self._ln_f = np.log(np.maximum(frequency, 1e-3))
        self._nodes = np.sort(np.log(1.0 / periods_s[periods_s >= _SHORTEST_NODE_S]))
        place = np.clip(np.searchsorted(self._nodes, self._ln_f, side="right") - 1, 0, len(self._nodes) - 2)
        left, right = self._nodes[place], self._nodes[place + 1]
        self._upper = np.clip((self._ln_f - left) / (right - left), 0.0, 1.0)
        self._starts = np.searchsorted(place, np.arange(len(self._nodes) - 1))
        rough = np.diff(np.eye(len(self._nodes)), 2, axis=0)
        self._damping = _SIZE * np.eye(len(self._nodes)) + _ROUGHNESS * rough.T @ rough

    def match(self, acceleration: FloatArray, ln_target: FloatArray, steps: int, goal: float) -> Match:
        """Return the best motion found within ``steps``, or as soon as the mean misfit is below ``goal``."""
        motion = self._baseline(acceleration)
        best = last = Match(motion, np.log(self._oscillators.rotd50(motion)) - ln_target)
        for _ in range(steps):
            if best.mean_misfit < goal:
                break
            motion = self._step(last)
            last = Match(motion, np.log(self._oscillators.rotd50(motion)) - ln_target)
            best = min(best, last, key=lambda match: match.mean_misfit)
        return best

    def _step(self, match: Match) -> FloatArray:
        spectrum = fft.rfft(match.acceleration_g, self._n_fft)
        power = np.sum(np.abs(spectrum) ** 2, axis=0)
        share = self._gather(self._passed * power)
        share /= share.sum(axis=1, keepdims=True)
        normal = share.T @ share + self._damping
        change = np.clip(np.linalg.solve(normal, -share.T @ match.misfit_ln), -_LONGEST_STEP, _LONGEST_STEP)
        gain = np.exp(np.interp(self._ln_f, self._nodes, change))
        return self._baseline(fft.irfft(spectrum * gain, self._n_fft)[:, : self._n])

    def _gather(self, parts: FloatArray) -> FloatArray:
        """Sum contributions of frequencies, shape (K, F), over the nodes that scale them, (K, nodes)."""
        upper = np.add.reduceat(parts * self._upper, self._starts, axis=1)
        whole = np.add.reduceat(parts, self._starts, axis=1)
        result = np.zeros((len(parts), len(self._nodes)))
        result[:, 1:] += upper
        result[:, :-1] += whole - upper
        return result
