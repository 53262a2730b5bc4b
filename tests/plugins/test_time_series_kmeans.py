"""gmplug-time-series-kmeans: TSkmeans against optimality conditions and planted groups; tslearn's DTW."""

from __future__ import annotations

import builtins

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from gmplug import InputError, testing
from gmplug.host import Host

pytest.importorskip("gmplug_time_series_kmeans", reason="the plugin is not installed")

from gmplug_time_series_kmeans.dtw import TslearnDTW
from gmplug_time_series_kmeans.tskmeans import TSKMeans
from gmplug_time_series_kmeans.weights import _by_least_squares, objective, smooth_weights


@pytest.mark.parametrize("check", testing.clusterer_checks(), ids=str)
def test_the_kit_passes(check) -> None:
    check(TSKMeans)


# -- the weights -------------------------------------------------------------------------------------


@pytest.mark.parametrize("points", [2, 3, 17, 120])
@pytest.mark.parametrize("alpha", [1e-3, 1.0, 1e3, 1e6])
def test_weights_satisfy_the_optimality_conditions(points: int, alpha: float) -> None:
    """Karush–Kuhn–Tucker: the gradient equals one number where w > 0, and is not below it elsewhere."""
    rng = np.random.default_rng(points)
    dispersion = np.abs(np.cumsum(rng.standard_normal(points)))
    w = smooth_weights(dispersion, alpha)
    steps = np.diff(w, prepend=w[0], append=w[-1])
    gradient = dispersion + alpha * (steps[:-1] - steps[1:])
    multiplier = gradient @ w
    scale = np.abs(gradient).max()
    assert w.sum() == pytest.approx(1.0)
    assert w.min() >= 0.0
    assert np.all(gradient >= multiplier - 1e-8 * scale)
    assert np.allclose(gradient[w > 1e-9], multiplier, atol=1e-7 * scale)


@pytest.mark.parametrize("alpha", [0.3, 30.0])
def test_weights_agree_with_a_general_solver(alpha: float) -> None:
    dispersion = np.random.default_rng(2).uniform(0.0, 5.0, 12)
    general = minimize(
        objective,
        np.full(12, 1 / 12),
        (dispersion, alpha),
        method="SLSQP",
        bounds=[(0, 1)] * 12,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1.0},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    found = objective(smooth_weights(dispersion, alpha), dispersion, alpha)
    assert found == pytest.approx(general.fun, rel=1e-6)
    assert found <= general.fun + 1e-9
    dense = _by_least_squares((dispersion - dispersion.min()) / alpha)
    assert objective(dense, dispersion, alpha) == pytest.approx(found, rel=1e-9)


def test_weights_at_the_limits() -> None:
    dispersion = np.array([3.0, 1.0, 2.0, 1.0])
    assert smooth_weights(dispersion, 0.0).tolist() == [0.0, 0.5, 0.0, 0.5]
    assert np.allclose(smooth_weights(dispersion, 1e12), 0.25)
    assert np.allclose(smooth_weights(np.full(4, 2.0), 1.0), 0.25)


# -- the clusters ------------------------------------------------------------------------------------


def _planted(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two groups that differ in points 40–59 of 100, where they are tight; elsewhere strong, smooth noise."""
    rng = np.random.default_rng(seed)
    truth = np.repeat([0, 1], [25, 15])
    grid = np.arange(100)
    inside = (grid >= 40) & (grid < 60)
    smooth = np.exp(-0.5 * ((grid[:, None] - grid) / 6.0) ** 2)
    noise = rng.multivariate_normal(np.zeros(100), smooth + 1e-9 * np.eye(100), 40, method="eigh")
    x = np.where(inside, 0.1 * noise, 1.5 * noise)
    x[:, inside] += np.where(truth == 1, 0.8, 0.0)[:, None]
    return x, truth


def test_the_objective_never_increases() -> None:
    for seed in range(5):
        x, _ = _planted(seed)
        loss = TSKMeans(3, smoothness=1e-3, n_init=1, random_state=seed).fit(x).history_["loss"].to_numpy()
        assert np.all(np.diff(loss) <= 1e-9 * loss[:-1])
    sample = testing.sample_records(150, seed=2)
    loss = TSKMeans(4, n_init=1, random_state=0).fit(sample.ln_sa).history_["loss"].to_numpy()
    assert len(loss) > 2
    assert np.all(np.diff(loss) <= 1e-9 * loss[:-1])


def test_the_objective_is_the_documented_one() -> None:
    x, _ = _planted()
    model = TSKMeans(2, alpha=50.0, random_state=0).fit(x)
    alpha = 50.0 * np.square(x - x.mean(axis=0)).sum()
    within = sum(
        model.weights_[p] @ np.square(x[model.labels_ == p] - model.cluster_centers_[p]).sum(axis=0)
        for p in range(2)
    )
    smooth = 0.5 * alpha * np.square(np.diff(model.weights_, axis=1)).sum()
    assert model.objective_ == pytest.approx(within + smooth)


def test_a_planted_subspace_is_found_where_plain_k_means_fails() -> None:
    x, truth = _planted()
    model = TSKMeans(2, smoothness=1e-4, random_state=0).fit(x)
    assert adjusted_rand_score(truth, model.labels_) == 1.0
    assert np.all(model.weights_[:, 40:60].sum(axis=1) > 0.6)
    plain = KMeans(2, n_init=50, random_state=0).fit_predict(x)
    assert adjusted_rand_score(truth, plain) < 0.5
    assert np.array_equal(model.predict(x), model.labels_)


def test_very_smooth_weights_are_plain_k_means() -> None:
    x = testing.sample_records(60).ln_sa
    plain = KMeans(3, n_init=30, random_state=0).fit_predict(x)
    assert adjusted_rand_score(TSKMeans(3, smoothness=1e6, random_state=0).fit_predict(x), plain) == 1.0


def test_the_weights_do_not_depend_on_the_grid() -> None:
    x, _ = _planted()
    fine = TSKMeans(2, smoothness=0.01, random_state=0).fit(np.repeat(x, 3, axis=1))
    coarse = TSKMeans(2, smoothness=0.01, random_state=0).fit(x)
    assert np.array_equal(fine.labels_, coarse.labels_)
    summed = fine.weights_.reshape(2, 100, 3).sum(axis=2)
    assert np.abs(np.cumsum(summed - coarse.weights_, axis=1)).max() < 0.02


def test_bad_options_are_named() -> None:
    x = testing.sample_records(20).ln_sa
    with pytest.raises(ValueError, match="must not be negative"):
        TSKMeans(smoothness=-1.0).fit(x)
    with pytest.raises(ValueError, match="n_init=0 must be at least 1"):
        TSKMeans(n_init=0).fit(x)


# -- tslearn -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", testing.clusterer_checks(), ids=str)
def test_the_kit_passes_with_dtw(check) -> None:
    pytest.importorskip("tslearn")
    check(TslearnDTW, quick={"n_init": 2, "max_iter": 5, "points": 15}, records=24)


def test_without_tslearn_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *arguments, **others):
        if name.startswith("tslearn"):
            raise ImportError("No module named 'tslearn'")
        return real(name, *arguments, **others)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(InputError, match=r'pip install "gmplug-time-series-kmeans\[dtw\]"'):
        TslearnDTW().fit(testing.sample_records(12).ln_sa)


def test_the_plugin_offers_both() -> None:
    host = Host()
    assert host.provider("clusterers", "time-series-kmeans") is TSKMeans
    assert host.provider("clusterers", "tslearn-dtw") is TslearnDTW
