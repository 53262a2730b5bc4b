"""gmplug-pelicun: what pelicun is given, and that the losses are pelicun's own on the exported files."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import lognorm

from gmplug import InputError
from gmplug.host import Host
from gmplug.host.options import call
from gmplug.recovery import LOSS_COLUMNS
from gmplug.values import Assessment, LevelDemands

pytest.importorskip("pelicun", reason="pelicun is not installed; `make test` installs it")
pytest.importorskip("gmplug_pelicun", reason="the plugin is not installed")

from gmplug_pelicun.assessment import PelicunOptions, pelicun_losses
from gmplug_pelicun.demands import demand_table
from gmplug_pelicun.inventory import library_components, office_components


def _level(name: str, sa_g: float, rate: float, drift: float, n: int, collapsed: int) -> pd.DataFrame:
    rng = np.random.default_rng(int(1000 * sa_g))
    common = rng.standard_normal((n, 1))
    drifts = drift * np.exp(0.35 * (0.8 * common + 0.6 * rng.standard_normal((n, 3))))
    table = pd.DataFrame(
        {"level": name, "sa_g": sa_g, "annual_rate": rate, "id": [f"R{i}" for i in range(n)]}
    )
    table["status"] = ["collapsed"] * collapsed + ["ok"] * (n - collapsed)
    for story in range(3):
        table[f"peak_story_drift_ratio_{story + 1}"] = drifts[:, story]
        residual = np.maximum(drifts[:, story] - 0.01, 0.0) / 4
        table[f"residual_story_drift_ratio_{story + 1}"] = np.where(table["status"] == "ok", residual, np.nan)
    for floor in range(4):
        accelerations = sa_g * np.exp(0.3 * (0.6 * common[:, 0] + 0.8 * rng.standard_normal(n)))
        table[f"peak_floor_acceleration_{floor}_g"] = accelerations
    return table


def _demands(*levels: pd.DataFrame) -> LevelDemands:
    table = pd.concat(levels, ignore_index=True)
    first = table.groupby("level", sort=False)[["sa_g", "annual_rate"]].first().reset_index()
    return LevelDemands(table, first.assign(candidates=100, records=12), 1.0)


def _silent(done: float, total: float, message: str) -> None:
    pass


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, LevelDemands, Assessment]:
    """Two levels through the plugin, as a study calls it."""
    out = tmp_path_factory.mktemp("pelicun")
    demands = _demands(_level("rare", 0.3, 0.01, 0.008, 12, 0), _level("very rare", 0.9, 0.001, 0.03, 12, 3))
    given = {"demands": demands, "hazard": None, "before": {}, "seed": 11, "workers": 2}
    given |= {"out_dir": out, "progress": _silent}
    options = {"realizations": 120, "floor_area_m2": 1000.0, "replacement_time_dispersion": 0.4}
    provider = Host().provider("risk_assessments", "pelicun")
    return out, demands, call(provider, options, given, "[risk.pelicun]")


def test_losses_are_those_of_pelicun_run_by_hand(exported, tmp_path: Path) -> None:
    out, _, assessment = exported
    losses = assessment.tables["losses"]
    for level, folder in zip(["rare", "very rare"], sorted(out.iterdir()), strict=True):
        by_hand = tmp_path / folder.name
        by_hand.mkdir()
        for name in ("config.json", "response.csv", "CMP_QNT.csv"):
            shutil.copy(folder / name, by_hand)
        command = [sys.executable, "-m", "pelicun.tools.DL_calculation", "-c", "config.json"]
        subprocess.run(
            [*command, "--dirnameOutput", "mine"], cwd=by_hand, check=True, capture_output=True, timeout=300
        )
        mine = pd.read_csv(by_hand / "mine" / "DL_summary.csv", index_col=0)
        ours = losses[losses["level"] == level]
        crew = assessment.values["workers"]
        np.testing.assert_array_equal(ours["repair_cost"], mine["repair_cost-"])
        np.testing.assert_array_equal(ours["repair_time_days"], mine["repair_time-parallel"] / crew)
        np.testing.assert_array_equal(
            ours["repair_time_sequential_days"], mine["repair_time-sequential"] / crew
        )
        np.testing.assert_array_equal(ours["collapsed"], mine["collapse"])
        np.testing.assert_array_equal(ours["irreparable"], mine["irreparable"])


def test_losses_say_what_the_demands_say(exported) -> None:
    _, _, assessment = exported
    losses = assessment.tables["losses"]
    assert set(LOSS_COLUMNS) <= set(losses.columns) and len(losses) == 2 * 120
    share = losses.groupby("level")["collapsed"].mean()
    assert share["rare"] == 0
    # Latin hypercube sampling: within one realization of the share of collapsed analyses.
    assert share["very rare"] == pytest.approx(3 / 12, abs=1.5 / 120)
    replaced = losses[(losses["collapsed"] > 0) | (losses["irreparable"] > 0)]
    assert np.allclose(replaced["repair_cost_ratio"], 1.0)
    table = assessment.tables["loss_by_level"]
    assert table["repair_cost_ratio_mean"][0] < table["repair_cost_ratio_mean"][1]
    components = assessment.tables["loss_by_component"].set_index("component")
    np.testing.assert_allclose(components.sum().to_numpy(), table["repair_cost_ratio_mean"], rtol=1e-9)
    # Two levels by hand: trapezoid between them, and the upper one beyond.
    low, high = table["repair_cost_ratio_mean"]
    assert assessment.values["expected_annual_loss_ratio"] == pytest.approx(
        0.009 * (low + high) / 2 + 0.001 * high
    )
    assert set(assessment.pictures) == {"loss_distribution", "loss_exceedance"}
    json.dumps(assessment.values)


def test_residual_drifts_of_the_stories_stay_together(exported) -> None:
    """As in the analyses; the irreparable are then as many as the limits, one a story, make of them."""
    out, demands, assessment = exported
    folder = sorted(out.iterdir())[1]
    sample = pd.read_csv(folder / "results" / "DEM_sample.zip", index_col=0, dtype=str)
    drifts = sample.loc[sample.index != "Units", ["RID-1-1", "RID-2-1", "RID-3-1"]].astype(float)
    rows = demands.table[(demands.table["level"] == "very rare") & (demands.table["status"] == "ok")]
    known = rows[[f"residual_story_drift_ratio_{story}" for story in (1, 2, 3)]].to_numpy()
    nearest = np.abs(drifts.to_numpy()[:, None, :] - known[None, :, :]).max(axis=2)
    assert len(drifts) == 120 and nearest.min(axis=1).max() < 1e-9
    standing = 1 - lognorm.cdf(np.maximum(known, 1e-12), s=0.3, scale=0.01)
    losses = assessment.tables["losses"]
    left = losses[(losses["level"] == "very rare") & (losses["collapsed"] == 0)]
    expected = 1 - standing.prod(axis=1).mean()
    spread = np.sqrt(expected * (1 - expected) / len(left))
    assert left["irreparable"].mean() == pytest.approx(expected, abs=3 * spread)


def test_mean_cost_of_one_component_is_that_of_its_fragility(tmp_path: Path) -> None:
    from pelicun.file_io import resolve_default_dataset_path

    component, drift = "B.10.35.021", 0.04
    components = tmp_path / "one.csv"
    components.write_text(f"ID,Units,Location,Direction,Theta_0\n{component},ea,1,1,1\n")
    level = _level("sure", 0.5, 0.01, drift, 5, 0)
    for name in level.columns[level.columns.str.startswith("peak_story_drift")]:
        level[name] = drift
    level = level.drop(columns=[name for name in level if str(name).startswith("residual")])
    n = 2000
    done = pelicun_losses(
        _demands(level), 3, 1, tmp_path / "out", _silent,
        PelicunOptions(components=components, realizations=n),
    )  # fmt: skip
    library = Path(resolve_default_dataset_path("FEMA P-58"))
    fragility = pd.read_csv(library / "fragility.csv", index_col=0).loc[component]
    repair = pd.read_csv(library / "consequence_repair.csv", index_col=0).loc[f"{component}-Cost"]
    reached = [
        lognorm(float(fragility[f"LS{i}-Theta_1"]), scale=float(fragility[f"LS{i}-Theta_0"])).cdf(drift)
        for i in (1, 2, 3)
    ]
    # "20880,13920|3,7": the unit cost up to 3 and from 7 units on; here is one.
    costs = [float(str(repair[f"DS{i}-Theta_0"]).split(",")[0]) for i in (1, 2, 3)]
    expected = np.dot(-np.diff([*reached, 0.0]), costs)
    found = done.tables["losses"]["repair_cost"]
    assert found.mean() == pytest.approx(expected, abs=4 * found.std() / np.sqrt(n))
    assert any("yield_drift_ratio" in note for note in done.values["notes"])


def test_demands_are_in_pelicuns_format() -> None:
    rows = _level("rare", 0.3, 0.01, 0.008, 4, 0)
    table = demand_table(rows, 0.3, 1.0)
    assert table.index[0] == "Units" and len(table) == 5
    kinds = {"PID": 3, "PFA": 4, "RID": 3, "SA_1.00": 1}
    for kind, count in kinds.items():
        assert sum(column.split("-")[1] == kind for column in table.columns) == count
    assert table.loc["Units", "1-PFA-0-1"] == "g" and table.loc["Units", "1-PID-1-1"] == "unitless"
    assert float(table.loc["2", "1-PID-3-1"]) == rows["peak_story_drift_ratio_3"].iloc[2]
    with pytest.raises(InputError, match="peak_floor_acceleration_0_g"):
        demand_table(rows.drop(columns=[f"peak_floor_acceleration_{i}_g" for i in range(4)]), 0.3, 1.0)


@pytest.mark.parametrize("frame", ["steel-moment-frame", "concrete-moment-frame", "none"])
def test_the_office_is_of_complete_components_in_proportion_to_its_area(frame: str) -> None:
    small, large = office_components(1003.35, frame), office_components(4013.4, frame)
    assert set(small.index) <= library_components()
    ceilings = large.loc["C.30.32.003b"]
    assert ceilings["Theta_0"] == pytest.approx(2 * 21600, rel=1e-3) and ceilings["Blocks"] == 72
    assert (large["Theta_0"] >= small["Theta_0"]).all()


def test_the_fitted_collapse_fragility_is_taken_from_before(tmp_path: Path) -> None:
    demands = _demands(_level("rare", 0.3, 0.01, 0.008, 12, 3))
    table = pd.DataFrame({"limit": ["collapse"], "median_g": [1.5], "beta": [0.35]})
    given = {"demands": demands, "seed": 1, "workers": 1, "progress": _silent, "out_dir": tmp_path}
    fitted = PelicunOptions(collapse_fragility="fitted", realizations=20, frame="none")
    with pytest.raises(InputError, match="'fitted' needs 'fragility' before it"):
        pelicun_losses(**given, options=fitted, before={"risk": Assessment({})})
    before = {"fragility": Assessment({}, {"fragility": table})}
    # Far below the median: 1 in 200,000 collapses, and none of 20 realizations, whatever the level's share.
    done = pelicun_losses(**given, options=fitted, before=before)
    capacity = json.loads((tmp_path / "1-rare" / "config.json").read_text())["DL"]["Damage"][
        "CollapseFragility"
    ]
    assert (capacity["CapacityMedian"], capacity["Theta_1"]) == (1.5 * 9.80665, 0.35)
    assert done.tables["losses"]["collapsed"].sum() == 0


def test_bad_input_is_named(tmp_path: Path) -> None:
    demands = _demands(_level("rare", 0.3, 0.01, 0.008, 12, 0))

    def fails(match: str, **options) -> None:
        with pytest.raises(InputError, match=match):
            pelicun_losses(demands, 1, 1, tmp_path / "out", _silent, PelicunOptions(**options))

    fails("frame = 'timber'", frame="timber")
    fails("realizations", realizations=1)
    fails("median_g", collapse_fragility={"median": 1.0})
    fails("cannot read", components=tmp_path / "none.csv")
    unknown = tmp_path / "unknown.csv"
    unknown.write_text("ID,Units,Location,Direction,Theta_0\nX.1,ea,1,1,1\n")
    fails("row 2: 'X.1'", components=unknown)
    unknown.write_text("ID,Units\nB.10.35.021,ea\n")
    fails("Location, Direction, Theta_0", components=unknown)
    few = _demands(_level("rare", 0.3, 0.01, 0.008, 12, 0).assign(status="failed"))
    with pytest.raises(InputError, match="level 'rare' has 0 analyses"):
        pelicun_losses(few, 1, 1, tmp_path / "out", _silent, PelicunOptions())
