"""Acceptance of drifts by ASCE 7-22 16.4.1, against numbers worked by hand from the clauses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from gmplug.assessment.asce7 import TABLE_12_12_1, asce7_drifts, statistic
from gmplug.errors import InputError
from gmplug.values import Demands, Target

FRAME = {"story_heights": [156.0, 156.0, 156.0], "length_unit": "in"}


def target() -> Target:
    periods = np.array([0.5, 1.0])
    return Target(periods, np.log([1.0, 0.8]), np.zeros((2, 2)), 1.0, 0.8, mean_only=True)


def demands(drifts: Any, status: str = "", model: dict[str, Any] | None = None) -> Demands:
    """Eleven analyses (or as many as ``drifts`` has rows) of three stories; ``status`` ends the last one."""
    values = np.asarray(drifts, dtype=float)
    table = pd.DataFrame({"id": [f"r{i}" for i in range(len(values))], "group": "all", "cluster": 1})
    table["scale_factor"], table["status"], table["message"] = 1.0, "ok", ""
    for story in range(values.shape[1]):
        table[f"peak_story_drift_ratio_{story + 1}"] = values[:, story]
        table[f"residual_story_drift_ratio_{story + 1}"] = 0.1 * values[:, story]
    table["peak_story_drift_ratio"] = values.max(axis=1)
    if status:
        table.loc[len(table) - 1, "status"] = status
        if status != "collapsed":
            table.loc[len(table) - 1, [name for name in table if "drift" in name]] = np.nan
    return Demands(table, FRAME if model is None else model)


def eleven(largest: float = 0.03) -> np.ndarray:
    first = np.linspace(0.01, largest, 11)
    return np.column_stack([first, 0.5 * first, 0.25 * first])


def results(value: Any) -> list[str]:
    return list(value.tables["acceptance"]["result"])


def test_the_mean_is_compared_with_twice_the_tables_limit() -> None:
    value = asce7_drifts(demands(eleven()), target(), "II", "other")
    rows = value.tables["drift_acceptance"].set_index("story")
    assert rows["limit"].tolist() == [0.04] * 3
    assert rows.loc[1, "value"] == pytest.approx(0.02)
    assert rows.loc[3, "ratio"] == pytest.approx(0.125)
    assert results(value) == ["met"] * 3
    assert value.values["acceptance"]["met"]
    stricter = asce7_drifts(demands(eleven()), target(), "IV", "masonry-other")
    assert stricter.tables["drift_acceptance"]["limit"].iloc[0] == pytest.approx(0.014)
    assert results(stricter) == ["met", "NOT met", "NOT met"]  # peaks above 0.021, mean above 0.014
    assert any(note.startswith("warning: NOT met: ASCE 7-22 16.4.1.2") for note in stricter.notes)


def test_ten_motions_are_too_few() -> None:
    assert results(asce7_drifts(demands(eleven()[:10]), target(), "II", "other"))[0] == "NOT met"


@pytest.mark.parametrize("status", ["collapsed", "failed", "timeout"])
def test_one_unacceptable_motion_takes_the_factored_median(status: str) -> None:
    drifts = eleven()
    given = demands(drifts, status)
    value = asce7_drifts(given, target(), "II", "other", spectrally_matched=False)
    first = value.tables["drift_acceptance"].iloc[0]
    assert first["mean"] == pytest.approx(drifts[:10, 0].mean())
    assert first["factored_median"] == pytest.approx(1.2 * np.sort(drifts[:, 0])[5])
    assert first["value"] == pytest.approx(1.2 * 0.02)
    assert results(value) == ["met"] * 3
    motions = value.tables["motion_acceptance"]
    assert motions["unacceptable"].tolist() == [False] * 10 + [True]
    assert status in motions["reason"].iloc[10]
    for category, matched in (("III", False), ("IV", False), ("II", True), ("II", None)):
        refused = asce7_drifts(given, target(), category, "other", spectrally_matched=matched)  # type: ignore[arg-type]
        assert results(refused)[1] == "NOT met"
    unstated = asce7_drifts(given, target(), "II", "other")
    assert any("spectrally_matched is not stated" in note for note in unstated.notes)


def test_a_peak_above_one_and_a_half_limits_is_unacceptable() -> None:
    drifts = eleven()
    drifts[0, 2] = 0.0601
    value = asce7_drifts(demands(drifts), target(), "II", "other", spectrally_matched=False)
    assert value.tables["motion_acceptance"]["unacceptable"].tolist() == [True] + [False] * 10
    valid = asce7_drifts(demands(eleven()), target(), "II", "other", valid_drift_ratio=0.0299)
    assert valid.tables["motion_acceptance"]["reason"].iloc[10].endswith("is valid for (0.0299)")
    assert not any("valid range" in note for note in valid.notes)


def test_the_statistic_is_never_below_the_mean_of_the_others() -> None:
    values = np.array([0.01] * 6 + [0.05] * 4 + [np.nan])
    bad = np.isnan(values)
    mean, median, value = statistic(values, bad)
    assert (mean, median) == (pytest.approx(0.026), pytest.approx(0.012))
    assert value == mean


def test_tall_structures_have_a_stricter_limit_and_residual_drifts() -> None:
    def limit(height_m: float) -> float:
        found = asce7_drifts(demands(eleven()), target(), "II", "other", structural_height_m=height_m)
        return float(found.values["acceptance"]["limit_mean_drift_ratio"])

    assert limit(30.0) == 0.04
    assert limit(200 * 0.3048) == pytest.approx(0.0471 - 7.14e-5 * 200)
    assert limit(400 * 0.3048) == 0.03
    tall = asce7_drifts(demands(eleven(0.025)), target(), "II", "other", structural_height_m=300 * 0.3048)
    assert tall.tables["acceptance"]["clause"].tolist()[-1] == "ASCE 7-22 16.4.1.3"
    assert results(tall) == ["met"] * 4
    leaning = demands(eleven(0.025))
    leaning.table["residual_story_drift_ratio_1"] = 0.0101
    found = asce7_drifts(leaning, target(), "II", "other", structural_height_m=300 * 0.3048)
    assert results(found) == ["met", "met", "met", "NOT met"]


def test_both_directions_are_checked() -> None:
    given = demands(eleven())
    for story in (1, 2, 3):
        for name in ("peak", "residual"):
            column = f"{name}_story_drift_ratio"
            given.table[f"{column}_x_{story}"] = given.table[f"{column}_{story}"]
            given.table[f"{column}_y_{story}"] = 0.05
    value = asce7_drifts(given, target(), "II", "other")
    rows = value.tables["drift_acceptance"].set_index(["direction", "story"])
    assert rows.loc[("y", 1), "value"] == pytest.approx(0.05)
    assert rows.loc[("y", 1), "result"] == "NOT met" and rows.loc[("x", 1), "result"] == "met"
    assert "direction y" in value.tables["acceptance"]["check"].iloc[2]
    assert not any("three-dimensional" in note for note in value.notes)


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(InputError, match="set structural_height_m"):
        asce7_drifts(demands(eleven(), model={}), target(), "II", "other")
    tall = demands(np.full((11, 5), 0.01), model={"story_heights": [3.0] * 5, "length_unit": "m"})
    with pytest.raises(InputError, match='is for 4 stories at most, the model has 5; use "other"'):
        asce7_drifts(tall, target(), "II", "low-rise-drift-tolerant")
    assert TABLE_12_12_1["low-rise-drift-tolerant"]["IV"] == 0.015


def test_a_study_must_state_category_and_type(tmp_path: Any) -> None:
    from gmplug.chain.check import stage_problems
    from gmplug.host import Host
    from gmplug.study import parse_study

    study = parse_study(
        {
            "catalogue": {"provider": "simulated"},
            "structure": {"period_s": 1.0, "model": "frame"},
            "assessment": {"provider": "asce7-drifts", "structure_type": "steel"},
        },
        tmp_path / "study.toml",
    )
    said = "\n".join(stage_problems(study, Host(entry_points=False), ["assessment"]))
    assert "risk_category" in said and "structure_type" in said and "masonry-other" in said
