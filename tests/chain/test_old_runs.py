"""Run directories that gmplug 0.1.0 made: refused in one line, and gone on with by `gmplug run`."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import gmplug
from gmplug.chain.edits import UndecidedEditError
from gmplug.runs import load_run, run_study
from tests.support.displays import Recorder
from tests.support.studies import write_small_study

#: Stages of 0.1.0 and the files of each.
FILES = {
    "catalogue": ("catalogue.parquet", "catalogue.json"),
    "target": ("target.csv", "target_correlation.parquet", "target.json"),
    "preselection": ("candidates.csv", "candidates_sa.parquet", "funnel.csv"),
    "selection": ("selection.csv", "quotas.csv", "selection.json", "selection_explained.csv"),
    "analysis": ("demands.csv", "structure.json"),
}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A study, and its run as 0.1.0 left it: stages.json without versions, and no stage motions."""
    study = write_small_study(tmp_path / "study")
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    (run_dir / "study.toml").write_text(study.read_text().replace('"records"', f'"{study.parent}/records"'))
    stages = {}
    for stage, names in FILES.items():
        for name in names:
            (run_dir / name).write_text(f"{name} of 0.1.0\n")
        digests = {name: hashlib.sha256((run_dir / name).read_bytes()).hexdigest() for name in names}
        stages[stage] = {"fingerprint": "0" * 64, "files": digests, "wall_s": 1.5, "empty": False, "home": ""}
    (run_dir / "stages.json").write_text(json.dumps(stages))
    (run_dir / "summary.json").write_text(json.dumps({"gmplug_version": "0.1.0", "warnings": []}))
    return study


def test_it_is_refused_in_one_line(old: Path, tmp_path: Path) -> None:
    with pytest.raises(gmplug.InputError, match=r"made by gmplug 0\.1\.0; this is .*run the study again"):
        load_run(tmp_path / "run")
    command = [sys.executable, "-m", "gmplug", "report", str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and "made by gmplug 0.1.0" in done.stderr


def test_a_run_goes_on_in_it(old: Path, tmp_path: Path) -> None:
    seen = Recorder()
    run = run_study(old, tmp_path / "run", until="target", display=seen)
    assert seen.computed == ["target", "catalogue", "preselection"] and len(run.catalogue.records) == 24
    # What was not computed anew is not read as if it were of this version.
    with pytest.raises(gmplug.InputError, match=r"made by gmplug 0\.1\.0"):
        load_run(tmp_path / "run")
    assert load_run(tmp_path / "run", until="target").target.sa_g == pytest.approx(0.15)


def test_its_edits_are_asked_about(old: Path, tmp_path: Path) -> None:
    (tmp_path / "run" / "target.csv").write_text("edited\n")
    with pytest.raises(UndecidedEditError, match=r"target\.csv: you edited this file"):
        run_study(old, tmp_path / "run", until="target")


def test_an_option_that_is_gone_is_told_by_the_versions(tmp_path: Path) -> None:
    run = gmplug.run_study(write_small_study(tmp_path), until="target")
    saved = run.run_dir / "study.toml"
    saved.write_text(saved.read_text().replace("[clustering]", "[clustering]\nshare_training = true"))
    with pytest.raises(gmplug.InputError, match="unknown option 'share_training'"):
        gmplug.load_run(run.run_dir)
    states = json.loads((run.run_dir / "stages.json").read_text())
    states["target"]["gmplug_version"] = "0.1.0"
    (run.run_dir / "stages.json").write_text(json.dumps(states))
    with pytest.raises(gmplug.InputError, match=r"made by gmplug 0\.1\.0; this is .*run the study again"):
        gmplug.load_run(run.run_dir)
