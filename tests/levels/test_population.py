"""Estimates for all candidates at several levels: one pushover, and the fragility fitted to them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gmplug.fragility.limits import Limit, stripe_counts, stripe_estimates
from gmplug.levels import LevelsRun
from gmplug.levels.page import top_numbers
from gmplug.runs import load_run, run_study
from gmplug.values import Assessment
from tests.support.studies import write_small_study

LEVELS = """
[assessment]
provider = "population"
drift_thresholds = [0.02, 0.08]
[risk]
assess = ["fragility"]
[risk.fragility]
drift_thresholds = [0.02, 0.06, 0.08]
samples = 20
[[levels]]
name = "often"
sa_g = 0.1
[[levels]]
name = "rare"
sa_g = 0.3
"""


@pytest.fixture(scope="module")
def levels(tmp_path_factory: pytest.TempPathFactory) -> LevelsRun:
    file = write_small_study(tmp_path_factory.mktemp("levels"), records=24)
    text = file.read_text().replace("sa_g = 0.15\n", "").replace("[0.1, 10.0]", "[0.05, 30.0]")
    text = text.replace('model = "model.py"', 'model = "sdof"\nyield_coefficient = 0.1')
    text = text.replace("count = 6\neffort = 0.05", 'count = 10\nmethod = "representative"\neffort = 0.01')
    file.write_text(text.replace("workers = 2", 'executor = "serial"') + LEVELS)
    found = run_study(file)
    assert isinstance(found, LevelsRun)
    return found


def test_one_pushover_serves_all_levels(levels: LevelsRun) -> None:
    assert len(list((levels.run_dir / "surrogate").glob("pushover-*.json"))) == 1
    assert not list(levels.run_dir.glob("levels/*/surrogate/pushover*"))


def test_each_level_has_its_exceedance(levels: LevelsRun) -> None:
    table = pd.read_csv(levels.run_dir / "population_exceedance.csv")
    assert list(table["level"]) == ["often", "often", "rare", "rare"]
    assert (table["low"] <= table["probability"]).all() and (table["probability"] <= table["high"]).all()
    # linear at the lower level, where all displacements at T* are equal: nothing to explain
    assert list(table["surrogate"]) == ["none", "none", "stories", "stories"]
    assert table["equivalent_analyses"].between(10, 24).all()
    by_level = table.pivot_table(index="level", columns="drift_ratio", values="probability")
    assert (by_level.loc["rare"] >= by_level.loc["often"] - 1e-9).all()


def test_the_fragility_uses_them(levels: LevelsRun) -> None:
    demands = levels.demands
    assert demands is not None
    limit = Limit("drift", "peak_story_drift_ratio", 0.08)
    sa, analyses, _ = stripe_counts(demands, limit, "")
    _, worth, share = stripe_estimates(demands, limit, "")
    np.testing.assert_array_equal(analyses, [10, 10])
    assert (worth >= analyses).all() and worth.max() > 10
    own = demands.estimates[demands.estimates["drift_ratio"] == 0.08]
    np.testing.assert_allclose(sa, own["sa_g"])
    assert (share / worth)[1] == pytest.approx(own["probability"].iloc[1])
    other = Limit("drift", "peak_story_drift_ratio", 0.06)  # which no level estimates
    np.testing.assert_array_equal(stripe_estimates(demands, other, "")[1], [10, 10])
    fragility = levels.assessments["fragility"]
    assert any("1 of 2 levels have estimates" in note for note in fragility.notes)
    again = load_run(levels.run_dir)
    assert isinstance(again, LevelsRun) and again.demands is not None
    pd.testing.assert_frame_equal(again.demands.estimates, demands.estimates)


def test_each_level_reaches_its_accuracy_by_itself(levels: LevelsRun) -> None:
    wanted = {
        "assessment.accuracy": 0.02,
        "assessment.accuracy_of": "residual_story_drift_ratio",
        "assessment.accuracy_most": 14,
    }
    found = run_study(levels.run_dir.parent / "study.toml", levels.run_dir, settings=wanted)
    assert isinstance(found, LevelsRun)
    for name, run in found.levels.items():
        before = set(levels.levels[name].selection.records["id"])
        assert len(run.selection.records) == 14
        assert before < set(run.selection.records["id"])
        assert any(f"level {name}" in line and "accuracy_most = 14" in line for line in found.attention)


def test_results_that_two_assessments_state_have_their_names(levels: LevelsRun) -> None:
    said = {"A": {"loss": 1.0, "own": 2.0}, "B": {"loss": 3.0}}
    stated = {name: Assessment({"title": f"By {name}", "headline": lines}) for name, lines in said.items()}
    labels = [label for _, label in top_numbers(replace(levels, assessments=stated))]
    assert labels[1:] == ["loss: By A", "own", "loss: By B"]
