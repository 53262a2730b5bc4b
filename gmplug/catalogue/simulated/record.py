"""One record: from its metadata and drawn spectrum to two components of acceleration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gmplug.catalogue.simulated.matching import Match, Matcher, integrate
from gmplug.catalogue.simulated.oscillators import Oscillators
from gmplug.catalogue.simulated.process import (
    TIME_STEP_S,
    Envelope,
    draw_filter,
    fit_envelope,
    simulate,
    strong_s,
    time_axis,
)
from gmplug.catalogue.simulated.pulse import ln_amplification, pulse_velocity
from gmplug.values import FloatArray

#: Realizations of the process tried for each record, until one is within this mean misfit after a few steps;
#: the nearest is kept.
TRIALS, GOOD_START = 3, 0.05
#: Steps of matching: before a pulse is added, for a trial, and for the trial that is kept.
STEPS_BEFORE_PULSE, STEPS_TRIAL, STEPS = 4, 3, 10
#: Mean misfit at which matching stops.
GOAL = 0.015


@dataclass(frozen=True)
class RecordTask:
    """What a worker needs to make one record.

    Parameters
    ----------
    index
        Place of the record in the catalogue; with ``seed`` it determines all that is random here.
    periods_s, ln_sa, ln_amplification
        Drawn ln RotD50 (g) with the pulse's amplification, and that amplification, shape (K,) each.
    pulse
        ``period_s``, ``gamma`` and ``phase_rad`` of the velocity pulse; empty for none.
    """

    seed: int
    index: int
    d5_75_s: float
    d5_95_s: float
    periods_s: FloatArray
    ln_sa: FloatArray
    ln_amplification: FloatArray
    pulse: Mapping[str, float]


def make_record(task: RecordTask) -> Match:
    """Simulate the record and match it to its drawn spectrum; a pulse is along the first component."""
    rng = np.random.default_rng(np.random.SeedSequence([task.seed, 1, task.index]))
    envelope = fit_envelope(task.d5_75_s, task.d5_95_s)
    strong, centre = strong_s(envelope), 0.0
    if task.pulse:
        half = 0.5 * task.pulse["gamma"] * task.pulse["period_s"]
        centre = pulse_centre_s(envelope, half)
        strong = max(strong, centre + half)
    time = time_axis(strong)
    matcher = Matcher(task.periods_s, len(time))
    without = task.ln_sa - task.ln_amplification

    def attempt() -> Match:
        motion = simulate(time, envelope, draw_filter(rng), rng)
        motion *= np.exp(without[0]) / np.abs(motion).max()
        if task.pulse:
            motion = matcher.match(motion, without, STEPS_BEFORE_PULSE, GOAL).acceleration_g
            motion[0] += pulse_acceleration(time, centre, task.pulse, task.periods_s, without)
        return matcher.match(motion, task.ln_sa, STEPS_TRIAL, GOAL)

    best = attempt()
    for _ in range(TRIALS - 1):
        if best.mean_misfit < GOOD_START:
            break
        best = min(best, attempt(), key=lambda match: match.mean_misfit)
    return matcher.match(best.acceleration_g, task.ln_sa, STEPS, GOAL)


def pulse_centre_s(envelope: Envelope, half_length_s: float) -> float:
    """Where the pulse lies: early in the strong motion, as forward directivity has it, and not before it."""
    return max(envelope.quantile_s(0.3), envelope.quantile_s(0.02) + 0.8 * half_length_s)


def pulse_acceleration(
    time: FloatArray, centre_s: float, pulse: Mapping[str, float], periods_s: FloatArray, ln_sa: FloatArray
) -> FloatArray:
    """Return the acceleration of the pulse, g, shape (n,).

    Its amplitude is such that, with motion of spectrum ``ln_sa`` around it, the response along the pulse at
    0.88 Tp, where it is strongest, is amplified as Shahi & Baker (2011) say, the two adding by their squares.
    """
    velocity = pulse_velocity(time, centre_s, pulse["period_s"], pulse["gamma"], pulse["phase_rad"])
    acceleration = np.gradient(velocity, TIME_STEP_S)
    at = 0.88 * pulse["period_s"]
    oscillator = Oscillators(np.array([at]), len(time), TIME_STEP_S)
    unit = float(oscillator.peak(acceleration)[0])
    amplification = float(np.exp(ln_amplification(np.array([at]), np.array([pulse["period_s"]])))[0])
    around = float(np.exp(np.interp(np.log(at), np.log(periods_s), ln_sa)))
    return acceleration * np.sqrt(amplification**2 - 1.0) * around / unit


def peak_velocity_cm_s(acceleration_g: FloatArray) -> FloatArray:
    """Peak ground velocity of each component, cm/s; ``acceleration_g`` is (C, n)."""
    velocity, _ = integrate(acceleration_g)
    return np.abs(velocity).max(axis=-1) * TIME_STEP_S * 980.665
