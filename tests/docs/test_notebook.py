"""The notebook runs cell by cell in one namespace, as Jupyter runs it, and is stored without outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.places import REPOSITORY

NOTEBOOK = REPOSITORY / "docs" / "tutorial" / "own-arrays.ipynb"


def cells() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == "code"]


def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib as mpl

    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(mpl.rcParams, "backend", "agg")
    names: dict[str, Any] = {"__name__": "notebook"}
    for number, cell in enumerate(cells()):
        exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)
    assert len(names["selection"].records) == len(names["run"].selection.records) == 11
    assert names["other"].features_.shape[1] == 3
    assert (tmp_path / "notebook-run" / "report.html").is_file()
    assert (tmp_path / "spectra.png").stat().st_size > 10_000


def test_the_notebook_is_stored_without_outputs() -> None:
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells())
    assert NOTEBOOK.stat().st_size < 20_000
