"""Mean annual frequencies and demand hazard against their closed forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gmplug.demands import DRIFT
from gmplug.errors import InputError
from gmplug.fragility.assessment import fragility
from gmplug.fragility.curves import LognormalFragility
from gmplug.hazard import HazardCurve, read_hazard_curve
from gmplug.risk.assessment import known_levels, risk
from gmplug.risk.demand import DemandModel
from gmplug.risk.frequency import annual_frequency, probability_in
from tests.support.stripes import made_stripes

K0, K = 4e-5, 2.5
SA = np.geomspace(0.01, 3.0, 12)
POWER = HazardCurve(SA, K0 * SA**-K)


def sac_frequency(k0: float, k: float, a: float, b: float, beta: float, demand: float) -> float:
    """λ = k0 (d/a)^(−k/b) exp(k² β²/(2 b²)) under hazard k0 x^−k and median demand a x^b.

    Cornell, Jalayer, Hamburger & Foutch (2002), J. Struct. Eng. 128(4):526-533.
    """
    return float(k0 * (demand / a) ** (-k / b) * np.exp(k**2 * beta**2 / (2 * b**2)))


@pytest.mark.parametrize(("median", "beta"), [(0.1, 0.2), (0.8, 0.4), (2.5, 0.6)])
def test_frequency_under_a_power_law_is_cornells(median: float, beta: float) -> None:
    """λ = k0 θ^−k exp(k²β²/2): Cornell et al. (2002) with the limit as the demand, a = b = 1."""
    found = annual_frequency(LognormalFragility(median, beta).probability, POWER)
    assert found == pytest.approx(K0 * median**-K * np.exp(K**2 * beta**2 / 2), rel=1e-8)
    assert found == pytest.approx(sac_frequency(K0, K, 1.0, 1.0, beta, median), rel=1e-8)


def test_demand_hazard_under_power_laws_is_sacs() -> None:
    a, b, beta = 0.05, 1.2, 0.35
    knots = np.array([0.1, 0.3, 0.9])
    model = DemandModel(knots, np.log(a * knots**b), np.full(3, beta), None)
    for demand in (0.01, 0.04):
        found = annual_frequency(lambda x, d=demand: model.exceedance(d, x), POWER)
        assert found == pytest.approx(sac_frequency(K0, K, a, b, beta, demand), rel=1e-8)


def test_collapses_exceed_every_demand() -> None:
    knots = np.array([0.1, 0.9])
    collapse = LognormalFragility(0.9, 0.4)
    model = DemandModel(knots, np.log(0.05 * knots), np.full(2, 0.3), collapse)
    far = annual_frequency(lambda x: model.exceedance(10.0, x), POWER)
    assert far == pytest.approx(annual_frequency(collapse.probability, POWER), rel=1e-3)


def test_a_sharp_fragility_reads_the_hazard_curve() -> None:
    bent = HazardCurve(np.array([0.1, 0.3, 1.0]), np.array([1e-2, 2e-3, 5e-5]))
    assert annual_frequency(LognormalFragility(0.42, 0.01).probability, bent) == pytest.approx(
        float(bent.rate(np.array([0.42]))[0]), rel=1e-3
    )
    assert bent.sa_at(2e-3) == pytest.approx(0.3)
    beyond = bent.sa_at(1e-6, extrapolate=True)
    assert float(bent.rate(np.array([beyond]))[0]) == pytest.approx(1e-6)
    assert not bent.covers(np.array(beyond))
    with pytest.raises(
        InputError, match=r"covers 0.1 to 1 g, return periods of 100 to 2e.04 years, not 1e.06"
    ):
        bent.sa_at(1e-6)


def test_independent_integration_of_a_bent_curve() -> None:
    """Against a plain sum over 200,000 slices of the curve."""
    bent = HazardCurve(np.array([0.05, 0.2, 0.6, 1.5]), np.array([2e-2, 3e-3, 3e-4, 1e-5]))
    edges = np.geomspace(1e-4, 1e3, 200_001)
    middle = np.sqrt(edges[1:] * edges[:-1])
    curve = LognormalFragility(0.5, 0.4)
    plain = np.sum(curve.probability(middle) * -np.diff(bent.rate(edges)))
    assert annual_frequency(curve.probability, bent) == pytest.approx(plain, rel=1e-6)


def test_probability_in_years() -> None:
    assert probability_in(1 / 475, 50) == pytest.approx(0.0999, abs=1e-4)  # 10 % in 50 years
    assert probability_in(1e-12, 50) == pytest.approx(5e-11)


def test_risk_of_a_made_up_structure_is_that_of_its_truth() -> None:
    demands = made_stripes(400)
    first = fragility(demands, seed=1, samples=0)
    hazard = known_levels(demands.levels)
    assert hazard is not None
    made = risk(demands, hazard.table, {"fragility": first})
    table = made.tables["frequencies"].set_index("limit")
    for name, drift in (("drift above 2 %", 0.02), ("drift above 4 %", 0.04)):
        true = sac_frequency(4e-5, 2.5, 0.02 * 0.4**-1.1, 1.1, 0.4, drift)
        assert table.loc[name, "annual_frequency"] == pytest.approx(true, rel=0.15), name
    curve = made.tables["demand_hazard"]
    at_2 = float(np.exp(np.interp(np.log(0.02), np.log(curve["value"]), np.log(curve["annual_rate"]))))
    assert at_2 == pytest.approx(sac_frequency(4e-5, 2.5, 0.02 * 0.4**-1.1, 1.1, 0.4, 0.02), rel=0.15)
    assert set(curve["edp"]) == {DRIFT}
    far = curve[curve["beyond"] > 0.2]
    assert 0 < len(far) < len(curve)
    assert any(
        note.startswith(f"{DRIFT}: {len(far)} of {len(curve)} points") for note in made.values["notes"]
    )


def test_without_a_hazard_risk_says_what_to_do() -> None:
    with pytest.raises(InputError, match="hazard_curve"):
        risk(made_stripes(), None, {})


def test_a_hazard_curve_is_read_and_errors_name_the_row(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    path.write_text("sa_g,annual_rate\n0.1,0.01\n1.0,1e-4\n3.0,0\n")
    assert read_hazard_curve(path).sa_g.tolist() == [0.1, 1.0]
    for text, message in (
        ("sa_g,x\n0.1,0.01\n", "lacks the column.s. annual_rate"),
        ("sa_g,annual_rate\n0.1,0.01\nx,0.001\n", "row 3"),
        ("sa_g,annual_rate\n0.1,0.01\n0.2,0.02\n", "row 3: the rate rises to 0.02 a year at 0.2 g"),
        ("sa_g,annual_rate\n0.1,0.01\n", "two points"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            read_hazard_curve(path)


def test_openquakes_curve_gives_the_risk_of_the_power_law_it_samples(tmp_path: Path) -> None:
    """λ = 1e-3 (a/0.1)^-2; the lowest levels have probability 1 and one rate."""
    path = tmp_path / "hazard_curve-mean-SA(1.0)_1.csv"
    levels = np.geomspace(1e-4, 5.0, 40)
    poe = -np.expm1(-50 * 1e-3 * (levels / 0.1) ** -2.0)
    path.write_text(
        "#,,,\"kind='mean', investigation_time=50.0, imt='SA(1.0)'\"\n"
        "lon,lat,depth," + ",".join(f"poe-{level:.9f}" for level in levels) + "\n"
        "10.1,40.1,0.0," + ",".join(f"{p:.12E}" for p in poe) + "\n"
    )
    curve = read_hazard_curve(path, 1.0)
    found = annual_frequency(LognormalFragility(0.5, 0.4).probability, curve)
    assert found == pytest.approx(1e-3 * (0.5 / 0.1) ** -2 * np.exp(2**2 * 0.4**2 / 2), rel=1e-4)
    with pytest.raises(InputError, match=r"curve of Sa\(1 s\), not of Sa\(2 s\)"):
        read_hazard_curve(path, 2.0)
    path.write_text("# period_s=0.5\nsa_g,annual_rate\n0.1,0.01\n1.0,1e-4\n")
    assert read_hazard_curve(path, 0.5).annual_rate.tolist() == [0.01, 1e-4]
    with pytest.raises(InputError, match=r"curve of Sa\(0.5 s\)"):
        read_hazard_curve(path, 1.0)


def test_levels_with_rates_make_a_curve() -> None:
    levels = pd.DataFrame({"sa_g": [0.4, 0.1, 0.8], "annual_rate": [1e-3, 1e-2, np.nan]})
    known = known_levels(levels)
    assert known is not None
    assert known.sa_g.tolist() == [0.1, 0.4]
    assert known_levels(levels.iloc[:1]) is None
