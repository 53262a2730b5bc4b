"""Incremental dynamic analysis by hunt and fill, and clouds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gmplug
from gmplug.errors import InputError
from gmplug.levels import LevelsRun
from gmplug.levels.sampling import HuntAndFill
from gmplug.runs import run_study
from gmplug.study import parse_study
from gmplug.study.schema import IdaSection
from tests.support.displays import Recorder
from tests.support.studies import write_small_study


def _search(capacity_g: float, options: IdaSection) -> HuntAndFill:
    search = HuntAndFill(options)
    while (sa := search.next()) is not None:
        search.tell(sa, sa > capacity_g)
    return search


@pytest.mark.parametrize("capacity_g", [0.06, 0.31, 0.77, 1.9])
def test_the_search_brackets_the_capacity_as_closely_as_asked(capacity_g: float) -> None:
    search = _search(capacity_g, IdaSection(runs=16))
    low = max(sa for sa, fell in search.runs if not fell)
    high = min(sa for sa, fell in search.runs if fell)
    assert low <= capacity_g <= high
    assert high - low <= 0.1 * low
    assert len(search.runs) == 16
    gaps = np.diff(sorted(sa for sa, fell in search.runs if not fell))
    assert gaps.max() < 0.5 * capacity_g or capacity_g < 0.1  # what was left filled the curve


def test_the_steps_of_the_hunt_grow_as_in_the_paper() -> None:
    """Vamvatsikos & Cornell (2004): 0.005 g, then 0.10 g, each step 0.05 g longer than the one before."""
    search = _search(10.0, IdaSection(first_g=0.005, step_g=0.10, increment_g=0.05, runs=5))
    assert [sa for sa, _ in search.runs] == pytest.approx([0.005, 0.105, 0.255, 0.455, 0.705])


EVENTS = """
from pathlib import Path

import gmplug


@gmplug.hookimpl
def gmplug_stage_finished(stage, value, wall_s):
    with (Path(__file__).parent / "finished.txt").open("a") as stream:
        stream.write(f"{stage} {type(value).__name__}\\n")
"""


def _study(folder: Path, section: str) -> Path:
    path = write_small_study(folder)
    text = path.read_text().replace(
        'model = "model.py"', 'model = "sdof"\nyield_coefficient = 0.1\ncollapse_drift_ratio = 0.2'
    )
    text = text.replace('method = "kmeans"', 'method = "kmeans"\nk_max = 2').replace("count = 6", "count = 4")
    path.write_text(text + '[risk]\nassess = ["fragility"]\n[risk.fragility]\nsamples = 20\n' + section)
    return path


def test_ida_of_a_study_and_its_moments(tmp_path: Path) -> None:
    path = _study(tmp_path, "[ida]\nfirst_g = 0.1\nstep_g = 0.4\nincrement_g = 0.2\nruns = 8\n")
    (tmp_path / "events.py").write_text(EVENTS)
    path.write_text(path.read_text().replace("seed = 3", 'seed = 3\nscripts = ["events.py"]'))
    run = run_study(path, tmp_path / "run")
    assert isinstance(run, LevelsRun)
    events = (tmp_path / "finished.txt").read_text().splitlines()
    assert events[-3:] == ["ida LevelDemands", "risk fragility Assessment", "report Report"]
    table = pd.read_csv(tmp_path / "run" / "demands.csv")
    assert table.groupby("id").size().tolist() == [8] * 4
    capacities = []
    for _, runs in table.groupby("id"):
        fell = runs["status"] == "collapsed"
        high = runs.loc[fell, "sa_g"].min()
        low = runs.loc[~fell & (runs["sa_g"] < high), "sa_g"].max()
        capacities.append(np.sqrt(low * high))
    found = pd.read_csv(tmp_path / "run" / "risk" / "fragility" / "fragility.csv").set_index("limit")
    assert found.loc["collapse", "median_g"] == pytest.approx(np.exp(np.mean(np.log(capacities))))
    assert found.loc["collapse", "beta"] == pytest.approx(np.std(np.log(capacities), ddof=1))
    assert (tmp_path / "run" / "report.html").is_file()
    before = (tmp_path / "run" / "demands.csv").read_bytes()
    seen = Recorder()  # every run is in the store: the second time nothing is analysed, and wall_s proves it
    run_study(path, tmp_path / "run", display=seen)
    assert (tmp_path / "run" / "demands.csv").read_bytes() == before
    assert "risk fragility" in seen.reused


def test_a_cloud_runs_the_records_at_given_factors(tmp_path: Path) -> None:
    path = _study(tmp_path, "[cloud]\nfactors = [0.5, 1.0, 2.0]\n")
    path.write_text(path.read_text().replace("[analysis]\n", "[analysis]\nhistories = true\n"))
    run = run_study(path, tmp_path / "run")
    assert isinstance(run, LevelsRun)
    assert run.demands is not None
    table = run.demands.table
    assert sorted(set(table["scale_factor"])) == [0.5, 1.0, 2.0]
    assert len(table) == 12
    assert set(table["status"]) <= {"ok", "collapsed"}, list(table["message"])
    for row in table.to_dict(orient="records"):
        found = gmplug.read_histories(run, row["id"], scale_factor=row["scale_factor"])
        assert found["story_drift_ratio_1"].abs().max() == row["peak_story_drift_ratio"]
        assert Path(row["history"]).name.startswith(f"{row['id']}-x{row['scale_factor']:g}-")
    selected = run.selection.records.set_index("id")["scale_factor"]
    unscaled = 0.15 / selected[table["id"]].to_numpy()  # records are scaled to 0.15 g at T*
    np.testing.assert_allclose(table["sa_g"], unscaled * table["scale_factor"], rtol=1e-6)
    ok = table[table["status"] == "ok"]
    slope = np.polyfit(np.log(ok["sa_g"]), np.log(ok["peak_story_drift_ratio"]), 1)[0]
    assert 0.5 < slope < 2.0
    assert "cloud regression" in run.assessments["fragility"].values["method"]


def test_one_way_of_sampling_at_a_time() -> None:
    with pytest.raises(InputError, match="give only one of ida and cloud"):
        parse_study(
            {"catalogue": {"provider": "simulated"}, "structure": {"period_s": 1.0}, "ida": {}, "cloud": {}}
        )
