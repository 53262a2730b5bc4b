"""Warnings and failed analyses reach the summary, the terminal, the top of the report, the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gmean

from gmplug.assessment.demand_summary import demand_summary
from gmplug.chain.run import Run
from gmplug.chain.summary import attention_lines, failures_of, summarise
from gmplug.cli import _guarded
from gmplug.cli.display import noted
from gmplug.levels.run import LevelsRun
from gmplug.notes import doubtful, labelled, warning
from gmplug.report.demand_columns import drift_statistics
from gmplug.study import parse_study
from gmplug.values import STATUSES, Assessment, CheckOutcome, Demands, LevelDemands
from tests.support.studies import write_small_study

VETO = """
import gmplug


@gmplug.hookimpl
def gmplug_analysis_starting(task, ops, model):
    if task.id == {name!r}:
        raise ValueError("the recorder cannot write")
"""


def test_a_failed_check_and_a_failed_analysis_end_in_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = write_small_study(tmp_path, records=4)
    text = study.read_text()
    start, end = text.index("[target]"), text.index("[clustering]")
    target = '[target]\nprovider = "code-eurocode8"\nag_g = 0.2\nground_type = "B"\n'
    text = text[:start] + target + "[preselection]\nscale_factor = [0.01, 100.0]\n" + text[end:]
    text = text.replace("count = 6", "count = 2").replace("seed = 3", 'seed = 3\nscripts = ["veto.py"]')
    study.write_text(text)
    (tmp_path / "veto.py").write_text(VETO.format(name="nobody"))
    out = tmp_path / "run"
    arguments = ["run", str(study), "--out", str(out), "--quiet"]
    assert _guarded([*arguments, "--until", "selection"], debug=False) == 1
    first = pd.read_csv(out / "selection.csv")["id"].iloc[0]
    (tmp_path / "veto.py").write_text(VETO.format(name=first))
    capsys.readouterr()
    assert _guarded(arguments, debug=False) == 1
    lines = capsys.readouterr().err.splitlines()
    assert any(line.startswith("gmplug: warning: NOT met: ") and "count = 3" in line for line in lines)
    assert any(f"analysis {first} failed: " in line and "recorder cannot write" in line for line in lines)
    summary = json.loads((out / "summary.json").read_text())
    assert any("NOT met" in text for text in summary["warnings"])
    (failure,) = summary["failures"]
    assert (failure["id"], failure["status"]) == (first, "failed")
    assert "recorder cannot write" in failure["message"]
    assert {"name", "passed", "value", "limit"} <= set(summary["selection"]["checks"][0])
    page = (out / "report.html").read_text()
    at = page.index("<h3>Warnings</h3>")
    assert page.index("<h2>Summary</h2>") < at < page.index('<div class="numbers">')
    assert "NOT met" in page[at : at + 2000] and "recorder cannot write" in page[at : at + 2000]
    assert "No warnings." not in page


def _table(statuses: list[str]) -> pd.DataFrame:
    rows = [{"id": f"r{i}", "status": s, "message": f"m{i}"} for i, s in enumerate(statuses)]
    return pd.DataFrame(rows, columns=["id", "status", "message"])


@given(st.lists(st.sampled_from(STATUSES), max_size=30), st.sets(st.text("abc", min_size=1)))
def test_every_failed_analysis_and_warning_is_told(statuses: list[str], warnings: set[str]) -> None:
    study = parse_study({"catalogue": {"provider": "simulated"}, "structure": {"period_s": 1.0}})
    notes = [warning(text) for text in sorted(warnings)] + ["a plain note", doubtful("a doubt")]
    summary = summarise(study, {"demands": Demands(_table(statuses))}, {}, notes)
    bad = [(f"r{i}", s) for i, s in enumerate(statuses) if s in ("failed", "crashed", "timeout")]
    assert [(f["id"], f["status"]) for f in summary["failures"]] == bad
    assert all(f["message"] for f in summary["failures"])
    assert summary["warnings"] == sorted(warnings)
    run = Run(study, Path(), {"demands": Demands(_table(statuses))}, {}, notes)
    assert bool(run.attention) == bool(bad or warnings)


def test_a_collapse_is_a_result() -> None:
    assert failures_of(_table(["ok", "collapsed"])) == []


def test_of_many_failures_the_first_are_named_and_the_rest_counted() -> None:
    lines = attention_lines({"warnings": [], "failures": failures_of(_table(["failed"] * 25))})
    assert len(lines) == 21
    assert lines[-1] == "5 more analyses failed; summary.json has all"


def test_what_levels_warn_of_is_told_with_the_level() -> None:
    study = parse_study(
        {
            "catalogue": {"provider": "simulated"},
            "structure": {"period_s": 1.0},
            "levels": [{"name": "rare", "sa_g": 0.5}],
        }
    )
    level = Run(study, Path(), {}, {}, [warning("NOT met: the check"), "plain"])
    other = Run(study, Path(), {}, {}, [])
    table = _table(["ok", "timeout"]).assign(level="rare", sa_g=0.5, annual_rate=0.01)
    levels = pd.DataFrame(
        [{"level": "rare", "sa_g": 0.5, "annual_rate": 0.01, "candidates": 9, "records": 2}]
    )
    demands = LevelDemands(table, levels, 1.0)
    assessments = {"risk": Assessment({"notes": [warning("beyond the curve")]})}
    run = LevelsRun(
        study, Path(), levels={"rare": level, "often": other}, demands=demands, assessments=assessments
    )
    assert run.attention == [
        "warning: level rare: NOT met: the check",
        "warning: risk: beyond the curve",
        "analysis rare, r1 timeout: m1",
    ]


def test_notes_carry_their_weight_to_the_terminal() -> None:
    assert noted(warning("a")) == "WARNING: a"
    assert noted(doubtful("a")) == "DOUBTFUL: a"
    assert noted("a") == "note: a"
    assert labelled("rare", warning("a")) == warning("rare: a")
    assert CheckOutcome("c", False, 0.5, 1.0).note.startswith("warning: NOT met: c")
    assert CheckOutcome("c", True, 1.5, 1.0).note.startswith("met: c")


@given(st.lists(st.floats(1e-4, 0.2), min_size=2, max_size=30))
def test_one_median_everywhere(drifts: list[float]) -> None:
    table = pd.DataFrame(
        {
            "id": [f"r{i}" for i in range(len(drifts))],
            "status": "ok",
            "peak_story_drift_ratio": drifts,
            "peak_story_drift_ratio_1": drifts,
        }
    )
    assessed = demand_summary(Demands(table)).values["peak_story_drift_ratio"]["median"]
    assert assessed == pytest.approx(drift_statistics(table).fit.median, rel=1e-12)
    np.testing.assert_allclose(assessed, gmean(drifts), rtol=1e-9)
