"""The example ``representative``, with fewer records: what its estimates are worth."""

from __future__ import annotations

import pandas as pd
import pytest

from gmplug.runs import run_study
from tests.support.places import EXAMPLES

#: The example itself takes half a minute, most of it for simulated records.
SMALLER = {
    "catalogue.count": 24,
    "structure.stories": 2,
    "target.periods_s": {"start": 0.1, "stop": 2.0, "step": 0.1},
    "selection.count": 8,
    "selection.effort": 0.01,
    "analysis.executor": "serial",
    "assessment.accuracy": 0.03,
    "assessment.accuracy_most": 12,
    "assessment.accuracy_of": "peak_floor_acceleration_g",
}


def test_the_example_estimates_for_all_candidates(tmp_path_factory: pytest.TempPathFactory) -> None:
    run = run_study(
        EXAMPLES / "representative" / "study.toml", tmp_path_factory.mktemp("run"), settings=SMALLER
    )
    assert run.assessment is not None
    table = run.assessment.tables["population"].set_index("demand")
    drift = table.loc["peak_story_drift_ratio"]
    assert drift["surrogate"] != "none" and drift["explained"] > 0.7
    assert drift["error_ln_median"] < 0.7 * drift["plain_error_ln_median"]
    assert drift["equivalent_analyses"] > drift["n"]
    accuracy = run.assessment.tables["accuracy"]
    assert accuracy["analyses"].iloc[0] == 8
    assert len(run.selection.records) == accuracy["analyses"].iloc[-1]
    found = run.assessment.values["accuracy"]
    assert found["reached"] == (found["error"] <= 0.03)
    records = run.assessment.tables["accuracy_records"]
    pd.testing.assert_series_equal(records["id"], run.selection.records["id"], check_names=False)
    assert records["weight"].sum() == pytest.approx(1.0)
    assert not [note for note in run.notes if "off the target" in note]
