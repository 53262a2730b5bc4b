"""Wrong turns of the first ten minutes: one line with the fix each."""

from __future__ import annotations

from pathlib import Path

import pytest

from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.runs import open_study, run_study
from gmplug.study import load_study
from tests.support.studies import write_small_study


def problems(folder: Path, before: str, after: str) -> tuple[str, ...]:
    path = write_small_study(folder)
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    with pytest.raises(InputError) as caught:
        open_study(path)
    return caught.value.problems


@pytest.mark.parametrize(
    ("before", "after", "fix"),
    [
        ("[target]", "[tagret]", "did you mean [target]?"),
        ("sa_g = 0.15", "sa_g = 0,15", "`sa_g = 0,15`; write decimals with a point"),
        ("count = 6", "count = six", "`count = six`; texts stand between quotes"),
        ('path = "records"', 'path = "recods"', "recods: no such file or folder; correct the path"),
        ("effort", "efort", "did you mean 'effort'?"),
        ("[0.1, 10.0]", "[10.0, 0.1]", "option 'scale_factor': give [lowest, highest]"),
    ],
)
def test_one_line_with_the_fix(before: str, after: str, fix: str, tmp_path: Path) -> None:
    (line,) = problems(tmp_path, before, after)
    assert fix in line and "\n" not in line


def test_a_misspelt_key_that_is_needed(tmp_path: Path) -> None:
    first, *_ = problems(tmp_path, "period_s = 1.0", "period = 1.0")
    assert "'period' is unknown; did you mean 'period_s'?" in first


def test_a_folder_in_place_of_a_study_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder; give its study file; `gmplug init"):
        load_study(tmp_path)
    write_small_study(tmp_path)
    with pytest.raises(InputError, match=r"is a folder; give its study file, .*study\.toml"):
        load_study(tmp_path)


def test_a_model_in_place_of_a_study_file(tmp_path: Path) -> None:
    (tmp_path / "frame.tcl").write_text("model basic -ndm 1 -ndf 1\n")
    with pytest.raises(InputError, match="is no study file, which is TOML; `gmplug init"):
        load_study(tmp_path / "frame.tcl")


def test_the_study_file_of_a_run_directory_continues_that_run(tmp_path: Path) -> None:
    first = run_study(write_small_study(tmp_path), until="target")
    again = run_study(first.run_dir / "study.toml", until="target")
    assert again.run_dir == first.run_dir
    assert not list(first.run_dir.glob("*-run"))


def test_the_plugin_that_is_not_installed_is_named() -> None:
    host = Host(entry_points=False)
    with pytest.raises(InputError, match=r"pip install ./plugins/gmplug-dask"):
        host.provider("executors", "dask")
    with pytest.raises(InputError, match="install the package that offers it"):
        host.provider("executors", "slurm")
