"""`gmplug plugin new`: the package it writes installs, offers its clusterer, and passes the kit untouched."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from gmplug.cli.plugin import plugin
from gmplug.errors import InputError
from gmplug.testing import CheckFailed, check_in_study
from gmplug.testing.scaffold import KINDS, checked_name, write_plugin
from tests.support.places import REPOSITORY


def _run(site: Path, cwd: Path, *command: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(site), str(REPOSITORY)])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, env=environment, cwd=cwd, check=False
    )


def test_the_new_package_installs_and_passes_untouched(tmp_path: Path) -> None:
    folder, site = tmp_path / "gmplug-my-method", tmp_path / "site"
    done = CliRunner().invoke(plugin, ["new", "my-method", "--out", str(folder)])
    assert done.exit_code == 0, done.output
    assert (
        f"pip install {folder}" in done.output
        and 'method = "my-method"' in (folder / "README.md").read_text()
    )

    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    installed = _run(tmp_path, tmp_path, *install, "--target", str(site), str(folder))
    assert installed.returncode == 0, installed.stderr

    tested = _run(site, folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA")
    assert tested.returncode == 0, tested.stdout
    assert "PASSED tests/test_gmplug_my_method.py::test_clusterer[record_order]" in tested.stdout
    assert "SKIPPED" in tested.stdout

    listed = _run(site, tmp_path, "-m", "gmplug", "plugins")
    assert "my-method  (gmplug-my-method 0.1.0)" in listed.stdout
    assert "gmplug_clusterers: my-method" in listed.stdout


def test_the_package_is_named_after_the_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(plugin, ["new", "gmplug-wavelets2"])
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "gmplug-wavelets2").iterdir()) == [
        "README.md",
        "gmplug_wavelets2.py",
        "pyproject.toml",
        "tests",
    ]


@pytest.mark.parametrize("name", ["My Method", "2fast", "a--b", "../evil", "", "gmplug-", "class", "a_b"])
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="cannot name a plugin; use lower-case letters"):
        checked_name(name)


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(plugin, ["new", "cae-kmeans", "--out", str(tmp_path / "new")])
    assert isinstance(done.exception, InputError)
    assert "already offered by plugin 'gmplug.clustering.plugin'" in str(done.exception)
    assert not (tmp_path / "new").exists()


def test_a_folder_in_use_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("1")
    with pytest.raises(InputError, match="not an empty folder; choose another with --out"):
        write_plugin("mine", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]


def test_an_unknown_kind_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="known: assessment, catalogue, clusterer"):
        write_plugin("mine", tmp_path / "new", "selectors")


#: Kinds whose check takes a second or two; the others run analyses.
QUICK = ("catalogue", "ground-motion-model", "filter", "measure", "motions")


@pytest.mark.parametrize(
    "kinds",
    [QUICK, pytest.param(sorted({*KINDS} - {*QUICK, "clusterer"}), marks=pytest.mark.slow)],
    ids=["quick", "slow"],
)
def test_packages_of_all_kinds_pass_untouched(kinds: Sequence[str], tmp_path: Path) -> None:
    site = tmp_path / "site"
    for kind in kinds:
        write_plugin(f"my-{kind}", tmp_path / kind, kind)
        module = f"gmplug_my_{kind.replace('-', '_')}"
        info = site / f"{module}-0.1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: gmplug-my-{kind}\nVersion: 0.1.0\n")
        (info / "entry_points.txt").write_text(f"[gmplug]\nmy-{kind} = {module}\n")
        (site / f"{module}.py").write_text((tmp_path / kind / f"{module}.py").read_text())
    tested = _run(site, tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA", *kinds)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    for kind in kinds:
        assert f"/test_gmplug_my_{kind.replace('-', '_')}.py::" in tested.stdout


def test_a_plugin_that_draws_at_random_does_not_pass(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import gmplug, numpy as np\n\n@gmplug.hookimpl\ndef gmplug_filters():\n"
        "    def drawn(records):\n        return np.random.random(len(records)) < 0.8\n"
        "    return {'drawn': drawn}\n"
    )
    with pytest.raises(CheckFailed, match=r"candidates\.csv differs between two runs with one seed"):
        check_in_study("filter", "drawn", tmp_path / "work", scripts=[tmp_path / "mine.py"])
