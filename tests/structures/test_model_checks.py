"""What a model must be before anything is selected for it: each rule with a small model that breaks it."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmplug.analysis import AnalysisSetup
from gmplug.analysis.task import analyze, describe
from gmplug.cli import _guarded
from gmplug.errors import InputError, PluginError, StudyError
from gmplug.host import Host
from gmplug.plausible import Findings
from gmplug.runs import run_study
from gmplug.structures.description import check_floors, check_model
from gmplug.values import LENGTH_UNITS_M, AnalysisTask, StructureModel
from tests.support.motions import burst, write_motion
from tests.support.studies import write_small_study

#: A column with a mass on top, kip, inch, s; T1 = 0.50 s. Places to change it are marked.
MODEL = """
import math
import gmplug

H = 144.0

def build_model(ops, damping_ratio):
    ops.model("basic", "-ndm", 2, "-ndf", 3)
    ops.node(1, 0.0, 0.0); ops.node(2, 0.0, H)
    ops.fix(1, 1, 1, 1)
    ops.mass(2, 0.26, 0.26, 0.0)  # MASS
    ops.geomTransf("Linear", 1)
    ops.element("elasticBeamColumn", 1, 1, 2, 1e4, 29000.0, 1400.0, 1)
    ops.timeSeries("Linear", 1); ops.pattern("Plain", 1, 1)
    ops.load(2, 0.0, -100.0, 0.0)
    ops.constraints("Plain"); ops.numberer("Plain"); ops.system("BandGeneral")
    ops.test("NormDispIncr", 1e-8, 10); ops.algorithm("Newton")
    ops.integrator("LoadControl", 0.1); ops.analysis("Static")
    ops.analyze(10)  # GRAVITY
    ops.loadConst("-time", 0.0)
    ops.wipeAnalysis()
    w = math.sqrt(ops.eigen("-fullGenLapack", 1)[0])
    ops.rayleigh(2 * damping_ratio * w, 0.0, 0.0, 0.0)
    # END
    return gmplug.StructureModel((1, 2), (H,), gravity=386.09)  # MODEL
"""
TRANSIENT = """
    ops.constraints("Plain"); ops.numberer("Plain"); ops.system("BandGeneral")
    ops.test("NormDispIncr", 1e-8, 10); ops.algorithm("Newton")
    ops.integrator("Newmark", 0.5, 0.25); ops.analysis("Transient")
"""
SHAKE = """
    ops.timeSeries("Trig", 2, 0.0, 5.0, 0.5, "-factor", 0.3 * 386.09)
    ops.pattern("UniformExcitation", 2, 1, "-accel", 2)
"""


def setup_of(folder: Path, text: str, **settings: Any) -> AnalysisSetup:
    (folder / "model.py").write_text(text, encoding="utf-8")
    script = (folder / "model.py").resolve()
    given = {"run_dir": folder / "run"} | settings
    return AnalysisSetup("model.py", 0.5, base_dir=folder, scripts=(script,), **given)


def changed(mark: str, new: str, keep: bool = False) -> str:
    """The model with the line of a mark replaced, or with something after it."""
    (line,) = [line for line in MODEL.splitlines() if f"# {mark}" in line]
    return MODEL.replace(line, f"{line}\n{new}" if keep else new)


def test_a_sound_model_passes_without_a_word(tmp_path: Path) -> None:
    described = describe(setup_of(tmp_path, MODEL))
    assert described["notes"] == []
    stiffness = 3 * 29000.0 * 1400.0 / 144.0**3
    assert described["computed_first_period_s"] == pytest.approx(
        2 * math.pi * math.sqrt(0.26 / stiffness), rel=1e-3
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # an earthquake analysis of its own, its excitation left or taken away again
        (
            changed("END", SHAKE + TRANSIENT + "    ops.analyze(500, 0.01)", True),
            r"excitation of its own, pattern 2 \(UniformExcitation\)",
        ),
        (
            changed(
                "END", SHAKE + TRANSIENT + "    ops.analyze(57, 0.01); ops.remove('loadPattern', 2)", True
            ),
            "not at rest after build_model .node 2 moves",
        ),
        (changed("END", SHAKE, True), "excitation of its own, pattern 2"),
        # a constraint that OpenSees ignores
        (changed("MASS", "    ops.equationConstraint(2, 1, 1.0, 2, 3, -0.5)", True), "equationConstraint"),
        (changed("END", "    ops.setNodeVel(2, 1, 20.0, '-commit')", True), "not at rest .*node 2 moves"),
        # pulled aside and let go; loads that change with time
        (
            changed("GRAVITY", "    ops.load(2, 5.0, 0.0, 0.0); ops.analyze(10); ops.setTime(0.0)").replace(
                'ops.loadConst("-time", 0.0)', 'ops.remove("loadPattern", 1)'
            ),
            "without any motion floors accelerate with .* sideways",
        ),
        (
            changed(
                "END",
                '    ops.timeSeries("Constant", 3); ops.pattern("Plain", 3, 3); ops.load(2, 30.0, 0.0, 0.0)',
                True,
            ),
            "End build_model with a static gravity analysis",
        ),
        # no mass where it is shaken
        (
            changed("MASS", "    ops.mass(2, 0.0, 0.26, 0.0)"),
            r"the model has no mass there \(mass by direction: 2: 0.26\)",
        ),
        (changed("MASS", "    pass"), "no mass there .mass by direction: none at all"),
        # nothing can move
        (
            changed("MASS", "    ops.mass(2, 0.26, 0.26, 0.0); ops.fix(2, 1, 0, 0)"),
            "no floor moves when the base is shaken in direction 1; are the floor nodes fixed",
        ),
        # floors
        (
            changed("MODEL", "    return gmplug.StructureModel((1, 7), (H,), gravity=386.09)"),
            "floor 1 names node 7, which the model does not have",
        ),
        (
            changed("MODEL", "    return gmplug.StructureModel((2, 1), (H,), gravity=386.09)"),
            r"node 1 \(floor 1\) lies below node 2 \(floor 0\)",
        ),
        (
            changed("MODEL", "    return gmplug.StructureModel((1, 2), (12.0,), gravity=386.09)"),
            "given in ft, with nodes in in",
        ),
        # units
        (
            changed("MODEL", "    return gmplug.StructureModel((1, 2), (H,), gravity=9.81)"),
            r"if its length unit is m: story height 14\d.* m .*possible is 0.5 to 50 m",
        ),
    ],
)
def test_a_model_that_cannot_be_analysed_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as raised:
        describe(setup_of(tmp_path, text))
    assert all("\n" not in problem for problem in raised.value.problems)


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("(1, 2), (H,)", "the model's length unit is not stated: give StructureModel a length_unit"),
        ("(1, 2), (H,), length_unit='inch'", "length_unit is 'inch', not one of m, cm, mm, in, ft"),
        ("(1, 2), (H,), length_unit='m', gravity=386.09", "is not that of length_unit = 'm'"),
        ("(1, 2, 2), (H, H), length_unit='in'", "floor_nodes names node 2 more than once"),
        ("(1, 2), (H, H), length_unit='in'", "one floor node more than stories"),
        ("(1, 2), (float('nan'),), length_unit='in'", "story heights must be positive"),
        ("(1, 2), (H,), gravity=-386.09", "gravity must be a positive number"),
    ],
)
def test_what_a_model_says_of_itself_names_file_and_line(tmp_path: Path, returned: str, said: str) -> None:
    text = changed("MODEL", f"    return gmplug.StructureModel({returned})")
    line = text.splitlines().index(f"    return gmplug.StructureModel({returned})") + 1
    with pytest.raises(StudyError, match=f"model.py, line {line}: ValueError: .*{said}"):
        describe(setup_of(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            changed("MASS", "    ops.mass(2, 0.55, 0.55, 0.0)"),
            "doubtful: the model's first period is 0.73 s, but",
        ),
        (
            changed("MASS", "    ops.mass(2, 4.0, 4.0, 0.0)"),
            "warning: the model's first period is 1.97 s, but",
        ),
        (
            changed(
                "MODEL", "    return gmplug.StructureModel((1, 2), (H,), gravity=386.09, periods_s=(0.9,))"
            ),
            "doubtful: the model gives a first period of 0.9 s, but has one of 0.50",
        ),
        (
            MODEL.replace("2 * damping_ratio * w", "0.0"),
            r"doubtful: .* a damping ratio of 0.000, but \[analysis\] damping is 0.05;",
        ),
        (
            MODEL.replace("2 * damping_ratio * w", "2 * 0.02 * w"),
            "doubtful: the model's first mode has a damping ratio of 0.020, but",
        ),
        (changed("GRAVITY", "    pass"), "doubtful: the loads of pattern 1 act with 0 of their value"),
        (changed("GRAVITY", "    ops.analyze(5)"), "doubtful: the loads of pattern 1 act with 0.5 of their"),
        (
            changed("MASS", "    ops.mass(2, 0.26, 0.26, 0.0)").replace("-100.0", "-1e5"),
            "doubtful: .*vertical reactions",
        ),
        (
            changed("MODEL", "    return gmplug.StructureModel((1, 2), (H * 1.05,), length_unit='in')"),
            "doubtful: .*1.05 .story 1.; usual is 0.99 to 1.01",
        ),
        (
            changed("END", "    float(open(__file__[:-8] + ''.join(['E', '.t', 'xt'])).read())", True),
            "the model reads .*E.txt, which cannot be seen in its script",
        ),
        (
            changed(
                "END", "    ops.recorder('Node', '-file', '/tmp/x.out', '-node', 2, '-dof', 1, 'disp')", True
            ),
            "doubtful: a recorder writes /tmp/x.out, the same file in every analysis",
        ),
    ],
)
def test_what_is_doubtful_is_told(tmp_path: Path, text: str, said: str) -> None:
    import re

    (tmp_path / "E.txt").write_text("1")
    (note,) = describe(setup_of(tmp_path, text))["notes"]
    assert re.match(said, note), note


def test_a_study_insists(tmp_path: Path) -> None:
    text = changed("MODEL", "    return gmplug.StructureModel((1, 2), (12.0,), gravity=386.09)")
    accepted = setup_of(tmp_path, text, accept=("story_height_ratio", "story_height_m"))
    notes = describe(accepted)["notes"]
    assert len(notes) == 2
    assert all(note.startswith("doubtful: ") for note in notes)
    with pytest.raises(InputError, match=r"insist with .study. accept = ..story_height_ratio"):
        describe(replace(accepted, accept=("story_height_m",)))


# -- scripts -----------------------------------------------------------------------------------------

RUN = "open(__file__ + '.was-run', 'w').close()\n"


@pytest.mark.parametrize(
    "text",
    [
        "import openseespy.opensees as ops\nops.wipe()\n",
        "from openseespy.opensees import *\nwipe()\n",
        "def main():\n    pass\nif __name__ == '__main__':\n    main()\n",
        "import gmplug\nfor motion in gmplug.motions('run'):\n    pass\n",
        "text = 'def build_model(ops): ...'\n",
        "def outer():\n    def build_model(ops):\n        pass\n",
        "",
    ],
)
def test_a_script_that_offers_nothing_is_not_run(tmp_path: Path, text: str) -> None:
    (tmp_path / "model.py").write_text(text + RUN)
    with pytest.raises(PluginError, match=r"defines no function build_model .*not run.*gmplug export RUN"):
        Host([tmp_path / "model.py"], entry_points=False)
    assert not (tmp_path / "model.py.was-run").exists()


@pytest.mark.parametrize("name", ["buildModel", "BuildModel", "build_Model", "Build_model", "build_models"])
def test_a_function_of_nearly_that_name_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "model.py").write_text(f"def {name}(ops):\n    pass\n")
    with pytest.raises(PluginError, match=rf"is it {name}\? rename it"):
        Host([tmp_path / "model.py"], entry_points=False)


@pytest.mark.parametrize(
    "text",
    [
        "def build_model(ops): ...\n",
        "if True:\n    def build_model(ops): ...\n",
        "try:\n    import nothing_of_this_name\nexcept ImportError:\n    build_model = print\n",
        "from other import build_model\n",
        "from other import make as build_model\n",
        "from other import *\n",
        "exec(open(__file__.replace('model', 'other')).read()) if 0 else exec('build_model = print')  # "
        "'other.py'\n"
        "'other.py'\n",
        "import gmplug\n@gmplug.hookimpl\ndef gmplug_structures():\n    return {}\n",
    ],
)
def test_every_way_to_offer_is_seen(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.py").write_text("def build_model(ops): ...\nmake = build_model\n")
    (tmp_path / "model.py").write_text(text)
    Host([tmp_path / "model.py"], entry_points=False)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"model.py": "def build_model(:\n"}, "script model.py, line 1: SyntaxError"),
        (
            {"model.py": "import params\ndef build_model(): ...", "params.py": "\nE = = 1"},
            "params.py, line 2: SyntaxE",
        ),
        (
            {"model.py": "import numpyy\ndef build_model(): ..."},
            "script model.py, line 1: ModuleNotFoundError: No module named 'numpyy'; install it",
        ),
        (
            {"model.py": "import params\ndef build_model(): ...", "params.py": "\n\nE = 1 / 0"},
            "script model.py: params.py, line 3: ZeroDivisionError",
        ),
        ({"other.py": ""}, "model.py: no such file"),
    ],
)
def test_a_script_that_cannot_be_loaded_names_file_and_line(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(PluginError, match=said) as raised:
        Host([tmp_path / "model.py"], entry_points=False)
    assert "\n" not in str(raised.value)


def test_each_script_imports_the_module_of_its_own_folder_as_it_is_now(tmp_path: Path) -> None:
    for folder, value in (("a", 1), ("b", 2)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "params_of_mine.py").write_text(f"E = {value}\n")
        (tmp_path / folder / "model.py").write_text(
            "from params_of_mine import E\ndef build_model():\n    from params_of_mine import E\n    "
            "return E\n"
        )
    paths = [(tmp_path / folder / "model.py").resolve() for folder in "ab"]
    host = Host(paths, entry_points=False)
    assert [host.scripts[path].E for path in paths] == [1, 2]
    (tmp_path / "b" / "params_of_mine.py").write_text("E = 33\n")
    assert Host(paths, entry_points=False).scripts[paths[1]].E == 33


# -- a study -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda t: t.replace("    return StructureModel", "    1 / 0\n    return StructureModel"),
            "ZeroDivisionError",
        ),
        (lambda t: t.replace("    ops.mass(floor, MASS_T)", "    pass"), "no mass there"),
        (lambda t: t.replace("build_model", "build_it"), "defines no function build_model"),
        (lambda t: t.replace("        gravity=G,\n", ""), "length unit is not stated"),
    ],
)
def test_a_study_ends_before_its_catalogue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Any, said: str
) -> None:
    study = write_small_study(tmp_path, records=2)
    (tmp_path / "model.py").write_text(change((tmp_path / "model.py").read_text()))
    assert _guarded(["run", str(study), "--quiet", "--out", str(tmp_path / "run")], debug=False) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert not (tmp_path / "run" / "catalogue.csv").exists()


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("frame.tcl", "gmplug export RUN --format opensees-tcl --model frame.tcl --length-unit"),
        ("Frame.TCL", "gmplug export RUN --format opensees-tcl"),
        ("model", "write model = .model.py."),
        ("records.csv", "is a file, but not a Python script"),
    ],
)
def test_a_model_that_is_no_python_script_is_pointed_elsewhere(tmp_path: Path, model: str, said: str) -> None:
    study = write_small_study(tmp_path, records=2)
    (tmp_path / "records.csv").write_text("")
    study.write_text(study.read_text().replace('model = "model.py"', f'model = "{model}"'))
    with pytest.raises(InputError, match=said):
        run_study(study, tmp_path / "run")
    assert not (tmp_path / "run" / "catalogue.csv").exists()


# -- recorders and responses -------------------------------------------------------------------------


def analyzed(folder: Path, text: str, acceleration_g: Any = None, **settings: Any) -> Any:
    motion = burst(2.0) if acceleration_g is None else acceleration_g
    record = {"id": "r", "file_h1": str(write_motion(folder / "r.txt", motion)), "time_step_s": 0.01}
    return analyze(setup_of(folder, text, free_vibration_s=0.1, **settings), AnalysisTask("r", 1.0, record))


def recording(file: str) -> str:
    return changed("END", f"    ops.recorder('Node', '-file', {file!r}, '-node', 2, '-dof', 1, 'disp')", True)


@pytest.mark.parametrize("how", ["import openseespy.opensees as ops", "from openseespy.opensees import *"])
def test_folders_of_recorders_are_made_and_told(tmp_path: Path, how: str) -> None:
    text = f"{how}\n{recording('Data/deep/disp.out')}"
    if "*" in how:
        text = text.replace("ops.recorder", "recorder")
    result = analyzed(tmp_path, text)
    assert (result.status, result.message) == ("ok", "")
    output = tmp_path / "run" / "analysis" / "output" / "r" / "Data" / "deep" / "disp.out"
    assert len(output.read_text().splitlines()) > 100
    assert "made the folder Data/deep" in (tmp_path / "run" / "analysis" / "logs" / "r.log").read_text()
    (note,) = describe(setup_of(tmp_path, text))["notes"]
    assert note.startswith("recorders write to folders that gmplug makes: Data/deep")


@pytest.mark.parametrize("file", ["/nowhere/at/all/disp.out", "../../../../nowhere/disp.out"])
def test_a_recorder_that_cannot_write_ends_the_study(tmp_path: Path, file: str) -> None:
    text = recording(file)
    line = next(at for at, line in enumerate(text.splitlines(), start=1) if "recorder" in line)
    with pytest.raises(
        StudyError, match=rf"model.py, line {line}: FileNotFoundError: the recorder of .* cannot write"
    ):
        describe(setup_of(tmp_path, text))
    assert analyzed(tmp_path, text).status == "failed"


def test_a_recorder_that_has_written_nothing_is_told(tmp_path: Path) -> None:
    text = (
        recording("disp.out")
        + "\ndef extra_demands(ops):\n    import os\n    ops.remove('recorders')\n    os.remove('disp.out')\n"
    )
    result = analyzed(tmp_path, text)
    assert result.status == "ok"
    assert result.message == "recorders have written nothing to disp.out"


def test_a_response_of_nothing_is_no_result(tmp_path: Path) -> None:
    result = analyzed(tmp_path, MODEL, 0.0 * burst(2.0))
    assert result.status == "failed"
    assert "no floor has moved" in result.message
    assert not result.demands


# -- the pure rules ----------------------------------------------------------------------------------

units = st.sampled_from(sorted(LENGTH_UNITS_M))
heights_m = st.lists(st.floats(2.5, 6.0), min_size=1, max_size=6)


def floors(heights: list[float], axes: int, up: int) -> list[tuple[float, ...]]:
    levels = [0.0]
    for height in heights:
        levels.append(levels[-1] + height)
    return [tuple(level if axis == up else 7.0 for axis in range(axes)) for level in levels]


def model_of(heights: list[float], unit: str, axes: int, up: int, **more: Any) -> StructureModel:
    directions = tuple(axis + 1 for axis in range(axes) if axis != up)
    return StructureModel(
        tuple(range(1, len(heights) + 2)), tuple(heights), length_unit=unit, directions=directions, **more
    )


@settings(max_examples=60, deadline=None)
@given(heights_m, units, st.sampled_from([(2, 1), (2, 0), (3, 0), (3, 1), (3, 2)]), st.data())
def test_floors_pass_in_order_and_are_refused_in_any_other(
    heights_m: list[float], unit: str, space: tuple[int, int], data: st.DataObject
) -> None:
    heights = [height / LENGTH_UNITS_M[unit] for height in heights_m]
    model, coordinates = model_of(heights, unit, *space), floors(heights, *space)
    assert check_floors(model, coordinates) == Findings()
    order = data.draw(st.permutations(range(len(coordinates))))
    found = check_floors(model, [coordinates[i] for i in order])
    assert bool(found.problems) == (order != list(range(len(coordinates))))


@settings(max_examples=60, deadline=None)
@given(heights_m, units, units, st.integers(0, 5))
def test_heights_and_nodes_in_different_units_are_refused(
    heights_m: list[float], stated: str, drawn: str, at: int
) -> None:
    heights = [height / LENGTH_UNITS_M[stated] for height in heights_m]
    coordinates = floors([height / LENGTH_UNITS_M[drawn] for height in heights_m], 2, 1)
    found = check_floors(model_of(heights, stated, 2, 1), coordinates)
    assert bool(found.problems) == (stated != drawn)
    assert all(f"given in {stated}, with nodes in {drawn}" in problem for problem in found.problems)
    # One story that is off is enough.
    at %= len(heights)
    wrong = [height * (1.3 if i == at else 1.0) for i, height in enumerate(heights)]
    (problem,) = check_floors(model_of(wrong, stated, 2, 1), floors(heights, 2, 1)).problems
    assert f"(story {at + 1})" in problem


@settings(max_examples=60, deadline=None)
@given(heights_m, units, units)
def test_gravity_of_another_unit_than_the_model_is_refused(
    heights_m: list[float], drawn: str, declared: str
) -> None:
    heights = [height / LENGTH_UNITS_M[drawn] for height in heights_m]
    model = model_of(heights, declared, 2, 1)
    found = check_model(model, floors(heights, 2, 1), 0.5, 0.5)
    factor = LENGTH_UNITS_M[declared] / LENGTH_UNITS_M[drawn]
    if factor == 1.0:
        assert found == Findings()
    else:
        unusual = any(not 2 <= height * factor <= 8 for height in heights_m)
        assert unusual == bool(found.problems or found.notes)
    if not 1 / 12.5 < factor < 20:
        assert found.problems


@settings(max_examples=50, deadline=None)
@given(st.floats(0.1, 8.0), st.floats(0.1, 8.0))
def test_a_period_far_from_the_conditioning_one_is_told(first_s: float, conditioning_s: float) -> None:
    model = model_of([3.0], "m", 2, 1)
    notes = check_model(model, (), first_s, conditioning_s).notes
    factor = max(first_s / conditioning_s, conditioning_s / first_s)
    assert bool(notes) == (factor > 1.2)
    assert all(note.startswith("warning: " if factor > 2 else "doubtful: ") for note in notes)
