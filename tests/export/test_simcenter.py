"""What other applications read: responses and motions in SimCenter's formats, a run as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gmplug.errors import InputError
from gmplug.export.run import export_run
from gmplug.export.simcenter import edp_columns, response_table
from tests.support.motions import burst, write_motion


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "study.toml").write_text(
        '[study]\nname = "x"\n[catalogue]\nprovider = "simulated"\n'
        '[structure]\nperiod_s = 1.0\nmodel = "frame"\n'
    )
    rows = []
    for number, name in enumerate(("A/1", "B", "C")):
        row = {"id": name, "scale_factor": 1.0 + number, "time_step_s": 0.01}
        for key, component in enumerate(("h1", "h2")):
            motion = burst(1.0, seed=10 * number + key)
            row[f"file_{component}"] = write_motion(folder / f"m{number}{component}.txt", motion)
        rows.append(row)
    pd.DataFrame(rows).to_csv(folder / "selection.csv", index=False)
    demands = pd.DataFrame(
        {
            "id": ["A/1", "B", "C"],
            "scale_factor": [1.0, 2.0, 3.0],
            "status": ["ok", "collapsed", "ok"],
            "peak_story_drift_ratio_1": [0.01, 0.1, 1 / 3],
            "peak_story_drift_ratio_10": [0.02, 0.1, 0.03],
            "peak_story_drift_ratio_2": [0.015, 0.1, 0.025],
            "peak_floor_acceleration_0_g": [0.3, 0.9, 0.4],
            "residual_story_drift_ratio_1": [0.001, np.nan, np.nan],
            "peak_roof_drift_ratio": [0.01, 0.1, 0.02],
        }
    )
    demands.to_csv(folder / "demands.csv", index=False)
    return folder


def test_responses_have_simcenters_names_and_units(run_dir: Path) -> None:
    files, where = export_run(run_dir, "simcenter-edp")
    assert [path.name for path in files] == ["response.csv", "analyses.csv"]
    table = pd.read_csv(where / "response.csv", index_col=0)
    # Stories in order of their numbers; residual drifts are not known of all and so left out.
    assert list(table.columns) == ["1-PID-1-1", "1-PID-2-1", "1-PID-10-1", "1-PFA-0-1", "1-PRD-1-1"]
    assert list(table.loc["Units"]) == ["unitless", "unitless", "unitless", "g", "unitless"]
    assert table.drop(index="Units")["1-PID-1-1"].astype(float).to_list() == [0.01, 1 / 3]
    analyses = pd.read_csv(where / "analyses.csv")
    assert analyses["status"].to_list() == ["ok", "collapsed", "ok"]
    assert analyses["row"].fillna(0).to_list() == [1, 0, 2]


def test_levels_have_a_file_each(run_dir: Path) -> None:
    demands = pd.read_csv(run_dir / "demands.csv")
    twice = pd.concat([demands.assign(level="2 % in 50"), demands.assign(level="rare")])
    twice.to_csv(run_dir / "demands.csv", index=False)
    files, _ = export_run(run_dir, "simcenter-edp")
    assert [path.name for path in files] == ["response_2_in_50.csv", "response_rare.csv", "analyses.csv"]


def test_two_directions_are_x_and_y() -> None:
    columns = ["peak_story_drift_ratio_1", "peak_story_drift_ratio_y_1", "peak_story_drift_ratio_x_1"]
    found = edp_columns([*columns, "peak_story_drift_ratio_resultant_1"])
    assert {name: column for name, (column, _) in found.items()} == {
        "1-PID-1-1": "peak_story_drift_ratio_x_1",
        "1-PID-1-2": "peak_story_drift_ratio_y_1",
    }


def test_pelicun_reads_the_responses(run_dir: Path) -> None:
    pytest.importorskip("pelicun", reason="pelicun is not installed; `make test` installs it")
    from pelicun.assessment import Assessment

    _, where = export_run(run_dir, "simcenter-edp")
    assessment = Assessment({"PrintLog": False, "Verbose": False})
    assessment.demand.load_sample(str(where / "response.csv"))
    sample = assessment.demand.save_sample()
    assert sample["PFA", "0", "1"].to_list() == pytest.approx([0.3, 0.4])
    assert sample["PID", "10", "1"].to_list() == [0.02, 0.03]


@pytest.mark.parametrize(("unit", "factor"), [("g", 1.0), ("mps2", 9.80665)])
def test_motions_are_events(run_dir: Path, unit: str, factor: float) -> None:
    files, where = export_run(run_dir, "simcenter-event", options={"unit": unit})
    names = [path.name for path in files]
    assert names == ["001_A_1.json", "002_B.json", "003_C.json", "EVENT.json", "records.csv"]
    record = json.loads((where / "002_B.json").read_text())
    assert record["dT"] == 0.01
    np.testing.assert_allclose(record["data_y"], factor * 2.0 * burst(1.0, seed=11), rtol=1e-8, atol=1e-9)
    event = json.loads((where / "EVENT.json").read_text())["Events"][1]
    assert event["numSteps"] == len(record["data_x"]) and event["timeSeries"][0]["data"] == record["data_x"]
    assert [pattern["dof"] for pattern in event["pattern"]] == [1, 2]


def test_a_run_is_one_json_file(run_dir: Path) -> None:
    _, where = export_run(run_dir, "json")
    run = json.loads((where / "run.json").read_text())
    assert run["demands"][2]["peak_story_drift_ratio_1"] == pytest.approx(1 / 3, rel=1e-14)
    assert run["demands"][1]["residual_story_drift_ratio_1"] is None
    assert [row["id"] for row in run["selection"]] == ["A/1", "B", "C"]


def test_what_cannot_be_exported_is_said(run_dir: Path) -> None:
    with pytest.raises(InputError, match="unit 'feet'"):
        export_run(run_dir, "simcenter-event", options={"unit": "feet"})
    with pytest.raises(InputError, match="no analysis that ended ok"):
        response_table(pd.DataFrame({"status": ["failed"], "peak_story_drift_ratio_1": [np.nan]}))
    (run_dir / "demands.csv").unlink()
    with pytest.raises(InputError, match="run the study to its analyses"):
        export_run(run_dir, "simcenter-edp")
