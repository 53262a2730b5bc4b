"""Another encoder by a constructor argument, from Python and through a plugin."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA

from gmplug.clustering import CAEKMeans
from gmplug.clustering.kmeans import kmeans_by_silhouette
from gmplug.errors import InputError
from gmplug.runs import open_study, run_study
from gmplug.testing import check_clusterer
from gmplug.values import FloatArray
from tests.support.studies import write_small_study

PERIODS_S = np.linspace(0.1, 3.0, 30)


def spectra(records: int = 40) -> FloatArray:
    rng = np.random.default_rng(3)
    slope = np.where(np.arange(records) < records // 3, -1.0, 1.0)[:, None]
    return slope * np.log(PERIODS_S) + 0.2 * rng.normal(size=(records, 30))


class Slope:
    """An encoder of two lines: the change of ln Sa from the first to the last period, and its noise."""

    def __init__(self, random_state: int | None = None) -> None:
        self.random_state = random_state

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {"random_state": self.random_state}

    def set_params(self, **given: Any) -> Slope:
        vars(self).update(given)
        return self

    def fit(self, X: FloatArray) -> Slope:
        self.seen_ = X.shape
        return self

    def transform(self, X: FloatArray) -> FloatArray:
        return X[:, -5:].mean(axis=1, keepdims=True) - X[:, :5].mean(axis=1, keepdims=True)


def test_principal_components_in_place_of_the_autoencoder() -> None:
    X, own = spectra(), PCA(3)
    model = CAEKMeans(encoder=own, random_state=7).fit(X)
    assert not hasattr(own, "components_"), "the encoder of the user stays unfitted"
    expected = PCA(3).fit(X)
    np.testing.assert_allclose(np.abs(model.features_), np.abs(expected.transform(X)), atol=1e-8)
    labels, *_ = kmeans_by_silhouette(expected.transform(X), None, 10, 50, 7)
    assert len(set(zip(labels, model.labels_, strict=True))) == model.n_clusters_ == 2
    back = expected.inverse_transform(expected.transform(X))
    np.testing.assert_allclose(model.reconstruct(X), back, atol=1e-8)
    assert model.reconstruction_mse_ == pytest.approx(np.mean((back - X) ** 2), rel=1e-8)
    assert model.reconstruction_mse_ == pytest.approx(model.components_mse_, rel=1e-6)
    np.testing.assert_array_equal(model.predict(X), model.labels_)
    assert "PCA(n_components=3)" in model.notes_[0]


def test_the_order_of_the_records_does_not_matter() -> None:
    X, order = spectra(), np.random.default_rng(1).permutation(40)
    for encoder in (PCA(3), Slope()):
        one = CAEKMeans(encoder=encoder, random_state=7).fit(X)
        other = CAEKMeans(encoder=encoder, random_state=7).fit(X[order])
        np.testing.assert_array_equal(one.labels_[order], other.labels_)


def test_an_encoder_of_ones_own() -> None:
    model = CAEKMeans(encoder=Slope(), random_state=7, n_clusters=2).fit(spectra())
    assert model.features_.shape == (40, 1) and model.encoder_.seen_ == (40, 30)
    assert model.encoder_.random_state == 7 and model.encoder.random_state is None
    assert sorted(np.bincount(model.labels_)) == [13, 27]
    assert np.isnan(model.reconstruction_mse_)
    with pytest.raises(ValueError, match="has no inverse_transform"):
        model.reconstruct(spectra())


def test_parameters_are_those_of_scikit_learn() -> None:
    model = CAEKMeans(encoder=PCA(3), k_max=4)
    assert model.get_params()["encoder__n_components"] == 3
    assert "encoder__n_components" not in model.get_params(deep=False)
    copy = clone(model.set_params(encoder__n_components=2))
    assert copy.encoder is not model.encoder and copy.encoder.n_components == 2 and copy.k_max == 4
    with pytest.raises(ValueError, match="no parameter 'encoder__nothing'"):
        model.set_params(encoder__nothing=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoder": "PCA"}, "fit and transform"),
        ({"encoder": PCA}, "fit and transform"),
        ({"encoder": PCA(3), "preset": "published"}, "remove them beside encoder"),
        ({"encoder": PCA(3), "copies": 2}, "'published'"),
    ],
)
def test_what_is_no_encoder_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CAEKMeans(**options).fit(spectra())


def test_features_that_are_none_are_refused_and_nothing_is_pickled(tmp_path: Path) -> None:
    class Lame(Slope):
        def transform(self, X: FloatArray) -> FloatArray:
            return X[:, 0]

    with pytest.raises(ValueError, match=r"shape \(40, f\), not \(40,\)"):
        CAEKMeans(encoder=Lame()).fit(spectra())
    with pytest.raises(NotImplementedError, match="fit again from the same records"):
        CAEKMeans(encoder=PCA(2)).fit(spectra()).save(tmp_path / "model.npz")


PLUGIN = """
import gmplug
from sklearn.decomposition import PCA

from gmplug.clustering import CAEKMeans


def pca_kmeans(components: int = 5, n_clusters: int | None = None, k_max: int = 10, random_state=None):
    return CAEKMeans(n_clusters, k_max, random_state, encoder=PCA(components))


@gmplug.hookimpl
def gmplug_clusterers():
    return {"pca-kmeans": pca_kmeans}
"""


def test_a_study_uses_it_by_a_script(tmp_path: Path) -> None:
    study = write_small_study(tmp_path)
    (tmp_path / "pca.py").write_text(PLUGIN)
    text = study.read_text().replace("seed = 3", 'seed = 3\nscripts = ["pca.py"]')
    study.write_text(text.replace('"kmeans"', '"pca-kmeans"\noptions = { components = 3 }'))
    clusters = run_study(study, until="clustering").clusters
    (group,) = clusters.groups.values()
    assert group.features.shape == (24, 3) and "PCA(n_components=3)" in group.notes[0]
    study.write_text(text.replace('"kmeans"', '"cae-kmeans"\noptions = { encoder = "PCA" }'))
    with pytest.raises(InputError, match="a study file cannot hold one"):
        open_study(study)


def test_the_kit_passes_it() -> None:
    check_clusterer(partial(CAEKMeans, encoder=PCA(0.95)))
