"""Every ground-motion model against an independent implementation, and what it says about a scenario.

The reference values are those of OpenQuake's hazardlib, made by ``tests/bench/ground_motion_references.py``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmplug.errors import InputError
from gmplug.gmm.correlation import CORRELATIONS
from gmplug.gmm.ground_motion_models import COMPONENTS, PUBLISHED_MODELS
from gmplug.notes import doubts_of
from gmplug.target import pygmm_models
from gmplug.values import Scenario
from tests.support.places import DATA, REPOSITORY
from tests.support.targets import conditional_spectrum

README = REPOSITORY / "gmplug" / "target" / "README.md"
VALIDATION = REPOSITORY / "docs" / "validation" / "ground-motion-models.md"
MODELS = pygmm_models()

#: Worst difference of ln median and of σ, and the reason where it is above 0.01 or 0.005.
LIMITS = dict.fromkeys(PUBLISHED_MODELS, (0.01, 0.005)) | {
    # OpenQuake's site coefficients have two digits, those of Boore & Atkinson (2008), pygmm's three.
    "AB06": (0.017, 0.005),
    # pygmm has the coefficients to three digits, as USGS does; OpenQuake to four, as the authors.
    "TP05": (0.044, 0.005),
}
#: σ stays at its value for this magnitude; OpenQuake lets it fall on. Idriss (2014), text to eq. 4.
LARGEST_MAGNITUDE_OF_SIGMA = {"I14": 7.5}


@cache
def scenario_table() -> pd.DataFrame:
    return pd.read_csv(DATA / "ground_motion_scenarios.csv").set_index(["model", "scenario"])


@cache
def references() -> pd.DataFrame:
    return pd.read_csv(DATA / "ground_motion_models.csv", dtype={"measure": str})


def scenario_of(model: str, number: int) -> Scenario:
    row = scenario_table().loc[(model, number)].drop("source")
    stated = {name: value for name, value in row.items() if not pd.isna(value)}
    if PUBLISHED_MODELS[model].hard_rock_m_s is not None:
        assert stated["vs30_m_s"] == PUBLISHED_MODELS[model].hard_rock_m_s
    return Scenario(**{str(name): value for name, value in stated.items()})


def differences(model: str) -> pd.DataFrame:
    """ln ratio of the medians, and differences of σ and τ, for each scenario and measure."""
    parts = []
    own = references()[references()["model"] == model]
    for number, rows in own.groupby("scenario"):
        scenario = scenario_of(model, int(str(number)))
        is_period = ~rows["measure"].isin(["PGA", "PGV"])
        periods = rows["measure"][is_period].astype(float).to_numpy()
        prediction = MODELS[model](scenario, periods)
        found = pd.DataFrame(
            {
                "ln_median": np.log(prediction.median_g),
                "sigma_ln": prediction.sigma_ln,
                "tau_ln": np.nan if prediction.tau_ln is None else prediction.tau_ln,
            },
            index=rows.index[is_period],
        )
        for measure, name in (("PGA", "pga_g"), ("PGV", "pgv_cm_s")):
            if name in prediction.measures and (rows["measure"] == measure).any():
                found.loc[rows.index[rows["measure"] == measure][0]] = [*prediction.measures[name], np.nan]
        part = rows[["scenario", "measure"]].loc[found.index]
        part["magnitude"] = scenario.magnitude
        part["median"] = found["ln_median"] - np.log(rows["median"])
        part["sigma"] = found["sigma_ln"] - rows["sigma_ln"]
        part["tau"] = found["tau_ln"] - rows["tau_ln"]
        parts.append(part)
    table = pd.concat(parts)
    beyond = table["magnitude"] > LARGEST_MAGNITUDE_OF_SIGMA.get(model, np.inf)
    table.loc[beyond, "sigma"] = np.nan
    return table


@pytest.mark.parametrize("model", list(PUBLISHED_MODELS))
def test_every_model_is_that_of_an_independent_implementation(model: str) -> None:
    table = differences(model)
    median, sigma = LIMITS[model]
    assert table["scenario"].nunique() >= 10
    assert table["median"].abs().max() <= median, table.loc[table["median"].abs().idxmax()]
    assert table["sigma"].abs().max() <= sigma, table.loc[table["sigma"].abs().idxmax()]
    assert not table["tau"].abs().max() > 0.005


@pytest.mark.parametrize("model", list(PUBLISHED_MODELS))
def test_all_periods_and_measures_of_a_model_are_compared(model: str) -> None:
    from gmplug.gmm.corrected_models import model_class

    theirs = model_class(model, PUBLISHED_MODELS[model].pygmm_name)
    own = set(np.asarray(theirs.PERIODS)[theirs.INDICES_PSA])
    compared = set(differences(model)["measure"])
    assert {float(measure) for measure in compared - {"PGA", "PGV"}} == own
    measures = MODELS[model](scenario_of(model, 0), np.array([1.0])).measures
    assert {"PGA": "pga_g", "PGV": "pgv_cm_s"}.keys() & compared == {
        short for short, name in (("PGA", "pga_g"), ("PGV", "pgv_cm_s")) if name in measures
    }


@pytest.mark.parametrize("model", list(PUBLISHED_MODELS))
def test_the_pages_have_paper_component_and_difference(model: str) -> None:
    table = differences(model)
    assert row_of(README, model)[:2] == [PUBLISHED_MODELS[model].paper, COMPONENTS[model]]
    median, sigma = table["median"].abs().max(), table["sigma"].abs().max()
    assert row_of(VALIDATION, model) == [f"{100 * median:.1f} %", f"{sigma:.4f}"]


def row_of(page: Path, model: str) -> list[str]:
    """The cells of a model's row in a page, but the first."""
    lines = page.read_text(encoding="utf-8").splitlines()
    line = next(line for line in lines if line.startswith(f"| {model} |"))
    return [cell.strip() for cell in line.strip("|").split("|")[1:]]


def test_correlations_are_those_of_an_independent_implementation() -> None:
    table = pd.read_csv(DATA / "correlations.csv")
    for name, rows in table.groupby("model"):
        for row in rows.itertuples():
            found = CORRELATIONS[str(name)](np.array([row.period_s]), np.array([row.other_period_s]))
            assert found[0, 0] == pytest.approx(row.correlation, abs=1e-4), row


# -- one by one: what pygmm gets wrong ---------------------------------------------------------------

HARD_ROCK = [name for name, model in PUBLISHED_MODELS.items() if model.hard_rock_m_s is not None]


def test_sigma_of_tavakoli_and_pezeshk_at_half_a_second() -> None:
    for magnitude, sigma in ((5.0, 0.7385), (6.0, 0.6312), (7.0, 0.5239)):
        prediction = MODELS["TP05"](
            Scenario(magnitude, rrup_km=30.0, vs30_m_s=2880.0), np.array([0.3, 0.5, 0.75])
        )
        assert prediction.sigma_ln[1] == pytest.approx(sigma, abs=1e-6)


@pytest.mark.parametrize(("name", "longest"), [("CB14", 0.24), ("CY14", 0.3)])
def test_short_period_spectrum_is_not_below_pga(name: str, longest: float) -> None:
    scenario = Scenario(
        8.0, rjb_km=250.0, rrup_km=251.0, rx_km=-250.0, vs30_m_s=200.0, mechanism="strike-slip", dip_deg=90.0
    )
    prediction = MODELS[name](scenario, np.geomspace(0.01, longest, 40))
    assert np.log(prediction.median_g).min() >= prediction.measures["pga_g"][0] - 1e-12


@pytest.mark.parametrize("vs30", [1200.0, 1500.0, 3000.0])
def test_idriss_caps_vs30_and_says_so(vs30: float) -> None:
    at = {"mechanism": "reverse", "rrup_km": 20.0}
    periods = np.array([0.04, 0.2, 1.0])
    capped = MODELS["I14"](Scenario(6.5, vs30_m_s=1200.0, **at), periods)
    prediction = MODELS["I14"](Scenario(6.5, vs30_m_s=vs30, **at), periods)
    np.testing.assert_array_equal(prediction.median_g, capped.median_g)
    assert ("counts as 1200" in " ".join(prediction.notes)) == (vs30 > 1200.0)


@pytest.mark.parametrize("name", HARD_ROCK)
def test_models_for_hard_rock_refuse_other_sites(name: str) -> None:
    at = Scenario(6.5, rrup_km=40.0)
    reference = PUBLISHED_MODELS[name].hard_rock_m_s
    for vs30 in (180.0, 760.0, 1499.0):
        with pytest.raises(InputError, match=f"'{name}': predicts for hard rock alone .*AB06"):
            MODELS[name](replace(at, vs30_m_s=vs30), np.array([1.0]))
    [note] = doubts_of(MODELS[name](replace(at, vs30_m_s=1600.0), np.array([1.0])).notes)
    assert f"Vs30 = {reference:g} m/s and does not use vs30_m_s = 1600" in note
    assert not MODELS[name](replace(at, vs30_m_s=reference), np.array([1.0])).notes
    assert "hard rock" in " ".join(MODELS[name](at, np.array([1.0])).notes)


def test_atkinson_and_boore_tell_hard_rock_and_least_distance() -> None:
    notes = " ".join(MODELS["AB06"](Scenario(6.5, rrup_km=0.0, vs30_m_s=2500.0), np.array([1.0])).notes)
    assert "equations for hard rock" in notes and "rrup_km 0 counts as 1" in notes
    assert "hard rock" not in " ".join(
        MODELS["AB06"](Scenario(6.5, rrup_km=9.0, vs30_m_s=1999.0), np.array([1.0])).notes
    )


def test_a_site_above_the_rupture_is_no_outlier_of_the_neural_network() -> None:
    at = Scenario(
        6.5, rjb_km=0.0, vs30_m_s=500.0, mechanism="reverse", dip_deg=45.0, hypocentral_depth_km=9.0
    )
    above, near = (MODELS["DBC13"](replace(at, rjb_km=rjb), np.array([0.1, 1.0, 4.0])) for rjb in (0.0, 0.1))
    np.testing.assert_array_equal(above.median_g, near.median_g)
    assert "rjb_km 0 counts as 0.1" in " ".join(above.notes)


# -- what a scenario does not state ------------------------------------------------------------------

FULL = Scenario(
    magnitude=6.8,
    rjb_km=6.0,
    rrup_km=9.0,
    rx_km=9.0,
    ry0_km=3.0,
    vs30_m_s=400.0,
    mechanism="reverse",
    dip_deg=50.0,
    depth_to_top_km=2.0,
    hypocentral_depth_km=11.0,
    width_km=14.0,
    z1_0_km=0.3,
    z2_5_km=1.5,
    region="california",
)
TAKERS = [name for name in PUBLISHED_MODELS if name not in HARD_ROCK]


@pytest.mark.parametrize("name", TAKERS)
def test_what_is_taken_for_what_is_not_stated_is_told(name: str) -> None:
    """A value left out changes the prediction only with a note that names it, or is asked for."""
    periods = np.array([0.1, 0.5, 2.0])
    whole = MODELS[name](FULL, periods)
    for key in ("rrup_km", "rjb_km", "rx_km", "ry0_km", "dip_deg", "depth_to_top_km", "hypocentral_depth_km",
                "width_km", "z1_0_km", "z2_5_km", "vs30_m_s", "region", "mechanism"):  # fmt: skip
        less = replace(FULL, **{key: "unspecified" if key == "mechanism" else None})
        try:
            prediction = MODELS[name](less, periods)
        except InputError as error:
            assert key in " ".join(error.problems)
            continue
        if not np.array_equal(prediction.median_g, whole.median_g):
            told = " ".join(prediction.notes)
            assert key.removesuffix("_km") in told or key in told, (key, told)


@pytest.mark.parametrize("name", ["ASK14", "CB14", "CY14"])
def test_the_told_values_are_those_taken(name: str) -> None:
    """Stated, they give the same prediction."""
    keys = ("depth_to_top_km", "width_km", "hypocentral_depth_km", "z1_0_km", "z2_5_km")
    bare = replace(FULL, **dict.fromkeys(keys))
    first = MODELS[name](bare, np.array([0.2, 1.0, 5.0]))
    [note] = [note for note in first.notes if "uses its own values where scenario has none" in note]
    told: dict[str, Any] = {}
    for part in note.split(": ", 1)[1].split(", "):
        key, _, value = part.partition(" = ")
        if value and key != "region":
            told[key] = float(value)
    assert "depth_to_top_km" in told
    again = MODELS[name](replace(bare, **told), np.array([0.2, 1.0, 5.0]))
    np.testing.assert_allclose(again.median_g, first.median_g, rtol=5e-3)


def test_no_number_is_an_error_that_names_the_limit() -> None:
    with pytest.raises(InputError, match=r"'TP05': gives no finite median .*magnitude 8.6 is above"):
        MODELS["TP05"](Scenario(8.6, rrup_km=30.0, vs30_m_s=2880.0), np.array([1.0]))


def test_vs30_has_no_default() -> None:
    with pytest.raises(InputError, match="needs vs30_m_s"):
        MODELS["BSSA14"](Scenario(6.5, rjb_km=10.0), np.array([1.0]))


@pytest.mark.parametrize("name", ["BSSA14", "CY14"])
def test_an_unspecified_mechanism_is_told(name: str) -> None:
    notes = " ".join(MODELS[name](replace(FULL, mechanism="unspecified"), np.array([1.0])).notes)
    assert "unspecified mechanism" in notes


def test_global_is_a_region_of_every_model() -> None:
    for name in ("ASK14", "BSSA14", "CB14", "CY14"):
        one, other = (
            MODELS[name](replace(FULL, region=r), np.array([1.0])) for r in ("global", "california")
        )
        np.testing.assert_array_equal(one.median_g, other.median_g)


@pytest.mark.parametrize("name", list(PUBLISHED_MODELS))
def test_predictions_carry_their_component(name: str) -> None:
    scenario = replace(FULL, vs30_m_s=PUBLISHED_MODELS[name].hard_rock_m_s or 400.0)
    assert MODELS[name](scenario, np.array([1.0])).component == COMPONENTS[name]


@pytest.mark.parametrize("name", list(PUBLISHED_MODELS))
def test_between_its_periods_a_model_stays_between_its_values(name: str) -> None:
    """PCHIP makes no hump between neighboring periods; beyond the first and last there is no value."""
    rows = references()[(references()["model"] == name) & (references()["scenario"] == 4)]
    own = np.sort(rows["measure"][~rows["measure"].isin(["PGA", "PGV"])].astype(float).to_numpy())
    between = np.sqrt(own[1:] * own[:-1])
    scenario = scenario_of(name, 4)
    at, mid = (MODELS[name](scenario, periods) for periods in (own, between))
    for values, inside in ((at.median_g, mid.median_g), (at.sigma_ln, mid.sigma_ln)):
        low, high = np.minimum(values[1:], values[:-1]), np.maximum(values[1:], values[:-1])
        assert np.all((inside >= low * (1 - 1e-9)) & (inside <= high * (1 + 1e-9)))
    for beyond in (0.9 * own[0], 1.1 * own[-1]):
        with pytest.raises(InputError, match="the model covers"):
            MODELS[name](scenario, np.array([beyond]))


# -- any scenario ------------------------------------------------------------------------------------

MECHANISMS = ("strike-slip", "normal", "reverse", "normal-oblique", "reverse-oblique")


@st.composite
def scenarios(draw: st.DrawFn, vs30: tuple[float, float]) -> Scenario:
    """A rupture and a site beside it or above its hanging wall."""
    rjb, top = draw(st.floats(0.0, 150.0)), draw(st.floats(0.0, 8.0))
    return Scenario(
        magnitude=draw(st.floats(5.0, 7.4)),
        rjb_km=rjb,
        rrup_km=float(np.hypot(rjb, top)) + draw(st.floats(0.1, 3.0)),
        rx_km=rjb * draw(st.sampled_from([-1.0, 0.5, 1.0])),
        ry0_km=draw(st.none() | st.floats(0.0, 30.0)),
        vs30_m_s=draw(st.floats(*vs30)),
        mechanism=draw(st.sampled_from(MECHANISMS)),
        dip_deg=draw(st.floats(30.0, 90.0)),
        depth_to_top_km=draw(st.none() | st.just(top)),
        hypocentral_depth_km=top + draw(st.floats(1.0, 10.0)),
        width_km=draw(st.none() | st.floats(4.0, 20.0)),
        z1_0_km=draw(st.none() | st.floats(0.0, 1.2)),
        z2_5_km=draw(st.none() | st.floats(0.0, 6.0)),
    )


def drawn(name: str, data: st.DataObject) -> Scenario:
    rock = PUBLISHED_MODELS[name].hard_rock_m_s
    return data.draw(scenarios((rock, rock) if rock else (200.0, 1500.0)))


@pytest.mark.parametrize("name", list(PUBLISHED_MODELS))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_scenario_gives_a_sound_prediction(name: str, data: st.DataObject) -> None:
    scenario = drawn(name, data)
    rows = references()[(references()["model"] == name) & (references()["scenario"] == 0)]
    periods = np.sort(rows["measure"][~rows["measure"].isin(["PGA", "PGV"])].astype(float).to_numpy())
    prediction = MODELS[name](scenario, periods)
    assert np.all(np.isfinite(prediction.median_g)) and np.all(prediction.median_g > 0)
    assert np.all((prediction.sigma_ln > 0.3) & (prediction.sigma_ln < 1.0))
    if "pga_g" in prediction.measures and periods[0] <= 0.01 and name not in HARD_ROCK:
        assert np.log(prediction.median_g[0]) == pytest.approx(prediction.measures["pga_g"][0], abs=0.25)
    # In eastern North America motions hardly decay from 70 to 140 km.
    factor, more = (3.0, 140.0) if name == "AB06" or name in HARD_ROCK else (1.3, 20.0)
    farther = replace(
        scenario,
        rjb_km=factor * (scenario.rjb_km or 0.0) + more,
        rrup_km=factor * (scenario.rrup_km or 0.0) + more,
        rx_km=-abs(scenario.rx_km or 0.0) - more,
    )
    beside = replace(scenario, rx_km=-abs(scenario.rx_km or 1.0))
    near, far = (MODELS[name](s, periods).median_g for s in (beside, farther))
    assert np.all(far < near)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), name=st.sampled_from(list(PUBLISHED_MODELS)))
def test_any_part_left_out_is_asked_for_or_does_without(data: st.DataObject, name: str) -> None:
    scenario = drawn(name, data)
    keys = ["rjb_km", "rrup_km", "rx_km", "vs30_m_s", "dip_deg", "hypocentral_depth_km"]
    left_out = data.draw(st.sets(st.sampled_from(keys)))
    try:
        prediction = MODELS[name](replace(scenario, **dict.fromkeys(left_out)), np.array([0.1, 1.0, 3.0]))
    except InputError as error:
        assert all("needs " in problem for problem in error.problems)
    else:
        assert np.all(np.isfinite(prediction.median_g)) and np.all(prediction.sigma_ln > 0.3)


# -- many causes -------------------------------------------------------------------------------------


def test_of_many_causes_doubts_are_counted_and_defaults_told_once() -> None:
    common = {"mechanism": "reverse", "dip_deg": 40.0, "rx_km": 9.0}
    magnitudes = (6.0, 6.5, 7.0, 7.5, 8.3)
    causes = [{"weight": 1.0, "magnitude": m, "rjb_km": 8.0, "rrup_km": 10.0} for m in magnitudes]
    target = conditional_spectrum(
        np.array([0.2, 1.0]), 1.0, MODELS, sa_g=0.5, gmm="CB14", scenario={**common, "vs30_m_s": 1600.0},
        scenarios=causes,
    )  # fmt: skip
    told = [note for note in target.notes if "uses its own values where scenario has none" in note]
    assert len(told) == 1 and "depth_to_top_km" in told[0] and "=" not in told[0].replace("region = ", "")
    assert doubts_of(target.notes) == ["5 predictions lie outside a model's recommended limits"]


def test_what_a_model_has_no_term_for_is_told() -> None:
    scenario = Scenario(
        6.5, rjb_km=10.0, rrup_km=12.0, vs30_m_s=600.0, mechanism="reverse", region="japan", z2_5_km=3.0
    )
    models = pygmm_models()
    notes = {name: models[name](scenario, np.array([1.0])).notes for name in ("I14", "BSSA14", "AB06")}
    assert "I14 has no term for region and z2_5_km: the scenario's value is not used" in notes["I14"]
    assert "BSSA14 has no term for z2_5_km: the scenario's value is not used" in notes["BSSA14"]
    assert any("AB06 has no term for mechanism and region" in note for note in notes["AB06"])
