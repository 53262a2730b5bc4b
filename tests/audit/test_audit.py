"""gmplug audit: closed forms of sampling, collapses, quotas, determinism, resuming, a small real study."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.stats import ks_2samp

import gmplug
from gmplug.audit import AuditedStudy, AuditPlan, Strata, audit_candidates, audit_study
from gmplug.audit.audit import Audit, known_candidates
from gmplug.audit.measures import (
    bootstrap_counts,
    interval,
    ks_distance,
    resampled_mean,
    shared_records,
    weighted_median,
    weighted_moments,
)
from gmplug.audit.schemes import Goal, local_optimum, random_set
from gmplug.cli import cli
from gmplug.cli.audit import audit as audit_command
from gmplug.comparison import CandidateResponses
from gmplug.errors import InputError
from gmplug.runs import run_study
from gmplug.study.schema import SelectionSection
from gmplug.values import Candidates, FloatArray, IntArray, Target
from tests.support.studies import write_small_study

PERIODS = np.array([0.5, 1.0, 2.0])


def made(
    ln_response: FloatArray, labels: IntArray, ln_sa: FloatArray | None = None, groups: object = "all"
) -> tuple[Candidates, Target, Strata, CandidateResponses]:
    """Candidates with a given response and given clusters."""
    rng = np.random.default_rng(8)
    n = len(ln_response)
    if ln_sa is None:
        ln_sa = rng.normal(size=(n, len(PERIODS)))
    records = pd.DataFrame({"id": [f"r{i:03d}" for i in range(n)], "group": groups})
    candidates = Candidates(records, PERIODS, ln_sa, pd.DataFrame())
    target = Target(PERIODS, np.zeros(3), np.diag([1.0, 0.0, 1.0]), 1.0, 1.0)
    values = pd.DataFrame({"drift": np.exp(ln_response)})
    responses = CandidateResponses(values, np.zeros(n, dtype=bool), np.ones(n, dtype=bool), ("drift",))
    return candidates, target, Strata("clusters", labels), responses


def run(data: tuple, count: int, plan: AuditPlan, **more: object) -> Audit:
    candidates, target, strata, responses = data
    section = SelectionSection(count=count)
    return audit_candidates(candidates, target, [strata], responses, section, plan=plan, **more)


def row(audit: Audit, scheme: str, estimate: str = "plain") -> pd.Series:
    table = audit.table
    return table[(table["scheme"] == scheme) & (table["estimate"] == estimate)].iloc[0]


# -- sampling theory ---------------------------------------------------------------------------------


def mean_variance(ln: FloatArray, labels: IntArray, quotas: dict[int, int]) -> float:
    """Cochran (1977, Sampling Techniques, eq. 5.6 in words): Σ W² S² (1/n − 1/N) over the strata."""
    total = 0.0
    for stratum, n in quotas.items():
        values = ln[labels == stratum]
        total += (len(values) / len(ln)) ** 2 * values.var(ddof=1) * (1 / n - 1 / len(values))
    return total


@pytest.mark.parametrize("shift", [0.0, 1.5])
def test_errors_of_random_and_stratified_sets_are_those_of_sampling_theory(shift: float) -> None:
    rng = np.random.default_rng(3)
    labels = np.repeat([1, 2], [36, 24]).astype(np.int64)
    ln = rng.normal(scale=0.5, size=60) + shift * (labels == 2)
    draws = 500
    audit = run(made(ln, labels), 10, AuditPlan(5, draws, 0, left_out=0.0, resamples=300))
    sampling = 3.5 / np.sqrt(2 * draws)  # relative standard error of an RMSE, times 3.5
    random = np.sqrt(mean_variance(ln, np.ones(60), {1: 10}))
    stratified = np.sqrt(mean_variance(ln, labels, {1: 6, 2: 4}))
    assert row(audit, "random")["ln_median_rmse"] == pytest.approx(random, rel=sampling)
    assert row(audit, "stratified")["ln_median_rmse"] == pytest.approx(stratified, rel=sampling)
    found = row(audit, "stratified")
    assert found["ln_median_ratio_low"] - 0.05 < stratified / random < found["ln_median_ratio_high"] + 0.05
    if shift:
        assert found["ln_median_ratio_high"] < 0.75
        assert row(audit, "stratified")["ks_mean"] < row(audit, "random")["ks_mean"]
    else:  # clusters that say nothing of the response gain nothing
        assert 0.9 < found["ln_median_ratio"] < 1.1
    assert audit.truth["eta2_clusters"].iloc[0] == pytest.approx(
        1 - sum(((ln[labels == c] - ln[labels == c].mean()) ** 2).sum() for c in (1, 2))
        / ((ln - ln.mean()) ** 2).sum()
    )  # fmt: skip


def test_leaving_out_compares_a_set_with_the_candidates_it_was_drawn_from() -> None:
    rng = np.random.default_rng(4)
    ln = rng.normal(size=60)
    audit = run(made(ln, np.ones(60, dtype=np.int64)), 10, AuditPlan(5, 400, 0, left_out=0.2, resamples=100))
    expected = ln.std(ddof=1) * np.sqrt(1 / 10 - 1 / 48)
    against_all = ln.std(ddof=1) * np.sqrt(1 / 10 - 1 / 60)
    found = row(audit, "random")
    assert found["ln_median_rmse"] == pytest.approx(expected, rel=0.12)
    assert found["ln_median_rmse_all"] == pytest.approx(against_all, rel=0.12)


def test_weights_take_away_the_bias_of_quotas_that_round() -> None:
    labels = np.repeat([1, 2], [70, 30]).astype(np.int64)
    ln = np.where(labels == 2, 1.0, 0.0)
    audit = run(made(ln, labels), 4, AuditPlan(5, 30, 0, left_out=0.0))  # quotas 3 and 1, not 2.8 and 1.2
    assert row(audit, "stratified")["ln_median_bias"] == pytest.approx(1 / 4 - 0.3)
    assert row(audit, "stratified", "weighted")["ln_median_bias"] == pytest.approx(0.0, abs=1e-12)
    assert row(audit, "stratified", "weighted")["ks_mean"] == pytest.approx(0.0, abs=1e-12)
    assert row(audit, "stratified")["ks_mean"] == pytest.approx(0.05)


def test_groups_count_as_the_study_takes_them() -> None:
    groups = np.repeat(["pulse", "nonpulse"], [20, 40])
    ln = np.where(groups == "pulse", 1.0, 0.0)
    data = made(ln, np.ones(60, dtype=np.int64), groups=groups)
    section = SelectionSection(count=10, share=0.5)
    audit = audit_candidates(data[0], data[1], [data[2]], data[3], section, plan=AuditPlan(1, 20, 0))
    assert audit.truth["ln_median"].iloc[0] == pytest.approx(0.5)
    assert np.isnan(audit.truth["eta2_clusters"].iloc[0])  # nothing varies within the groups
    assert row(audit, "random")["ln_median_rmse"] == pytest.approx(0.0, abs=1e-12)


def test_collapses_are_compared_by_themselves_and_exceed_every_value() -> None:
    rng = np.random.default_rng(6)
    labels = np.repeat([1, 2], [30, 30]).astype(np.int64)
    candidates, target, strata, _ = made(rng.normal(size=60), labels)
    collapsed = (np.arange(60) % 3 == 0) & (labels == 2)
    ln = rng.normal(size=60)
    values = pd.DataFrame({"drift": np.where(collapsed, np.nan, np.exp(ln)), "linear": np.exp(ln)})
    responses = CandidateResponses(values, collapsed, np.ones(60, dtype=bool), ("drift",))
    audit = run((candidates, target, strata, responses), 12, AuditPlan(2, 200, 0, left_out=0.0))
    truth = audit.truth.set_index("demand")
    assert truth.loc["drift", "collapse_fraction"] == pytest.approx(collapsed.mean())
    assert truth.loc["drift", "ln_median"] == pytest.approx(ln[~collapsed].mean())
    assert truth.loc["linear", "collapse_fraction"] == 0.0
    table = audit.table[audit.table["demand"] == "drift"].set_index("scheme")
    p = collapsed[labels == 2].mean()
    variance = 0.25 * p * (1 - p) * 30 / 29 * (1 / 6 - 1 / 30)
    plain = table[table["estimate"] == "plain"]
    assert plain.loc["stratified", "collapse_fraction_rmse"] == pytest.approx(np.sqrt(variance), rel=0.18)
    share = collapsed.mean()
    random = np.sqrt(share * (1 - share) * 60 / 59 * (1 / 12 - 1 / 60))
    assert plain.loc["random", "collapse_fraction_rmse"] == pytest.approx(random, rel=0.18)
    by_hand = np.where(collapsed, np.inf, ln)
    first = audit.draws["random"].sets[0]
    assert ks_distance(by_hand[first], np.ones(12), by_hand, np.ones(60)) == pytest.approx(
        np.max(np.abs(
            (by_hand[first][:, None] <= by_hand).mean(axis=0) - (by_hand[:, None] <= by_hand).mean(axis=0)
        ))
    )  # fmt: skip


def test_matched_sets_do_better_where_spectra_tell_of_the_response() -> None:
    rng = np.random.default_rng(9)
    ln_sa = rng.normal(size=(60, 3))
    data = made(ln_sa[:, 2] + 0.2 * rng.normal(size=60), np.ones(60, dtype=np.int64), ln_sa)
    audit = run(data, 8, AuditPlan(3, 80, 0))
    assert row(audit, "candidates")["ln_median_ratio_high"] < 0.6
    assert row(audit, "candidates")["dispersion_ratio_high"] < 0.8
    unrelated = made(rng.normal(size=60), np.ones(60, dtype=np.int64), ln_sa)
    assert 0.75 < row(run(unrelated, 8, AuditPlan(3, 80, 0)), "candidates")["ln_median_ratio"] < 1.3


# -- measures ----------------------------------------------------------------------------------------


def test_measures_agree_with_numpy_and_scipy() -> None:
    rng = np.random.default_rng(1)
    values, others = rng.normal(size=(5, 13)), rng.normal(0.4, 1.2, size=31)
    equal = np.full((5, 13), 1 / 13)
    mean, std = weighted_moments(values, equal)
    assert mean == pytest.approx(values.mean(axis=1))
    assert std == pytest.approx(values.std(axis=1, ddof=1))
    assert weighted_median(values, equal) == pytest.approx(np.median(values, axis=1))
    assert weighted_median(values[:, :12], equal[:, :12]) == pytest.approx(np.median(values[:, :12], axis=1))
    assert ks_distance(values[0], equal[0], others, np.ones(31)) == pytest.approx(
        ks_2samp(values[0], others).statistic
    )
    # A weight of two is the value twice.
    twice, weights = np.append(values[0], values[0, 3]), np.where(np.arange(13) == 3, 2.0, 1.0)
    assert weighted_median(values[0], weights) == pytest.approx(np.median(twice))
    assert weighted_moments(values[0], weights)[0] == pytest.approx(twice.mean())
    with_gap = np.where(np.arange(13) == 5, np.nan, values[0])
    assert weighted_median(with_gap, equal[0]) == pytest.approx(np.nanmedian(with_gap))
    assert weighted_moments(with_gap, equal[0])[1] == pytest.approx(np.nanstd(with_gap, ddof=1))


def test_the_bootstrap_interval_is_that_of_the_mean() -> None:
    values = np.random.default_rng(2).normal(size=400)
    low, high = interval(resampled_mean(values, bootstrap_counts(400, 4000, 1)))
    half = 1.96 * values.std() / 20
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.02)


def test_shared_records_of_equal_and_of_random_sets() -> None:
    assert shared_records(np.tile(np.arange(5), (4, 1))) == 1.0
    assert shared_records(np.array([[0, 1], [2, 3]])) == 0.0
    rng = np.random.default_rng(0)
    sets = np.array([rng.permutation(50)[:10] for _ in range(300)])
    assert shared_records(sets) == pytest.approx(0.2, abs=0.01)


def test_a_descent_ends_where_no_swap_helps_and_keeps_the_quotas() -> None:
    rng = np.random.default_rng(7)
    ln_sa = rng.normal(size=(30, 6))
    goal = Goal(np.full(6, 0.2), np.full(6, 0.8))
    codes, quotas = np.repeat([0, 1, 2], 10).astype(np.int64), np.array([4, 0, 3])
    start = random_set(codes, quotas, rng)
    chosen = local_optimum(ln_sa, goal, start, codes, rng)
    assert np.bincount(codes[chosen], minlength=3).tolist() == [4, 0, 3]
    assert len(set(chosen.tolist())) == 7
    best = goal.error(ln_sa[chosen])
    assert best < goal.error(ln_sa[start])
    for place in range(7):
        for other in np.flatnonzero(codes == codes[chosen[place]]):
            if other not in chosen:
                swapped = chosen.copy()
                swapped[place] = other
                assert goal.error(ln_sa[swapped]) >= best * (1 - 1e-8)


# -- determinism and bad input -----------------------------------------------------------------------


def test_the_order_of_the_candidates_makes_no_difference() -> None:
    rng = np.random.default_rng(5)
    ln, labels = rng.normal(size=40), rng.integers(1, 3, 40)
    candidates, target, strata, responses = made(ln, labels)
    first = run((candidates, target, strata, responses), 6, AuditPlan(5, 10, 0))
    again = run((candidates, target, strata, responses), 6, AuditPlan(5, 10, 0))
    pd.testing.assert_frame_equal(first.table, again.table)
    order = rng.permutation(40)
    moved = run(
        (
            Candidates(
                candidates.records.iloc[order].reset_index(drop=True), PERIODS, candidates.ln_sa[order],
                pd.DataFrame(),
            ),
            target,
            Strata("clusters", labels[order]),
            CandidateResponses(
                responses.values.iloc[order].reset_index(drop=True), responses.collapsed, responses.known,
                ("drift",),
            ),
        ),
        6,
        AuditPlan(5, 10, 0),
    )  # fmt: skip
    for name, drawn in first.draws.items():
        ids = candidates.records["id"].to_numpy()[drawn.sets]
        assert (moved.candidates.records["id"].to_numpy()[moved.draws[name].sets] == ids).all(), name
    pd.testing.assert_frame_equal(first.table, moved.table, rtol=1e-9)
    other = run((candidates, target, strata, responses), 6, AuditPlan(6, 10, 0))
    assert not np.array_equal(other.draws["random"].sets, first.draws["random"].sets)


def test_bad_numbers_are_one_line_that_names_the_option() -> None:
    with pytest.raises(InputError, match="--left-out"):
        AuditPlan(left_out=1.0)
    with pytest.raises(InputError, match="--draws"):
        AuditPlan(draws=1)
    data = made(np.zeros(20), np.ones(20, dtype=np.int64))
    with pytest.raises(InputError, match=r"\[selection\] count: 18 .* lower count or --left-out"):
        run(data, 18, AuditPlan(1, 5, 0))
    candidates, _, strata, responses = data
    few = CandidateResponses(responses.values, responses.collapsed, np.arange(20) < 6, ("drift",))
    with pytest.raises(InputError, match="6 of 20 candidates have a known response"):
        known_candidates(candidates, few, strata.labels)


# -- a small study, for real -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small study, audited through its own structure."""
    study = write_small_study(tmp_path_factory.mktemp("audited"))
    study.write_text(study.read_text().replace("effort = 0.05", "effort = 0.02"))
    audit_study(study, draws=12, selector_draws=3, kmeans=[3], workers=2)
    return study.parent


def test_an_audit_writes_its_files(audited: Path) -> None:
    folder = audited / "small-run" / "audit"
    table = pd.read_csv(folder / "audit.csv")
    facts = json.loads((folder / "audit.json").read_text())
    responses = pd.read_csv(folder / "responses.csv")
    candidates = pd.read_csv(audited / "small-run" / "candidates.csv")
    assert len(responses) == facts["candidates"] == len(candidates)
    schemes = {
        "random",
        "stratified",
        "target",
        "target-quotas",
        "candidates",
        "candidates-quotas",
        "selector",
    }
    assert schemes | {"stratified:kmeans-3"} <= set(table["scheme"])
    demands = {"peak_story_drift_ratio", "peak_floor_acceleration_g", "residual_story_drift_ratio"}
    assert demands | {"peak_displacement_m_r4"} <= set(table["demand"])
    truth = pd.DataFrame(facts["truth"]).set_index("demand").loc["peak_story_drift_ratio"]
    ln = np.log(responses["peak_story_drift_ratio"])
    assert (truth["ln_median"], truth["dispersion"]) == pytest.approx((ln.mean(), ln.std()))
    sets = pd.read_csv(folder / "sets.csv")
    assert (sets.groupby(["scheme", "draw"])["id"].nunique() == 6).all()
    assert set(sets["id"]) <= set(responses["id"])
    page = (folder / "audit.html").read_text()
    assert page.count('<figure class="chart') >= 5
    assert "could not be drawn" not in page
    assert "http://" not in page and "https://" not in page


def _shown(page: Path) -> str:
    """A page without the last digits of its numbers: pictures, and what tables sort by."""
    return re.sub(r'(data-sort|src)="[^"]*"', "", page.read_text(encoding="utf-8"))


def test_its_directory_opens_and_its_page_is_made_again(audited: Path) -> None:
    folder = audited / "small-run" / "audit"
    found = gmplug.load_run(folder)
    assert isinstance(found, AuditedStudy)
    written = pd.read_csv(folder / "audit.csv", float_precision="round_trip")
    pd.testing.assert_frame_equal(found.audit.table, written, rtol=1e-9)
    before = _shown(folder / "audit.html")
    (folder / "audit.html").unlink()
    done = CliRunner().invoke(cli, ["report", str(folder)])
    assert done.exit_code == 0, done.output
    assert _shown(folder / "audit.html") == before
    candidates = pd.read_csv(folder / "responses.csv", dtype={"id": str})
    candidates.assign(id="other").to_csv(folder / "responses.csv", index=False)
    with pytest.raises(InputError, match="other candidates"):
        gmplug.load_run(folder)
    candidates.to_csv(folder / "responses.csv", index=False)


def test_a_run_and_a_second_audit_use_what_was_analysed(audited: Path) -> None:
    def analysed() -> dict[str, str]:
        with sqlite3.connect(audited / "small-run" / "analyses.sqlite") as store:
            return dict(store.execute("SELECT id, finished_utc || wall_s FROM analyses"))

    before = analysed()
    responses = pd.read_csv(audited / "small-run" / "audit" / "responses.csv").set_index("id")
    run = run_study(audited / "study.toml", until="analysis", workers=1)
    assert analysed() == before
    demands = run.values["demands"].table.set_index("id")["peak_story_drift_ratio"]
    assert demands.to_numpy() == pytest.approx(
        responses.loc[demands.index, "peak_story_drift_ratio"].to_numpy(), rel=1e-12
    )
    table = (audited / "small-run" / "audit" / "audit.csv").read_bytes()
    with sqlite3.connect(audited / "small-run" / "analyses.sqlite") as store:
        store.execute("DELETE FROM analyses WHERE id = (SELECT min(id) FROM analyses)")
    audit_study(audited / "study.toml", draws=12, selector_draws=3, kmeans=[3], workers=1)
    after = analysed()
    assert {name for name in before if after[name] != before[name]} == {min(before)}
    assert (audited / "small-run" / "audit" / "audit.csv").read_bytes() == table


def test_the_command_tells_what_is_missing(tmp_path: Path) -> None:
    study = write_small_study(tmp_path, records=12)
    text = study.read_text()
    study.write_text(text.replace('model = "model.py"\n', ""))
    with pytest.raises(InputError, match=r"\[structure\] names no model .* --quick"):
        audit_study(study)
    study.write_text(text + '[[levels]]\nname = "low"\nsa_g = 0.1\n')
    with pytest.raises(InputError, match=r"\[\[levels\]\]: an audit is of one level"):
        audit_study(study)
    study.write_text(text.replace('model = "model.py"\n', ""))
    with pytest.raises(InputError, match="--kmeans must be at least 1"):
        audit_study(study, quick=True, kmeans=[0])
    arguments = [str(study), "--quick", "--draws", "4", "--selector-draws", "0", "--quiet"]
    arguments += ["--kmeans-equal", "2"]
    result = CliRunner().invoke(audit_command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    table = pd.read_csv(tmp_path / "small-run" / "audit" / "audit.csv")
    assert set(table["demand"]) == {f"peak_displacement_m_r{r}" for r in (2, 4, 6)}
    assert "selector" not in set(table["scheme"])
    assert not (tmp_path / "small-run" / "analyses.sqlite").exists()
    study.write_text(text)
    with pytest.raises(InputError, match=r"--demand roof_sway: .* known: peak_story_drift_ratio"):
        audit_study(study, demands=["roof_sway"], workers=2)
