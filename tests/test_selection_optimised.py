# ruff: noqa: F401, F811 - fixtures of another module
"""The selector ``optimised``: the best set against all sets, constraints that hold, reasons that add up."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gmplug.errors import InputError
from gmplug.selection import misfit
from gmplug.selection.explain import error_without_quotas, explain
from gmplug.selection.objective import Objective, Weights
from gmplug.selection.optimised import make_objective, optimised
from gmplug.selection.stage import STAGE
from gmplug.values import Candidates, Clusters, Measures, Target
from tests.test_selection import candidates, context, halves, quotas_of, run, target

PERIODS_S = np.array([0.2, 0.5, 1.0, 1.5, 2.0, 3.0])


def few(count: int, seed: int = 0, events: int = 4) -> tuple[Candidates, Target, Clusters]:
    """A handful of records in two clusters of one group."""
    rng = np.random.default_rng(seed)
    ln_sa = rng.normal(0.1, 0.5, (count, len(PERIODS_S)))
    records = pd.DataFrame(
        {
            "id": [f"R{i:03d}" for i in range(count)],
            "group": "all",
            "event": [f"quake {i % events}" for i in range(count)],
            "scale_factor": np.exp(rng.normal(0.0, 0.7, count)),
        }
    )
    goal = Target(PERIODS_S, np.zeros(6), np.diag([0.2, 0.15, 0.0, 0.1, 0.15, 0.2]), 1.0, 1.0)
    table = records[["id", "group"]].assign(cluster=np.where(np.arange(count) < 0.6 * count, 1, 2))
    return Candidates(records, PERIODS_S, ln_sa, pd.DataFrame()), goal, Clusters(table, {}, "test")


def table_of(*quotas: tuple[int, int]) -> pd.DataFrame:
    rows = [("all", cluster, 0, quota) for cluster, quota in quotas]
    return pd.DataFrame(rows, columns=["group", "cluster", "candidates", "quota"])


# -- the objective -----------------------------------------------------------------------------------


def test_the_objective_is_the_published_error_and_its_further_terms_are_by_hand() -> None:
    pool, goal, _ = few(12)
    plain = make_objective(pool.records, pool.ln_sa, goal, Weights())
    sets = np.array([[0, 3, 5, 7], [1, 2, 8, 11]])
    for chosen, value in zip(sets, plain.errors(sets), strict=True):
        assert value == pytest.approx(misfit(pool.ln_sa[chosen], goal).error, rel=1e-12)
    full = make_objective(pool.records, pool.ln_sa, goal, Weights(2.0, 3.0, 0.5, 0.7, 0.2), [[1.5, 2.0, 4.0]])
    chosen = sets[0]
    x, sigma = pool.ln_sa[chosen], goal.sigma_ln
    weight = np.array([1.0, 1.0, 1.0, 4.0, 4.0, 1.0])
    moment = ((x - x.mean(axis=0)) ** 3).mean(axis=0) / x.std(axis=0) ** 3
    skewness = np.where(sigma > 0, moment, 0.0)
    by_hand = np.sum(
        weight * (2.0 * x.mean(0) ** 2 + 3.0 * (x.std(0, ddof=1) - sigma) ** 2 + 0.5 * skewness**2)
    )
    kept = [i for i in range(6) if sigma[i] > 0]
    pairs = [(a, b) for a in kept for b in kept if a < b]
    found = np.corrcoef(x.T)
    by_hand += 0.7 * 6 * np.mean([found[a, b] ** 2 for a, b in pairs])  # the target's periods are independent
    by_hand += 0.2 * np.mean(np.log(pool.records["scale_factor"].to_numpy()[chosen]) ** 2)
    assert full.errors(chosen[None])[0] == pytest.approx(by_hand, rel=1e-9)


def test_further_measures_count_as_columns_and_a_mean_alone_counts_alone() -> None:
    pool, goal, _ = few(12)
    records = pool.records.assign(pgv_cm_s=np.linspace(10, 40, 12), duration_5_95_s=np.linspace(5, 30, 12))
    more = Measures(
        ("pgv_cm_s", "duration_5_95_s"), np.log([20.0, 15.0]), np.diag([0.3, 0.2]) ** 2, np.array([2.0, 0.5])
    )
    chosen = np.array([1, 4, 6, 9])
    found = make_objective(records, pool.ln_sa, dataclasses.replace(goal, measures=more), Weights())
    factor = records["scale_factor"].to_numpy()
    ln = np.log(np.column_stack([records["pgv_cm_s"] * factor, records["duration_5_95_s"]]))[chosen]
    extra = (ln.mean(0) - more.ln_mean) ** 2 + (ln.std(0, ddof=1) - [0.3, 0.2]) ** 2
    by_hand = misfit(pool.ln_sa[chosen], goal).error + extra @ [2.0, 0.5]
    assert found.errors(chosen[None])[0] == pytest.approx(by_hand, rel=1e-9)
    alone = make_objective(pool.records, pool.ln_sa, dataclasses.replace(goal, mean_only=True), Weights())
    assert alone.errors(chosen[None])[0] == pytest.approx(np.sum(pool.ln_sa[chosen].mean(0) ** 2), rel=1e-9)


# -- the search --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("weights", [{}, {"skewness_weight": 0.3, "correlation_weight": 0.2}])
def test_it_finds_the_best_of_all_sets(seed: int, weights: dict[str, float]) -> None:
    pool, goal, clusters = few(14, seed)
    first = np.flatnonzero(clusters.table["cluster"] == 1)
    second = np.flatnonzero(clusters.table["cluster"] == 2)
    every = np.array(
        [a + b for a in itertools.combinations(first, 3) for b in itertools.combinations(second, 2)]
    )
    named = {name.removesuffix("_weight"): value for name, value in weights.items()}
    objective = make_objective(pool.records, pool.ln_sa, goal, Weights(**named))
    least = objective.errors(every).min()
    chosen = optimised(pool, goal, clusters, table_of((1, 3), (2, 2)), seed=5, **weights)
    assert objective.errors(chosen[None])[0] == pytest.approx(least, rel=1e-9)


def test_neither_workers_nor_the_order_of_the_candidates_matter(
    candidates: Candidates, target: Target
) -> None:
    clusters = halves(candidates, np.ones(200))
    quotas = quotas_of(clusters)
    chosen = optimised(candidates, target, clusters, quotas, seed=3, workers=1, effort=0.2)
    assert np.array_equal(
        chosen, optimised(candidates, target, clusters, quotas, seed=3, workers=4, effort=0.2)
    )
    order = np.random.default_rng(0).permutation(len(candidates.records))
    shuffled = Candidates(
        candidates.records.iloc[order].reset_index(drop=True),
        candidates.periods_s,
        candidates.ln_sa[order],
        pd.DataFrame(),
    )
    moved = Clusters(clusters.table.iloc[order].reset_index(drop=True), {}, "halves")
    again = optimised(shuffled, target, moved, quotas, seed=3, effort=0.2)
    assert set(order[again]) == set(chosen)


def test_the_published_candidates_within_quotas(candidates: Candidates, target: Target) -> None:
    """Published: 0.492; by swaps from there 0.186, and 0.160 from 100 starts (METHOD section 9)."""
    clusters = halves(candidates, np.where(candidates.periods_s >= 1.0, 1.0, 0.2))
    for seed in (1, 2):
        chosen = optimised(candidates, target, clusters, quotas_of(clusters), seed=seed, workers=2)
        assert misfit(candidates.ln_sa[chosen], target).error <= 0.165


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 50),
    first=st.integers(0, 6),
    second=st.integers(2, 5),
    cap=st.none() | st.integers(1, 5),
    events=st.integers(1, 9),
    data=st.data(),
)
def test_what_is_asked_for_holds_or_is_refused(
    seed: int, first: int, second: int, cap: int | None, events: int, data: Any
) -> None:
    pool, goal, clusters = few(18, seed, events)
    ids = pool.records["id"].tolist()
    include = data.draw(st.lists(st.sampled_from(ids), max_size=2, unique=True))
    exclude = data.draw(st.lists(st.sampled_from(ids), max_size=4, unique=True))
    asked = {"include": include, "exclude": exclude, "max_per_event": cap}
    try:
        chosen = optimised(
            pool, goal, clusters, table_of((1, first), (2, second)), seed=1, effort=0.05, **asked
        )
    except InputError:
        return
    taken = pool.records.iloc[chosen]
    assert len(set(chosen)) == first + second
    assert (clusters.table["cluster"].to_numpy()[chosen] == 1).sum() == first
    assert set(include) <= set(taken["id"]) and not set(exclude) & set(taken["id"])
    assert cap is None or taken["event"].value_counts().max() <= cap


# -- what cannot be had ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quotas", "options", "line"),
    [
        (((1, 12), (2, 2)), {}, "group 'all', cluster 1 is to give 12 records and has 11"),
        (((1, 3), (2, 2)), {"max_per_event": 1, "events": 3}, "raise max_per_event to 2"),
        (
            ((1, 3), (2, 2)),
            {"include": ["R017", "R016", "R015"]},
            "include names 3 records of group 'all', cluster 2",
        ),
        (((1, 1), (2, 2)), {"exclude": [f"R{i:03d}" for i in range(11, 18)]}, "7 of 7 left out by exclude"),
        (((1, 3), (2, 2)), {"include": ["R001"], "exclude": ["R001"]}, "'R001' is in include and in exclude"),
        (((1, 3), (2, 2)), {"include": ["R999"]}, "include names R999, not among the candidates"),
        (((1, 3), (2, 2)), {"scale_factor": [3.0, 2.0]}, "scale_factor is [smallest, largest]"),
        (((1, 3), (2, 2)), {"period_weights": [[5.0, 9.0, 2.0]]}, "no period lies between 5 and 9 s"),
        (
            ((1, 3), (2, 2)),
            {"include": ["R000", "R004"], "max_per_event": 1},
            "include names 2 records of 'quake 0'",
        ),
    ],
)
def test_infeasible_asks_name_what_binds(
    quotas: tuple[tuple[int, int], ...], options: dict[str, Any], line: str
) -> None:
    pool, goal, clusters = few(18, events=options.pop("events", 4))
    with pytest.raises(InputError) as caught:
        optimised(pool, goal, clusters, table_of(*quotas), seed=1, **options)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_cap_that_can_hold_only_one_way_is_held() -> None:
    """Three clusters, three earthquakes, one record of each: the flow finds the one assignment."""
    records = pd.DataFrame(
        {
            "id": list("abcdef"),
            "group": "all",
            "event": ["x", "y", "x", "z", "x", "z"],
            "scale_factor": 1.0,
        }
    )
    rng = np.random.default_rng(0)
    pool = Candidates(records, PERIODS_S, rng.normal(size=(6, 6)), pd.DataFrame())
    clusters = Clusters(records[["id", "group"]].assign(cluster=[1, 1, 2, 2, 3, 3]), {}, "test")
    goal = few(4)[1]
    chosen = optimised(pool, goal, clusters, table_of((1, 1), (2, 1), (3, 1)), seed=1, max_per_event=1)
    assert sorted(records["event"].iloc[chosen]) == ["x", "y", "z"]


# -- reasons -----------------------------------------------------------------------------------------


def test_reasons_are_by_hand() -> None:
    pool, goal, clusters = few(16)
    quotas = table_of((1, 3), (2, 2))
    chosen = optimised(pool, goal, clusters, quotas, seed=1)
    table = explain(pool, goal, clusters, quotas, chosen, seed=1)
    assert table["id"].tolist() == pool.records["id"].iloc[chosen].tolist()
    labels = clusters.table["cluster"].to_numpy()
    for slot, row in enumerate(table.itertuples()):
        others = np.delete(chosen, slot)
        assert row.error_without == pytest.approx(misfit(pool.ln_sa[others], goal).error)
        swaps = {
            pool.records["id"].iloc[i]: misfit(pool.ln_sa[np.append(others, i)], goal).error
            for i in range(16)
            if i not in chosen and labels[i] == labels[chosen[slot]]
        }
        best = sorted(swaps, key=lambda name: swaps[name])[:3]
        assert row.alternates.split() == best
        assert row.error_with_alternate == pytest.approx(swaps[best[0]])
        assert row.error_with_alternate >= misfit(pool.ln_sa[chosen], goal).error - 1e-9
        centroid = pool.ln_sa[labels == labels[chosen[slot]]].mean(axis=0)
        by_hand = np.sqrt(np.mean((pool.ln_sa[chosen[slot]] - centroid) ** 2))
        assert row.distance_to_centroid == pytest.approx(by_hand)
    assert table["chosen_by"].between(0, 1).all()
    assert table["chosen_by"].mean() > 0.9, "on so few records the searches agree"


def test_the_price_of_the_quotas_is_never_negative() -> None:
    pool, goal, clusters = few(20, seed=3)
    for quotas in (table_of((1, 3), (2, 2)), table_of((1, 0), (2, 5))):
        chosen = optimised(pool, goal, clusters, quotas, seed=1)
        free = error_without_quotas(pool, goal, quotas, chosen, seed=1)
        every = [misfit(pool.ln_sa[list(s)], goal).error for s in itertools.combinations(range(20), 5)]
        assert free == pytest.approx(min(every))
        assert free <= misfit(pool.ln_sa[chosen], goal).error + 1e-12


def test_the_stage_keeps_the_reasons_and_forgets_them_with_an_edit(
    tmp_path: Path,
    candidates: Candidates,
    target: Target,
) -> None:
    selection, of = run(context(tmp_path, method="optimised", effort=0.1), candidates, target)
    STAGE.save(selection, tmp_path)
    inputs: dict[str, Any] = {"preselection": candidates, "target": target, "clustering": of}
    again = STAGE.load(tmp_path, **inputs)
    pd.testing.assert_frame_equal(again.explanation, selection.explanation)
    assert again.error_without_quotas == selection.error_without_quotas <= selection.error
    assert again.notes == selection.notes and "without the clusters' quotas" in again.notes[0]
    table = pd.read_csv(tmp_path / "selection.csv")
    table.iloc[:-1].to_csv(tmp_path / "selection.csv", index=False)
    assert STAGE.load(tmp_path, **inputs).explanation is None


@pytest.mark.parametrize(("quotas", "pulses"), [("groups", 5), ("none", None)])
def test_quotas_of_groups_alone_or_none(
    tmp_path: Path,
    candidates: Candidates,
    target: Target,
    quotas: str,
    pulses: int | None,
) -> None:
    options: dict[str, Any] = {"method": "optimised", "quotas": quotas, "explain": False}
    selection, _ = run(context(tmp_path, **options), candidates, target)
    assert selection.error <= 0.14
    assert len(selection.records) == 20 and set(selection.records["cluster"]) == {1, 2}
    assert pulses is None or (selection.records["group"] == "pulse").sum() == pulses


def test_a_screen_bounds_every_swap_from_below() -> None:
    pool, goal, _ = few(15)
    objective: Objective = make_objective(pool.records, pool.ln_sa, goal, Weights(scale_factor=0.3))
    chosen = np.array([[0, 4, 7, 9, 12]])
    sums = objective.features[chosen].sum(axis=1)
    screen = objective.screen(sums, 5)
    features, values = objective.features, objective.features[:, : objective.columns]
    for leaves in chosen[0]:
        for enters in np.setdiff1d(np.arange(15), chosen[0]):
            bound = (
                screen.constant[0] + features[leaves] @ screen.row[0] + features[enters] @ screen.column[0]
            )
            bound += (values[leaves] * values[enters]) @ screen.cross[0]
            swapped = np.where(chosen[0] == leaves, enters, chosen[0])
            assert bound <= objective.errors(swapped[None])[0] + 1e-9
