"""The network in NumPy against Keras, its training, the fixed ratios T/T*, and the shipped weights."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from gmplug.clustering import pretrained
from gmplug.clustering.autoencoder import ENCODER_WEIGHTS, decode, encode, weight_shapes
from gmplug.clustering.pretrained import pretrained_weights
from gmplug.clustering.pretraining import CORRUPTED, Population, corrupted, first_weights, loss_of, main
from gmplug.clustering.ratio_grid import RATIOS, RatioGrid
from gmplug.clustering.training import Adam, _distortion, cosine_rate
from gmplug.errors import InputError

PUBLISHED_GRID = np.round(np.arange(1, 201) * 0.01, 2)


@pytest.mark.parametrize("points", [20, 200])
def test_values_and_gradients_are_those_of_keras(points: int) -> None:
    pytest.importorskip("tensorflow")
    from gmplug.clustering.network import build_autoencoder, tensorflow

    tf, rng = tensorflow(), np.random.default_rng(0)
    model = build_autoencoder(points, rng)
    assert [w.shape for w in model.get_weights()] == weight_shapes(points)
    if points == 200:
        assert model.count_params() == 317_433
    weights = [0.5 * w + 0.05 * rng.standard_normal(w.shape).astype(np.float32) for w in model.get_weights()]
    model.set_weights(weights)
    spectra = rng.standard_normal((7, points, 1)).astype(np.float32)
    latent, back_to_spectra = encode(weights, spectra)
    found, back_to_latent = decode(weights, latent)
    expected = model(spectra).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())
    by_output = rng.standard_normal(found.shape).astype(np.float32)
    by_latent, of_decoder = back_to_latent(by_output)
    of_encoder = back_to_spectra(by_latent)[1]
    assert len(of_encoder) == ENCODER_WEIGHTS
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(spectra) * by_output)
    for mine, theirs in zip(
        of_encoder + of_decoder, tape.gradient(loss, model.trainable_variables), strict=True
    ):
        np.testing.assert_allclose(mine, theirs.numpy(), atol=1e-5 * np.abs(theirs.numpy()).max())


def test_adam_takes_the_steps_of_keras() -> None:
    tf = pytest.importorskip("tensorflow")
    rng = np.random.default_rng(0)
    start = [rng.standard_normal((3, 2)).astype(np.float32), rng.standard_normal(4).astype(np.float32)]
    adam, variables = Adam(start), [tf.Variable(w) for w in start]
    theirs = tf.keras.optimizers.Adam(1e-2, global_clipnorm=0.5)
    for size in (0.01, 1.0, 5.0):
        gradients = [(size * rng.standard_normal(w.shape)).astype(np.float32) for w in start]
        adam.step(gradients, 1e-2)
        theirs.apply_gradients(zip(map(tf.constant, gradients), variables, strict=True))
    for mine, variable in zip(adam.weights, variables, strict=True):
        np.testing.assert_allclose(mine, variable.numpy(), atol=1e-6)


def test_gradient_of_the_geometry_loss_is_that_of_finite_differences() -> None:
    rng = np.random.default_rng(1)
    latent, wanted = rng.standard_normal((6, 5)), np.abs(rng.standard_normal((6, 6)))
    wanted = wanted + wanted.T
    _, gradient = _distortion(latent, wanted)
    for i, j in ((0, 0), (3, 4)):
        step = np.zeros_like(latent)
        step[i, j] = 1e-5
        slope = (_distortion(latent + step, wanted)[0] - _distortion(latent - step, wanted)[0]) / 2e-5
        assert gradient[i, j] == pytest.approx(slope, rel=1e-6)


def test_cosine_rate_warms_up_and_ends_at_zero() -> None:
    assert cosine_rate(1e-3, 0.0, 0.1) < 1e-4 and cosine_rate(1e-3, 0.1, 0.1) == pytest.approx(1e-3)
    assert cosine_rate(1e-3, 1.0) < 1e-9


# -- fixed ratios ------------------------------------------------------------------------------------


def test_lines_in_ln_t_pass_the_fixed_ratios_unchanged() -> None:
    grid = RatioGrid.of(PUBLISHED_GRID, 1.0)
    line = np.log(PUBLISHED_GRID)[None, :]
    back = line @ grid.inward @ grid.outward
    inside = (PUBLISHED_GRID > 0.011) & (PUBLISHED_GRID < 1.85)  # the ends' cells are held constant
    np.testing.assert_allclose(back[:, inside], line[:, inside], atol=1e-3)
    np.testing.assert_allclose(back, line, atol=0.04)
    assert RATIOS[grid.known][-1] > 2.0 > RATIOS[grid.known][-2]
    assert not (line @ grid.inward)[:, ~grid.known].any()


def test_a_peak_between_two_points_counts() -> None:
    periods = np.linspace(0.5, 2.0, 600)
    between = float(np.sqrt(RATIOS[70] * RATIOS[71]))
    peak = np.exp(-0.5 * (np.log(periods / between) / 0.01) ** 2)[None, :]
    assert (peak @ RatioGrid.of(periods, 1.0).inward)[0, 70:72].min() > 0.1


def test_periods_beyond_the_ratios_are_held_constant_or_refused() -> None:
    grid = RatioGrid.of(np.array([0.001, 0.5, 1.0, 30.0]), 1.0)
    assert grid.known.all()
    back = np.ones((1, 100)) @ grid.outward
    np.testing.assert_allclose(back, 1.0)
    with pytest.raises(ValueError, match="take other periods, or the method kmeans"):
        RatioGrid.of(np.array([20.0, 30.0]), 1.0)


# -- shipped weights ---------------------------------------------------------------------------------


def test_shipped_weights_are_small_plain_and_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert [w.shape for w in pretrained_weights()] == weight_shapes(len(RATIOS))
    assert pretrained.FILE.stat().st_size < 2**20
    damaged = tmp_path / "pretrained.npz"
    damaged.write_bytes(pretrained.FILE.read_bytes()[:-1])
    monkeypatch.setattr(pretrained, "FILE", damaged)
    pretrained_weights.cache_clear()
    with pytest.raises(InputError, match="missing or damaged"):
        pretrained_weights()
    monkeypatch.undo()
    pretrained_weights.cache_clear()


def test_the_command_makes_the_same_weights_each_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.npz", "b.npz"):
        main([str(tmp_path / name), "--steps", "2"])
    first, second = ((tmp_path / name).read_bytes() for name in ("a.npz", "b.npz"))
    assert first == second
    assert hashlib.sha256(first).hexdigest() in capsys.readouterr().out


def test_the_population_has_zero_at_t_star_and_unit_scatter() -> None:
    rng, population = np.random.default_rng(0), Population.of_catalogue()
    for _ in range(5):
        deviations, known, scale = population.draw(rng)
        anchor = int(np.argmin(np.abs(np.log(RATIOS))))
        assert known[anchor] and not deviations[:, ~known].any()
        np.testing.assert_allclose(deviations[:, anchor], 0.0, atol=1e-12)
        assert deviations.std(axis=0).max() == pytest.approx(1.0) and 0.2 < scale < 2.5
        loss = loss_of(deviations, known)
        assert loss.weights.sum() == pytest.approx(1.0) and not loss.weights[~known].any()


def test_corruption_touches_a_share_and_never_t_star() -> None:
    rng, known = np.random.default_rng(0), np.ones(100, dtype=bool)
    whole = np.ones((4000, 100))
    seen = corrupted(whole, known, 0.3, rng)[:, :, 0]
    touched = np.any(seen != 1.0, axis=1)
    assert touched.mean() == pytest.approx(CORRUPTED, abs=0.03)
    assert (seen[:, int(np.argmin(np.abs(np.log(RATIOS))))] != 0).all()
    lost = seen == 0.0
    assert 0.65 < lost[lost.any(axis=1), -1].mean() < 0.85  # long periods three times of four


def test_first_weights_have_the_size_of_he() -> None:
    weights = first_weights(np.random.default_rng(0))
    assert [w.shape for w in weights] == weight_shapes(len(RATIOS))
    for kernel, fan_in in ((weights[2], 320), (weights[6], 200), (weights[-8], 160)):
        assert np.mean(kernel**2) == pytest.approx(2.0 / fan_in, rel=0.15)
