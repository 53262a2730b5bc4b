"""What a user decided stays decided, and a stage depends on what it used, no more."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmplug import hookimpl
from gmplug.chain import STAGE_NAMES, Edits
from gmplug.chain.display import Display
from gmplug.chain.edits import put_aside
from gmplug.chain.fingerprint import stage_fingerprint
from gmplug.chain.stages import load_stage
from gmplug.cli import _guarded
from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.runs import run_study
from gmplug.selection.revise import reject
from gmplug.study import load_study
from tests.support.studies import write_small_study

HOOKS = """
import gmplug


@gmplug.hookimpl
def {hook}:
    return {returned}
"""


class Computed(Display):
    """Remembers which stages were computed."""

    def __init__(self) -> None:
        self.stages: list[str] = []

    def stage_finished(self, stage: str, wall_s: float, *, reused: bool, text: str) -> None:
        if not reused:
            self.stages.append(stage)


def _change(study: Path, old: str, new: str) -> None:
    text = study.read_text()
    assert old in text
    study.write_text(text.replace(old, new))


# -- what a stage depends on -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of several files, each of which some stages use."""
    folder = tmp_path_factory.mktemp("parts")
    study = write_small_study(folder, records=2)
    (folder / "filter.py").write_text(
        HOOKS.format(hook="gmplug_filters()", returned='{"veto": lambda records: None}')
    )
    (folder / "watch.py").write_text(HOOKS.format(hook="gmplug_analysis_finished(result)", returned="None"))
    (folder / "edp.py").write_text(HOOKS.format(hook="gmplug_extra_demands(task, ops, model)", returned="{}"))
    (folder / "gmm.csv").write_text("period_s,median_g,sigma_ln\n0.01,0.1,0.5\n3.0,0.1,0.5\n")
    _change(study, 'gmm = "BSSA14"', 'gmm_table = "gmm.csv"')
    _change(study, "seed = 3", 'seed = 3\nscripts = ["filter.py", "watch.py", "edp.py"]')
    return folder


#: Stages whose own fingerprint, apart from that of their inputs, changes with a file.
USED_BY = {
    "records/made00.csv": {"catalogue"},
    "gmm.csv": {"target"},
    "model.py": {"analysis"},
    "filter.py": {"preselection"},
    "edp.py": {"analysis"},
    "watch.py": set(),
    "notes.txt": set(),
}


def _fingerprints(folder: Path, *plugins: ModuleType) -> dict[str, str]:
    study = load_study(folder / "study.toml")
    host = Host(study.script_paths())
    for plugin in plugins:
        host._register(plugin, plugin.__name__, "somebody", "1.0")
    return {name: stage_fingerprint(load_stage(name), study, host, {}) for name in STAGE_NAMES}


@settings(max_examples=15, deadline=None)
@given(st.sets(st.sampled_from(sorted(USED_BY))))
def test_a_changed_file_is_noticed_by_the_stages_that_use_it(parts: Path, changed: set[str]) -> None:
    before = _fingerprints(parts)
    kept = {name: (parts / name).read_bytes() for name in changed if (parts / name).exists()}
    try:
        for name in changed:
            with (parts / name).open("a") as stream:
                stream.write("\n# changed\n" if name.endswith(".py") else "\n")
        after = _fingerprints(parts)
    finally:
        for name, content in kept.items():
            (parts / name).write_bytes(content)
    found = {name for name in STAGE_NAMES if before[name] != after[name]}
    assert found == set().union(*(USED_BY[name] for name in changed))


@settings(max_examples=10, deadline=None)
@given(
    st.sets(
        st.sampled_from(["gmplug_catalogues", "gmplug_targets", "gmplug_clusterers", "gmplug_selectors",
                         "gmplug_structures", "gmplug_ground_motion_models", "gmplug_executors"]),
        min_size=1,
    )
)  # fmt: skip
def test_an_unrelated_plugin_makes_nothing_stale(parts: Path, hooks: set[str]) -> None:
    plugin = ModuleType("somebody_else")

    def offer(hook: str) -> Any:
        def function() -> dict[str, Any]:
            return {f"another-{hook}": lambda: None}

        function.__name__ = hook
        return hookimpl(function)

    for hook in hooks:
        setattr(plugin, hook, offer(hook))
    assert _fingerprints(parts, plugin) == _fingerprints(parts)


def test_an_installed_plugin_counts_where_it_is_used(parts: Path) -> None:
    plugin = ModuleType("somebody_damps")

    def gmplug_damping(ops: Any, model: Any, damping_ratio: float) -> None:
        pass

    plugin.gmplug_damping = hookimpl(gmplug_damping)  # type: ignore[attr-defined]
    before, after = _fingerprints(parts), _fingerprints(parts, plugin)
    assert {name for name in STAGE_NAMES if before[name] != after[name]} == {"analysis"}


# -- decisions ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study that has run up to its selection, and a copy of it beside."""
    folder = tmp_path_factory.mktemp("decided") / "study"
    run_study(write_small_study(folder), folder / "run", until="selection")
    shutil.copytree(folder, folder.with_name("copy"))
    return folder


@pytest.fixture
def decided(snapshot: Path) -> Path:
    """The folder as it was after the run."""
    shutil.rmtree(snapshot)
    shutil.copytree(snapshot.with_name("copy"), snapshot)
    return snapshot


def _run(folder: Path, **options: Any) -> tuple[list[str], Any]:
    seen = Computed()
    run = run_study(folder / "study.toml", folder / "run", until="selection", display=seen, **options)
    return seen.stages, run


def test_a_rejected_record_stays_out_of_a_selection_made_anew(decided: Path) -> None:
    ids = pd.read_csv(decided / "run" / "selection.csv")["id"].tolist()
    reject(decided / "run", ids[:1])
    computed, run = _run(decided)
    assert computed == []
    assert ids[0] not in set(run.selection.records["id"])
    reject(decided / "run", run.selection.records["id"].tolist()[:1])
    for change in (("effort = 0.05", "effort = 0.06"), ("sa_g = 0.15", "sa_g = 0.16")):
        _change(decided / "study.toml", *change)
        computed, run = _run(decided)
        assert "selection" in computed
        assert not set(pd.read_csv(decided / "run" / "rejected.csv")["id"]) & set(run.selection.records["id"])
        assert len(run.selection.records) == 6
    computed, run = _run(decided, fresh=True)
    assert ids[0] not in set(run.selection.records["id"])
    (decided / "run" / "rejected.csv").unlink()
    assert _run(decided)[0] == ["selection"]  # taking the decision back counts


def test_an_edit_of_the_model_recomputes_the_analysis_alone(decided: Path) -> None:
    first = pd.read_csv(decided / "run" / "selection.csv")["id"].iloc[0]
    reject(decided / "run", [first])
    with (decided / "model.py").open("a") as stream:
        stream.write("\n# a note\n")
    computed, run = _run(decided)
    assert computed == []
    assert first not in set(run.selection.records["id"])


@pytest.mark.parametrize("name", ["candidates.csv", "target.csv", "clusters.csv", "selection.csv"])
def test_an_edit_is_never_lost_without_being_asked(
    decided: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = decided / "run" / name
    table = pd.read_csv(path, dtype=str)
    if name in ("candidates.csv", "selection.csv"):
        table = table.iloc[:-1]
    elif name == "target.csv":
        table["sigma_ln"] = (table["sigma_ln"].astype(float) * 1.1).astype(str)
    else:
        table["cluster"] = "1"
    table.to_csv(path, index=False)
    edited = path.read_bytes()
    if name in ("candidates.csv", "target.csv"):
        _change(decided / "study.toml", "scale_factor = [0.1, 10.0]", "scale_factor = [0.09, 11.0]")
        _change(decided / "study.toml", "sa_g = 0.15", "sa_g = 0.151")
    elif name == "clusters.csv":
        _change(decided / "study.toml", 'method = "kmeans"', 'method = "kmeans"\nk_max = 5')
    else:
        _change(decided / "study.toml", "effort = 0.05", "effort = 0.07")
    arguments = ["run", str(decided / "study.toml"), "--out", str(decided / "run"), "--until", "selection"]
    assert _guarded([*arguments, "--quiet"], debug=False) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"--keep {name}" in line and f"--discard {name}" in line and "--fresh" in line
    assert path.read_bytes() == edited
    if name != "target.csv":  # the candidates' scale factors follow from it
        before = shutil.copytree(decided / "run", decided / "before")
        assert _guarded([*arguments, "--quiet", "--keep", name], debug=False) != 2
        assert path.read_bytes() == edited
        assert _guarded([*arguments, "--quiet"], debug=False) != 2  # it is not asked again
        shutil.rmtree(decided / "run")
        before.rename(decided / "run")
    assert _guarded([*arguments, "--quiet", "--discard", name], debug=False) != 2
    aside = path.with_suffix(".edited.csv")
    assert aside.read_bytes() == edited and path.read_bytes() != edited


def test_what_is_to_become_of_edits_is_said_once() -> None:
    with pytest.raises(InputError, match=r"both name selection\.csv"):
        Edits(keep=("selection.csv",), discard=("selection.csv",))
    edits = Edits(keep=("rare/selection.csv",))
    assert edits.kept(Path("/run/levels/rare"), ["selection.csv"], "selection")
    with pytest.raises(InputError, match=r"--keep selection\.csv"):
        edits.kept(Path("/run/levels/often"), ["selection.csv"], "selection")


def test_a_second_edit_put_aside_does_not_replace_the_first(tmp_path: Path) -> None:
    for text in ("first", "second"):
        (tmp_path / "a.csv").write_text(text)
        put_aside(tmp_path / "a.csv")
    assert (tmp_path / "a.edited.csv").read_text() == "first"
    assert (tmp_path / "a.edited-2.csv").read_text() == "second"


def test_a_memory_that_cannot_be_read_is_not_taken_for_none(decided: Path) -> None:
    (decided / "run" / "stages.json").write_text("{")
    with pytest.raises(InputError, match="it shows which files of the run you edited"):
        _run(decided)
    computed, _ = _run(decided, fresh=True)
    assert "selection" in computed
    assert json.loads((decided / "run" / "stages.json").read_text())


def test_a_record_put_back_by_hand_that_is_rejected_is_told(decided: Path) -> None:
    path = decided / "run" / "selection.csv"
    before = path.read_bytes()
    first = pd.read_csv(path)["id"].iloc[0]
    reject(decided / "run", [first])
    path.write_bytes(before)
    with pytest.raises(InputError, match=f"'{first}' is rejected; remove the row here, or in rejected.csv"):
        _run(decided)
