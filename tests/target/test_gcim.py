"""GCIM targets and the measures they follow: against simulation, closed forms, and published numbers."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmplug.errors import InputError
from gmplug.gmm.definite import nearest_correlation
from gmplug.gmm.durations import DURATION_MODELS
from gmplug.measures.compute import rotated_peak, velocity_g_s
from gmplug.measures.records import ln_scaled_measures, measure_correlations
from gmplug.measures.registry import intensity_measures
from gmplug.preselection.stage import _measures_known
from gmplug.runs import run_study
from gmplug.target import baker_jayaram_2008, pygmm_models
from gmplug.target.conditioning import JointModel
from gmplug.target.gcim_measures import GcimMeasures
from gmplug.target.logic_tree import LogicTreeBranches
from gmplug.values import GroundMotion, Measures, Motion, Scenario, Target
from tests.support.studies import write_small_study
from tests.support.targets import conditional_spectrum, gcim

PERIODS = np.array([0.2, 0.5, 1.0, 2.0])
NAMES = ("duration_5_75_s", "duration_5_95_s", "pgv_cm_s", "pga_g")
NEAR = {"magnitude": 6.3, "rjb_km": 10.0, "rrup_km": 11.0, "vs30_m_s": 400.0, "mechanism": "strike-slip"}
FAR = {"magnitude": 7.5, "rjb_km": 45.0, "rrup_km": 45.5, "vs30_m_s": 400.0, "mechanism": "reverse"}
DRAWS = 400_000


def test_correlations_are_the_published_ones() -> None:
    """Bradley (2011, 2012): tabulated values, and the formulas at periods within each of their parts."""
    among, across = measure_correlations(NAMES, np.array([0.01, 0.05, 0.09, 0.5, 1.4, 6.5, 10.0]))
    expected = [[1, 0.843, -0.259, -0.442], [0.843, 1, -0.211, -0.405], [-0.259, -0.211, 1, 0.733],
                [-0.442, -0.405, 0.733, 1]]  # fmt: skip
    np.testing.assert_allclose(among, expected)
    np.testing.assert_allclose(across[0, [0, 2, 4, 5, 6]], [-0.45, -0.39, -0.06, 0.16, 0.0], atol=1e-12)
    assert across[1, 4] == pytest.approx(-0.02)
    pgv = (0.54 + 0.81) / 2 - (0.54 - 0.81) / 2 * math.tanh(1.5 * math.log(0.5 / 0.28))
    assert across[2, 3] == pytest.approx(pgv)
    pga = (1 + 0.895) / 2 - (1 - 0.895) / 2 * math.tanh(1.6 * math.log(0.05 / 0.06))
    assert across[3, 1] == pytest.approx(pga)
    assert np.linalg.eigvalsh(among)[0] > 0


def test_correlations_are_near_those_of_a_later_database() -> None:
    """Baker & Bradley (2017), NGA-West2, at 0.01 s: Ds575 -0.43, Ds595 -0.40, PGA 1.00, PGV 0.65."""
    _, across = measure_correlations(NAMES, np.array([0.01]))
    np.testing.assert_allclose(across[:, 0], [-0.4307, -0.3961, 0.65091, 0.99992], atol=0.09)


def joint_sample(causes: list[tuple[float, dict[str, Any]]]) -> np.ndarray:
    """ln Sa and ln measures drawn from BSSA14, AS16 and the correlations, independently of the code."""
    rng = np.random.default_rng(2)
    among, across = measure_correlations(NAMES, PERIODS)
    rho = np.block([[baker_jayaram_2008(PERIODS), across.T], [across, among]])
    rows = []
    for share, scenario in causes:
        import pygmm

        mechanism = {"strike-slip": "SS", "reverse": "RS"}[scenario["mechanism"]]
        about = pygmm.Scenario(
            mag=scenario["magnitude"], dist_jb=scenario["rjb_km"], dist_rup=scenario["rrup_km"],
            v_s30=scenario["vs30_m_s"], mechanism=mechanism,
        )  # fmt: skip
        model, duration = pygmm.BooreStewartSeyhanAtkinson2014(about), pygmm.AfshariStewart2016(about)
        sa, sigma = model.interp_spec_accels(PERIODS), model.interp_ln_stds(PERIODS)
        mean = np.concatenate(
            [
                np.log(sa),
                np.log([duration.duration["D_5t75"], duration.duration["D_5t95"]]),
                np.log([model.pgv, model.pga]),
            ]
        )
        s = np.concatenate(
            [
                sigma,
                [duration.std_err["D_5t75"], duration.std_err["D_5t95"], model.ln_std_pgv, model.ln_std_pga],
            ]
        )
        rows.append(rng.multivariate_normal(mean, rho * np.outer(s, s), size=round(share * DRAWS)))
    return np.concatenate(rows)


def test_gcim_is_that_of_simulated_motions() -> None:
    """Two earthquakes by rate, eight measures; the motions kept whose Sa(1 s) lies near the level."""
    drawn = joint_sample([(0.8, NEAR), (0.2, FAR)])
    kept = drawn[np.abs(drawn[:, 2] - math.log(0.3)) < 0.04]
    target = gcim(
        PERIODS, 1.0, pygmm_models(), sa_g=0.3, gmm="BSSA14", measures=list(NAMES), weights="rate",
        scenarios=[{"weight": 0.8, **NEAR}, {"weight": 0.2, **FAR}],
    )  # fmt: skip
    measures = target.measures
    assert measures is not None
    assert measures.names == NAMES
    assert len(kept) > 5_000
    error = 4 * kept.std(axis=0) / math.sqrt(len(kept)) + 0.006
    assert np.all(np.abs(kept.mean(axis=0) - np.append(target.ln_mean, measures.ln_mean)) < error)
    sample = np.cov(kept.T)
    np.testing.assert_allclose(sample[:4, :4], target.covariance, atol=0.02)
    np.testing.assert_allclose(sample[4:, 4:], measures.covariance, atol=0.02)
    assert measures.cross_covariance is not None
    np.testing.assert_allclose(sample[4:, :4], measures.cross_covariance, atol=0.02)


def test_gcim_by_hand_for_one_cause() -> None:
    """Bradley (2010): ln mean and σ of a measure given ε*: m + ρ ε* σ and σ √(1 − ρ²)."""
    target = gcim(
        PERIODS,
        1.0,
        pygmm_models(),
        epsilon=1.5,
        gmm="BSSA14",
        scenario=NEAR,
        measures={"duration_5_75_s": 2.0},
    )
    measures = target.measures
    assert measures is not None
    median, sigma = DURATION_MODELS["AS16"](Scenario(**NEAR))["duration_5_75_s"]
    rho = -0.39 + (-0.06 + 0.39) * math.log(1.0 / 0.30) / math.log(1.40 / 0.30)
    assert measures.ln_mean[0] == pytest.approx(median + rho * 1.5 * sigma, abs=1e-12)
    assert measures.sigma_ln[0] == pytest.approx(sigma * math.sqrt(1 - rho**2), abs=1e-12)
    np.testing.assert_array_equal(measures.weights, [2.0])
    plain = conditional_spectrum(PERIODS, 1.0, pygmm_models(), epsilon=1.5, gmm="BSSA14", scenario=NEAR)
    np.testing.assert_allclose(target.ln_mean, plain.ln_mean, atol=1e-12)
    np.testing.assert_allclose(target.covariance, plain.covariance, atol=1e-12)


def test_duration_models_at_a_published_point() -> None:
    """AS16 written out for M 6, 30 km, 400 m/s, strike-slip, Ds575 (Afshari & Stewart 2016, eqs. 2-9)."""
    median, sigma = DURATION_MODELS["AS16"](
        Scenario(6.0, rrup_km=30.0, vs30_m_s=400.0, mechanism="strike-slip")
    )["duration_5_75_s"]
    moment = 10 ** (1.5 * 6 + 16.05)
    source = 1 / (4.9e6 * 3.2 * (math.exp(5.578) / moment) ** (1 / 3))
    path = 0.1159 * 10 + 0.1065 * 20
    assert median == pytest.approx(math.log(source + path) - 0.2246 * math.log(400 / 368.2), abs=1e-9)
    assert sigma == pytest.approx(math.hypot(0.28, 0.41))


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"measures": []}, "name the measures"),
        ({"measures": ["pgd"]}, "'pgd' is not known"),
        ({"measures": {"pga_g": -1.0}}, "weight of 'pga_g'"),
        ({"duration_gmm": "X"}, "unknown duration model 'X'"),
        ({"gmm": "I14", "measures": ["pgv_cm_s"]}, "does not predict pgv_cm_s"),
        ({"scenario": {k: v for k, v in NEAR.items() if k != "rrup_km"}}, "needs rrup_km"),
        ({"scenario": {**NEAR, "mechanism": "unspecified"}}, "needs the mechanism"),
    ],
)
def test_gcim_options_that_do_not_fit(options: dict[str, Any], line: str) -> None:
    given: dict[str, Any] = {
        "sa_g": 0.3, "gmm": "BSSA14", "scenario": NEAR, "measures": ["duration_5_75_s"], **options,
    }  # fmt: skip
    with pytest.raises(InputError, match=line):
        gcim(PERIODS, 1.0, pygmm_models(), **given)


def test_a_plugins_model_may_predict_measures() -> None:
    def model(scenario: Scenario, periods_s: np.ndarray) -> GroundMotion:
        flat = np.full(len(periods_s), 0.3)
        return GroundMotion(periods_s, flat, 2 * flat, measures={"pgv_cm_s": (3.0, 0.6)})

    target = gcim(
        PERIODS, 1.0, {"mine": model}, epsilon=0.0, gmm="mine", scenario=NEAR, measures=["pgv_cm_s"]
    )
    assert target.measures is not None
    assert target.measures.ln_mean[0] == pytest.approx(3.0)


# -- measures of records -------------------------------------------------------------------------------


def test_measures_of_a_sine_in_closed_form() -> None:
    """a = A sin ωt over whole periods: PGA A, PGV 2A/ω (from rest), Arias πA²t/(4g), CAV 2At/π, durations."""
    step, frequency, amplitude, length = 0.0005, 2.0, 0.3, 10.0
    time = np.arange(0.0, length + step / 2, step)
    motion = Motion(step, amplitude * np.sin(2 * np.pi * frequency * time)[None, :])
    found = intensity_measures(motion)
    g = 9.80665
    assert found["pga_g"] == pytest.approx(amplitude, rel=1e-5)
    assert found["pgv_cm_s"] == pytest.approx(100 * g * 2 * amplitude / (2 * np.pi * frequency), rel=1e-4)
    assert found["arias_m_s"] == pytest.approx(np.pi / (2 * g) * (amplitude * g) ** 2 * length / 2, rel=1e-3)
    assert found["cav_m_s"] == pytest.approx(2 / np.pi * amplitude * g * length, rel=1e-4)
    assert found["duration_5_75_s"] == pytest.approx(0.70 * length, abs=0.02)
    assert found["duration_5_95_s"] == pytest.approx(0.90 * length, abs=0.02)


def test_peaks_over_all_orientations() -> None:
    rng = np.random.default_rng(0)
    pair = rng.normal(size=(2, 3000)) * np.array([[1.0], [0.4]])
    angles = np.radians(np.arange(180))
    brute = [np.max(np.abs(np.cos(a) * pair[0] + np.sin(a) * pair[1])) for a in angles]
    for percentile in (0, 50, 100):
        assert rotated_peak(pair, percentile) == pytest.approx(np.percentile(brute, percentile), rel=1e-12)
    line = np.stack([np.sin(np.arange(50.0)), np.zeros(50)])  # polarised: the median is cos 45° of the peak
    assert rotated_peak(line, 50) == pytest.approx(np.max(np.abs(line)) * math.cos(math.pi / 4), rel=0.02)
    one_way = velocity_g_s(np.ones((1, 11)), 0.1)
    np.testing.assert_allclose(one_way[0], np.arange(11) * 0.1)


def test_scaling_a_record_scales_its_measures() -> None:
    rng = np.random.default_rng(4)
    acceleration = rng.normal(size=(2, 2000)) * np.exp(-np.linspace(0, 4, 2000))
    names = ("pga_g", "pgv_cm_s", "cav_m_s", "arias_m_s", "duration_5_75_s", "duration_5_95_s")
    once, thrice = (intensity_measures(Motion(0.01, factor * acceleration)) for factor in (1.0, 3.0))
    records = pd.DataFrame([{"id": "a", "scale_factor": 3.0, **once}])
    measures = Measures(names, np.zeros(6), np.eye(6), np.ones(6))
    found = ln_scaled_measures(records, measures)
    np.testing.assert_allclose(found[0], [math.log(thrice[name]) for name in names], atol=1e-9)
    with pytest.raises(InputError, match="record a: has no 'pga_g'"):
        ln_scaled_measures(records.assign(pga_g=np.nan), measures)
    with pytest.raises(InputError, match="the catalogue has no 'pga_g'"):
        ln_scaled_measures(records.drop(columns="pga_g"), measures)


def test_a_study_follows_measures(tmp_path: Path) -> None:
    path = write_small_study(tmp_path, records=14)
    text = path.read_text().replace("[target]", '[target]\nprovider = "gcim"\nmeasures = ["duration_5_75_s"]')
    path.write_text(re.sub(r"rjb_km = 20.0", "rjb_km = 20.0, rrup_km = 21.0", text))
    run = run_study(path, tmp_path / "run", until="selection")
    funnel = pd.read_csv(tmp_path / "run" / "funnel.csv").set_index("filter")
    assert funnel.loc["measures-known", "removed"] == 0
    known = _measures_known(run.target.measures)
    unknown_first = pd.DataFrame({"duration_5_75_s": [np.nan, 4.0, -1.0]})
    assert known(unknown_first).tolist() == [False, True, False]  # unknown: counted out
    assert run.summary["target"]["measures"] == ["duration_5_75_s"]
    assert "GCIM (duration_5_75_s)" in run.summary["target"]["description"]
    candidates = run.candidates
    found = ln_scaled_measures(candidates.records, run.target.measures)
    np.testing.assert_allclose(np.exp(found[:, 0]), candidates.records["duration_5_75_s"])


# -- correlations from several papers, made consistent --------------------------------------------------

ALL = (*NAMES, "cav_m_s")


def everything(scenario: Scenario, periods_s: np.ndarray) -> GroundMotion:
    """A made-up model that predicts every measure."""
    period = np.asarray(periods_s)
    sa = 0.05 * scenario.magnitude * np.exp(-(np.log(period / 0.3) ** 2) / 3) * 10 / (10 + scenario.rjb_km)
    measures = {"pga_g": (-1.0, 0.60), "pgv_cm_s": (3.0, 0.65), "cav_m_s": (1.0, 0.45)}
    return GroundMotion(period, sa, 0.6 + 0.05 * np.log10(period / 0.1), measures=measures)


def joint_covariance(target: Target) -> np.ndarray:
    measures = target.measures
    assert measures is not None
    assert measures.cross_covariance is not None
    cross = measures.cross_covariance
    return np.block([[target.covariance, cross.T], [cross, measures.covariance]])


@settings(max_examples=40, deadline=None)
@given(
    names=st.lists(st.sampled_from(ALL), min_size=1, unique=True),
    scenarios=st.lists(st.sampled_from([NEAR, FAR]), min_size=1, max_size=2),
    limits=st.tuples(st.floats(0.01, 0.2), st.floats(1.0, 10.0)),
    count=st.integers(2, 60),
    star=st.floats(0.0, 1.0),
    epsilon=st.floats(-1.0, 3.0),
)
def test_joint_distribution_is_one_for_any_measures(
    names: list[str],
    scenarios: list[dict[str, Any]],
    limits: tuple[float, float],
    count: int,
    star: float,
    epsilon: float,
) -> None:
    """No eigenvalue below rounding, no negative variance, Sa(T*) exact, and the spectrum that of the CS."""
    periods = np.geomspace(*limits, count)
    t_star = limits[0] * (limits[1] / limits[0]) ** star
    causes = {"scenarios": [{"weight": 1.0, **scenario} for scenario in scenarios]}
    given_level: dict[str, Any] = {"sa_g": 0.2 * math.exp(0.6 * epsilon), "gmm": "all", **causes}
    models = {"all": everything}
    target = gcim(periods, t_star, models, measures=names, **given_level)
    covariance = joint_covariance(target)
    assert np.linalg.eigvalsh(covariance)[0] >= -1e-10
    assert np.all(np.diag(covariance) >= 0)
    plain = conditional_spectrum(periods, t_star, models, **given_level)
    np.testing.assert_allclose(target.ln_mean, plain.ln_mean, atol=1e-12)
    np.testing.assert_allclose(target.covariance, plain.covariance, atol=1e-12)
    at = np.flatnonzero(np.isclose(target.periods_s, t_star, rtol=1e-6))
    np.testing.assert_allclose(target.ln_mean[at], math.log(given_level["sa_g"]), atol=1e-9)
    np.testing.assert_allclose(covariance[at], 0.0, atol=1e-12)


def test_samples_of_the_joint_have_its_covariance() -> None:
    """Cholesky of the whole joint matrix works, and what it draws has the stated covariance.

    The standard error of a covariance of normal draws is sqrt((s_i² s_j² + c_ij²) / N); 5 are allowed.
    """
    periods, draws = np.geomspace(0.01, 10.0, 40), 200_000
    causes = LogicTreeBranches([Scenario(**NEAR)], np.ones(1), [("all", everything)], np.ones(1))
    durations = DURATION_MODELS["AS16"]
    measures = GcimMeasures(ALL, np.ones(5), durations)
    joint = JointModel(causes, periods, baker_jayaram_2008, measures=measures)
    moments = joint.moments(Scenario(**NEAR), 0)
    among, across = measure_correlations(ALL, periods)
    raw = np.block([[baker_jayaram_2008(periods), across.T], [across, among]])
    assert np.linalg.eigvalsh(raw)[0] < -0.2  # what the papers give together
    sample = np.random.default_rng(1).normal(size=(draws, len(moments.mean)))
    found = np.cov((sample @ np.linalg.cholesky(moments.covariance).T).T)
    variance = np.diag(moments.covariance)
    error = np.sqrt((np.outer(variance, variance) + moments.covariance**2) / draws)
    assert np.all(np.abs(found - moments.covariance) < 5 * error)


def test_the_change_of_correlations_is_told() -> None:
    periods = np.geomspace(0.01, 10.0, 60)
    given_level: dict[str, Any] = {"epsilon": 1.0, "gmm": "all", "scenario": NEAR}
    target = gcim(periods, 1.0, {"all": everything}, measures=list(ALL), **given_level)
    notes = [note for note in target.notes if "contradict one another" in note]
    assert len(notes) == 1
    found = re.search(r"largest change ([\d.]+), of (\S+) with (\S+)", notes[0])
    assert found is not None
    assert 0.05 < float(found[1]) < 0.1  # below a tenth: told, not doubted
    assert not notes[0].startswith("doubtful")
    alone = gcim(periods, 1.0, {"all": everything}, measures=["duration_5_75_s"], **given_level)
    assert not any("contradict" in note for note in alone.notes)


def test_cav_needs_a_model_that_predicts_it() -> None:
    options: dict[str, Any] = {"epsilon": 0.5, "scenario": NEAR, "measures": ["cav_m_s"]}
    target = gcim(PERIODS, 1.0, {"all": everything}, gmm="all", **options)
    assert target.measures is not None
    assert target.measures.sigma_ln[0] < 0.45
    with pytest.raises(InputError, match=r"does not predict cav_m_s; .* CAV, ASI, .* need a plugin's model"):
        gcim(PERIODS, 1.0, pygmm_models(), gmm="BSSA14", **options)


def test_nearest_correlation_is_the_published_one() -> None:
    """Higham (2002), sect. 4: the example with 1, 1, 0 beside the diagonal."""
    matrix = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    found = nearest_correlation(matrix)
    expected = [[1.0, 0.7607, 0.1573], [0.7607, 1.0, 0.7607], [0.1573, 0.7607, 1.0]]
    np.testing.assert_allclose(found.matrix, expected, atol=1e-4)
    assert found.change == pytest.approx(0.2393, abs=1e-4)
    definite = np.array([[1.0, 0.5], [0.5, 1.0]])
    assert nearest_correlation(definite).matrix is definite


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(2, 12), fixed=st.integers(0, 6))
def test_nearest_correlation_is_near_and_keeps_what_is_fixed(seed: int, size: int, fixed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = np.clip(np.corrcoef(rng.normal(size=(size, 4 * size))) + rng.normal(0, 0.4, (size, size)), -1, 1)
    matrix = np.triu(matrix, 1) + np.triu(matrix, 1).T + np.eye(size)
    fixed = min(fixed, size - 1)
    matrix[:fixed, :fixed] = nearest_correlation(matrix[:fixed, :fixed]).matrix if fixed else 0
    found = nearest_correlation(matrix, fixed)
    assert np.linalg.eigvalsh(found.matrix)[0] >= -1e-10
    np.testing.assert_array_equal(np.diag(found.matrix), 1.0)
    np.testing.assert_allclose(found.matrix[:fixed, :fixed], matrix[:fixed, :fixed], atol=1e-14)
    assert np.all(np.abs(found.matrix) <= 1 + 1e-12)
    # no matrix on the way to any other consistent one is nearer
    other = np.eye(size)
    other[:fixed, :fixed] = matrix[:fixed, :fixed]
    distance = np.linalg.norm(found.matrix - matrix)
    for share in (0.001, 0.01, 0.1, 1.0):
        step = (1 - share) * found.matrix + share * other
        assert np.linalg.norm(step - matrix) >= distance - 1e-4 * size
