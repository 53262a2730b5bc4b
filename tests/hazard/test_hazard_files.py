"""Hazard files as services and people write them: the right number, or a line that says what to do."""

from __future__ import annotations

import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmplug.errors import InputError
from gmplug.hazard import read_disaggregation, read_hazard_curve
from gmplug.notes import doubts_of
from gmplug.target import pygmm_models
from gmplug.target.asce7 import code_asce7
from gmplug.target.spectrum_table import read_spectrum, table_target, uniform_hazard
from gmplug.target.tables import read_model_table
from tests.support.targets import conditional_spectrum

GRID = np.array([0.2, 0.5, 1.0, 2.0])
SITE = {"mechanism": "strike-slip", "depth_to_top_km": 0.0, "vs30_m_s": 400.0}


def rate(poe: float, years: float = 1.0) -> float:
    return -math.log1p(-poe) / years


def first_line(**more: Any) -> str:
    said = {"investigation_time": 50.0, "lon": 10.1, "lat": 40.1, **more}
    pairs = ", ".join(f"{key}={value!r}" for key, value in said.items() if value is not None)
    return f"#,,,,,\"generated_by='OpenQuake engine 3.20.0', checksum=1, {pairs}\"\n"


def written(tmp_path: Path, text: str, name: str = "Mag_Dist-mean-0.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


BINS = "SA(1.0),3.0E-01,2.0E-02,5.5,12.5,3.0E-03\nSA(1.0),3.0E-01,2.0E-02,6.5,12.5,1.0E-02\n"
HEADER = "imt,iml,poe,mag,dist,mean\n"


# -- disaggregations of OpenQuake -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        "SA(10.0),0.0E+00,1.0E-01,5.5,12.5,0.0E+00\n",  # nothing contributes
        "SA(2.0),-1,1.0E-01,5.5,12.5,nan\n",  # not a number
        "SA(2.0),1.0E-01,1.0E-01,0.0,12.5,1.0E-02\n",  # no magnitude
        "PGV,10,1.0E-01,5.5,12.5,7.0\n",  # no spectral acceleration
        "SA,0.1,1.0E-01,5.5,12.5,0.1\n",  # no period
    ],
)
def test_a_measure_that_cannot_be_used_does_not_matter_if_another_is_asked_for(
    tmp_path: Path, other: str
) -> None:
    path = written(tmp_path, first_line() + HEADER + BINS + other)
    found = read_disaggregation(path, 1.0)
    np.testing.assert_allclose(found.contribution[1], rate(0.01) / (rate(0.01) + rate(0.003)))
    assert found.sa_g == 0.3


@pytest.mark.parametrize(
    ("other", "line"),
    [
        ("SA(2.0),0,1.0E-01,5.5,12.5,0.0\n", r"none of its bins of Sa\(2 s\) at 474.6 years contributes"),
        ("SA(2.0),-1,1.0E-01,5.5,12.5,oops\n", "line 5, column mean: oops is not a probability"),
        ("SA(2.0),0.1,1.0E-01,0.0,12.5,0.1\n", r"line 5 \(Sa\(2 s\).*: 0 is not a moment magnitude"),
        ("SA(2.0),0.1,1.0E-01,5.5,-1,0.1\n", "-1 is not a distance in km"),
        ("SA,0.1,1.0E-01,5.5,12.5,0.1\n", "at a period that it does not state.*name that OpenQuake wrote"),
    ],
)
def test_the_measure_that_is_asked_for_must_be_usable(tmp_path: Path, other: str, line: str) -> None:
    path = written(tmp_path, first_line() + HEADER + BINS + other)
    with pytest.raises(InputError, match=line):
        read_disaggregation(path, 2.0)


def test_a_level_of_minus_one_is_not_stated(tmp_path: Path) -> None:
    path = written(tmp_path, first_line() + HEADER + BINS.replace("3.0E-01", "-1"))
    assert math.isnan(read_disaggregation(path, 1.0).sa_g)
    with pytest.raises(InputError, match="give the level of shaking at T"):
        conditional_spectrum(
            GRID, 1.0, pygmm_models(), gmm="BSSA14", hazard=path, scenario=SITE, fault="vertical"
        )


def test_a_period_in_the_file_name_alone_is_found(tmp_path: Path) -> None:
    """Engines 3.8 to 3.10 wrote imt='SA'."""
    text = first_line(imt="SA", poe="0.02", iml="0.3", rlz=0) + "mag,dist,poe\n5.5,12.5,0.01\n6.5,12.5,0.01\n"
    found = read_disaggregation(written(tmp_path, text, "rlz-0-SA(1.0)-sid-0-poe-0_Mag_Dist.csv"), 1.0)
    assert (found.period_s, found.sa_g) == (1.0, 0.3)
    assert "one branch of the logic tree (rlz 0)" in doubts_of(found.notes)[0]
    with pytest.raises(InputError, match="Give the file back the name"):
        read_disaggregation(written(tmp_path, text, "disagg.csv"), 1.0)


def test_levels_that_a_file_does_not_tell_apart_are_refused(tmp_path: Path) -> None:
    """Engines 3.11 to 3.13 wrote all measures below one another, without their names."""
    rows = "mag,dist,poe\n5.5,12.5,0.01\n6.5,12.5,0.01\n5.5,12.5,0.05\n6.5,12.5,0.05\n"
    with pytest.raises(InputError, match=r"states no measure .*OpenQuake 3.11 to 3.13.*engine 3.14"):
        read_disaggregation(written(tmp_path, first_line() + rows), 1.0)
    with pytest.raises(InputError, match=r"line 5: the bin 5.5, 12.5 occurs twice"):
        read_disaggregation(written(tmp_path, first_line(imt="SA(1.0)", poe=0.02) + rows), 1.0)


@pytest.mark.parametrize("row", ["SA(1.0),0.3,0.02,6.5,12.5,0.01,7", "SA(1.0),0.3,0.02,6.5,12.5"])
def test_a_row_of_other_length_than_the_heading_is_refused(tmp_path: Path, row: str) -> None:
    path = written(tmp_path, first_line() + HEADER + BINS + row + "\n")
    with pytest.raises(InputError, match=r"line 5: has [57] cells, the heading 6"):
        read_disaggregation(path, 1.0)


@pytest.mark.parametrize(("factor", "said"), [(1.0, "taken as shares"), (100.0, "taken as percent")])
def test_shares_are_not_probabilities(tmp_path: Path, factor: float, said: str) -> None:
    shares = (0.6, 0.3, 0.1)
    rows = "".join(f"SA(1.0),0.3,0.02,{5.5 + i},12.5,{factor * s}\n" for i, s in enumerate(shares))
    found = read_disaggregation(written(tmp_path, first_line() + HEADER + rows), 1.0)
    np.testing.assert_allclose(found.contribution, shares)
    assert any(said in note for note in found.notes)
    if factor == 1.0:
        plain = written(tmp_path, first_line() + HEADER + rows, "Mag_Dist-traditional-0.csv")
        np.testing.assert_allclose(read_disaggregation(plain, 1.0).contribution, shares)


def test_contributions_that_miss_the_rate_of_their_level_are_doubtful(tmp_path: Path) -> None:
    path = written(tmp_path, first_line() + HEADER + BINS.replace("2.0E-02", "2.0E-01"))
    assert "add up to 0.059 times the rate" in doubts_of(read_disaggregation(path, 1.0).notes)[0]


def test_edges_of_bins_are_not_centers(tmp_path: Path) -> None:
    line = first_line(dist_bin_edges=[0.0, 25.0, 50.0], mag_bin_edges=[5.0, 6.0, 7.0])
    assert read_disaggregation(
        written(tmp_path, line + HEADER + BINS), 1.0
    ).mean_distance_km == pytest.approx(12.5)
    with pytest.raises(InputError, match=r"column dist holds the edges .*\(12.5, 37.5, "):
        read_disaggregation(written(tmp_path, line + HEADER + BINS.replace(",12.5,", ",25.0,")), 1.0)


def test_realizations_need_their_own_weights(tmp_path: Path) -> None:
    rows = "imt,iml,poe,mag,dist,rlz7,rlz2\nSA(1.0),0.3,0.02,5.5,12.5,0.01,0.02\n"
    rows += "SA(1.0),0.3,0.02,6.5,12.5,0,0.01\n"
    by_id = written(tmp_path, first_line(weights=[0.9, 0.1], rlz_ids=[2, 7]) + rows)
    first, second = 0.1 * rate(0.01) + 0.9 * rate(0.02), 0.9 * rate(0.01)
    np.testing.assert_allclose(
        read_disaggregation(by_id, 1.0).contribution, np.array([first, second]) / (first + second)
    )
    for said in ({}, {"weights": [1.0]}, {"weights": [0.9, 0.1], "rlz_ids": [2, 3]}):
        with pytest.raises(InputError, match="does not state their weights"):
            read_disaggregation(written(tmp_path, first_line(**said) + rows), 1.0)


def test_several_tectonic_regions_are_told(tmp_path: Path) -> None:
    rows = (
        "imt,iml,poe,trt,mag,dist,mean\nSA(1.0),0.3,0.02,Active Shallow Crust,6.5,12.5,0.01\n"
        "SA(1.0),0.3,0.02,Subduction Interface,6.5,12.5,0.01\n"
        "SA(1.0),0.3,0.02,Volcanic,6.5,12.5,0\n"
    )
    found = read_disaggregation(written(tmp_path, first_line() + rows), 1.0)
    assert len(found.magnitude) == 1
    assert "50 % Active Shallow Crust, 50 % Subduction Interface)" in doubts_of(found.notes)[0]


def test_a_file_of_another_site_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, first_line() + HEADER + BINS)
    assert read_disaggregation(path, 1.0, site=(10.1, 40.1)).sa_g == 0.3
    with pytest.raises(InputError, match=r"is of the site 10.1, 40.1, not of site_lon_lat"):
        read_disaggregation(path, 1.0, site=(11.0, 40.1))


# -- responses of the USGS ------------------------------------------------------------------------------


def response(*components: dict[str, Any], vs30: float = 400.0, **more: Any) -> dict[str, Any]:
    return {
        "status": "success",
        "request": {"site": {"vs30": vs30, "longitude": -118.0, "latitude": 34.0}},
        "response": {"disaggs": [{"imt": {"value": "SA1P0"}, "data": list(components)}]},
        **more,
    }


def total(**more: Any) -> dict[str, Any]:
    targets = [
        {"name": "Return period", "value": 2475},
        {"name": "Exceedance rate", "value": 4.04e-4},
        {"name": "1.0 s SA ground motion", "value": 0.6},
    ]
    return {"component": "Total", "summary": [{"name": "Disaggregation targets", "data": targets}], **more}


def bins(*parts: tuple[float, float, float]) -> list[dict[str, Any]]:
    return [{"m": m, "r": r, "εdata": [{"εbin": 0, "value": v}]} for m, r, v in parts]


FULL = total(data=bins((6.5, 10.0, 60.0), (7.5, 30.0, 40.0)))


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (response(total(sources=[{"name": "a fault", "m": 7.1}])), r"has no bins .*\?out=DISAGG_DATA"),
        (response(), r"has no bins .*\?out=DISAGG_DATA"),
        (
            {"status": "busy", "message": "Too many requests"},
            r"was busy \(Too many requests\).*ask again later",
        ),
        ({"status": "error", "message": "no such site"}, "response is an error: no such site"),
        ({"status": "usage", "description": "Disaggregate"}, "is the service's usage page"),
        (
            response({"component": "GMM: ASK14", "data": bins((6, 5, 100))}),
            "no component 'Total' .it has GMM: ASK14",
        ),
        (response(total(data=[{"m": 6.0, "r": 5.0}])), "KeyError 'εdata'"),
        ({"response": {"hazardCurves": []}}, "it holds hazardCurves"),
    ],
)
def test_a_response_says_what_it_lacks(tmp_path: Path, content: dict[str, Any], line: str) -> None:
    path = written(tmp_path, json.dumps(content), "disagg.json")
    with pytest.raises(InputError, match=line):
        read_disaggregation(path, 1.0)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<!DOCTYPE html><html><body>503</body></html>", "is a web page, not the disaggregation"),
        ("<?xml version='1.0'?>\n<nrml><disaggMatrices/></nrml>", "is OpenQuake's XML; export .* CSV"),
        ('{"status": "success"', "not valid JSON"),
    ],
)
def test_pages_and_xml_are_no_responses(tmp_path: Path, text: str, line: str) -> None:
    path = written(tmp_path, text, "disagg.json")
    with pytest.raises(InputError, match=line):
        read_disaggregation(path, 1.0)


def test_bins_of_one_measure_are_enough_and_their_sum_is_told(tmp_path: Path) -> None:
    content = response(total(data=bins((6.5, 10.0, 30.0), (7.5, 30.0, 10.0))))
    content["response"]["disaggs"].append({"imt": "SA2P0", "data": [total()]})
    found = read_disaggregation(written(tmp_path, json.dumps(content), "d.json"), 1.0)
    np.testing.assert_allclose(found.contribution, [0.75, 0.25])
    assert "add up to 40 %" in doubts_of(found.notes)[0]


def test_a_return_period_and_a_rate_that_contradict_are_refused(tmp_path: Path) -> None:
    one = total(data=bins((6.5, 10.0, 100.0)))
    one["summary"][0]["data"][0]["value"] = 475
    with pytest.raises(InputError, match=r"475 years .* 0.000404 a year, which is one in 2475 years"):
        read_disaggregation(written(tmp_path, json.dumps(response(one)), "d.json"), 1.0)


# -- against the study ----------------------------------------------------------------------------------


def spectrum_of(path: Path, **options: Any) -> Any:
    scenario = {**SITE, **options.pop("scenario", {})}
    given = {"gmm": "BSSA14", "fault": "vertical", "hazard": path, "scenario": scenario, **options}
    return conditional_spectrum(GRID, options.pop("t_star", 1.0), pygmm_models(), **given)


def test_vs30_of_the_file_is_held_against_the_scenario(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps(response(FULL, vs30=760.0)), "d.json")
    with pytest.raises(InputError, match=r"Vs30 = 760 m/s, and scenario states 400 m/s.*sa_g = "):
        spectrum_of(path)
    target = spectrum_of(path, sa_g=0.6)
    assert "is for Vs30 = 760 m/s, and scenario states 400 m/s" in doubts_of(target.notes)[0]
    same = written(tmp_path, json.dumps(response(FULL, vs30=400.0)), "same.json")
    assert not doubts_of(spectrum_of(same).notes)
    alone = spectrum_of(path, scenario={"vs30_m_s": 760.0})
    assert alone.scenario.vs30_m_s == 760.0


def test_another_level_than_the_disaggregated_one_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps(response(FULL)), "d.json")
    assert "disaggregates Sa = 0.6 g" in doubts_of(spectrum_of(path, sa_g=0.9).notes)[0]
    assert not doubts_of(spectrum_of(path, sa_g=0.6).notes)


def test_contributions_at_another_period_are_refused_or_told(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps(response(FULL)), "d.json")
    options: dict[str, Any] = {"gmm": "BSSA14", "fault": "vertical", "hazard": path, "scenario": SITE}
    with pytest.raises(
        InputError, match=r"holds no disaggregation of Sa\(2 s\); it holds Sa\(1 s\).*hazard_period_s"
    ):
        conditional_spectrum(GRID, 2.0, pygmm_models(), **options)
    with pytest.raises(InputError, match="give the level of shaking"):  # 0.6 g is not that at 2 s
        conditional_spectrum(GRID, 2.0, pygmm_models(), hazard_period_s=1.0, **options)
    target = conditional_spectrum(GRID, 2.0, pygmm_models(), hazard_period_s=1.0, sa_g=0.3, **options)
    assert "taken for those to the target's measure at T* = 2 s" in doubts_of(target.notes)[0]


def test_a_return_period_that_a_file_does_not_state_is_told(tmp_path: Path) -> None:
    text = first_line(investigation_time=None) + HEADER + BINS
    found = read_disaggregation(written(tmp_path, text), 1.0, 2475.0)
    assert "does not state its return period: taken for the 2475 years" in doubts_of(found.notes)[0]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"sa_g": 0.5}, "sa_g is 0.5 g, and hazard_curve has 0.3162 g"),
        ({"epsilon": 1.0}, "epsilon states the level of shaking, and so do hazard_curve"),
        (
            {"return_period_years": 1e5},
            r"covers 0.1 to 1 g, .* 100 to 1e\+04 years, not 1e\+05 years.*extrapolate",
        ),
        ({"return_period_years": None}, "hazard_curve needs the return period"),
        ({"hazard_curve": None}, "choose from a file"),
    ],
)
def test_levels_that_contradict_the_curve_are_refused(
    tmp_path: Path, options: dict[str, Any], line: str
) -> None:
    curve = written(tmp_path, "# period_s=1.0\nsa_g,annual_rate\n0.1,1e-2\n1.0,1e-4\n", "curve.csv")
    given = {"hazard_curve": curve, "return_period_years": 1000.0, **options}
    scenario = {"magnitude": 7.0, "rjb_km": 15.0, **SITE}
    with pytest.raises(InputError, match=line):
        conditional_spectrum(GRID, 1.0, pygmm_models(), gmm="BSSA14", scenario=scenario, **given)


def test_a_curve_is_extrapolated_when_the_study_says_so_and_told(tmp_path: Path) -> None:
    curve = written(tmp_path, "# period_s=1.0\nsa_g,annual_rate\n0.1,1e-2\n1.0,1e-4\n", "curve.csv")
    target = conditional_spectrum(
        GRID, 1.0, pygmm_models(), gmm="BSSA14", scenario={"magnitude": 7.0, "rjb_km": 15.0, **SITE},
        hazard_curve=curve, return_period_years=1e6, extrapolate=True,
    )  # fmt: skip
    assert target.sa_g == pytest.approx(10.0)
    assert "lies beyond; it and its rate are extrapolated" in doubts_of(target.notes)[0]


# -- hazard curves --------------------------------------------------------------------------------------

LEVELS = (0.05, 0.1, 0.2, 0.4, 0.8)
POES = (1.0, 0.6, 0.2, 0.05, 0.0)


def openquake_curve(kind: str | None = "mean", sites: int = 1, **more: Any) -> str:
    said = {"lon": None, "lat": None, "kind": kind, "imt": "SA(1.0)", **more}
    head = "lon,lat,depth," + ",".join(f"poe-{level:.7f}" for level in LEVELS) + "\n"
    rows = [
        f"{10 + i},{40 + i},0.0," + ",".join(f"{p / (i + 1):.6E}" for p in POES) + "\n" for i in range(sites)
    ]
    return first_line(**said) + head + "".join(rows)


def test_points_of_probability_one_and_zero_end_the_curve(tmp_path: Path) -> None:
    curve = read_hazard_curve(written(tmp_path, openquake_curve(), "hazard_curve-mean-SA(1.0)_1.csv"), 1.0)
    np.testing.assert_allclose(curve.sa_g, LEVELS[1:4])
    np.testing.assert_allclose(curve.annual_rate, [rate(p, 50) for p in POES[1:4]])
    assert not curve.notes


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        (
            openquake_curve("quantile-0.16"),
            "c.csv",
            "is the quantile-0.16 over the branches .*, not the mean",
        ),
        (openquake_curve(None), "quantile_curve-0.84_1.csv", "is the quantile over the branches"),
        (openquake_curve("std"), "c.csv", "is the std over the branches"),
        (openquake_curve("max"), "c.csv", "is the max over the branches"),
        (openquake_curve(sites=3), "c.csv", r"holds 3 sites .*10, 40; 11, 41; 12, 42.*site_lon_lat"),
        (openquake_curve(imt="PGV"), "c.csv", "does not say of which spectral acceleration .*imt=PGV"),
        (openquake_curve(imt="SA"), "c.csv", "does not say of which spectral acceleration"),
        (openquake_curve(imt="SA(2.0)"), "c.csv", r"is the curve of Sa\(2 s\), not of Sa\(1 s\)"),
        (openquake_curve(investigation_time=None), "c.csv", "states no investigation_time"),
        (openquake_curve().replace("2.000000E-01", "oops"), "c.csv", r"line 3, column poe-0.2000000: oops"),
        (
            openquake_curve().replace("2.000000E-01", "0.7"),
            "c.csv",
            r"line 3, column poe-0.2000000: the rate rises",
        ),
    ],
)
def test_curves_that_are_not_the_mean_of_sa_at_one_site(
    tmp_path: Path, text: str, name: str, line: str
) -> None:
    with pytest.raises(InputError, match=line):
        read_hazard_curve(written(tmp_path, text, name), 1.0)


def test_a_quantile_of_old_engines_is_known_by_the_first_word(tmp_path: Path) -> None:
    rows = "lon,lat,depth,poe-0.1,poe-0.4\n10,40,0,5.5e-3,4.2e-4\n"
    with pytest.raises(InputError, match=r"is the quantile-0.1 over"):
        read_hazard_curve(
            written(tmp_path, '# quantile-0.1, investigation_time=1.0,imt="PGA"\n' + rows, "c.csv")
        )
    mean = written(tmp_path, '# mean, investigation_time=1.0,imt="PGA"\n' + rows, "c.csv")
    assert read_hazard_curve(mean, 0.01).period_s == 0.0
    branch = written(tmp_path, "# rlz-003, investigation_time=1.0,imt=PGA\n" + rows, "c.csv")
    assert "one branch of the logic tree (rlz-003)" in doubts_of(read_hazard_curve(branch).notes)[0]


def test_one_of_several_sites_is_chosen_by_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, openquake_curve(sites=3), "c.csv")
    np.testing.assert_allclose(read_hazard_curve(path, 1.0, (11.0, 41.0)).annual_rate[0], rate(0.5, 50))
    with pytest.raises(InputError, match=r"has no site within 0.01 degrees"):
        read_hazard_curve(path, 1.0, (11.5, 41.0))
    twice = openquake_curve() + openquake_curve().splitlines()[-1] + "\n"
    with pytest.raises(InputError, match="rows 3, 4 are all of the site"):
        read_hazard_curve(written(tmp_path, twice, "c.csv"), 1.0, (10.0, 40.0))


def test_a_curve_among_several_measures_of_old_engines(tmp_path: Path) -> None:
    text = "# mean, investigation_time=50.0\nlon,lat,PGA-0.1,PGA-0.2,SA(1.0)-0.1,SA(1.0)-0.2\n"
    text += "10,40,0.3,0.1,0.2,0.05\n"
    path = written(tmp_path, text, "hazard_curve-mean.csv")
    np.testing.assert_allclose(read_hazard_curve(path, 1.0).annual_rate, [rate(0.2, 50), rate(0.05, 50)])
    with pytest.raises(InputError, match=r"holds curves of PGA, Sa\(1 s\)"):
        read_hazard_curve(path, 2.0)


@pytest.mark.parametrize("newer", [True, False])
def test_curves_of_the_usgs(tmp_path: Path, newer: bool) -> None:
    xs, ys = [0.1, 0.2, 0.4], [1e-2, 3e-3, 0.0]
    if newer:
        parts = [{"component": "Total", "values": {"xs": xs, "ys": ys}}, {"component": "Fault"}]
        content: dict[str, Any] = {
            "status": "success", "request": {"vs30": 260},
            "response": {"hazardCurves": [{"imt": {"value": "SA1P0"}, "data": parts}]},
        }  # fmt: skip
    else:
        about = {"imt": {"value": "SA1P0"}, "vs30": {"value": "260"}, "xvalues": xs}
        content = {"response": [{"metadata": about, "data": [{"component": "Total", "yvalues": ys}]}]}
    path = written(tmp_path, json.dumps(content), "curve.json")
    curve = read_hazard_curve(path, 1.0)
    assert (curve.sa_g.tolist(), curve.annual_rate.tolist(), curve.vs30_m_s) == (xs[:2], ys[:2], 260.0)
    with pytest.raises(InputError, match=r"holds curves of Sa\(1 s\); ask the service for that of Sa\(2 s\)"):
        read_hazard_curve(path, 2.0)
    content["status"] = "busy"
    with pytest.raises(InputError, match="was busy"):
        read_hazard_curve(written(tmp_path, json.dumps(content), "curve.json"), 1.0)


RATES = np.array([1e-2, 1e-3, 1e-4])


@pytest.mark.parametrize(
    ("heading", "values"),
    [
        ("sa_g,annual_rate", RATES),
        ("Sa (g),Mean annual frequency of exceedance", RATES),
        ("IML (g),MAFE (1/yr)", RATES),
        ("SA(1.0) (g),lambda", RATES),
        ("Sa [g],Return period (years)", 1 / RATES),
        ("sa_g,return_period_years", 1 / RATES),
        ("Sa (g),PoE in 50 years", -np.expm1(-50 * RATES)),
        ("Sa (g),Probability of exceedance in 50 yr", -np.expm1(-50 * RATES)),
        ("Sa (g),APE", -np.expm1(-RATES)),
    ],
)
def test_a_curve_of_ones_own_in_usual_headings(tmp_path: Path, heading: str, values: np.ndarray) -> None:
    rows = "".join(f"{sa},{float(v)!r}\n" for sa, v in zip((0.1, 0.3, 1.0), values, strict=True))
    curve = read_hazard_curve(written(tmp_path, f"{heading}\n{rows}", "curve.csv"), 1.0)
    np.testing.assert_allclose(curve.annual_rate, RATES, rtol=1e-9)
    np.testing.assert_allclose(curve.sa_g, [0.1, 0.3, 1.0])
    assert ("SA(1.0)" in heading) == (not curve.notes)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Sa (m/s2),rate\n0.98,1e-2\n9.8,1e-3\n", None),
        (
            "sa_g,annual_rate,return_period_years\n0.1,1e-2,100\n1,1e-4,2475\n",
            "row 3: .*contradict one another",
        ),
        ("Sa,annual_rate\n0.1,1e-2\n1,1e-4\n", "column 'Sa': states no unit"),
        (
            "Sa (furlong),annual_rate\n0.1,1e-2\n1,1e-4\n",
            "the unit 'furlong' of an acceleration is not known",
        ),
        ("Sa (g),poe\n0.1,0.5\n1,0.1\n", "does not say in how many years"),
        ("sa_g,return period (days)\n0.1,100\n1,1000\n", "unit 'days' of a return period"),
        ("sa_g,annual_rate\n0.1,100\n1,2475\n", "row 3: the rate rises .*return_period_years"),
        ("sa_g,annual_rate\n0.1,1e-2\n0.1,1e-3\n", "the level 0.1 occurs twice"),
        ("Sa (g),PGA (g),annual_rate\n0.1,0.2,1e-2\n", "'Sa .g.', 'PGA .g.' may all be meant"),
        (
            "# period_s=2.0\nSA(1.0) (g),rate\n0.1,1e-2\n1,1e-3\n",
            "contradict one another: Sa.2 s. and Sa.1 s.",
        ),
        ("sa_g,annual_rate\n0.1,1e-2\n,1e-3\n", "row 3, column sa_g: nan is not a number"),
    ],
)
def test_what_a_curve_of_ones_own_must_state(tmp_path: Path, text: str, line: str | None) -> None:
    path = written(tmp_path, text, "curve.csv")
    if line is None:
        np.testing.assert_allclose(read_hazard_curve(path).sa_g, [0.98 / 9.80665, 9.8 / 9.80665])
        return
    with pytest.raises(InputError, match=line):
        read_hazard_curve(path)


# -- spectra --------------------------------------------------------------------------------------------

T_SA = ((0.0, 0.5), (0.1, 1.2), (0.5, 1.2), (1.0, 0.6), (2.0, 0.3))


def spectrum_text(heading: str, factor: float = 1.0, rows: Any = T_SA) -> str:
    return heading + "\n" + "".join(f"{t!r},{sa * factor!r}\n" for t, sa in rows)


def test_a_spectrum_from_zero_period_is_read_and_says_how(tmp_path: Path) -> None:
    path = written(tmp_path, spectrum_text("period_s,sa_g"), "spectrum.csv")
    grid = np.array([0.05, 0.1, 0.2, 0.7, 2.0])
    target = uniform_hazard(grid, 0.7, path, scaling="conditioning-period")
    np.testing.assert_allclose(
        target.median_g, [0.85, 1.2, 1.2, 1.2 * 0.5 ** (math.log(1.4) / math.log(2)), 0.3]
    )
    assert "row at 0 s is PGA; below 0.1 s the spectrum is linear in T" in target.notes[0]
    later = uniform_hazard(grid[1:], 0.7, path, scaling="conditioning-period")
    np.testing.assert_allclose(later.median_g, target.median_g[1:])
    assert "begin at 0.1 s and do not use it" in later.notes[0]
    linear = code_asce7(grid, 0.5, spectrum=path, range_s=(0.1, 1.0))
    np.testing.assert_allclose(linear.median_g, [0.85, 1.2, 1.2, 0.96, 0.3])
    own = written(tmp_path, "period_s,median_g,sigma_ln\n0,0.5,0.5\n0.1,1.2,0.7\n2,0.3,0.6\n", "own.csv")
    table = table_target(grid, 0.7, own)
    assert (table.median_g[0], table.sigma_ln[0]) == pytest.approx((0.85, 0.6))
    assert read_model_table(own, grid).median_g[1] == pytest.approx(1.2)


@pytest.mark.parametrize(
    ("heading", "factor"),
    [
        ("Period (s),Sa (g)", 1.0),
        ("T,Sa (g)", 1.0),
        ("T [sec],PSA(g)", 1.0),
        ("T(s),Spectral acceleration (g)", 1.0),
        ('"Period, s","Sa, g"', 1.0),
        ("period_s,UHS (g)", 1.0),
        ("Period (sec),Mean [g]", 1.0),
        ("Period (s),MCER (g)", 1.0),
        ("Period (s),Sa(T) [g]", 1.0),
        ("T (s),Sa [m/s2]", 9.80665),
        ("T (s),Sa (m/s²)", 9.80665),
        ("T (s),Se (cm/s2)", 980.665),
        ("T (s),PSA (gal)", 980.665),
        ("T (s),Sa (%g)", 100.0),
    ],
)
def test_usual_headings_of_periods_and_sa(tmp_path: Path, heading: str, factor: float) -> None:
    path = written(tmp_path, spectrum_text(heading, factor), "s.csv")
    np.testing.assert_allclose(read_spectrum(path).values["sa_g"], [sa for _, sa in T_SA], rtol=1e-9)


def test_other_delimiters_titles_order_and_pga_in_words(tmp_path: Path) -> None:
    lines = ["ASCE Hazards Report", "", "Period (s);Sa (g)"]
    lines += [f"{t};{sa}".replace(".", ",") for t, sa in T_SA[:0:-1]] + ["0,0;0,5"]
    found = read_spectrum(written(tmp_path, "\n".join(lines) + "\n", "s.csv"))
    np.testing.assert_allclose(found.periods_s, [t for t, _ in T_SA])
    np.testing.assert_allclose(found.values["sa_g"], [sa for _, sa in T_SA])
    words = spectrum_text("T (s),Sa (g)").replace("\n0.0,", "\nPGA,")
    assert read_spectrum(written(tmp_path, words, "s.csv")).periods_s[0] == 0.0
    stated = read_spectrum(written(tmp_path, spectrum_text("Period (s),RotD100 Sa (g)"), "s.csv"))
    assert stated.component == "RotD100"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (spectrum_text("T,SA"), r"column 'SA': states no unit.*units = \"g\" in \[target\]"),
        (spectrum_text("T (s),Sa (parsec)"), "the unit 'parsec' of an acceleration is not known"),
        (spectrum_text("Frequency (Hz),Sa (g)"), "lacks the column.s. period_s"),
        (spectrum_text("T (days),Sa (g)"), "the unit 'days' of a period is not known"),
        (
            "T (s),Sa (g),UHS (g)\n0.1,1,1\n1,1,1\n",
            "'Sa .g.', 'UHS .g.' may all be meant; call the right one sa_g",
        ),
        (
            spectrum_text("T (s),Sa (g)", rows=(*T_SA, (0.1, 1.0))),
            "row 7: the period 0.1 s occurs more than once",
        ),
        (
            spectrum_text("T (s),Sa (g)", rows=(*T_SA, (3.0, 0.0))),
            "row 7, column Sa .g.: 0.0 is not a positive",
        ),
        (
            spectrum_text("T (s),Sa (g)", rows=(*T_SA, (-1.0, 0.1))),
            "row 7, column T .s.: -1.0 is not a period",
        ),
        ("T (s),MCER (g),Design (g)\n0.1,1,1\n1,1,1\n", "'MCER .g.', 'Design .g.' may all be meant"),
        ('{"response": {}}', "is JSON"),
        ("T (s),Sa (g)\n0,1\n1,1\n", "at least two periods"),
    ],
)
def test_spectra_that_cannot_be_used(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(InputError, match=line):
        read_spectrum(written(tmp_path, text, "s.csv"))


def test_the_study_answers_for_a_unit_that_is_not_stated(tmp_path: Path) -> None:
    path = written(tmp_path, spectrum_text("T,Mean", 9.80665), "s.csv")
    target = uniform_hazard(GRID, 1.0, path, scaling="conditioning-period", units="m/s2")
    assert target.sa_g == pytest.approx(0.6)


def test_uniform_hazard_spectra_of_openquake(tmp_path: Path) -> None:
    text = (
        "#,,,,\"generated_by='OpenQuake engine 3.24.0', kind='mean', investigation_time=50.0\"\n"
        "lon,lat,0.020000~PGA,0.020000~SA(0.2),0.020000~SA(2.0),0.100000~PGA,0.100000~SA(0.2),0.100000~SA(2.0)\n"
        "10.0,40.0,0.5,1.2,0.3,0.25,0.6,0.15\n11.0,41.0,0.6,1.3,0.4,0.3,0.7,0.2\n"
    )
    path = written(tmp_path, text, "hazard_uhs-mean_1.csv")
    options: dict[str, Any] = {"scaling": "conditioning-period", "site_lon_lat": (11.0, 41.0)}
    target = uniform_hazard(GRID, 0.2, path, return_period_years=2475, **options)
    assert target.sa_g == pytest.approx(1.3)
    assert "uniform-hazard spectrum at 2475 years" in target.notes[0]
    with pytest.raises(
        InputError, match=r"holds spectra at 2475, 474.6 years; choose one by return_period_years"
    ):
        uniform_hazard(GRID, 0.2, path, **options)
    with pytest.raises(InputError, match="holds 2 sites"):
        uniform_hazard(GRID, 0.2, path, return_period_years=475)


# -- what was not listed --------------------------------------------------------------------------------

falling = st.lists(st.floats(0.05, 0.95), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(
    steps=falling,
    first=st.floats(1e-3, 0.2),
    layout=st.sampled_from(["openquake", "own", "return-period", "usgs"]),
    mutation=st.sampled_from(["none", "none", "rises", "text", "negative", "kind"]),
    at=st.integers(0, 7),
)
def test_a_curve_comes_back_or_is_refused(
    steps: list[float], first: float, layout: str, mutation: str, at: int
) -> None:
    rates = first * np.cumprod([1.0, *steps])
    levels = np.geomspace(0.01, 2.0, len(rates))
    cells: list[Any] = [float(r) for r in rates]
    at = 1 + at % (len(rates) - 1)
    if mutation == "rises":
        cells[at] = cells[at - 1] * 1.5
    elif mutation == "text":
        cells[at] = "x"
    elif mutation == "negative":
        cells[at] = -1e-3
    kind = "quantile-0.5" if mutation == "kind" else "mean"
    with TemporaryDirectory() as folder:
        if layout == "openquake":
            poe = [c if c == "x" else -math.expm1(-50 * c) for c in cells]
            text = first_line(lon=None, lat=None, kind=kind, imt="SA(1.0)") + "lon,lat,depth,"
            text += (
                ",".join(f"poe-{float(v)!r}" for v in levels) + "\n10,40,0," + ",".join(map(str, poe)) + "\n"
            )
        elif layout == "usgs":
            parts = {"component": "Total", "values": {"xs": levels.tolist(), "ys": cells}}
            item = {"imt": {"value": "SA1P0" if mutation != "kind" else "SA2P0"}, "data": [parts]}
            text = json.dumps({"status": "success", "response": {"hazardCurves": [item]}})
        else:
            if layout == "return-period":
                cells = [c if c == "x" else 1 / c for c in cells]
            name = "annual_rate" if layout == "own" else "Return period (yr)"
            period = 2.0 if mutation == "kind" else 1.0
            rows = zip(levels.tolist(), cells, strict=True)
            text = f"# period_s={period}\nSa (g),{name}\n" + "".join(f"{v!r},{c}\n" for v, c in rows)
        path = written(Path(folder), text, "curve.csv")
        if mutation == "none":
            found = read_hazard_curve(path, 1.0)
            np.testing.assert_allclose(found.sa_g, levels, rtol=1e-9)
            np.testing.assert_allclose(found.annual_rate, rates, rtol=1e-8)
            assert found.sa_at(float(rates[0])) == pytest.approx(levels[0])
            with pytest.raises(InputError, match="extrapolate = true"):
                found.sa_at(float(rates[-1]) / 2)
        else:
            with pytest.raises(InputError):
                read_hazard_curve(path, 1.0)


@settings(max_examples=60, deadline=None)
@given(
    shares=st.lists(st.just(0.0) | st.floats(1e-6, 1.0), min_size=2, max_size=9).filter(
        lambda s: sum(s) > 0.1
    ),
    layout=st.sampled_from(["mean", "old", "eps", "usgs"]),
    mutation=st.sampled_from(["none", "none", "text", "negative", "twice", "period"]),
)
def test_a_disaggregation_comes_back_or_is_refused(shares: list[float], layout: str, mutation: str) -> None:
    total_rate = rate(0.02)
    wanted = np.array(shares) / sum(shares)
    poes: list[Any] = (-np.expm1(-total_rate * wanted)).tolist()
    places = [(5.25 + 0.5 * (i % 4), 12.5 + 25.0 * (i // 4)) for i in range(len(poes))]
    values: list[Any] = [100 * float(w) for w in wanted] if layout == "usgs" else poes
    if mutation == "text":
        values[0] = "x"
    elif mutation == "negative":
        values[0] = -1e-3
    measure = "SA(2.0)" if mutation == "period" else "SA(1.0)"
    rows = list(zip(places, values, strict=True))
    if mutation == "twice" and layout != "usgs":
        rows.append(rows[0])
    with TemporaryDirectory() as folder:
        if layout == "usgs":
            data = [{"m": m, "r": r, "εdata": [{"value": v}]} for (m, r), v in rows]
            content = response(total(data=data))
            content["response"]["disaggs"][0]["imt"]["value"] = (
                measure.replace("(", "").replace(")", "").replace(".", "P")
            )
            text = json.dumps(content)
        elif layout == "old":
            text = first_line(imt=measure, poe=0.02, iml=0.3) + "Mag,Dist,poe\n"
            text += "".join(f"{m},{r},{v}\n" for (m, r), v in rows)
        else:
            eps = ",0.5" if layout == "eps" else ""
            text = first_line() + f"imt,iml,poe,mag,dist{',eps' if eps else ''},mean\n"
            text += "PGV,10,0.02,6.5,12.5" + eps + ",0.5\n"
            text += "".join(f"{measure},0.3,0.02,{m},{r}{eps},{v}\n" for (m, r), v in rows)
        path = written(Path(folder), text, "Mag_Dist.csv")
        if mutation == "none" or (mutation == "twice" and layout == "usgs"):
            found = read_disaggregation(path, 1.0, 2475.0)
            some = wanted > 0
            order = np.lexsort((np.array(places)[some, 1], np.array(places)[some, 0]))
            np.testing.assert_allclose(found.contribution, wanted[some][order], rtol=1e-6, atol=1e-15)
            np.testing.assert_allclose(found.magnitude, np.array(places)[some][order, 0])
        else:
            with pytest.raises(InputError):
                read_disaggregation(path, 1.0, 2475.0)


WORDS = ("Sa", "PSA", "Spectral acceleration", "UHS", "Mean Sa", "MCER", "Response spectrum", "sa")
UNITS = {
    "g": 1.0,
    "%g": 100.0,
    "m/s2": 9.80665,
    "m/s^2": 9.80665,
    "cm/s2": 980.665,
    "gal": 980.665,
    "": 1.0,
    "knot": 1.0,
}


@settings(max_examples=80, deadline=None)
@given(
    word=st.sampled_from(WORDS),
    unit=st.sampled_from(sorted(UNITS)),
    brackets=st.sampled_from(["({})", "[{}]", " ({})", " [{}]", ", {}"]),
    period=st.sampled_from(["T", "Period", "T (s)", "Period [sec]", "period_s", "Periods (seconds)"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    order=st.permutations(range(5)),
    zero=st.booleans(),
)
def test_a_spectrum_comes_back_or_is_a_question(
    word: str, unit: str, brackets: str, period: str, delimiter: str, order: list[int], zero: bool
) -> None:
    brackets = brackets if delimiter == "," else brackets.replace(",", "")
    stated = brackets.format(unit) if unit else ""
    heading = f'"{period}"{delimiter}"{word}{stated}"'
    rows = [T_SA[i] for i in order if zero or i > 0]
    lines = [heading] + [f"{t!r}{delimiter}{sa * UNITS[unit]!r}" for t, sa in rows]
    with TemporaryDirectory() as folder:
        path = written(Path(folder), "\n".join(lines) + "\n", "s.csv")
        if unit in ("", "knot"):
            with pytest.raises(InputError, match=r"states no unit|is not known|lacks the column"):
                read_spectrum(path)
            return
        found = read_spectrum(path)
        expected = sorted(rows)
        np.testing.assert_allclose(found.periods_s, [t for t, _ in expected])
        np.testing.assert_allclose(found.values["sa_g"], [sa for _, sa in expected], rtol=1e-9)
