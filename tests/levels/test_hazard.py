"""Levels of shaking against the hazard curve: what it covers, what contradicts it, what is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmplug.errors import InputError
from gmplug.fragility.curves import LognormalFragility
from gmplug.hazard import HazardCurve
from gmplug.levels.demands import hazard_of, rate_notes
from gmplug.levels.studies import Level, hazard_curve, level_studies
from gmplug.notes import doubts_of, warnings_of
from gmplug.recovery.rates import beyond_note
from gmplug.risk.assessment import rates_at, risk
from gmplug.risk.frequency import annual_frequency
from gmplug.study import parse_study
from tests.support.stripes import made_stripes

#: 0.6 g at 2,475 years is its end.
CURVE = "# period_s=1.0\nsa_g,annual_rate\n0.05,0.05\n0.2,5e-3\n0.6,4.0404e-4\n"
SA, RATE = np.array([0.05, 0.2, 0.6]), np.array([0.05, 5e-3, 4.0404e-4])


STUDY: dict[str, Any] = {
    "catalogue": {"provider": "simulated"},
    "structure": {"period_s": 1.0},
    "risk": {"hazard_curve": "curve.csv"},
}


def levels_of(tmp_path: Path, *levels: dict[str, Any], target: Any = None, **risk: Any) -> list[Level]:
    (tmp_path / "curve.csv").write_text(CURVE)
    named = [{"name": f"level-{number}", **level} for number, level in enumerate(levels)]
    content = STUDY | {
        "target": {"gmm": "BSSA14", **(target or {})},
        "levels": named,
        "risk": {"hazard_curve": "curve.csv", **risk},
    }
    study = parse_study(content, tmp_path / "study.toml")
    return level_studies(study, hazard_curve(study))


def test_a_level_beyond_the_curve_is_refused_with_what_it_covers(tmp_path: Path) -> None:
    line = (
        r"'level-1': curve.csv: the curve covers 0.05 to 0.6 g, return periods of 20 to 2475 years, not "
        r"1e\+04 years.*extrapolate = true"
    )
    with pytest.raises(InputError, match=line):
        levels_of(tmp_path, {"return_period_years": 2475}, {"return_period_years": 10000})
    with pytest.raises(InputError, match=r"Sa = 1.2 g lies beyond curve.csv.*state the level's annual_rate"):
        levels_of(tmp_path, {"sa_g": 1.2})
    assert levels_of(tmp_path, {"sa_g": 1.2, "annual_rate": 5e-5})[0].notes == ()
    assert levels_of(tmp_path, {"return_period_years": 2475})[0].study.target.options[
        "sa_g"
    ] == pytest.approx(0.6)


@pytest.mark.parametrize("gmm", ["bssa14", ["BooreStewartSeyhanAtkinson2014", "ASB14"], {"BSSA14": 1.0}])
def test_a_curve_is_converted_to_the_component_of_the_target(tmp_path: Path, gmm: Any) -> None:
    # RotD100/RotD50 at 1 s: Boore & Kishida (2017), 1.225 at 0.41 s and 1.241 at 3.14 s, linear in ln T.
    ratio = np.interp(np.log(1.0), np.log([0.41, 3.14]), [1.225, 1.241])
    target = {"gmm": gmm, "component": "RotD100"}
    level = levels_of(tmp_path, {"return_period_years": 2475}, target=target)[0]
    assert level.study.target.options["sa_g"] == pytest.approx(0.6 * ratio, rel=1e-6)
    study = parse_study(STUDY | {"target": target}, tmp_path / "study.toml")
    curve = hazard_curve(study)
    assert curve is not None
    np.testing.assert_allclose(curve.rate(SA * ratio), RATE, rtol=1e-9)
    assert any("taken as RotD50, its Sa multiplied by 1.232 for RotD100" in note for note in curve.notes)


def test_the_component_of_a_curve_is_never_guessed(tmp_path: Path) -> None:
    level = {"return_period_years": 2475}
    with pytest.raises(InputError, match="is of RotD50, and single component has another hazard"):
        levels_of(tmp_path, level, target={"component": "single component"})
    with pytest.raises(InputError, match="'level-0' is of RotD50, 'level-1' of geometric mean"):
        levels_of(tmp_path, level, {"return_period_years": 475, "gmm": "ASB14"})
    unknown = STUDY | {"target": {"gmm": "of-a-plugin", "component": "RotD100"}}
    curve = hazard_curve(parse_study(unknown, tmp_path / "study.toml"))
    assert curve is not None
    assert "which component of Sa it is of is not known; taken as RotD100" in doubts_of(curve.notes)[0]
    np.testing.assert_array_equal(curve.sa_g, SA)


def test_a_level_is_extrapolated_when_the_study_says_so_and_told(tmp_path: Path) -> None:
    level = levels_of(tmp_path, {"return_period_years": 10000}, extrapolate=True)[0]
    slope = np.log(4.0404e-4 / 5e-3) / np.log(3.0)
    expected = 0.6 * (1e-4 / 4.0404e-4) ** (1 / slope)
    assert level.study.target.options["sa_g"] == pytest.approx(expected)
    assert "lies beyond; it and its rate are extrapolated" in doubts_of(level.notes)[0]
    assert not levels_of(tmp_path, {"return_period_years": 475}, extrapolate=True)[0].notes


@pytest.mark.parametrize(
    ("levels", "line"),
    [
        (({"sa_g": 0.4, "return_period_years": 2475},), "sa_g is 0.4 g, and curve.csv has 0.6 g at its rate"),
        (
            ({"sa_g": 0.1, "annual_rate": 0.016}, {"sa_g": 0.09, "annual_rate": 0.012}),
            r"'level-0': Sa = 0.1 g has an annual rate of 0.016, and the weaker 'level-1'",
        ),
    ],
)
def test_a_level_that_contradicts_the_hazard_is_refused(
    tmp_path: Path, levels: tuple[dict[str, Any], ...], line: str
) -> None:
    with pytest.raises(InputError, match=line):
        levels_of(tmp_path, *levels)


def test_all_levels_with_a_problem_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        levels_of(tmp_path, {"return_period_years": 10000}, {"sa_g": 3.0}, {"sa_g": 0.1, "annual_rate": 1e-3})
    assert [name for name in ("level-0", "level-1", "level-2") if name in str(caught.value)] == [
        "level-0",
        "level-1",
        "level-2",
    ]


def test_a_small_difference_from_the_curve_is_told(tmp_path: Path) -> None:
    level = levels_of(tmp_path, {"sa_g": 0.63, "return_period_years": 2475})[0]
    assert level.study.target.options["sa_g"] == 0.63
    assert "sa_g is 0.63 g, and curve.csv has 0.6 g" in doubts_of(level.notes)[0]


def test_the_disaggregation_of_a_level_must_be_of_its_return_period(tmp_path: Path) -> None:
    """The level's return period chooses among those of the file."""
    level = levels_of(
        tmp_path, {"return_period_years": 475}, target={"hazard": "d.json", "fault": "vertical"}
    )[0]
    assert level.study.target.options["return_period_years"] == pytest.approx(475)
    own = levels_of(tmp_path, {"return_period_years": 475}, target={"provider": "uniform-hazard"})[0]
    assert "return_period_years" not in own.study.target.options


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"hazard_curve": None, "extrapolate": True}, "belong to a hazard_curve"),
        ({"hazard_curve": None, "site_lon_lat": [10, 40]}, "belong to a hazard_curve"),
        ({"site_lon_lat": [10]}, "site_lon_lat"),
        ({"extrapolat": True}, "known: assess, hazard_curve, extrapolate, site_lon_lat"),
    ],
)
def test_options_of_the_curve(tmp_path: Path, options: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError, match=line):
        levels_of(tmp_path, {"sa_g": 0.1}, **options)


def test_rates_beyond_the_curve_are_unknown_unless_extrapolated() -> None:
    curve = HazardCurve(SA, RATE)
    at = np.array([0.01, 0.1, 1.0])
    assert np.isfinite(rates_at(curve, at)).tolist() == [False, True, False]
    np.testing.assert_allclose(rates_at(curve, at, extrapolate=True), curve.rate(at))
    table = pd.DataFrame({"level": ["a", "b"], "sa_g": [0.1, 1.0], "annual_rate": rates_at(curve, at[1:])})
    assert "'b': Sa = 1 g lies beyond" in doubts_of(rate_notes(table, curve))[0]
    known = table.assign(annual_rate=[1.0, float(curve.rate(at[2:])[0])])
    assert "its rate is 1 a year, and the hazard curve has" in doubts_of(rate_notes(known, curve))[0]
    wrong = table.assign(annual_rate=[1e-4, 1e-3])
    assert "do not fall with Sa" in warnings_of(rate_notes(wrong, None))[0]
    assert hazard_of(None, wrong) is None


def test_risk_says_what_lies_beyond_the_curve() -> None:
    demands = made_stripes(60)
    wide = pd.DataFrame({"sa_g": np.geomspace(1e-3, 30, 40)})
    wide["annual_rate"] = 4e-5 * wide["sa_g"] ** -2.5
    short = wide[wide["sa_g"].between(0.2, 0.45)]
    told = risk(demands, short, {}).values["notes"]
    assert any("% of its frequency comes from beyond the ends" in note for note in doubts_of(told))
    found = risk(demands, wide, {})
    assert not doubts_of(found.values["notes"])
    assert found.tables["demand_hazard"]["beyond"].max() < 0.2
    assert risk(demands, short, {}).tables["demand_hazard"]["beyond"].max() > 0.5


def test_integrals_over_levels_say_what_lies_above_the_highest() -> None:
    """Trapezoids between the levels, and the last rate times the last value: 1e-3 of 2.5e-3."""
    rates, values = np.array([1e-2, 2e-3, 1e-3]), np.array([0.0, 0.25, 1.0])
    whole = 8e-3 * 0.125 + 1e-3 * 0.625 + 1e-3
    assert f"makes {100 * 1e-3 / whole:.0f} % of the result" in doubts_of([beyond_note(rates, values)])[0]
    assert not doubts_of([beyond_note(np.array([1e-2, 1e-3, 1e-6]), np.ones(3))])


@settings(max_examples=40, deadline=None)
@given(
    drops=st.lists(st.floats(0.1, 1.0), min_size=2, max_size=8).filter(lambda d: min(d) < 0.99),
    rate=st.floats(1e-8, 1.0),
)
def test_one_rule_beyond_the_ends(drops: list[float], rate: float) -> None:
    """Inside, Sa and rate invert one another; outside, nothing comes back without extrapolation."""
    rates = 0.05 * np.cumprod(drops)
    curve = HazardCurve(np.geomspace(0.05, 2.0, len(rates)), rates) if rates[-1] < rates[0] else None
    if curve is None:
        return
    if rates[-1] <= rate <= rates[0]:
        sa = curve.sa_at(rate)
        assert curve.covers(np.array(sa))
        assert float(curve.rate(np.array(sa))) == pytest.approx(rate, rel=1e-9)
    elif not rates[-1] * 0.99 <= rate <= rates[0] * 1.01:
        with pytest.raises(InputError, match="the curve covers"):
            curve.sa_at(rate)
    fragility = LognormalFragility(0.5, 0.4).probability
    inside, whole = (annual_frequency(fragility, curve, beyond) for beyond in (False, True))
    assert 0 <= inside <= whole * (1 + 1e-9)


def test_a_curve_in_another_unit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cm.csv").write_text("sa_g,annual_rate\n50,0.05\n600,4e-4\n")
    with pytest.raises(InputError, match=r"cm.csv, last level: spectral acceleration 600 g; possible is"):
        levels_of(tmp_path, {"return_period_years": 475}, hazard_curve="cm.csv")


def test_a_response_is_chosen_by_its_site(tmp_path: Path) -> None:
    part = {"component": "Total", "values": {"xs": SA.tolist(), "ys": RATE.tolist()}}
    content = {
        "status": "success",
        "request": {"longitude": -118.25, "latitude": 34.05, "vs30": 260},
        "response": {"hazardCurves": [{"imt": {"value": "SA1P0"}, "data": [part]}]},
    }
    (tmp_path / "curve.json").write_text(json.dumps(content))
    given = {"hazard_curve": "curve.json", "site_lon_lat": [-118.25, 34.05]}
    level = levels_of(tmp_path, {"return_period_years": 2475}, **given)[0]
    assert level.study.target.options["sa_g"] == pytest.approx(0.6)
    with pytest.raises(InputError, match=r"is of the site -118.25, 34.05"):
        levels_of(tmp_path, {"sa_g": 0.1}, **given | {"site_lon_lat": [-120.0, 34.05]})
