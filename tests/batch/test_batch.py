"""Many structures or levels in one campaign, members' notes and progress, and files of results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import gmplug
from gmplug.batch.cases import Case, Settings, run_cases
from gmplug.batch.display import MemberDisplay
from gmplug.batch.members import member_notes
from gmplug.batch.results import read_results
from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.notes import warning
from gmplug.study.schema import AnalysisSection
from gmplug.values import AnalysisResult, AnalysisTask
from tests.support.analyses import setup, tasks
from tests.support.displays import Recorder

_WATCHER = """
from pathlib import Path

import gmplug


@gmplug.hookimpl
def gmplug_analysis_finished(result):
    with Path(__file__).with_name("seen.txt").open("a") as stream:
        stream.write(result.id + "\\n")
"""


def _cases(folder: Path, shared: list[AnalysisTask]) -> list[Case]:
    common = {"run_dir": folder / "run", "base_dir": folder}
    return [
        Case("short", replace(setup(0.5), **common, folder="short"), shared),
        Case("wrong", replace(setup(0.8, no_such_option=1), **common, folder="wrong"), shared),
        Case("long", replace(setup(1.0), **common, folder="long"), shared),
    ]


def test_a_structure_that_cannot_be_built_stops_no_other_and_nothing_is_repeated(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "watch.py").write_text(_WATCHER)
    host, shown = Host([tmp_path / "watch.py"], entry_points=False), list[str]()
    settings = Settings(AnalysisSection(executor="serial"), host, 1, lambda *said: shown.append(said[2]))
    shared, complete = tasks(tmp_path, 2), list[str]()
    cases = _cases(tmp_path, shared)
    run_cases(settings, cases, lambda case: complete.append(case.name))
    short, wrong, long = cases
    assert complete == ["short", "long"]
    assert isinstance(wrong.error, InputError) and not wrong.results
    assert [task.id for task, _ in short.results] == ["m0", "m1"] == [r.id for _, r in long.results]
    assert short.description["periods_s"][0] == pytest.approx(0.5)
    assert (tmp_path / "seen.txt").read_text().split() == ["m0", "m1", "m0", "m1"]
    assert "short, m0: ok" in shown
    again = _cases(tmp_path, shared)
    run_cases(settings, again)
    assert [r for _, r in again[2].results] == [r for _, r in long.results]  # wall_s too: not run again


def test_further_analyses_follow_from_results(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    settings = Settings(AnalysisSection(executor="serial"), Host(entry_points=False), 1, lambda *_: None)
    (task,) = tasks(tmp_path, 1)
    case = _cases(tmp_path, [task])[0]

    def follow(done: AnalysisTask, result: AnalysisResult) -> list[AnalysisTask]:
        factor = 2.0 * done.scale_factor
        record = {**done.record, "scale_factor": factor}
        return [AnalysisTask(done.id, factor, record, name=f"{done.id}-{factor:g}")] if factor < 5.0 else []

    complete: list[int] = []
    run_cases(settings, [case], lambda one: complete.append(len(one.results)), follow=follow, most=3)
    assert [done.scale_factor for done, _ in case.results] == [1.0, 2.0, 4.0]
    assert complete == [3]


def test_a_note_of_all_members_stands_once() -> None:
    notes = {"level a": ["common", "own"], "level b": ["common", warning("other")]}
    assert member_notes(notes) == ["common", "level a: own", warning("level b: other")]
    assert member_notes({}) == []


def test_stages_and_notes_of_a_member_are_shown_once_with_its_name() -> None:
    seen = Recorder()
    shown = MemberDisplay(seen, "rare")
    for _ in range(2):
        shown.stage_started("target")
        shown.stage_finished("target", 0.1, reused=False, text="a target")
        shown.note("a note")
    assert seen.computed == ["rare target"]
    assert seen.notes == ["rare: a note"]


def test_results_of_the_first_version_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "audit.json").write_text('{"seed": 1}')
    pd.DataFrame({"id": ["a"]}).to_csv(tmp_path / "sets.csv", index=False)
    with pytest.raises(InputError) as caught:
        read_results(tmp_path, "audit.json", ("sets",), ("id",), "run it again")
    (line,) = caught.value.problems
    assert "made by gmplug 0.1.0; this is gmplug" in line and "; run it again, or" in line
    (tmp_path / "audit.json").write_text(f'{{"gmplug_version": "{gmplug.__version__}"}}')
    with pytest.raises(InputError, match="cannot be read"):
        read_results(tmp_path, "audit.json", ("none",), ("id",), "run it again")
