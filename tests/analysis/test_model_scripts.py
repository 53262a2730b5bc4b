"""A model's own script: what it may define beside build_model, and what it is told where it is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gmplug.errors import InputError
from tests.support.analyses import run_stage, selection
from tests.support.motions import burst, write_motion

BUILD = """
import gmplug
import openseespy.opensees as ops

def build_model(mass_t: float = 1.0):
    ops.wipe()
    ops.model("basic", "-ndm", 1, "-ndf", 1)
    ops.node(1, 0.0); ops.node(2, 0.0); ops.fix(1, 1); ops.mass(2, mass_t)
    ops.uniaxialMaterial("Steel01", 1, mass_t * 0.1 * 9.81, mass_t * 160.0, 0.03)
    ops.element("zeroLength", 1, 1, 2, "-mat", 1, "-dir", 1)
    ops.recorder("Node", "-file", "built.out", "-time", "-node", 2, "-dof", 1, "disp")
    return gmplug.StructureModel((1, 2), (1.0,), gravity=9.80665, periods_s=(0.5,), collapse_drift_ratio=1.0)
"""
EVERYTHING = """
def damping(ops, damping_ratio, model):
    ops.rayleigh(2 * damping_ratio * 12.65, 0.0, 0.0, 0.0)

def analysis_options():
    return {"algorithms": [["ModifiedNewton", "-initial"], "Newton"], "max_iterations": 2}

def record(ops, task):
    ops.recorder("Element", "-file", f"{task.id}-force.out", "-time", "-ele", 1, "force")

seen = []

def on_step(time_s):
    seen.append(time_s)

def extra_demands(ops, model, task):
    return {"spring_force_kn": abs(ops.eleForce(1, 1)), "last_step_s": seen[-1]}
"""


def run(folder: Path, script: str, analysis: dict[str, Any] | None = None, workers: int = 1) -> Any:
    (folder / "mine.py").write_text(script)
    files = {f"r{k}": write_motion(folder / f"r{k}.txt", burst(2.0, seed=k)) for k in range(2)}
    study = {
        "structure": {"period_s": 0.5, "model": "mine.py"},
        "analysis": {"free_vibration_s": 1.0, "executor": "serial", **(analysis or {})},
    }
    return run_stage(selection(files), folder / "run", study, workers=workers).table.set_index("id")


def test_a_script_damps_records_watches_and_sets_the_solver(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    (tmp_path / "full").mkdir()
    bare = run(tmp_path / "bare", BUILD)
    before = Path.cwd()
    full = run(tmp_path / "full", BUILD + EVERYTHING, {"executor": "processes"}, workers=2)
    assert (full["status"] == "ok").all(), full["message"].tolist()
    assert (bare["retries"] == 0).all()
    assert (full["retries"] > 0).any()  # analysis_options
    assert (full["peak_story_drift_ratio"] < bare["peak_story_drift_ratio"]).all()  # damping
    assert full["last_step_s"].tolist() == pytest.approx([2.99, 2.99])  # on_step
    # Recorders of the builder and of record() write where no other analysis does.
    for name in ("r0", "r1"):
        folder = tmp_path / "full" / "run" / "analysis" / "output" / name
        force = np.loadtxt(folder / f"{name}-force.out")
        assert np.abs(force[-1, -1]) == pytest.approx(full.loc[name, "spring_force_kn"], rel=1e-4)
        moved = np.loadtxt(folder / "built.out")
        assert np.max(np.abs(moved[:, 1])) == pytest.approx(
            full.loc[name, "peak_story_drift_ratio"], rel=1e-4
        )
    assert Path.cwd() == before
    assert not list(before.glob("built.out"))


@pytest.mark.parametrize("executor", ["serial", "processes"])
def test_a_module_beside_the_model_that_changes_runs_the_analyses_again(
    tmp_path: Path, executor: str
) -> None:
    script = BUILD.replace("mass_t * 160.0", "mass_t * STIFFNESS").replace(
        "import gmplug", "import gmplug\nfrom parameters_of_mine import STIFFNESS"
    )
    (tmp_path / "parameters_of_mine.py").write_text("STIFFNESS = 160.0\n")
    first = run(tmp_path, script, {"executor": executor})
    again = run(tmp_path, script, {"executor": executor})
    assert again["wall_s"].tolist() == first["wall_s"].tolist()  # taken from the store
    (tmp_path / "parameters_of_mine.py").write_text("STIFFNESS = 40.0\n")
    softer = run(tmp_path, script, {"executor": executor})
    assert (softer["peak_roof_displacement_m"] != first["peak_roof_displacement_m"]).all()
    (tmp_path / "parameters_of_mine.py").write_text("STIFFNESS = 160.0\n")
    before = run(tmp_path, script, {"executor": executor})
    assert before["peak_roof_displacement_m"].tolist() == first["peak_roof_displacement_m"].tolist()


def test_the_study_comes_before_the_script(tmp_path: Path) -> None:
    table = run(tmp_path, BUILD + EVERYTHING, {"solver": {"algorithms": ["Newton"], "max_iterations": 25}})
    assert (table["retries"] == 0).all()


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (
            "def analysis_options():\n    return {'tolerence': 1.0}\n",
            r"solver with the script's analysis_options: unknown option 'tolerence'; did you mean",
        ),
        (
            "def analysis_options():\n    return 7\n",
            "script mine.py, analysis_options returns int, not a mapping from name to value",
        ),
        (
            "def damping(ops, zeta):\n    pass\n",
            "script mine.py, damping: parameter 'zeta' is none of those that gmplug gives",
        ),
    ],
)
def test_wrong_functions_end_the_study_before_an_analysis(tmp_path: Path, more: str, line: str) -> None:
    with pytest.raises(InputError, match=line):
        run(tmp_path, BUILD + more)


def test_a_demand_that_is_no_number_costs_the_analysis(tmp_path: Path) -> None:
    table = run(
        tmp_path, BUILD + "def extra_demands(task):\n    return {'x': None if task.id == 'r1' else 1}\n"
    )
    assert table.loc["r0", "x"] == 1.0
    assert table.loc["r1", "status"] == "failed"
    assert table.loc["r1", "message"] == "the demand 'x' is None, not a number"
    assert np.isfinite(table.loc["r0", "peak_story_drift_ratio"])


def test_a_demand_with_the_name_of_a_column_costs_the_analysis(tmp_path: Path) -> None:
    given = "{'peak_story_drift_ratio' if task.id == 'r1' else 'status' if task.id == 'r0' else 'x': 1.0}"
    table = run(tmp_path, BUILD + f"def extra_demands(task):\n    return {given}\n")
    assert (table["status"] == "failed").all()
    assert table.loc["r0", "message"].endswith("has a column 'status' already; rename the demand")
    assert "has a column 'peak_story_drift_ratio' already" in table.loc["r1", "message"]


def test_relative_paths_hold_although_each_analysis_runs_in_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gmplug.analysis import AnalysisSetup
    from gmplug.analysis.task import analyze
    from gmplug.values import AnalysisTask

    (tmp_path / "mine.py").write_text(BUILD)
    write_motion(tmp_path / "m.txt", burst(1.0))
    monkeypatch.chdir(tmp_path)
    setup = AnalysisSetup("mine.py", 0.5, scripts=((tmp_path / "mine.py").resolve(),), run_dir=Path("run"))
    result = analyze(setup, AnalysisTask("m", 1.0, {"id": "m", "file_h1": "m.txt", "time_step_s": 0.01}))
    assert result.status == "ok", result.message
    assert (tmp_path / "run/analysis/output/m/built.out").is_file()
    assert Path.cwd() == tmp_path


def test_opensees_says_no_farewell_on_the_terminal(tmp_path: Path) -> None:
    """A model's script that imports OpenSees at its top brings it into the main process."""
    import subprocess
    import sys

    (tmp_path / "mine.py").write_text(BUILD)
    (tmp_path / "study.toml").write_text(
        '[structure]\nperiod_s = 1.0\nmodel = "mine.py"\n[catalogue]\nprovider = "x"\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "gmplug", "run", "study.toml"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "unknown catalogue 'x'" in done.stderr
    assert "Terminating" not in done.stdout + done.stderr


def test_structures_with_logs_of_their_own_have_output_of_their_own() -> None:
    from gmplug.analysis import AnalysisSetup

    folders = {
        kind: [
            AnalysisSetup("sdof", 1.0, run_dir=Path(run), folder=kind).output_dir("r")
            for run in ("logs/run", "run/analysis/logs")
        ]
        for kind in ("", "B1")
    }
    assert {kind: [str(folder) for folder in two] for kind, two in folders.items()} == {
        "": ["logs/run/analysis/output/r", "run/analysis/logs/analysis/output/r"],
        "B1": ["logs/run/analysis/output/B1/r", "run/analysis/logs/analysis/output/B1/r"],
    }
