"""The plugin host: what good plugins offer is found, and bad ones are named while the rest works."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from gmplug.errors import InputError, PluginError
from gmplug.hookspecs import KINDS
from gmplug.host import Host
from gmplug.host.options import bind
from tests.support.places import REPOSITORY
from tests.support.studies import write_small_study


@pytest.fixture
def script(tmp_path: Path):
    def write(text: str, name: str = "plugin.py") -> Path:
        path = tmp_path / name
        path.write_text("import gmplug\n" + text)
        return path

    return write


def test_the_built_ins_come_through_the_hooks() -> None:
    host = Host(entry_points=False)
    assert host.problems == []
    wanted = {
        "catalogues": {"nga-west2", "accelerograms", "spectra-table", "simulated", "earlier-run"},
        "ground_motion_models": {"BSSA14", "ASK14", "CB14", "CY14"},
        "targets": {"conditional-spectrum"},
        "clusterers": {"cae-kmeans"},
        "selectors": {"cs-realizations", "optimised"},
        "structures": {"frame", "sdof", "shear-building"},
        "executors": {"processes"},
        "assessments": {"demand-summary"},
    }
    for kind, names in wanted.items():
        assert names <= set(host.providers(kind)), kind


def test_asking_for_what_is_offered_loads_nothing_heavy() -> None:
    code = (
        "import sys; from gmplug.host import Host; from gmplug.hookspecs import KINDS\n"
        "host = Host(entry_points=False); [host.providers(kind) for kind in KINDS]\n"
        "print([m for m in ('tensorflow', 'openseespy', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(
        InputError, match=r"unknown clusterer 'cae-kmean'; did you mean 'cae-kmeans'\? known: "
    ):
        Host(entry_points=False).provider("clusterers", "cae-kmean")


def test_a_script_is_a_plugin(script) -> None:
    path = script("@gmplug.hookimpl\ndef gmplug_clusterers():\n    return {'mine': dict}\n")
    host = Host([path], entry_points=False)
    assert host.provider("clusterers", "mine") is dict


def test_an_offer_by_name_is_loaded_when_it_is_used(script) -> None:
    offers = "{'mine': 'collections:Counter', 'number': 'math:pi', 'gone': 'nowhere_at_all:it'}"
    path = script(f"@gmplug.hookimpl\ndef gmplug_clusterers():\n    return {offers}\n")
    host = Host([path], entry_points=False)
    assert {"mine", "number", "gone", "kmeans"} <= set(host.providers("clusterers"))
    assert host.problems == []
    assert host.provider("clusterers", "mine") is Counter
    assert host.providers("clusterers")["mine"] is Counter
    for name, said in {"number": "float cannot be called", "gone": "ModuleNotFoundError"}.items():
        with pytest.raises(PluginError, match=rf"plugin.py\): clusterer '{name}' cannot be loaded: .*{said}"):
            host.provider("clusterers", name)


def test_a_script_that_raises_is_named_with_its_line(script) -> None:
    with pytest.raises(PluginError, match=r"script plugin.py, line 3: ZeroDivisionError"):
        Host([script("\n1 / 0\ndef build_model(): ...\n")], entry_points=False)


def test_a_script_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="no such file"):
        Host([tmp_path / "nowhere.py"], entry_points=False)


def test_two_plugins_with_one_name_are_both_named(script) -> None:
    text = "@gmplug.hookimpl\ndef gmplug_clusterers():\n    return {'mine': dict}\n"
    host = Host([script(text, "one.py"), script(text, "two.py")], entry_points=False)
    assert "cae-kmeans" in host.providers("clusterers")
    with pytest.raises(PluginError, match=r"'mine' is offered by two plugins, .*one\.py.* and .*two\.py"):
        host.provider("clusterers", "mine")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@gmplug.hookimpl\ndef gmplug_clusterers(wrong):\n    return {}\n", "wrong signature"),
        ("@gmplug.hookimpl\ndef gmplug_clusterer():\n    return {}\n", "did you mean gmplug_clusterers"),
    ],
)
def test_a_script_with_a_bad_hook_is_named(script, text: str, said: str) -> None:
    with pytest.raises(PluginError, match=said) as caught:
        Host([script(text)], entry_points=False)
    assert "plugin.py" in str(caught.value)


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("['a']", "returns list, not a mapping"),
        ("{3: dict}", "offers the name 3"),
        ("{'a': 3}", "offers 'a' as int, which cannot be called"),
        ("1 / 0", "fails: ZeroDivisionError"),
    ],
)
def test_an_offer_of_the_wrong_type_is_named_and_the_rest_works(script, returned: str, said: str) -> None:
    path = script(f"@gmplug.hookimpl\ndef gmplug_clusterers():\n    return {returned}\n")
    host = Host([path], entry_points=False)
    assert "cae-kmeans" in host.providers("clusterers")
    assert len(host.problems) == 1
    assert said in host.problems[0]
    assert "plugin.py" in host.problems[0]


def test_every_kind_has_its_hook() -> None:
    from gmplug import hookspecs

    assert all(hasattr(hookspecs, about.hook) for about in KINDS.values())


# -- options -----------------------------------------------------------------------------------------


def _provider(*, seed: int, path: Path, count: int = 3, ratio: float | None = None) -> None:
    """Stand for any implementation."""


def test_options_are_checked_converted_and_resolved(tmp_path: Path) -> None:
    bound = bind(_provider, {"path": "a/b.csv", "count": 4}, {"seed": 1, "unused": 2}, "[x]", tmp_path)
    assert bound == {"seed": 1, "path": tmp_path / "a" / "b.csv", "count": 4}


def test_bad_options_are_one_line_each() -> None:
    with pytest.raises(InputError) as caught:
        bind(_provider, {"cuont": 4, "ratio": "big", "seed": 3}, {"seed": 1}, "[x]")
    text = "\n".join(caught.value.problems)
    assert "[x]: unknown option 'cuont'; did you mean 'count'?" in text
    assert "[x]: option 'ratio': Input should be a valid number" in text
    assert "[x]: unknown option 'seed'" in text
    assert "[x]: option 'path' is missing" in text


# -- installed packages ------------------------------------------------------------------------------

WARD = """
import gmplug
from sklearn.cluster import AgglomerativeClustering

@gmplug.hookimpl
def gmplug_clusterers():
    return {"ward-elsewhere": AgglomerativeClustering}
"""


@pytest.fixture(scope="session")
def install(tmp_path_factory: pytest.TempPathFactory):
    """Install packages made of one module each into a folder, without a network; return that folder."""

    def install_packages(modules: dict[str, str]) -> Path:
        target = tmp_path_factory.mktemp("site")
        sources = []
        for name, code in modules.items():
            source = tmp_path_factory.mktemp(name)
            (source / f"{name}.py").write_text(code)
            (source / "pyproject.toml").write_text(
                f'[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
                f'[project]\nname = "{name}"\nversion = "1.0"\n'
                f'[project.entry-points.gmplug]\n{name} = "{name}"\n'
                f'[tool.setuptools]\npy-modules = ["{name}"]\n'
            )
            sources.append(str(source))
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
        command += ["--no-build-isolation", "--target", str(target), *sources]
        subprocess.run(command, check=True, capture_output=True)
        return target

    return install_packages


def _gmplug(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "gmplug", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_installed_plugins_work_beside_broken_ones(install, tmp_path: Path) -> None:
    site = install(
        {
            "good_ward": WARD,
            "bad_import": "import a_package_that_is_not_there\n",
            "bad_signature": "import gmplug\n@gmplug.hookimpl\ndef gmplug_clusterers(x):\n    return {}\n",
            "bad_type": "import gmplug\n@gmplug.hookimpl\ndef gmplug_clusterers():\n    return 7\n",
            "bad_name": WARD.replace("ward-elsewhere", "cae-kmeans"),
        }
    )
    done = _gmplug(site, "plugins")
    assert done.returncode == 0
    assert "good_ward  (good_ward 1.0)" in done.stdout
    assert "gmplug_clusterers: ward-elsewhere" in done.stdout
    for name in ("bad_import", "bad_signature", "bad_type", "bad_name"):
        assert any(name in line for line in done.stderr.splitlines()), name
    assert "Traceback" not in done.stderr

    study = write_small_study(tmp_path / "study")
    study.write_text(study.read_text().replace('"kmeans"', '"ward-elsewhere"'))
    done = _gmplug(site, "run", str(study), "--out", str(tmp_path / "run"), "--until", "clustering")
    assert done.returncode == 0, done.stderr
    assert len(pd.read_csv(tmp_path / "run" / "clusters.csv")) == 24
    assert "bad_import" in done.stderr

    study.write_text(study.read_text().replace('"ward-elsewhere"', '"cae-kmeans"'))
    done = _gmplug(site, "run", str(study), "--out", str(tmp_path / "run"), "--until", "clustering")
    assert done.returncode == 2
    assert "'cae-kmeans' is offered by two plugins" in done.stderr


def test_the_list_of_plugins_can_be_read_by_programs(tmp_path: Path) -> None:
    rows = json.loads(_gmplug(tmp_path, "plugins", "--json").stdout)
    clustering = next(row for row in rows if row["name"] == "gmplug.clustering.plugin")
    assert clustering["package"] == "gmplug"
    assert clustering["hooks"] == ["gmplug_clusterers"]
    assert "cae-kmeans" in clustering["offers"]["gmplug_clusterers"]


def test_the_plugins_of_the_project_are_installed() -> None:
    names = {row.name for row in Host().plugins()}
    wanted = set()
    for path in REPOSITORY.glob("plugins/*/pyproject.toml"):
        # An environment of the newest libraries has no pelicun, and so no plugin for it (`make test-newest`).
        if "pelicun" not in path.parent.name or importlib.util.find_spec("pelicun"):
            project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
            wanted |= set(project.get("entry-points", {}).get("gmplug", {}))
    assert wanted and wanted <= names
