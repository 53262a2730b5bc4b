"""Fragility from estimates for all candidates: better with a good surrogate, no worse with none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gmplug.errors import InputError
from gmplug.fragility.curves import LognormalFragility
from gmplug.fragility.fits import fit_stripes
from gmplug.fragility.limits import Limit, stripe_counts, stripe_estimates
from gmplug.fragility.sample import bootstrap, fit_limit
from gmplug.surrogate.collapse import Collapses
from gmplug.surrogate.estimates import exceedance
from gmplug.surrogate.sample import Population
from gmplug.values import LevelDemands

SA, CANDIDATES, RECORDS, LIMIT = (0.3, 0.5, 0.8, 1.2), 200, 20, 0.02


def drawn(rng: np.random.Generator, correlation: float) -> tuple[LevelDemands, LevelDemands]:
    """Stripes of random records with estimates by a surrogate, and of all candidates."""
    few, whole, estimates = [], [], []
    for number, sa in enumerate(SA):
        x = rng.normal(size=CANDIDATES)
        e = correlation * x + np.sqrt(1 - correlation**2) * rng.normal(size=CANDIDATES)
        ln = np.log(0.025 * sa) + 0.45 * e
        sample = rng.choice(CANDIDATES, RECORDS, replace=False)
        people = Population(np.full(CANDIDATES, 1 / CANDIDATES), sample, np.full(RECORDS, 1 / RECORDS))
        above = (ln[sample] > np.log(LIMIT)).astype(float)
        none_collapse = Collapses(ln[sample], np.zeros(RECORDS), np.inf, {"stories": x})
        share = exceedance(np.log(LIMIT), above, none_collapse, people)
        of = {"level": str(number), "sa_g": sa}
        estimates.append(
            of | {"drift_ratio": LIMIT, "probability": share.share, "surrogate": share.surrogate}
            | {"equivalent_analyses": share.equivalent_analyses}
        )  # fmt: skip
        for rows, values in ((few, ln[sample]), (whole, ln)):
            rows += [of | {"peak_story_drift_ratio": value} for value in np.exp(values)]
    levels = pd.DataFrame({"level": list("0123"), "sa_g": SA, "annual_rate": np.nan})
    levels = levels.assign(candidates=CANDIDATES, records=RECORDS)

    def demands(rows: list[dict[str, object]], known: pd.DataFrame) -> LevelDemands:
        table = pd.DataFrame(rows).assign(annual_rate=np.nan, status="ok")
        table["id"] = [str(number) for number in range(len(table))]
        return LevelDemands(table, levels, 1.0, estimates=known)

    return demands(few, pd.DataFrame(estimates)), demands(whole, pd.DataFrame())


@pytest.mark.parametrize(("correlation", "ratio"), [(0.97, 0.6), (0.0, 1.05)])
def test_errors_against_all_candidates(correlation: float, ratio: float) -> None:
    rng, limit = np.random.default_rng(1), Limit("drift", "peak_story_drift_ratio", LIMIT)
    errors = []
    for _ in range(120):
        few, whole = drawn(rng, correlation)
        counted = LevelDemands(few.table, few.levels, 1.0)
        medians = [fit_limit(one, limit, 0.4).median_g for one in (few, counted, whole)]  # type: ignore[union-attr]
        errors.append(np.log(np.array(medians[:2]) / medians[2]))
    own, plain = np.sqrt(np.mean(np.square(errors), axis=0))
    assert own < ratio * plain


def test_estimates_are_as_many_analyses_as_they_are_worth() -> None:
    few, _ = drawn(np.random.default_rng(2), 0.97)
    sa, analyses, reached = stripe_estimates(few, Limit("drift", "peak_story_drift_ratio", LIMIT), "")
    np.testing.assert_allclose(sa, SA)
    used = few.estimates["surrogate"] != "none"
    assert used.all()
    np.testing.assert_allclose(analyses, few.estimates["equivalent_analyses"])
    share = few.estimates["probability"].to_numpy()
    none, everyone = share * analyses < 0.5, (1.0 - share) * analyses < 0.5
    np.testing.assert_allclose(reached / analyses, np.where(none, 0.0, np.where(everyone, 1.0, share)))
    assert (analyses >= RECORDS).all() and (analyses <= CANDIDATES).all()


def test_a_predicted_share_of_almost_all_is_no_slope() -> None:
    """At one level some reach the limit; at the next 1 − 2e-16 of the candidates: β is not known."""
    few, _ = drawn(np.random.default_rng(2), 0.97)
    known = few.estimates.assign(probability=[7e-59, 0.4, 1.0 - 2e-16, 1.0], equivalent_analyses=50.0)
    table = few.table.assign(peak_story_drift_ratio=0.03)
    demands = LevelDemands(table, few.levels, 1.0, estimates=known)
    limit = Limit("drift", "peak_story_drift_ratio", LIMIT)
    fitted = bootstrap(demands, limit, 200, np.random.default_rng(1), np.array(SA), 0.4)
    assert isinstance(fitted.fragility, LognormalFragility)
    assert fitted.fragility.beta == 0.4
    counted = fit_stripes(np.array(SA), np.full(4, 50.0), np.array([0.0, 20.0, 50.0, 50.0]), 0.4)
    assert fitted.fragility.median_g == pytest.approx(counted.median_g)
    low, high = np.quantile(fitted.medians_g, [0.05, 0.95])
    assert low < fitted.fragility.median_g < high


def test_an_analysis_without_a_value_is_not_below_the_limit() -> None:
    few, _ = drawn(np.random.default_rng(2), 0.97)
    drifts = few.table["peak_story_drift_ratio"].where(few.table.index % RECORDS >= 5)
    demands = LevelDemands(few.table.assign(peak_story_drift_ratio=drifts), few.levels, 1.0)
    limit = Limit("drift", "peak_story_drift_ratio", LIMIT)
    _, analyses, reached = stripe_counts(demands, limit, "")
    np.testing.assert_array_equal(analyses, RECORDS - 5)
    assert reached.sum() == (drifts > LIMIT).sum()
    with pytest.raises(InputError, match="no analysis has a value of peak_story_drift_ratio"):
        stripe_counts(
            LevelDemands(few.table.assign(peak_story_drift_ratio=np.nan), few.levels, 1.0), limit, ""
        )
