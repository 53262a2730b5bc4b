"""A portfolio whose sets represent the candidates in the response of each of its buildings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gmplug.errors import InputError
from gmplug.portfolio.run import PortfolioRun, run_portfolio
from gmplug.surrogate import responses
from tests.support.studies import write_small_study

#: Two kinds of buildings in one selection.
TABLE = """id,stories,period_s
A,2,0.60
B,2,0.66
C,3,0.70
"""
TOML = """
[portfolio]
buildings = "buildings.csv"
[catalogue]
provider = "accelerograms"
path = "records"
[structure]
model = "shear-building"
[target]
epsilon = 1.5
gmm = "BSSA14"
scenario = { magnitude = 7.0, rjb_km = 10.0, vs30_m_s = 300.0, mechanism = "strike-slip" }
periods_s = { start = 0.1, stop = 1.4, step = 0.1 }
[preselection]
scale_factor = [0.05, 30.0]
[selection]
method = "representative"
count = 10
effort = 0.01
[analysis]
executor = "serial"
[assessment]
provider = "population"
"""


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> PortfolioRun:
    folder = tmp_path_factory.mktemp("portfolio")
    write_small_study(folder, records=24)
    (folder / "buildings.csv").write_text(TABLE)
    (folder / "portfolio.toml").write_text(TOML)
    return run_portfolio(folder / "portfolio.toml")


def test_each_building_has_a_surrogate_of_its_own(portfolio: PortfolioRun) -> None:
    assert list(portfolio.selections["selection"]) == ["S01"]
    assert len(list((portfolio.run_dir / "surrogate").glob("pushover-*.json"))) == 3
    known = responses.read_surrogate(portfolio.run_dir / "selections" / "S01")
    assert known.known.all()
    stories = {name: known.of_building(name).demands["stories"].shape[1] for name in "ABC"}
    assert stories["A"] == stories["B"] < stories["C"]
    one, other = (known.of_building(name).covariates("peak_story_drift_ratio")["stories"] for name in "AB")
    assert 0.5 < np.corrcoef(one, other)[0, 1] < 0.9999
    with pytest.raises(InputError, match="building 'D' has no surrogate"):
        known.of_building("D")


def test_each_building_has_estimates_for_all_candidates(portfolio: PortfolioRun) -> None:
    rows = pd.read_csv(portfolio.run_dir / "buildings.csv").set_index("id")
    assert (rows["population_surrogate"] != "none").all()
    assert (rows["population_equivalent_analyses"] > 10).all()
    median = rows["population_median_drift_ratio"]
    assert (rows["population_median_drift_ratio_low"] < median).all()
    assert (median < rows["population_median_drift_ratio_high"]).all()
    np.testing.assert_allclose(median, rows["median_drift_ratio"], rtol=0.25)
    assert rows["population_exceeding_0.01"].between(0, 1).all()


def test_memory_holds_one_selection_at_a_time(portfolio: PortfolioRun) -> None:
    assert list(responses._last) == [portfolio.run_dir / "selections" / "S01" / "surrogate"]


def test_what_a_portfolio_cannot_do_is_refused(portfolio: PortfolioRun, tmp_path: Path) -> None:
    file = portfolio.run_dir.parent / "other.toml"
    file.write_text(TOML + "accuracy = 0.1\n")
    with pytest.raises(InputError, match="no accuracy to reach"):
        run_portfolio(file, tmp_path / "run")
    file.write_text(TOML.replace('"population"', '"own"'))
    with pytest.raises(InputError, match="a portfolio has demand-summary and population"):
        run_portfolio(file, tmp_path / "run")
