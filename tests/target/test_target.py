"""Targets: the conditional spectrum, the models behind it, and the stage."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import PchipInterpolator

from gmplug.chain.stage import StageContext
from gmplug.errors import InputError
from gmplug.gmm.ground_motion_models import ALIASES, PUBLISHED_MODELS, PYGMM_MODELS
from gmplug.host import Host
from gmplug.study.schema import Study
from gmplug.target import (
    baker_jayaram_2008,
    find_model,
    pygmm_models,
    read_model_table,
    scenario_from_mapping,
)
from gmplug.target.stage import STAGE
from gmplug.values import GroundMotion, Scenario, Target, no_progress
from tests.support.targets import conditional_spectrum

GRID = np.round(np.arange(1, 201) * 0.01, 2)
FULL = Scenario(
    magnitude=7.0,
    rjb_km=15.0,
    rrup_km=16.0,
    rx_km=15.0,
    vs30_m_s=500.0,
    mechanism="strike-slip",
    dip_deg=90.0,
    hypocentral_depth_km=10.0,
)


def rho_by_hand(t1: float, t2: float) -> float:
    """Baker & Jayaram (2008), the algorithm of their page 309, written out."""
    small, large = min(t1, t2), max(t1, t2)
    c1 = 1 - math.cos(math.pi / 2 - 0.366 * math.log(large / max(small, 0.109)))
    c2 = 0.0
    if large < 0.2:
        c2 = 1 - 0.105 * (1 - 1 / (1 + math.exp(100 * large - 5))) * (large - small) / (large - 0.0099)
    c3 = c2 if large < 0.109 else c1
    c4 = c1 + 0.5 * (math.sqrt(c3) - c3) * (1 + math.cos(math.pi * small / 0.109))
    if large <= 0.109:
        return c2
    if small > 0.109:
        return c1
    return min(c2, c4) if large < 0.2 else c4


def test_correlation_is_that_of_the_paper() -> None:
    periods = np.array([0.01, 0.05, 0.1, 0.108, 0.12, 0.15, 0.19, 0.25, 0.7, 1.0, 2.0, 5.0, 10.0])
    expected = np.array([[rho_by_hand(a, b) for b in periods] for a in periods])
    np.testing.assert_allclose(baker_jayaram_2008(periods), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(baker_jayaram_2008(periods, np.array([1.0]))[:, 0], expected[:, 9], atol=1e-12)


def by_hand(table: pd.DataFrame, periods: np.ndarray, sa_g: float, t_star: float) -> tuple[Any, Any]:
    """METHOD §2 written out with loops."""
    median = PchipInterpolator(table["period_s"], table["median_g"])
    above = PchipInterpolator(table["period_s"], table["median_plus_sigma_g"])
    m = {t: math.log(median(t)) for t in [*periods, t_star]}
    s = {t: math.log(above(t)) - math.log(median(t)) for t in [*periods, t_star]}
    epsilon = (math.log(sa_g) - m[t_star]) / s[t_star]
    mean = [m[t] + rho_by_hand(t, t_star) * epsilon * s[t] for t in periods]
    covariance = [
        [
            rho_by_hand(a, b) * s[a] * s[b] - rho_by_hand(a, t_star) * rho_by_hand(b, t_star) * s[a] * s[b]
            for b in periods
        ]
        for a in periods
    ]
    return np.array(mean), np.array(covariance)


@pytest.mark.parametrize("on_the_table", [True, False])
def test_conditional_spectrum_is_that_of_the_method(shared_data: Path, on_the_table: bool) -> None:
    table = pd.read_csv(shared_data / "jia2025" / "gmm.csv")
    periods = table["period_s"].to_numpy() if on_the_table else GRID
    target = conditional_spectrum(periods, 1.0, {}, sa_g=0.78, gmm_table=shared_data / "jia2025" / "gmm.csv")
    mean, covariance = by_hand(table, periods, 0.78, 1.0)
    np.testing.assert_allclose(target.ln_mean, mean, rtol=0, atol=1e-12)
    np.testing.assert_allclose(target.covariance, covariance, rtol=0, atol=1e-12)
    assert target.sa_g == 0.78


def test_conditional_spectrum_is_the_published_one(shared_data: Path) -> None:
    """Against values that Jia & Sasani (2025) published with their code (``CMS``, ``CMS_sigma``)."""
    target = conditional_spectrum(GRID, 1.0, {}, sa_g=0.78, gmm_table=shared_data / "jia2025" / "gmm.csv")
    published = {
        0.01: (0.3940956896972385, 0.4797009626032785),
        0.07: (0.49161057530038527, 0.5562464486496314),
        0.62: (0.9511008380343584, 0.37876384993934403),
        1.20: (0.6331153258284061, 0.2533303928392203),
        2.00: (0.325828605252371, 0.47065596432959317),
    }
    for period, (median, sigma) in published.items():
        at = int(np.searchsorted(GRID, period - 1e-9))
        assert target.median_g[at] == pytest.approx(median, rel=1e-9)
        assert target.sigma_ln[at] == pytest.approx(sigma, rel=1e-9)
    assert target.epsilon == pytest.approx(1.2347, abs=2e-4)


def test_covariance_is_singular_at_the_conditioning_period_and_nowhere_negative(shared_data: Path) -> None:
    target = conditional_spectrum(GRID, 1.0, {}, sa_g=0.78, gmm_table=shared_data / "jia2025" / "gmm.csv")
    at = 99
    assert target.sigma_ln[at] == 0.0
    assert target.median_g[at] == pytest.approx(0.78, rel=1e-12)
    eigenvalues = np.linalg.eigvalsh(target.covariance)
    assert eigenvalues[0] > -1e-10
    np.testing.assert_array_equal(target.covariance, target.covariance.T)


def test_conditional_moments_are_those_of_a_sample(shared_data: Path) -> None:
    """The unconditional multivariate normal, kept where ln Sa(T*) lies near its value."""
    periods = np.array([0.1, 0.5, 1.0, 2.0])
    given = read_model_table(shared_data / "jia2025" / "gmm.csv", periods)
    target = conditional_spectrum(
        periods, 1.0, {}, epsilon=1.0, gmm_table=shared_data / "jia2025" / "gmm.csv"
    )
    rng = np.random.default_rng(0)
    covariance = baker_jayaram_2008(periods) * np.outer(given.sigma_ln, given.sigma_ln)
    sample = rng.multivariate_normal(np.log(given.median_g), covariance, size=2_000_000)
    kept = sample[np.abs(sample[:, 2] - math.log(target.sa_g)) < 0.01]
    assert len(kept) > 5_000
    np.testing.assert_allclose(kept.mean(axis=0), target.ln_mean, atol=0.025)
    np.testing.assert_allclose(np.cov(kept.T), target.covariance, atol=0.015)


def test_epsilon_and_sa_are_two_ways_to_say_one_thing(shared_data: Path) -> None:
    table = shared_data / "jia2025" / "gmm.csv"
    first = conditional_spectrum(GRID, 1.0, {}, sa_g=0.78, gmm_table=table)
    second = conditional_spectrum(GRID, 1.0, {}, epsilon=first.epsilon, gmm_table=table)
    assert second.sa_g == pytest.approx(0.78)
    np.testing.assert_allclose(first.ln_mean, second.ln_mean, atol=1e-12)


def test_conditioning_period_off_the_grid() -> None:
    models = pygmm_models()
    scenario = {"magnitude": 7.0, "rjb_km": 15.0, "vs30_m_s": 270.0, "mechanism": "strike-slip"}
    grid = np.array([0.5, 1.0, 2.0])
    target = conditional_spectrum(grid, 0.77, models, sa_g=0.4, gmm="BSSA14", scenario=scenario)
    np.testing.assert_array_equal(target.periods_s, grid)
    assert target.conditioning_period_s == 0.77 and np.all(target.sigma_ln > 0)


# -- ground-motion models ----------------------------------------------------------------------------


def test_names_are_all_that_pygmm_offers_for_a_scenario() -> None:
    import pygmm
    from pygmm.model import GroundMotionModel

    offered = {
        cls.__name__: cls.ABBREV
        for cls in vars(pygmm).values()
        if isinstance(cls, type)
        and issubclass(cls, GroundMotionModel)
        and not any(parameter.name == "event_type" for parameter in cls.PARAMS)
    }
    assert {long: short for short, long in PYGMM_MODELS.items()} == offered


# Of the verification tables of OpenQuake's BSSA14 (made with the authors' own Fortran): medians in g.
@pytest.mark.parametrize(
    ("magnitude", "mechanism", "rjb", "vs30", "expected"),
    [
        (4.0, "normal", 50.0, 250.0, {0.1: 0.00350254, 0.3: 0.00300281, 1.0: 0.000416795, 2.0: 9.39387e-05}),
        (4.0, "reverse", 20.0, 400.0, {0.1: 0.0137032, 0.2: 0.0124366, 1.0: 0.000971245, 2.0: 0.000193746}),
        (3.0, "reverse", 100.0, 760.0, {0.05: 5.82529e-05, 0.5: 1.44085e-05, 5.0: 1.49923e-07}),
    ],
)
def test_bssa14_is_that_of_its_authors(
    magnitude: float, mechanism: str, rjb: float, vs30: float, expected: dict[float, float]
) -> None:
    scenario = Scenario(magnitude=magnitude, rjb_km=rjb, vs30_m_s=vs30, mechanism=mechanism)
    prediction = pygmm_models()["BSSA14"](scenario, np.array(list(expected)))
    np.testing.assert_allclose(prediction.median_g, list(expected.values()), rtol=2e-3)


def test_bssa14_sigma_and_its_parts() -> None:
    scenario = Scenario(magnitude=4.0, rjb_km=75.0, vs30_m_s=760.0, mechanism="normal")
    prediction = pygmm_models()["BSSA14"](scenario, np.array([0.2, 1.0, 10.0]))
    np.testing.assert_allclose(prediction.sigma_ln, [0.7898, 0.7442, 0.7052], atol=1e-4)
    assert prediction.tau_ln is not None and prediction.phi_ln is not None
    np.testing.assert_allclose(np.hypot(prediction.tau_ln, prediction.phi_ln), prediction.sigma_ln, rtol=1e-9)


def test_sigma_published_in_log10_is_converted() -> None:
    """Atkinson & Boore (2006): 0.30 in log10 units at all periods, 0.69077557 in OpenQuake's tables."""
    prediction = pygmm_models()["AB06"](FULL, np.array([0.1, 1.0, 4.0]))
    np.testing.assert_allclose(prediction.sigma_ln, 0.69077553, rtol=1e-6)
    rock = replace(FULL, vs30_m_s=2000.0)
    assert np.all(pygmm_models()["Pea11"](rock, np.array([0.1, 1.0])).sigma_ln > 0.5)


@pytest.mark.parametrize("name", list(PYGMM_MODELS))
def test_every_model_predicts(name: str) -> None:
    periods = np.array([0.05, 0.2, 0.37, 1.0, 2.0, 4.0])
    site = replace(FULL, vs30_m_s=PUBLISHED_MODELS[name].hard_rock_m_s or 500.0)
    prediction = pygmm_models()[name](site, periods)
    assert np.all((prediction.median_g > 1e-3) & (prediction.median_g < 5))
    assert np.all((prediction.sigma_ln > 0.3) & (prediction.sigma_ln < 1.2))


def test_interpolation_keeps_the_models_own_periods() -> None:
    import pygmm

    own = pygmm.ChiouYoungs2014(
        pygmm.Scenario(
            mag=7.0, dist_rup=16.0, dist_jb=15.0, dist_x=15.0, v_s30=500.0, dip=90.0, mechanism="SS",
            on_hanging_wall=True,
        )
    )  # fmt: skip
    prediction = pygmm_models()["CY14"](FULL, own.periods)
    np.testing.assert_allclose(prediction.median_g, own.spec_accels, rtol=1e-9)
    np.testing.assert_allclose(prediction.sigma_ln, own.ln_stds, rtol=1e-9)


def test_missing_parameters_are_all_named() -> None:
    scenario = Scenario(magnitude=7.0, rjb_km=15.0, vs30_m_s=270.0)
    with pytest.raises(InputError) as caught:
        pygmm_models()["ASK14"](scenario, np.array([0.5]))
    text = "\n".join(caught.value.problems)
    assert "gmm 'ASK14': needs rrup_km (closest distance to the rupture, km)" in text
    assert "needs dip_deg" in text and "needs the mechanism" in text
    assert len(caught.value.problems) == 3


def test_periods_beyond_the_model_and_unknown_regions() -> None:
    with pytest.raises(InputError, match=r"C03': the model covers 0.01 to 4 s.*from 1 to 5 s"):
        pygmm_models()["C03"](replace(FULL, vs30_m_s=2800.0), np.array([1.0, 5.0]))
    with pytest.raises(InputError, match=r"region 'mars' is not one the model knows \(global"):
        pygmm_models()["BSSA14"](Scenario(7.0, 15.0, vs30_m_s=300.0, region="Mars"), np.array([1.0]))


def test_limits_end_up_in_the_notes_and_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    scenario = {"magnitude": 8.4, "rrup_km": 20.0, "vs30_m_s": 270.0, "mechanism": "normal"}
    target = conditional_spectrum(
        np.array([0.5, 1.0]), 1.0, pygmm_models(), sa_g=0.4, gmm="i14", scenario=scenario
    )
    assert "vs30_m_s 270 is below I14's recommended limit of 450" in " ".join(target.notes)
    assert "no term for normal faulting" in " ".join(target.notes)
    pygmm_models()["BSSA14"](Scenario(8.4, 20.0, vs30_m_s=270.0, mechanism="normal"), np.array([1.0]))
    assert capfd.readouterr() == ("", "")


def test_models_are_found_by_alias_and_case() -> None:
    models = pygmm_models()
    assert find_model(models, "bssa14") is models["BSSA14"]
    assert find_model(models, "ChiouYoungs2014") is models["CY14"]
    assert set(ALIASES.values()) <= set(models)
    with pytest.raises(InputError, match=r"unknown ground-motion model 'BA08'; known: ASK14, BSSA14"):
        find_model(models, "BA08")


# -- options and files -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"gmm": "BSSA14", "scenario": {}}, "sa_g = … (from the hazard) or epsilon = …"),
        ({"sa_g": 1.0, "epsilon": 1.0, "gmm": "BSSA14"}, "either sa_g or epsilon, not both"),
        ({"sa_g": 1.0}, "give a ground-motion model"),
        ({"sa_g": 1.0, "gmm": "BSSA14", "gmm_table": Path("x")}, "either gmm or gmm_table, not both"),
        ({"sa_g": 1.0, "gmm": "BSSA14"}, "needs the causal earthquake; add scenario"),
        ({"sa_g": -1.0, "gmm_table": Path("x")}, "sa_g must be positive, not -1.0"),
        ({"sa_g": 1.0, "gmm_table": Path("nowhere.csv")}, "nowhere.csv: no such file"),
    ],
)
def test_options_that_do_not_fit_together(options: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError) as caught:
        conditional_spectrum(GRID, 1.0, pygmm_models(), **options)
    assert line in str(caught.value)


@pytest.mark.parametrize(
    ("mapping", "line"),
    [
        ({"magnitude": 7, "vs30": 270}, "unknown option 'vs30'; did you mean 'vs30_m_s'?"),
        ({"vs30_m_s": 270}, "magnitude is missing; add it (moment magnitude)"),
        ({"magnitude": 7}, "vs30_m_s is missing"),
        ({"magnitude": "7", "vs30_m_s": 270}, "magnitude: a number is expected"),
        ({"magnitude": 7, "vs30_m_s": 270, "mechanism": "sideways"}, "'sideways' is not known; use one of"),
        ({"magnitude": 7, "vs30_m_s": 270, "rjb_km": -1}, "must not be negative"),
        ({"magnitude": 7, "vs30_m_s": 270, "rjb_km": 9, "rrup_km": 3}, "cannot be below rjb_km"),
    ],
)
def test_scenarios_that_cannot_be(mapping: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError) as caught:
        scenario_from_mapping(mapping)
    assert line in str(caught.value)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("period_s,median_g\n0.01,1\n2,1\n", "either the column sigma_ln or median_plus_sigma_g"),
        ("x,median_g,sigma_ln\n0.01,1,1\n", "lacks the column(s) period_s"),
        (
            "period_s,median_g,sigma_ln\n0.01,1,1\n2,x,1\n",
            "column 'median_g': 'x' in row 3 is not a number",
        ),
        ("period_s,median_g,sigma_ln\n0.01,1,1\n0.01,1,1\n", "0.01 s occurs more than once"),
        (
            "period_s,median_g,sigma_ln\n0.1,1,1\n2,1,1\n",
            "covers 0.1 to 2 s, the study's periods run from 0.01",
        ),
        ("period_s,median_g,median_plus_sigma_g\n0.01,1,2\n2,1,0.5\n", "is not above median_g at 2 s"),
    ],
)
def test_model_tables_that_cannot_be_used(tmp_path: Path, content: str, line: str) -> None:
    path = tmp_path / "gmm.csv"
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        read_model_table(path, GRID)
    assert line in str(caught.value) and str(path) in str(caught.value)


# -- the stage ---------------------------------------------------------------------------------------


def context(tmp_path: Path, **target: Any) -> StageContext:
    study = Study.model_validate(
        {"catalogue": {"provider": "simulated"}, "structure": {"period_s": 1.0}, "target": target}
    )
    return StageContext(study, Host(entry_points=False), tmp_path, 1, no_progress)


SCENARIO = {"magnitude": 7.0, "rjb_km": 15.0, "vs30_m_s": 270.0, "mechanism": "strike-slip"}


def test_stage_writes_and_reads(tmp_path: Path) -> None:
    target = STAGE.run(context(tmp_path, sa_g=0.78, gmm="BSSA14", scenario=SCENARIO))
    assert isinstance(target, Target) and len(target.periods_s) == 200
    STAGE.save(target, tmp_path)
    assert all((tmp_path / name).is_file() for name in STAGE.files)
    assert list(pd.read_csv(tmp_path / "target.csv")) == ["period_s", "median_g", "sigma_ln"]
    again = STAGE.load(tmp_path)
    np.testing.assert_allclose(again.ln_mean, target.ln_mean, atol=1e-12)
    np.testing.assert_allclose(again.covariance, target.covariance, atol=1e-12)
    assert (again.sa_g, again.epsilon, again.scenario) == (target.sa_g, target.epsilon, target.scenario)
    assert STAGE.summary(again)["target"]["sa_g"] == 0.78


def test_stage_takes_an_edited_table(tmp_path: Path) -> None:
    STAGE.save(STAGE.run(context(tmp_path, sa_g=0.78, gmm="BSSA14", scenario=SCENARIO)), tmp_path)
    before = STAGE.load(tmp_path)
    table = pd.read_csv(tmp_path / "target.csv")
    table["median_g"] *= 2
    table["sigma_ln"] *= 0.5
    table.to_csv(tmp_path / "target.csv", index=False)
    target = STAGE.load(tmp_path)
    np.testing.assert_allclose(target.covariance, before.covariance / 4, atol=1e-12)
    assert target.sa_g == pytest.approx(1.56) and math.isnan(target.epsilon)
    table.iloc[:-1].to_csv(tmp_path / "target.csv", index=False)
    with pytest.raises(InputError, match=r"target.csv: its periods are not those the study was run with"):
        STAGE.load(tmp_path)
    table.loc[3, "median_g"] = -1
    table.to_csv(tmp_path / "target.csv", index=False)
    with pytest.raises(
        InputError, match=r"target.csv, row 5, column median_g: -1.0 must be a number, positive"
    ):
        STAGE.load(tmp_path)


def test_stage_takes_a_table_relative_to_the_study(tmp_path: Path) -> None:
    rows = "period_s,median_g,sigma_ln\n0.01,0.3,0.6\n1,0.3,0.65\n2,0.15,0.7\n"
    (tmp_path / "gmm.csv").write_text(rows)
    study = Study.model_validate(
        {
            "catalogue": {"provider": "simulated"},
            "structure": {"period_s": 1.0},
            "target": {"sa_g": 0.5, "gmm_table": "gmm.csv"},
            "path": tmp_path / "s.toml",
        }
    )
    target = STAGE.run(StageContext(study, Host(entry_points=False), tmp_path, 1, no_progress))
    assert target.scenario is None and target.epsilon == pytest.approx(math.log(0.5 / 0.3) / 0.65)


def test_a_model_of_a_plugin_is_used() -> None:
    def flat(periods_s: np.ndarray) -> GroundMotion:
        return GroundMotion(periods_s, np.full_like(periods_s, 0.1), np.full_like(periods_s, 0.5))

    def model(scenario: Scenario, periods_s: np.ndarray) -> GroundMotion:
        return flat(periods_s)

    target = conditional_spectrum(
        np.array([0.5, 1.0]), 1.0, {"flat": model}, epsilon=2.0, gmm="flat", scenario=SCENARIO
    )
    assert target.sa_g == pytest.approx(0.1 * math.exp(1.0))
