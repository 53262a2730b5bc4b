"""Two horizontal components and the vertical one: right answers, right columns, clear refusals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.signal import lsim

from gmplug.analysis import AnalysisSetup
from gmplug.analysis.task import analyze, describe
from gmplug.errors import InputError
from gmplug.values import AnalysisResult, AnalysisTask, StructureModel
from tests.support.analyses import run_stage, selection
from tests.support.motions import GRAVITY, burst, write_motion

PERIODS_S = (0.5, 0.8, 0.3)  # x, y, upwards
DAMPING = 0.05
#: A mass on three springs and dashpots that do not know of each other, in millimetres, N and t.
SCRIPT = """
import math
import gmplug

PERIODS_S = (0.5, 0.8, 0.3)

def build_model(ops, damping_ratio, two: bool = True, upwards: bool = True):
    ops.model("basic", "-ndm", 3, "-ndf", 3)
    ops.node(1, 0.0, 0.0, 0.0)
    ops.node(2, 0.0, 0.0, 0.0)
    ops.fix(1, 1, 1, 1)
    ops.mass(2, 2.0, 2.0, 2.0)
    for axis, period in enumerate(PERIODS_S, start=1):
        w = 2 * math.pi / period
        ops.uniaxialMaterial("Elastic", axis, 2.0 * w**2, 2 * 2.0 * damping_ratio * w)
    ops.element("zeroLength", 1, 1, 2, "-mat", 1, 2, 3, "-dir", 1, 2, 3)
    return gmplug.StructureModel(
        (1, 2), (1000.0,), gravity=9806.65, periods_s=(0.8, 0.5), collapse_drift_ratio=1.0,
        directions=(1, 2) if two else (1,), vertical_direction=3 if upwards else None,
    )
"""
MOTIONS = {"h1": burst(seed=1), "h2": burst(seed=2, peak_g=0.3), "v": burst(seed=3, peak_g=0.2)}
SCALE = 1.5


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("components")
    (folder / "mass.py").write_text(SCRIPT)
    files = {f"file_{key}": str(write_motion(folder / f"{key}.txt", a)) for key, a in MOTIONS.items()}
    return {"id": "r", "time_step_s": 0.01, **files}


def setup_of(record: dict[str, Any], **settings: Any) -> AnalysisSetup:
    folder = Path(record["file_h1"]).parent
    script = (folder / "mass.py").resolve()
    return AnalysisSetup("mass.py", 0.8, base_dir=folder, scripts=(script,), **settings)


def shake(record: dict[str, Any], **settings: Any) -> AnalysisResult:
    result = analyze(setup_of(record, **settings), AnalysisTask("r", SCALE, record))
    assert result.status == "ok", result.message
    return result


def exact(axis: int, component: str) -> tuple[np.ndarray, np.ndarray]:
    """Displacement (m) and absolute acceleration (g) of an axis, exactly (first-order hold), at 0.0025 s."""
    w = 2 * np.pi / PERIODS_S[axis]
    times = np.arange(0.0, 7.99, 0.0025)
    ground = SCALE * GRAVITY * np.interp(times, 0.01 * np.arange(800), MOTIONS[component])
    outputs = ([[1, 0], [-(w**2), -2 * DAMPING * w]], [[0], [0]])
    system = ([[0, 1], [-(w**2), -2 * DAMPING * w]], [[0], [-1]], *outputs)
    response = lsim(system, ground, times)[1]
    return response[:, 0], response[:, 1] / GRAVITY


def test_both_components_and_the_vertical_each_move_their_own_direction(record: dict[str, Any]) -> None:
    demands = shake(
        record, component="both", vertical=True, time_step_s=0.0025, damping_ratio=DAMPING
    ).demands
    (x_m, ax_g), (y_m, ay_g), (_, az_g) = exact(0, "h1"), exact(1, "h2"), exact(2, "v")
    peaks = {"x": np.max(np.abs(x_m)), "y": np.max(np.abs(y_m))}
    for axis, peak in peaks.items():  # the story is 1 m high
        assert demands[f"peak_story_drift_ratio_{axis}_1"] == pytest.approx(peak, rel=1e-3)
    resultant = np.max(np.hypot(x_m, y_m))
    assert max(peaks.values()) < resultant < np.hypot(*peaks.values())
    assert demands["peak_story_drift_ratio_resultant_1"] == pytest.approx(resultant, rel=1e-3)
    assert demands["peak_roof_displacement_resultant_m"] == pytest.approx(resultant, rel=1e-3)
    largest = max(demands[f"peak_story_drift_ratio_{axis}_1"] for axis in "xy")
    assert demands["peak_story_drift_ratio"] == demands["peak_story_drift_ratio_1"] == largest
    assert demands["peak_roof_displacement_m"] == pytest.approx(largest, rel=1e-12)
    for name, history in (("floor_acceleration_x", ax_g), ("floor_acceleration_y", ay_g)):
        assert demands[f"peak_{name}_1_g"] == pytest.approx(np.max(np.abs(history)), rel=1e-3)
    assert demands["peak_vertical_acceleration_1_g"] == pytest.approx(np.max(np.abs(az_g)), rel=1e-3)
    for name, component in (("floor_acceleration_x", "h1"), ("vertical_acceleration", "v")):
        assert demands[f"peak_{name}_0_g"] == pytest.approx(SCALE * np.max(np.abs(MOTIONS[component])))


def test_one_component_of_a_model_in_space_leaves_the_other_direction_at_rest(record: dict[str, Any]) -> None:
    both = shake(record, component="both").demands
    first = shake(record, component="h1").demands
    second = shake(record, component="h2").demands
    assert first["peak_story_drift_ratio_x_1"] == both["peak_story_drift_ratio_x_1"]
    assert first["peak_story_drift_ratio_y_1"] == 0.0
    assert first["peak_floor_acceleration_y_0_g"] == 0.0
    x_m, _ = exact(0, "h2")  # h2 alone moves the first direction
    assert second["peak_story_drift_ratio_x_1"] == pytest.approx(np.max(np.abs(x_m)), rel=5e-3)
    assert not any("vertical" in name for name in both)


def test_a_plane_model_has_no_columns_by_direction(record: dict[str, Any]) -> None:
    plane = shake(record, options={"two": False, "upwards": False}).demands
    assert set(plane) == {
        "peak_story_drift_ratio_1", "residual_story_drift_ratio_1", "residual_story_drift_ratio",
        "peak_floor_acceleration_0_g", "peak_floor_acceleration_1_g", "peak_story_drift_ratio",
        "peak_floor_acceleration_g", "peak_roof_drift_ratio", "peak_roof_displacement_m",
        "peak_base_shear_model_force", "peak_base_shear_ratio",
    }  # fmt: skip
    space = shake(record).demands
    assert {name: space[name] for name in plane} == pytest.approx(plane, rel=1e-9, abs=1e-12)


def test_an_excitation_without_a_direction_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r'component = "both": the model has one .* directions=\(1, 2\)'):
        describe(setup_of(record, component="both", options={"two": False}))
    with pytest.raises(InputError, match="vertical = true: the model has no vertical direction"):
        describe(setup_of(record, vertical=True, options={"upwards": False}))
    described = describe(setup_of(record, component="both", vertical=True))
    assert described["directions"] == [1, 2]
    assert described["vertical_direction"] == 3
    assert described["length_unit"] == "mm"
    assert described["computed_first_period_s"] == pytest.approx(0.8, rel=1e-4)
    (note,) = described["notes"]
    assert "story height 1 m (story 1); usual is 2 to 8 m" in note


def test_records_without_the_component_are_counted_and_named(tmp_path: Path) -> None:
    chosen = selection({"a": write_motion(tmp_path / "a.txt", burst(1.0))})
    study = {
        "structure": {"period_s": 1.0, "model": "sdof"},
        "analysis": {"component": "both", "vertical": True},
    }
    with pytest.raises(InputError) as raised:
        run_stage(chosen, tmp_path / "run", study)
    assert "component: 1 selected records have one component only (a)" in raised.value.problems[0]
    assert "vertical: 1 selected records have no vertical component (a)" in raised.value.problems[1]
    with pytest.raises(InputError, match="component"):
        run_stage(chosen, tmp_path / "run", {**study, "analysis": {"component": "h3"}})


# -- what a model says of itself ---------------------------------------------------------------------


def test_directions_are_checked() -> None:
    model = StructureModel((1, 2), (3.0,), gravity=9.80665, directions=(2, 1))
    assert model.direction == 2
    assert model.horizontal_directions == (2, 1)
    assert StructureModel((1, 2), (3.0,), gravity=9.80665, direction=2).horizontal_directions == (2,)
    for bad in (
        {"directions": (1, 1)},
        {"directions": (1, 2, 3)},
        {"direction": 0},
        {"vertical_direction": 1},
    ):
        with pytest.raises(ValueError, match="direction"):
            StructureModel((1, 2), (3.0,), gravity=9.80665, **bad)


@pytest.mark.parametrize(
    ("height", "gravity", "note"),
    [
        (3.0, 9.81, None),
        (144.0, 386.4, None),
        (12.0, 32.2, None),
        (3500.0, 9810.0, None),
        (
            144.0,
            9.81,
            r"if its length unit is m: story height 144 m .*possible is 0.5 to 50 m",
        ),
        (3.0, 386.4, r"if its length unit is in: story height 0.0762 m .*insist with \[study\] accept"),
        (1.5, 9.81, r"doubtful: .*story height 1.5 m \(story 1\); usual is 2 to 8 m"),
        (30.0, 98.1, "gravity 98.1 declares a length unit of 0.09997 m; .*9.8066 for m, .* 386.09 for in"),
    ],
)
def test_units_that_cannot_be_meant_are_told(height: float, gravity: float, note: str | None) -> None:
    import re

    from gmplug.structures.description import check_unit

    found = check_unit(StructureModel((1, 2), (height,), gravity=gravity))
    notes = [*found.problems, *found.notes]
    assert len(notes) == (note is not None)
    assert note is None or re.search(note, notes[0])


def test_floor_nodes_must_stand_in_the_model(record: dict[str, Any], tmp_path: Path) -> None:
    text = SCRIPT.replace("(1, 2), (1000.0,)", "(1, 7), (1000.0,)").replace("else None", "else 4")
    (tmp_path / "mass.py").write_text(text)
    setup = replace(setup_of(record), base_dir=tmp_path, scripts=((tmp_path / "mass.py").resolve(),))
    with pytest.raises(InputError) as raised:
        describe(replace(setup, options={"upwards": False}))
    assert (
        "node 1 of floor 0 has 3 degrees of freedom; direction 4 is none of them" in raised.value.problems[0]
    )
    assert "floor 1 names node 7, which the model does not have" in raised.value.problems[1]
