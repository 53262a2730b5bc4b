"""The site builds without a warning, and its reference covers the code."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import gmplug
from gmplug.demands.registry import demands
from gmplug.host import Host
from gmplug.host.listing import list_options
from gmplug.measures.registry import measures
from tests.support.places import REPOSITORY


def reference_pages() -> ModuleType:
    path = REPOSITORY / "docs" / "site" / "reference_pages.py"
    spec = importlib.util.spec_from_file_location("reference_pages", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, "-c", "docs", "-d", str(tmp_path / "trees"), ".", str(tmp_path / "site")],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "site" / "docs" / "theory" / "conditional-spectrum.html").read_text(encoding="utf-8")
    assert "<math" in page
    for path in (tmp_path / "site").rglob("*.html"):
        fetched = re.findall(
            r'<(?:script|link|img)[^>]*(?:src|href)="(https?:[^"]*)"', path.read_text("utf-8")
        )
        assert fetched == [], f"{path.name} needs a network"


def test_every_public_name_is_in_the_reference_once() -> None:
    page = (REPOSITORY / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    listed = " ".join(re.findall(r"```\{gmplug-names\}\n(.*?)```", page, re.DOTALL)).split()
    assert sorted([*listed, "RECORD_COLUMNS", "__version__"]) == sorted(gmplug.__all__)


def test_every_option_has_a_meaning() -> None:
    page = reference_pages().options()
    silent = [
        f"{name}: {row['name']}"
        for providers in list_options(Host(entry_points=False)).values()
        for name, rows in providers.items()
        for row in rows
        if not row["about"] or f"| `{row['name']}` |" not in page
    ]
    assert silent == []


def test_measures_demands_and_commands_are_in_the_reference() -> None:
    pages = reference_pages()
    assert all(f"`{column}`" in pages.measures() for column in measures())
    assert all(f"`{name}`" in pages.demands() for name in demands())
    assert "## gmplug run" in pages.commands() and "--until" in pages.commands()
