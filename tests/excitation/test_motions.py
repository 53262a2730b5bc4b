"""The stage motions: what a provider makes excites the model, is exported, and is checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gmplug
from gmplug.chain.fingerprint import stage_fingerprint
from gmplug.chain.stage import StageContext
from gmplug.errors import InputError, PluginError, StudyError
from gmplug.excitation.files import table_problems
from gmplug.excitation.stage import STAGE, unchanged
from gmplug.host import Host
from gmplug.runs import run_study
from gmplug.study import parse_study
from gmplug.values import Motions, Selection, Target, no_progress
from tests.support.studies import write_small_study

PROVIDER = """
import numpy as np
import pandas as pd
import gmplug


@gmplug.hookimpl
def gmplug_motions():
    def softened(selection, motions, out_dir, share: float = 0.5):
        rows = []
        for motion in motions:
            path = out_dir / f"{motion.id}.csv"
            time = motion.time_step_s * np.arange(motion.points)
            np.savetxt(path, np.column_stack([time, share * motion.acceleration_g()]), delimiter=",",
                       fmt="%.9g", header="time (s), acceleration (g)")
            rows.append({"id": motion.id, "file_h1": str(path), "scale_factor": 1.0})
        return gmplug.Motions(pd.DataFrame(rows), notes=("softened",), facts={"share": share})

    return {"softened": softened}
"""


def softened_study(folder: Path) -> Path:
    study = write_small_study(folder)
    (folder / "hooks.py").write_text(PROVIDER)
    text = study.read_text().replace("seed = 3\n", 'seed = 3\nscripts = ["hooks.py"]\n')
    study.write_text(text + '[motions]\nprovider = "softened"\n')
    return study


def test_what_a_provider_makes_is_analysed_exported_and_kept(tmp_path: Path) -> None:
    study = softened_study(tmp_path / "study")
    run = run_study(study, tmp_path / "run")
    selection, made, demands = (run.values[name] for name in ("selection", "motions", "demands"))
    assert run.summary["motions"] == {"share": 0.5}
    assert "softened" in run.notes
    assert list(demands.table["scale_factor"]) == [1.0] * 6
    for motion, row in zip(
        gmplug.motions(tmp_path / "run"), selection.records.to_dict("records"), strict=True
    ):
        recorded = gmplug.read_motion(row).horizontal_g[0] * row["scale_factor"]
        np.testing.assert_allclose(motion.acceleration_g(), 0.5 * recorded, rtol=1e-6, atol=1e-9)
    study.write_text(study.read_text() + "share = 0.25\n")  # the same files, with other content
    again = run_study(study, tmp_path / "run").values["demands"].table
    drift = "peak_roof_displacement_m"
    assert (again[drift] < 0.8 * demands.table[drift]).all()
    edited = pd.read_csv(tmp_path / "run" / "selection.csv")
    edited.loc[0, "scale_factor"] *= 2
    edited.to_csv(tmp_path / "run" / "selection.csv", index=False)
    with pytest.raises(InputError, match=r"edited after the motions were made .*run the study again"):
        gmplug.motions(tmp_path / "run")
    path = Path(made.table["file_h1"][1])
    path.write_text(path.read_text().replace("0.1", "0.2"))
    with pytest.raises(InputError, match=r"this motion was changed after the stage motions wrote it"):
        STAGE.load(tmp_path / "run")
    path.unlink()
    with pytest.raises(InputError, match=r"is missing; run with --fresh"):
        STAGE.load(tmp_path / "run")


def test_a_run_directory_may_be_moved(tmp_path: Path) -> None:
    study = softened_study(tmp_path / "study")
    run_study(study, tmp_path / "run", until="motions")
    (tmp_path / "run").rename(tmp_path / "moved")
    assert len(gmplug.motions(tmp_path / "moved")) == 6
    assert all(
        Path(f).is_relative_to(tmp_path / "moved") for f in STAGE.load(tmp_path / "moved").table["file_h1"]
    )


def test_ida_and_cloud_refuse_changed_motions(tmp_path: Path) -> None:
    study = softened_study(tmp_path)
    for section in ("ida", "cloud"):
        text = study.read_text()
        study.write_text(text + f"[{section}]\n")
        with pytest.raises(
            InputError, match=rf"provider 'softened': \[{section}\] scales the recorded motions"
        ):
            run_study(study, tmp_path / "run")
        study.write_text(text)


def small(ids: list[str], **columns: object) -> Selection:
    records = pd.DataFrame(
        {"id": ids, "file_h1": "a.at2", "file_h2": "b.at2", "file_v": "v.at2", "scale_factor": 2.0, **columns}
    )
    return Selection(records, np.zeros((len(ids), 2)), pd.DataFrame(), 0.0, 0.0, 0.0)


TARGET = Target(np.array([0.5, 1.0]), np.zeros(2), np.eye(2), conditioning_period_s=1.0, sa_g=1.0)


def test_without_a_model_nothing_is_read(tmp_path: Path) -> None:
    study = parse_study(
        {"catalogue": {"provider": "simulated"}, "structure": {"period_s": 1.0}}, tmp_path / "study.toml"
    )
    selection = small(["A", "B"], file_h1="")
    context = StageContext(study, Host(), tmp_path, 1, no_progress)
    made = STAGE.run(context, selection=selection, target=TARGET)
    assert list(made.table["scale_factor"]) == [2.0, 2.0]
    assert not made.table["changed"].any()
    study = parse_study(
        {"catalogue": {"provider": "simulated"}, "structure": {"period_s": 1.0, "model": "sdof"}},
        tmp_path / "study.toml",
    )
    with pytest.raises(StudyError, match="2 of 2 selected records have no waveform file"):
        STAGE.run(replace(context, study=study), selection=selection, target=TARGET)


def test_what_the_provider_leaves_out_is_not_the_selections() -> None:
    made = Motions(pd.DataFrame({"id": ["A"], "file_h1": ["m.at2"], "scale_factor": [1.0]}))
    (record,) = made.records(small(["A"])).to_dict("records")
    assert (record["file_h1"], record["file_h2"], record["file_v"]) == ("m.at2", "", "")
    assert unchanged(small(["A"])).records(small(["A"]))["file_v"].tolist() == ["v.at2"]


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("3", "returned int, not gmplug.Motions"),
        ("gmplug.Motions(selection.records[['id']])", r"column\(s\) file_h1, scale_factor missing"),
        ("gmplug.Motions(selection.records.iloc[1:])", r"record 'made\d+' is not as in the selection"),
        (
            "gmplug.Motions(selection.records.iloc[::-1])",
            "the order of the records is not as in the selection",
        ),
        ("gmplug.Motions(selection.records.assign(scale_factor=0.0))", "scale_factor is 0; it has to be"),
        ("gmplug.Motions(selection.records.assign(file_h1='no.at2'))", "file of a motion is missing: no.at2"),
        ("gmplug.Motions(selection.records, facts={'a': object()})", "its facts cannot be written as JSON"),
        (
            "gmplug.Motions(selection.records, tables={'a b': None})",
            "table 'a b' needs a name",
        ),
    ],
)
def test_what_a_provider_does_wrong_is_named(
    finished: Path, tmp_path: Path, returned: str, said: str
) -> None:
    (tmp_path / "hooks.py").write_text(
        "import gmplug\n@gmplug.hookimpl\ndef gmplug_motions():\n"
        f"    def bad(selection):\n        return {returned}\n    return {{'bad': bad}}\n"
    )
    run = gmplug.run_study(finished / "study.toml", finished / "run", until="selection")
    content = {
        "catalogue": {"provider": "simulated"},
        "structure": {"period_s": 1.0},
        "motions": {"provider": "bad"},
    }
    study = parse_study(content, tmp_path / "study.toml")
    context = StageContext(study, Host([tmp_path / "hooks.py"]), tmp_path, 1, no_progress)
    with pytest.raises(PluginError, match=said):
        STAGE.run(context, selection=run.values["selection"], target=run.values["target"])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    gmplug.run_study(write_small_study(folder), folder / "run", until="selection")
    return folder


def test_other_options_of_the_analyses_make_no_motions_anew(tmp_path: Path) -> None:
    def fingerprint(**analysis: object) -> str:
        content = {
            "catalogue": {"provider": "simulated"},
            "structure": {"period_s": 1.0, "model": "sdof"},
            "analysis": analysis,
        }
        return stage_fingerprint(STAGE, parse_study(content, tmp_path / "study.toml"), Host(), {})

    assert fingerprint(damping=0.02) == fingerprint()
    assert fingerprint(scaling="record") != fingerprint()


ids = st.lists(st.text("AB1", min_size=1, max_size=3), min_size=1, max_size=5)


@settings(max_examples=100, deadline=None)
@given(ids, ids, st.lists(st.floats(), min_size=5, max_size=5))
def test_a_table_is_right_or_refused(selected: list[str], made: list[str], factors: list[float]) -> None:
    table = pd.DataFrame({"id": made, "file_h1": "a.at2", "scale_factor": factors[: len(made)]})
    right = made == selected and all(0 < f < np.inf for f in factors[: len(made)])
    assert bool(list(table_problems(table, small(selected)))) is not right
