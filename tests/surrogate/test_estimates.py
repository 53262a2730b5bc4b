"""Regression estimators: against closed forms, coverage over many draws, and useless surrogates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gmplug.errors import InputError
from gmplug.surrogate.collapse import Collapses, capacity, survival
from gmplug.surrogate.estimates import NONE, equivalent_analyses, estimate, exceedance
from gmplug.surrogate.population import effective_size, follow_target, weighted_misfit
from gmplug.surrogate.sample import Population
from gmplug.values import FloatArray, Target


def people(count: int, correlation: float, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=count)
    return x, -4 + 0.5 * (correlation * x + np.sqrt(1 - correlation**2) * rng.normal(size=count))


def sampled(size: int, sample: np.ndarray) -> Population:
    return Population(np.full(size, 1 / size), sample, np.full(len(sample), 1 / len(sample)))


def test_estimate_is_the_regression_estimator() -> None:
    x, y = people(100, 0.9)
    sample = np.arange(20)
    found = estimate(y[sample], {"stories": x}, sampled(100, sample))
    slope, intercept = np.polyfit(x[sample], y[sample], 1)
    assert found.surrogate == "stories"
    assert found.mean == pytest.approx(intercept + slope * x.mean())
    residual = y[sample] - intercept - slope * x[sample]
    expected = np.sqrt(slope**2 * x.var(ddof=1) + residual @ residual / 18)
    assert found.sigma == pytest.approx(expected)
    assert found.equivalent_analyses > 20


def test_a_perfect_surrogate_leaves_no_error() -> None:
    x, _ = people(60, 0.5)
    sample = np.arange(15)
    found = estimate(2 + 0.7 * x[sample], {"stories": x}, sampled(60, sample))
    assert found.mean == pytest.approx(2 + 0.7 * x.mean())
    assert found.mean_error == pytest.approx(0.0, abs=1e-12)
    assert found.equivalent_analyses == pytest.approx(60, rel=0.01)


def test_without_surrogate_it_is_plain() -> None:
    _, y = people(100, 0.5)
    sample = np.arange(20)
    found = estimate(y[sample], {}, sampled(100, sample))
    assert found.surrogate == NONE
    assert (found.mean, found.sigma) == pytest.approx((y[:20].mean(), y[:20].std(ddof=1)))
    assert found.mean_error == pytest.approx(y[:20].std(ddof=1) * np.sqrt((1 - 0.2) / 20))
    assert found.equivalent_analyses == pytest.approx(20)


@pytest.mark.parametrize("correlation", [0.95, 0.7])
def test_coverage_and_gain(correlation: float) -> None:
    """1,000 draws of 20 from 150: 95 % intervals hold; errors fall as the correlation says."""
    x, y = people(150, correlation, seed=3)
    rng, inside, squares, plain = np.random.default_rng(1), 0, 0.0, 0.0
    for _ in range(1000):
        sample = rng.choice(150, 20, replace=False)
        found = estimate(y[sample], {"stories": x}, sampled(150, sample))
        low, high = found.interval()
        inside += low <= y.mean() <= high
        squares += (found.mean - y.mean()) ** 2
        plain += (y[sample].mean() - y.mean()) ** 2
    assert 920 <= inside <= 980
    r2 = np.corrcoef(x, y)[0, 1] ** 2
    assert np.sqrt(squares / plain) == pytest.approx(np.sqrt(1 - r2), rel=0.12)


def test_useless_surrogates_cost_at_most_five_percent() -> None:
    rng = np.random.default_rng(8)
    _, y = people(120, 0.5, seed=4)
    junk = {"stories": rng.normal(size=120), "mechanism": rng.normal(size=120)}
    own, plain = [], []
    for _ in range(600):
        sample = rng.choice(120, 20, replace=False)
        own.append(estimate(y[sample], junk, sampled(120, sample)).mean - y.mean())
        plain.append(y[sample].mean() - y.mean())
    assert np.sqrt(np.mean(np.square(own)) / np.mean(np.square(plain))) < 1.05


def test_exceedance_is_unbiased_and_better_than_counting() -> None:
    x, y = people(200, 0.95, seed=5)
    threshold = float(np.quantile(y, 0.7))
    rng, own, plain, inside = np.random.default_rng(2), [], [], 0
    for _ in range(300):
        sample = rng.choice(200, 20, replace=False)
        above = (y[sample] > threshold).astype(float)
        gone = Collapses(y[sample], np.zeros(20), np.inf, {"stories": x})
        found = exceedance(threshold, above, gone, sampled(200, sample))
        own.append(found.share - 0.3)
        plain.append(above.mean() - 0.3)
        inside += found.low <= 0.3 <= found.high
    assert abs(np.mean(own)) < 0.01
    assert np.std(own) < 0.75 * np.std(plain)
    assert inside >= 0.92 * 300


def test_collapses_and_few_analyses() -> None:
    nothing = estimate(np.full(4, np.nan), {}, sampled(50, np.arange(4)))
    assert np.isnan(nothing.mean)
    gone = Collapses(np.full(4, np.nan), np.ones(4), 0.0, {})
    all_gone = exceedance(0.0, np.ones(4), gone, sampled(50, np.arange(4)))
    assert (all_gone.share, all_gone.high) == (1.0, 1.0)
    assert all_gone.low < 1.0


def collapsing(count: int, seed: int = 7) -> tuple[FloatArray, FloatArray, FloatArray]:
    """ln drift by a surrogate, ln drift (NaN where collapsed), collapse; capacities are about 0.05."""
    rng = np.random.default_rng(seed)
    x = np.log(0.03) + 0.6 * rng.normal(size=count)
    latent = x + 0.15 * rng.normal(size=count)
    collapsed = latent > np.log(0.05) + 0.1 * rng.normal(size=count)
    surrogate = np.where(latent > np.log(0.05), x + 0.8, x)  # runs away, as those of structures do
    return surrogate, np.where(collapsed, np.nan, latent), collapsed.astype(float)


def test_candidates_that_collapse_do_not_bias_the_median() -> None:
    """1,000 draws of 20 from 150, of which 18 % collapse: no bias, intervals hold, better than plain."""
    x, y, collapsed = collapsing(150)
    truth, spread = np.nanmean(y), np.nanstd(y, ddof=1)
    assert 0.1 < collapsed.mean() < 0.25
    rng, rows = np.random.default_rng(3), []
    for _ in range(1000):
        sample = rng.choice(150, 20, replace=False)
        of = sampled(150, sample)
        gone = Collapses(y[sample], collapsed[sample], np.log(0.1), {"stories": x})
        surviving = survival(gone, of)
        found = estimate(y[sample], {"stories": x}, of, surviving)
        low, high = found.interval()
        blind = estimate(y[sample], {"stories": x}, of).mean
        plain, inside, left = np.nanmean(y[sample]), low <= truth <= high, surviving.share(of)
        rows.append((found.mean, found.sigma, plain, inside, blind, left))
    mean, sigma, plain, inside, blind, left = np.array(rows, dtype=float).T
    assert left.mean() == pytest.approx(1.0 - collapsed.mean(), abs=0.02)
    error = np.sqrt(np.mean((plain - truth) ** 2))
    assert abs(mean.mean() - truth) < 0.2 * error
    assert abs(blind.mean() - truth) > 1.0 * error  # what is avoided
    assert np.sqrt(np.mean((mean - truth) ** 2)) < 0.75 * error
    assert sigma.mean() == pytest.approx(spread, rel=0.05)
    assert 0.92 <= inside.mean() <= 0.98


def test_the_share_of_collapses_is_unbiased() -> None:
    x, y, collapsed = collapsing(150)
    rng, own, plain, inside = np.random.default_rng(4), [], [], 0
    for _ in range(300):
        sample = rng.choice(150, 20, replace=False)
        gone = Collapses(y[sample], collapsed[sample], np.log(0.1), {"stories": x})
        found = exceedance(gone.ln_limit, collapsed[sample], gone, sampled(150, sample))
        own.append(found.share - collapsed.mean())
        plain.append(collapsed[sample].mean() - collapsed.mean())
        inside += found.low <= collapsed.mean() <= found.high
    assert abs(np.mean(own)) < 0.012
    assert np.std(own) < 0.8 * np.std(plain)
    assert inside >= 0.92 * 300


def test_capacity_is_found_between_what_collapsed_and_what_did_not() -> None:
    x = np.log(np.linspace(0.01, 0.05, 40))
    y = np.where(x > np.log(0.03), np.nan, x + 0.01 * np.sin(np.arange(40)))
    gone = Collapses(y, np.isnan(y).astype(float), np.log(0.1), {"stories": x})
    found = capacity(gone, np.ones((1, 40)) / 40, sampled(40, np.arange(40)))
    assert found is not None
    most_likely = found.ln_drifts[0, np.argmax(found.likelihood[0])]
    assert np.exp(most_likely) == pytest.approx(0.03, rel=0.08)
    without = Collapses(y, np.zeros(40), np.log(0.1), {"stories": x})
    of_none = capacity(without, np.ones((1, 40)) / 40, sampled(40, np.arange(40)))
    assert of_none is not None
    assert of_none.exceedance(np.inf)[0, 0] < 0.01


def test_equivalent_analyses_are_at_most_all() -> None:
    assert equivalent_analyses(1.0, 20, 100) == pytest.approx(20)
    assert equivalent_analyses(0.0, 20, 100) == pytest.approx(100)
    assert equivalent_analyses(0.25, 20, 10**9) == pytest.approx(80, rel=1e-5)


def target_of(periods_s: FloatArray) -> Target:
    sigma = 0.4 * np.abs(np.log(periods_s)) ** 0.5
    distance = np.abs(np.log(periods_s)[:, None] - np.log(periods_s)[None])
    covariance = np.outer(sigma, sigma) * np.exp(-distance)
    return Target(periods_s, -1.0 - 0.3 * np.log(periods_s), covariance, 1.0, float(np.exp(-1.0)))


def candidates_of(target: Target, count: int, shift: float, seed: int = 1) -> FloatArray:
    rng = np.random.default_rng(seed)
    drawn = rng.multivariate_normal(np.zeros(len(target.periods_s)), 1.3 * target.covariance, size=count)
    return np.asarray(target.ln_mean + shift * target.sigma_ln + drawn)


def test_weights_follow_the_target() -> None:
    target = target_of(np.geomspace(0.1, 3.0, 31))
    ln_sa = candidates_of(target, 250, 0.3)
    base = np.full(250, 1 / 250)
    before = weighted_misfit(ln_sa, target, base)
    assert np.abs(before[0]).max() > 0.1
    weights = follow_target(ln_sa, target, base)
    median, sigma = weighted_misfit(ln_sa, target, weights)
    assert np.abs(median).max() <= 0.03
    assert np.nanmax(np.abs(sigma)) <= 0.05
    assert 50 < effective_size(weights) < 250
    assert weights.sum() == pytest.approx(1.0)


def test_candidates_that_cannot_follow_are_refused() -> None:
    target = target_of(np.geomspace(0.1, 3.0, 31))
    with pytest.raises(InputError, match=r"population = 'target'.*widen \[preselection\]"):
        follow_target(candidates_of(target, 40, 3.0), target, np.full(40, 1 / 40))


def test_effective_size_is_kish() -> None:
    assert effective_size(np.full(8, 0.125)) == pytest.approx(8)
    assert effective_size(pd.Series([1.0, 0.0, 0.0]).to_numpy()) == pytest.approx(1)


def test_a_weighted_population_has_its_weighted_mean() -> None:
    rng = np.random.default_rng(6)
    x, weights = rng.normal(size=80), rng.uniform(0.1, 1.0, 80)
    people_of = Population(weights / weights.sum(), np.arange(12), np.full(12, 1 / 12))
    found = estimate(1.0 + 2.0 * x[:12], {"stories": x}, people_of)
    assert found.mean == pytest.approx(1.0 + 2.0 * np.average(x, weights=weights))
    assert people_of.left == 1.0  # no finite-population factor


def test_records_stand_for_their_clusters() -> None:
    from gmplug.surrogate.population import surveyed
    from gmplug.values import Candidates, Selection

    ids = [str(number) for number in range(6)]
    records = pd.DataFrame({"id": ids, "group": "all", "scale_factor": 1.0})
    candidates = Candidates(records, np.ones(1), np.zeros((6, 1)), pd.DataFrame())
    clusters = pd.DataFrame({"group": "all", "cluster": [1, 1, 1, 1, 2, 2]})
    chosen = records.iloc[[0, 4, 5]].assign(cluster=[1, 2, 2])
    selection = Selection(chosen, np.zeros((3, 1)), pd.DataFrame(), 0.0, 0.0, 0.0)
    found = surveyed(candidates, clusters, np.full(6, 1 / 6), selection)
    np.testing.assert_allclose(found.sample_weights, [2 / 3, 1 / 6, 1 / 6])


def test_without_a_regression_candidates_survive_as_the_sample_does() -> None:
    """Too few analyses that ended ok for a regression: 15 of 20 collapsed."""
    x, y, _ = collapsing(60)
    collapsed = np.repeat([1.0, 0.0], [15, 5])
    gone = Collapses(np.where(collapsed == 1.0, np.nan, y[:20]), collapsed, np.log(0.1), {"stories": x})
    found = survival(gone, sampled(60, np.arange(20)))
    assert found.share(sampled(60, np.arange(20))) == pytest.approx(0.25)
    np.testing.assert_allclose(found.probability[1], 5 / 19)  # without a collapse


def test_candidates_without_a_surrogate_survive_as_the_others_do() -> None:
    x, y, collapsed = collapsing(150)
    sample, of = np.arange(20), sampled(150, np.arange(20))
    everyone = survival(Collapses(y[sample], collapsed[sample], np.log(0.1), {"stories": x}), of)
    x = np.append(x, np.full(150, np.nan))
    half = survival(
        Collapses(y[sample], collapsed[sample], np.log(0.1), {"stories": x}), sampled(300, sample)
    )
    assert half.share(sampled(300, sample)) == pytest.approx(everyone.share(of), abs=0.02)


def test_no_analysis_gives_no_share() -> None:
    nothing = Collapses(np.full(4, np.nan), np.full(4, np.nan), 0.0, {})
    of = sampled(50, np.arange(4))
    found = exceedance(0.0, np.full(4, np.nan), nothing, of)
    assert np.isnan([found.share, found.low, found.high]).all()
    assert np.isnan(survival(nothing, of).share(of))
