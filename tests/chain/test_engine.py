"""What makes values: reuse, hand edits, events, times and notes, wherever values are made."""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gmplug
from gmplug import processors
from gmplug.assessment.stage import STAGE
from gmplug.chain import Stage
from gmplug.chain.edits import Edits, UndecidedEditError
from gmplug.chain.engine import Engine
from gmplug.chain.run import load_chain
from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.levels import LevelsRun
from gmplug.report import render
from gmplug.runs import run_study
from gmplug.study import Study, parse_study
from tests.support.displays import Recorder
from tests.support.studies import write_small_study

EVENTS = """
import os
import gmplug


def _write(line):
    with open(os.environ["GMPLUG_TEST_EVENTS"], "a") as stream:
        stream.write(line + "\\n")


@gmplug.hookimpl
def gmplug_stage_started(stage):
    _write(f"{stage} started")


@gmplug.hookimpl
def gmplug_stage_finished(stage, value, wall_s):
    _write(f"{stage} {type(value).__name__}")


@gmplug.hookimpl
def gmplug_assessments():
    def drawn(demands, selection, target):
        picture = gmplug.Picture(b"\\x89PNG a picture", "A picture of a plugin's.")
        return gmplug.Assessment({"mean": 1.0}, {"rows": demands.table[["id"]]}, {"own": picture})

    return {"drawn": drawn}


@gmplug.hookimpl
def gmplug_risk_assessments():
    def kept(demands, out_dir, factor: float = 1.0):
        assert not list(out_dir.iterdir())
        (out_dir / "sub").mkdir()
        (out_dir / "sub" / "input.csv").write_text(f"factor\\n{factor}\\n")
        return gmplug.Assessment({"factor": factor}, {"rows": demands.table[["id"]].assign(factor=factor)})

    return {"kept": kept}
"""


def _stage(run: Callable[..., Any], name: str = "toy") -> Stage:
    """A stage whose value is a mapping of names to texts, a file each."""

    def save(value: dict[str, str], run_dir: Path) -> None:
        (run_dir / "toy.json").write_text(json.dumps(sorted(value)))
        (run_dir / "toy").mkdir(exist_ok=True)
        for file, text in value.items():
            (run_dir / "toy" / f"{file}.txt").write_text(text)

    def load(run_dir: Path, **inputs: Any) -> dict[str, str]:
        names = json.loads((run_dir / "toy.json").read_text())
        return {file: (run_dir / "toy" / f"{file}.txt").read_text() for file in names}

    return Stage(
        name, (), (), files=("toy.json",), outputs=("toy/*.txt",), run=run, save=save, load=load,
        gist=lambda value: f"{len(value)} files",
    )  # fmt: skip


STUDY: Study = parse_study({"structure": {"period_s": 1.0}, "catalogue": {"provider": "simulated"}})


def _make(folder: Path, value: dict[str, str], mark: str, **how: Any) -> tuple[dict[str, str], Engine]:
    engine = Engine(folder, Host(entry_points=False), Recorder(), **how)
    stage = _stage(lambda context: value)
    return engine.make(stage, engine.context(STUDY), {}, mark), engine


def test_a_value_is_reused_until_its_fingerprint_changes(tmp_path: Path) -> None:
    assert _make(tmp_path, {"a": "1"}, "x")[0] == {"a": "1"}
    value, engine = _make(tmp_path, {"a": "2"}, "x")
    assert value == {"a": "1"} and engine.display.reused == ["toy"]  # type: ignore[attr-defined]
    assert engine.timing_s == {"toy": pytest.approx(engine.state.get("toy").wall_s, abs=1e-3)}
    value, engine = _make(tmp_path, {"b": "2"}, "y")
    assert value == {"b": "2"} and engine.display.computed == ["toy"]  # type: ignore[attr-defined]
    assert not (tmp_path / "toy" / "a.txt").exists()  # it is no part of the value any more
    (tmp_path / "toy" / "b.txt").unlink()
    assert _make(tmp_path, {"b": "3"}, "y")[0] == {"b": "3"}  # a file is gone: computed anew


NAMES = st.sampled_from(["a", "b", "c", "d"])


@settings(max_examples=40, deadline=None)
@given(
    first=st.dictionaries(NAMES, st.just("made"), min_size=1),
    second=st.dictionaries(NAMES, st.just("made again"), min_size=1),
    edited=st.sets(NAMES),
    own=st.sets(st.sampled_from(["a", "d", "e"])),
    fresh=st.booleans(),
)
def test_no_edit_and_no_file_of_a_user_is_ever_lost(
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[str, str],
    second: dict[str, str],
    edited: set[str],
    own: set[str],
    fresh: bool,
) -> None:
    folder = tmp_path_factory.mktemp("run")
    _make(folder, first, "x")
    files = folder / "toy"
    changed = edited & set(first)
    for name in changed:
        (files / f"{name}.txt").write_text(f"edited {name}")
    mine = own - set(first) - set(second)
    for name in mine:
        (files / f"{name}.txt").write_text(f"own {name}")
    value, engine = _make(folder, first, "x")
    assert value == {name: f"edited {name}" if name in changed else "made" for name in first}
    assert sorted(engine.notes) == [
        f"toy/{name}.txt was edited by hand; taken as it is" for name in sorted(changed)
    ]
    if changed and not fresh:
        with pytest.raises(UndecidedEditError, match="--keep"):
            _make(folder, second, "y")
    discard = Edits(discard=tuple(f"{name}.txt" for name in changed))
    assert _make(folder, second, "y", fresh=fresh, edits=discard)[0] == second
    assert _make(folder, second, "z")[0] == second  # and once more: what was put aside is not gmplug's
    for name in changed:
        assert (files / f"{name}.edited.txt").read_text() == f"edited {name}"
    for name in mine:
        assert (files / f"{name}.txt").read_text() == f"own {name}"
    left = {path.stem for path in files.glob("*.txt")}
    assert left == set(second) | mine | {f"{name}.edited" for name in changed}


def test_a_stage_not_wanted_any_more_leaves_the_edits(tmp_path: Path) -> None:
    _, engine = _make(tmp_path, {"a": "1", "b": "2"}, "x")
    (tmp_path / "toy" / "a.txt").write_text("mine")
    engine.drop(_stage(lambda context: {}))
    assert [path.name for path in (tmp_path / "toy").iterdir()] == ["a.edited.txt"]
    assert not (tmp_path / "toy.json").exists() and engine.state.names() == []


def test_a_step_is_timed_shown_and_told(tmp_path: Path, events: Path) -> None:
    host = Host([_script(tmp_path)], entry_points=False)
    engine = Engine(tmp_path, host, Recorder())
    with engine.step("work") as step:
        step.value, step.text = [1, 2], "two"
    assert engine.timing_s["work"] >= 0 and engine.display.computed == ["work"]  # type: ignore[attr-defined]
    assert events.read_text().split("\n")[:-1] == ["work started", "work list"]


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "events.txt"
    monkeypatch.setenv("GMPLUG_TEST_EVENTS", str(path))
    return path


def _script(folder: Path) -> Path:
    (folder / "events.py").write_text(EVENTS)
    return folder / "events.py"


def _cloud(folder: Path) -> Path:
    path = write_small_study(folder)
    _script(folder)
    text = path.read_text().replace("seed = 3", 'seed = 3\nscripts = ["events.py"]').replace("= 6", "= 2")
    text = text.replace('model = "model.py"', 'model = "sdof"').replace('"kmeans"', '"kmeans"\nk_max = 2')
    path.write_text(text + '[risk]\nassess = ["kept"]\n[cloud]\nfactors = [1.0]\n')
    return path


def test_events_of_clouds_and_their_assessments_and_edits_in_risk(tmp_path: Path, events: Path) -> None:
    path = _cloud(tmp_path / "study")
    out = tmp_path / "run"
    run = run_study(path, out)
    assert isinstance(run, LevelsRun)
    told = events.read_text().splitlines()
    assert told[-6:] == [
        "cloud started", "cloud LevelDemands", "risk kept started", "risk kept Assessment",
        "report started", "report Report",
    ]  # fmt: skip
    assert set(run.timing_s) >= {"selection", "cloud", "risk kept", "report"}
    assert run.timing_s == pytest.approx(json.loads((out / "summary.json").read_text())["timing_s"])

    folder = out / "risk" / "kept"
    (folder / "rows.csv").write_text("id,factor\nmine,7\n")
    (folder / "files" / "sub" / "input.csv").write_text("mine")
    (folder / "notes.txt").write_text("a user's")
    seen = Recorder()
    again = run_study(path, out, display=seen)
    assert isinstance(again, LevelsRun)
    assert again.assessments["kept"].tables["rows"]["factor"].tolist() == [7]
    assert "risk/kept/rows.csv was edited by hand; taken as it is" in seen.notes

    path.write_text(path.read_text() + "[risk.kept]\nfactor = 2.0\n")
    with pytest.raises(InputError, match=r"rows\.csv: you edited this file"):
        run_study(path, out)
    changed = run_study(path, out, edits=Edits(discard=("rows.csv", "input.csv")))
    assert isinstance(changed, LevelsRun)
    assert set(changed.assessments["kept"].tables["rows"]["factor"]) == {2.0}
    assert (folder / "rows.edited.csv").read_text() == "id,factor\nmine,7\n"
    assert (folder / "files.edited" / "sub" / "input.edited.csv").read_text() == "mine"
    assert (folder / "files" / "sub" / "input.csv").read_text() == "factor\n2.0\n"
    assert (folder / "notes.txt").read_text() == "a user's"

    path.write_text(path.read_text().replace('["kept"]', "[]"))
    run_study(path, out)
    assert {p.name for p in folder.iterdir()} == {"rows.edited.csv", "files.edited", "notes.txt"}

    opened = gmplug.load_run(out)
    assert isinstance(opened, LevelsRun) and opened.demands is not None
    assert len(opened.selection.records) == 2 and len(opened.demands.table) == 2


# -- pictures of assessments -------------------------------------------------------------------------


def test_pictures_of_an_assessment_are_kept_and_shown(tmp_path: Path) -> None:
    from PIL import Image

    stream = io.BytesIO()
    Image.new("RGB", (40, 20)).save(stream, "PNG")
    png = stream.getvalue()
    picture = gmplug.Picture(png, "What the plugin drew.", wide=True)
    STAGE.save(gmplug.Assessment({"a": 1}, {}, {"own": picture}), tmp_path)
    back = STAGE.load(tmp_path)
    assert back.pictures == {"own": picture}
    assert (tmp_path / "assessment_own.png").read_bytes() == png
    page = render({"assessment": back, "demands": None}, STUDY)
    assert base64.b64encode(png).decode() in page.html


# -- what an earlier run left ------------------------------------------------------------------------


def test_a_partial_run_adds_to_the_summary(tmp_path: Path) -> None:
    path = write_small_study(tmp_path / "study", records=16)
    out = tmp_path / "run"
    full = run_study(path, out, until="selection")
    run_study(path, out, until="selection")  # numbers read back differ in their last digits
    before = json.loads((out / "summary.json").read_text())
    assert before["selection"]["count"] == 6
    part = run_study(path, out, until="target")
    assert json.loads((out / "summary.json").read_text()) == before == part.summary
    with pytest.raises(InputError, match=r"the run has no selection; run the study up to stage selection"):
        _ = part.selection
    assert part.target.sa_g == full.target.sa_g and full.demands is None

    # What follows from an option that has changed is of another study, and goes.
    path.write_text(path.read_text().replace("sa_g = 0.15", "sa_g = 0.2"))
    run_study(path, out, until="target")
    now = json.loads((out / "summary.json").read_text())
    assert "selection" not in now and "selection" not in now["timing_s"]


def test_each_value_has_one_name_and_a_type(tmp_path: Path) -> None:
    path = write_small_study(tmp_path / "study", records=16)
    run = run_study(path, tmp_path / "run", until="selection")
    opened = gmplug.load_run(str(tmp_path / "run"))
    for one in (run, opened):
        assert isinstance(one, gmplug.Run)
        assert isinstance(one.catalogue, gmplug.Catalogue) and isinstance(one.candidates, gmplug.Candidates)
        assert isinstance(one.target, gmplug.Target) and isinstance(one.clusters, gmplug.Clusters)
        assert isinstance(one.selection, gmplug.Selection)
        assert one.demands is None and one.assessment is None and one.report is None
    pd.testing.assert_frame_equal(run.selection.records, opened.selection.records, check_dtype=False)
    levels = LevelsRun(run.study, run.run_dir, levels={"rare": run})
    with pytest.raises(InputError, match=r"each has its own selection: run\.levels\['rare'\]"):
        _ = levels.selection
    (tmp_path / "portfolio.toml").write_text("")
    with pytest.raises(InputError, match="run `gmplug portfolio` on its file again"):
        gmplug.load_run(tmp_path)  # nothing of it has been made
    with pytest.raises(InputError, match="the run of a portfolio"):
        load_chain(tmp_path)


# -- processors --------------------------------------------------------------------------------------


def _groups(folder: Path, files: dict[str, str], own: str) -> tuple[Path, Path]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "own").write_text(own)
    return folder, folder / "own"


@pytest.mark.parametrize(
    ("files", "own", "quotas"),
    [
        ({"cpu.max": "200000 100000\n"}, "0::/\n", [2.0]),
        ({"cpu.max": "max 100000\n"}, "0::/\n", []),
        ({}, "", []),
        ({"a/b/cpu.max": "max 100000", "a/cpu.max": "150000 100000"}, "0::/a/b\n", [1.5]),
        (
            {"cpu/j/cpu.cfs_quota_us": "300000", "cpu/j/cpu.cfs_period_us": "100000"},
            "4:cpu,x:/j",
            [3.0],
        ),
        ({"cpu/j/cpu.cfs_quota_us": "-1", "cpu/j/cpu.cfs_period_us": "100000"}, "4:cpu,x:/j", []),
        ({"cpu/cpu.cfs_quota_us": "5", "cpu/cpu.cfs_period_us": "1"}, "4:memory:/", []),
    ],
)
def test_quotas_of_control_groups(
    tmp_path: Path, files: dict[str, str], own: str, quotas: Sequence[float]
) -> None:
    assert processors.cgroup_quotas(*_groups(tmp_path, files, own)) == quotas


@pytest.mark.parametrize(
    ("files", "own", "limits_mb"),
    [
        ({"a/b/memory.max": "max\n", "a/memory.max": "2097152\n"}, "0::/a/b\n", [2.0]),
        ({"memory/j/memory.limit_in_bytes": "1048576\n"}, "4:memory:/j", [1.0]),
        ({"memory/j/memory.limit_in_bytes": "1048576\n"}, "4:cpu:/j", []),
        ({}, "", []),
    ],
)
def test_memory_limits_of_control_groups(
    tmp_path: Path, files: dict[str, str], own: str, limits_mb: Sequence[float]
) -> None:
    assert processors.memory_limits_mb(*_groups(tmp_path, files, own)) == limits_mb


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no affinity on this system")
@pytest.mark.parametrize(
    ("affinity", "quota", "expected"), [(3, "max", 3), (8, "250000", 3), (1, "400000", 1)]
)
def test_affinity_and_quota_bound_the_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, affinity: int, quota: str, expected: int
) -> None:
    root, own = _groups(tmp_path, {"cpu.max": f"{quota} 100000"}, "0::/")
    monkeypatch.setattr(processors, "_CGROUPS", root)
    monkeypatch.setattr(processors, "_OWN", own)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(affinity)))
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert processors.available_processors() == expected
    assert Engine(tmp_path, Host(entry_points=False)).context(STUDY).workers == expected


def test_processors_are_counted_in_one_place() -> None:
    package = Path(gmplug.__file__).parent
    for word in ("cpu_count", "sched_getaffinity"):
        found = [path.name for path in package.rglob("*.py") if word in path.read_text(encoding="utf-8")]
        assert found == ["processors.py"]


def test_stages_are_timed_in_one_place() -> None:
    package = Path(gmplug.__file__).parent
    for word in (".stage_started(", ".gmplug_stage_finished("):
        files = [path for path in package.rglob("*.py") if path.parent.name != "cli"]  # these show, not time
        found = {path.name for path in files if word in path.read_text(encoding="utf-8")}
        assert found - {"display.py"} <= {"engine.py", "run.py"}, word
