"""Records added until an estimate is accurate: killed and resumed, against closed forms, and its ends."""

from __future__ import annotations

import json
import math
import signal
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gmplug.analysis.store import STORE_FILE
from gmplug.assessment.accuracy import random_analyses, random_error
from gmplug.chain import Edits, Run
from gmplug.errors import InputError
from gmplug.runs import load_run, run_study
from tests.support.studies import write_small_study

_NATURAL_S, _CANDIDATES, _GOAL = 0.5, 30, 0.12
#: Kills the run when an analysis of the third batch ends, as long as the file ``armed`` is there.
_KILLER = """
import os, signal
from pathlib import Path

import gmplug

ended = []


@gmplug.hookimpl
def gmplug_analysis_finished(result):
    ended.append(result.id)
    armed = Path(__file__).with_name("armed")
    if armed.exists() and len(ended) == 6 + 10 + 12:
        armed.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
"""


def _write(folder: Path) -> Path:
    """A linear oscillator shorter than T*: its displacement is Sa(0.5 s), whose dispersion is known."""
    file = write_small_study(folder, records=_CANDIDATES)
    (folder / "killer.py").write_text(_KILLER)
    text = file.read_text().replace('model = "model.py"', f'model = "sdof"\nnatural_period_s = {_NATURAL_S}')
    text = text.replace("workers = 2", 'executor = "serial"').replace("effort = 0.05", "effort = 0.01")
    file.write_text(text.replace("seed = 3", 'seed = 3\nscripts = ["killer.py"]'))
    return file


def _stored(run_dir: Path) -> set[tuple[str, str, str]]:
    with closing(sqlite3.connect(run_dir / STORE_FILE)) as store:
        return set(store.execute("SELECT id, fingerprint, finished_utc FROM analyses"))


def _saved(run_dir: Path) -> dict[str, Any]:
    return tomllib.loads((run_dir / "study.toml").read_text())["selection"]


@pytest.fixture(scope="module")
def killed(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, set[tuple[str, str, str]], list[list[str]]]:
    """A study, and what its run had when it was killed."""
    file = _write(tmp_path_factory.mktemp("growth"))
    (file.parent / "armed").touch()
    command = [sys.executable, "-m", "gmplug", "run", str(file), "--accuracy", str(_GOAL), "--quiet"]
    ended = subprocess.run(command, check=False)
    assert ended.returncode == -signal.SIGKILL
    run_dir = file.parent / "small-run"
    return file, _stored(run_dir), _saved(run_dir)["batches"]


@pytest.fixture(scope="module")
def resumed(killed: tuple[Path, Any, Any]) -> Run:
    return run_study(killed[0], settings={"assessment.accuracy": _GOAL})


def test_a_killed_run_goes_on_with_its_batch(
    killed: tuple[Path, set[tuple[str, str, str]], list[list[str]]], resumed: Run
) -> None:
    _, before, batches = killed
    assert 10 < len(before) < 14  # in the middle of the third batch
    assert list(map(len, batches)) == [6, 4]
    after = _stored(resumed.run_dir)
    assert before <= after  # none was run again
    ids = set(resumed.selection.records["id"])
    assert {name for batch in batches for name in batch} < ids
    assert {name for name, _, _ in after} == ids
    assert len(after) == len(ids)


def test_it_ends_in_records_weights_and_the_accuracy(resumed: Run) -> None:
    assert resumed.assessment is not None
    found = resumed.assessment.values["accuracy"]
    table, records = (resumed.assessment.tables[name] for name in ("accuracy", "accuracy_records"))
    assert found["reached"] and found["error"] <= _GOAL
    assert (table["error_ln_median"].iloc[:-1] > _GOAL).all()
    assert list(table["analyses"]) == list(range(6, found["analyses"] + 1, 4))
    assert sorted(records["id"]) == sorted(resumed.selection.records["id"])
    assert records["weight"].sum() == pytest.approx(1.0)
    assert list(records["batch"].value_counts().sort_index()) == [6] + [4] * (len(table) - 1)
    assert resumed.attention == []
    again = load_run(resumed.run_dir)
    assert again.assessment.values["accuracy"] == found
    page = (resumed.run_dir / "report.html").read_text()
    assert f"{found['error']:.3g} after {found['analyses']} analyses, goal {_GOAL:g}." in page
    assert resumed.plot.accuracy().get_xlabel() == "Analyses"


def test_the_errors_are_those_of_the_closed_form(resumed: Run) -> None:
    """Displacement of a linear oscillator is Sa T²/(4 π²): error = s √(1/n − 1/N), s of ln Sa(0.5 s)."""
    assert resumed.demands is not None and resumed.assessment is not None
    periods = resumed.candidates.periods_s
    at = int(np.argmin(np.abs(periods - _NATURAL_S)))
    ln_sa = dict(zip(resumed.candidates.records["id"], resumed.candidates.ln_sa[:, at], strict=True))
    demands = resumed.demands.table
    expected = np.array([ln_sa[name] for name in demands["id"]])
    displacement = np.exp(expected) * 9.80665 * (_NATURAL_S / (2 * math.pi)) ** 2
    np.testing.assert_allclose(demands["peak_story_drift_ratio"], displacement, rtol=0.02)
    records = resumed.assessment.tables["accuracy_records"]
    for row in resumed.assessment.tables["accuracy"].itertuples():
        last = (row.analyses - 6) // 4 + 1
        part = np.array([ln_sa[name] for name in records["id"][records["batch"] <= last]])
        n = len(part)
        error = part.std(ddof=1) * math.sqrt(1 / n - 1 / _CANDIDATES)
        assert row.error_ln_median == pytest.approx(error, rel=0.03)
    goal = resumed.assessment.values["accuracy"]
    assert abs(goal["random_analyses"] - goal["analyses"]) <= 1  # a plain mean is worth what it is


def test_an_edited_set_is_asked_about_and_extended(resumed: Run) -> None:
    file, table = resumed.run_dir.parent / "study.toml", resumed.run_dir / "selection.csv"
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join([lines[0], *lines[2:]]))
    left = set(pd.read_csv(table)["id"])
    wanted = {"assessment.accuracy": 0.05, "assessment.accuracy_most": len(left) + 4}
    with pytest.raises(InputError, match="you edited this file"):
        run_study(file, settings=wanted)
    kept = run_study(file, settings=wanted, edits=Edits(keep=("selection.csv",)), until="assessment")
    assert set(kept.selection.records["id"]) == left
    assert any("kept as it was edited" in line for line in kept.attention)
    grown = run_study(file, settings=wanted, edits=Edits(discard=("selection.csv",)), until="assessment")
    assert left < set(grown.selection.records["id"])
    assert len(grown.selection.records) == len(left) + 4


def test_a_smaller_goal_continues_and_ends_with_all_candidates(resumed: Run) -> None:
    before = _stored(resumed.run_dir)
    file = resumed.run_dir.parent / "study.toml"
    most = len(before) + 2
    wanted = {"assessment.accuracy": 0.01, "assessment.accuracy_most": most}
    limited = run_study(file, settings=wanted, until="assessment")
    assert len(limited.selection.records) == most
    assert any(f"accuracy_most = {most} allows no more" in line for line in limited.attention)
    assert before < _stored(resumed.run_dir)
    whole = run_study(file, settings={"assessment.accuracy": 0.001, "assessment.accuracy_batch": 50})
    assert whole.assessment is not None
    assert whole.assessment.values["accuracy"]["error"] == 0.0  # nothing is left to chance
    assert len(whole.selection.records) == _CANDIDATES


def test_another_study_begins_anew(resumed: Run, tmp_path: Path) -> None:
    from gmplug.batch.growth import _alike

    one = tomllib.loads((resumed.run_dir / "study.toml").read_text())
    other = json.loads(json.dumps(one))
    other["assessment"]["accuracy"], other["selection"]["count"] = 0.3, 99
    assert _alike(one, other)
    other["target"]["sa_g"] = 0.2
    assert not _alike(one, other)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"selection.method": "cs-realizations"}, "cannot add records to a set"),
        ({"cloud": {"factors": [1.0]}}, "needs one level"),
        ({"structure.model": None}, "names no model"),
    ],
)
def test_what_cannot_be_extended_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    file = _write(tmp_path)
    settings: dict[str, Any] = {"assessment.accuracy": 0.1}
    if change.get("structure.model", "") is None:
        file.write_text(file.read_text().replace('model = "sdof"\nnatural_period_s = 0.5\n', ""))
    elif "cloud" in change:
        file.write_text(file.read_text() + "[cloud]\n")
    else:
        settings |= change
        file.write_text(file.read_text().replace("effort = 0.01\n", ""))
    with pytest.raises(InputError, match=message):
        run_study(file, tmp_path / "run", settings=settings)


def test_a_demand_that_there_is_not_is_refused(resumed: Run) -> None:
    file = resumed.run_dir.parent / "study.toml"
    with pytest.raises(InputError, match=r"no demand 'peak_drift'.*peak_story_drift_ratio"):
        run_study(file, settings={"assessment.accuracy": 0.1, "assessment.accuracy_of": "peak_drift"})


def test_random_selection_by_cochran() -> None:
    n = random_analyses(0.5, 0.05, 200)
    assert n == 67  # n0 = 100; 100 / (1 + 100/200)
    assert random_error(0.5, 100, math.inf) == pytest.approx(0.05)
    assert random_error(0.5, n, 200) <= 0.05 < random_error(0.5, n - 1, 200)
    assert random_analyses(math.nan, 0.05, 200) is None


def test_quotas_keep_what_earlier_batches_took() -> None:
    from gmplug.selection import largest_remainder

    assert largest_remainder(10, [30, 30, 40]) == [3, 3, 4]
    assert largest_remainder(10, [30, 30, 40], [5, 0, 0]) == [5, 2, 3]
    # more seats, fewer for one: the Alabama paradox of largest remainders
    assert largest_remainder(10, [6, 6, 2])[2] == 2
    assert largest_remainder(11, [6, 6, 2])[2] == 1
    assert largest_remainder(11, [6, 6, 2], [4, 4, 2]) == [5, 4, 2]
    assert pd.Series(largest_remainder(11, [6, 6, 2], [4, 4, 2])).sum() == 11
