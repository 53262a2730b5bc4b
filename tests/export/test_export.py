"""The motions of a run in scripts of one's own and in other programs; the drivers are run, Tcl's too."""

from __future__ import annotations

import csv
import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import gmplug
from gmplug.analysis import AnalysisSetup
from gmplug.analysis.solver_settings import SolverSettings
from gmplug.analysis.task import analyze
from gmplug.cli import cli
from gmplug.errors import GmplugError, InputError
from gmplug.export.drivers import tcl_word
from gmplug.export.run import export_run
from gmplug.values import AnalysisTask
from gmplug.waveforms import read_accelerogram
from tests.support.motions import burst, write_motion

#: Names that mean something to Tcl, Python or a shell.
IDS = ("plain", 'quo"te $HOME [exit 9] {brace', "Ünïcode; 'x' \\ ../up")
SCALES = (1.0, 2.5, 60.0)
STUDY = """
[study]
name = "exported"
[catalogue]
provider = "simulated"
[structure]
period_s = 0.6
model = "model.py"
[analysis]
free_vibration_s = 1.0
time_step_s = 0.005
component = "both"
vertical = true
"""
#: Two stories on bilinear springs, either way, and one spring upwards; inches, kips, kip s2/in.
MODEL_PY = """
import gmplug

def build_model(ops):
    ops.model("basic", "-ndm", 3, "-ndf", 3)
    for floor in range(3):
        ops.node(floor + 1, 0.0, 0.0, 0.0)
    ops.fix(1, 1, 1, 1)
    for story, (strength, stiffness) in enumerate(((90.0, 400.0), (60.0, 300.0)), start=1):
        ops.mass(story + 1, 0.7, 0.7, 0.7)
        ops.uniaxialMaterial("Steel01", story, strength, stiffness, 0.03)
        ops.uniaxialMaterial("Steel01", story + 10, 0.7 * strength, 0.8 * stiffness, 0.05)
        ops.uniaxialMaterial("Elastic", story + 20, 30.0 * stiffness)
        materials = (story, story + 10, story + 20)
        ops.element("zeroLength", story, story, story + 1, "-mat", *materials, "-dir", 1, 2, 3)
    ops.rayleigh(0.5, 0.0, 0.0, 0.002)
    return gmplug.StructureModel(
        (1, 2, 3), (144.0, 120.0), gravity=9.80665 / 0.0254, directions=(1, 2), vertical_direction=3,
        periods_s=(0.6,),
    )
"""
MODEL_TCL = """
model basic -ndm 3 -ndf 3
foreach floor {1 2 3} {node $floor 0.0 0.0 0.0}
fix 1 1 1 1
foreach {story strength stiffness} {1 90.0 400.0 2 60.0 300.0} {
    mass [expr {$story + 1}] 0.7 0.7 0.7
    uniaxialMaterial Steel01 $story $strength $stiffness 0.03
    uniaxialMaterial Steel01 [expr {$story + 10}] [expr {0.7 * $strength}] [expr {0.8 * $stiffness}] 0.05
    uniaxialMaterial Elastic [expr {$story + 20}] [expr {30.0 * $stiffness}]
    set materials [list $story [expr {$story + 10}] [expr {$story + 20}]]
    element zeroLength $story $story [expr {$story + 1}] -mat {*}$materials -dir 1 2 3
}
rayleigh 0.5 0.0 0.0 0.002
set floorNodes {1 2 3}
set storyHeights {144.0 120.0}
set supportNodes 1
proc record {id folder} {recorder Node -file [file join $folder roof.out] -time -node 3 -dof 1 disp}
"""


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with three selected records of three components each, as the chain would leave it."""
    folder = tmp_path_factory.mktemp("exported run")
    (folder / "study.toml").write_text(STUDY)
    (folder / "model.py").write_text(MODEL_PY)
    (folder / "model.tcl").write_text(MODEL_TCL)
    rows = []
    for number, (name, scale) in enumerate(zip(IDS, SCALES, strict=True)):
        row: dict[str, Any] = {
            "id": name,
            "group": "all",
            "cluster": 1,
            "scale_factor": scale,
            "magnitude": 6.5,
        }
        row["time_step_s"] = 0.01
        for key, component in enumerate(("h1", "h2", "v")):
            motion = burst(3.0, seed=10 * number + key)
            row[f"file_{component}"] = write_motion(folder / f"m{number}{component}.txt", motion)
        rows.append(row)
    pd.DataFrame(rows).to_csv(folder / "selection.csv", index=False)
    return folder


def analyses(run_dir: Path, **solver: Any) -> pd.DataFrame:
    """Return the demands of gmplug's own analyses of the same records and model."""
    setup = AnalysisSetup(
        "model.py", 0.6, base_dir=run_dir, scripts=((run_dir / "model.py").resolve(),), component="both",
        vertical=True, free_vibration_s=1.0, time_step_s=0.005,
        solver=solver,
    )  # fmt: skip
    rows = []
    for motion in gmplug.motions(run_dir):
        result = analyze(setup, AnalysisTask(motion.id, motion.scale_factor, motion.record))
        assert not result.message or result.status == "collapsed"
        rows.append({"id": result.id, "status": result.status, "steps": result.steps, **result.demands})
    return pd.DataFrame(rows).set_index("id")


@pytest.fixture(scope="module")
def expected(run_dir: Path) -> pd.DataFrame:
    """Analyses with the drivers' convergence test."""
    return analyses(run_dir, test="NormDispIncr")


# -- scripts that loop themselves --------------------------------------------------------------------


def test_a_script_loops_over_the_motions_in_three_lines(run_dir: Path, expected: pd.DataFrame) -> None:
    ops = pytest.importorskip("openseespy.opensees")
    names: dict[str, Any] = {}
    exec(MODEL_PY, names)
    found = []
    for motion in gmplug.motions(run_dir, gravity=9.80665 / 0.0254)[:2]:
        ops.wipe()
        names["build_model"](ops)
        assert motion.apply(ops, direction=(1, 2), vertical_direction=3, tag=100) == (100, 101, 102)
        ops.constraints("Plain")
        ops.numberer("RCM")
        ops.system("BandGeneral")
        ops.test("NormDispIncr", 1e-8 / 0.0254, 25)
        ops.algorithm("Newton")
        ops.integrator("Newmark", 0.5, 0.25)
        ops.analysis("Transient", "-noWarnings")
        peak = 0.0
        while ops.getTime() < motion.duration_s + 1.0 - 1e-9:
            assert ops.analyze(1, 0.005) == 0
            peak = max(peak, abs(ops.nodeDisp(2, 1)) / 144.0)
        found.append(peak)
    ops.wipe()
    assert found == pytest.approx(expected["peak_story_drift_ratio_x_1"].tolist()[:2], rel=1e-9)


def test_motions_say_what_they_are(run_dir: Path) -> None:
    motions = gmplug.motions(run_dir / "selection.csv")
    assert [motion.id for motion in motions] == list(IDS)
    second = motions[1]
    assert second.scale_factor == 2.5
    assert (second.time_step_s, second.points, second.duration_s) == (0.01, 300, pytest.approx(2.99))
    np.testing.assert_allclose(second.acceleration_g("h2"), 2.5 * burst(3.0, seed=11), rtol=1e-8, atol=1e-9)
    np.testing.assert_array_equal(second.acceleration_g("v"), 2.5 * second.recorded_g["v"])
    doubled = replace(second, scale_factor=5.0)
    np.testing.assert_allclose(doubled.acceleration_g(), 2 * second.acceleration_g())
    assert second.record["magnitude"] == "6.5"


def test_what_is_missing_is_said(run_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file; give a run directory whose selection is made"):
        gmplug.motions(tmp_path)
    (tmp_path / "selection.csv").write_text("id,scale_factor,file_h1\na,1.0,nowhere.AT2\nb,1.0,\n")
    with pytest.raises(InputError) as raised:
        gmplug.motions(tmp_path)
    assert len(raised.value.problems) == 2
    assert "nowhere.AT2" in raised.value.problems[0]
    assert "record b: no waveform file" in raised.value.problems[1]
    (tmp_path / "selection.csv").write_text("id,scale_factor\n")
    with pytest.raises(InputError, match="has no rows with id and scale_factor"):
        gmplug.motions(tmp_path)
    single = gmplug.motions(run_dir)[0]
    single = replace(single, recorded=gmplug.Motion(0.01, single.recorded.horizontal_g[:1]))
    with pytest.raises(InputError, match="record plain has no component h2; it has h1"):
        single.apply(None, direction=(1, 2))


def test_importing_motions_loads_nothing_heavy() -> None:
    program = (
        "import sys, gmplug; gmplug.motions; "
        "print([m for m in ('openseespy', 'tensorflow', 'matplotlib', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# -- drivers -----------------------------------------------------------------------------------------


def check_demands(folder: Path, expected: pd.DataFrame, rel: float) -> None:
    demands = pd.read_csv(folder / "demands.csv").set_index("id")
    assert list(demands.index) == list(IDS)
    assert demands["status"].tolist() == expected["status"].tolist() == ["ok", "ok", "collapsed"]
    assert demands["steps"].tolist() == expected["steps"].tolist()
    story_demands = ("peak_story_drift_ratio", "residual_story_drift_ratio")
    for name in (*(f"{name}_{story}" for name in story_demands for story in (1, 2)), "peak_roof_drift_ratio"):
        assert demands[name].tolist() == pytest.approx(expected[name].tolist(), rel=rel, nan_ok=True)
    for axis in ("", "_x", "_y"):
        name = f"peak_base_shear{axis}_model_force"
        assert demands[name].tolist() == pytest.approx(expected[name].tolist(), rel=rel)
    assert demands["residual_story_drift_ratio_1"].isna().tolist() == [False, False, True]


def test_the_python_driver_runs_and_agrees(run_dir: Path, expected: pd.DataFrame, tmp_path: Path) -> None:
    options = {"model": run_dir / "model.py", "length_unit": "in"}
    files, folder = export_run(run_dir, "openseespy", tmp_path / "py", options)
    assert all(path.is_file() for path in files)
    # It needs nothing of gmplug but what the model itself imports.
    done = subprocess.run(
        [sys.executable, "run_records.py"], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    check_demands(folder, expected, rel=1e-9)
    # By default a study's step may leave unbalanced forces, a share of the motion's largest force. They act
    # like a motion of that share, whose response is at most 1/(2 zeta) times as large; zeta = 0.034 at T*.
    check_demands(folder, analyses(run_dir), rel=SolverSettings().force_tolerance / (2 * 0.034))
    ratios = pd.read_csv(folder / "demands.csv")["peak_base_shear_ratio_y"]
    assert ratios.tolist() == pytest.approx(expected["peak_base_shear_ratio_y"].tolist(), rel=1e-6)


def test_the_tcl_driver_runs_and_agrees(run_dir: Path, expected: pd.DataFrame, tmp_path: Path) -> None:
    if importlib.util.find_spec("opensees") is None:
        pytest.skip("no OpenSees with Tcl: pip install --no-deps opensees")
    pytest.importorskip("tkinter", reason="this Python has no Tcl")
    options = {"model": run_dir / "model.tcl", "length_unit": "in"}
    files, folder = export_run(run_dir, "opensees-tcl", tmp_path / "tcl", options)
    assert all(path.is_file() for path in files)
    done = subprocess.run(
        [sys.executable, "-m", "opensees", "run_records.tcl"],
        cwd=folder, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    check_demands(folder, expected, rel=1e-8)
    roof = np.loadtxt(folder / "results" / "001" / "roof.out")
    assert roof[-1, 0] == pytest.approx(2.99 + 1.0, abs=0.01)
    assert "003 of 3:" in done.stdout


def test_every_text_is_one_word_of_tcl(run_dir: Path) -> None:
    tkinter = pytest.importorskip("tkinter", reason="this Python has no Tcl")
    interpreter = tkinter.Tcl()
    texts = [*IDS, "", " ", "{", "}", "\\", "a\nb", "#x", "$x", "[exit]", '"', "é", "plain-1.2_x/y", ";", "*"]
    interpreter.eval(f"set words {tcl_word(texts)}")
    assert list(interpreter.splitlist(interpreter.eval("set words"))) == texts


LIBRARY_TCL = """
model basic -ndm 2 -ndf 2
source [file join [file dirname [info script]] sections E.tcl]
model basic -ndm 2 -ndf 3
node 1 0.0 0.0
node 2 0.0 144.0
fix 1 1 1 1
MASS
geomTransf Linear 1
element elasticBeamColumn 1 1 2 1e4 $E 1400.0 1
recorder Node -file Data/top.out -time -node 2 -dof 1 disp
set floorNodes {1 2}
set storyHeights {144.0}
AFTER
"""
LIBRARY_PY = """
import openseespy.opensees as ops
from sections.steel import E

def build():
    ops.model("basic", "-ndm", 2, "-ndf", 3)
    ops.node(1, 0.0, 0.0); ops.node(2, 0.0, 144.0); ops.fix(1, 1, 1, 1)
    MASS
    ops.geomTransf("Linear", 1)
    ops.element("elasticBeamColumn", 1, 1, 2, 1e4, E, 1400.0, 1)
    ops.recorder("Node", "-file", "Data/top.out", "-time", "-node", 2, "-dof", 1, "disp")
    AFTER
"""
MODELS = {
    "opensees-tcl": (
        {"frame.tcl": "source lib.tcl\n", "lib.tcl": LIBRARY_TCL, "sections/E.tcl": "set E 29000.0\n"},
        {"MASS": "mass 2 0.26 0.26 0.0", "AFTER": ""},
    ),
    "openseespy": (
        {
            "frame.py": "import lib\nlib.build()\nfloor_nodes = (1, 2)\nstory_heights = (144.0,)\n",
            "lib.py": LIBRARY_PY,
            "sections/steel.py": "E = float(open('sections/E.txt').read())\n",
            "sections/E.txt": "29000.0",
        },
        {"MASS": "ops.mass(2, 0.26, 0.26, 0.0)", "AFTER": "pass"},
    ),
}


def plane_run(folder: Path) -> Path:
    """A run with two selected records of one component."""
    folder.mkdir()
    (folder / "study.toml").write_text(
        '[catalogue]\nprovider = "simulated"\n[structure]\nperiod_s = 0.5\n'
        "[analysis]\nfree_vibration_s = 0.2\n"
    )
    rows = [
        {
            "id": f"r{k}", "scale_factor": 1.0, "time_step_s": 0.01,
            "file_h1": write_motion(folder / f"r{k}.txt", burst(1.0, seed=k)),
        }
        for k in range(2)
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(folder / "selection.csv", index=False)
    return folder


def driven(tmp_path: Path, format_name: str, **changes: str) -> tuple[Path, Any]:
    """Export a model of several files, take the original away, and run the driver from elsewhere."""
    if format_name == "opensees-tcl":
        if importlib.util.find_spec("opensees") is None:
            pytest.skip("no OpenSees with Tcl: pip install --no-deps opensees")
        pytest.importorskip("tkinter", reason="this Python has no Tcl")
    texts, parts = MODELS[format_name]
    home = tmp_path / "my models"
    for name, text in texts.items():
        for mark, part in {**parts, **changes}.items():
            text = text.replace(mark, part)
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    options = {"model": home / next(iter(texts)), "length_unit": "in"}
    _, folder = export_run(plane_run(tmp_path / "run"), format_name, tmp_path / "out", options)
    home.rename(tmp_path / "away")
    program = {"opensees-tcl": ["-m", "opensees", str(folder / "run_records.tcl")]}.get(
        format_name, [str(folder / "run_records.py")]
    )
    done = subprocess.run(
        [sys.executable, *program], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    return folder, done


@pytest.mark.parametrize("format_name", MODELS)
def test_a_model_of_several_files_travels(tmp_path: Path, format_name: str) -> None:
    folder, done = driven(tmp_path, format_name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING: " not in done.stderr
    demands = pd.read_csv(folder / "demands.csv")
    assert demands["status"].tolist() == ["ok", "ok"]
    # Each record has its recorder's file, in a folder that was not there.
    for number, peak in enumerate(demands["peak_story_drift_ratio_1"], start=1):
        moved = np.loadtxt(folder / "results" / f"00{number}" / "Data" / "top.out")
        assert np.max(np.abs(moved[:, 1])) / 144.0 == pytest.approx(peak, rel=1e-4)


@pytest.mark.parametrize("format_name", MODELS)
def test_a_driver_warns_of_a_response_of_nothing(tmp_path: Path, format_name: str) -> None:
    mass = {"opensees-tcl": "mass 2 0.0 0.26 0.0", "openseespy": "ops.mass(2, 0.0, 0.26, 0.0)"}[format_name]
    folder, done = driven(tmp_path, format_name, MASS=mass)
    assert done.stderr.count("WARNING: record r0: nothing moves") == 1
    assert pd.read_csv(folder / "demands.csv")["status"].tolist() == ["failed", "failed"]


@pytest.mark.parametrize("format_name", MODELS)
@pytest.mark.parametrize(
    ("tcl", "python", "said"),
    [
        ("setNodeVel 2 1 20.0 -commit", "ops.setNodeVel(2, 1, 20.0, '-commit')", "not at rest: node 2 moves"),
        (
            "recorder Node -file /nowhere/x.out -node 2 -dof 1 disp",
            "ops.recorder('Node', '-file', '/nowhere/x.out', '-node', 2, '-dof', 1, 'disp')",
            "the recorder of /nowhere/x.out cannot write: there is no folder /nowhere",
        ),
    ],
)
def test_a_driver_stops_at_a_model_that_cannot_be_run(
    tmp_path: Path, format_name: str, tcl: str, python: str, said: str
) -> None:
    _, done = driven(tmp_path, format_name, AFTER=tcl if format_name == "opensees-tcl" else python)
    assert done.returncode != 0
    assert said in done.stdout + done.stderr


def test_a_sourced_file_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "frame.tcl").write_text(
        "source a.tcl\nif {[file exists own.tcl]} {\n  source own.tcl\n}\nsource lib/gone.tcl ;# members\n"
    )
    (tmp_path / "a.tcl").write_text("source {not there.tcl}\n")
    options = {"model": tmp_path / "frame.tcl", "length_unit": "m"}
    with pytest.raises(InputError) as raised:
        export_run(plane_run(tmp_path / "run"), "opensees-tcl", tmp_path / "out", options)
    assert [problem.split(";")[0] for problem in raised.value.problems] == [
        "model frame.tcl, line 5: sources lib/gone.tcl, which is not beside frame.tcl",
        "model a.tcl, line 1: sources not there.tcl, which is not beside frame.tcl",
    ]


def test_files_above_the_model_keep_their_place(tmp_path: Path) -> None:
    home = tmp_path / "project"
    (home / "frames").mkdir(parents=True)
    (home / "common").mkdir()
    (home / "frames" / "frame.tcl").write_text("source ../common/lib.tcl\n")
    (home / "common" / "lib.tcl").write_text("")
    options = {"model": home / "frames" / "frame.tcl", "length_unit": "m"}
    _, folder = export_run(plane_run(tmp_path / "run"), "opensees-tcl", tmp_path / "out", options)
    assert (folder / "model" / "frames" / "frame.tcl").is_file()
    assert (folder / "model" / "common" / "lib.tcl").is_file()
    assert "variable modelFile model/frames/frame.tcl" in (folder / "settings.tcl").read_text()


def test_motions_ask_for_the_models_units(run_dir: Path) -> None:
    with pytest.raises(InputError, match=r"units are not known: give gmplug\.motions"):
        gmplug.motions(run_dir)[0].apply(None)


# -- files, command line -----------------------------------------------------------------------------


def test_csv_and_at2_are_read_back(run_dir: Path, tmp_path: Path) -> None:
    for format_name, tolerance in (("csv", 1e-12), ("at2", 1e-6)):
        _, folder = export_run(run_dir, format_name, tmp_path / format_name)
        with (folder / "records.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert [row["id"] for row in rows] == list(IDS)
        for motion, row in zip(gmplug.motions(run_dir), rows, strict=True):
            assert float(row["scale_factor"]) == motion.scale_factor
            scaled = motion.acceleration_g("v")
            if format_name == "csv":
                table = pd.read_csv(folder / row["file_v"])
                assert list(table) == ["time_s", "h1_g", "h2_g", "v_g"]
                values, step = table["v_g"].to_numpy(), table["time_s"][1]
            else:
                record = {"file_h1": folder / row["file_h1"], "file_v": folder / row["file_v"]}
                read = gmplug.read_motion(record)
                values, step = read.vertical_g, read.time_step_s
            assert step == pytest.approx(motion.time_step_s)
            np.testing.assert_allclose(values, scaled, rtol=tolerance, atol=1e-9)


def test_the_command_line(run_dir: Path, tmp_path: Path) -> None:
    def call(*arguments: str) -> Any:
        return CliRunner().invoke(cli, ["export", str(run_dir), *arguments])

    done = call(
        "--format", "opensees-tcl", "--length-unit", "m", "--out", str(tmp_path / "a"),
        "-o", "directions=[2, 1]",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert done.output.startswith("Wrote 13 files to ")
    settings = (tmp_path / "a" / "settings.tcl").read_text()
    assert "variable excited [list h1 2 h2 1 v 3]" in settings
    assert "variable gravity 9.80665" in settings
    for arguments, line in (
        (("--format", "opensees-tcl", "--out", str(tmp_path / "a")), "exists already"),
        (("--format", "opensees_tcl"), "unknown export format 'opensees_tcl'; did you mean 'opensees-tcl'"),
        (("--format", "csv", "--model", "x.tcl"), "export format 'csv': unknown option 'model'"),
        (("--format", "openseespy", "--length-unit", "yd"), "option 'length_unit'"),
        (
            ("--format", "openseespy"),
            "length unit is not stated: give --length-unit, one of m, cm, mm, in, ft",
        ),
        (
            ("--format", "openseespy", "--length-unit", "in", "--model", str(run_dir / "model.tcl")),
            "for .tcl there is --format opensees-tcl",
        ),
        (
            ("--format", "openseespy", "--length-unit", "in", "--model", "nowhere.py"),
            "nowhere.py: no such file",
        ),
        (("--format", "openseespy", "--length-unit", "m", "-o", "directions=[1]"), "needs two directions"),
        (("--format", "openseespy", "-o", "directions"), "write it as NAME=VALUE"),
    ):
        failed = call(*arguments)
        assert isinstance(failed.exception, GmplugError)
        assert line in str(failed.exception)
    assert not list(run_dir.glob("export/*"))
    assert call("--format", "csv", "--quiet").output == ""
    assert len(list((run_dir / "export" / "csv" / "motions").iterdir())) == 3


# -- files for other programs ------------------------------------------------------------------------


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("format_name", ["seismosignal", "opensees-path", "at2"])
def test_files_read_back_are_the_same_numbers(
    run_dir: Path, tmp_path: Path, format_name: str, scaled: bool
) -> None:
    out = tmp_path / "out"
    export_run(run_dir, format_name, out, {"scaled": scaled})
    table = pd.read_csv(out / "records.csv")
    tolerance = 1e-7 if format_name == "at2" else 0.0  # AT2 has eight significant digits
    for motion, row in zip(gmplug.motions(run_dir), table.to_dict("records"), strict=True):
        for component, recorded in motion.recorded_g.items():
            given = (0.01, "g") if format_name == "opensees-path" else (None, None)
            found = read_accelerogram(out / row[f"file_{component}"], *given)
            assert found.time_step_s == 0.01
            expected = recorded * (motion.scale_factor if scaled else 1.0)
            np.testing.assert_allclose(found.acceleration_g, expected, rtol=tolerance, atol=0.0)


def test_seismosignal_finds_the_data_on_line_six(run_dir: Path, tmp_path: Path) -> None:
    """Its help: the first line is 6 unless it is told otherwise; files have the line ends of Windows."""
    export_run(run_dir, "seismosignal", tmp_path / "out")
    raw = (tmp_path / "out" / "motions" / "001_plain_h1.txt").read_bytes()
    lines = raw.decode("ascii").split("\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"") and lines[-1] == ""
    assert [len(line.split()) for line in lines[5:-1]] == [2] * 300
    assert [float(line.split()[0]) for line in lines[5:8]] == [0.0, 0.01, 0.02]
    with pytest.raises(ValueError):
        float(lines[4].split()[0])


def test_opensees_makes_the_time_series(run_dir: Path, tmp_path: Path) -> None:
    ops = pytest.importorskip("openseespy.opensees")
    out = tmp_path / "out"
    export_run(run_dir, "opensees-path", out)
    motion = gmplug.motions(run_dir)[1]
    names: dict[str, Any] = {}
    exec((out / "time_series.py").read_text(), names)
    ops.wipe()
    ops.model("basic", "-ndm", 1, "-ndf", 1)
    ops.node(1, 0.0)
    ops.node(2, 0.0)
    ops.fix(1, 1)
    ops.uniaxialMaterial("Elastic", 1, 1.0)
    ops.element("zeroLength", 1, 1, 2, "-mat", 1, "-dir", 1)
    tag = names["make_time_series"](ops, 386.09, str(out))[2, "h2"]
    ops.pattern("Plain", 1, tag)
    ops.load(2, 1.0)
    ops.system("BandGeneral")
    ops.numberer("Plain")
    ops.constraints("Plain")
    ops.algorithm("Linear")
    ops.integrator("LoadControl", 0.01)
    ops.analysis("Static", "-noWarnings")
    shown = []
    for _ in range(50):
        assert ops.analyze(1) == 0
        shown.append(ops.nodeDisp(2, 1))
    ops.wipe()
    np.testing.assert_allclose(shown, 386.09 * motion.acceleration_g("h2")[1:51], rtol=1e-9, atol=1e-12)
    lines = (out / "time_series.tcl").read_text().splitlines()
    series = [line for line in lines if line.startswith("timeSeries Path")]
    assert len(series) == 9 and series[4].split()[1:4] == ["Path", "5", "-dt"]
    name = pd.read_csv(out / "records.csv")["file_h2"][1]
    assert series[4].split()[-3:] == [name, "-factor", "$g"]
