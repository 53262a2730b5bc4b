"""Disaggregations and hazard curves, in files of the structures that the USGS and OpenQuake write."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gmplug.errors import InputError
from gmplug.hazard import read_disaggregation, read_hazard_curve
from gmplug.target import pygmm_models
from tests.support.targets import conditional_spectrum

GRID = np.array([0.2, 0.5, 1.0, 2.0])
#: Magnitude, closest distance, contributions in percent by epsilon bin: made up.
BINS = [(6.1, 12.0, (2.0, 8.0, 5.0)), (7.0, 18.5, (10.0, 30.0)), (7.9, 65.0, (0.0, 25.0, 20.0))]


def component(name: str, bins: list[Any], **more: Any) -> dict[str, Any]:
    parts = [
        {"r": r, "m": m, "εdata": [{"εbin": i, "value": v} for i, v in enumerate(values)]}
        for m, r, values in bins
    ]
    return {"component": name, "data": parts, **more}


def summary(level: float, word: str = "Disaggregation") -> list[dict[str, Any]]:
    return [
        {
            "name": f"{word} targets",
            "data": [
                {"name": "Return period", "value": 2475, "units": "yrs"},
                {"name": "Exceedance rate", "value": 4.0404e-4, "units": "yr⁻¹"},
                {"name": "1.0 s SA ground motion", "value": level, "units": "g"},
            ],
        },
        {"name": "Recovered targets", "data": [{"name": "Return period", "value": 2520.0}]},
        {"name": "Mean (over all sources)", "data": [{"name": "m", "value": 7.1}]},
    ]


def newer() -> dict[str, Any]:
    """As nshmp-haz of 2021 and later answers."""
    total = component("Total", BINS, summary=summary(0.52), sources=[])
    other = component("Total", [(5.5, 5.0, (100.0,))], summary=summary(1.1))
    return {
        "name": "Disaggregation", "status": "success", "request": {"site": {"vs30": 260.0}},
        "response": {"disaggs": [
            {"imt": {"value": "PGA", "display": "PGA"}, "data": [other]},
            {"imt": {"value": "SA1P0", "display": "1.00 Second"}, "data": [total, component("GMM: X", BINS)]},
        ]},
    }  # fmt: skip


def older() -> dict[str, Any]:
    """As the services behind the Unified Hazard Tool of 2014 answer."""
    about = {
        "imt": {"value": "SA1P0"}, "returnperiod": 2475.0, "vs30": {"value": "260"}, "rlabel": "rRup (km)",
    }  # fmt: skip
    total = component("Total", BINS, summary=summary(0.52, "Deaggregation"))
    return {"status": "success", "response": [{"metadata": about, "data": [total]}]}


def saved(tmp_path: Path, content: dict[str, Any], **how: Any) -> Path:
    path = tmp_path / "disagg.json"
    path.write_text(json.dumps(content, **how), encoding="utf-8")
    return path


@pytest.mark.parametrize("content", [newer(), older()], ids=["newer", "older"])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_usgs_responses(tmp_path: Path, content: dict[str, Any], ascii_only: bool) -> None:
    found = read_disaggregation(saved(tmp_path, content, ensure_ascii=ascii_only), 1.0, 2475)
    np.testing.assert_allclose(found.magnitude, [6.1, 7.0, 7.9])
    np.testing.assert_allclose(found.distance_km, [12.0, 18.5, 65.0])
    np.testing.assert_allclose(found.contribution, [0.15, 0.40, 0.45])
    assert (found.sa_g, found.return_period_years, found.vs30_m_s) == (0.52, 2475.0, 260.0)
    assert found.mean_magnitude == pytest.approx(0.15 * 6.1 + 0.4 * 7.0 + 0.45 * 7.9)


def test_usgs_responses_that_do_not_fit(tmp_path: Path) -> None:
    path = saved(tmp_path, newer())
    with pytest.raises(InputError, match=r"no disaggregation of Sa\(0.5 s\).*holds PGA at 2475.*Sa\(1 s\)"):
        read_disaggregation(path, 0.5)
    with pytest.raises(InputError, match="several disaggregations"):
        read_disaggregation(path)
    with pytest.raises(InputError, match=r"holds no disaggregation of .*475 years"):
        read_disaggregation(path, 1.0, 475.0)
    for content, line in (
        ({"status": "error", "message": "bad site"}, "an error: bad site"),
        ({"response": []}, "no 'response' with disaggs"),
        ({"response": {"disaggs": [{"imt": {"value": "PGA"}}]}}, r"has no bins.*for PGA.*out=DISAGG_DATA"),
        (
            {"response": [{"imt": "PGA", "data": [component("Total", [(6, 5, (0,))])]}]},
            "none of its bins",
        ),
    ):
        with pytest.raises(InputError, match=line):
            read_disaggregation(saved(tmp_path, content))
    path.write_text("{,}")
    with pytest.raises(InputError, match="not valid JSON"):
        read_disaggregation(path)
    with pytest.raises(InputError, match="no such file"):
        read_disaggregation(tmp_path / "none.json")


QUOTED = (
    "#,,,,,,\"generated_by='OpenQuake engine 3.19.0-git', start_date='2024-05-09T15:25:33', checksum=1, "
    'investigation_time=50.0, mag_bin_edges=[5.0, 6.0, 7.0], weights=[0.6, 0.4], lon=10.1, lat=40.1"\n'
)


def rate(poe: float) -> float:
    return -math.log1p(-poe)


def test_openquake_by_magnitude_distance_and_epsilon(tmp_path: Path) -> None:
    path = tmp_path / "Mag_Dist_Eps-0.csv"
    path.write_text(
        QUOTED + "imt,iml,poe,mag,dist,eps,rlz0,rlz1\n"
        "SA(1.0),2.5E-01,2.00000E-02,5.50,12.5,-0.5,0.010,0.020\n"
        "SA(1.0),2.5E-01,2.00000E-02,5.50,12.5,0.5,0.002,0.000\n"
        "SA(1.0),2.5E-01,2.00000E-02,6.50,37.5,0.5,0.004,0.006\n"
        "SA(1.0),2.5E-01,2.00000E-02,6.50,62.5,0.5,0.000,0.000\n"
        "SA(1.0),1.0E-01,1.00000E-01,5.50,12.5,0.5,0.05,0.05\n"
        "PGV,10,1.00000E-01,5.50,12.5,0.5,0.05,0.05\n"
    )
    found = read_disaggregation(path, 1.0, 2475.0)
    first = 0.6 * (rate(0.010) + rate(0.002)) + 0.4 * rate(0.020)
    second = 0.6 * rate(0.004) + 0.4 * rate(0.006)
    np.testing.assert_allclose(found.contribution, np.array([first, second]) / (first + second))
    np.testing.assert_allclose(found.distance_km, [12.5, 37.5])
    assert found.sa_g == 0.25
    assert found.return_period_years == pytest.approx(50 / rate(0.02))
    with pytest.raises(InputError, match="several disaggregations"):
        read_disaggregation(path, 1.0)


def test_openquake_of_older_versions_and_means(tmp_path: Path) -> None:
    path = tmp_path / "old_Mag_Dist.csv"
    path.write_text(
        "# smlt_path=b1,imt=SA(0.5),investigation_time=50.0,lon=10.1,lat=40.1,poe=0.1,iml=0.3\n"
        "Mag,Dist,poe\n5.5,12.5,0.01\n6.5,12.5,0.03\n"
    )
    found = read_disaggregation(path, 0.5)
    assert found.contribution[1] == pytest.approx(rate(0.03) / (rate(0.01) + rate(0.03)))
    assert (found.sa_g, found.return_period_years) == (0.3, pytest.approx(50 / rate(0.1)))
    path.write_text(QUOTED + "imt,iml,poe,mag,dist,mean\nPGA,0.3,0.1,5.5,12.5,0.01\n")
    assert read_disaggregation(path, 0.01).label.startswith("PGA at")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("imt,iml,poe,mag,lon,mean\nPGA,0.3,0.1,5.5,12.5,0.01\n", "no column 'dist'"),
        ("imt,iml,poe,mag,dist\nPGA,0.3,0.1,5.5,12.5\n", "no column of contributions"),
        (
            "imt,iml,poe,mag,dist,mean\nPGA,0.3,0.1,5.5,12.5,1.7\n",
            "line 3, column mean: 1.7 is not a probability",
        ),
        ("imt,iml,poe,mag,dist,mean\nPGV,0.3,0.1,5.5,12.5,0.1\n", "no disaggregation of a spectral"),
        ("", "not OpenQuake's export"),
    ],
)
def test_openquake_files_that_cannot_be_used(tmp_path: Path, text: str, line: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(QUOTED + text)
    with pytest.raises(InputError, match=line):
        read_disaggregation(path)


# -- hazard curves -------------------------------------------------------------------------------------


def test_hazard_curve_of_openquake(tmp_path: Path) -> None:
    """A power law, λ = 1e-3 (a/0.1)^-2, comes back at any return period."""
    path = tmp_path / "hazard_curve-mean-SA(1.0)_1.csv"
    levels = np.geomspace(0.01, 2.0, 12)
    poe = -np.expm1(-50 * 1e-3 * (levels / 0.1) ** -2.0)
    path.write_text(
        "#,,,\"generated_by='OpenQuake engine 3.16', kind='mean', investigation_time=50.0, imt='SA(1.0)'\"\n"
        "lon,lat,depth," + ",".join(f"poe-{level:.7f}" for level in levels) + "\n"
        "10.1,40.1,0.0," + ",".join(f"{p:.9E}" for p in poe) + "\n"
    )
    curve = read_hazard_curve(path, 1.0)
    assert curve.period_s == 1.0
    for years in (100.0, 475.0, 2475.0):
        assert curve.sa_at(1 / years) == pytest.approx(0.1 * math.sqrt(1e-3 * years), rel=2e-4)
    with pytest.raises(InputError, match="return periods of 10 to"):
        curve.sa_at(1e-7)
    with pytest.raises(InputError, match=r"curve of Sa\(1 s\), not of Sa\(2 s\)"):
        read_hazard_curve(path, 2.0)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("sa_g,annual_rate\n0.1,1e-2\n0.2,2e-2\n", "row 3: the rate rises"),
        ("sa_g,annual_rate\n0.1,1e-2\n0.2,x\n", "'x' in row 3 is not a number"),
        ("lon,lat,poe-0.1,poe-0.2\n1,2,0.1,0.01\n", "no investigation_time"),
        ("lon,lat,poe-0.1,poe-0.2\n1,2,0.1,0.01\n1,3,0.1,0.01\n", "2 sites"),
        ("a,b\n1,2\n", "not a hazard curve"),
    ],
)
def test_hazard_curves_that_cannot_be_used(tmp_path: Path, text: str, line: str) -> None:
    path = tmp_path / "curve.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=line):
        read_hazard_curve(path)


# -- from files to a target ----------------------------------------------------------------------------

SITE = {"mechanism": "strike-slip", "depth_to_top_km": 2.0}


def test_a_disaggregation_makes_the_scenarios(tmp_path: Path) -> None:
    path = saved(tmp_path, newer())
    options: dict[str, Any] = {"gmm": {"BSSA14": 0.6, "ASB14": 0.4}}
    target = conditional_spectrum(
        GRID, 1.0, pygmm_models(), hazard=path, fault="vertical", scenario=SITE, **options
    )
    by_hand = [
        {
            "weight": sum(v),
            "magnitude": m,
            "rrup_km": r,
            "rjb_km": math.sqrt(r**2 - 4),
            "vs30_m_s": 260.0,
        }
        for m, r, v in BINS
    ]
    same = conditional_spectrum(
        GRID, 1.0, pygmm_models(), sa_g=0.52, scenario=SITE, scenarios=by_hand, **options
    )
    np.testing.assert_allclose(target.ln_mean, same.ln_mean, atol=1e-12)
    np.testing.assert_allclose(target.covariance, same.covariance, atol=1e-12)
    assert target.sa_g == 0.52
    assert "3 bins of Sa(1 s) at 2475 years" in target.notes[0]
    assert target.scenario is not None
    assert target.scenario.magnitude == pytest.approx(7.27)


def test_a_hazard_curve_states_the_level(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    path.write_text("# period_s=1.0\nsa_g,annual_rate\n0.1,1e-2\n1.0,1e-4\n")
    scenario = {"magnitude": 7.0, "rjb_km": 15.0, "vs30_m_s": 400.0, "mechanism": "strike-slip"}
    target = conditional_spectrum(
        GRID,
        1.0,
        pygmm_models(),
        gmm="BSSA14",
        scenario=scenario,
        hazard_curve=path,
        return_period_years=1000,
    )
    assert target.sa_g == pytest.approx(0.1 * math.sqrt(10))
    assert any("at 1000 years" in note for note in target.notes)


def test_a_stated_level_is_compared_with_a_file_in_one_component(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    path.write_text("# period_s=1.0\nsa_g,annual_rate\n0.1,1e-2\n1.0,1e-4\n")
    level = 0.1 * math.sqrt(10)  # of RotD50; RotD100 is 1.232 times as large (Boore & Kishida 2017)
    given: dict[str, Any] = {
        "gmm": "BSSA14",
        "component": "RotD100",
        "scenario": {"magnitude": 7.0, "rjb_km": 15.0, "vs30_m_s": 400.0, "mechanism": "strike-slip"},
        "hazard_curve": path,
        "return_period_years": 1000,
    }
    found = conditional_spectrum(GRID, 1.0, pygmm_models(), **given, sa_g=1.232 * level)
    assert found.sa_g == pytest.approx(1.232 * level)
    with pytest.raises(InputError, match=r"sa_g is 0\.316.* g, and hazard_curve has 0\.3896 g"):
        conditional_spectrum(GRID, 1.0, pygmm_models(), **given, sa_g=level)
    site = {"hazard": saved(tmp_path, newer()), "gmm": "BSSA14", "scenario": SITE, "fault": "vertical"}
    for sa_g, count in ((1.232 * 0.52, 0), (0.52, 1)):
        target = conditional_spectrum(GRID, 1.0, pygmm_models(), **site, component="RotD100", sa_g=sa_g)
        assert sum("disaggregates Sa = 0.52 g" in note for note in target.notes) == count


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"fault": None}, '\\(Rrup\\); for vertical faults set fault = "vertical"'),
        ({"scenario": {**SITE, "magnitude": 7.0}}, "scenario states magnitude, and so does disagg.json"),
        ({"scenarios": [{"weight": 1, "magnitude": 7}]}, "hazard states the scenarios"),
        ({"weights": "rate"}, "hazard states the scenarios"),
        ({"hazard_period_s": 0.01}, "give the level of shaking"),
        ({"hazard": None, "return_period_years": 475.0}, "choose from a file"),
        ({"gmm": None, "gmm_table": Path("x.csv")}, "several scenarios need gmm"),
    ],
)
def test_hazard_options_that_do_not_fit(tmp_path: Path, options: dict[str, Any], line: str) -> None:
    given = {
        "hazard": saved(tmp_path, newer()), "gmm": "BSSA14", "scenario": SITE, "fault": "vertical", **options,
    }  # fmt: skip
    with pytest.raises(InputError, match=line):
        conditional_spectrum(GRID, 1.0, pygmm_models(), **given)
