"""Alternates and rejections on the command line, in a finished run."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import gmplug
from gmplug.cli import _guarded
from gmplug.errors import InputError
from gmplug.selection import misfit
from gmplug.selection.revise import alternates_of, reject
from tests.support.studies import write_small_study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_study(tmp_path_factory.mktemp("revise"), records=30)


def test_alternates_and_rejections(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = gmplug.run_study(study, until="report")
    before = run.selection
    explained = pd.read_csv(run.run_dir / "selection_explained.csv")
    assert explained["error_share"].sum() == pytest.approx(before.error)
    facts = json.loads((run.run_dir / "selection.json").read_text())
    assert facts["choice"]["objective"] == pytest.approx(before.error)
    assert run.summary["selection"]["objective"] == pytest.approx(before.error)
    page = (run.run_dir / "report.html").read_text()
    assert "Why each record is in" in page and "Searches (%)" in page

    first, second = before.records["id"].iloc[:2]
    (row,) = alternates_of(run.run_dir, [first])
    assert row["id"] == first and row["alternates"][0]["id"] == explained["alternate_1"].iloc[0]
    assert _guarded(["alternates", str(run.run_dir)], debug=True) == 0
    assert len(capsys.readouterr().out.splitlines()) == 7

    assert _guarded(["reject", str(run.run_dir), first, second], debug=True) == 0
    assert f"{first}, {second} out" in capsys.readouterr().out
    again = gmplug.run_study(study, until="selection")
    after = again.values["selection"]
    assert set(before.records["id"]) - set(after.records["id"]) == {first, second}
    assert len(after.records) == 6
    shares = after.records.groupby(["group", "cluster"]).size().to_dict()
    assert shares == before.records.groupby(["group", "cluster"]).size().to_dict()
    assert f"rejected by you and left out: {first}, {second} (see rejected.csv)" in again.notes
    assert list(after.explained["id"]) == list(after.records["id"])
    # No other pair of the same clusters would have been better: all are tried.
    candidates, target = again.values["candidates"], again.values["target"]
    labels = again.values["clusters"].table.set_index("id")["cluster"]
    at = {name: i for i, name in enumerate(candidates.records["id"])}
    kept = [at[name] for name in after.records["id"] if name in set(before.records["id"])]
    others = [name for name in at if name not in set(before.records["id"])]
    pairs = [
        misfit(candidates.ln_sa[[*kept, at[a], at[b]]], target).error
        for a in others
        for b in others
        if a < b and sorted((labels[a], labels[b])) == sorted((labels[first], labels[second]))
    ]
    assert after.error == pytest.approx(min(pairs), abs=1e-9)


def test_what_is_not_selected_cannot_be_rejected(study: Path, tmp_path: Path) -> None:
    run = gmplug.run_study(study, until="selection")
    with pytest.raises(InputError, match="the selection has no record 'nobody'"):
        reject(run.run_dir, ["nobody"])  # though its analyses are of records rejected before
    with pytest.raises(InputError, match="not a run directory"):
        alternates_of(tmp_path)
