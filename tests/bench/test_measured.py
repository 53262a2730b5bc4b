"""Every benchmark says what it was tuned on; the pages are those of the last measurement."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from tests.bench import measured
from tests.support.places import REPOSITORY

PAGES = REPOSITORY / "docs" / "validation"
ENTRIES = measured.read(PAGES / "measured")


@pytest.mark.parametrize("name", measured.BENCHES)
def test_a_benchmark_states_what_it_was_tuned_on_and_what_it_reports(name: str) -> None:
    tree = ast.parse((Path(__file__).parent / f"bench_{name}.py").read_text(encoding="utf-8"))
    assigned = [node.targets[0] for node in tree.body if isinstance(node, ast.Assign)]
    names = {target.id for target in assigned if isinstance(target, ast.Name)}
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert {"TUNED_ON", "REPORTED_ON"} <= names, "name the halves; 'nothing' where none was tuned on"
    assert {"run", "found"} <= functions and ast.get_docstring(tree)


def test_the_two_halves_of_each_measurement_differ() -> None:
    assert set(ENTRIES) <= set(measured.BENCHES)
    for name, entry in ENTRIES.items():
        assert entry["tuned_on"] and entry["reported_on"] and entry["tuned_on"] != entry["reported_on"], name


def test_the_pages_are_those_of_the_last_measurement() -> None:
    again = "run `python -m tests.bench --pages`"
    assert (PAGES / "measured.md").read_text(encoding="utf-8") == measured.page(ENTRIES), again
    overview = (PAGES / "README.md").read_text(encoding="utf-8")
    assert measured.found_on(overview) == measured.findings(ENTRIES), again


def test_a_failed_run_keeps_its_rows_and_the_overview_follows(tmp_path: Path) -> None:
    out = tmp_path / "measured"
    (tmp_path / "README.md").write_text(f"before\n{measured.BEGIN}{measured.END}after\n")
    about = {"machine": "one", "versions": {"python": "3"}, "wall_s": 1.0}
    good = {"tuned_on": "a", "reported_on": "b", "rows": [{"x": 1.5}], "found": {"x": "is |1.5|"}}
    measured.keep(out, "first", about | good)
    measured.keep(out, "first", about | {"problem": "E: broken"})
    measured.keep(out, "second", about | {"problem": "E: never ran"})
    kept = json.loads(out.with_suffix(".json").read_text())["first"]
    assert kept["rows"] == [{"x": 1.5}] and kept["problem"] == "E: broken"
    page = out.with_suffix(".md").read_text()
    assert "Tuned on: a." in page and "The last run failed: E: broken" in page and "E: never ran" in page
    overview = (tmp_path / "README.md").read_text()
    assert "| x | is \\|1.5\\| | [`python -m tests.bench first`](measured.md#first) |" in overview
    assert overview.startswith("before\n") and overview.endswith("after\n")
