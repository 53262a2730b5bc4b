"""Several hazard levels as one study: a chain each, a shared catalogue, assessments of all, one report."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import gmplug
from gmplug.cli import cli
from gmplug.errors import InputError
from gmplug.fragility.fits import fit_stripes
from gmplug.levels import LevelsRun
from gmplug.runs import load_run, run_study
from gmplug.study import load_study, parse_study
from tests.support.displays import Recorder
from tests.support.places import EXAMPLES
from tests.support.studies import write_levels_study, write_small_study


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("levels") / "study"
    run_study(write_levels_study(folder), folder / "run")
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy)
    return folder, copy


def _again(folder: Path, **options: Any) -> tuple[Recorder, LevelsRun]:
    seen = Recorder()
    run = run_study(folder / "study.toml", folder / "run", display=seen, **options)
    assert isinstance(run, LevelsRun)
    return seen, run


def test_every_level_is_a_run_of_its_own_on_one_catalogue(finished: Path) -> None:
    run_dir = finished / "run"
    assert (run_dir / "catalogue.parquet").is_file()
    assert not (run_dir / "training.json").exists()  # k-means does not train
    for name, sa_g in (("often", 0.1), ("design", 0.3), ("rare", 0.8)):
        level = run_dir / "levels" / name
        assert not (level / "catalogue.parquet").exists()
        run = load_run(level)
        assert run.target.sa_g == pytest.approx(sa_g)
        assert len(run.catalogue.records) == 24
        assert {"selection.csv", "demands.csv", "report.html"} <= {path.name for path in level.iterdir()}
    assert load_run(run_dir / "levels" / "rare").values["target"].scenario.magnitude == 7.2


def test_demands_of_all_levels_are_in_one_table(finished: Path) -> None:
    table = pd.read_csv(finished / "run" / "demands.csv")
    assert list(table)[:4] == ["level", "sa_g", "annual_rate", "id"]
    own = pd.read_csv(finished / "run" / "levels" / "design" / "demands.csv")
    rows = table[table["level"] == "design"].reset_index(drop=True)
    same = [name for name in own if name != "history"]
    assert rows[same].fillna("").astype(str).equals(own[same].fillna("").astype(str))
    for level, name, peak in rows[["level", "id", "peak_story_drift_ratio"]].itertuples(index=False):
        found = gmplug.read_histories(finished / "run", name, level=level)
        assert found["story_drift_ratio_1"].abs().max() == pytest.approx(peak)
        assert found.equals(gmplug.read_histories(finished / "run" / "levels" / level, name))
    levels = pd.read_csv(finished / "run" / "levels.csv")
    assert levels["level"].tolist() == ["often", "design", "rare"]
    np.testing.assert_allclose(levels["annual_rate"], [1 / 72, 1 / 475, 0.0004])
    assert pd.read_csv(finished / "run" / "hazard.csv")["sa_g"].tolist() == pytest.approx([0.1, 0.3, 0.8])


def test_the_fragility_is_that_of_the_counts_in_the_files(finished: Path) -> None:
    table = pd.read_csv(finished / "run" / "demands.csv")
    above = (table["peak_story_drift_ratio"] > 0.05) | (table["status"] == "collapsed")
    counts = above.groupby(table["sa_g"]).agg(["count", "sum"])
    fit = fit_stripes(
        counts.index.to_numpy(), counts["count"].to_numpy(float), counts["sum"].to_numpy(float), 0.4
    )
    found = pd.read_csv(finished / "run" / "risk" / "fragility" / "fragility.csv").set_index("limit")
    assert found.loc["drift above 5 %", "median_g"] == pytest.approx(fit.median_g)
    assert found.loc["drift above 5 %", "beta"] == pytest.approx(fit.beta)


def test_a_plugin_sees_what_stands_before_it_and_keeps_files(finished: Path) -> None:
    folder = finished / "run" / "risk" / "counting"
    facts = json.loads((folder / "assessment.json").read_text())
    assert facts["values"]["seen"] == ["fragility", "risk"]
    assert facts["values"]["points"] == 3
    assert (folder / "files" / "own.txt").read_text() == "mine"
    assert (folder / "again.png").is_file()
    assert pd.read_csv(folder / "counts.csv")["analyses"].tolist() == [6, 6, 6]


def test_the_report_and_the_summary_cover_all(finished: Path) -> None:
    summary = json.loads((finished / "run" / "summary.json").read_text())
    assert set(summary["levels"]) == {"often", "design", "rare"}
    assert summary["levels"]["design"]["selection"]["count"] == 6
    assert sum(summary["analyses"].values()) == 18
    assert summary["risk"]["counting"]["headline"] == {"counted": 18}
    page = (finished / "run" / "report.html").read_text(encoding="utf-8")
    for text in (
        "Fragility",
        "levels/design/report.html",
        "Seen before.",
        "probability of collapse in 50 years",
    ):
        assert text in page
    assert "simulated" not in page.lower()
    before = page
    done = CliRunner().invoke(cli, ["report", str(finished / "run")])
    assert done.exit_code == 0, done.output
    assert "Seen before." in (finished / "run" / "report.html").read_text(encoding="utf-8")
    assert len(before) == pytest.approx(len((finished / "run" / "report.html").read_text()), rel=0.05)


def test_a_second_run_computes_only_the_page(finished: Path) -> None:
    seen, run = _again(finished)
    assert seen.computed == ["report"]
    assert "risk fragility" in seen.reused
    assert list(run.assessments) == ["fragility", "risk", "counting"]


def test_a_change_of_one_level_leaves_the_others(finished: Path) -> None:
    study = finished / "study.toml"
    study.write_text(study.read_text().replace("sa_g = 0.3", "sa_g = 0.35"))
    seen, run = _again(finished)
    assert not [name for name in seen.computed if name.startswith(("often", "rare"))]
    assert {"design target", "design selection", "risk fragility", "risk risk"} <= set(seen.computed)
    assert "catalogue" in seen.reused
    assert run.table["sa_g"].tolist() == pytest.approx([0.1, 0.35, 0.8])


def test_a_hand_edited_selection_of_a_level_is_taken(finished: Path) -> None:
    path = finished / "run" / "levels" / "rare" / "selection.csv"
    pd.read_csv(path).iloc[:4].to_csv(path, index=False)
    seen, run = _again(finished)
    assert "rare: selection.csv was edited by hand; taken as it is" in seen.notes
    assert run.demands is not None
    assert run.demands.table.groupby("level").size()["rare"] == 4


def test_until_stops_every_level_there(tmp_path: Path) -> None:
    run = run_study(write_levels_study(tmp_path), tmp_path / "run", until="selection")
    assert isinstance(run, LevelsRun)
    assert run.demands is None
    assert (tmp_path / "run" / "levels" / "rare" / "selection.csv").is_file()
    assert not (tmp_path / "run" / "report.html").exists()
    assert set(json.loads((tmp_path / "run" / "summary.json").read_text())["levels"]) == {
        "often",
        "design",
        "rare",
    }


def test_a_partial_run_keeps_what_still_holds(finished: Path) -> None:
    _again(finished)  # numbers read back differ in their last digits
    before = json.loads((finished / "run" / "summary.json").read_text())
    demands = (finished / "run" / "demands.csv").read_bytes()
    _, run = _again(finished, until="selection")
    after = json.loads((finished / "run" / "summary.json").read_text())
    assert after["risk"] == before["risk"] and after["analyses"] == before["analyses"]
    assert after["levels"] == before["levels"]
    assert (finished / "run" / "demands.csv").read_bytes() == demands
    assert run.levels["rare"].demands is None and run.levels["rare"].selection.records is not None
    study = finished / "study.toml"
    study.write_text(study.read_text().replace("count = 6", "count = 5"))
    _, run = _again(finished, until="selection")
    after = json.loads((finished / "run" / "summary.json").read_text())
    assert after["analyses"] == {} and after["risk"] == {} and run.demands is None


def test_a_level_reads_its_sa_from_the_hazard_curve(tmp_path: Path) -> None:
    path = write_levels_study(tmp_path)
    (tmp_path / "curve.csv").write_text("sa_g,annual_rate\n0.05,0.05\n0.5,0.0005\n")
    text = (
        path.read_text()
        .replace("[risk]\n", '[risk]\nhazard_curve = "curve.csv"\n')
        .replace("sa_g = 0.3\n", "")
    )
    path.write_text(text)
    run = run_study(path, tmp_path / "run", until="target")
    assert isinstance(run, LevelsRun)
    sa = run.table.set_index("level").loc["design", "sa_g"]
    assert sa == pytest.approx(0.05 * (0.05 * 475) ** 0.5)  # slope −2 in log-log


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('"counting"]', '"counting"]\nhazard_curve = "no.csv"'), "no.csv: no such file"),
        (("sa_g = 0.3\nreturn_period_years = 475", ""), "2: give sa_g, epsilon, or a rate"),
        (("sa_g = 0.3\n", ""), "'design': give sa_g or epsilon, or .risk. hazard_curve"),
        (('"counting"]', '"countin"]'), "unknown risk assessment 'countin'; did you mean 'counting'"),
        (("samples = 50", "sample = 50"), "unknown option 'sample'"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    path = write_levels_study(tmp_path)
    assert change[0] in path.read_text()
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(InputError, match=message):
        run_study(path, tmp_path / "run")


def test_levels_have_distinct_names() -> None:
    level = {"name": "a", "sa_g": 0.1}
    with pytest.raises(InputError, match="occurs twice"):
        parse_study(
            {
                "catalogue": {"provider": "simulated"},
                "structure": {"period_s": 1.0},
                "levels": [level, level | {"name": "A"}],
            }
        )


def test_the_resolved_study_can_be_read_again(finished: Path) -> None:
    again = load_study(finished / "run" / "study.toml")
    assert [level.name for level in again.levels] == ["often", "design", "rare"]
    assert again.risk.options_of("fragility")["samples"] == 50


def test_from_levels_to_the_resilience_index(finished: Path) -> None:
    path = finished / "study.toml"
    text = path.read_text().replace(
        'assess = ["fragility", "risk", "counting"]', 'assess = ["hazus-losses", "resilience"]'
    )
    text = text.replace('[risk.counting]\nunit = "analyses"', '[risk.hazus-losses]\nbuilding_type = "C1"')
    path.write_text(text.replace("[risk.fragility]\ndrift_thresholds = [0.02, 0.05]\nsamples = 50\n", ""))
    seen, result = _again(finished)
    assert "rare analysis" in seen.reused
    folder = finished / "run" / "risk"
    losses = pd.read_csv(folder / "hazus-losses" / "losses.csv")
    assert losses.groupby("level").size().to_dict() == {"often": 1000, "design": 1000, "rare": 1000}
    by_level = pd.read_csv(folder / "resilience" / "resilience_by_level.csv")
    assert by_level["level"].to_list() == ["often", "design", "rare"]
    assert by_level["resilience_index"].is_monotonic_decreasing and by_level["resilience_index"].iloc[-1] < 1
    values = result.assessments["resilience"].values
    assert values["losses_from"] == "hazus-losses"
    low, high = by_level["resilience_index"].min(), by_level["resilience_index"].max()
    assert low < values["resilience_index"] < high
    page = (finished / "run" / "report.html").read_text()
    # The page shows the beginning of a long table; the file has it all.
    assert "first 200 of 3000 rows of losses.csv" in page and len(page) < 5_000_000


def test_the_two_resilience_examples_differ_in_their_losses_alone() -> None:
    example = EXAMPLES / "resilience"
    hazus, pelicun = (load_study(example / f"{name}.toml").model_dump() for name in ("study", "pelicun"))
    assert hazus["risk"].pop("assess") == ["fragility", "risk", "hazus-losses", "resilience"]
    assert pelicun["risk"].pop("assess") == ["fragility", "risk", "pelicun", "resilience"]
    assert pelicun["risk"].pop("pelicun") == {"floor_area_m2": 2007}
    assert hazus["risk"].pop("hazus-losses") == {
        "building_type": "S1", "design_level": "high", "occupancy": "COM4",
    }  # fmt: skip
    assert hazus == pelicun


def test_the_resilience_example_in_small(tmp_path: Path) -> None:
    """As it stands but for the catalogue, the model and the number of records."""
    example = EXAMPLES / "resilience"
    write_small_study(tmp_path, records=40)
    shutil.copy(example / "hazard.csv", tmp_path)
    text = (example / "study.toml").read_text(encoding="utf-8")
    for old, new in (
        ('provider = "simulated"', 'provider = "accelerograms"\npath = "records"'),
        ('model = "frame"', 'model = "sdof"\nyield_coefficient = 0.15\ncollapse_drift_ratio = 0.15'),
        ("[0.25, 4.0]", "[0.02, 60.0]"),
        ("start = 0.02, stop = 2.0, step = 0.02", "start = 0.1, stop = 2.0, step = 0.1"),
        ("count = 20", "count = 6\neffort = 0.05"),
        ('method = "kmeans"', 'method = "kmeans"\nk_max = 2'),
    ):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    run = run_study(tmp_path / "study.toml", tmp_path / "run")
    assert isinstance(run, LevelsRun)
    assert list(run.assessments) == ["fragility", "risk", "hazus-losses", "resilience"]
    assert run.table["sa_g"].is_monotonic_increasing
    np.testing.assert_allclose(run.table["annual_rate"], 1 / np.array([72, 225, 475, 2475, 10000]))
    index = run.assessments["resilience"].values["resilience_index"]
    assert 0 < index < 1
    assert "Resilience" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
