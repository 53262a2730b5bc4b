"""One definition of Sa through the chain: every pair is converted by a published ratio, told, or refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmplug.chain.stage import StageContext
from gmplug.errors import InputError
from gmplug.gmm.ground_motion_models import COMPONENTS, PYGMM_MODELS, pygmm_models
from gmplug.host import Host
from gmplug.notes import doubts_of
from gmplug.preselection.definition import definition_of
from gmplug.preselection.stage import STAGE as PRESELECTION
from gmplug.spectra.components import (
    ARBITRARY,
    GEOMETRIC_MEAN,
    GMROTI50,
    LARGER,
    NAMES,
    ROTD50,
    ROTD100,
    canonical,
    component_named,
    convert_prediction,
    ln_ratio,
    read_component,
    sigma_factor,
)
from gmplug.study import parse_study
from gmplug.target.eurocode8 import code_eurocode8
from gmplug.target.spectrum_table import uniform_hazard
from gmplug.values import Catalogue, GroundMotion, Measures, Target, no_progress
from tests.support.targets import conditional_spectrum

PERIODS_S = np.array([0.05, 0.2, 0.5, 1.0, 2.0, 5.0])
KEYS = sorted(NAMES)
SCENARIO = {"magnitude": 7.0, "rjb_km": 15.0, "vs30_m_s": 400.0, "mechanism": "strike-slip"}


def ratio(of: str, to: str, *periods_s: float) -> np.ndarray:
    return np.exp(ln_ratio(of, to, periods_s))


# -- the ratios against published tables -----------------------------------------------------------------


def test_the_maximum_direction_as_shahi_and_baker_have_it() -> None:
    """Shahi & Baker (2014), Earthquake Spectra 30(3):1283-1300, Table 1: ln RotD100/RotD50."""
    table = {
        0.01: 0.176, 0.05: 0.171, 0.1: 0.172, 0.2: 0.187, 0.3: 0.198, 0.5: 0.206, 0.75: 0.213, 1.0: 0.216,
        2.0: 0.218, 3.0: 0.221, 5.0: 0.235, 7.5: 0.251, 10.0: 0.258,
    }  # fmt: skip
    np.testing.assert_allclose(ln_ratio(ROTD50, ROTD100, list(table)), list(table.values()), atol=0.01)


def test_the_ratios_as_the_regressions_of_boore_and_kishida_have_them() -> None:
    """Boore & Kishida (2017), electronic supplement, c0 + m1 + m2: ln ratio for magnitude 6.5 at 50 km."""
    rotd50_gm = {0.1: 0.01210, 0.2: 0.02032, 1.0: 0.03410, 5.0: 0.05625, 10.0: 0.07365}
    np.testing.assert_allclose(
        ln_ratio(GEOMETRIC_MEAN, ROTD50, list(rotd50_gm)), list(rotd50_gm.values()), atol=0.012
    )
    rotd50_gmroti50 = {0.1: 0.00499, 0.2: 0.01212, 0.5: 0.01940, 1.0: 0.02412, 5.0: 0.03948, 10.0: 0.05219}
    np.testing.assert_allclose(
        ln_ratio(GMROTI50, ROTD50, list(rotd50_gmroti50)), list(rotd50_gmroti50.values()), atol=1e-3
    )
    larger_gm = {0.1: 0.11856, 0.2: 0.13644}
    np.testing.assert_allclose(
        ln_ratio(GEOMETRIC_MEAN, LARGER, list(larger_gm)), list(larger_gm.values()), atol=0.01
    )


def test_medians_and_sigma_as_beyer_and_bommer_have_them() -> None:
    """Beyer & Bommer (2006), BSSA 96(4A):1512-1522, Table 3: ratios to the geometric mean, 0.15 to 5 s."""
    for period in (0.15, 0.8, 5.0):
        assert ratio(GEOMETRIC_MEAN, ARBITRARY, period)[0] == 1.0
        assert ratio(GEOMETRIC_MEAN, GMROTI50, period)[0] == pytest.approx(1.0, abs=0.02)
        assert sigma_factor(GEOMETRIC_MEAN, ARBITRARY, [period])[0] == pytest.approx(1.05, abs=0.02)
    assert ratio(GEOMETRIC_MEAN, LARGER, 0.15, 0.8) == pytest.approx([1.1, 1.2], abs=0.035)


def test_records_follow_the_ratio_of_their_definitions() -> None:
    """Gaussian pairs: of the same strength in every direction, the larger exceeds the geometric mean."""
    assert np.all(ln_ratio(GEOMETRIC_MEAN, ROTD50, PERIODS_S) > 0)
    assert np.all(ln_ratio(ROTD50, LARGER, PERIODS_S) > 0)
    assert np.all(ln_ratio(LARGER, ROTD100, PERIODS_S) > 0)


# -- every pair --------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(KEYS), st.sampled_from(KEYS), st.sampled_from(KEYS),
    st.lists(st.floats(0.01, 10.0), min_size=1, max_size=5),
)  # fmt: skip
def test_conversion_there_and_back_is_none_and_goes_any_way(
    of: str, by: str, to: str, periods_s: list[float]
) -> None:
    np.testing.assert_allclose(ln_ratio(of, to, periods_s) + ln_ratio(to, of, periods_s), 0.0, atol=1e-12)
    np.testing.assert_allclose(
        ln_ratio(of, by, periods_s) + ln_ratio(by, to, periods_s), ln_ratio(of, to, periods_s), atol=1e-12
    )
    np.testing.assert_allclose(sigma_factor(of, to, periods_s) * sigma_factor(to, of, periods_s), 1.0)
    assert np.all(np.abs(ln_ratio(of, to, periods_s)) < 0.36)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KEYS), st.sampled_from(KEYS))
def test_a_prediction_converted_there_and_back_is_itself(of: str, to: str) -> None:
    sigma = np.full(len(PERIODS_S), 0.65)
    prediction = GroundMotion(
        PERIODS_S, np.ones(len(PERIODS_S)), sigma, 0.6 * sigma, 0.8 * sigma, component=NAMES[of],
        measures={"pga_g": (-1.0, 0.6), "pgv_cm_s": (3.0, 0.6), "duration_5_75_s": (2.0, 0.5)},
    )  # fmt: skip
    there = convert_prediction(prediction, to)
    assert component_named(there.component) == to
    np.testing.assert_allclose(
        there.tau_ln**2 + there.phi_ln**2,
        there.sigma_ln**2,
        rtol=1e-12,  # type: ignore[operator]
    )
    assert there.measures["duration_5_75_s"] == (2.0, 0.5)
    back = convert_prediction(there, of)
    np.testing.assert_allclose(back.median_g, prediction.median_g, rtol=1e-12)
    np.testing.assert_allclose(back.sigma_ln, sigma, rtol=1e-12)
    np.testing.assert_allclose(
        [back.measures[n] for n in prediction.measures], list(prediction.measures.values()), rtol=1e-12
    )


def catalogue_of(component: str, seconds: tuple[str, ...] = ("b", "b", "b")) -> Catalogue:
    records = pd.DataFrame({"id": ["1", "2", "3"], "group": "all", "file_h2": list(seconds)})
    return Catalogue(records, PERIODS_S, np.ones((3, len(PERIODS_S))), component, "made up")


def target_of(component: str, code_component: str = "", measures: Measures | None = None) -> Target:
    count = len(PERIODS_S)
    return Target(
        PERIODS_S, np.zeros(count), np.eye(count), 1.0, 1.0, component=component,
        code_component=code_component, measures=measures,
    )  # fmt: skip


@pytest.mark.parametrize(("have", "needed"), list(product(KEYS, KEYS)))
def test_every_catalogue_is_converted_told_or_refused(have: str, needed: str) -> None:
    catalogue, target = catalogue_of(NAMES[have]), target_of(NAMES[needed])
    if needed == ARBITRARY != have:
        with pytest.raises(InputError, match=r'set component = "h1" in \[catalogue\]'):
            definition_of(catalogue, target)
        return
    found = definition_of(catalogue, target)
    shift = found.ln_shift(PERIODS_S)
    if have == needed:
        assert not found.notes
        np.testing.assert_array_equal(shift, 0.0)
    elif have == ARBITRARY and needed not in (ROTD100, LARGER):
        assert "not converted" in found.notes[0]
        np.testing.assert_array_equal(shift, 0.0)
        assert np.all(np.abs(ln_ratio(have, needed, PERIODS_S)) < 0.05)  # as the note says
    else:
        assert "Boore & Kishida 2017" in found.notes[0]
        np.testing.assert_allclose(shift, np.tile(ln_ratio(have, needed, PERIODS_S), (3, 1)))


def test_what_is_not_known_is_asked_for() -> None:
    for component in ("as given in the table", "SRSS", "RotD84", "somehow"):
        with pytest.raises(InputError, match=r"component = … in \[catalogue\].*known: .RotD50"):
            definition_of(catalogue_of(component), target_of("RotD50"))
    with pytest.raises(InputError, match="'RotD16', which is not known"):
        definition_of(catalogue_of("RotD50"), target_of("RotD16"))
    (doubt,) = doubts_of(definition_of(catalogue_of("RotD50"), target_of("")).notes)
    assert "the target does not say which horizontal component its Sa is of" in doubt
    with pytest.raises(InputError, match=r"'median' is not known; known: .*RotD100"):
        read_component("median", "[target]")


def test_names_that_tables_have_are_understood() -> None:
    for name in ("RotD50", "RotD100", "geometric mean", "GMRotI50", "single component", "larger component"):
        assert canonical(name) == name and component_named(name) is not None


@settings(max_examples=60, deadline=None)
@given(st.text("abcdeghmnoprtuvx 0123456789-_()", max_size=18))
def test_no_other_text_is_a_definition(text: str) -> None:
    if component_named(text) is not None:
        plain = {"".join(c for c in part if c.isalnum()) for part in (text, text.split("(")[0])}
        single = any(len(part) == 1 for part in plain)
        assert single or plain & {
            *(
                "rotd50",
                "rotd100",
                "gm",
                "geomean",
                "geom",
                "gmean",
                "gmar",
                "random",
                "h1",
                "h2",
                "component",
            )
        }


def test_single_components_among_pairs_are_told_apart() -> None:
    mixed = catalogue_of("RotD100 (2 records) and single components (1)", ("b", "", "b"))
    found = definition_of(mixed, target_of("RotD100"))
    shift = found.ln_shift(PERIODS_S)
    np.testing.assert_array_equal(shift[[0, 2]], 0.0)
    np.testing.assert_allclose(shift[1], ln_ratio(ARBITRARY, ROTD100, PERIODS_S))
    assert "1 of 3 records have one component only: Sa multiplied" in found.notes[0]
    close = definition_of(
        replace(mixed, component="RotD50 (2 records) and single components (1)"), target_of("RotD50")
    )
    np.testing.assert_array_equal(close.ln_shift(PERIODS_S), 0.0)
    assert "not converted" in close.notes[0]


def test_peaks_that_a_target_follows_are_of_its_component() -> None:
    peaks = Measures(("pga_g", "duration_5_75_s"), np.zeros(2), np.eye(2), np.ones(2))
    with pytest.raises(InputError, match="its Sa, and so its pga_g, are of RotD50"):
        definition_of(catalogue_of("RotD100"), target_of("RotD50", measures=peaks))
    duration = Measures(("duration_5_75_s",), np.zeros(1), np.eye(1), np.ones(1))
    assert definition_of(catalogue_of("RotD100"), target_of("RotD50", measures=duration)).notes


def test_a_code_that_states_no_component_takes_any() -> None:
    target = code_eurocode8(PERIODS_S[:4], 0.5, ag_g=0.2, ground_type="B", range_s=(0.1, 1.0))
    assert not definition_of(catalogue_of("RotD50"), target).notes
    stated = code_eurocode8(
        PERIODS_S[:4], 0.5, ag_g=0.2, ground_type="B", range_s=(0.1, 1.0), component="larger"
    )
    assert definition_of(catalogue_of("RotD50"), stated).to == LARGER


# -- ground-motion models ------------------------------------------------------------------------------


def test_every_model_says_what_it_predicts() -> None:
    assert set(COMPONENTS) == set(PYGMM_MODELS)
    assert all(component_named(component) for component in COMPONENTS.values())
    assert COMPONENTS["BSSA14"] == "RotD50" and COMPONENTS["Pea11"] == "GMRotI50"


def test_models_of_two_definitions_are_brought_to_one() -> None:
    """ASB14 predicts the geometric mean, BSSA14 RotD50: mixed, both are RotD50."""
    models = pygmm_models()
    given_ = {"sa_g": 0.4, "scenario": SCENARIO}
    mixed = conditional_spectrum(PERIODS_S[1:4], 0.5, models, gmm=["BSSA14", "ASB14"], **given_)
    assert mixed.component == "RotD50"
    assert any("ASB14 predicts geometric mean: converted to RotD50" in note for note in mixed.notes)
    alone = conditional_spectrum(PERIODS_S[1:4], 0.5, models, gmm="ASB14", epsilon=1.0, scenario=SCENARIO)
    assert alone.component == "geometric mean"
    as_rotd50 = conditional_spectrum(
        PERIODS_S[1:4], 0.5, models, gmm="ASB14", epsilon=1.0, scenario=SCENARIO, component="RotD50"
    )
    np.testing.assert_allclose(
        as_rotd50.ln_mean - alone.ln_mean, ln_ratio(GEOMETRIC_MEAN, ROTD50, PERIODS_S[1:4]), atol=1e-12
    )


def test_a_target_of_single_components_has_their_dispersion() -> None:
    models = pygmm_models()
    both = {
        component: conditional_spectrum(
            PERIODS_S[1:4], 0.5, models, gmm="BSSA14", epsilon=0.0, scenario=SCENARIO, component=component
        )
        for component in ("RotD50", "single component")
    }
    single, pair = both["single component"], both["RotD50"]
    assert single.component == NAMES[ARBITRARY]
    factor = sigma_factor(ROTD50, ARBITRARY, PERIODS_S[1:4])
    np.testing.assert_allclose(single.sigma_ln, pair.sigma_ln * factor, rtol=1e-9, atol=1e-9)
    assert single.sa_g / pair.sa_g == pytest.approx(ratio(ROTD50, ARBITRARY, 0.5)[0])


def test_a_level_of_a_hazard_file_is_of_the_models_definition(tmp_path: Path) -> None:
    curve = tmp_path / "curve.csv"
    curve.write_text("sa_g,annual_rate\n0.1,0.01\n0.4,0.001\n1.0,0.0001\n")
    models = pygmm_models()
    options = {"gmm": "BSSA14", "scenario": SCENARIO, "hazard_curve": curve, "return_period_years": 1000.0}
    pair = conditional_spectrum(PERIODS_S[1:4], 0.5, models, **options)  # type: ignore[arg-type]
    maximum = conditional_spectrum(PERIODS_S[1:4], 0.5, models, component="RotD100", **options)  # type: ignore[arg-type]
    assert maximum.sa_g / pair.sa_g == pytest.approx(ratio(ROTD50, ROTD100, 0.5)[0])
    assert any("multiplied by 1.2" in note for note in maximum.notes)
    with pytest.raises(InputError, match="has another hazard; state its level as sa_g"):
        conditional_spectrum(PERIODS_S[1:4], 0.5, models, component="single component", **options)  # type: ignore[arg-type]


def test_a_component_that_is_not_known_is_found_before_anything_runs(tmp_path: Path) -> None:
    study = parse_study(
        {
            "catalogue": {"provider": "simulated"},
            "structure": {"period_s": 1.0},
            "target": {"gmm": "BSSA14", "component": "rotd 51"},
        },
        tmp_path / "study.toml",
    )
    with pytest.raises(InputError, match=r"\[target\] .*component 'rotd 51' is not known; known: .RotD50"):
        PRESELECTION.check(StageContext(study, Host(), tmp_path, 1, no_progress))


def test_a_stated_spectrum_says_what_it_is_of(tmp_path: Path) -> None:
    table = tmp_path / "uhs.csv"
    table.write_text("period_s,sa_g\n0.05,0.5\n5,0.1\n")
    assert uniform_hazard(PERIODS_S, 1.0, table).component == ""
    assert uniform_hazard(PERIODS_S, 1.0, table, component="maximum direction").component == "RotD100"
    with pytest.raises(InputError, match="component 'rotd51' is not known"):
        uniform_hazard(PERIODS_S, 1.0, table, component="rotd51")
