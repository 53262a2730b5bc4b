"""Selection by realizations, the measures of misfit, and the stage."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from gmplug.chain.stage import StageContext
from gmplug.errors import InputError, PluginError
from gmplug.host import Host
from gmplug.report.tables import groups_table
from gmplug.selection import make_quotas, misfit
from gmplug.selection.realizations import _orders, coarse_periods, cs_realizations, draw_realizations
from gmplug.selection.stage import STAGE
from gmplug.study.schema import SelectionSection, Study
from gmplug.values import Candidates, Clusters, Target, no_progress
from tests.support.targets import conditional_spectrum

GRID = np.round(np.arange(1, 201) * 0.01, 2)


@pytest.fixture(scope="module")
def target(shared_data: Path) -> Target:
    table = shared_data / "jia2025" / "gmm.csv"
    return conditional_spectrum(GRID, 1.0, {}, sa_g=0.78, gmm_table=table)


@pytest.fixture(scope="module")
def candidates(shared_data: Path) -> Candidates:
    table = pd.read_csv(shared_data / "jia2025" / "candidates.csv")
    sa = table.filter(regex=r"^T\d").to_numpy(dtype=float)
    factor = 0.78 / sa[:, 99]
    records = table[["id", "group"]].assign(
        record_number=np.arange(1, len(table) + 1), scale_factor=factor, file_h1="", event="somewhere"
    )
    return Candidates(records, GRID, np.log(sa * factor[:, None]), pd.DataFrame())


def halves(candidates: Candidates, weights: np.ndarray) -> Clusters:
    """Two clusters per group by the first principal component of weighted ln Sa: always the same."""
    labels = np.empty(len(candidates.records), dtype=np.int64)
    for group in ("pulse", "nonpulse"):
        at = np.flatnonzero(candidates.records["group"] == group)
        x = candidates.ln_sa[at] * np.sqrt(weights)
        x = x - x.mean(axis=0)
        score = x @ np.linalg.svd(x, full_matrices=False)[2][0]
        labels[at] = np.where(score * np.sign(score[np.argmax(np.abs(score))]) > 0, 1, 2)
    table = candidates.records[["id", "group"]].assign(cluster=labels)
    return Clusters(table, {}, "halves")


def quotas_of(clusters: Clusters) -> pd.DataFrame:
    section = SelectionSection(count=20, share=0.25)
    nothing = Target(np.ones(1), np.zeros(1), np.zeros((1, 1)), 1.0, 1.0)
    return make_quotas(section, clusters, nothing).table


# -- misfit ------------------------------------------------------------------------------------------


def test_misfit_by_hand() -> None:
    target = Target(np.array([0.5, 1.0]), np.array([0.0, 0.1]), np.diag([0.25, 0.0]), 1.0, 1.0)
    ln_sa = np.array([[0.3, 0.1], [-0.1, 0.1], [0.4, 0.1]])
    mean, std = 0.2, math.sqrt((0.01 + 0.09 + 0.04) / 2)
    found = misfit(ln_sa, target)
    assert found.error == pytest.approx(mean**2 + (std - 0.5) ** 2)
    assert found.max_median_error == pytest.approx(math.exp(0.2) - 1)
    assert found.max_sigma_error == pytest.approx(1 - std / 0.5)
    assert misfit(ln_sa, target, 2.0).error == pytest.approx(mean**2 + 2 * (std - 0.5) ** 2)


# -- realizations ------------------------------------------------------------------------------------


def test_coarse_periods_span_the_grid(target: Target) -> None:
    coarse = coarse_periods(target)
    assert coarse[0] == 0 and coarse[-1] == 199 and 99 in coarse
    assert 15 < len(coarse) < 26
    # published: 0.01 to 1 s, then 1.1 to 2 s on 10 periods
    above = target.periods_s[coarse][target.periods_s[coarse] > 1.0]
    np.testing.assert_allclose(above, np.geomspace(1.1, 2.0, 10), atol=0.0051)


def test_realizations_follow_the_target(target: Target) -> None:
    coarse = coarse_periods(target)
    drawn = draw_realizations(target, coarse, 400, 20, np.random.default_rng(3))
    assert drawn.shape == (400, 20, 200)
    pooled = drawn.reshape(-1, 200)
    np.testing.assert_allclose(pooled.mean(axis=0)[coarse], target.ln_mean[coarse], atol=0.01)
    np.testing.assert_allclose(pooled.std(axis=0)[coarse], target.sigma_ln[coarse], atol=0.01)
    correlation = np.corrcoef(pooled[:, [9, 49, 199]].T)
    sigma = target.sigma_ln[[9, 49, 199]]
    expected = target.covariance[np.ix_([9, 49, 199], [9, 49, 199])] / np.outer(sigma, sigma)
    np.testing.assert_allclose(correlation, expected, atol=0.06)
    np.testing.assert_allclose(pooled[:, 99], math.log(0.78), atol=1e-12)


def test_each_set_is_a_latin_hypercube(target: Target) -> None:
    """At every coarse period, one value of a set lies in each of n equally probable intervals."""
    coarse = coarse_periods(target)
    drawn = draw_realizations(target, coarse, 5, 20, np.random.default_rng(3))
    at = coarse[target.sigma_ln[coarse] > 0]
    z = (drawn[:, :, at] - target.ln_mean[at]) / target.sigma_ln[at]
    stratum = np.sort(np.floor(norm.cdf(z) * 20), axis=1)
    assert np.all(stratum == np.arange(20)[None, :, None])


def test_orders_are_all_or_as_many_as_allowed() -> None:
    rng = np.random.default_rng(0)
    assert len(_orders(4, 120, rng)) == 24
    many = _orders(8, 120, rng)
    assert len({tuple(order) for order in many}) == 120
    assert np.all(np.sort(many, axis=1) == np.arange(8))


@pytest.mark.parametrize("weights", ["equal", "long periods"])
def test_reaches_the_published_error(candidates: Candidates, target: Target, weights: str) -> None:
    """2,000 sets, 3 to 2 of 5 and about 8 to 7 of 15: published E 0.492."""
    of = halves(candidates, np.ones(200) if weights == "equal" else np.where(GRID >= 1.0, 1.0, 0.2))
    quotas = quotas_of(of)
    chosen = cs_realizations(candidates, target, of, quotas, seed=1)
    assert misfit(candidates.ln_sa[chosen], target).error <= 0.55
    taken = of.table.iloc[chosen].groupby(["group", "cluster"]).size()
    assert {(r.group, r.cluster): r.quota for r in quotas.itertuples()} == taken.to_dict()
    assert len(set(chosen.tolist())) == 20


def test_same_set_for_a_seed_and_for_shuffled_candidates(candidates: Candidates, target: Target) -> None:
    of = halves(candidates, np.ones(200))
    quotas = quotas_of(of)
    first = cs_realizations(candidates, target, of, quotas, seed=7, sets=60)
    again = cs_realizations(candidates, target, of, quotas, seed=7, sets=60)
    np.testing.assert_array_equal(first, again)
    assert set(first) != set(cs_realizations(candidates, target, of, quotas, seed=8, sets=60))
    mixed = np.random.default_rng(0).permutation(len(candidates.records))
    shuffled = Candidates(
        candidates.records.iloc[mixed].reset_index(drop=True), GRID, candidates.ln_sa[mixed], pd.DataFrame()
    )
    relabelled = Clusters(of.table.iloc[mixed].reset_index(drop=True), {}, "halves")
    other = cs_realizations(shuffled, target, relabelled, quotas, seed=7, sets=60)
    assert list(shuffled.records["id"].iloc[other]) == list(candidates.records["id"].iloc[first])


def test_whole_clusters_and_single_clusters(candidates: Candidates, target: Target) -> None:
    """A quota as large as its cluster takes all of it; clusters without quota are left alone."""
    labels = np.ones(len(candidates.records), dtype=int)
    labels[:3] = 2
    labels[3:5] = 3
    of = Clusters(candidates.records[["id"]].assign(group="all", cluster=labels), {}, "test")
    rows = [("all", 1, 261, 4), ("all", 2, 3, 3), ("all", 3, 2, 0)]
    quotas = pd.DataFrame(rows, columns=["group", "cluster", "candidates", "quota"])
    chosen = cs_realizations(candidates, target, of, quotas, seed=1, sets=10)
    assert {0, 1, 2} <= set(chosen.tolist()) and not {3, 4} & set(chosen.tolist()) and len(chosen) == 7


# -- the stage ---------------------------------------------------------------------------------------


def context(tmp_path: Path, plugin: str = "", **selection: Any) -> StageContext:
    scripts = []
    if plugin:
        script = tmp_path / "selector.py"
        script.write_text(plugin)
        scripts.append(script)
    study = Study.model_validate(
        {
            "catalogue": {"provider": "simulated"},
            "structure": {"period_s": 1.0},
            "selection": {"share": 0.25} | selection,
        }
    )
    return StageContext(study, Host(scripts, entry_points=False), tmp_path, 2, no_progress)


def run(where: StageContext, candidates: Candidates, target: Target) -> Any:
    of = halves(candidates, np.ones(200))
    return STAGE.run(where, candidates=candidates, target=target, clusters=of), of


def test_stage_writes_and_reads(tmp_path: Path, candidates: Candidates, target: Target) -> None:
    selection, of = run(context(tmp_path, effort=0.05), candidates, target)
    STAGE.save(selection, tmp_path)
    table = pd.read_csv(tmp_path / "selection.csv")
    assert list(table)[:5] == ["id", "group", "cluster", "scale_factor", "file_h1"] and len(table) == 20
    assert list(pd.read_csv(tmp_path / "quotas.csv")) == ["group", "cluster", "candidates", "quota"]
    again = STAGE.load(tmp_path, candidates=candidates, target=target, clusters=of)
    assert again.error == selection.error and again.notes == selection.notes
    np.testing.assert_array_equal(again.ln_sa, selection.ln_sa)
    pd.testing.assert_frame_equal(again.records, selection.records)
    summary = STAGE.summary(again)
    assert summary["selection"]["count"] == 20 and summary["selection"]["error"] == selection.error
    assert sum(q for group in summary["groups"].values() for q in group["quotas"]) == 20


def test_records_to_download_are_listed(tmp_path: Path, candidates: Candidates, target: Target) -> None:
    selection, _ = run(context(tmp_path, effort=0.05), candidates, target)
    assert selection.notes[-1].startswith(
        "20 of 20 selected records have no waveform at hand; record numbers to download: "
    )
    numbers = selection.notes[-1].split(": ")[1].split(" (see")[0].split(", ")
    assert sorted(map(int, numbers)) == sorted(selection.records["record_number"])
    STAGE.save(selection, tmp_path)
    wanted = pd.read_csv(tmp_path / "download.csv")
    assert list(wanted) == ["id", "record_number", "event", "scale_factor"] and len(wanted) == 20


def test_stage_takes_an_edited_selection(tmp_path: Path, candidates: Candidates, target: Target) -> None:
    selection, of = run(context(tmp_path, effort=0.05), candidates, target)
    STAGE.save(selection, tmp_path)
    inputs: dict[str, Any] = {"candidates": candidates, "target": target, "clusters": of}
    table = pd.read_csv(tmp_path / "selection.csv")
    other = next(name for name in candidates.records["id"] if name not in set(table["id"]))
    table["file_h1"] = table["file_h1"].astype(object)
    table.loc[0, "id"], table.loc[1, "file_h1"] = other, "at2/one.AT2"
    table.loc[2, "scale_factor"] *= 2
    table.iloc[:-1].to_csv(tmp_path / "selection.csv", index=False)
    edited = STAGE.load(tmp_path, **inputs)
    assert len(edited.records) == 19 and edited.records["id"].iloc[0] == other
    assert edited.records["file_h1"].iloc[1] == "at2/one.AT2"
    np.testing.assert_allclose(edited.ln_sa[2], selection.ln_sa[2] + math.log(2))
    assert edited.error == pytest.approx(misfit(edited.ln_sa, target).error)
    shown = groups_table(of, edited)
    assert shown is not None
    assert sum(int(row[3].text) for row in shown.rows) == 19
    assert any("takes other numbers of the clusters than quotas.csv" in note for note in edited.notes)
    assert edited.notes[-1].startswith("18 of 19 selected records have no waveform")
    path = tmp_path / "selection.csv"
    whole = path.read_text()
    path.write_text(whole[: whole.rindex(",")])
    with pytest.raises(InputError, match=r"selection\.csv, row 20: truncated, has \d+ of \d+ cells"):
        STAGE.load(tmp_path, **inputs)
    path.write_text(whole.rstrip("\n"))
    assert len(STAGE.load(tmp_path, **inputs).records) == 19
    table.loc[0, "id"] = "nobody"
    table.loc[4, "id"] = table.loc[5, "id"]
    table.loc[6, "scale_factor"] = 0
    table.to_csv(tmp_path / "selection.csv", index=False)
    with pytest.raises(InputError) as caught:
        STAGE.load(tmp_path, **inputs)
    text = str(caught.value)
    assert "row 2, column id: 'nobody' is not among the candidates" in text
    assert "occurs more than once" in text and "row 8, column scale_factor" in text


SELECTOR = """
import numpy as np
from gmplug import hookimpl

def choose(candidates, quotas):
    return {answer}

@hookimpl
def gmplug_selectors():
    return {{"mine": choose}}
"""


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ("'twenty'", "must return an integer array"),
        ("np.arange(3)", "returned 3 records, the quotas ask for 20"),
        ("np.zeros(20, dtype=int)", "returned a record more than once"),
        ("np.arange(20) + 9999", "returned positions outside 0 to 265"),
        ("np.arange(20)", "its quota is"),
    ],
)
def test_a_selector_that_does_not_deliver(
    tmp_path: Path, candidates: Candidates, target: Target, answer: str, line: str
) -> None:
    where = context(tmp_path, SELECTOR.format(answer=answer), method="mine")
    with pytest.raises(PluginError, match=r"\[selection\] method 'mine'") as caught:
        run(where, candidates, target)
    assert line in str(caught.value)


def test_unknown_methods_and_options(tmp_path: Path, candidates: Candidates, target: Target) -> None:
    with pytest.raises(InputError, match="cs-realizations"):
        run(context(tmp_path, method="by-magic"), candidates, target)
    with pytest.raises(InputError, match=r"unknown option 'efort'; did you mean 'effort'\??"):
        run(context(tmp_path, efort=3), candidates, target)


@pytest.mark.parametrize("method", ["optimised", "cs-realizations"])
def test_quotas_of_groups_or_none(
    tmp_path: Path, candidates: Candidates, target: Target, method: str
) -> None:
    """The clusters' quotas let go, whatever the method: groups keep theirs, or the count alone holds."""
    few = {"effort": 0.05} if method == "optimised" else {"sets": 5}
    for held, pulses in (("groups", {5}), ("none", set(range(21)))):
        selection, _ = run(context(tmp_path, method=method, quotas=held, **few), candidates, target)
        taken = selection.records.groupby(["group", "cluster"]).size()
        assert len(selection.records) == 20
        assert int((selection.records["group"] == "pulse").sum()) in pulses
        for row in selection.quotas.itertuples():
            assert row.quota == taken.get((row.group, row.cluster), 0)
        assert any("what was taken of each" in note for note in selection.notes)
        assert selection.explained["error_share"].sum() == pytest.approx(selection.error)
        assert list(selection.explained["cluster"]) == list(selection.records["cluster"])
