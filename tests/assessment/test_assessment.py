"""Assessments: lognormal statistics, the summary of demands, and the stage."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import lognorm

from gmplug.assessment import exceedance_with_collapse, fit_by_moments, median_with_collapse
from gmplug.assessment.demand_summary import demand_summary, edp_columns
from gmplug.assessment.stage import STAGE
from gmplug.chain.stage import StageContext
from gmplug.errors import InputError, PluginError
from gmplug.host import Host
from gmplug.study.schema import Study
from gmplug.values import Demands, Selection, Target, no_progress


def demands() -> Demands:
    """Twelve analyses: eight ok, two collapsed, one failed, one crashed."""
    status = ["ok"] * 8 + ["collapsed"] * 2 + ["failed", "crashed"]
    first = np.array([0.004, 0.006, 0.008, 0.009, 0.012, 0.015, 0.018, 0.03, 0.12, 0.11, np.nan, np.nan])
    table = pd.DataFrame(
        {
            "id": [f"r{i}" for i in range(12)],
            "group": "all",
            "cluster": 1,
            "scale_factor": 1.5,
            "status": status,
            "message": "",
            "peak_story_drift_ratio_1": first,
            "peak_story_drift_ratio_2": first * np.array([2.0, 0.5] * 6),
            "peak_floor_acceleration_1_g": 0.4,
            "wall_s": 2.0,
            "retries": 0,
        }
    )
    stories = table[["peak_story_drift_ratio_1", "peak_story_drift_ratio_2"]]
    table["peak_story_drift_ratio"] = stories.max(axis=1)
    return Demands(table)


def test_fit_is_that_of_the_logarithms() -> None:
    values = lognorm(s=0.4, scale=0.01).rvs(200_000, random_state=1)
    fit = fit_by_moments(values)
    assert fit.median == pytest.approx(0.01, rel=0.005) and fit.beta == pytest.approx(0.4, rel=0.01)
    assert fit.exceedance(0.015) == pytest.approx(lognorm(s=0.4, scale=0.01).sf(0.015), rel=0.02)
    assert fit.fractile(1) == pytest.approx(np.percentile(values, 84.13), rel=0.01)


def test_fit_of_little() -> None:
    assert math.isnan(fit_by_moments(np.array([])).median)
    one = fit_by_moments(np.array([0.02, np.nan, 0.0]))
    assert one.median == pytest.approx(0.02) and one.n == 1 and math.isnan(one.beta)


def test_collapses_as_a_lumped_probability() -> None:
    """Against counting in a sample where each collapse exceeds everything."""
    rng = np.random.default_rng(2)
    values = np.exp(rng.normal(math.log(0.02), 0.5, 400_000))
    fit = fit_by_moments(values)
    sample = np.where(rng.random(400_000) < 0.3, np.inf, values)
    assert exceedance_with_collapse(fit, 0.3, 0.03) == pytest.approx(np.mean(sample > 0.03), abs=0.003)
    assert median_with_collapse(fit, 0.3) == pytest.approx(np.median(sample), rel=0.01)
    assert median_with_collapse(fit, 0.5) == math.inf
    assert exceedance_with_collapse(fit, 1.0, 0.03) == 1.0


def test_summary_of_demands() -> None:
    value = demand_summary(demands())
    assert value.values["analyses"] == {"ok": 8, "collapsed": 2, "failed": 1, "crashed": 1, "timeout": 0}
    assert value.values["collapse"] == {"collapsed": 2, "of": 10, "fraction": 0.2}
    drift = demands().table["peak_story_drift_ratio"].to_numpy()[:8]
    assert value.values["peak_story_drift_ratio"]["median"] == pytest.approx(math.exp(np.log(drift).mean()))
    assert value.values["peak_story_drift_ratio"]["beta"] == pytest.approx(np.log(drift).std(ddof=1))
    exceedance = value.tables["drift_exceedance"].set_index("drift_ratio")
    assert exceedance.loc[0.02, "exceeding"] == np.sum(drift > 0.02) + 2
    assert exceedance.loc[0.02, "of"] == 10
    assert list(value.tables["drift_by_story"]["story"]) == [1, 2]
    edps = value.tables["edps"].set_index("edp")
    assert "wall_s" not in edps.index and "scale_factor" not in edps.index
    assert edps.loc["peak_floor_acceleration_1_g", "beta"] == pytest.approx(0, abs=1e-12)
    assert "2 of 12 analyses gave no demands (1 failed, 1 crashed)" in value.values["notes"][0]


def test_summary_without_a_single_success() -> None:
    table = demands().table.assign(status="failed")
    value = demand_summary(Demands(table))
    assert value.values["collapse"]["fraction"] is None
    assert value.values["peak_story_drift_ratio"]["median"] is None
    assert any("Fewer than two analyses ended ok" in note for note in value.values["notes"])
    collapsed = demand_summary(Demands(demands().table.assign(status="collapsed")))
    assert collapsed.values["collapse"]["fraction"] == 1.0
    json.dumps(value.values, allow_nan=False)


def test_columns_that_are_edps() -> None:
    assert edp_columns(demands().table) == [
        "peak_story_drift_ratio_1",
        "peak_story_drift_ratio_2",
        "peak_floor_acceleration_1_g",
        "peak_story_drift_ratio",
    ]


# -- the stage ---------------------------------------------------------------------------------------


def run(tmp_path: Path, analysis: Demands | None, plugin: str = "", **assessment: Any) -> Any:
    scripts = []
    if plugin:
        (tmp_path / "mine.py").write_text(plugin)
        scripts.append(tmp_path / "mine.py")
    study = Study.model_validate(
        {"catalogue": {"provider": "simulated"}, "structure": {"period_s": 1.0}, "assessment": assessment}
    )
    context = StageContext(study, Host(scripts, entry_points=False), tmp_path, 1, no_progress)
    nothing = pd.DataFrame()
    target = Target(np.ones(1), np.zeros(1), np.zeros((1, 1)), 1.0, 1.0)
    selection = Selection(nothing, np.zeros((2, 1)), nothing, 0.0, 0.0, 0.0)
    return STAGE.run(context, demands=analysis, selection=selection, target=target)


def test_stage_writes_and_reads(tmp_path: Path) -> None:
    value = run(tmp_path, demands(), drift_thresholds=[0.005, 0.05])
    assert list(value.tables["drift_exceedance"]["drift_ratio"]) == [0.005, 0.05]
    STAGE.save(value, tmp_path)
    assert (tmp_path / "assessment_edps.csv").is_file()
    again = STAGE.load(tmp_path, demands=demands(), selection=None, target=None)
    assert again.values == value.values and list(again.tables) == list(value.tables)
    pd.testing.assert_frame_equal(again.tables["edps"], value.tables["edps"])
    assert STAGE.summary(again)["assessment"]["collapse"]["of"] == 10


def test_stage_without_a_model(tmp_path: Path) -> None:
    assert run(tmp_path, None) is None


def test_thresholds_that_make_no_sense(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'drift_thresholds': 0: Input should be greater than 0"):
        run(tmp_path, demands(), drift_thresholds=[-0.1])
    with pytest.raises(InputError, match=r"option 'drift_thresholds'"):
        run(tmp_path, demands(), drift_thresholds=["two percent"])


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ("42", "returned int, not gmplug.values.Assessment"),
        ("Assessment({}, {'../x': None})", "table '../x' needs a name of letters"),
        ("Assessment({'a': object()})", "cannot be written as JSON"),
    ],
)
def test_a_provider_that_does_not_deliver(tmp_path: Path, answer: str, line: str) -> None:
    plugin = (
        "from gmplug import Assessment, hookimpl\n\n@hookimpl\ndef gmplug_assessments():\n"
        f"    return {{'mine': lambda demands: {answer}}}\n"
    )
    with pytest.raises(PluginError) as caught:
        run(tmp_path, demands(), plugin, provider="mine")
    assert line in str(caught.value)
