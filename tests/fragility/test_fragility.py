"""Fragility fits against published data, closed forms and Monte Carlo."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import minimize

from gmplug.demands import DRIFT
from gmplug.errors import InputError
from gmplug.fragility.assessment import fragility
from gmplug.fragility.binomial import fit_binomial
from gmplug.fragility.curves import median_of
from gmplug.fragility.fits import fit_capacities, fit_cloud, fit_stripes, fit_stripes_many
from gmplug.fragility.limits import Limit, capacities
from gmplug.fragility.sample import bootstrap
from gmplug.values import LevelDemands
from tests.support.stripes import made_stripes

# The data of the examples that Baker published with "Efficient analytical fragility function fitting using
# dynamic structural analysis", Earthquake Spectra 31(1):579-599 (2015): multiple stripes, and IDA.
STRIPES_G = np.array([0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 1.0])
COLLAPSES = np.array([0.0, 0, 0, 4, 6, 13, 12, 16])
ANALYSES = np.full(8, 40.0)
CAPACITIES_G = np.array(
    [0.49, 0.62, 0.63, 0.63, 0.65, 0.70, 0.71, 0.72, 0.77, 0.79, 0.80, 0.84, 0.91, 0.92,
     0.93, 0.97, 1.04, 1.04, 1.05, 1.08, 1.08, 1.09, 1.12, 1.13, 1.22, 1.32, 1.33, 1.34,
     1.40, 1.40, 1.47, 1.72, 1.76, 2.15, 2.31, 2.42, 2.50]
)  # fmt: skip
# Bliss (1935), beetles after five hours of carbon disulphide: log10 dose, insects, killed.
DOSE = np.array([1.6907, 1.7242, 1.7552, 1.7842, 1.8113, 1.8369, 1.8610, 1.8839])
INSECTS = np.array([59.0, 60, 62, 56, 63, 59, 62, 60])
KILLED = np.array([6.0, 13, 18, 28, 52, 53, 61, 60])


def test_the_stripes_of_baker_2015() -> None:
    fit = fit_stripes(STRIPES_G, ANALYSES, COLLAPSES)
    assert round(fit.median_g, 2) == 1.08
    assert round(fit.beta, 2) == 0.43
    direct = minimize(  # eq. 11 as it is printed
        lambda p: -stats.binom.logpmf(COLLAPSES, 40, stats.norm.cdf(np.log(STRIPES_G / p[0]) / p[1])).sum(),
        [0.8, 0.4],
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-12},
    ).x
    assert (fit.median_g, fit.beta) == pytest.approx(direct, rel=1e-5)


def test_the_incremental_analyses_of_baker_2015() -> None:
    fit = fit_capacities(CAPACITIES_G)
    assert (round(fit.median_g, 2), round(fit.beta, 2)) == (1.07, 0.41)
    below = CAPACITIES_G <= 1.3
    truncated = fit_capacities(CAPACITIES_G[below], np.full(int((~below).sum()), 1.3))
    reference = stats.CensoredData(
        np.log(CAPACITIES_G[below]), right=np.full(int((~below).sum()), np.log(1.3))
    )
    mean, beta = stats.norm.fit(reference)
    assert (np.log(truncated.median_g), truncated.beta) == pytest.approx((mean, beta), abs=2e-4)


@pytest.mark.parametrize(
    ("link", "intercept", "slope"), [("probit", -34.935, 19.728), ("logit", -60.717, 34.270)]
)
def test_the_beetles_as_the_textbooks_print_them(link, intercept: float, slope: float) -> None:
    """Dobson (2002), An Introduction to Generalized Linear Models, 2nd ed., section 7.3."""
    fit = fit_binomial(DOSE, INSECTS, KILLED, link)
    assert round(float(fit.intercept[0]), 3) == intercept
    assert round(float(fit.slope[0]), 3) == slope


def test_the_dosage_levels_as_sas_prints_them() -> None:
    """SAS/STAT user's guide, the PROBIT procedure, example "Dosage Levels" (54.1 of version 8): probit of a
    logarithm with counts at seven levels, which is eq. 11 of Baker (2015).
    """
    dose = np.arange(1.0, 8.0)
    subjects, responded = np.array([10.0, 12, 10, 10, 12, 10, 10]), np.array([1.0, 2, 4, 5, 8, 8, 10])
    fit = fit_stripes(dose, subjects, responded)
    slope = np.log(10) / fit.beta
    assert round(slope, 5) == 3.41812
    assert -slope * np.log10(fit.median_g) == pytest.approx(-1.81270, abs=1e-5)
    inside = fit.probability(dose)
    likelihood = responded @ np.log(inside) + (subjects - responded) @ np.log(1 - inside)
    assert round(float(likelihood), 6) == -37.280388


def test_the_hours_of_study_as_the_textbooks_print_them() -> None:
    """Twenty students who pass or fail (Wikipedia, Logistic regression), as the collapses of a cloud."""
    hours = np.array([0.5, 0.75, 1, 1.25, 1.5, 1.75, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 4, 4.25,
                      4.5, 4.75, 5, 5.5])  # fmt: skip
    passed = np.array([0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1], dtype=bool)
    fit = fit_cloud(np.exp(hours), np.exp(hours), passed, np.inf)
    assert round(fit.collapse_intercept, 4) == -4.0777
    assert round(fit.collapse_slope, 4) == 1.5046


def test_parameters_are_recovered_without_bias() -> None:
    """Means over 4000 studies of 5 levels and 40 records; the bias of β is of order 1/n."""
    sa, median, beta = np.array([0.2, 0.4, 0.6, 0.9, 1.4]), 0.7, 0.45
    p = stats.norm.cdf(np.log(sa / median) / beta)
    drawn = np.random.default_rng(3).binomial(40, p, size=(4000, 5))
    medians, betas = fit_stripes_many(sa, np.full(5, 40.0), drawn)
    assert np.isfinite(medians).mean() > 0.999
    error = np.nanstd(np.log(medians)) / np.sqrt(4000)
    assert abs(np.nanmean(np.log(medians)) - np.log(median)) < max(0.01, 3 * error)
    assert np.nanmean(betas) == pytest.approx(beta, rel=0.04)
    assert np.nanmedian(betas) == pytest.approx(beta, rel=0.03)


@pytest.mark.parametrize("counts", [[0, 0, 0], [20, 20, 20], [0, 7, 20], [9, 5, 1]])
def test_counts_that_fix_no_curve_give_none(counts: list[int]) -> None:
    sa, n = np.array([0.2, 0.4, 0.8]), np.full(3, 20.0)
    assert not fit_stripes(sa, n, np.array(counts, dtype=float)).known
    assumed = fit_stripes(sa, n, np.array(counts, dtype=float), fallback_beta=0.4)
    assert assumed.known == (0 < sum(counts) < 60)
    if counts == [0, 7, 20]:
        direct = minimize(
            lambda p: -stats.binom.logpmf(counts, 20, stats.norm.cdf(np.log(sa / p[0]) / 0.4)).sum(), [0.4]
        ).x
        assert assumed.median_g == pytest.approx(direct[0], rel=1e-4)


def test_a_cloud_without_scatter_or_collapse_is_its_power_law() -> None:
    sa = np.geomspace(0.05, 1.0, 30)
    noise = 0.3 * np.tile([1.0, -1.0], 15)
    demand, none = 0.02 * sa**1.2 * np.exp(noise), np.zeros(30, dtype=bool)
    assert not fit_cloud(sa, demand, none, np.inf).known  # no collapse, no curve of collapse
    fit = fit_cloud(sa, demand, none, 0.01)
    assert fit.known
    expected = np.polyfit(np.log(sa), np.log(0.02 * sa**1.2) + noise, 1)
    assert (fit.b, fit.ln_a) == pytest.approx(tuple(expected), rel=1e-9)
    assert median_of(fit) == pytest.approx((0.01 / np.exp(fit.ln_a)) ** (1 / fit.b), rel=1e-9)
    assert fit.probability(np.array([1e-9]))[0] < 1e-12


def test_collapses_of_a_cloud_follow_a_logistic_curve() -> None:
    rng = np.random.default_rng(1)
    sa = np.exp(rng.uniform(np.log(0.1), np.log(2.0), 4000))
    p = 1 / (1 + np.exp(-(0.5 + 3.0 * np.log(sa))))
    fell = rng.random(4000) < p
    demand = np.where(fell, np.nan, 0.02 * sa * np.exp(0.3 * rng.normal(size=4000)))
    fit = fit_cloud(sa, demand, fell, np.inf)
    assert fit.collapse_intercept == pytest.approx(0.5, abs=0.15)
    assert fit.collapse_slope == pytest.approx(3.0, abs=0.25)
    assert fit.probability(sa) == pytest.approx(fit.collapse(sa))


def test_the_assessment_covers_collapse_and_any_demand() -> None:
    made = fragility(made_stripes(200, 1), seed=1, samples=200, limits={"beyond repair": (DRIFT, 0.03)})
    table = made.tables["fragility"].set_index("limit")
    assert list(table.index[-2:]) == ["beyond repair", "collapse"]
    for name, value in (("drift above 2 %", 0.02), ("beyond repair", 0.03), ("collapse", 0.07)):
        true = 0.4 * (value / 0.02) ** (1 / 1.1)
        assert table.loc[name, "median_g"] == pytest.approx(true, rel=0.08), name
        assert table.loc[name, "beta"] == pytest.approx(0.4 / 1.1, rel=0.2), name
        assert (
            table.loc[name, "median_low_g"] < table.loc[name, "median_g"] < table.loc[name, "median_high_g"]
        )
    assert made.pictures["fragility"].png[:4] == b"\x89PNG"
    again = fragility(made_stripes(200, 1), seed=1, samples=200, limits={"beyond repair": (DRIFT, 0.03)})
    pd.testing.assert_frame_equal(made.tables["fragility"], again.tables["fragility"])


def test_bootstrap_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """90 % intervals of the median cover it in 82-96 % of 200 studies (3 standard errors, small samples)."""
    limit, covered = Limit("drift", DRIFT, 0.02), 0
    for seed in range(200):
        rng = np.random.default_rng(1000 + seed)
        found = bootstrap(made_stripes(30, seed), limit, 200, rng, np.array([0.4]), fallback_beta=0.4)
        low, high = np.percentile(found.medians_g, [5, 95])
        covered += low <= 0.4 <= high
    assert 164 <= covered <= 192


def test_records_of_a_cloud_with_two_factors_are_drawn_whole() -> None:
    """Each analysis twice is no more information: intervals of the median stay as wide."""
    rng = np.random.default_rng(5)
    sa = np.geomspace(0.1, 1.0, 40)
    table = pd.DataFrame({"id": [f"r{k}" for k in range(40)], "sa_g": sa, "status": "ok"})
    table = table.assign(level="cloud", annual_rate=np.nan)
    table[DRIFT] = 0.02 * sa * np.exp(rng.normal(0, 0.4, 40))
    levels = pd.DataFrame(
        [{"level": "cloud", "sa_g": np.nan, "annual_rate": np.nan, "candidates": 40, "records": 40}]
    )
    widths = []
    for rows in (table, pd.concat([table, table])):
        demands = LevelDemands(rows, levels, 1.0, sampling="cloud")
        limit = Limit("drift", DRIFT, 0.01)
        medians_g = bootstrap(demands, limit, 400, np.random.default_rng(1), sa).medians_g
        widths.append(np.std(np.log(medians_g)))
    assert widths[1] == pytest.approx(widths[0], rel=0.01)


def test_analyses_that_failed_are_counted_in_a_note_and_nowhere_else() -> None:
    demands = made_stripes()
    worse = demands.table.copy()
    failed = worse.iloc[:3].assign(status="failed", peak_story_drift_ratio=np.nan)
    more = LevelDemands(pd.concat([worse, failed]), demands.levels, 1.0)
    first, second = (fragility(d, seed=1, samples=0) for d in (demands, more))
    columns = ["median_g", "beta", "analyses"]
    pd.testing.assert_frame_equal(first.tables["fragility"][columns], second.tables["fragility"][columns])
    assert any("3 of 153 analyses gave no demands" in note for note in second.values["notes"])


def test_an_unknown_demand_is_named() -> None:
    with pytest.raises(InputError, match="no column 'peak_drift'; known: peak_story_drift_ratio"):
        fragility(made_stripes(), seed=1, limits={"mine": ("peak_drift", 0.02)})


def test_capacities_are_read_between_runs_and_censored_ones_kept() -> None:
    rows = [
        ("a", 0.2, "ok", 0.01),
        ("a", 0.4, "ok", 0.03),
        ("a", 0.8, "collapsed", np.nan),
        ("b", 0.3, "ok", 0.005),
    ]
    table = pd.DataFrame(rows, columns=["id", "sa_g", "status", DRIFT]).assign(
        level="ida", annual_rate=np.nan
    )
    levels = pd.DataFrame(
        [{"level": "ida", "sa_g": np.nan, "annual_rate": np.nan, "candidates": 2, "records": 2}]
    )
    demands = LevelDemands(table, levels, 1.0, sampling="ida")
    at_2 = capacities(demands, Limit("two", DRIFT, 0.02), "x").set_index("id")
    assert at_2.loc["a", "sa_g"] == pytest.approx(np.sqrt(0.2 * 0.4))  # halfway between 1 % and 3 %, in ln Sa
    assert (at_2.loc["b", "sa_g"], bool(at_2.loc["b", "censored"])) == (0.3, True)
    fell = capacities(demands, Limit("collapse", DRIFT, np.inf), "x").set_index("id")
    assert fell.loc["a", "sa_g"] == pytest.approx(np.sqrt(0.4 * 0.8))
