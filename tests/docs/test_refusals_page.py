"""The page on what gmplug refuses and assumes names a test for each rule, and these tests exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.places import TESTS

PAGE = TESTS.parent / "docs" / "refusals.md"
ROWS = [
    line for line in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| (?!gmplug|---)", line)
]
VERBS = {"refuses", "asks", "assumes and says so", "warns"}


def functions_of(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS)
def test_every_rule_is_held_by_a_test(row: str) -> None:
    verb, rule, held = (cell.strip() for cell in row.strip("|").split("|"))
    assert verb in VERBS and rule
    (reference,) = re.findall(r"`((?:\w+/)?test_\w+\.py)::(test_\w+)`", held)
    file, name = reference
    assert name in functions_of(TESTS / file), f"{file} has no {name}"


def test_the_page_is_not_empty() -> None:
    assert len(ROWS) > 50 and {row.strip("|").split("|")[0].strip() for row in ROWS} == VERBS
