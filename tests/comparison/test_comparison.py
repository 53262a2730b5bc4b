"""gmplug compare: its measures, the oscillator, the case studies, and the command on a small study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.integrate import solve_ivp

import gmplug
from gmplug.cli import cli
from gmplug.cli.compare import compare
from gmplug.comparison import (
    CASES,
    CandidateResponses,
    Plan,
    compare_clusterers,
    compare_study,
    make_case,
    oscillator_responses,
)
from gmplug.comparison.measures import (
    accuracy,
    agreement,
    bootstrap_members,
    centroid_gap,
    explained_variance,
    resample_agreement,
)
from gmplug.comparison.oscillator import bilinear_peaks
from gmplug.comparison.study import ComparedStudy
from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.testing.sample import sample_records
from gmplug.values import Candidates, FloatArray
from tests.support.places import EXAMPLES
from tests.support.studies import write_small_study

CLUSTERERS_SCRIPT = """
import os
import gmplug
import numpy as np

class Halves:
    "Cuts at the median of the first period's ln Sa; no number of clusters can be asked for."
    def fit(self, X):
        self.labels_ = (X[:, 0] > np.median(X[:, 0])).astype(int)

class Truthful:
    "Sees the metadata: must not find the truth in them."
    def fit(self, X, metadata):
        assert "true_group" not in metadata
        self.labels_ = np.arange(len(X)) % 2

class Needy:
    def fit(self, X, metadata):
        raise gmplug.InputError("needy: column 'magnitude' has no usable number; fill it in")

class Deadly:
    def fit(self, X):
        print("last words", file=__import__("sys").stderr, flush=True)
        os._exit(3)

@gmplug.hookimpl
def gmplug_clusterers():
    return {"halves": Halves, "truthful": Truthful, "needy": Needy, "deadly": Deadly}
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "clusterers.py"
    path.write_text(CLUSTERERS_SCRIPT, encoding="utf-8")
    return path


def sample_candidates(records: int = 45) -> Candidates:
    """Three planted groups that part clearly."""
    sample = sample_records(records)
    table = sample.metadata.assign(true_group=sample.truth + 1)
    return Candidates(table, sample.periods_s, sample.ln_sa, pd.DataFrame())


# -- measures ----------------------------------------------------------------------------------------


def test_accuracy_takes_the_best_assignment() -> None:
    truth = ["a"] * 6 + ["b"] * 3 + ["c"] * 3
    assert accuracy(truth, np.array([3] * 6 + [1] * 3 + [2] * 3)) == 1.0
    # Greedy by the largest overlap would give 4 + 0 = 4 of 9; the best is 3 + 3.
    table = {("a", 1): 4, ("a", 2): 3, ("b", 1): 3}
    pairs = [pair for pair, count in table.items() for _ in range(count)]
    assert accuracy([t for t, _ in pairs], np.array([c for _, c in pairs])) == pytest.approx(6 / 10)


def test_accuracy_of_too_many_or_too_few_clusters() -> None:
    truth = np.array([1, 1, 1, 1, 2, 2])
    assert accuracy(truth, np.ones(6, dtype=np.int64)) == pytest.approx(4 / 6)
    assert accuracy(truth, np.arange(6)) == pytest.approx(2 / 6)


def test_agreement_is_one_for_renamed_clusters_and_nil_for_chance() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(1, 4, 3000)
    assert agreement([labels, 4 - labels, labels]) == 1.0
    assert agreement([labels, rng.permutation(labels)]) == pytest.approx(0.0, abs=0.01)
    assert np.isnan(agreement([labels]))


def test_resamples_are_compared_on_common_records() -> None:
    a = (np.array([0, 1, 2, 3, 4, 5]), np.array([1, 1, 1, 2, 2, 2]))
    b = (np.array([2, 3, 4, 5, 9]), np.array([2, 1, 1, 1, 2]))
    assert resample_agreement([a, b]) == 1.0
    moved = (b[0], np.array([1, 2, 1, 2, 1]))
    assert resample_agreement([a, moved]) < 0.5


def test_bootstrap_draws_hold_two_thirds_of_the_records_once_each() -> None:
    draws = bootstrap_members(1000, 4, seed=1)
    assert all(len(np.unique(d)) == len(d) for d in draws)
    assert np.mean([len(d) for d in draws]) == pytest.approx(1000 * (1 - np.exp(-1)), rel=0.03)
    assert not np.array_equal(draws[0], draws[1])


def test_gap_of_centroids_is_taken_between_t_star_and_twice_it() -> None:
    periods_s = np.round(np.arange(1, 31) * 0.1, 9)
    ln_sa = np.zeros((6, 30))
    ln_sa[3:, (periods_s >= 1.0) & (periods_s <= 2.0)] = -0.6
    ln_sa[3:, periods_s > 2.0] = 9.0
    ln_sa[3:, periods_s < 1.0] = -9.0
    labels = np.array([1, 1, 1, 2, 2, 2])
    assert centroid_gap(ln_sa, labels, periods_s, 1.0) == pytest.approx(0.6)
    three = np.array([1, 1, 3, 2, 2, 2])  # pairs: 0.6, 0, 0.6
    assert centroid_gap(ln_sa, three, periods_s, 1.0) == pytest.approx(0.4)
    assert np.isnan(centroid_gap(ln_sa, np.ones(6), periods_s, 1.0))


def test_explained_variance_is_that_of_an_analysis_of_variance() -> None:
    from scipy.stats import f_oneway

    rng = np.random.default_rng(2)
    labels = np.repeat([1, 2, 3], [10, 20, 15])
    values = rng.normal(size=45) + 0.7 * labels
    f, (between, within) = f_oneway(*(values[labels == c] for c in (1, 2, 3))).statistic, (2, 42)
    known = f * between / (f * between + within)
    assert explained_variance(values, labels) == pytest.approx(known, rel=1e-9)
    gaps = np.append(values, [np.nan, np.nan])
    assert explained_variance(gaps, np.append(labels, [1, 3])) == pytest.approx(known, rel=1e-9)
    assert explained_variance(np.array([1.0, 1.0, 3.0, 3.0]), np.array([1, 1, 2, 2])) == 1.0
    assert np.isnan(explained_variance(np.full(5, np.nan), np.array([1, 1, 2, 2, 2])))


# -- oscillator --------------------------------------------------------------------------------------


def burst(seed: int, n: int = 800, dt: float = 0.02) -> FloatArray:
    """A shaken second or so of noise with content around 1 s, g."""
    rng = np.random.default_rng(seed)
    t = np.arange(n) * dt
    waves = sum(
        rng.normal() * np.sin(2 * np.pi * f * t + rng.uniform(0, 7)) for f in (0.6, 0.9, 1.3, 2.1, 4.0)
    )
    return np.asarray(0.15 * waves * (t / 4) ** 2 * np.exp(2 * (1 - t / 4)))


def test_linear_oscillator_gives_the_spectrum() -> None:
    from tests.support.independent import _exact_states

    records, steps = [burst(1), burst(2, 3000, 0.005)], [0.02, 0.005]
    peaks = bilinear_peaks(records, steps, 1.0, [np.inf])[:, 0]
    for record, step, peak in zip(records, steps, peaks, strict=True):
        padded = np.concatenate([record, np.zeros(round(2 / step))])
        exact = max(float(abs(u[0])) for u in _exact_states(padded, step, np.array([1.0]), 0.05))
        assert peak * (2 * np.pi) ** 2 == pytest.approx(STANDARD_GRAVITY_M_S2 * exact, rel=2e-3)


def bouc_wen_free_peak(
    record: FloatArray, step: float, yield_g: float, hardening: float = 0.03, damping: float = 0.05
) -> float:
    """The bilinear oscillator by an adaptive Runge-Kutta method, the elastic part of u as a state of its own.

    f = α k u + (1 − α) k e with e' = u', but 0 where |e| is at yield and u' goes further out.
    """
    omega, limit = 2 * np.pi, yield_g * STANDARD_GRAVITY_M_S2 / (2 * np.pi) ** 2
    times = np.arange(len(record)) * step

    def rate(t: float, state: FloatArray) -> list[float]:
        u, v, e = state
        ag = STANDARD_GRAVITY_M_S2 * np.interp(t, times, record, right=0.0)
        force = omega**2 * (hardening * u + (1 - hardening) * e)
        further = (e >= limit and v > 0) or (e <= -limit and v < 0)
        return [v, -ag - 2 * damping * omega * v - force, 0.0 if further else v]

    found = solve_ivp(rate, (0, times[-1] + 2.0), [0.0, 0.0, 0.0], method="RK23", max_step=0.002, rtol=1e-5)
    return float(np.abs(found.y[0]).max())


def test_bilinear_oscillator_agrees_with_an_adaptive_integration() -> None:
    records = [burst(3), burst(4)]
    strengths = [0.15, 0.05]
    peaks = bilinear_peaks(records, [0.02, 0.02], 1.0, strengths, steps_per_period=400)
    for row, record in enumerate(records):
        for column, strength in enumerate(strengths):
            reference = bouc_wen_free_peak(record, 0.02, strength)
            assert peaks[row, column] == pytest.approx(reference, rel=5e-3)


def test_bilinear_oscillator_is_that_of_opensees() -> None:
    ops: Any = pytest.importorskip("openseespy.opensees")
    from gmplug.structures import sdof

    record, dt = burst(5), 0.01
    for strength in (0.12, 0.04):
        ops.wipe()
        sdof(ops=ops, damping_ratio=0.05, conditioning_period_s=1.0, yield_coefficient=strength)
        ops.timeSeries("Path", 7, "-dt", dt, "-values", *record.tolist(), "-factor", STANDARD_GRAVITY_M_S2)
        ops.pattern("UniformExcitation", 7, 1, "-accel", 7)
        ops.constraints("Plain")
        ops.numberer("Plain")
        ops.system("BandGeneral")
        ops.test("NormUnbalance", 1e-10, 50)
        ops.algorithm("Newton")
        ops.integrator("Newmark", 0.5, 0.25)
        ops.analysis("Transient", "-noWarnings")
        peak = 0.0
        for _ in range(len(record) - 1):
            assert ops.analyze(1, dt) == 0
            peak = max(peak, abs(ops.nodeDisp(2, 1)))
        ops.wipe()
        ours = bilinear_peaks([record], [dt], 1.0, [strength])[0, 0]
        assert ours == pytest.approx(peak, rel=1e-6)


def test_records_of_any_length_and_step_do_not_disturb_each_other() -> None:
    records = [burst(6), burst(7, 300, 0.01), burst(8, 2000, 0.005), burst(9, 1200, 0.02)]
    steps = [0.02, 0.01, 0.005, 0.02]
    strengths = [0.2, 0.1, 0.05]
    together = bilinear_peaks(records, steps, 1.0, strengths)
    alone = [bilinear_peaks([a], [dt], 1.0, strengths)[0] for a, dt in zip(records, steps, strict=True)]
    assert np.allclose(together, alone, rtol=1e-12)


# -- comparison --------------------------------------------------------------------------------------


def test_clearly_parted_groups_are_found_by_all() -> None:
    candidates = sample_candidates()
    found = compare_clusterers(
        candidates, 1.0, Host(), clusterers=["kmeans"], plan=Plan(3, 3, 3), isolated=False
    )
    row = found.table.iloc[0]
    assert row["status"] == "ok" and row["k"] == 3 and row["k_by_seed"] == "3 3 3"
    assert row["accuracy"] == row["accuracy_worst"] == 1.0
    assert row["agreement_seeds"] == 1.0 and row["agreement_resamples"] > 0.9
    assert sorted(map(int, row["sizes"].split())) == sorted(np.bincount(sample_records(45).truth).tolist())
    assert sum(map(int, row["sizes_k2"].split())) == 45
    assert row["gap_ln_sa"] > 0.5 and np.isnan(row["peak_mib"])


def test_known_number_of_groups_is_given(script: Path) -> None:
    candidates = sample_candidates()
    found = compare_clusterers(
        candidates, 1.0, Host([script]), clusterers=["kmeans", "halves"], k_max=2,
        plan=Plan(1, 1, 0, at_two=False), known_k=True, isolated=False,
    )  # fmt: skip
    by_method = found.table.set_index("method")
    assert by_method.loc["kmeans", "k"] == 3
    assert by_method.loc["halves", "k"] == 2  # cannot be told
    assert "sizes_k2" not in found.table


def test_eta_squared_of_planted_responses(script: Path) -> None:
    candidates = sample_candidates()
    truth = candidates.records["true_group"].to_numpy(float)
    peaks = np.exp(np.where(np.arange(45) < 40, truth, np.nan))
    responses = CandidateResponses.of_oscillators(pd.DataFrame({"peak_displacement_m_r4": peaks}))
    found = compare_clusterers(
        candidates, 1.0, Host([script]), clusterers=["kmeans", "truthful"], plan=Plan(1, 1, 0),
        responses=responses, isolated=False,
    )  # fmt: skip
    by_method = found.table.set_index("method")
    assert responses.known.sum() == 40
    assert by_method.loc["kmeans", "eta2_r4"] == pytest.approx(1.0)
    assert 0.5 < by_method.loc["kmeans", "eta2_r4_k2"] < 1.0
    assert by_method.loc["truthful", "eta2_r4"] < 0.2
    assert found.agreement["all"].loc["kmeans", "kmeans"] == 1.0
    assert found.agreement["all"].loc["kmeans", "truthful"] < 0.2


def test_a_clusterer_that_fails_is_a_row_with_its_reason(script: Path) -> None:
    found = compare_clusterers(
        sample_candidates(), 1.0, Host([script]), clusterers=["needy", "deadly", "kmeans"],
        plan=Plan(1, 1, 0), scripts=[script],
    )  # fmt: skip
    by_method = found.table.set_index("method")
    assert list(by_method["status"]) == ["failed", "failed", "ok"]
    assert by_method.loc["needy", "reason"] == "needy: column 'magnitude' has no usable number; fill it in"
    assert "its process died (exit status 3, last words)" in by_method.loc["deadly", "reason"]
    assert 30 < by_method.loc["kmeans", "peak_mib"] < 2000
    assert list(found.agreement["all"].columns) == ["kmeans"]


def test_own_process_and_this_one_give_the_same() -> None:
    candidates, plan = sample_candidates(30), Plan(5, 2, 2)
    tables = [
        compare_clusterers(
            candidates, 1.0, Host(), clusterers=["kmeans"], plan=plan, isolated=isolated
        ).table.drop(columns=["wall_s", "cpu_s", "peak_mib"])
        for isolated in (False, True)
    ]
    pd.testing.assert_frame_equal(*tables)


def test_bad_truth_and_unknown_clusterers_are_named() -> None:
    candidates = sample_candidates(12)
    with pytest.raises(InputError, match="no column 'kind'"):
        compare_clusterers(candidates, 1.0, Host(), truth="kind")
    with pytest.raises(InputError, match=r"did you mean 'kmeans'\?"):
        compare_clusterers(candidates, 1.0, Host(), clusterers=["kmean"], isolated=False)
    untold = Candidates(
        candidates.records.drop(columns="true_group"),
        candidates.periods_s,
        candidates.ln_sa,
        candidates.funnel,
    )
    with pytest.raises(InputError, match="--known-k"):
        compare_clusterers(untold, 1.0, Host(), known_k=True)


# -- case studies ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def base() -> Any:
    """Base spectra of one kind on 200 periods, a third of them called pulse-type."""
    periods_s = np.round(np.arange(1, 201) * 0.01, 9)
    sample = sample_records(300, periods_s=periods_s, seed=4)
    alike = sample.truth == 0
    pulse = np.arange(int(alike.sum())) % 3 == 0
    records = sample.metadata[alike].assign(
        group=np.where(pulse, "pulse", "nonpulse"), file_h1="somewhere.at2"
    )
    return sample.ln_sa[alike] + np.linspace(-1, 1, len(pulse))[:, None], periods_s, records


@pytest.mark.parametrize("name", list(CASES))
def test_case_has_the_groups_of_its_recipe(name: str, base: Any) -> None:
    candidates = make_case(name, *base)
    case, records = CASES[name], candidates.records
    assert tuple(records["true_group"].value_counts().sort_index()) == case.sizes
    assert set(records["group"]) == {case.group} and records["id"].is_unique
    assert "file_h1" not in records  # those would be the waveforms of other spectra
    at_t_star = candidates.ln_sa[:, np.argmin(np.abs(candidates.periods_s - 1.0))]
    assert np.ptp(at_t_star) < 1e-9
    again = make_case(name, *base)
    assert np.array_equal(again.ln_sa, candidates.ln_sa)
    assert not np.array_equal(make_case(name, *base, seed=1).ln_sa, candidates.ln_sa)


@pytest.mark.parametrize("name", ["late-split", "late-split-pulse"])
def test_late_groups_are_alike_up_to_one_and_a_half_t_star(name: str, base: Any) -> None:
    ln_sa, periods_s, records = base
    candidates = make_case(name, ln_sa, periods_s, records)
    before = periods_s <= 1.5
    scaled = ln_sa - ln_sa[:, [99]]
    by_id = dict(zip(records["id"], scaled, strict=True))
    own = np.array([by_id[i] for i in candidates.records["id"]])
    made = candidates.ln_sa - candidates.ln_sa[:, [99]]
    assert np.allclose(made[:, before], own[:, before], atol=1e-9)


@pytest.mark.parametrize("name", list(CASES))
def test_truth_can_be_seen_where_the_groups_part(name: str, base: Any) -> None:
    """k-means on the parted periods alone finds the groups: the cases can be solved."""
    from sklearn.cluster import KMeans

    candidates = make_case(name, *base)
    parted = candidates.periods_s >= (1.5 if name == "modified" else 1.75)
    labels = KMeans(3, n_init=20, random_state=0).fit_predict(candidates.ln_sa[:, parted])
    assert accuracy(candidates.records["true_group"], labels) >= 0.95


def test_real_spectra_make_cases_too(shared_data: Path) -> None:
    table = pd.read_csv(shared_data / "jia2025" / "candidates.csv")
    columns = [c for c in table if c.startswith("T") and c.endswith("S")]
    periods_s = np.array([float(c[1:-1]) for c in columns])
    for name in CASES:
        case = make_case(name, np.log(table[columns].to_numpy()), periods_s, table[["id", "group"]])
        found = compare_clusterers(
            case, 1.0, Host(), clusterers=["kmeans"], plan=Plan(1, 1, 0, at_two=False), known_k=True,
            isolated=False,
        )  # fmt: skip
        row = found.table.iloc[0]
        assert row["k"] == 3 and row["accuracy"] > 0.5
        if name == "modified":
            assert row["accuracy"] == 1.0


def test_cases_that_cannot_be_made_say_why(base: Any) -> None:
    ln_sa, periods_s, records = base
    with pytest.raises(InputError, match=r"unknown case 'early'; known: modified"):
        make_case("early", *base)
    with pytest.raises(InputError, match=r"needs 24 pulse records .* there are 10"):
        make_case("late-split-pulse", ln_sa[:30], periods_s, records.iloc[:30])
    with pytest.raises(InputError, match=r"up to 2 T\*"):
        make_case("modified", ln_sa[:, :150], periods_s[:150], records)


# -- study and command -------------------------------------------------------------------------------


def test_response_of_two_components_is_their_geometric_mean(tmp_path: Path) -> None:
    dt = 0.02
    for name, seed in (("a", 10), ("b", 11)):
        time_s = np.arange(800) * dt
        np.savetxt(
            tmp_path / f"{name}.csv",
            np.column_stack([time_s, burst(seed)]),
            delimiter=",",
            fmt="%.10g",
            header="time (s), acceleration (g)",
        )
    records = pd.DataFrame(
        {
            "id": ["both", "one", "none", "lost"],
            "group": "all",
            "file_h1": ["a.csv", "a.csv", "", "missing.csv"],
            "file_h2": ["b.csv", "", "", ""],
            "scale_factor": [2.0, 2.0, 1.0, 1.0],
        }
    )
    candidates = Candidates(records, np.array([1.0]), np.zeros((4, 1)), pd.DataFrame())
    found = oscillator_responses(candidates, 1.0, 0.4, base_dir=tmp_path)
    peaks = bilinear_peaks([2 * burst(10), 2 * burst(11)], [dt, dt], 1.0, [0.2, 0.1, 0.4 / 6])
    ln_peaks = np.log(found.values.to_numpy())
    assert np.allclose(ln_peaks[0], np.log(peaks).mean(axis=0), atol=1e-6)
    assert np.allclose(ln_peaks[1], np.log(peaks[0]), atol=1e-6)
    assert np.isnan(ln_peaks[2:]).all() and found.known.sum() == 2
    assert len(found.notes) == 1 and "missing.csv" in found.notes[0]


def test_command_writes_tables_and_a_page(tmp_path: Path, script: Path) -> None:
    study = write_small_study(tmp_path / "study", records=16)
    (study.parent / "clusterers.py").write_text(script.read_text(encoding="utf-8"), encoding="utf-8")
    study.write_text(study.read_text().replace("seed = 3", 'seed = 3\nscripts = ["clusterers.py"]'))
    names = ["kmeans", "halves", "needy"]
    arguments = [str(study), "--seeds", "2", "--resamples", "2"]
    result = CliRunner().invoke(compare, [*arguments, *(f"--clusterer={name}" for name in names)])
    assert result.exit_code == 0, result.output
    assert "halves" in result.output and "not compared: needy: column 'magnitude'" in result.output
    folder = study.parent / "small-run" / "compare"
    table = pd.read_csv(folder / "compare.csv")
    assert list(table["method"]) == names
    assert table.loc[1, "sizes"] == "8 8" and table.loc[1, "agreement_seeds"] == 1.0
    assert table.loc[:1, "eta2_r4"].between(0, 1).all()
    assert set(pd.read_csv(folder / "clusters.csv")["method"]) == {"kmeans", "halves"}
    assert len(pd.read_csv(folder / "responses.csv")) == 16
    html = (folder / "compare.html").read_text(encoding="utf-8")
    assert html.count('<figure class="chart') == 6 and "could not be drawn" not in html
    assert "needy: column" in html and "<script src" not in html and "http" not in html.split("</head>")[1]
    opened = gmplug.load_run(folder)
    assert isinstance(opened, ComparedStudy)
    assert opened.comparison.table["method"].tolist() == names
    (folder / "compare.html").unlink()
    done = CliRunner().invoke(cli, ["report", str(folder)])
    assert done.exit_code == 0, done.output
    assert (folder / "compare.html").read_text(encoding="utf-8") == html
    outside = {p.name for p in study.parent.iterdir()} - {
        "records",
        "model.py",
        "study.toml",
        "clusterers.py",
    }
    assert outside - {"__pycache__"} == {"small-run"}


def test_comparing_leaves_a_finished_run_as_it_is(tmp_path: Path) -> None:
    from gmplug.runs import run_study

    study = write_small_study(tmp_path / "study", records=16)
    run_study(study, until="selection")
    run = run_study(study, until="selection")  # numbers read back differ in their last digits
    before = (run.run_dir / "summary.json").read_bytes()
    found = compare_study(study, clusterers=["kmeans"], seeds=1, resamples=0, isolated=False)
    assert found.folder == run.run_dir / "compare"
    assert (run.run_dir / "summary.json").read_bytes() == before
    # The study's own method and seed give the study's own clusters.
    labels = found.comparison.fits["all", "kmeans"].by_seed[0]
    assert labels.tolist() == run.clusters.table["cluster"].tolist()


def test_command_needs_a_study_or_a_case() -> None:
    assert CliRunner().invoke(compare, []).exit_code == 2
    result = CliRunner().invoke(compare, ["--case", "early"])
    assert isinstance(result.exception, InputError)


@pytest.mark.slow
def test_default_clusters_say_something_about_response(shared_data: Path, tmp_path: Path) -> None:
    """Real waveforms, T* = 1 s: two clusters of the default explain a fifth of the variance at R = 4."""
    study = EXAMPLES / "records_at2" / "study.toml"
    found = compare_study(study, tmp_path / "run", clusterers=["cae-kmeans"], seeds=1, resamples=0)
    row = found.comparison.table.iloc[0]
    assert row["status"] == "ok", row["reason"]
    assert row["eta2_r4_k2"] >= 0.20
    assert row["gap_ln_sa_k2"] >= 0.4
