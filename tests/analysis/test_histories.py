"""Response histories: right at every step, whole or not there, and in step with the store of results."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import gmplug
from gmplug.analysis import AnalysisSetup, ExecutorError, stage
from gmplug.analysis.store import STORE_FILE
from gmplug.analysis.task import analyze
from gmplug.errors import InputError
from gmplug.values import AnalysisTask, Selection
from tests.analysis.test_components import exact
from tests.analysis.test_components import record as record  # a fixture
from tests.analysis.test_components import setup_of as mass_on_springs
from tests.analysis.test_model_scripts import BUILD
from tests.analysis.test_model_scripts import run as run_script
from tests.support.analyses import run_stage, selection
from tests.support.motions import burst, write_motion
from tests.support.places import REPOSITORY

SDOF = {"structure": {"period_s": 0.5, "model": "sdof", "yield_coefficient": 0.1}}


def _files(folder: Path, count: int = 3, seconds: float = 1.0) -> dict[str, Path]:
    return {f"r{k}": write_motion(folder / f"r{k}.txt", burst(seconds, seed=k)) for k in range(count)}


def _study(histories: Any, **analysis: Any) -> dict[str, Any]:
    common = {"free_vibration_s": 0.5, "executor": "serial"}
    return {**SDOF, "analysis": {"histories": histories, **common, **analysis}}


def _run(chosen: Selection, run_dir: Path, study: dict[str, Any], **how: Any) -> pd.DataFrame:
    """Run the stage as the chain does: with its files."""
    demands = run_stage(chosen, run_dir, study, **how)
    stage.save(demands, run_dir)
    return demands.table


def _script(folder: Path, script: str, histories: Any) -> pd.DataFrame:
    folder.mkdir(exist_ok=True)
    table = run_script(folder, script, {"histories": histories})
    table.reset_index().to_csv(folder / "run" / "demands.csv", index=False)
    return table


# -- what they hold ----------------------------------------------------------------------------------


def test_two_directions_and_upwards_follow_the_exact_response(record: dict[str, Any], tmp_path: Path) -> None:
    """A linear mass on three springs, by first-order hold, at every step."""
    setup = mass_on_springs(
        record, component="both", vertical=True, time_step_s=0.0025, histories=True, run_dir=tmp_path
    )
    result = analyze(setup, AnalysisTask("r", 1.5, record))
    table = pd.read_parquet(tmp_path / result.history)
    during = table[table["time_s"] < 7.99 - 1e-6]
    assert np.allclose(np.diff(table["time_s"]), 0.0025)
    for axis, (at, component) in {"x": (0, "h1"), "y": (1, "h2")}.items():
        displacement_m, acceleration_g = exact(at, component)
        moved = during[f"floor_displacement_{axis}_1_m"].to_numpy()
        assert np.max(np.abs(moved - displacement_m)) < 2e-3 * np.max(np.abs(displacement_m))
        np.testing.assert_allclose(moved, during[f"story_drift_ratio_{axis}_1"])  # the story is 1 m high
        shaken = during[f"floor_acceleration_{axis}_1_g"].to_numpy()
        assert np.max(np.abs(shaken - acceleration_g)) < 5e-3 * np.max(np.abs(acceleration_g))
    upwards_g = exact(2, "v")[1]
    difference_g = during["vertical_acceleration_1_g"].to_numpy() - upwards_g
    assert np.max(np.abs(difference_g)) < 5e-3 * np.max(np.abs(upwards_g))


def test_each_demand_is_the_largest_of_its_history(record: dict[str, Any], tmp_path: Path) -> None:
    setup = mass_on_springs(record, component="both", vertical=True, histories=True, run_dir=tmp_path)
    result = analyze(setup, AnalysisTask("r", 1.5, record))
    assert result.history.startswith("analysis/histories/r-")
    table = pd.read_parquet(tmp_path / result.history)
    by_axis = [name for name in table.columns[1:] if f"peak_{name}" in result.demands]
    assert len(by_axis) == len(table.columns) - 1 - 4  # no demand is a floor's displacement
    for name in by_axis:
        assert np.max(np.abs(table[name])) == result.demands[f"peak_{name}"]


def test_they_are_what_recorders_of_opensees_write(tmp_path: Path) -> None:
    """A script's own histories and ours, beside OpenSees' recorders of the same quantities."""
    more = """
def record(ops):
    ops.recorder("Element", "-file", "force.out", "-time", "-precision", 12, "-ele", 1, "force")
    ops.recorder("Node", "-file", "disp.out", "-time", "-precision", 12, "-node", 2, "-dof", 1, "disp")

def extra_histories(ops, task):
    return {"spring_force_kn": ops.eleForce(1, 1)}
"""
    table = _script(tmp_path, BUILD + more, True)
    assert set(table["status"]) == {"ok"}
    for name in table.index:
        found = gmplug.read_histories(tmp_path / "run", name)
        output = tmp_path / "run" / "analysis" / "output" / name
        displacement, force = np.loadtxt(output / "disp.out"), np.loadtxt(output / "force.out")
        np.testing.assert_allclose(found["time_s"][1:], displacement[:, 0], atol=1e-9)
        np.testing.assert_allclose(found["floor_displacement_1_m"][1:], displacement[:, 1], rtol=1e-10)
        np.testing.assert_allclose(found["spring_force_kn"][1:], force[:, 1], rtol=1e-10)
        assert found["spring_force_kn"][0] == 0.0


def test_a_collapse_has_its_history_up_to_then(tmp_path: Path) -> None:
    study = {**_study(True), "structure": {**SDOF["structure"], "collapse_drift_ratio": 0.01}}
    table = _run(selection(_files(tmp_path, 1), 4.0), tmp_path / "run", study)
    assert list(table["status"]) == ["collapsed"]
    drift = gmplug.read_histories(tmp_path / "run", "r0")["story_drift_ratio_1"].abs()
    assert drift.iloc[-1] == drift.max() == table["peak_story_drift_ratio"][0] > 0.01
    assert (drift.iloc[:-1] <= 0.01).all()


def test_only_what_is_named_is_kept(tmp_path: Path) -> None:
    more = "def extra_histories(ops):\n    return {'a': 1.0, 'b': ops.getTime()}\n"
    names = ["b", "floor_acceleration_g"]
    _script(tmp_path, BUILD + more, names)
    found = gmplug.read_histories(tmp_path / "run", "r0")
    assert list(found) == ["time_s", "floor_acceleration_0_g", "floor_acceleration_1_g", "b"]
    np.testing.assert_allclose(found["b"], found["time_s"], atol=1e-9)


def test_a_plugin_adds_its_own(tmp_path: Path) -> None:
    (tmp_path / "plugin.py").write_text(
        "import gmplug\n@gmplug.hookimpl\ndef gmplug_extra_histories(task, ops, model):\n"
        "    return {'velocity_m_s': ops.nodeVel(model.floor_nodes[-1], 1)}\n"
    )
    study = {**_study(["velocity_m_s", "floor_displacement_m"]), "study": {"scripts": ["plugin.py"]}}
    _run(selection(_files(tmp_path, 1)), tmp_path / "run", study)
    found = gmplug.read_histories(tmp_path / "run", "r0")
    # Newmark's average acceleration moves by the mean of the velocities, exactly.
    velocity, step_s = found["velocity_m_s"].to_numpy(), np.diff(found["time_s"])
    moved = np.cumsum(step_s * (velocity[1:] + velocity[:-1]) / 2)
    np.testing.assert_allclose(moved, found["floor_displacement_1_m"][1:], atol=1e-12)


NOT_THERE = r"\[analysis\] histories: 'shear' is unknown here; known: story_drift_ratio, .*"


def test_an_unknown_name_is_one_line_and_spoils_nothing(tmp_path: Path) -> None:
    chosen = selection(_files(tmp_path))
    before = _run(chosen, tmp_path / "run", _study(False))
    with pytest.raises(InputError, match=NOT_THERE):
        run_stage(chosen, tmp_path / "run", _study(["shear"]))
    more = "def extra_histories():\n    return {'a': 1.0}\n"
    with pytest.raises(ExecutorError, match=NOT_THERE + ", a"):
        _script(tmp_path / "script", BUILD + more, ["shear"])
    assert _run(chosen, tmp_path / "run", _study(False)).equals(before)


@pytest.mark.parametrize(
    ("returned", "line"),
    [
        ("{'floor_acceleration_9_g': 1.0}", "'floor_acceleration_9_g' has the name of one of gmplug's own"),
        ("{'a': None}", "the history 'a' is None, not a number"),
        ("[1.0]", "extra_histories returns list, not a mapping"),
        ("{f'a{ops.getTime():.0f}': 1.0}", "gave a0 at rest, now a1; return the same names each time"),
    ],
)
def test_wrong_histories_are_said(tmp_path: Path, returned: str, line: str) -> None:
    script = BUILD + f"def extra_histories(ops):\n    return {returned}\n"
    try:
        said = list(_script(tmp_path, script, True)["message"])
    except ExecutorError as error:
        said = [str(error)]
    assert line in said[0]


# -- the store ---------------------------------------------------------------------------------------


def _ran(run_dir: Path) -> dict[str, str]:
    """When each analysis was stored, to the row: SQLite gives a replaced row its new values."""
    with closing(sqlite3.connect(run_dir / STORE_FILE)) as store:
        return dict(store.execute("SELECT id, wall_s FROM analyses").fetchall())


def test_missing_and_broken_files_are_made_again_and_no_others(tmp_path: Path) -> None:
    chosen, run_dir = selection(_files(tmp_path, 4)), tmp_path / "run"
    first = _run(chosen, run_dir, _study(True)).set_index("id")
    files = {name: run_dir / first.loc[name, "history"] for name in first.index}
    before, content = _ran(run_dir), {name: path.read_bytes() for name, path in files.items()}
    files["r1"].unlink()
    files["r2"].write_bytes(content["r2"][:-100])
    left = files["r0"].with_name(f".{files['r0'].name}.0.part")
    left.write_bytes(b"half")
    again = _run(chosen, run_dir, _study(True)).set_index("id")
    after = _ran(run_dir)
    assert [name for name in files if after[name] != before[name]] == ["r1", "r2"]
    assert {name: path.read_bytes() for name, path in files.items()} == content
    assert not left.exists()
    assert again.drop(columns="wall_s").equals(first.drop(columns="wall_s"))


def test_they_can_be_asked_for_later_and_less_of_them_is_no_work(tmp_path: Path) -> None:
    chosen, run_dir = selection(_files(tmp_path)), tmp_path / "run"
    without = _run(chosen, run_dir, _study(False))
    assert "history" not in without
    with pytest.raises(
        InputError, match=r"no histories of record 'r0' \(status ok\); set `histories = true`"
    ):
        without.to_csv(run_dir / "demands.csv", index=False)
        gmplug.read_histories(run_dir, "r0")
    some = _run(chosen, run_dir, _study(["story_drift_ratio"]))
    assert some[without.columns.drop("wall_s")].equals(without.drop(columns="wall_s"))
    stored = _ran(run_dir)
    for fewer in (["story_drift_ratio"], [], False):
        _run(chosen, run_dir, _study(fewer))
        assert _ran(run_dir) == stored
    _run(chosen, run_dir, _study(True))
    assert not set(_ran(run_dir).values()) & set(stored.values())


def test_a_study_changed_and_changed_back_has_its_own_histories(tmp_path: Path) -> None:
    files, run_dir = _files(tmp_path, 1), tmp_path / "run"
    peaks = {}
    for scale in (1.0, 2.0, 1.0):
        table = _run(selection(files, scale), run_dir, _study(True))
        peaks[scale] = table["peak_story_drift_ratio"][0]
        found = gmplug.read_histories(run_dir, "r0")
        assert found["story_drift_ratio_1"].abs().max() == peaks[scale]
    assert peaks[1.0] != peaks[2.0]


def test_where_they_cannot_be_written_the_run_ends_and_goes_on_later(tmp_path: Path) -> None:
    chosen, run_dir = selection(_files(tmp_path)), tmp_path / "run"
    (run_dir / "analysis").mkdir(parents=True)
    (run_dir / "analysis" / "histories").write_text("in the way")
    with pytest.raises(ExecutorError, match=r"histories cannot be written .*; run again"):
        run_stage(chosen, run_dir, _study(True))
    assert _ran(run_dir) == {}
    (run_dir / "analysis" / "histories").unlink()
    assert set(_run(chosen, run_dir, _study(True))["status"]) == {"ok"}


PROGRAM = """
import sys
from pathlib import Path
from tests.support.analyses import run_stage, selection
from tests.analysis.test_histories import _study

folder = Path(sys.argv[1])
files = {path.stem: path for path in sorted(folder.glob("r*.txt"))}
class Told(list):
    def append(self, text):
        print(text, flush=True)
run_stage(selection(files), folder / "run", _study(True, executor="processes"), workers=2, seen=Told())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="workers end with their parent on Linux")
@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_a_kill_leaves_no_half_file(tmp_path: Path, kills: int) -> None:
    """``kill -9`` at some moments: every file under its name is whole; resumed, all are as if undisturbed."""
    files = _files(tmp_path, 5 * kills + 5, seconds=0.5)
    expected = _run(selection(files), tmp_path / "calm", _study(True))
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    histories = tmp_path / "run" / "analysis" / "histories"
    for kill in range(kills):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as process:
            assert process.stdout is not None
            for _ in range(5 * kill + 3):  # results that were there before are told of too
                process.stdout.readline()
            time.sleep(0.001 * kill)
            os.kill(process.pid, signal.SIGKILL)
        for path in histories.glob("[!.]*"):
            assert pq.read_table(path).num_rows > 50
    table = _run(selection(files), tmp_path / "run", _study(True))
    assert table.drop(columns="wall_s").equals(expected.drop(columns="wall_s"))
    assert sorted(path.name for path in histories.iterdir()) == sorted(
        Path(name).name for name in expected["history"]
    )
    for name in table["history"]:
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "calm" / name).read_bytes()


# -- reading them ------------------------------------------------------------------------------------


def test_an_analysis_is_found_among_several_of_a_record(tmp_path: Path) -> None:
    """A table as levels, clouds and portfolios write it."""
    setup = AnalysisSetup("sdof", 0.5, histories=True, run_dir=tmp_path)
    (file,) = _files(tmp_path, 1).values()
    record = {"id": "r0", "file_h1": str(file), "time_step_s": 0.01}
    rows = []
    for scale_factor in (0.3, 0.6):
        result = analyze(setup, AnalysisTask("r0", scale_factor, record))
        row = {"id": "r0", "scale_factor": scale_factor, "status": "ok", "history": result.history}
        rows.append({"building": f"B{len(rows)}", **row})
    pd.DataFrame(rows).to_csv(tmp_path / "demands.csv", index=False)
    one, two = (gmplug.read_histories(tmp_path, "r0", scale_factor=f) for f in (0.3, 0.1 + 0.5))
    np.testing.assert_allclose(2 * one["story_drift_ratio_1"], two["story_drift_ratio_1"], rtol=1e-6)
    assert gmplug.read_histories(tmp_path, "r0", building="B1").equals(two)
    for where, line in (
        ({}, "2 analyses of id r0; give another of its columns"),
        ({"scale_factor": 0.4}, "no analysis of id r0, scale_factor 0.4"),
        ({"floor": 3}, "has no column 'floor'"),
    ):
        with pytest.raises(InputError, match=re.escape(line)):
            gmplug.read_histories(tmp_path, "r0", **where)
    (tmp_path / rows[0]["history"]).write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"r0-.*\.parquet: cannot be read .*; remove demands\.csv, and run"):
        gmplug.read_histories(tmp_path, "r0", building="B0")
    with pytest.raises(InputError, match=r"demands\.csv: cannot be read"):
        gmplug.read_histories(tmp_path / "records", "r0")


def test_a_small_limit_of_memory_leaves_room_for_them(tmp_path: Path) -> None:
    chosen = selection(_files(tmp_path))
    table = _run(chosen, tmp_path / "run", _study(True, executor="processes", memory_limit_mb=400))
    assert set(table["status"]) == {"ok"}, list(table["message"])
