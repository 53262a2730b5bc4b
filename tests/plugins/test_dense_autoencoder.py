"""gmplug-dense-autoencoder: the kit, the published network, training, and safe files."""

from __future__ import annotations

import builtins
import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from gmplug import InputError, testing

plugin = pytest.importorskip("gmplug_dense_autoencoder", reason="the plugin is not installed")

from gmplug_dense_autoencoder.clusterer import DenseAutoencoder  # noqa: E402
from gmplug_dense_autoencoder.network import build  # noqa: E402

#: Checks of many fits, each of which builds a network.
COSTLY = {"number_of_clusters", "any_periods", "few_records", "progress", "history", "scores"}


@pytest.fixture(scope="module")
def tensorflow():
    return pytest.importorskip("tensorflow")


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(check, marks=[pytest.mark.slow] if check.name in COSTLY else [])
        for check in testing.clusterer_checks()
    ],
    ids=str,
)
def test_the_kit_passes(check, tensorflow) -> None:
    check(DenseAutoencoder, quick={"epochs": 3, "n_init": 3}, records=24)


def test_the_network_is_the_published_one(tensorflow) -> None:
    """Dense and batch-normalisation parameters counted by hand for 492 periods."""
    model, encoder = build(492, (128, 64, 32), 5, np.random.default_rng(0))
    units = [492, 128, 64, 32, 5, 32, 64, 128, 492]
    dense = sum((a + 1) * b for a, b in itertools.pairwise(units))
    normalised = 4 * 2 * (128 + 64)
    assert model.count_params() == dense + normalised
    assert encoder.output_shape == (None, 5)
    kinds = [layer.__class__.__name__ for layer in encoder.layers[1:]]
    assert kinds == ["Dense", "BatchNormalization", "Activation"] * 2 + ["Dense", "Activation", "Dense"]


@pytest.mark.slow
def test_training_reconstructs_and_finds_the_planted_groups(tensorflow) -> None:
    sample = testing.sample_records(60)
    calls = []
    model = DenseAutoencoder(epochs=150, n_init=5, random_state=1)
    model.fit(sample.ln_sa, progress=lambda *said: calls.append(said))
    assert model.history_["loss"].iloc[-1] < 0.2 * model.history_["loss"].iloc[0]
    assert adjusted_rand_score(sample.truth, model.labels_) > 0.9
    assert calls[-1][:2] == (150, 150)
    assert np.allclose(model.transform(sample.ln_sa), model.features_, atol=1e-5)


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(b"not a model")
    with pytest.raises(InputError, match=r"model\.npz: not a model saved by dense-autoencoder"):
        DenseAutoencoder.load(path)
    np.savez(path, meta=np.array('{"format": "another"}'))
    with pytest.raises(InputError, match="format 'another'"):
        DenseAutoencoder.load(path)


def test_without_tensorflow_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *arguments, **others):
        if name == "tensorflow":
            raise ImportError("No module named 'tensorflow'")
        return real(name, *arguments, **others)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(InputError, match=r'pip install "gmplug-dense-autoencoder\[tensorflow\]"'):
        DenseAutoencoder(epochs=1).fit(testing.sample_records(12).ln_sa)


def test_offering_it_loads_no_tensorflow() -> None:
    code = (
        "import sys, gmplug_dense_autoencoder as plugin\n"
        "print(*plugin.gmplug_clusterers(), 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "dense-autoencoder False"
