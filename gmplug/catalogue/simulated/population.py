"""The grid of earthquakes and stations, and the response spectra drawn for them.

Everything random here comes from one generator, in one process, so that the population depends on the seed
and the options alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from gmplug.catalogue.simulated.pulse import (
    draw_pulse_period,
    draw_pulse_shape,
    ln_amplification_rotd50,
    pulse_probability,
)
from gmplug.errors import InputError
from gmplug.gmm.correlation import baker_jayaram_2008
from gmplug.gmm.definite import nearest_correlation
from gmplug.gmm.durations import afshari_stewart_2016
from gmplug.gmm.ground_motion_models import PYGMM_MECHANISMS, predict_with_pygmm
from gmplug.measures.records import measure_correlations
from gmplug.values import NONPULSE, PULSE, BoolArray, FloatArray, GroundMotion, Scenario

#: Periods at which spectra are drawn and matched, s: the span of the ground-motion and correlation models.
CONTROL_PERIODS_S: FloatArray = np.concatenate(
    [[0.01, 0.02, 0.03, 0.04], np.round(np.geomspace(0.05, 10.0, 51), 4)]
)

#: The grid. Distances and site classes reach beyond what a usual study keeps, so that its filters have work.
MAGNITUDES = (6.9, 6.3, 7.3, 6.6, 7.8, 6.0, 7.1, 5.5, 7.5)
RJB_KM = (2.0, 4.0, 6.0, 9.0, 12.0, 16.0, 20.0, 26.0, 35.0, 52.0)
VS30_M_S = (270.0, 330.0, 210.0, 520.0, 290.0)
MECHANISMS = ("strike-slip", "strike-slip", "reverse", "strike-slip", "normal")
LARGEST_NORMAL_MAGNITUDE = 7.0

#: Smallest magnitude and largest distance of records that may be given a pulse.
PULSE_MIN_MAGNITUDE = 6.0
PULSE_MAX_RJB_KM = 35.0

#: Durations are kept within this many standard deviations of their model, below this D5-95, s, and their
#: ratio D5-75/D5-95 between these.
DURATION_TRUNCATION, LONGEST_D5_95_S, DURATION_RATIOS = 2.0, 55.0, (0.28, 0.70)

#: PGV and durations are drawn given the residuals of ln Sa at every seventh control period.
_MEASURES = ("pgv_cm_s", "duration_5_75_s", "duration_5_95_s")
_GIVEN = slice(3, None, 7)

#: Drawn spectra that no motion has are drawn again: Sa below this share of PGA at periods to 0.15 s, or a
#: largest Sa of more than this many PGA; or a pseudo-velocity (cm/s) beyond any recorded.
LOWEST_SHORT_PERIOD_RATIO, LARGEST_RATIO = 0.8, 5.0
LARGEST_PSV_CM_S = 500.0
_SHORT = CONTROL_PERIODS_S < 0.15
_ATTEMPTS = 200

#: Ground-motion models of the catalogue: those with PGV and separate between- and within-event variability.
MODELS = ("BSSA14",)


@dataclass(frozen=True)
class Population:
    """Metadata and drawn spectra.

    Parameters
    ----------
    records
        One row per record: the catalogue's columns without files, and ``d5_75_s``, ``d5_95_s``,
        ``pulse_gamma``, ``pulse_phase_rad`` for the waveforms.
    ln_median, tau_ln, phi_ln
        The ground-motion model's prediction at :data:`CONTROL_PERIODS_S`, shape (N, K).
    ln_sa
        Drawn ln RotD50 (g), amplification by pulses included, shape (N, K).
    ln_pgv, ln_pgv_median, sigma_pgv
        Drawn ln PGV (RotD50, cm/s), and the ground-motion model's median and σ, shape (N,).
    ln_amplification
        What of ``ln_sa`` is due to pulses, shape (N, K); zero for records without.
    """

    records: pd.DataFrame
    ln_median: FloatArray
    tau_ln: FloatArray
    phi_ln: FloatArray
    ln_sa: FloatArray
    ln_pgv: FloatArray
    ln_pgv_median: FloatArray
    sigma_pgv: FloatArray
    ln_amplification: FloatArray


def grid(count: int) -> pd.DataFrame:
    """Return the first ``count`` records of the grid: earthquakes of ten stations, interleaved.

    Magnitudes and mechanisms alternate from one earthquake to the next, so that a small catalogue is a
    thinned version of the large one. Site classes shift by one from earthquake to earthquake. Normal faulting
    beyond magnitude 7, where the ground-motion model does not reach, becomes strike-slip.
    """
    index = np.arange(count)
    event, station = np.divmod(index, len(RJB_KM))
    magnitude = np.asarray(MAGNITUDES)[event % len(MAGNITUDES)]
    mechanism = np.asarray(MECHANISMS)[(event + 2 * (event // len(MAGNITUDES))) % len(MECHANISMS)]
    mechanism[(mechanism == "normal") & (magnitude > LARGEST_NORMAL_MAGNITUDE)] = "strike-slip"
    vs30 = np.asarray(VS30_M_S)[(event + station) % len(VS30_M_S)]
    rjb = np.asarray(RJB_KM)[station]
    top = np.array([_depth_to_top_km(m, s) for m, s in zip(magnitude, mechanism, strict=True)])
    return pd.DataFrame(
        {
            "id": [f"SIM{i + 1:04d}" for i in index],
            "event": [f"simulated {e + 1:03d}" for e in event],
            "station": [f"S{s + 1:02d}" for s in station],
            "magnitude": magnitude,
            "rjb_km": rjb,
            "rrup_km": np.round(np.hypot(rjb, top), 2),
            "vs30_m_s": vs30,
            "mechanism": mechanism,
            "event_index": event,
        }
    )


def draw_population(count: int, seed: int, gmm: str, pulse_share: float) -> Population:
    """Draw metadata and target spectra.

    ``ln Sa = m(T) + τ(T) η(T) + φ(T) ε(T) + ln A(T)``: m, τ and φ of the ground-motion model; η per
    earthquake and ε per record standard normal with the correlation of Baker & Jayaram (2008) between
    periods; A the amplification by the pulse (:mod:`gmplug.catalogue.simulated.pulse`).

    Raises InputError where ``gmm`` is unknown.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, 0]))
    records = grid(count)
    predictions = predict(records, gmm)
    ln_median = np.log([one.median_g for one in predictions])
    tau = np.array([one.tau_ln for one in predictions], dtype=float)
    phi = np.array([one.phi_ln for one in predictions], dtype=float)
    ln_pgv_median, sigma_pgv = np.transpose([one.measures["pgv_cm_s"] for one in predictions])
    factor = np.linalg.cholesky(baker_jayaram_2008(CONTROL_PERIODS_S) + 1e-9 * np.eye(len(CONTROL_PERIODS_S)))
    event = records.pop("event_index").to_numpy()
    between = rng.standard_normal((event.max() + 1, len(CONTROL_PERIODS_S))) @ factor.T
    records, amplification = _with_pulses(records, pulse_share, rng)
    around = ln_median + tau * between[event] + amplification
    ln_sa = np.empty_like(around)
    pending = np.arange(count)
    for _ in range(_ATTEMPTS):
        within = rng.standard_normal((len(pending), len(CONTROL_PERIODS_S))) @ factor.T
        ln_sa[pending] = around[pending] + phi[pending] * within
        pending = pending[~_possible(ln_sa[pending])]
        if not len(pending):
            break
    residuals = (ln_sa - ln_median) / np.hypot(tau, phi)
    deviates = draw_measures(residuals[:, _GIVEN], rng)
    ln_pgv = ln_pgv_median + sigma_pgv * deviates[:, 0]
    records = _with_durations(records, deviates[:, 1:])
    return Population(records, ln_median, tau, phi, ln_sa, ln_pgv, ln_pgv_median, sigma_pgv, amplification)


def draw_measures(residuals: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw PGV, D5-75 and D5-95 in standard deviations, shape (N, 3), given those of ln Sa, (N, G).

    All are jointly normal with the correlations of :mod:`gmplug.measures.builtin`, made consistent. The
    part that does not depend on the spectrum is drawn from evenly spread quantiles. The mean over the records
    is subtracted from the durations, so that few records already have the mean of their model.
    """
    periods = CONTROL_PERIODS_S[_GIVEN]
    spectral = baker_jayaram_2008(periods)
    among, across = measure_correlations(_MEASURES, periods)
    joint = nearest_correlation(np.block([[spectral, across.T], [across, among]]), fixed=len(periods)).matrix
    across, among = joint[len(periods) :, : len(periods)], joint[len(periods) :, len(periods) :]
    given = np.linalg.solve(spectral, across.T)
    values, vectors = np.linalg.eigh(among - across @ given)
    ranks = np.stack([rng.permutation(len(residuals)) for _ in _MEASURES], axis=1)
    noise = stats.norm.ppf((ranks + 0.5) / len(residuals)) * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    known = residuals @ given
    known[:, 1:] -= known[:, 1:].mean(axis=0)
    return np.asarray(known + noise)


def _possible(ln_sa: FloatArray) -> BoolArray:
    """Whether a motion can have these spectra, shape (N,)."""
    over_pga = ln_sa - ln_sa[:, :1]
    low = over_pga[:, _SHORT].min(axis=1) > np.log(LOWEST_SHORT_PERIOD_RATIO)
    high = over_pga.max(axis=1) < np.log(LARGEST_RATIO)
    psv_cm_s = np.exp(ln_sa) * 980.665 * CONTROL_PERIODS_S / (2.0 * np.pi)
    return low & high & (psv_cm_s.max(axis=1) < LARGEST_PSV_CM_S)


def predict(records: pd.DataFrame, gmm: str) -> list[GroundMotion]:
    """Return the ground-motion model's prediction for each record at the control periods."""
    if gmm not in MODELS:
        raise InputError(
            f"[catalogue] provider 'simulated': option 'gmm': unknown model '{gmm}'; "
            f"known: {', '.join(MODELS)}"
        )
    return [predict_with_pygmm(gmm, scenario, CONTROL_PERIODS_S) for scenario in _scenarios(records)]


def _scenarios(records: pd.DataFrame) -> list[Scenario]:
    columns = ["magnitude", "rjb_km", "rrup_km", "vs30_m_s", "mechanism"]
    return [
        Scenario(**dict(zip(columns, row, strict=True)))
        for row in records[columns].itertuples(index=False, name=None)
    ]


def _depth_to_top_km(magnitude: float, mechanism: str) -> float:
    """Chiou & Youngs (2014), eq. 4 and 5: mean depth to the top of the rupture."""
    from pygmm import ChiouYoungs2014

    return float(ChiouYoungs2014.calc_depth_tor(magnitude, PYGMM_MECHANISMS[mechanism]))


def _with_durations(records: pd.DataFrame, deviates: FloatArray) -> pd.DataFrame:
    """Add D5-75 and D5-95 after Afshari & Stewart (2016); their deviates have shape (N, 2)."""
    models = [afshari_stewart_2016(scenario) for scenario in _scenarios(records)]
    predicted = np.array([[model[name] for name in _MEASURES[1:]] for model in models])
    ln_median, sigma = np.moveaxis(predicted, 2, 0)
    deviate = np.clip(deviates, -DURATION_TRUNCATION, DURATION_TRUNCATION)
    d75, d95 = np.exp(ln_median + deviate * sigma).T
    d95 = np.minimum(d95, LONGEST_D5_95_S)
    return records.assign(d5_75_s=d95 * np.clip(d75 / d95, *DURATION_RATIOS), d5_95_s=d95)


def _with_pulses(
    records: pd.DataFrame, share: float, rng: np.random.Generator
) -> tuple[pd.DataFrame, FloatArray]:
    """Give ``share`` of the records a pulse, drawn in proportion to the odds of one at their site."""
    magnitude, rjb = records["magnitude"].to_numpy(), records["rjb_km"].to_numpy()
    towards = rng.uniform(0.0, 1.0, len(records))
    odds = pulse_probability(magnitude, rjb, towards)
    odds[(magnitude < PULSE_MIN_MAGNITUDE) | (rjb > PULSE_MAX_RJB_KM)] = 0.0
    wanted = min(round(share * len(records)), int(np.sum(odds > 0)))
    chosen = np.zeros(len(records), dtype=bool)
    if wanted:
        chosen[rng.choice(len(records), wanted, replace=False, p=odds / odds.sum())] = True
    period = draw_pulse_period(magnitude, rng)
    gamma, phase = draw_pulse_shape(len(records), rng)
    amplification = np.zeros((len(records), len(CONTROL_PERIODS_S)))
    amplification[chosen] = ln_amplification_rotd50(CONTROL_PERIODS_S, period[chosen, None])
    columns = {"pulse_period_s": np.round(period, 3), "pulse_gamma": gamma, "pulse_phase_rad": phase}
    with_pulses = records.assign(
        group=np.where(chosen, PULSE, NONPULSE),
        **{name: np.where(chosen, values, np.nan) for name, values in columns.items()},
    )
    return with_pulses, amplification
