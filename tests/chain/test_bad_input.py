"""What users get wrong: one clear line, exit status 2, and what was computed before is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gmplug.cli import _guarded
from gmplug.waveforms import Accelerogram, write_at2
from tests.support.studies import write_small_study


@pytest.fixture
def attempt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """Run a small study, changed; return the lines on stderr after checking the exit status."""

    def run(change: Callable[[Path], None], *, status: int = 2, kept: tuple[str, ...] = ()) -> list[str]:
        study = write_small_study(tmp_path / "study")
        change(tmp_path / "study")
        found = _guarded(["run", str(study), "--quiet", "--out", str(tmp_path / "run")], debug=False)
        lines = capsys.readouterr().err.splitlines()
        assert found == status, lines
        assert not any("Traceback" in line for line in lines)
        assert all(line.startswith("gmplug: ") for line in lines)
        for name in kept:
            assert (tmp_path / "run" / name).is_file(), name
        return lines

    return run


def _replace(old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / "study.toml").read_text()
        assert old in text
        (folder / "study.toml").write_text(text.replace(old, new))

    return change


@pytest.mark.parametrize(
    ("old", "new", "said", "kept"),
    [
        ('path = "records"', 'path = "nowhere"', "nowhere", ()),
        ('path = "records"', "", "option 'path' is missing", ()),
        ('provider = "accelerograms"', 'provider = "accelerogram"', "did you mean 'accelerograms'?", ()),
        (
            'path = "records"',
            'path = "records"\npaht = "x"',
            "unknown option 'paht'; did you mean 'path'?",
            (),
        ),
        ("scale_factor = [0.1", "scale_facto = [0.1", "did you mean 'scale_factor'?", ()),
        ('gmm = "BSSA14"', 'gmm = "BSSA41"', "BSSA14", ()),
        ("magnitude = 6.5", "magnitude = 6.5, depth = 3.0", "unknown option 'depth'", ()),
        ('method = "kmeans"', 'method = "kmean"', "did you mean 'kmeans'?", ()),
        ("effort = 0.05", "efort = 1", "unknown option 'efort'; did you mean 'effort'?", ()),
        ("count = 6", "count = 60", "60", ("clusters.csv",)),
        ('model = "model.py"', 'model = "other.py"', "other.py: no such file", ()),
        ('model = "model.py"', 'model = "fram"', "did you mean 'frame'?", ()),
        ("workers = 2", 'executor = "slurm"', "unknown executor 'slurm'", ()),
        ("[preselection]", "[preselection]\nmagnitude = [6.0, 7.0]", "magnitude", ("target.csv",)),
        ("seed = 3", "seed = -3", "[study] seed", ()),
    ],
)
def test_a_wrong_study_is_told_in_one_line(
    attempt, old: str, new: str, said: str, kept: tuple[str, ...]
) -> None:
    lines = attempt(_replace(old, new), kept=kept)
    assert len(lines) == 1, lines
    assert said in lines[0]


def test_no_candidate_left_names_the_filter(attempt) -> None:
    said, remedy = attempt(_replace("scale_factor = [0.1, 10.0]", "scale_factor = [100.0, 200.0]"))
    assert "no candidate is left of 24 records: 'scale-factor' took 24" in said
    assert "widen or remove option 'scale_factor'" in remedy


def test_a_grid_beyond_every_usable_band_names_the_filter(attempt) -> None:
    def change(folder: Path) -> None:
        for path in sorted((folder / "records").glob("*.csv")):
            columns = pd.read_csv(path).to_numpy()
            write_at2(path.with_suffix(".AT2"), Accelerogram(0.02, columns[:, 1], highpass_hz=0.5))
            path.unlink()

    said, remedy = attempt(change)
    assert "no candidate is left of 24 records: 'usable-band' took 24" in said
    assert "usable_band" in remedy


def test_a_value_that_is_no_number_names_file_and_line(attempt) -> None:
    def change(folder: Path) -> None:
        path = folder / "records" / "made07.csv"
        lines = path.read_text().splitlines()
        lines[41] = lines[41].split(",")[0] + ",nan"
        path.write_text("\n".join(lines))

    (line,) = attempt(change)
    assert "made07.csv" in line
    assert "42" in line


def test_a_truncated_at2_names_both_counts_and_can_be_skipped(attempt, tmp_path: Path) -> None:
    def change(folder: Path) -> None:
        path = folder / "records" / "short.AT2"
        write_at2(path, Accelerogram(0.02, np.sin(np.arange(500))))
        path.write_text("\n".join(path.read_text().splitlines()[:-40]))

    (line,) = attempt(change)
    assert "short.AT2" in line
    assert "500" in line
    assert "skip_bad_files" in line


def test_several_bad_files_are_a_line_each(attempt) -> None:
    def change(folder: Path) -> None:
        (folder / "records" / "a.AT2").write_text("")
        (folder / "records" / "b.AT2").write_text("x\ny\nz\nNPTS= 5, DT= .01 SEC\n 1 2 3\n")

    lines = attempt(change)
    assert any("a.AT2" in line for line in lines)
    assert any("b.AT2" in line for line in lines)


def test_a_model_that_raises_is_told_with_its_line(attempt) -> None:
    def change(folder: Path) -> None:
        model = (folder / "model.py").read_text()
        (folder / "model.py").write_text(model.replace("    ops.fix(0, 1)", "    ops.fix(0, 1)\n    1 / 0"))

    (line,) = attempt(change)
    assert "model.py, line 26: ZeroDivisionError" in line


def test_a_hand_edited_file_that_is_bad_names_the_row(attempt, tmp_path: Path) -> None:
    study = write_small_study(tmp_path / "first")
    arguments = ["run", str(study), "--quiet", "--out", str(tmp_path / "kept"), "--until", "clustering"]
    assert _guarded(arguments, debug=False) == 0
    path = tmp_path / "kept" / "clusters.csv"
    lines = path.read_text().splitlines()
    lines[3] = lines[3].rsplit(",", 1)[0] + ",many"
    path.write_text("\n".join(lines) + "\n")
    assert _guarded([*arguments[:-1], "selection"], debug=False) == 2
