"""Response of a reduced model to a record: central differences in compiled loops."""

from __future__ import annotations

import math

import numpy as np

from gmplug.surrogate.hysteresis import MEMORY, compiled, parallel_elements, spring_force, start
from gmplug.surrogate.reduced import Reduced
from gmplug.values import FloatArray

#: Periods below the first over this, or below so many seconds, are raised to it by further mass.
_SHORT_SHARE, _SHORTEST_S = 50.0, 0.02
#: Steps in the first period at least, and share of the limit of stability.
_STEPS, _OF_LIMIT = 100.0, 0.7
#: Time after the record's end, and the window of residual drifts at its end, in first periods.
_AFTER, _WINDOW = 4.0, 2.0
#: The response ends at this multiple of the collapse drift.
_BEYOND_COLLAPSE = 2.0


class TimeHistory:
    """Runs records through one reduced model.

    Very short periods would need very short steps. They are raised to a 50th of the first, 0.02 s at least,
    by further mass in these modes alone (selective mass scaling, Olovsson et al. 2005, Int. J. Numer. Methods
    Eng. 63(10)). Static behavior and loads stay the same.
    """

    def __init__(self, model: Reduced) -> None:
        self.model = model
        first_s = float(model.periods_s[0])
        shortest_s = max(first_s / _SHORT_SHARE, _SHORTEST_S)
        mass = np.diag(model.mass)
        springs = model.springs
        initial = model.stiffness + (springs.deformation.T * springs.stiffness) @ springs.deformation
        root = np.sqrt(model.mass)
        squares, vectors = np.linalg.eigh(initial / root[:, None] / root)
        factor = np.maximum(squares * (shortest_s / (2 * math.pi)) ** 2 - 1.0, 0.0)
        shapes = mass @ (vectors / root[:, None])
        self._mass = mass + (shapes * factor) @ shapes.T
        least_s = max(2 * math.pi / math.sqrt(float(squares[-1])), shortest_s)
        # Damping forces lag by half a step: stable up to T/π (√(1 + ζ²) − ζ) (Belytschko et al. 2000, 6.6).
        ratio = math.pi * model.tangent_damping_s / least_s
        limit_s = least_s / math.pi * (math.sqrt(1.0 + ratio**2) - ratio)
        self._longest_step_s = min(_OF_LIMIT * limit_s, first_s / _STEPS)

    def peaks(self, acceleration_g: FloatArray, time_step_s: float) -> FloatArray:
        """Largest drift ratios of the stories, floor accelerations (g), roof displacement, residual drifts.

        Parameters
        ----------
        acceleration_g
            Record, g, shape (k,).

        Returns
        -------
        ndarray
            Shape (4, n); of the third row the last value counts. NaN where the solution is not finite.
        """
        model = self.model
        parts = max(1, math.ceil(time_step_s / self._longest_step_s * (1 - 1e-9)))
        step = time_step_s / parts
        first_s = float(model.periods_s[0])
        load = np.where(np.arange(len(model.mass)) < len(model.story_heights), model.mass, 0.0)
        found = _respond(
            np.ascontiguousarray(acceleration_g, dtype=float) * model.gravity, parts, step,
            math.ceil(_AFTER * first_s / step), math.ceil(_WINDOW * first_s / step),
            self._mass, load, model.stiffness, model.damping, model.springs.deformation,
            *model.springs.backbone, model.springs.rules, model.springs.pinch, model.springs.decay,
            model.tangent_damping_s,
            _BEYOND_COLLAPSE * model.collapse_drift_ratio * model.story_heights,
        )  # fmt: skip
        found = found[:, : len(model.story_heights)]
        found[0] /= model.story_heights
        found[1] /= model.gravity
        found[3] /= model.story_heights
        return np.where(np.isfinite(found).all(), found, np.nan)


@compiled
def _respond(
    ground: FloatArray,
    parts: int,
    h: float,
    after: int,
    window: int,
    mass: FloatArray,
    load: FloatArray,
    stiffness: FloatArray,
    damping: FloatArray,
    deformation: FloatArray,
    points: FloatArray,
    forces: FloatArray,
    rules: FloatArray,
    pinch: FloatArray,
    decay: FloatArray,
    tangent_damping: float,
    limit: FloatArray,
) -> FloatArray:
    """Peaks of drifts, accelerations, roof displacement, and mean drifts at the end, shape (4, n)."""
    springs, n = deformation.shape
    elements = np.zeros((springs, 2, 2, points.shape[1]))
    plastic, states = np.zeros((springs, 2, points.shape[1])), np.zeros((springs, 7))
    memory = np.zeros((springs, MEMORY))
    for s in range(springs):
        elements[s] = parallel_elements(points[s], forces[s])
        states[s] = start(points[s], forces[s])
    inverse = np.linalg.inv(mass / h**2 + damping / (2 * h))
    by_now = np.dot(inverse, 2 * mass / h**2 - stiffness)
    by_before = np.dot(inverse, damping / (2 * h) - mass / h**2)
    by_spring = np.dot(inverse, np.ascontiguousarray(deformation.T))
    by_ground = np.dot(inverse, load)
    u, before, new = np.zeros(n), np.zeros(n), np.zeros(n)
    force, hysteretic, last = np.zeros(springs), np.zeros(springs), np.zeros(springs)
    peaks = np.zeros((4, n))
    samples = len(ground)
    steps = (samples - 1) * parts + after
    for step in range(steps):
        sample = step // parts
        shaking = 0.0
        if sample < samples - 1:
            shaking = ground[sample] + (ground[sample + 1] - ground[sample]) * (step % parts) / parts
        for s in range(springs):
            x = 0.0
            for i in range(n):
                x += deformation[s, i] * u[i]
            change = x - last[s]
            last[s] = x
            now = spring_force(
                x, change, rules[s], pinch[s], decay[s], plastic[s], states[s], memory[s],
                elements[s], points[s], forces[s],
            )  # fmt: skip
            force[s] = now + tangent_damping * (now - hysteretic[s]) / h
            hysteretic[s] = now
        for i in range(n):
            value = -by_ground[i] * shaking
            for j in range(n):
                value += by_now[i, j] * u[j] + by_before[i, j] * before[j]
            for s in range(springs):
                value -= by_spring[i, s] * force[s]
            new[i] = value
        below, gone = 0.0, False
        for i in range(len(limit)):
            acceleration = abs((new[i] - 2.0 * u[i] + before[i]) / h**2 + shaking)
            drift = new[i] - below
            below = new[i]
            peaks[0, i] = max(peaks[0, i], abs(drift))
            peaks[1, i] = max(peaks[1, i], acceleration)
            if step >= steps - window:
                peaks[3, i] += drift / window
            gone = gone or not abs(drift) < limit[i]
        for i in range(n):
            before[i], u[i] = u[i], new[i]
        top = len(limit) - 1
        peaks[2, top] = max(peaks[2, top], abs(u[top]))
        if gone:
            peaks[3] = peaks[0]
            break
    peaks[3] = np.abs(peaks[3])
    return peaks
