"""Recovery: closed forms against numerical integration, HAZUS states against their distribution, rates."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import lognorm, truncnorm

from gmplug.errors import InputError
from gmplug.hazus import BETA, consequences, damage_states
from gmplug.host import Host
from gmplug.host.options import call
from gmplug.recovery import (
    Recovery,
    annual_integral,
    exceedance_rates,
    functionality,
    resilience_index,
)
from gmplug.recovery.damage_states import hazus_losses
from gmplug.recovery.impeding import delays
from gmplug.recovery.resilience import resilience
from gmplug.values import Assessment, LevelDemands


def _recovery(loss: float, delay: float, repair: float) -> Recovery:
    return Recovery(np.array([loss]), np.array([delay]), np.array([repair]))


def _demands(rates=(0.02, 0.005, 0.001), median=(0.004, 0.012, 0.03), n: int = 40) -> LevelDemands:
    rng = np.random.default_rng(5)
    levels = pd.DataFrame(
        {
            "level": ["frequent", "rare", "very-rare"],
            "sa_g": [0.1, 0.3, 0.7],
            "annual_rate": rates,
            "candidates": 100,
            "records": n,
        }
    )
    rows = []
    for level, theta in zip(levels.itertuples(index=False), median, strict=True):
        drift = theta * np.exp(0.4 * rng.standard_normal(n))
        rows.append(
            pd.DataFrame(
                {
                    "level": level.level,
                    "sa_g": level.sa_g,
                    "annual_rate": level.annual_rate,
                    "id": [f"R{i}" for i in range(n)],
                    "status": np.where(drift > 0.08, "collapsed", "ok"),
                    "peak_story_drift_ratio": drift,
                }
            )
        )
    return LevelDemands(pd.concat(rows, ignore_index=True), levels, 1.0)


def test_the_index_by_hand() -> None:
    # 40 % lost, 30 days of nothing, 60 days of even repair, one year: 0.4·(30 + 60/2)/365.
    index = resilience_index(_recovery(0.4, 30.0, 60.0), 365.0, "linear")
    assert index[0] == pytest.approx(1 - 0.4 * 60 / 365, rel=1e-12)
    # The trigonometric shape loses the same area as the linear one, by symmetry.
    assert resilience_index(_recovery(0.4, 30.0, 60.0), 365.0, "trigonometric")[0] == pytest.approx(index[0])
    # The exponential one: the area under exp(−s ln 200) from 0 to 1 is (1 − 1/200)/ln 200.
    exponential = resilience_index(_recovery(0.4, 30.0, 60.0), 365.0, "exponential")[0]
    assert exponential == pytest.approx(1 - 0.4 * (30 + 60 * 0.995 / np.log(200)) / 365, rel=1e-12)


@pytest.mark.parametrize("shape", ["linear", "exponential", "trigonometric"])
@pytest.mark.parametrize(
    ("delay", "repair"), [(0.0, 50.0), (20.0, 100.0), (80.0, 700.0), (500.0, 10.0), (0.0, 0.0)]
)
def test_the_index_is_the_mean_of_the_curve(shape: str, delay: float, repair: float) -> None:
    recovery = _recovery(0.7, delay, repair)
    area, _ = quad(
        lambda t: functionality(recovery, np.array([t]), shape)[0, 0],
        0.0,
        365.0,
        points=sorted({min(delay, 365.0), min(delay + repair, 365.0)}),
        limit=200,
    )
    assert resilience_index(recovery, 365.0, shape)[0] == pytest.approx(area / 365.0, abs=1e-9)


def test_functionality_at_its_corners() -> None:
    q = functionality(_recovery(0.6, 10.0, 40.0), np.array([-1.0, 0.0, 9.99, 10.0, 30.0, 50.0, 99.0]))
    assert q[0] == pytest.approx([1.0, 0.4, 0.4, 0.4, 0.7, 1.0, 1.0])


def test_a_rate_integral_of_a_power_law() -> None:
    # λ(x) = k x⁻² and v = x: ∫ v |dλ| over x ≥ x₁ is 2k/x₁. Beyond the last level v is held: 2k/x₁ − k/xₙ.
    sa = np.geomspace(0.1, 2.0, 2000)
    rates = 1e-4 * sa**-2.0
    assert annual_integral(rates, sa) == pytest.approx(2e-4 / 0.1 - 1e-4 / 2.0, rel=1e-5)
    # Exceedance of v = 0.5 is the rate of x = 0.5.
    found = exceedance_rates(rates, [np.array([x]) for x in sa], np.array([0.5]))
    assert found[0] == pytest.approx(1e-4 / 0.25, rel=0.01)
    with pytest.raises(ValueError, match="fall"):
        annual_integral(np.array([0.01, 0.02]), np.array([0.0, 1.0]))


def test_damage_states_follow_their_fragilities() -> None:
    limits = np.array([0.006, 0.012, 0.03, 0.08])
    n = 200_000
    state = damage_states(np.full(n, 0.02), limits, np.random.default_rng(2).random(n))
    for i, theta in enumerate(limits, start=1):
        expected = lognorm(BETA, scale=theta).cdf(0.02)
        assert np.mean(state >= i) == pytest.approx(expected, abs=4 * np.sqrt(0.25 / n))


def test_hazus_losses_have_the_mean_of_their_distribution() -> None:
    demands = _demands()
    done = hazus_losses(demands, seed=3, realizations=20_000)
    assert (
        "doubtful: building_type = S1, design_level = high, occupancy = COM4 assumed"
        in done.values["notes"][-1]
    )
    stated = hazus_losses(demands, 3, "S1", "high", "COM4", realizations=20_000)
    assert stated.tables["losses"].equals(done.tables["losses"])
    assert not any("assumed" in note for note in stated.values["notes"])
    limits, ratios = np.array([0.006, 0.012, 0.03, 0.08]), np.array([0.02, 0.1, 0.404, 1.0])  # S1 high, COM4
    table = done.tables["loss_by_level"]
    for i, level in enumerate(demands.levels["level"]):
        rows = demands.table[demands.table["level"] == level]
        reach = lognorm(BETA, scale=limits[None, :]).cdf(rows["peak_story_drift_ratio"].to_numpy()[:, None])
        reach[(rows["status"] == "collapsed").to_numpy()] = 1.0
        expected = (reach @ np.diff(ratios, prepend=0.0)).mean()
        assert table["repair_cost_ratio_mean"][i] == pytest.approx(expected, abs=0.01)
    assert done.values["expected_annual_loss_ratio"] == pytest.approx(
        annual_integral(demands.levels["annual_rate"].to_numpy(), table["repair_cost_ratio_mean"].to_numpy())
    )
    assert (
        hazus_losses(demands, seed=3).tables["losses"].equals(hazus_losses(demands, seed=3).tables["losses"])
    )


def test_delays_wait_for_the_longest_of_three() -> None:
    ratio = np.array([0.0, 0.01, 0.5])
    given = {"inspection": 7.0, "financing": 60.0, "engineering": 14.0, "permitting": 56.0}
    assert delays(given, 0.0, ratio, 0.05, 1) == pytest.approx([0.0, 7.0, 7.0 + 70.0])
    assert delays({**given, "design": 20.0}, 0.0, ratio, 0.05, 1)[2] == pytest.approx(7.0 + 90.0)
    spread = delays({"inspection": 7.0}, 0.6, np.full(100_000, 0.5), 0.05, 1)
    assert np.median(spread) == pytest.approx(7.0, rel=0.02)
    # a normal distribution cut at two standard deviations has 0.8796 of its standard deviation left
    assert np.log(spread).std() == pytest.approx(0.6 * truncnorm(-2, 2).std(), rel=0.02)
    assert np.abs(np.log(spread / 7.0)).max() <= 1.2
    wide = delays({"inspection": 7.0}, 0.6, np.full(100_000, 0.5), 0.05, 1, truncation=np.inf)
    assert np.log(wide).std() == pytest.approx(0.6, rel=0.02)
    with pytest.raises(InputError, match="known: inspection"):
        delays({"weather": 3.0}, 0.6, ratio, 0.05, 1)


def test_money_is_waited_for_where_it_is_not_at_hand() -> None:
    """Cook et al. (2022): financing delays where the cost ratio is above the capital available, 0.1."""
    ratio = np.array([0.08, 0.1, 0.12])
    given = {"inspection": 7.0, "financing": 60.0}
    assert delays(given, 0.0, ratio, 0.05, 1) == pytest.approx([7.0, 7.0, 67.0])
    rich = delays(given, 0.0, ratio, 0.05, 1, capital_available_ratio=0.5)
    assert rich == pytest.approx([7.0, 7.0, 7.0])
    with pytest.raises(InputError, match="impeding_truncation"):
        delays(given, 0.0, ratio, 0.05, 1, truncation=0.0)


def test_the_report_says_how_delays_differ_from_their_source() -> None:
    done = resilience(_demands(), {}, 1, impeding_days={"inspection": 7.0, "permitting": 56.0})
    note = next(note for note in done.values["notes"] if "Cook et al." in note)
    assert note.endswith("and no delay for financing, engineering, design, contractor.")


def test_hazus_tables_are_those_of_the_published_library() -> None:
    """Every row against SimCenter's damage and loss model library, where it is installed."""
    dlml = pytest.importorskip("dlml")
    home = Path(dlml.__file__).parent / "data" / "seismic" / "building"
    letters = {"high": "HC", "moderate": "MC", "low": "LC", "pre": "PC"}
    published = pd.read_csv(home / "subassembly" / "Hazus v5.1" / "fragility.csv").set_index("ID")
    own = pd.read_csv(files("gmplug.hazus").joinpath("drift_limits.csv"))
    assert len(own) > 40
    for row in own.itertuples():
        theirs = published.loc[f"STR.{row.building_type}.{letters[row.design_level]}"]
        expected = [theirs[f"LS{i}-Theta_0"] for i in (1, 2, 3, 4)]
        assert [row.slight, row.moderate, row.extensive, row.complete] == pytest.approx(expected)
        assert {theirs[f"LS{i}-Theta_1"] for i in (1, 2, 3, 4)} == {BETA}
        share = float(str(theirs["LS4-DamageStateWeights"]).split("|")[1])
        assert row.collapse_given_complete == pytest.approx(share)
    # the capacity table of another edition has the same drifts, as displacements of the pushover mode
    capacities = pd.read_csv(files("gmplug.hazus").joinpath("capacity.csv"))
    compared = 0
    for row in capacities.itertuples():
        key = f"STR.{row.building_type.removesuffix('L')}.{letters[row.design_level]}"
        if key in published.index:
            ratio = row.sd_slight_in / (12 * row.height_ft * row.alpha_2)
            assert ratio == pytest.approx(published.loc[key]["LS1-Theta_0"], rel=0.06), key
            compared += 1
    assert compared > 30
    costs = pd.read_csv(home / "portfolio" / "Hazus v6.1" / "consequence_repair.csv").set_index("ID")
    for name in pd.read_csv(files("gmplug.hazus").joinpath("occupancies.csv"))["occupancy"]:
        for own, kind in zip(consequences(name), ("Cost", "Time"), strict=True):
            theirs = costs.loc[f"LF.{name}-{kind}"]
            assert own == pytest.approx([theirs[f"DS{i}-Theta_0"] for i in (1, 2, 3, 4)]), name


def test_resilience_through_the_host_from_losses_of_another() -> None:
    demands = _demands()
    losses = pd.DataFrame(
        {
            "level": np.repeat(["frequent", "rare", "very-rare"], 2),
            "realization": [0, 1] * 3,
            "repair_cost_ratio": [0.0, 0.1, 0.2, 0.4, 0.5, 2.0],
            "repair_time_days": [0.0, 20.0, 60.0, 100.0, 200.0, 600.0],
            "collapsed": [0, 0, 0, 0, 0, 1],
            "irreparable": 0,
        }
    )
    options = {"control_time_days": 400.0, "losses_from": "mine"}
    before = {"mine": Assessment({}, {"losses": losses})}
    given = {"demands": demands, "before": before, "seed": 1}
    done = call(Host().provider("risk_assessments", "resilience"), options, given, "[risk]")
    expected = [
        1 - 0.5 * (0.1 * 10) / 400,
        1 - 0.5 * (0.2 * 30 + 0.4 * 50) / 400,
        1 - 0.5 * (0.5 * 100 + (400 - 400**2 / 1200)) / 400,  # the second is not done by then
    ]
    table = done.tables["resilience_by_level"]
    assert table["resilience_index"].to_list() == pytest.approx(expected, rel=1e-12)
    weights = np.array([0.0075, 0.0075 + 0.002, 0.002 + 0.001])
    assert done.values["resilience_index"] == pytest.approx(weights @ expected / 0.02)
    assert done.values["expected_annual_lost_days"] == pytest.approx(weights @ (1 - np.array(expected)) * 400)
    assert done.pictures["functionality"].png.startswith(b"\x89PNG")
    with pytest.raises(InputError, match=r"losses_from = 'other'"):
        resilience(demands, before, 1, losses_from="other")


def test_resilience_without_a_loss_model_uses_hazus() -> None:
    done = resilience(_demands(), {}, 1, impeding_days={"inspection": 7.0})
    assert done.values["losses_from"] == "hazus-losses"
    assert done.values["notes"][0].startswith("doubtful: building_type = S1, design_level = high, occupancy")
    index = done.tables["resilience_by_level"]["resilience_index"].to_numpy()
    assert np.all(np.diff(index) < 0) and index[0] < 1
    curves = done.tables["functionality"].groupby("level", sort=False)["mean"]
    assert all(curve.is_monotonic_increasing for _, curve in curves)


def test_levels_without_rates_are_not_averaged() -> None:
    done = resilience(_demands(rates=(np.nan,) * 3), {}, 1)
    assert done.values["resilience_index"] is None and done.values["expected_annual_lost_days"] is None


def test_bad_losses_and_options_are_named() -> None:
    demands = _demands()
    losses = hazus_losses(demands, 1, realizations=3).tables["losses"]
    broken = losses.assign(repair_time_days=[-1.0, *losses["repair_time_days"][1:]])
    with pytest.raises(InputError, match="repair_time_days of row 1"):
        resilience(demands, {"x": Assessment({}, {"losses": broken})}, 1)
    with pytest.raises(InputError, match="lacks the column"):
        resilience(demands, {"x": Assessment({}, {"losses": losses.drop(columns="collapsed")})}, 1)
    with pytest.raises(InputError, match="types: W1"):
        hazus_losses(demands, 1, building_type="S9")
    with pytest.raises(InputError, match="occupancy"):
        hazus_losses(demands, 1, occupancy="CASTLE")


def test_analyses_that_failed_are_told() -> None:
    demands = _demands()
    status = demands.table["status"].where(demands.table.index != 0, "failed")
    failed = replace(demands, table=demands.table.assign(status=status))
    for made in (hazus_losses(failed, 1, realizations=3), resilience(failed, {}, 1)):
        told = f"1 of {len(status)} analyses gave no demands and are not used"
        assert any(note.startswith(told) for note in made.notes)
    assert not any("gave no demands" in note for note in hazus_losses(demands, 1, realizations=3).notes)
