"""Portfolios: the table, sharing, what it costs, and a small one run, killed and resumed."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import gmplug
from gmplug.cli import cli
from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.portfolio.buildings import Building, read_buildings
from gmplug.portfolio.hazard import building_levels, predictor
from gmplug.portfolio.periods import approximate_period_s
from gmplug.portfolio.run import PortfolioRun, run_portfolio
from gmplug.portfolio.schema import Portfolio, SharingSection, load_portfolio, parse_portfolio
from gmplug.portfolio.sharing import share_selections
from tests.support.studies import write_small_study

# -- periods -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "ct_ft", "x"),
    [("steel-moment-frame", 0.028, 0.8), ("concrete-moment-frame", 0.016, 0.9), ("other", 0.02, 0.75)],
)
def test_approximate_periods_are_the_same_in_feet(system: str, ct_ft: float, x: float) -> None:
    """ASCE 7-22 table 12.8-2 has both units; its rounded coefficients agree within half a per cent."""
    for height_ft in (12.0, 60.0, 156.0):
        in_feet = ct_ft * height_ft**x
        assert approximate_period_s(height_ft * 0.3048, system) == pytest.approx(in_feet, rel=0.006)


# -- sharing -----------------------------------------------------------------------------------------


def _buildings(periods: list[float], **given: object) -> list[Building]:
    return [
        Building(id=f"B{k}", row=k + 2, period_s=period, period_source="table", options={}, **given)
        for k, period in enumerate(periods)
    ]


def _fewest(points: list[float], width: float) -> int:
    """Fewest intervals of a width that cover all points, by trying every set of left ends."""
    for count in range(1, len(points) + 1):
        for starts in itertools.combinations(points, count):
            if all(any(s <= p <= s + width + 1e-9 for s in starts) for p in points):
                return count
    raise AssertionError


@pytest.mark.parametrize("seed", range(5))
def test_sharing_keeps_its_tolerance_with_the_fewest_selections(seed: int) -> None:
    rng = np.random.default_rng(seed)
    buildings = _buildings(np.exp(rng.uniform(math.log(0.2), math.log(1.5), 9)).tolist())
    epsilons = {b.id: 1.0 for b in buildings}
    found = share_selections(buildings, epsilons, SharingSection(ln_period=0.12))
    assert sorted(b.id for one in found for b in one.buildings) == sorted(b.id for b in buildings)
    for one in found:
        shifts = [abs(math.log(b.period_s / one.conditioning_period_s)) for b in one.buildings]
        assert max(shifts) <= 0.12 + 1e-5
    assert len(found) == _fewest(sorted(math.log(b.period_s) for b in buildings), 0.24)
    assert [one.name for one in found] == [f"S{k:02d}" for k in range(1, len(found) + 1)]


def test_other_sites_and_levels_have_selections_of_their_own() -> None:
    near, far = (_buildings([1.0, 1.05], scenario={"rjb_km": r, "magnitude": 7.0}) for r in (8.0, 31.0))
    far = [dataclasses.replace(b, id=f"F{b.id}") for b in far]
    epsilons: dict[str, float | None] = {"B0": 0.5, "B1": 1.5, "FB0": 0.5, "FB1": 0.6}
    found = share_selections([*near, *far], epsilons, SharingSection())
    assert [[b.id for b in one.buildings] for one in found] == [["B0"], ["B1"], ["FB0", "FB1"]]
    assert [one.epsilon for one in found] == [0.5, 1.5, pytest.approx(0.55)]
    wide = SharingSection(epsilon=1.0, scenario={"rjb_km": 50.0})
    (one,) = share_selections([*near, *far], epsilons, wide)
    assert one.scenario == {"rjb_km": 19.5, "magnitude": 7.0}  # the mean of the class


def test_no_tolerance_means_no_sharing() -> None:
    buildings = _buildings([0.5, 0.5, 0.51])
    found = share_selections(
        buildings, {b.id: 0.0 for b in buildings}, SharingSection(ln_period=0.0, epsilon=0.0)
    )
    assert [len(one.buildings) for one in found] == [2, 1]
    assert [one.conditioning_period_s for one in found] == [0.5, 0.51]


# -- the table ---------------------------------------------------------------------------------------


def _portfolio(folder: Path, table: str, **sections: dict) -> Portfolio:
    (folder / "buildings.csv").write_text(table)
    content = {
        "portfolio": {"buildings": "buildings.csv"},
        "target": {
            "epsilon": 1.0,
            "gmm": "BSSA14",
            "scenario": {"magnitude": 7.0, "rjb_km": 10.0, "vs30_m_s": 300.0},
        },
        **sections,
    }  # fmt: skip
    return parse_portfolio({"catalogue": {"provider": "simulated"}, **content}, folder / "portfolio.toml")


def _read(portfolio: Portfolio) -> list[Building]:
    return list(read_buildings(portfolio, Host(entry_points=False)).buildings)


def test_all_bad_rows_are_told_at_once(tmp_path: Path) -> None:
    table = (
        "id,stories,type,design_level,period_s,latitude,sa_g,rjb_km\n"
        "A,3,C1,high,0.5,37.7,,\n"
        "A,3,C1,high,,,,\n"
        "B,three,C1,high,,,,\n"
        ",2,C1,high,,,,\n"
        "D,3,C9,high,0.4,,,\n"
        "E,3,URM,high,,,,\n"
        "F,3,C1,high,-1,95,x,-3\n"
    )
    with pytest.raises(InputError) as raised:
        _read(_portfolio(tmp_path, table))
    lines = raised.value.problems
    expected = [
        "row 3, column id: 'A' is also in row 2",
        "row 4 (B), column stories: Input should be a valid integer",
        "row 5, column id: is empty",
        "row 6 (D), column type: unknown building type 'C9'",
        "row 7 (E), column period_s: is empty, and cannot be computed: HAZUS has no capacity curve",
        "row 8 (F), column rjb_km: '-3.0' must not be negative".replace("'", ""),
        "row 8 (F), column sa_g: 'x' is not a number",
        "row 8 (F), column latitude: 95 lies outside",
        "row 8 (F), column period_s: -1 must be positive",
    ]
    for text in expected:
        assert sum(text in line for line in lines) == 1, (text, lines)
    assert all(line.startswith("buildings.csv, row ") and "\n" not in line for line in lines)


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ("name,stories\nA,2\n", "column id is missing"),
        ("id,storeys\nA,2\n", "unknown column 'storeys'; did you mean 'stories'?"),
        ("id,stories\n", "has no buildings"),
        ("id,id\nA,B\n", "occurs more than once"),
    ],
)
def test_a_bad_table_is_said_on_one_line(tmp_path: Path, table: str, line: str) -> None:
    with pytest.raises(InputError, match=line.replace("?", r"\?")):
        _read(_portfolio(tmp_path, table))


def test_periods_come_from_the_table_or_from_the_height(tmp_path: Path) -> None:
    table = (
        "id,stories,type,period_s,story_height_m,owner\nA,5,C1,0.9,,x\nB,5,C1,,,\nC,5,S1,,4.0,\nD,5,C2,,,\n"
    )
    portfolio = _portfolio(tmp_path, table)
    found = read_buildings(portfolio, Host(entry_points=False))
    a, b, c, d = found.buildings
    assert (a.period_s, a.period_source, a.labels) == (0.9, "table", {"owner": "x"})
    assert b.period_s == pytest.approx(0.0466 * (50 * 0.3048) ** 0.9)  # HAZUS: 50 ft for five stories
    assert c.period_s == pytest.approx(0.0724 * 20.0**0.8)
    assert d.period_s == pytest.approx(0.0488 * (50 * 0.3048) ** 0.75)
    assert any("owner" in note for note in found.notes)
    assert any("3 of 4" in note for note in found.notes)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ({}, "[portfolio]"),
        ({"portfolio": {"buildings": "b.csv", "sed": 1}}, "unknown option 'sed'; did you mean 'seed'"),
        ({"portfolio": {"buildings": "b.csv"}, "structure": {"period_s": 1.0}}, "make it a column"),
        ({"portfolio": {"buildings": "b.csv"}, "sharing": {"ln_period": -1}}, "[sharing] ln_period"),
        ({"portfolio": {"buildings": "b.csv"}, "hazard": {}}, "unknown section [hazard]"),
        ({"portfolio": {"buildings": "b.csv"}}, "[catalogue] provider is missing: set provider"),
    ],
)
def test_a_bad_portfolio_file_is_said_on_one_line(content: dict, line: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_portfolio(content)
    assert any(line in problem for problem in raised.value.problems), raised.value.problems


# -- levels ------------------------------------------------------------------------------------------


def test_sa_at_the_own_period_becomes_epsilon(tmp_path: Path) -> None:
    """ε = (ln Sa − ln median) / σ with pygmm's own prediction."""
    from pygmm import BooreStewartSeyhanAtkinson2014, Scenario

    table = "id,stories,type,period_s,sa_g\nA,2,C1,0.3,0.9\nB,5,C1,1.0,0.5\n"
    portfolio = _portfolio(tmp_path, table)
    buildings = _read(portfolio)
    host = Host(entry_points=False)
    epsilons, sa_g = building_levels(portfolio, buildings, predictor(portfolio, host))
    model = BooreStewartSeyhanAtkinson2014(Scenario(mag=7.0, dist_jb=10.0, v_s30=300.0, mechanism="U"))
    for building, level in zip(buildings, (0.9, 0.5), strict=True):
        median = float(
            np.exp(np.interp(np.log(building.period_s), np.log(model.periods), np.log(model.spec_accels)))
        )
        sigma = float(np.interp(np.log(building.period_s), np.log(model.periods), model.ln_stds))
        assert epsilons[building.id] == pytest.approx(math.log(level / median) / sigma, abs=2e-3)
        assert sa_g[building.id] == pytest.approx(level, rel=1e-9)


def test_levels_are_of_the_targets_component(tmp_path: Path) -> None:
    """The target that a building's epsilon leads to has the building's Sa."""
    from gmplug.gmm.ground_motion_models import pygmm_models
    from gmplug.target.conditional_spectrum import ConditionalSpectrumOptions, conditional_spectrum

    scenario = {"magnitude": 7.0, "rjb_km": 10.0, "vs30_m_s": 300.0}
    given = {"gmm": "BSSA14", "scenario": scenario, "component": "RotD100"}
    portfolio = _portfolio(tmp_path, "id,stories,type,period_s,sa_g\nA,5,C1,1.0,0.5\n", target=given)
    epsilons, sa_g = building_levels(
        portfolio, _read(portfolio), predictor(portfolio, Host(entry_points=False))
    )
    options = ConditionalSpectrumOptions(**given, epsilon=epsilons["A"])  # type: ignore[arg-type]
    found = conditional_spectrum(np.array([0.5, 1.0, 2.0]), 1.0, pygmm_models(), options=options)
    assert (found.sa_g, sa_g["A"]) == pytest.approx((0.5, 0.5), rel=1e-9)


@pytest.mark.parametrize(
    ("target", "table", "line"),
    [
        ({"sa_g": 0.5, "gmm": "BSSA14"}, "id,stories\nA,2\n", r"\[target\] sa_g holds at one period"),
        ({"gmm": "BSSA14"}, "id,stories\nA,2\n", "no level of shaking"),
        ({"gmm": "BSSA14"}, "id,stories,sa_g\nA,2,0.5\nB,2,\n", r"row 3 \(B\), column sa_g: is empty"),
        ({}, "id,stories,sa_g\nA,2,0.5\n", "needs a ground-motion model"),
    ],
)
def test_a_missing_level_is_said_on_one_line(tmp_path: Path, target: dict, table: str, line: str) -> None:
    portfolio = _portfolio(tmp_path, table, target=target)
    buildings = _read(portfolio)
    with pytest.raises(InputError, match=line):
        building_levels(portfolio, buildings, predictor(portfolio, Host(entry_points=False)))


# -- a whole portfolio -------------------------------------------------------------------------------

_MODEL = """
from gmplug.structures import shear_building


def build_model(
    ops, damping_ratio, conditioning_period_s, stories: int = 2, building_type: str = "C1",
    design_level: str = "moderate", broken: bool = False,
):
    if broken:
        raise ValueError("no such building")
    return shear_building(
        ops=ops, damping_ratio=damping_ratio, conditioning_period_s=conditioning_period_s, stories=stories,
        building_type=building_type, design_level=design_level,
    )
"""
_TABLE = """id,stories,type,design_level,period_s,site,latitude,longitude,broken,rjb_km
A,1,W1,moderate,0.40,x,37.70,-122.40,,20
B,2,C1,low,0.44,x,37.71,-122.41,,20
C,3,C1,moderate,0.42,x,37.72,-122.42,yes,20
D,4,S1,high,0.80,y,37.73,-122.43,,20
E,2,URM,pre,0.40,y,37.74,-122.44,,40
"""
_TOML = """
[portfolio]
name = "small"
buildings = "buildings.csv"
seed = 3
[structure]
model = "model.py"
[catalogue]
provider = "accelerograms"
path = "records"
[target]
epsilon = 1.0
gmm = "BSSA14"
scenario = { magnitude = 6.5, vs30_m_s = 400.0, mechanism = "strike-slip" }
periods_s = { start = 0.1, stop = 2.0, step = 0.1 }
[preselection]
scale_factor = [0.05, 20.0]
[selection]
count = 5
effort = 0.05
[analysis]
time_step_s = 0.02
free_vibration_s = 1.0
histories = ["story_drift_ratio"]
"""


def _write_portfolio(folder: Path) -> Path:
    write_small_study(folder)
    (folder / "model.py").write_text(_MODEL)
    (folder / "buildings.csv").write_text(_TABLE)
    (folder / "portfolio.toml").write_text(_TOML)
    return folder / "portfolio.toml"


def _command(path: Path, out: Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "gmplug",
        "portfolio",
        str(path),
        "--out",
        str(out),
        "--workers",
        "2",
        "--quiet",
    ]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A portfolio run that was killed twice while it worked, and resumed."""
    folder = tmp_path_factory.mktemp("portfolio")
    path, out = _write_portfolio(folder), folder / "run"
    for stored in (3, 9):
        process = subprocess.Popen(_command(path, out))
        while process.poll() is None and _stored(out) < stored:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
    before = _finished(out)
    done = subprocess.run(_command(path, out), capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr  # a building cannot be built, and analyses fail
    assert "warning: building C has no results" in done.stderr
    (folder / "before.json").write_text(json.dumps(before))
    return folder


def _stored(out: Path) -> int:
    return len(_finished(out))


def _finished(out: Path) -> dict[str, float]:
    """Wall time of each analysis in the store, by fingerprint."""
    if not (out / "analyses.sqlite").is_file():
        return {}
    try:
        with sqlite3.connect(f"file:{out / 'analyses.sqlite'}?mode=ro", uri=True) as connection:
            return dict(connection.execute("SELECT fingerprint, wall_s FROM analyses"))
    except sqlite3.OperationalError:
        return {}  # not made yet


def test_killed_twice_it_goes_on_where_it_stopped(small: Path) -> None:
    before = json.loads((small / "before.json").read_text())
    assert len(before) >= 9
    after = _finished(small / "run")
    assert len(after) == 20
    assert {key: after[key] for key in before} == before  # not run again


def test_every_building_and_record_has_its_row(small: Path) -> None:
    out = small / "run"
    demands = pd.read_csv(out / "demands.csv", keep_default_na=False, na_values=[""])
    assert demands.groupby("building").size().to_dict() == {"A": 5, "B": 5, "D": 5, "E": 5}
    sharing = pd.read_csv(out / "sharing.csv").set_index("id")
    assert sharing["selection"].nunique() == 3  # E is at another distance, D at another period
    assert sharing.loc["A", "selection"] == sharing.loc["C", "selection"]
    for building, rows in demands.groupby("building"):
        selection = pd.read_csv(out / "selections" / sharing.loc[building, "selection"] / "selection.csv")
        assert rows["id"].tolist() == selection["id"].tolist()
    parquet = pd.read_parquet(out / "demands.parquet")
    exact = pd.read_csv(out / "demands.csv", float_precision="round_trip")["peak_story_drift_ratio"]
    assert parquet["peak_story_drift_ratio"].tolist() == exact.tolist()
    assert parquet.columns.tolist() == demands.columns.tolist()
    assert "peak_story_drift_ratio_4" in demands


def test_each_analysis_has_its_histories(small: Path) -> None:
    out = small / "run"
    demands = pd.read_csv(out / "demands.csv", float_precision="round_trip")
    for row in demands.to_dict(orient="records"):
        found = gmplug.read_histories(out, row["id"], building=row["building"])
        stories = sum(name.startswith("story_drift_ratio_") for name in found)
        assert found.shape[1] == 1 + stories
        assert found.drop(columns="time_s").abs().max().max() == row["peak_story_drift_ratio"]
    assert not list((out / "analysis").rglob("*.part"))


def test_a_building_that_cannot_be_built_stops_no_other(small: Path) -> None:
    buildings = pd.read_csv(small / "run" / "buildings.csv", keep_default_na=False).set_index("id")
    assert "no such building" in buildings.loc["C", "problem"]
    assert (buildings["problem"].drop("C") == "").all()
    summary = json.loads((small / "run" / "summary.json").read_text())
    assert summary["buildings"] == 5
    assert summary["buildings_without_results"] == 1
    assert sum(summary["analyses"].values()) == 20
    page = (small / "run" / "report.html").read_text(encoding="utf-8")
    assert "no such building" in page
    assert "http://" not in page and "https://" not in page  # self-contained
    assert page.count('<figure class="chart') >= 5


def test_its_directory_opens_and_its_page_is_made_again(small: Path) -> None:
    out = small / "run"
    found = gmplug.load_run(out)
    assert isinstance(found, PortfolioRun)
    assert found.buildings["id"].tolist() == ["A", "B", "C", "D", "E"]
    assert len(found.demands) == 20 and found.attention
    before = (out / "report.html").read_text(encoding="utf-8")
    (out / "report.html").unlink()
    done = CliRunner().invoke(cli, ["report", str(out)])
    assert done.exit_code == 0, done.output
    again = (out / "report.html").read_text(encoding="utf-8")
    assert again.split("Time</h3>")[0] == before.split("Time</h3>")[0]


def test_demands_are_those_of_a_single_study(small: Path) -> None:
    """Building D by itself: its selection and model run through the chain's own stage."""
    from gmplug.runs import run_study
    from gmplug.study.files import parse_study

    out = small / "run"
    selections = pd.read_csv(out / "selections.csv").set_index("selection")
    sharing = pd.read_csv(out / "sharing.csv").set_index("id")
    name = sharing.loc["D", "selection"]
    assert selections.loc[name, "buildings"] == 1  # so T* is the building's own period
    content = {
        "study": {"name": "alone", "seed": 3},
        "catalogue": {"provider": "earlier-run", "path": "run/catalogue"},
        "structure": {
            "period_s": 0.8, "model": "model.py", "stories": 4, "building_type": "S1", "design_level": "high",
        },
        "target": {
            "epsilon": 1.0, "gmm": "BSSA14", "periods_s": {"start": 0.1, "stop": 2.0, "step": 0.1},
            "scenario": {"magnitude": 6.5, "vs30_m_s": 400.0, "mechanism": "strike-slip", "rjb_km": 20.0},
        },
        "preselection": {"scale_factor": [0.05, 20.0]},
        "clustering": {"method": "kmeans"},
        "selection": {"count": 5, "effort": 0.05},
        "analysis": {"time_step_s": 0.02, "free_vibration_s": 1.0},
    }  # fmt: skip
    study = parse_study(content, small / "alone.toml")
    alone = run_study(study, small / "alone", until="analysis", workers=1).values["demands"].table
    together = pd.read_csv(out / "demands.csv", keep_default_na=False, na_values=[""])
    together = together[together["building"] == "D"].reset_index(drop=True)
    assert alone["id"].tolist() == together["id"].tolist()
    for column in ("scale_factor", "peak_story_drift_ratio_1", "peak_story_drift_ratio_4"):
        np.testing.assert_allclose(together[column], alone[column], rtol=1e-12)


def test_sharing_costs_what_the_spectra_say(small: Path) -> None:
    """Bias and spread at a building's own period, from the files: accelerograms times scale factors."""
    from gmplug.portfolio.hazard import predictor

    out = small / "run"
    sharing = pd.read_csv(out / "sharing.csv").set_index("id")
    for building in ("A", "B", "D"):
        row = sharing.loc[building]
        folder = out / "selections" / row["selection"]
        selection = pd.read_csv(folder / "selection.csv")
        from gmplug.spectra import response_spectrum
        from gmplug.waveforms import read_motion

        ln_sa = []
        for record in selection.to_dict(orient="records"):
            motion = read_motion({"id": record["id"], "file_h1": record["file_h1"]})
            sa = response_spectrum(motion.horizontal_g[0], motion.time_step_s, np.array([row["period_s"]]))
            ln_sa.append(math.log(float(sa[0]) * record["scale_factor"]))
        assert row["selected_median_g"] == pytest.approx(math.exp(np.mean(ln_sa)), rel=0.05)
        assert row["bias_ln"] == pytest.approx(np.mean(ln_sa) - math.log(row["sa_g"]), abs=0.05)
    # At T* itself all records have the target's Sa, and there is neither bias nor spread.
    assert abs(sharing.loc["D", "bias_ln"]) < 1e-6
    assert sharing.loc["D", "selected_sigma_ln"] < 1e-6
    portfolio = load_portfolio(small / "portfolio.toml")
    predict = predictor(portfolio, Host(entry_points=False))
    assert predict is not None
    scenario = {"magnitude": 6.5, "vs30_m_s": 400.0, "mechanism": "strike-slip", "rjb_km": 20.0}
    found = predict(scenario, np.array([0.8]))
    assert sharing.loc["D", "sa_g"] == pytest.approx(float(found.median_g[0] * np.exp(found.sigma_ln[0])))


def test_damage_and_recovery_follow_from_the_drifts(small: Path) -> None:
    """By hand for building B: HAZUS drift limits of low-code C1, consequences of COM4, linear recovery.

    Hazus 6.1: 0.005, 0.008, 0.020, 0.050, β = 0.4; costs 0.02, 0.1, 0.404, 1; days 5, 30, 120, 240. Linear
    recovery loses L T/2 of the control time.
    """
    from scipy.stats import norm

    buildings = pd.read_csv(small / "run" / "buildings.csv").set_index("id")
    demands = pd.read_csv(small / "run" / "demands.csv")
    rows = demands[demands["building"] == "B"]
    shares = [1.0]
    for limit in (0.005, 0.008, 0.020, 0.050):
        beyond = norm.cdf(np.log(rows["peak_story_drift_ratio"] / limit) / 0.4)
        shares.append(float(np.mean(np.where(rows["status"] == "collapsed", 1.0, beyond))))
    expected = -np.diff([*shares, 0.0])
    names = [f"damage_{n}" for n in ("none", "slight", "moderate", "extensive", "complete")]
    found = buildings.loc["B"]
    np.testing.assert_allclose(found[names].astype(float), expected, atol=1e-9)
    loss, days = np.array([0, 0.02, 0.1, 0.404, 1.0]), np.array([0, 5, 30, 120, 240.0])
    assert found["repair_cost_ratio"] == pytest.approx(expected @ loss)
    assert found["repair_days"] == pytest.approx(expected @ days)
    assert found["resilience_index"] == pytest.approx(1 - expected @ (loss * days) / 2 / 730)
    curve = pd.read_csv(small / "run" / "functionality.csv")
    mean = np.trapezoid(curve["functionality"], curve["time_days"]) / 730
    summary = json.loads((small / "run" / "summary.json").read_text())
    assert mean == pytest.approx(summary["resilience_index"], abs=1e-4)
    assert curve["functionality"].iloc[0] == pytest.approx(1 - summary["repair_cost_ratio"])


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="signals as Linux has them")
def test_records_without_the_components_asked_for_are_said_once(tmp_path: Path) -> None:
    path = _write_portfolio(tmp_path)
    path.write_text(path.read_text().replace("[analysis]\n", '[analysis]\ncomponent = "both"\n'))
    with pytest.raises(InputError) as caught:
        run_portfolio(path, tmp_path / "run", workers=2)
    (line,) = caught.value.problems
    assert line.startswith("[analysis] component:") and "have one component only" in line


def test_a_wrong_solver_is_said_once(tmp_path: Path) -> None:
    path = _write_portfolio(tmp_path)
    path.write_text(path.read_text() + '[analysis.solver]\nalgorithms = ["Newtn"]\n')
    with pytest.raises(InputError) as caught:
        run_portfolio(path, tmp_path / "run", workers=2)
    (line,) = caught.value.problems
    assert "OpenSees has no 'Newtn' here" in line


def test_bad_rows_end_with_status_2_and_a_line_each(tmp_path: Path) -> None:
    path = _write_portfolio(tmp_path)
    (tmp_path / "buildings.csv").write_text("id,stories,period_s\nA,0.5,1\nB,2,nought\n")
    done = subprocess.run(_command(path, tmp_path / "out"), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 2
    assert "row 2 (A), column stories" in lines[0]
    assert "row 3 (B), column period_s: 'nought' is not a number" in lines[1]
