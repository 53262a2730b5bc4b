"""The chain: every stage writes what it decided; a second run does only what is needed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import filelock
import pandas as pd
import pytest

from gmplug.chain import STAGE_NAMES, Edits
from gmplug.errors import InputError
from gmplug.runs import load_run, run_study
from tests.support.displays import Recorder
from tests.support.studies import write_small_study

#: Names of the values of a whole run.
VALUES = {
    "catalogue",
    "target",
    "candidates",
    "clusters",
    "selection",
    "motions",
    "demands",
    "assessment",
    "report",
}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder with a study that has run once, and a copy of it to go back to."""
    folder = tmp_path_factory.mktemp("finished") / "study"
    run_study(write_small_study(folder), folder / "run")
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy)
    return folder, copy


@pytest.fixture
def again(finished: Path):
    """Run the finished study once more; return what happened and the run."""

    def run(change: tuple[str, str] | None = None, **options: Any):
        study = finished / "study.toml"
        if change is not None:
            assert change[0] in study.read_text()
            study.write_text(study.read_text().replace(*change))
        seen = Recorder()
        return seen, run_study(study, finished / "run", display=seen, **options)

    return run


def test_a_run_leaves_every_file_that_was_promised(finished: Path) -> None:
    run = finished / "run"
    names = {"study.toml", "candidates.csv", "target.csv", "clusters.csv", "selection.csv", "demands.csv"}
    assert names | {"report.html", "summary.json"} <= {path.name for path in run.iterdir()}
    assert list(pd.read_csv(run / "target.csv")) == ["period_s", "median_g", "sigma_ln"]
    assert list(pd.read_csv(run / "clusters.csv")) == ["id", "group", "cluster"]
    assert list(pd.read_csv(run / "candidates.csv"))[:3] == ["id", "group", "scale_factor"]
    assert list(pd.read_csv(run / "selection.csv"))[:4] == ["id", "group", "cluster", "scale_factor"]
    demands = pd.read_csv(run / "demands.csv")
    assert len(demands) == 6
    assert set(demands["status"]) == {"ok"}
    assert demands["peak_story_drift_ratio"].between(1e-4, 0.1).all()


def test_the_summary_holds_what_checks_rely_on(finished: Path) -> None:
    summary = json.loads((finished / "run" / "summary.json").read_text())
    assert summary["seed"] == 3
    candidates = pd.read_csv(finished / "run" / "candidates.csv")
    assert summary["candidates"] == len(candidates)
    for group in summary["groups"].values():
        assert len(group["sizes"]) == len(group["quotas"]) == group["clusters"]
        assert sum(group["sizes"]) == group["candidates"]
    assert sum(q for g in summary["groups"].values() for q in g["quotas"]) == 6
    assert {"count", "error", "max_median_error", "max_sigma_error"} <= set(summary["selection"])
    assert summary["analyses"] == {"ok": 6}
    assert set(summary["timing_s"]) == set(STAGE_NAMES)


def test_a_second_run_computes_nothing(again) -> None:
    seen, run = again()
    assert seen.computed == []
    assert set(run.values) == VALUES


def test_a_changed_option_computes_what_depends_on_it(again) -> None:
    seen, _ = again(("effort = 0.05", "effort = 0.06"))
    assert "selection" in seen.computed
    assert set(seen.reused) == {"catalogue", "target", "preselection", "clustering"}


def test_an_edit_of_the_model_computes_the_analyses_and_what_follows(again, finished: Path) -> None:
    model = finished / "model.py"
    model.write_text(model.read_text() + "\n# a note\n")
    seen, _ = again()
    assert seen.computed == ["analysis", "assessment", "report"]


def test_a_changed_record_computes_everything_that_saw_it(again, finished: Path) -> None:
    record = finished / "records" / "made00.csv"
    record.write_text("\n".join(record.read_text().splitlines()[:-1]) + "\n")
    seen, _ = again()
    assert {"catalogue", "preselection"} <= set(seen.computed)
    assert "target" in seen.reused


def test_the_number_of_workers_changes_nothing(again) -> None:
    seen, _ = again(workers=1)
    assert seen.computed == []


def test_same_seed_same_study_from_scratch(again, finished: Path, snapshot: tuple[Path, Path]) -> None:
    before = snapshot[1] / "run"
    seen, _ = again(fresh=True, workers=1)
    assert set(seen.computed) == set(STAGE_NAMES)
    for name in ("candidates.csv", "clusters.csv", "selection.csv", "target.csv"):
        assert (finished / "run" / name).read_bytes() == (before / name).read_bytes(), name
    columns = [c for c in pd.read_csv(before / "demands.csv") if c != "wall_s"]
    first, second = (pd.read_csv(d / "demands.csv")[columns] for d in (before, finished / "run"))
    pd.testing.assert_frame_equal(first, second)


def test_a_file_edited_by_hand_is_taken_and_what_follows_is_done_again(again, finished: Path) -> None:
    path = finished / "run" / "selection.csv"
    selection = pd.read_csv(path)
    selection.iloc[:4].to_csv(path, index=False)
    seen, run = again()
    assert seen.computed == ["motions", "analysis", "assessment", "report"]
    assert len(run.values["demands"].table) == 4
    assert "selection.csv was edited by hand; taken as it is" in seen.notes


def test_a_table_that_is_not_for_editing_is_refused(again, finished: Path) -> None:
    path = finished / "run" / "candidates_sa.parquet"
    spectra = pd.read_parquet(path)
    spectra.assign(**{name: 1.5 * spectra[name] for name in spectra if name != "id"}).to_parquet(path)
    for read in (again, lambda: load_run(finished / "run")):
        with pytest.raises(InputError, match=r"candidates_sa\.parquet: is not as gmplug wrote it"):
            read()
    path.unlink()
    seen, _ = again()
    assert seen.computed == ["preselection"]  # the same spectra again, and so all that follows is as before


def test_an_edit_is_kept_when_its_inputs_change(again, finished: Path) -> None:
    path = finished / "run" / "clusters.csv"
    path.write_text(path.read_text() + "\n")
    change = ("scale_factor = [0.1, 10.0]", "scale_factor = [0.2, 8.0]")
    with pytest.raises(InputError, match=r"you edited this file.*--keep clusters\.csv"):
        again(change)
    assert not (finished / "run" / "clusters.edited.csv").exists()
    seen, _ = again(edits=Edits(discard=("clusters.csv",)))
    assert "clustering" in seen.computed
    assert (finished / "run" / "clusters.edited.csv").is_file()


def test_until_stops_there(tmp_path: Path) -> None:
    seen = Recorder()
    run_study(write_small_study(tmp_path), tmp_path / "run", until="preselection", display=seen)
    assert seen.computed == ["target", "catalogue", "preselection"]
    assert (tmp_path / "run" / "candidates.csv").is_file()
    assert not (tmp_path / "run" / "clusters.csv").exists()


def test_what_was_computed_before_an_error_is_kept(tmp_path: Path) -> None:
    study = write_small_study(tmp_path)
    study.write_text(study.read_text().replace("count = 6", "count = 600"))
    with pytest.raises(InputError):
        run_study(study, tmp_path / "run")
    assert (tmp_path / "run" / "clusters.csv").is_file()
    study.write_text(study.read_text().replace("count = 600", "count = 6"))
    seen = Recorder()
    run_study(study, tmp_path / "run", until="selection", display=seen)
    assert seen.computed == ["selection"]


def test_a_second_run_in_the_same_folder_at_once_says_so(again, finished: Path) -> None:
    with (
        filelock.FileLock(finished / "run" / "run.lock"),
        pytest.raises(InputError, match="another run is at work"),
    ):
        again()


def test_a_run_can_be_read_back(finished: Path) -> None:
    run = load_run(finished / "run")
    assert set(run.values) == VALUES - {"report"}
    with pytest.raises(InputError, match="not a run directory"):
        load_run(finished)


def test_a_script_of_the_study_takes_part(tmp_path: Path) -> None:
    study = write_small_study(tmp_path)
    (tmp_path / "hooks.py").write_text(
        '''
import gmplug


@gmplug.hookimpl
def gmplug_filters():
    def veto(records):
        """records I do not trust"""
        return ~records["id"].str.contains("made03").to_numpy()

    return {"veto": veto}


@gmplug.hookimpl
def gmplug_extra_demands(task, ops, model):
    return {"end_velocity": ops.nodeVel(model.floor_nodes[-1], model.direction)}
'''
    )
    study.write_text(study.read_text().replace("seed = 3", 'seed = 3\nscripts = ["hooks.py"]'))
    run = run_study(study, tmp_path / "run")
    funnel = run.candidates.funnel.set_index("filter")
    assert funnel.loc["veto", "removed"] == 1
    assert funnel.loc["veto", "reason"] == "records I do not trust"
    assert run.values["demands"].table["end_velocity"].notna().all()
