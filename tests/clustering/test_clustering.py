"""Clustering: both built-in clusterers, what they are made of, and the stage."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_samples,
)

from gmplug.chain.stage import StageContext
from gmplug.clustering import CAEKMeans, KMeansSpectra, period_weights, quality, simulated_spectra
from gmplug.clustering import stage as clustering_stage
from gmplug.clustering.cae import network_points, spread
from gmplug.clustering.groups import Clusterer, cluster_group
from gmplug.clustering.lloyd import kmeans
from gmplug.clustering.metrics import best_k, by_falling_size, score_table
from gmplug.clustering.published import Published, phases, published_pretraining_rate
from gmplug.clustering.simulation import loess_window, noise_scale, robust_loess
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


# -- the published training --------------------------------------------------------------------------


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


def test_published_numbers_follow_the_paper() -> None:
    pretraining, finetuning = phases(Published(), 67)
    assert (pretraining.epochs, pretraining.batch, pretraining.stop_loss) == (20_000, 670, 0.005)
    assert (finetuning.epochs, finetuning.batch, finetuning.stop_loss) == (50_000, 67, 0.0004)
    assert finetuning.rate(40_000) == pytest.approx(1e-4)
    assert Published().copies == 150


def test_published_preset_runs_briefly_and_starts_from_saved_weights(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    options: dict[str, Any] = {"preset": "published", "random_state": 0, "periods_s": GRID_20, **BRIEF}
    model = CAEKMeans(n_clusters=2, **options).fit(spectra())
    assert model.n_clusters_ == 2 and list(model.scores_["k"]) == [2]
    assert model.history_["learning_rate"].tolist() == pytest.approx([1e-3] + [1e-4] * 3)
    model.save(tmp_path / "model.npz")
    loaded = CAEKMeans.load(tmp_path / "model.npz")
    np.testing.assert_allclose(loaded.transform(spectra()), model.features_, atol=1e-5)
    options |= {"pretrained": tmp_path / "model.npz", "finetune_epochs": 0}
    more = CAEKMeans(**options).fit(spectra(8, seed=5))
    assert more.history_.empty
    np.testing.assert_array_equal(more._weights[0], model._weights[0])
    with pytest.raises(ValueError, match="another number of periods"):
        CAEKMeans(**{**options, "periods_s": PUBLISHED_GRID}).fit(spectra(8, PUBLISHED_GRID))


def test_published_without_tensorflow_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(InputError, match=r'pip install "gmplug\[cae\]"'):
        CAEKMeans(preset="published", **BRIEF).fit(spectra())
    assert GRID_FIT.fit(spectra()).n_clusters_ >= 1  # the default does without


@pytest.mark.parametrize("periods", [1, 7, 20, 201, 256, 257, 1000])
def test_points_of_the_published_network(periods: int) -> None:
    points = network_points(periods)
    assert points % 4 == 0 and 0 <= points - periods < 4


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


@pytest.mark.parametrize(("features", "k"), [(2, 3), (5, 2), (30, 7)])
def test_kmeans_and_scores_equal_those_of_scikit_learn(features: int, k: int) -> None:
    rng = np.random.default_rng(features)
    points = rng.standard_normal((90, features)) + 4.0 * rng.standard_normal((k, features))[np.arange(90) % k]
    labels = kmeans(points, k, 50, seed=0)
    theirs = KMeans(k, n_init=50, random_state=0).fit(points)
    assert adjusted_rand_score(labels, theirs.labels_) == 1.0
    found = quality(points, labels)
    assert found["silhouette"] == pytest.approx(silhouette_samples(points, labels).mean())
    assert found["calinski_harabasz"] == pytest.approx(calinski_harabasz_score(points, labels))
    assert found["davies_bouldin"] == pytest.approx(davies_bouldin_score(points, labels))


def test_kmeans_with_fewer_distinct_records_than_clusters_and_in_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    points = np.repeat(np.array([[0.0], [1.0], [5.0]]), 4, axis=0)
    assert len(np.unique(kmeans(points, 5, 10, seed=0))) == 3
    whole = kmeans(points, 2, 10, seed=0)
    monkeypatch.setattr("gmplug.clustering.lloyd._AT_A_TIME", 60)  # two replicates at a time
    assert adjusted_rand_score(kmeans(points, 2, 10, seed=0), whole) == 1.0


# -- clusterers --------------------------------------------------------------------------------------

GRID_FIT = CAEKMeans(random_state=1, periods_s=GRID_20, conditioning_period_s=1.0)


@pytest.fixture(scope="module")
def brief_fit() -> CAEKMeans:
    return clone(GRID_FIT).fit(spectra())


def test_cae_attributes(brief_fit: CAEKMeans) -> None:
    assert brief_fit.labels_.shape == (14,) and set(brief_fit.labels_) == set(range(brief_fit.n_clusters_))
    assert brief_fit.features_.shape == (14, 5) and brief_fit.features_.dtype == np.float64
    assert list(brief_fit.scores_["k"]) == list(range(1, 11))
    assert set(brief_fit.history_["phase"]) == {"finetuning"}
    assert brief_fit.history_["loss"].iloc[-1] < 0.3 * brief_fit.history_["loss"].iloc[0]
    assert np.all(np.diff(np.bincount(brief_fit.labels_)) <= 0)
    error = brief_fit.reconstruct(spectra()) - spectra()
    assert np.mean(error**2) == pytest.approx(brief_fit.reconstruction_mse_, rel=1e-5)
    deviations = spectra() - spectra().mean(axis=0)
    left = np.linalg.svd(deviations, compute_uv=False)[5:]
    assert brief_fit.components_mse_ == pytest.approx(np.sum(left**2) / deviations.size, abs=1e-12)
    assert f"{np.sqrt(brief_fit.reconstruction_mse_):.3f}" in brief_fit.notes_[0]


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


def test_only_kmeans_depends_on_the_seed(brief_fit: CAEKMeans) -> None:
    other = clone(brief_fit).set_params(random_state=7).fit(spectra())
    np.testing.assert_array_equal(other.features_, brief_fit.features_)
    np.testing.assert_array_equal(other.labels_, brief_fit.labels_)


def test_latent_distances_are_those_of_the_weighted_spectra(brief_fit: CAEKMeans) -> None:
    weights = period_weights(GRID_20, 1.0, 20) / 20
    wanted = pdist(spectra() * np.sqrt(weights))
    found = pdist(brief_fit.features_)
    assert np.mean((found - wanted) ** 2) < 0.003 * np.mean(wanted**2)


def test_cae_keeps_its_parameters(brief_fit: CAEKMeans) -> None:
    parameters = brief_fit.get_params()
    np.testing.assert_array_equal(parameters["periods_s"], GRID_20)
    assert CAEKMeans(**parameters).get_params().keys() == parameters.keys()
    with pytest.raises(ValueError, match="no parameter 'epochs'"):
        clone(brief_fit).set_params(epochs=3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"copies": 3}, "copies is an option of the preset 'published'"),
        ({"pretrained": Path("model.npz")}, "pretrained is an option of the preset 'published'"),
        ({"preset": "published", "short_period_weight": 0.5}, "short_period_weight is an option"),
        ({"periods_s": None}, "needs periods_s and conditioning_period_s"),
        ({"conditioning_period_s": None}, "needs periods_s and conditioning_period_s"),
        ({"conditioning_period_s": 300.0}, r"no period lies between 0\.01 and 10 T\*"),
        ({"preset": "best"}, "known: default, published"),
    ],
)
def test_cae_refuses_what_does_not_fit(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        clone(GRID_FIT).set_params(**options).fit(spectra())


def test_cae_saves_and_loads(brief_fit: CAEKMeans, tmp_path: Path) -> None:
    brief_fit.save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz", allow_pickle=False) as stored:
        assert all(stored[name].dtype != object for name in stored.files)
    loaded = CAEKMeans.load(tmp_path / "model.npz")
    np.testing.assert_allclose(loaded.transform(spectra()), brief_fit.features_, atol=1e-5)
    np.testing.assert_array_equal(loaded.predict(spectra()), brief_fit.labels_)
    (tmp_path / "bad.npz").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"bad\.npz: not a model"):
        CAEKMeans.load(tmp_path / "bad.npz")


@pytest.mark.parametrize(
    "grid",
    [
        np.geomspace(0.05, 5.0, 13),
        np.linspace(0.5, 1.0, 8),  # T* at the end
        np.array([0.9, 1.0]),
        np.geomspace(0.001, 40.0, 60),  # beyond the network's points at both ends
    ],
)
def test_cae_few_records_on_any_grid_and_one_cluster(grid: FloatArray) -> None:
    two = CAEKMeans(periods_s=grid, conditioning_period_s=1.0, random_state=0).fit(spectra(2, grid))
    assert two.n_clusters_ == 1 and two.features_.shape == (2, 5)
    assert np.isfinite(two.reconstruct(spectra(2, grid))).all()
    alike = clone(two).fit(np.tile(spectra(1, grid), (5, 1)))
    assert alike.n_clusters_ == 1


def test_of_many_records_some_are_spread_evenly() -> None:
    assert spread(3, 256).tolist() == [0, 1, 2]
    chosen = spread(10_000, 256)
    assert len(chosen) == 256 and chosen[0] == 0 and chosen[-1] == 9999
    assert set(np.diff(chosen)) <= {39, 40}


def test_missing_periods_are_filled_in(brief_fit: CAEKMeans) -> None:
    holed = spectra()
    holed[:, -3:] = np.nan
    assert np.isfinite(brief_fit.transform(holed)).all() and np.isfinite(brief_fit.reconstruct(holed)).all()
    nothing = np.full((1, holed.shape[1]), np.nan)
    with pytest.raises(ValueError, match="row 0"):
        brief_fit.predict(nothing)
    with pytest.raises(ValueError, match="NaN"):
        GRID_FIT.fit(holed)


@pytest.mark.parametrize("make", [partial(CAEKMeans, conditioning_period_s=1.0), KMeansSpectra])
def test_bad_input_is_one_clear_line(make: Callable[..., Any]) -> None:
    holed = spectra()
    holed[3, 4] = np.nan
    cases: list[tuple[dict[str, Any], FloatArray, str]] = [
        ({}, holed, "row 3, column 4"),
        ({"n_clusters": 15}, spectra(), "n_clusters=15 must lie between 1 and the number of records, 14"),
        ({}, spectra()[:1], "at least 2"),
        ({"periods_s": PUBLISHED_GRID}, spectra(), r"periods_s has shape \(200,\), but X has 20 columns"),
        ({"k_max": 0}, spectra(), "k_max"),
        ({"k_max": 1000}, spectra(), "k_max=1000 must lie between 1 and 50"),
    ]
    for options, X, message in cases:
        with pytest.raises(ValueError, match=message) as caught:
            make(**{"periods_s": GRID_20, **options}).fit(X)
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


def test_noise_is_refused_or_placed_as_the_study_says(context: Callable[..., StageContext]) -> None:
    from sklearn.cluster import HDBSCAN

    own = candidates()
    noisy: dict[str, Any] = {"method": "halves", "options": {"fault": "noise"}}
    with pytest.raises(
        InputError, match=r'1 of 9 records belong to no cluster \(noise\); set noise = "nearest"'
    ):
        clustering_stage.run(context(**noisy), own)
    nearest = clustering_stage.run(context(**noisy, noise="nearest"), own).groups["pulse"]
    alone = clustering_stage.run(context(**noisy, noise="cluster"), own).groups["pulse"]
    assert alone.k == nearest.k + 1 and np.bincount(alone.labels)[-1] == 1
    assert any("nearest mean" in note for note in nearest.notes)

    # HDBSCAN of scikit-learn as it is: one far record is noise
    near = np.concatenate([spectra(20), spectra(20) + 3.0])
    made = Clusterer("hdbscan", HDBSCAN, {"min_cluster_size": 5, "copy": True}, {}, 4, noise="nearest")
    far = np.concatenate([near, near[:1] + 40.0])
    found = cluster_group(made, "all", far, pd.DataFrame(index=range(41)))
    assert found.labels[40] in found.labels[20:40] and found.labels[40] not in found.labels[:20]
    assert "1 of 41 records" in found.notes[0]


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
    assert "no row for 1 candidate" in problem(lambda t: t.iloc[1:])
    assert "is not a candidate" in problem(lambda t: t.assign(id=["Q", *t["id"][1:]]))
    assert "occurs more than once" in problem(lambda t: pd.concat([t, t.iloc[:1]]))
    assert "without gaps" in problem(lambda t: t.assign(cluster="2"))
    assert "no column 'cluster'" in problem(lambda t: t.drop(columns="cluster"))


# -- the bars, on real spectra -----------------------------------------------------------------------


@pytest.mark.parametrize(("group", "bar"), [("pulse", 0.012), ("nonpulse", 0.016)])
def test_default_on_real_spectra(shared_data: Path, group: str, bar: float) -> None:
    table = pd.read_csv(shared_data / "jia2025" / "candidates.csv")
    columns = [c for c in table if c.startswith("T")]
    sa = table.loc[table["group"] == group, columns].to_numpy()
    X = np.log(sa * 0.78 / sa[:, [99]])
    fit = CAEKMeans(random_state=0, periods_s=PUBLISHED_GRID, conditioning_period_s=1.0).fit(X)
    assert fit.n_clusters_ == 2 and fit.reconstruction_mse_ <= bar
    expected = KMeansSpectra(2, periods_s=PUBLISHED_GRID, conditioning_period_s=1.0).fit(X).labels_
    assert adjusted_rand_score(fit.labels_, expected) >= 0.97
    beyond = PUBLISHED_GRID >= 1.0
    centroids = [X[fit.labels_ == c][:, beyond].mean(axis=0) for c in (0, 1)]
    assert np.mean(np.abs(centroids[0] - centroids[1])) >= 0.4
