"""One record: from its metadata and drawn spectrum to two components of acceleration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from gmplug.catalogue.simulated.matching import Goal, Match, Matcher
from gmplug.catalogue.simulated.population import CONTROL_PERIODS_S, Population
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
from gmplug.values import PULSE, FloatArray

#: Realizations of the process tried for each record, until one is within this score after a few steps;
#: the nearest is kept.
TRIALS, GOOD_START = 4, 0.08
#: Steps of matching: before a pulse is added, for a trial, and for the trial that is kept.
STEPS_BEFORE_PULSE, STEPS_TRIAL, STEPS = 4, 4, 32
#: Score at which matching stops.
ENOUGH = 0.015
#: What matching prolongs the significant durations by, on average: the envelope is so much shorter.
PROLONGED_5_75, PROLONGED_5_95 = 1.11, 1.03
#: Matching brings PGV this much short of its drawn distance from the median, and this much (ln) above: the
#: goal makes up for both.
PGV_SHORT, PGV_ABOVE_LN = 0.12, 0.05
#: Time over which the distribution of energy is held, in D5-95.
WINDOW = 0.12


def make_record(seed: int, index: int, population: Population) -> Match:
    """Simulate one record of a population and match it to its drawn spectrum and PGV.

    All that is random depends on ``seed`` and ``index``. A pulse is along the first component.
    """
    row = population.records.iloc[index]
    rng = np.random.default_rng(np.random.SeedSequence([seed, 1, index]))
    envelope = fit_envelope(row["d5_75_s"] / PROLONGED_5_75, row["d5_95_s"] / PROLONGED_5_95)
    strong, center, pulse = strong_s(envelope), 0.0, row["group"] == PULSE
    if pulse:
        half = 0.5 * row["pulse_gamma"] * row["pulse_period_s"]
        center = pulse_center_s(envelope, half)
        strong = max(strong, center + half)
    time = time_axis(strong)
    matcher = Matcher(CONTROL_PERIODS_S, len(time))
    energy = np.where(time > 0, envelope.density(time), 0.0)
    from_median = population.ln_pgv[index] - population.ln_pgv_median[index]
    ln_pgv = population.ln_pgv[index] + PGV_SHORT * from_median - PGV_ABOVE_LN
    ln_sa = population.ln_sa[index]
    goal = Goal(ln_sa, energy / energy.sum(), WINDOW * row["d5_95_s"], ln_pgv)
    without = replace(goal, ln_sa=ln_sa - population.ln_amplification[index], ln_pgv=None)

    def attempt() -> Match:
        motion = simulate(time, envelope, draw_filter(rng), rng)
        motion *= np.exp(without.ln_sa[0]) / np.abs(motion).max()
        if pulse:
            motion = matcher.match(motion, without, STEPS_BEFORE_PULSE, ENOUGH).acceleration_g
            motion[0] += pulse_acceleration(time, center, row, without.ln_sa)
        return matcher.match(motion, goal, STEPS_TRIAL, ENOUGH)

    best = attempt()
    for _ in range(TRIALS - 1):
        if best.score < GOOD_START:
            break
        best = min(best, attempt(), key=lambda match: match.score)
    return matcher.match(best.acceleration_g, goal, STEPS, ENOUGH)


def pulse_center_s(envelope: Envelope, half_length_s: float) -> float:
    """Where the pulse lies: early in the strong motion, as forward directivity has it, and not before it."""
    return max(envelope.quantile_s(0.3), envelope.quantile_s(0.02) + 0.8 * half_length_s)


def pulse_acceleration(time: FloatArray, center_s: float, row: pd.Series, ln_sa: FloatArray) -> FloatArray:
    """Return the acceleration of a record's pulse, g, shape (n,).

    Its amplitude is such that, with motion of spectrum ``ln_sa`` around it, the response along the pulse at
    0.88 Tp, where it is strongest, is amplified as in Shahi & Baker (2011). The two add by their squares.

    Parameters
    ----------
    time
        Shape (n,), s.
    row
        ``pulse_period_s``, ``pulse_gamma`` and ``pulse_phase_rad``.
    ln_sa
        Of the motion without the pulse, at the control periods, shape (K,).
    """
    period_s = float(row["pulse_period_s"])
    velocity = pulse_velocity(time, center_s, period_s, row["pulse_gamma"], row["pulse_phase_rad"])
    acceleration = np.gradient(velocity, TIME_STEP_S)
    at = 0.88 * period_s
    (unit,) = response_spectrum(acceleration, TIME_STEP_S, [at], interpolation="linear")
    amplification = float(np.exp(ln_amplification(np.array([at]), np.array([period_s])))[0])
    around = float(np.exp(np.interp(np.log(at), np.log(CONTROL_PERIODS_S), ln_sa)))
    return acceleration * np.sqrt(amplification**2 - 1.0) * around / unit
