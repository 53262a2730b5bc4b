"""Scaling records to a general conditioning measure, and what the target's files keep of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gmplug.errors import InputError, PluginError
from gmplug.gmm.correlation import CORRELATIONS, correlation_matrix, find_correlation
from gmplug.runs import run_study
from gmplug.selection.error import misfit
from gmplug.target.stage import STAGE
from gmplug.values import AcceptanceCheck, Measures, Scaling, Target
from tests.support.studies import write_small_study

GRID = np.round(np.arange(1, 21) * 0.1, 2)


def average_target(level_g: float = 0.3, **fields: Any) -> Target:
    """A target that AvgSa at 0.5, 1.0 and 1.5 s scales to, flat at that value."""
    scaling = Scaling(
        np.array([0.5, 1.0, 1.5]), np.full(3, 1 / 3), float(np.log(level_g)), "AvgSa(0.5-1.5 s)"
    )
    mean = np.full(len(GRID), np.log(level_g))
    return Target(GRID, mean, np.diag(np.full(20, 0.04)), 1.0, level_g, scaling=scaling, **fields)


def test_factors_bring_the_measure_to_its_level() -> None:
    rng = np.random.default_rng(1)
    scaling = Scaling(np.array([0.2, 0.4, 1.0]), np.array([0.5, 0.3, 0.2]), np.log(0.25), "IM")
    ln_sa = rng.normal(size=(7, 3))
    scaled = ln_sa + scaling.ln_factors(ln_sa)[:, None]
    np.testing.assert_allclose(np.exp(scaled @ scaling.weights), 0.25, rtol=1e-12)
    none = Scaling(np.empty(0), np.empty(0), 0.0, "not scaled")
    np.testing.assert_array_equal(none.ln_factors(np.empty((4, 0))), 0.0)
    with pytest.raises(ValueError, match="sum"):
        Scaling(np.array([1.0]), np.array([0.5]), 0.0, "half")


def test_sa_at_t_star_is_the_default() -> None:
    target = Target(GRID, np.zeros(20), np.zeros((20, 20)), 1.0, 0.4)
    ln_sa = np.log(np.array([[0.2], [0.8]]))
    np.testing.assert_allclose(np.exp(target.scaled_to.ln_factors(ln_sa)), [2.0, 0.5])
    assert target.scaled_to.text == "Sa(1 s) = 0.4 g"


def test_files_keep_everything_a_target_says(tmp_path: Path) -> None:
    check = AcceptanceCheck("mean not below", 0.9, (0.2, 2.0), np.full(20, 0.3), 11)
    measures = Measures(
        ("pgv_cm_s", "duration_5_75_s"),
        np.array([3.0, 2.0]),
        np.array([[0.2, -0.05], [-0.05, 0.25]]),
        np.array([1.0, 0.5]),
        np.arange(40.0).reshape(2, 20),
    )
    before = average_target(checks=(check,), measures=measures, mean_only=True, component="RotD100")
    STAGE.save(before, tmp_path)
    after = STAGE.load(tmp_path)
    assert after.scaling is not None
    assert after.scaling.text == "AvgSa(0.5-1.5 s) = 0.3 g"
    np.testing.assert_array_equal(after.scaling.weights, before.scaled_to.weights)
    assert (after.mean_only, after.component) == (True, "RotD100")
    assert after.checks[0].periods_s == (0.2, 2.0)
    np.testing.assert_array_equal(after.checks[0].spectrum_g, check.spectrum_g)
    assert after.measures is not None
    assert after.measures.names == measures.names
    for name in ("ln_mean", "covariance", "weights", "cross_covariance"):
        np.testing.assert_allclose(getattr(after.measures, name), getattr(measures, name))
    assert STAGE.summary(after)["target"]["scaled_to"] == "AvgSa(0.5-1.5 s) = 0.3 g"


@pytest.mark.parametrize(("period", "share"), [(1.0, 1 / 3), (0.2, 0.0)])
def test_editing_the_median_moves_the_level_as_far_as_the_measure(
    tmp_path: Path, period: float, share: float
) -> None:
    STAGE.save(average_target(), tmp_path)
    table = pd.read_csv(tmp_path / "target.csv")
    table.loc[np.isclose(table["period_s"], period), "median_g"] *= 2.0
    table.to_csv(tmp_path / "target.csv", index=False)
    target = STAGE.load(tmp_path)
    assert np.exp(target.scaled_to.ln_level) == pytest.approx(0.3 * 2.0**share)
    assert ("edited" in target.description) == (share > 0)


def test_a_mean_only_target_counts_no_dispersion() -> None:
    rng = np.random.default_rng(3)
    ln_sa = rng.normal(np.log(0.3), 0.4, size=(8, 20))
    flat = Target(GRID, np.full(20, np.log(0.3)), np.zeros((20, 20)), 1.0, 0.3, mean_only=True)
    assert misfit(ln_sa, flat).error == pytest.approx(np.sum((ln_sa.mean(axis=0) - np.log(0.3)) ** 2))


SCRIPT = """
import numpy as np
import gmplug
from gmplug.values import Scaling

@gmplug.hookimpl
def gmplug_targets():
    return {"average": average}

def average(periods_s, conditioning_period_s, level_g: float = 0.2, component: str = ""):
    at = np.array([0.55, 1.0, 1.45])
    scaling = Scaling(at, np.full(3, 1 / 3), float(np.log(level_g)), "AvgSa")
    count = len(periods_s)
    return gmplug.Target(periods_s, np.full(count, np.log(level_g)), 0.1 * np.eye(count),
                         conditioning_period_s, level_g, scaling=scaling, component=component)
"""


def average_study(folder: Path, option: str = "") -> Path:
    path = write_small_study(folder, records=12)
    text = re.sub(
        r"\[target\].*?\nperiods_s",
        f'[target]\nprovider = "average"\n{option}\nperiods_s',
        path.read_text(),
        flags=re.DOTALL,
    )
    (folder / "average.py").write_text(SCRIPT)
    path.write_text(text.replace("seed = 3", 'seed = 3\nscripts = ["average.py"]'))
    return path


def test_preselection_scales_and_resumes(tmp_path: Path) -> None:
    study = average_study(tmp_path)
    run = run_study(study, tmp_path / "run", until="selection")
    candidates, catalogue = run.candidates, run.catalogue
    at = np.array([0.5, 0.6, 1.0, 1.4, 1.5])
    columns = [int(np.argmin(np.abs(candidates.periods_s - t))) for t in at]
    means = candidates.ln_sa[:, columns] @ np.array([1, 1, 2, 1, 1]) / 6
    assert len(candidates.records) == len(catalogue.records)
    np.testing.assert_allclose(np.exp(means), 0.2, rtol=0.05)  # 0.55 and 1.45 s lie between the grid's
    assert np.std(candidates.ln_sa[:, 9]) > 0.01  # they do not agree at T*
    again = run_study(study, tmp_path / "run", until="selection")
    np.testing.assert_allclose(again.values["candidates"].ln_sa, candidates.ln_sa, rtol=1e-14)
    assert run.summary["target"]["scaled_to"] == "AvgSa = 0.2 g"


# -- correlation models --------------------------------------------------------------------------------


def test_goda_and_atkinson_is_as_openquake_has_it() -> None:
    """Values of OpenQuake's own test of this model, PGA taken at 0.05 s."""
    expected = [
        [1, 0.71678166, 0.41330149, 0.23046633],
        [0.71678166, 1, 0.83261724, 0.68322083],
        [0.41330149, 0.83261724, 1, 0.88167281],
        [0.23046633, 0.68322083, 0.88167281, 1],
    ]
    found = CORRELATIONS["goda-atkinson-2009"](np.array([0.05, 0.3, 0.6, 1.0]))
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_baker_and_jayaram_is_as_openquake_has_it() -> None:
    """Values of OpenQuake's own test of this model, from its authors' code."""
    pairs = {(0.1, 0.5): 0.4745240873, (0.15, 0.5): 0.5734688765, (0.05, 0.15): 0.9153049738}
    for (first, second), expected in pairs.items():
        found = CORRELATIONS["baker-jayaram-2008"](np.array([first]), np.array([second]))
        assert found[0, 0] == pytest.approx(expected, abs=1e-9)


def test_baker_and_cornell_by_hand() -> None:
    found = CORRELATIONS["baker-cornell-2006"](np.array([0.1, 1.0]), np.array([1.0, 2.0]))
    by_hand = 1 - np.cos(np.pi / 2 - (0.359 + 0.163 * np.log(0.1 / 0.189)) * np.log(10.0))
    assert found[0, 0] == pytest.approx(by_hand, abs=1e-12)
    assert found[1, 1] == pytest.approx(1 - np.cos(np.pi / 2 - 0.359 * np.log(2.0)), abs=1e-12)


@pytest.mark.parametrize("name", list(CORRELATIONS))
def test_every_model_is_a_correlation(name: str) -> None:
    """Fitted pair by pair, so not positive definite to the last: the nearest one is taken, and told."""
    periods = np.geomspace(0.1, 5.0, 30)
    matrix, notes = correlation_matrix(CORRELATIONS[name], periods)
    assert np.all(np.abs(matrix) <= 1 + 1e-12)
    assert np.linalg.eigvalsh(matrix)[0] >= -1e-10
    np.testing.assert_allclose(matrix, CORRELATIONS[name](periods), atol=0.02)
    assert bool(notes) == (not np.array_equal(matrix, CORRELATIONS[name](periods)))


def test_correlations_outside_the_periods_they_are_meant_for() -> None:
    _, notes = correlation_matrix(CORRELATIONS["baker-cornell-2006"], np.geomspace(0.04, 5.0, 10))
    assert notes[0].startswith("doubtful: correlation 'baker-cornell-2006' is meant for 0.05 to 5 s")
    with pytest.raises(InputError, match=r"is meant for 0.05 to 5 s; .* and it gives 1.74"):
        correlation_matrix(CORRELATIONS["baker-cornell-2006"], np.geomspace(0.01, 10.0, 20))
    assert correlation_matrix(CORRELATIONS["baker-jayaram-2008"], np.geomspace(0.01, 10.0, 200))[1] == ()


def test_unknown_and_bad_correlations() -> None:
    assert find_correlation(None, "Baker Jayaram 2008") is CORRELATIONS["baker-jayaram-2008"]
    with pytest.raises(InputError, match="unknown correlation 'baker-2008'; did you mean 'baker-"):
        find_correlation(None, "baker-2008")
    with pytest.raises(PluginError, match="not symmetric"):
        correlation_matrix(lambda a, b: np.array([[1.0, 0.5], [0.1, 1.0]]), np.array([0.1, 1.0]))


def test_facts_are_plain_json(tmp_path: Path) -> None:
    STAGE.save(average_target(), tmp_path)
    facts = json.loads((tmp_path / "target.json").read_text())
    assert facts["scaling"]["periods_s"] == [0.5, 1.0, 1.5]
