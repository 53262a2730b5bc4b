"""Models that were not written for gmplug: a few lines make them a study's, and they answer as before."""

from __future__ import annotations

import difflib
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gmplug.analysis import AnalysisSetup
from gmplug.analysis.task import analyze
from gmplug.runs import run_study
from gmplug.study import load_study
from gmplug.values import AnalysisTask
from tests.support.motions import burst, write_motion
from tests.support.places import EXAMPLES

MODELS = EXAMPLES / "models"


def lines_changed(before: Path, after: Path) -> tuple[int, int]:
    """Lines that one file has beside another, and lines that it lacks; blank ones do not count."""
    difference = difflib.ndiff(before.read_text().splitlines(), after.read_text().splitlines())
    marks = [line[0] for line in difference if line[2:].strip()]
    return marks.count("+"), marks.count("-")


@pytest.mark.parametrize(
    ("name", "changed", "added", "removed"),
    [
        ("steel_frame_2d", "model.py", 6, 0),
        ("bridge_column", "loop.py", 5, 8),
        ("frame_3d", "model.py", 8, 0),
    ],
)
def test_a_few_lines_are_enough(name: str, changed: str, added: int, removed: int) -> None:
    assert lines_changed(MODELS / name / "original.py", MODELS / name / changed) <= (added, removed)


def load_original(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"original_{name}", MODELS / name / "original.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def analyzed(name: str, folder: Path, motions: dict[str, np.ndarray], **settings: Any) -> dict[str, float]:
    """Demands of the example's model.py by gmplug, for the steps that its own loop takes."""
    files = {f"file_{c}": str(write_motion(folder / f"{c}.txt", a)) for c, a in motions.items()}
    setup = AnalysisSetup(
        "model.py", 1.0, base_dir=MODELS / name, scripts=(MODELS / name / "model.py",), time_step_s=0.005,
        free_vibration_s=0.01, **settings,
    )  # fmt: skip
    result = analyze(setup, AnalysisTask("m", 1.0, {"id": "m", "time_step_s": 0.01, **files}))
    assert result.status == "ok", result.message
    return dict(result.demands)


def test_the_steel_frame_answers_as_in_its_own_loop(tmp_path: Path) -> None:
    motion = burst(4.0, peak_g=0.8)
    original = load_original("steel_frame_2d")
    original.build()
    original.gravity()
    original.rayleigh(0.03)
    peaks = original.earthquake(motion.tolist(), 0.01, 4.0)
    assert max(peaks) > 0.02  # it yields
    demands = analyzed("steel_frame_2d", tmp_path, {"h1": motion}, damping_ratio=0.03)
    ours = [demands[f"peak_story_drift_ratio_{story}"] for story in (1, 2)]
    assert ours == pytest.approx(peaks, rel=1e-5)


def test_the_frame_in_space_answers_as_in_its_own_loop(tmp_path: Path) -> None:
    motions = {"h1": burst(3.0, peak_g=0.6), "h2": burst(3.0, peak_g=0.5, seed=5)}
    original = load_original("frame_3d")
    original.Building().assemble()
    peaks = original.run(*(a.tolist() for a in motions.values()))
    assert min(peaks) > 0.005
    demands = analyzed("frame_3d", tmp_path, motions, component="both")
    ours = [demands[f"peak_story_drift_ratio_{axis}_1"] for axis in "xy"]
    assert ours == pytest.approx(peaks, rel=1e-5)
    assert demands["peak_story_drift_ratio_1"] == max(ours)


# -- as studies --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def waveforms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulated records, made once for all studies."""
    return tmp_path_factory.mktemp("waveforms")


def run_example(name: str, waveforms: Path, folder: Path, until: str) -> Path:
    study = load_study(MODELS / name / "study.toml")
    catalogue = study.catalogue.model_copy(update={"cache": str(waveforms)})
    run_study(study.model_copy(update={"catalogue": catalogue}), folder / "run", until=until)
    return folder / "run"


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("steel_frame_2d", "peak_story_drift_ratio_2"),
        pytest.param("frame_3d", "peak_story_drift_ratio_resultant_2", marks=pytest.mark.slow),
    ],
)
def test_a_study_of_a_few_lines_runs(name: str, column: str, waveforms: Path, tmp_path: Path) -> None:
    run_dir = run_example(name, waveforms, tmp_path, "analysis")
    demands = pd.read_csv(run_dir / "demands.csv")
    assert (demands["status"] == "ok").all(), demands["message"].tolist()
    assert demands[column].between(0.002, 0.1).all()


def test_the_bridge_column_loops_over_the_motions_itself(waveforms: Path, tmp_path: Path) -> None:
    """The original over files of the same scaled motions prints the same."""
    import gmplug

    run_dir = run_example("bridge_column", waveforms, tmp_path, "selection")
    motions = gmplug.motions(run_dir)
    (tmp_path / "files").mkdir()
    for number, motion in enumerate(motions):
        numbers = [motion.time_step_s, *motion.acceleration_g().tolist()]
        (tmp_path / "files" / f"{number}.txt").write_text("\n".join(map(repr, numbers)))

    def printed(script: str, argument: Path) -> list[list[str]]:
        command = [sys.executable, str(MODELS / "bridge_column" / script), str(argument)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
        return [line.split()[-2:] for line in done.stdout.splitlines()]

    ours, theirs = printed("loop.py", run_dir), printed("original.py", tmp_path / "files")
    assert ours == theirs
    assert len(ours) == len(motions) == 2
    assert all(0.002 < float(peak) < 0.2 for peak, _ in ours)
