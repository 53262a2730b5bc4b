"""gmplug-spectral: the kit, no chance, and groups that k-means cannot part."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import make_moons
from sklearn.metrics import adjusted_rand_score

from gmplug import InputError, testing
from gmplug.host import Host

pytest.importorskip("gmplug_spectral", reason="the plugin is not installed")

from gmplug_spectral.clusterer import SpectralSpectra


@pytest.mark.parametrize("check", testing.clusterer_checks(), ids=str)
def test_the_kit_passes(check) -> None:
    check(SpectralSpectra)


def test_every_seed_gives_the_same_clusters() -> None:
    x = testing.sample_records(80, seed=4).ln_sa
    labels = [SpectralSpectra(4, random_state=seed).fit(x).labels_ for seed in range(4)]
    assert all(np.array_equal(labels[0], other) for other in labels[1:])


def test_groups_of_any_shape_are_found() -> None:
    x, truth = make_moons(200, noise=0.05, random_state=0)
    found = SpectralSpectra(2, bandwidth=0.1).fit(x).labels_
    assert adjusted_rand_score(truth, found) > 0.95
    assert adjusted_rand_score(truth, KMeans(2, n_init=10, random_state=0).fit_predict(x)) < 0.5


def test_the_planted_groups_are_found() -> None:
    sample = testing.sample_records(90)
    assert adjusted_rand_score(sample.truth, SpectralSpectra(3).fit(sample.ln_sa).labels_) > 0.95


def test_bad_options_are_named() -> None:
    with pytest.raises(InputError, match=r"spectral: bandwidth=0 must be positive"):
        SpectralSpectra(bandwidth=0).fit(testing.sample_records(12).ln_sa)


def test_the_plugin_offers_it() -> None:
    assert Host().provider("clusterers", "spectral") is SpectralSpectra
