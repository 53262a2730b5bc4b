"""One record: from its metadata and drawn spectrum to two components of acceleration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gmplug.catalogue.simulated.matching import CM_S2, Goal, Match, Matcher, integrate
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
from gmplug.spectra import response_spectrum
from gmplug.values import FloatArray

#: Realizations of the process tried for each record, until one is within this score after a few steps;
#: the nearest is kept.
TRIALS, GOOD_START = 3, 0.1
#: Steps of matching: before a pulse is added, for a trial, and for the trial that is kept.
STEPS_BEFORE_PULSE, STEPS_TRIAL, STEPS = 4, 3, 7
#: Score at which matching stops.
ENOUGH = 0.015
#: What matching prolongs the significant durations by, on average: the envelope is so much shorter.
PROLONGED_5_75, PROLONGED_5_95 = 1.11, 1.03
#: Matching brings PGV this much short of its drawn distance from the median, and this much (ln) above: the
#: goal makes up for both.
PGV_SHORT, PGV_ABOVE_LN = 0.12, 0.05
#: Time over which the distribution of energy is held, in D5-95.
WINDOW = 0.12


@dataclass(frozen=True)
class RecordTask:
    """What a worker needs to make one record.

    Parameters
    ----------
    index
        Place of the record in the catalogue; with ``seed`` it determines all that is random here.
    periods_s, ln_sa, ln_amplification
        Drawn ln RotD50 (g) with the pulse's amplification, and that amplification, shape (K,) each.
    ln_pgv, ln_pgv_median
        Drawn ln PGV (RotD50, cm/s), the pulse's amplification included, and the median it was drawn about.
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
    ln_pgv: float
    ln_pgv_median: float
    pulse: Mapping[str, float]


def make_record(task: RecordTask) -> Match:
    """Simulate the record and match it to its drawn spectrum; a pulse is along the first component."""
    rng = np.random.default_rng(np.random.SeedSequence([task.seed, 1, task.index]))
    envelope = fit_envelope(task.d5_75_s / PROLONGED_5_75, task.d5_95_s / PROLONGED_5_95)
    strong, centre = strong_s(envelope), 0.0
    if task.pulse:
        half = 0.5 * task.pulse["gamma"] * task.pulse["period_s"]
        centre = pulse_centre_s(envelope, half)
        strong = max(strong, centre + half)
    time = time_axis(strong)
    matcher = Matcher(task.periods_s, len(time))
    energy = np.where(time > 0, envelope.density(time), 0.0)
    ln_pgv = task.ln_pgv + PGV_SHORT * (task.ln_pgv - task.ln_pgv_median) - PGV_ABOVE_LN
    goal = Goal(task.ln_sa, energy / energy.sum(), WINDOW * task.d5_95_s, ln_pgv)
    without = replace(goal, ln_sa=task.ln_sa - task.ln_amplification, ln_pgv=None)

    def attempt() -> Match:
        motion = simulate(time, envelope, draw_filter(rng), rng)
        motion *= np.exp(without.ln_sa[0]) / np.abs(motion).max()
        if task.pulse:
            motion = matcher.match(motion, without, STEPS_BEFORE_PULSE, ENOUGH).acceleration_g
            motion[0] += pulse_acceleration(time, centre, task.pulse, task.periods_s, without.ln_sa)
        return matcher.match(motion, goal, STEPS_TRIAL, ENOUGH)

    best = attempt()
    for _ in range(TRIALS - 1):
        if best.score < GOOD_START:
            break
        best = min(best, attempt(), key=lambda match: match.score)
    return matcher.match(best.acceleration_g, goal, STEPS, ENOUGH)


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
    (unit,) = response_spectrum(acceleration, TIME_STEP_S, [at], interpolation="linear")
    amplification = float(np.exp(ln_amplification(np.array([at]), np.array([pulse["period_s"]])))[0])
    around = float(np.exp(np.interp(np.log(at), np.log(periods_s), ln_sa)))
    return acceleration * np.sqrt(amplification**2 - 1.0) * around / unit


def peak_velocity_cm_s(acceleration_g: FloatArray) -> FloatArray:
    """Peak ground velocity of each component, cm/s; ``acceleration_g`` is (C, n)."""
    velocity, _ = integrate(acceleration_g)
    return np.abs(velocity).max(axis=-1) * TIME_STEP_S * CM_S2
