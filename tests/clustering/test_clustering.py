"""Clustering: simulated spectra, the autoencoder, both built-in clusterers, and the stage."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score, silhouette_samples

from gmplug.chain.stage import StageContext
from gmplug.clustering import CAEKMeans, KMeansSpectra, period_weights, quality, simulated_spectra
from gmplug.clustering import stage as clustering_stage
from gmplug.clustering.cae import _phases, network_points, point_weights
from gmplug.clustering.corruption import Corruption
from gmplug.clustering.metrics import best_k, by_falling_size, score_table
from gmplug.clustering.network import build_autoencoder
from gmplug.clustering.presets import PRESETS
from gmplug.clustering.simulation import loess_window, noise_scale, robust_loess, spectra_of_family
from gmplug.clustering.training import Trainer, cosine_rate, published_pretraining_rate
from gmplug.errors import InputError, PluginError
from gmplug.host import Host
from gmplug.study import Study
from gmplug.values import Candidates, FloatArray, no_progress
from tests.support.spectra import BRIEF, spectra

PUBLISHED_GRID = np.round(np.arange(1, 201) * 0.01, 2)


GRID_20 = np.round(np.arange(1, 21) * 0.1, 1)


# -- simulated spectra -------------------------------------------------------------------------------


def test_noise_is_as_published_on_the_published_grid() -> None:
    j, j_star = np.arange(200), 99
    expected = 0.20 + 0.0015 * np.abs(j - j_star)
    np.testing.assert_allclose(noise_scale(PUBLISHED_GRID, 1.0), expected, rtol=1e-12)


def test_simulated_spectra_scatter_as_their_noise_before_smoothing() -> None:
    candidates = np.tile(np.linspace(1.0, -1.0, 41), (2, 1)) + 0.3
    scale = np.full(41, 0.25)
    copies = simulated_spectra(candidates, 4000, scale, 20, np.random.default_rng(1))
    assert copies.shape == (8000, 41)
    assert loess_window(41, 0.05) == 5
    np.testing.assert_allclose(copies.mean(axis=0)[2:-2], candidates[0][2:-2], atol=0.02)
    np.testing.assert_allclose(copies.mean(axis=0), candidates[0], atol=0.1)  # parabolas swing at the ends
    assert np.std(copies[:, 20]) < np.std(copies[:, 0])


def _slow_loess(y: FloatArray, window: int, iterations: int) -> FloatArray:
    """Robust local regression one point at a time, by least squares: the definition."""
    n, x = len(y), np.arange(len(y), dtype=float)
    robust, smooth = np.ones(n), np.empty(n)
    for round_ in range(iterations + 1):
        for i in range(n):
            first = min(max(i - window // 2, 0), n - window)
            near = np.arange(first, first + window)
            distance = np.abs(x[near] - i)
            weight = (1 - (distance / distance.max()) ** 3) ** 3 * robust[near]
            fit = np.polynomial.polynomial.polyfit(x[near] - i, y[near], 2, w=np.sqrt(weight))
            smooth[i] = fit[0]
        if round_ < iterations:
            residual = np.abs(y - smooth)
            robust = np.maximum(1 - (residual / (6 * np.median(residual))) ** 2, 0) ** 2
    return smooth


def test_robust_loess_equals_local_least_squares() -> None:
    rng = np.random.default_rng(3)
    rows = np.sin(np.linspace(0, 4, 80)) + 0.2 * rng.standard_normal((3, 80))
    smooth = robust_loess(rows, span=0.12, iterations=2)
    for row, found in zip(rows, smooth, strict=True):
        np.testing.assert_allclose(found, _slow_loess(row, 9, 2), atol=1e-7)


def test_robust_loess_keeps_lines_and_rejects_an_outlier() -> None:
    line = np.linspace(-2, 3, 200)[None, :]
    np.testing.assert_allclose(robust_loess(line), line, atol=1e-8)
    struck = line + 0.2 * np.random.default_rng(0).standard_normal(line.shape)
    struck[0, 100] += 5.0
    assert abs(robust_loess(struck, span=0.1)[0, 100] - line[0, 100]) < 0.3


# -- network and schedules ---------------------------------------------------------------------------


def test_autoencoder_has_the_published_size_and_shapes() -> None:
    autoencoder, encoder, decoder = build_autoencoder(200, np.random.default_rng(0))
    assert autoencoder.count_params() == 317_433
    assert encoder.output_shape == (None, 5)
    assert decoder.output_shape == autoencoder.output_shape == (None, 200, 1)
    shapes = [tuple(w.shape) for w in encoder.trainable_variables]
    assert shapes[0] == (10, 1, 32) and shapes[2] == (10, 32, 16) and shapes[4] == (5, 16, 8)
    assert shapes[6] == (400, 256) and shapes[-2] == (8, 5)
    with pytest.raises(ValueError, match="multiple of 4"):
        build_autoencoder(10, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("epoch", "factor"),
    [
        (0, 1.0),
        (249, 1.0),
        (250, 0.85),
        (999, 0.85**3),
        (1000, 0.85**4),
        (1250, 0.85**4 * 0.90),
        (2000, 0.85**4 * 0.90**4),
        (2999, 0.85**4 * 0.90**4 * 0.95**3),
        (3000, 0.85**4 * 0.90**4 * 0.95**4),
        (19_999, 0.85**4 * 0.90**4 * 0.95**4),
    ],
)
def test_published_learning_rate(epoch: int, factor: float) -> None:
    assert published_pretraining_rate(epoch) == pytest.approx(1e-3 * factor)


def test_published_preset_follows_the_paper() -> None:
    pretraining, finetuning = _phases(PRESETS["published"], 67)
    assert (pretraining.epochs, pretraining.batch, pretraining.stop_loss) == (20_000, 670, 0.005)
    assert (finetuning.epochs, finetuning.batch, finetuning.stop_loss) == (50_000, 67, 0.0004)
    assert finetuning.rate(40_000, 50_000) == pytest.approx(1e-4)
    assert pretraining.keep_best and finetuning.keep_best
    assert pretraining.geometry == finetuning.geometry == 0.0
    assert (PRESETS["published"].copies, PRESETS["published"].n_init) == (150, 1000)


def test_cosine_rate_warms_up_and_ends_at_zero() -> None:
    rate = cosine_rate(1e-3, warm_up=0.1)
    assert rate(0, 100) < 1e-4 and rate(10, 100) == pytest.approx(1e-3) and rate(100, 100) < 1e-9


@pytest.mark.parametrize("periods", [1, 7, 20, 201, 256, 257, 1000])
def test_points_beyond_the_periods_do_not_count(periods: int) -> None:
    points = network_points(periods)
    assert points % 4 == 0 and 0 <= points - periods < 4
    weights = point_weights(np.ones(periods))
    assert weights.mean() == pytest.approx(1.0) and not weights[periods:].any()


def test_period_weights() -> None:
    weights = period_weights(PUBLISHED_GRID, 1.0, 200)
    assert weights.mean() == pytest.approx(1.0)
    assert weights[98] / weights[99] == pytest.approx(0.2) and weights[199] == weights[99]
    np.testing.assert_array_equal(period_weights(None, None, 7), np.ones(7))
    # the share of T*…2 T* does not depend on how a grid samples the periods
    dense = np.concatenate([np.arange(1, 100) * 0.01, 1.0 + np.arange(0, 201) * 0.005])
    share = period_weights(dense, 1.0, 300)[dense >= 1.0].sum() / 300
    assert share == pytest.approx(weights[99:].sum() / 200, abs=0.01)


# -- quality -----------------------------------------------------------------------------------------


def test_quality_against_definitions() -> None:
    points = np.array([[0.0], [1.0], [10.0], [11.0], [13.0]])
    labels = np.array([0, 0, 1, 1, 1])
    found = quality(points, labels)
    assert found["silhouette"] == pytest.approx(silhouette_samples(points, labels).mean())
    means, overall = [0.5, 34 / 3], 7.0
    between = 2 * (means[0] - overall) ** 2 + 3 * (means[1] - overall) ** 2
    within = 0.5 + sum((v - means[1]) ** 2 for v in (10, 11, 13))
    assert found["calinski_harabasz"] == pytest.approx(between / (within / 3))
    scatter = [0.5, np.mean([abs(v - means[1]) for v in (10, 11, 13)])]
    assert found["davies_bouldin"] == pytest.approx(sum(scatter) / (means[1] - means[0]))


def test_quality_is_nan_where_undefined_and_k_falls_back() -> None:
    points = np.arange(4.0)[:, None]
    assert np.isnan(quality(points, np.zeros(4, int))["silhouette"])
    assert np.isnan(quality(points, np.arange(4))["silhouette"])
    assert best_k(score_table(points, {1: np.zeros(4, int)})) == 1


def test_labels_are_numbered_by_falling_size() -> None:
    features = np.array([[5.0], [5.1], [1.0], [1.1], [9.0]])
    np.testing.assert_array_equal(by_falling_size([7, 7, -2, -2, 40], features), [1, 1, 2, 2, 3])


# -- clusterers --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def brief_fit() -> CAEKMeans:
    return CAEKMeans(random_state=1, periods_s=GRID_20, conditioning_period_s=1.0, **BRIEF).fit(spectra())


def test_cae_attributes(brief_fit: CAEKMeans) -> None:
    assert brief_fit.labels_.shape == (14,) and set(brief_fit.labels_) == set(range(brief_fit.n_clusters_))
    assert brief_fit.features_.shape == (14, 5) and brief_fit.features_.dtype == np.float64
    assert list(brief_fit.scores_["k"]) == list(range(1, 11))
    assert list(brief_fit.history_["phase"]) == ["pretraining", "finetuning", "settling", "settling"]
    assert np.all(np.diff(np.bincount(brief_fit.labels_)) <= 0)
    error = brief_fit.reconstruct(spectra()) - spectra()
    assert np.mean(error**2) == pytest.approx(brief_fit.reconstruction_mse_, rel=1e-5)


def test_cae_same_seed_same_result_in_any_order(brief_fit: CAEKMeans) -> None:
    order = np.random.default_rng(2).permutation(14)
    given = spectra()[order]
    before = given.copy()
    calls: list[tuple[float, float, str]] = []
    again = clone(brief_fit).fit(given, progress=lambda *call: calls.append(call))
    np.testing.assert_array_equal(again.labels_, brief_fit.labels_[order])
    np.testing.assert_array_equal(again.features_, brief_fit.features_[order])
    np.testing.assert_array_equal(given, before)
    assert calls[-1][0] == calls[-1][1] and all(a[0] <= b[0] for a, b in itertools.pairwise(calls[1:]))


def test_cae_keeps_its_parameters(brief_fit: CAEKMeans) -> None:
    parameters = brief_fit.get_params()
    assert parameters["periods_s"] is GRID_20 and parameters["copies"] == 3
    assert CAEKMeans(**parameters).get_params().keys() == parameters.keys()


def test_cae_saves_and_loads(brief_fit: CAEKMeans, tmp_path: Path) -> None:
    brief_fit.save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz", allow_pickle=False) as stored:
        assert all(stored[name].dtype != object for name in stored.files)
    loaded = CAEKMeans.load(tmp_path / "model.npz")
    np.testing.assert_allclose(loaded.transform(spectra()), brief_fit.features_, atol=1e-6)
    np.testing.assert_array_equal(loaded.predict(spectra()), brief_fit.labels_)
    (tmp_path / "bad.npz").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"bad\.npz: not a model"):
        CAEKMeans.load(tmp_path / "bad.npz")


def test_cae_starts_from_saved_weights(brief_fit: CAEKMeans, tmp_path: Path) -> None:
    brief_fit.save(tmp_path / "model.npz")
    more = (
        clone(brief_fit)
        .set_params(pretrained=tmp_path / "model.npz", finetune_epochs=0)
        .fit(spectra(8, seed=5))
    )
    assert more.history_.empty
    np.testing.assert_array_equal(more._weights[0], brief_fit._weights[0])
    other = CAEKMeans(pretrained=tmp_path / "model.npz", **BRIEF)
    with pytest.raises(ValueError, match="another number of periods"):
        other.fit(spectra(8, PUBLISHED_GRID))


def test_cae_few_records_odd_log_grid_and_one_cluster() -> None:
    grid = np.geomspace(0.05, 5.0, 13)
    two = CAEKMeans(periods_s=grid, conditioning_period_s=1.0, random_state=0, **BRIEF).fit(spectra(2, grid))
    assert two.n_clusters_ == 1 and two.features_.shape == (2, 5)
    alike = clone(two).fit(np.tile(spectra(1, grid), (5, 1)))
    assert alike.n_clusters_ == 1


def test_published_preset_runs_briefly() -> None:
    model = CAEKMeans(preset="published", n_clusters=2, random_state=0, periods_s=GRID_20, **BRIEF)
    model.fit(spectra())
    assert model.n_clusters_ == 2 and list(model.scores_["k"]) == [2]
    assert model.history_["geometry"].eq(0).all()
    assert model.history_["learning_rate"].tolist() == pytest.approx([1e-3] + [1e-4] * 3)


def test_missing_tensorflow_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(InputError, match=r'pip install "gmplug\[cae\]"'):
        CAEKMeans(**BRIEF).fit(spectra())


def test_spectra_of_the_family_have_its_mean_and_covariance() -> None:
    rng = np.random.default_rng(0)
    candidates = rng.normal(size=(30, 3)) @ np.array([[1.0, 0.8, 0.0], [0.0, 0.6, 0.5], [0.0, 0.0, 0.2]])
    drawn = spectra_of_family(candidates, 40_000, rng)
    np.testing.assert_allclose(drawn.mean(axis=0), candidates.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(candidates.T), atol=0.03)
    # Two candidates span a line, and so does their family.
    line = spectra_of_family(np.array([[0.0, 1.0], [4.0, 3.0]]), 500, rng)
    np.testing.assert_allclose(line[:, 1], 1.0 + line[:, 0] / 2.0, atol=1e-12)


def test_corruption_touches_a_share_and_takes_long_or_short_periods() -> None:
    rng = np.random.default_rng(0)
    whole = np.ones((4000, 40, 1), dtype=np.float32)
    seen = Corruption(noise=0.0, missing=1.0, anchor=20, share=0.5)(whole, rng)[:, :, 0]
    lost = seen == 0.0
    touched = lost.any(axis=1)
    assert 0.46 < touched.mean() < 0.52  # one in 44 of those touched loses no period
    assert not lost[:, 20].any(), "T* itself is always known"
    long = lost[:, -1]
    assert 0.7 < long[touched].mean() < 0.8
    assert not (lost[:, 1:] & ~lost[:, :-1])[~long].any() and not (lost[:, :-1] & ~lost[:, 1:])[long].any()
    noisy = Corruption(noise=0.3, missing=0.0, anchor=20)(whole, rng)[:, :, 0] - 1.0
    sigma = noisy.std(axis=1)
    assert (sigma == 0).mean() == pytest.approx(0.5, abs=0.03)
    assert sigma.max() == pytest.approx(0.3, rel=0.4)
    assert sigma[sigma > 0].mean() == pytest.approx(0.15, rel=0.05)


def test_settling_measures_distances_on_spectra_as_they_are() -> None:
    corruption = Corruption(noise=0.5, missing=1.0, anchor=4)
    pretraining, finetuning, settling = _phases(PRESETS["default"], 14, corruption)
    assert (finetuning.epochs, settling.epochs) == (150, 300)
    assert settling.twice and not (pretraining.twice or finetuning.twice)
    assert settling.rate(300, 300) == pytest.approx(0.0)
    trainer = Trainer(None, None, None, np.random.default_rng(0), np.ones(20), np.ones(20))
    clean = spectra().astype(np.float32)[:, :, None]
    seen, wanted = trainer._shown(settling, clean)
    np.testing.assert_array_equal(seen[:14], clean)
    np.testing.assert_array_equal(wanted, np.concatenate([clean, clean]))
    assert np.all(np.any(seen[14:] != clean, axis=(1, 2)))  # every candidate is corrupted as well


def test_missing_periods_are_filled_in(brief_fit: CAEKMeans) -> None:
    holed = spectra()
    holed[:, -3:] = np.nan
    assert np.isfinite(brief_fit.transform(holed)).all() and np.isfinite(brief_fit.reconstruct(holed)).all()
    nothing = np.full((1, holed.shape[1]), np.nan)
    with pytest.raises(ValueError, match="row 0"):
        brief_fit.predict(nothing)
    with pytest.raises(ValueError, match="NaN"):
        CAEKMeans(**BRIEF).fit(holed)


@pytest.mark.parametrize("make", [CAEKMeans, KMeansSpectra])
def test_bad_input_is_one_clear_line(make: Callable[..., Any]) -> None:
    holed = spectra()
    holed[3, 4] = np.nan
    cases: list[tuple[dict[str, Any], FloatArray, str]] = [
        ({}, holed, "row 3, column 4"),
        ({"n_clusters": 15}, spectra(), "n_clusters=15 must lie between 1 and the number of records, 14"),
        ({}, spectra()[:1], "at least 2"),
        ({"periods_s": PUBLISHED_GRID}, spectra(), r"periods_s has shape \(200,\), but X has 20 columns"),
        ({"k_max": 0}, spectra(), "k_max"),
    ]
    for options, X, message in cases:
        with pytest.raises(ValueError, match=message) as caught:
            make(**options).fit(X)
        assert "\n" not in str(caught.value)


def test_kmeans_on_spectra_finds_the_families_and_any_order() -> None:
    X = spectra(40)
    truth = (np.arange(40) >= 24).astype(int)
    model = KMeansSpectra(random_state=0, periods_s=GRID_20, conditioning_period_s=1.0).fit(X)
    np.testing.assert_array_equal(model.labels_, truth)
    np.testing.assert_array_equal(model.predict(X), truth)
    np.testing.assert_array_equal(clone(model).fit(X[::-1]).labels_, truth[::-1])


# -- the stage ---------------------------------------------------------------------------------------

SCRIPT = '''
import numpy as np
from gmplug import hookimpl


class Halves:
    """Cuts the records at quantiles of ln Sa at the longest period."""

    def __init__(self, n_clusters=3, fault=""):
        self.n_clusters, self.fault = n_clusters, fault

    def fit(self, X, metadata=None):
        assert len(metadata) == len(X)
        X[:] = X.copy()
        order = np.argsort(np.argsort(X[:, -1]))
        self.labels_ = 10 * (order * self.n_clusters // len(X))
        if self.fault == "noise":
            self.labels_[0] = -1
        if self.fault == "short":
            self.labels_ = self.labels_[1:]
        if self.fault == "crash":
            raise RuntimeError("out of luck")
        if self.fault == "none":
            del self.labels_
        return self


@hookimpl
def gmplug_clusterers():
    return {"halves": Halves}
'''


def candidates() -> Candidates:
    X = np.concatenate([spectra(20), spectra(9, seed=4), spectra(2, seed=6)])
    group = ["nonpulse"] * 20 + ["pulse"] * 9 + ["distant"] * 2
    mixed = np.random.default_rng(0).permutation(31)
    records = pd.DataFrame({"id": [f"R{i:02d}" for i in range(31)], "group": group, "scale_factor": 1.0})
    return Candidates(records.iloc[mixed].reset_index(drop=True), GRID_20, X[mixed], pd.DataFrame())


@pytest.fixture
def context(tmp_path: Path) -> Callable[..., StageContext]:
    script = tmp_path / "halves.py"
    script.write_text(SCRIPT)
    host = Host([script], entry_points=False)

    def make(**clustering: Any) -> StageContext:
        study = Study.model_validate(
            {"catalogue": {"provider": "simulated"}, "structure": {"period_s": 1.0}, "clustering": clustering}
        )
        return StageContext(study, host, tmp_path, 1, no_progress)

    return make


def test_stage_tries_every_k_for_a_clusterer_that_does_not_choose(
    context: Callable[..., StageContext],
) -> None:
    clusters = clustering_stage.run(context(method="halves", k_max=4), candidates())
    assert list(clusters.groups) == ["pulse", "nonpulse", "distant"]
    nonpulse = clusters.groups["nonpulse"]
    assert list(nonpulse.scores["k"]) == [1, 2, 3, 4] and nonpulse.k == 2
    assert nonpulse.silhouette == nonpulse.scores["silhouette"].max()
    assert clusters.groups["distant"].k == 1 and "too few" in clusters.groups["distant"].notes[0]
    for name, group in clusters.groups.items():
        rows = clusters.table.loc[clusters.table["group"] == name, "cluster"]
        np.testing.assert_array_equal(rows, group.labels)
    told = clustering_stage.run(context(method="halves", options={"n_clusters": 3}), candidates())
    assert told.groups["nonpulse"].k == 3 and list(told.groups["nonpulse"].scores["k"]) == [3]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("noise", "1 of 9 labels are negative"),
        ("short", r"shape \(8,\), expected \(9,\)"),
        ("crash", "RuntimeError: out of luck"),
        ("none", "set no labels_"),
    ],
)
def test_stage_names_a_clusterer_that_misbehaves(
    context: Callable[..., StageContext], fault: str, message: str
) -> None:
    with pytest.raises(PluginError, match=message) as caught:
        clustering_stage.run(context(method="halves", options={"fault": fault}), candidates())
    assert "method 'halves'" in str(caught.value) and "'pulse'" in str(caught.value)


def test_stage_reports_bad_options(context: Callable[..., StageContext]) -> None:
    with pytest.raises(InputError, match="unknown option 'n_cluster'; did you mean 'n_clusters'"):
        clustering_stage.run(context(method="kmeans", options={"n_cluster": 3}), candidates())
    with pytest.raises(InputError, match=r"group 'pulse' \(9 records\): n_clusters=12"):
        clustering_stage.run(context(method="kmeans", options={"n_clusters": 12}), candidates())
    with pytest.raises(InputError, match="kmeans"):
        clustering_stage.run(context(method="kmeanz"), candidates())


def test_stage_files_round_trip_and_summary(context: Callable[..., StageContext], tmp_path: Path) -> None:
    inputs = candidates()
    clusters = clustering_stage.run(context(method="kmeans", k_max=5), inputs)
    clustering_stage.save(clusters, tmp_path)
    assert all((tmp_path / name).is_file() for name in clustering_stage.STAGE.files)
    loaded = clustering_stage.load(tmp_path, inputs)
    pd.testing.assert_frame_equal(loaded.table, clusters.table)
    assert clustering_stage.summary(loaded) == clustering_stage.summary(clusters)
    for name, group in clusters.groups.items():
        np.testing.assert_allclose(loaded.groups[name].features, group.features)
        pd.testing.assert_frame_equal(loaded.groups[name].scores, group.scores)
    summary = clustering_stage.summary(clusters)["groups"]["nonpulse"]
    assert summary["candidates"] == 20 and sum(summary["sizes"]) == 20
    assert json.loads((tmp_path / "clusters.json").read_text())["method"] == "kmeans"


def test_stage_takes_clusters_edited_by_hand(context: Callable[..., StageContext], tmp_path: Path) -> None:
    inputs = candidates()
    clustering_stage.save(clustering_stage.run(context(method="kmeans"), inputs), tmp_path)
    path = tmp_path / "clusters.csv"
    table = pd.read_csv(path, dtype=str)
    edited = table.copy()
    pulse = edited.index[edited["group"] == "pulse"]
    edited.loc[pulse, "cluster"] = ["1", "2", "3"] * 3
    edited.iloc[::-1].to_csv(path, index=False)
    loaded = clustering_stage.load(tmp_path, inputs).groups["pulse"]
    assert loaded.k == 3
    assert loaded.silhouette == pytest.approx(quality(loaded.features, loaded.labels)["silhouette"])

    def problem(change: Callable[[pd.DataFrame], pd.DataFrame]) -> str:
        change(table.copy()).to_csv(path, index=False)
        with pytest.raises(InputError) as caught:
            clustering_stage.load(tmp_path, inputs)
        return str(caught.value)

    assert "row 2: cluster 'x' must be a whole number" in problem(
        lambda t: t.assign(cluster=["x", *t["cluster"][1:]])
    )
    assert "have no row" in problem(lambda t: t.iloc[1:])
    assert "is not a candidate" in problem(lambda t: t.assign(id=["Q", *t["id"][1:]]))
    assert "occurs more than once" in problem(lambda t: pd.concat([t, t.iloc[:1]]))
    assert "without gaps" in problem(lambda t: t.assign(cluster="2"))
    assert "no column 'cluster'" in problem(lambda t: t.drop(columns="cluster"))


# -- the bars, on real spectra -----------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("group", "bar"), [("pulse", 0.012), ("nonpulse", 0.016)])
def test_default_is_reproducible_on_real_spectra(shared_data: Path, group: str, bar: float) -> None:
    table = pd.read_csv(shared_data / "jia2025" / "candidates.csv")
    columns = [c for c in table if c.startswith("T")]
    sa = table.loc[table["group"] == group, columns].to_numpy()
    X = np.log(sa * 0.78 / sa[:, [99]])
    fits = [
        CAEKMeans(random_state=seed, periods_s=PUBLISHED_GRID, conditioning_period_s=1.0).fit(X)
        for seed in range(5)
    ]
    assert len({fit.n_clusters_ for fit in fits}) == 1
    indices = [adjusted_rand_score(a.labels_, b.labels_) for i, a in enumerate(fits) for b in fits[:i]]
    assert np.mean(indices) >= 0.97
    beyond = PUBLISHED_GRID >= 1.0
    for fit in fits:
        assert fit.reconstruction_mse_ <= bar
        centroids = [X[fit.labels_ == c][:, beyond].mean(axis=0) for c in (0, 1)]
        assert np.mean(np.abs(centroids[0] - centroids[1])) >= 0.4
