"""The packages in plugins/ use nothing of gmplug but its public names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import gmplug
from tests.support.places import REPOSITORY

FILES = sorted((REPOSITORY / "plugins").rglob("*.py"))


def names_of_gmplug(tree: ast.AST) -> Iterator[str]:
    """Yield what a module imports from gmplug, and the attributes of gmplug that it uses."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "gmplug")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "gmplug":
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "gmplug":
            yield f"gmplug.{node.attr}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_plugin_uses_public_names_only(file: Path) -> None:
    public = {"gmplug", "gmplug.testing", *(f"gmplug.{name}" for name in gmplug.__all__)}
    used = set(names_of_gmplug(ast.parse(file.read_text(encoding="utf-8"))))
    assert used <= public


def test_plugins_are_found_and_public_names_exist() -> None:
    assert len(FILES) > 20
    assert all(hasattr(gmplug, name) for name in gmplug.__all__)
    assert list(names_of_gmplug(ast.parse("from gmplug.values import Target"))) == ["gmplug.values.Target"]
