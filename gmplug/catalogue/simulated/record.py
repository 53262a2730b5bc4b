"""One record: from its metadata and drawn spectrum to two components of acceleration."""

from __future__ import annotations

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

#: Realizations of the process tried for each record, until one is within this score after a step that holds
#: the motion; the nearest is kept.
TRIALS, GOOD_START = 2, 0.1
#: Steps after another such step: they do not hold the motion, but the first ones its PGV. The best of their
#: motions is kept.
STEPS, STEPS_PGV = 7, 4
#: What matching prolongs the significant durations by, on average: the envelope is so much shorter.
PROLONGED_5_75, PROLONGED_5_95 = 1.18, 1.06
#: Matching brings PGV this much short of its drawn distance from the median, and this much (ln) above: the
#: goal makes up for both.
PGV_SHORT, PGV_ABOVE_LN = 0.15, 0.1


def make_record(seed: int, index: int, population: Population) -> FloatArray:
    """Simulate one record of a population, matched to its drawn spectrum and PGV: g, shape (2, n).

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
    energy = np.where(time > 0, envelope.density(time), 0.0)
    from_median = population.ln_pgv[index] - population.ln_pgv_median[index]
    ln_pgv = population.ln_pgv[index] + PGV_SHORT * from_median - PGV_ABOVE_LN
    ln_sa = population.ln_sa[index]
    without = ln_sa - population.ln_amplification[index]
    matcher = Matcher(CONTROL_PERIODS_S, Goal(ln_sa, energy / energy.sum(), row["d5_95_s"], ln_pgv))

    def attempt() -> Match:
        motion = matcher.shaped(simulate(time, envelope, draw_filter(rng), rng), without)
        if pulse:
            motion[0] += pulse_acceleration(time, center, row, without)
        return matcher.step(matcher.compare(motion), hold=True)

    match = attempt()
    for _ in range(TRIALS - 1):
        if match.score < GOOD_START:
            break
        match = min(match, attempt(), key=lambda match: match.score)
    match = matcher.step(match, hold=True)
    found = []
    for i in range(STEPS):
        match = matcher.step(match, hold=False, hold_pgv=i < STEPS_PGV)
        found.append(match)
    return min(found, key=lambda match: match.score).acceleration_g


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
