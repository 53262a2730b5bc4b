"""The optimised selection: against all subsets, real data, whatever the order; within what is asked."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans

from gmplug.errors import InputError
from gmplug.selection import make_quotas, misfit
from gmplug.selection.constraints import Cell, Constraints, check_feasible, draw_feasible
from gmplug.selection.exchange import Columns, Layout, descend, lead, scores
from gmplug.selection.kolmogorov import KolmogorovSmirnov
from gmplug.selection.objective import Objective, Weights
from gmplug.selection.optimised import make_objective, optimised
from gmplug.study.schema import SelectionSection
from gmplug.values import Candidates, Choice, Clusters, Measures, Target
from tests.bench.bench_selection import published_candidates, two_clusters

PERIODS = np.array([0.2, 0.5, 1.0, 2.0])


def made_up(n: int, seed: int, events: int = 4) -> tuple[Candidates, Target]:
    """Correlated spectra at four periods around a target, from a few earthquakes."""
    rng = np.random.default_rng(seed)
    correlation = 0.7 ** np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    ln_sa = rng.multivariate_normal(np.full(4, 0.1), 0.3 * correlation, n)
    records = pd.DataFrame(
        {
            "id": [f"r{i:03d}" for i in range(n)],
            "group": "all",
            "event": [f"e{i}" for i in rng.integers(0, events, n)],
            "scale_factor": np.exp(rng.normal(0, 0.5, n)),
            "pgv_cm_s": np.exp(rng.normal(3, 0.5, n)),
        }
    )
    target = Target(PERIODS, np.zeros(4), 0.36 * correlation, 1.0, 1.0)
    return Candidates(records, PERIODS, ln_sa, pd.DataFrame()), target


def clustered(candidates: Candidates, labels: np.ndarray, count: int) -> tuple[Clusters, pd.DataFrame]:
    clusters = Clusters(candidates.records[["id", "group"]].assign(cluster=labels), {}, "test")
    nothing = Target(np.ones(1), np.zeros(1), np.zeros((1, 1)), 1.0, 1.0)
    return clusters, make_quotas(SelectionSection(count=count), clusters, nothing).table


def choose(n: int, seed: int, count: int, labels: np.ndarray | None = None, **options: Any) -> Any:
    candidates, target = made_up(n, seed)
    labels = np.ones(n, dtype=int) if labels is None else labels
    clusters, quotas = clustered(candidates, labels, count)
    return candidates, target, quotas, optimised(candidates, target, clusters, quotas, 1, **options)


# -- against all subsets -----------------------------------------------------------------------------

VARIANTS: list[dict[str, float]] = [
    {},
    {"sigma_weight": 3.0},
    {"skewness_weight": 0.3},
    {"correlation_weight": 0.5},
    {"scale_factor_weight": 0.4},
    {"skewness_weight": 0.2, "correlation_weight": 0.3, "scale_factor_weight": 0.1},
]


@pytest.mark.parametrize("options", VARIANTS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_finds_the_best_of_all_subsets(options: dict[str, float], seed: int) -> None:
    """16 candidates, 5 of them in clusters of 9 and 7: 126 · 21 sets or so, all tried."""
    labels = np.where(np.arange(16) < 9, 1, 2)
    candidates, target, quotas, found = choose(16, seed, 5, labels, price=False, **options)
    assert quotas["quota"].tolist() == [3, 2]
    sets = np.array(
        [
            one + two
            for one in itertools.combinations(range(9), 3)
            for two in itertools.combinations(range(9, 16), 2)
        ]
    )
    least = min(independent_objective(candidates, target, list(some), options) for some in sets)
    assert independent_objective(candidates, target, list(found.positions), options) <= least + 1e-9
    assert found.facts["objective"] == pytest.approx(least, abs=1e-9)


def independent_objective(
    candidates: Candidates, target: Target, chosen: list[int], options: dict[str, float]
) -> float:
    """The objective from its definition, by pandas and SciPy, one set at a time."""
    from scipy.stats import skew

    values = candidates.ln_sa[chosen] - target.ln_mean
    std = values.std(axis=0, ddof=1)
    total = np.sum(values.mean(axis=0) ** 2)
    total += options.get("sigma_weight", 1.0) * np.sum((std - target.sigma_ln) ** 2)
    total += options.get("skewness_weight", 0.0) * np.sum(skew(values, axis=0) ** 2)
    factor = candidates.records["scale_factor"].to_numpy()[chosen]
    total += options.get("scale_factor_weight", 0.0) * np.mean(np.log(factor) ** 2)
    if "correlation_weight" in options:
        upper = np.triu_indices(4, 1)
        wanted = target.covariance / np.outer(target.sigma_ln, target.sigma_ln)
        apart = (np.corrcoef(values.T) - wanted)[upper]
        total += options["correlation_weight"] * 4 * np.mean(apart**2)
    return float(total)


@pytest.mark.parametrize("cap", [1, 2])
def test_finds_the_best_of_all_subsets_with_few_of_an_event(cap: int) -> None:
    candidates, target = made_up(15, 4, events=5)
    clusters, quotas = clustered(candidates, np.where(np.arange(15) < 8, 1, 2), 4)
    found = optimised(candidates, target, clusters, quotas, 1, max_per_event=cap)
    event = candidates.records["event"].to_numpy()
    allowed = [
        some
        for some in itertools.combinations(range(15), 4)
        if sum(i < 8 for i in some) == 2 and pd.Series(event[list(some)]).value_counts().max() <= cap
    ]
    least = min(misfit(candidates.ln_sa[list(some)], target).error for some in allowed)
    assert misfit(candidates.ln_sa[found.positions], target).error == pytest.approx(least, abs=1e-9)


@pytest.mark.parametrize("weights", [Weights(), Weights(skewness=0.5, correlation=0.5, scale_factor=0.2)])
def test_scores_are_the_objective(weights: Weights) -> None:
    candidates, target = made_up(40, 7)
    objective = make_objective(candidates, target, weights)
    chosen = np.random.default_rng(0).permutation(40)[:8]
    others = np.setdiff1d(np.arange(40), chosen)
    for slot in range(8):
        found = scores(Columns.of(objective), chosen, slot, others)
        sets = np.tile(chosen, (len(others), 1))
        sets[:, slot] = others
        assert found == pytest.approx(objective.errors(sets), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("weights", [Weights(), Weights(skewness=0.5, correlation=0.5, scale_factor=0.2)])
@pytest.mark.parametrize("most", [None, 2])
def test_descents_never_harm_and_tabu_search_starts_from_what_it_is_given(
    weights: Weights, most: int | None
) -> None:
    candidates, target = made_up(60, 6, events=12)
    objective = make_objective(candidates, target, weights)
    halves = [np.arange(0, 60, 2), np.arange(1, 60, 2)]
    none = np.zeros(0, dtype=np.int64)
    cells = tuple(Cell(str(i), half, 6, none, 30) for i, half in enumerate(halves))
    event = candidates.records["event"].str[1:].astype(int).to_numpy()
    constraints = Constraints(cells, event, max_per_event=most)
    rng = np.random.default_rng(1)
    columns, layout = Columns.of(objective), Layout.of(constraints)
    for drawn in draw_feasible(constraints, 10, rng):
        before = objective.errors(drawn[None])[0]
        orders = rng.permuted(np.tile(np.arange(12), (20, 1)), axis=1)
        value = descend(columns, layout, drawn, orders)
        (now,) = objective.errors(drawn[None])
        assert value == pytest.approx(now, rel=1e-3, abs=1e-4) and now <= before * (1 + 1e-4)
        led = lead(columns, layout, drawn.copy(), rng.random((50, 8)), 10, 3)
        assert objective.errors(led[None])[0] <= now * (1 + 1e-4)
        for one in (drawn, led):
            assert len(set(one)) == 12 and (one[:6] % 2 == 0).all() and (one[6:] % 2).all()
            assert most is None or np.bincount(event[one]).max() <= most


def test_measures_and_period_weights_count() -> None:
    candidates, target = made_up(60, 3)
    measures = Measures(("pgv_cm_s",), np.array([3.4]), np.array([[0.09]]), np.array([5.0]))
    with_measures = Target(PERIODS, target.ln_mean, target.covariance, 1.0, 1.0, measures=measures)
    clusters, quotas = clustered(candidates, np.ones(60, dtype=int), 8)
    ln_pgv = np.log(candidates.records["pgv_cm_s"] * candidates.records["scale_factor"]).to_numpy()

    def off(chosen: np.ndarray) -> float:
        return float((ln_pgv[chosen].mean() - 3.4) ** 2 + (ln_pgv[chosen].std(ddof=1) - 0.3) ** 2)

    plain = optimised(candidates, target, clusters, quotas, 1).positions
    followed = optimised(candidates, with_measures, clusters, quotas, 1).positions
    assert off(followed) < 0.2 * off(plain) and off(followed) < 0.01
    first = optimised(candidates, target, clusters, quotas, 1, period_weights=[(0.1, 0.6, 1.0)]).positions
    short = [misfit(candidates.ln_sa[s][:, :2], _short(target)).error for s in (first, plain)]
    assert short[0] < short[1]
    with pytest.raises(InputError, match=r"period_weights leaves no period of the grid, 0\.2 to 2 s, a"):
        optimised(candidates, target, clusters, quotas, 1, period_weights=[(3.0, 4.0, 1.0)])


def _short(target: Target) -> Target:
    return Target(PERIODS[:2], target.ln_mean[:2], target.covariance[:2, :2], 1.0, 1.0)


# -- Kolmogorov-Smirnov ------------------------------------------------------------------------------


def test_kolmogorov_smirnov_is_that_of_scipy() -> None:
    from scipy.stats import kstest

    candidates, target = made_up(40, 2)
    values = candidates.ln_sa - target.ln_mean
    weights = np.array([1.0, 2.0, 0.0, 1.0])
    penalty = np.linspace(0.0, 0.1, 40)
    measure = KolmogorovSmirnov(values, target.sigma_ln, weights, penalty)
    chosen = np.random.default_rng(1).permutation(40)[:7]
    d = np.array(
        [kstest(values[chosen, c], "norm", args=(0, target.sigma_ln[c])).statistic for c in range(4)]
    )
    expected = (d**2 * weights).sum() / weights.sum() + penalty[chosen].mean()
    assert measure.of(chosen) == pytest.approx(expected)
    others = np.setdiff1d(np.arange(40), chosen)
    found = measure.with_each(chosen[1:], others)
    np.testing.assert_allclose(found, [measure.of(np.append(chosen[1:], j)) for j in others])


def test_selects_by_kolmogorov_smirnov() -> None:
    """Better by that statistic than the set of moments; no swap is left that helps; constraints hold."""
    candidates, target = made_up(60, 6, events=12)
    clusters, quotas = clustered(candidates, np.where(np.arange(60) < 35, 1, 2), 10)
    measure = KolmogorovSmirnov(candidates.ln_sa - target.ln_mean, target.sigma_ln, np.ones(4), np.zeros(60))
    options: dict[str, Any] = {"max_per_event": 2, "include": ["r005"], "exclude": ["r010"]}
    plain = optimised(candidates, target, clusters, quotas, 1, **options)
    found = optimised(candidates, target, clusters, quotas, 1, statistic="kolmogorov-smirnov", **options)
    assert found.facts["objective"] == pytest.approx(measure.of(found.positions))
    assert measure.of(found.positions) < measure.of(plain.positions)
    assert found.facts["objective_without_cluster_quotas"] <= found.facts["objective"] + 1e-12
    event = candidates.records["event"].to_numpy()
    assert pd.Series(event[found.positions]).value_counts().max() <= 2
    assert 5 in found.positions and 10 not in found.positions
    assert (found.positions < 35).sum() == quotas["quota"].iloc[0]
    for slot, record in enumerate(found.positions):
        if record == 5:
            continue
        others = np.delete(found.positions, slot)
        for j in np.setdiff1d(np.arange(60), others):
            full = (event[others] == event[j]).sum() >= 2
            if (j < 35) == (record < 35) and not full and j != 10:
                assert measure.of(np.append(others, j)) >= found.facts["objective"] - 1e-9
    names = candidates.records["id"].to_numpy()
    for row, record in enumerate(found.positions):  # alternates cost what the statistic says
        others, told = np.delete(found.positions, row), found.explained.iloc[row]
        allowed = [
            j for j in np.setdiff1d(np.arange(60), found.positions)
            if (j < 35) == (record < 35) and j != 10 and (event[others] == event[j]).sum() < 2
        ]  # fmt: skip
        costs = sorted(
            (measure.of(np.append(others, j)) - found.facts["objective"], names[j]) for j in allowed
        )
        assert told["alternate_1"] == costs[0][1] and told["cost_1"] == pytest.approx(costs[0][0], abs=1e-9)


# -- real data ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2])
def test_published_candidates(shared_data: Path, seed: int) -> None:
    """Within k-means quotas of 5 + 15 E ≤ 0.165 (published: 0.492); ≤ 0.135 without."""
    candidates, target = published_candidates(shared_data / "jia2025")
    clusters = two_clusters(candidates, np.ones(200))
    quotas = make_quotas(SelectionSection(count=20, share=0.25), clusters, target).table
    found = optimised(candidates, target, clusters, quotas, seed, workers=2, price=False)
    assert misfit(candidates.ln_sa[found.positions], target).error <= 0.165
    one = Clusters(clusters.table.assign(group="all", cluster=1), {}, "none")
    whole = pd.DataFrame({"group": ["all"], "cluster": [1], "candidates": [266], "quota": [20]})
    free = optimised(candidates, target, one, whole, seed, workers=2)
    assert misfit(candidates.ln_sa[free.positions], target).error <= 0.135


def test_same_set_for_any_order_and_number_of_workers(shared_data: Path) -> None:
    candidates, target = published_candidates(shared_data / "jia2025")
    clusters = two_clusters(candidates, np.ones(200))
    quotas = make_quotas(SelectionSection(count=20, share=0.25), clusters, target).table
    found = []
    for workers, order in ((1, None), (2, None), (4, 1), (3, 2)):
        rows = np.arange(266) if order is None else np.random.default_rng(order).permutation(266)
        records = candidates.records.iloc[rows].reset_index(drop=True)
        mixed = Candidates(records, candidates.periods_s, candidates.ln_sa[rows], pd.DataFrame())
        labels = Clusters(clusters.table.iloc[rows].reset_index(drop=True), {}, "k-means")
        chosen = optimised(mixed, target, labels, quotas, 5, workers=workers, effort=0.2)
        assert list(records["id"].iloc[chosen.positions]) == list(chosen.explained["id"])
        found.append((list(records["id"].iloc[chosen.positions]), chosen.facts["objective"]))
    assert all(one == found[0] for one in found)
    other = optimised(candidates, target, clusters, quotas, 6, effort=0.2)
    assert list(candidates.records["id"].iloc[other.positions]) != found[0][0]


def test_many_candidates_are_searched_in_part_first() -> None:
    """3,000 candidates on 200 periods: 20 are chosen in a part of them, then among all."""
    rng = np.random.default_rng(3)
    periods = np.linspace(0.05, 2.0, 200)
    ln_sa = np.cumsum(rng.normal(0, 0.08, (3000, 200)), axis=1)
    covariance = 0.0064 * np.minimum.outer(np.arange(1, 201), np.arange(1, 201)).astype(float)
    records = pd.DataFrame({"id": [f"r{i}" for i in range(3000)], "group": "all", "scale_factor": 1.0})
    candidates = Candidates(records, periods, ln_sa, pd.DataFrame())
    target = Target(periods, np.zeros(200), covariance, 1.0, 1.0)
    clusters, quotas = clustered(candidates, KMeans(3, n_init=1, random_state=0).fit_predict(ln_sa) + 1, 20)
    found = optimised(candidates, target, clusters, quotas, 1, workers=2, effort=0.5, price=False)
    taken = clusters.table.iloc[found.positions].groupby("cluster").size()
    assert taken.to_dict() == dict(zip(quotas["cluster"], quotas["quota"], strict=True))
    draws = [misfit(ln_sa[rng.permutation(3000)[:20]], target).error for _ in range(300)]
    assert misfit(ln_sa[found.positions], target).error < 0.2 * min(draws)


# -- constraints -------------------------------------------------------------------------------------


@st.composite
def asked(draw: st.DrawFn) -> dict[str, Any]:
    n = draw(st.integers(8, 24))
    return {
        "n": n,
        "count": draw(st.integers(3, 6)),
        "labels": np.array(draw(st.lists(st.integers(1, 3), min_size=n, max_size=n))),
        "seed": draw(st.integers(0, 50)),
        "cap": draw(st.none() | st.integers(1, 3)),
        "include": draw(st.lists(st.integers(0, n - 1), max_size=2, unique=True)),
        "exclude": draw(st.lists(st.integers(0, n - 1), max_size=4, unique=True)),
        "scale_factor": draw(st.none() | st.just((0.4, 2.5))),
    }


@given(asked())
@settings(max_examples=60, deadline=None)
def test_constraints_hold_or_the_ask_is_refused(ask: dict[str, Any]) -> None:
    """Refused exactly where a flow-free count over all subsets finds no set; otherwise everything holds."""
    candidates, target = made_up(ask["n"], ask["seed"])
    clusters, quotas = clustered(candidates, ask["labels"], ask["count"])
    ids = candidates.records["id"].to_numpy()
    include, exclude = list(ids[ask["include"]]), list(ids[ask["exclude"]])
    assume(not set(include) & set(exclude))
    factor = candidates.records["scale_factor"].to_numpy()
    limits = ask["scale_factor"]
    inside = np.ones(ask["n"], bool) if limits is None else (factor >= limits[0]) & (factor <= limits[1])
    options = {
        "max_per_event": ask["cap"],
        "include": include,
        "exclude": exclude,
        "scale_factor": limits,
        "effort": 0.02,
    }
    event = candidates.records["event"].to_numpy()

    def holds(chosen: np.ndarray) -> bool:
        taken = np.bincount(ask["labels"][chosen], minlength=4)
        return (
            all(taken[row.cluster] == row.quota for row in quotas.itertuples())
            and set(include) <= set(ids[chosen])
            and not set(exclude) & set(ids[chosen])
            and bool(inside[chosen].all())
            and (ask["cap"] is None or int(pd.Series(event[chosen]).value_counts().max()) <= ask["cap"])
        )

    try:
        found: Choice | None = optimised(candidates, target, clusters, quotas, 1, **options)
    except InputError as error:
        assert len(error.problems) == 1
        found = None
    if found is not None:
        assert len(set(found.positions.tolist())) == ask["count"] and holds(found.positions)
    elif ask["n"] <= 14:
        some = itertools.combinations(range(ask["n"]), ask["count"])
        assert not any(holds(np.array(chosen)) for chosen in some)


def test_random_starts_satisfy_tight_limits() -> None:
    """Two cells that share the only events they have: one way to split them, found each time."""
    event = np.array([0, 0, 1, 1, 0, 0, 2, 2])
    empty = np.array([], dtype=np.int64)
    cells = (Cell("one", np.arange(4), 2, empty, 4), Cell("two", np.arange(4, 8), 2, empty, 4))
    constraints = Constraints(cells, event, ("a", "b", "c"), 2)
    check_feasible(constraints, "here")
    seen = set()
    for seed in range(60):
        chosen = draw_feasible(constraints, 1, np.random.default_rng(seed))[0]
        assert np.bincount(event[chosen]).max() <= 2
        seen.add(tuple(np.sort(chosen)))
    assert len(seen) > 1


# -- what cannot be ----------------------------------------------------------------------------------


def refused(line: str, n: int = 24, count: int = 6, labels: np.ndarray | None = None, **options: Any) -> None:
    with pytest.raises(InputError, match=line) as caught:
        choose(n, 1, count, labels, **options)
    assert len(caught.value.problems) == 1


def test_what_cannot_be_says_why_and_what_would_help() -> None:
    halves = np.where(np.arange(24) < 12, 1, 2)
    ids = [f"r{i:03d}" for i in range(24)]
    refused(
        r"cluster 1 of group 'all' must give 3 records and has 2, 10 of 12 left out by exclude or "
        r'scale_factor; shorten exclude, widen scale_factor or lower count, or set quotas = "groups"',
        labels=halves,
        exclude=ids[:10],
    )
    refused(r"group 'all' must give 6 records and has 4, 20 of 24 left out", exclude=ids[:20])
    refused(
        r"include names 4 records of cluster 1 of group 'all', whose quota is 3; shorten include or raise "
        r'count, or set quotas = "groups"',
        labels=halves,
        include=ids[:4],
    )
    refused(
        r"max_per_event = 1 cannot hold: group 'all' must give 6 records and can give 4 from 4 earthquakes; "
        r"raise max_per_event to 2, lower count",
        max_per_event=1,
    )
    refused(r"'r003' is in include and in exclude", include=["r003"], exclude=["r003"])
    refused(r"include: 'r0003' is not among the candidates; did you mean r003", include=["r0003"])


def test_the_cell_that_binds_is_named() -> None:
    """Cluster 2's records are of one earthquake: it binds, cluster 1 does not."""
    candidates, target = made_up(20, 1)
    event = np.where(np.arange(20) < 10, [f"e{i}" for i in range(20)], "only")
    candidates = Candidates(
        candidates.records.assign(event=event), PERIODS, candidates.ln_sa, candidates.funnel
    )
    clusters, quotas = clustered(candidates, np.where(np.arange(20) < 10, 1, 2), 6)
    with pytest.raises(InputError) as caught:
        optimised(candidates, target, clusters, quotas, 1, max_per_event=2)
    line = str(caught.value)
    assert "cluster 2 of group 'all' must give 3 records and can give 2 from 1 earthquakes" in line
    assert "cluster 1" not in line and "raise max_per_event to 3" in line and 'quotas = "groups"' in line


def test_unknown_earthquakes_are_counted() -> None:
    candidates, target = made_up(20, 1)
    blank = candidates.records.assign(event=["", None, *candidates.records["event"].iloc[2:]])
    clusters, quotas = clustered(candidates, np.ones(20, dtype=int), 5)
    part = Candidates(blank, PERIODS, candidates.ln_sa, candidates.funnel)
    found = optimised(part, target, clusters, quotas, 1, max_per_event=2)
    assert "2 candidates' earthquakes are not known" in found.notes[0]
    none = Candidates(blank.assign(event=""), PERIODS, candidates.ln_sa, candidates.funnel)
    with pytest.raises(InputError, match="the candidates' earthquakes are not known"):
        optimised(none, target, clusters, quotas, 1, max_per_event=2)


# -- why ---------------------------------------------------------------------------------------------


def test_explanation_adds_up() -> None:
    labels = np.where(np.arange(40) < 25, 1, 2)
    candidates, target, _, found = choose(40, 5, 8, labels)
    table = found.explained
    assert list(table["id"]) == list(candidates.records["id"].iloc[found.positions])
    whole = misfit(candidates.ln_sa[found.positions], target).error
    assert table["error_share"].sum() == pytest.approx(whole)
    for row, position in enumerate(found.positions):
        rest = np.delete(found.positions, row)
        without = misfit(candidates.ln_sa[rest], target).error
        assert table["cost_without"].iloc[row] == pytest.approx(without - whole)
        others = [
            p for p in range(40) if labels[p] == labels[position] and p not in set(found.positions.tolist())
        ]
        costs = sorted(
            (misfit(candidates.ln_sa[[*rest, p]], target).error - whole, candidates.records["id"].iloc[p])
            for p in others
        )
        for k in range(3):
            assert table[f"alternate_{k + 1}"].iloc[row] == costs[k][1]
            assert table[f"cost_{k + 1}"].iloc[row] == pytest.approx(costs[k][0], abs=1e-9)
        assert costs[0][0] >= -1e-9  # no swap is left that would help
        own = candidates.ln_sa[labels == labels[position]]
        distance = np.sqrt(np.mean((candidates.ln_sa[position] - own.mean(axis=0)) ** 2))
        assert table["distance_to_centroid"].iloc[row] == pytest.approx(distance)
    assert table["chosen_share"].between(0, 1).all() and table["chosen_share"].max() > 0.3


def test_cost_of_the_cluster_quotas() -> None:
    labels = np.where(made_up(40, 5)[0].ln_sa[:, 3] > 0.4, 1, 2)
    *_, found = choose(40, 5, 8, labels)
    assert found.facts["objective_without_cluster_quotas"] <= found.facts["objective"] + 1e-12
    assert "Cost of the cluster quotas: E = " in found.notes[0]
    *_, weighted = choose(40, 5, 8, labels, effort=0.1, scale_factor_weight=1.0)
    assert "Cost of the cluster quotas: objective = " in weighted.notes[0]
    *_, single = choose(40, 5, 8)
    assert "objective_without_cluster_quotas" not in single.facts


def test_an_objective_without_variance_stays_finite() -> None:
    """Records that are all alike, and a target without dispersion at T*."""
    values = np.zeros((6, 3))
    objective = Objective(
        values, np.array([0.3, 0.0, 0.3]), np.ones(3), Weights(1, 1, 1, 1, 1), np.zeros(6),
        np.array([[0, 2]]), np.array([0.5]),
    )  # fmt: skip
    assert np.isfinite(objective.errors(np.array([[0, 1, 2]]))).all()
    assert np.isfinite(scores(Columns.of(objective), np.arange(3), 0, np.arange(3, 6))).all()
