"""The test kit for plugin authors: good clusterers pass, and for each check there is one that fails it."""

from __future__ import annotations

import subprocess
import sys
import unittest
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.metrics import silhouette_score

from gmplug import testing
from gmplug.clustering import KMeansSpectra

CHECKS = {check.name: check for check in testing.clusterer_checks()}


class Good(ClusterMixin, BaseEstimator):
    """Does everything the kit looks at; the broken ones below each spoil one thing."""

    def __init__(self, n_clusters=2, random_state=None, periods_s=None) -> None:
        self.n_clusters = n_clusters
        self.random_state = random_state
        self.periods_s = periods_s

    def fit(self, X, y=None, *, metadata=None, progress=None):
        values = np.array(X, dtype=float)
        if not np.all(np.isfinite(values)):
            raise ValueError("X has NaN or infinite values; remove them")
        if self.n_clusters > len(values):
            raise ValueError(f"n_clusters={self.n_clusters} exceeds the {len(values)} records")
        if progress is not None:
            progress(0, 1, "clustering")
        order = np.lexsort(values.T)
        found = KMeans(self.n_clusters, n_init=10, random_state=self.random_state).fit(values[order])
        self.labels_ = np.empty(len(values), dtype=np.int64)
        self.labels_[order] = found.labels_
        self.centres_ = found.cluster_centers_
        self.features_ = values[:, :3] - values[:, :3].mean()
        self.scores_ = pd.DataFrame(
            {"k": [len(self.centres_)], "silhouette": 0.5, "calinski_harabasz": 1.0, "davies_bouldin": 1.0}
        )
        self.history_ = pd.DataFrame({"phase": ["only"], "epoch": [1], "loss": [0.5]})
        return self

    def predict(self, X):
        return np.square(X[:, None] - self.centres_).sum(axis=2).argmin(axis=1)

    def save(self, path) -> None:
        with Path(path).open("wb") as file:
            np.savez(file, centres=self.centres_)

    @classmethod
    def load(cls, path):
        model = cls()
        with np.load(path, allow_pickle=False) as stored:
            model.centres_ = stored["centres"]
        return model


def spoilt(**methods):
    """A clusterer like Good with some of its methods replaced, or its fitted attributes spoilt."""
    return type("Spoilt", (Good,), methods)


def after_fit(spoil):
    """A clusterer like Good that calls ``spoil(self, X, metadata)`` when it is fitted."""

    def fit(self, X, y=None, *, metadata=None, progress=None):
        Good.fit(self, X, metadata=metadata, progress=progress)
        spoil(self, X, metadata)
        return self

    return spoilt(fit=fit)


def _rounded_fit(self, X, y=None, *, metadata=None, progress=None):
    values = np.nan_to_num(np.asarray(X, dtype=float), posinf=0.0)
    return Good.fit(self, values, metadata=metadata, progress=progress)


def _wrong_exception(self, X, y=None, *, metadata=None, progress=None):
    if self.n_clusters > len(X):
        raise KeyError("n_clusters")
    return Good.fit(self, X, metadata=metadata, progress=progress)


def _fewer_clusters(self, X, y=None, *, metadata=None, progress=None):
    kept, self.n_clusters = self.n_clusters, min(self.n_clusters, len(X))
    Good.fit(self, X, metadata=metadata, progress=progress)
    self.n_clusters = kept
    return self


def _fixed_grid(self, X, y=None, *, metadata=None, progress=None):
    if X.shape[1] % 4:
        raise IndexError("the network needs a multiple of 4 periods")
    return Good.fit(self, X, metadata=metadata, progress=progress)


def _many_records_needed(self, X, y=None, *, metadata=None, progress=None):
    if len(X) < 8:
        raise ValueError("8 records at least")
    return Good.fit(self, X, metadata=metadata, progress=progress)


def _by_index(self, X, y=None, *, metadata=None, progress=None):
    Good.fit(self, X, metadata=metadata, progress=progress)
    self.labels_ = np.array([self.labels_[i] for i in metadata.index])
    return self


def _no_return(self, X, y=None, *, metadata=None, progress=None) -> None:
    Good.fit(self, X, metadata=metadata, progress=progress)


def _progress_of_two(self, X, y=None, *, metadata=None, progress=None):
    if progress is not None:
        progress(2, "clustering")
    return Good.fit(self, X, metadata=metadata)


def _progress_too_far(self, X, y=None, *, metadata=None, progress=None):
    if progress is not None:
        progress(3, 2, "clustering")
    return Good.fit(self, X, metadata=metadata)


def _progress_unused(self, X, y=None, *, metadata=None, progress=None):
    return Good.fit(self, X, metadata=metadata)


def _metadata_needed(self, X, *, metadata, progress=None):
    return Good.fit(self, X, metadata=metadata, progress=progress)


def _keep_as_array(self, n_clusters=2, random_state=None, periods_s=None) -> None:
    self.n_clusters, self.random_state = n_clusters, (random_state or 0) + 1
    self.periods_s = periods_s


def _forget(self, n_clusters=2, random_state=None, periods_s=None) -> None:
    self.n_clusters, self.state, self.periods_s = n_clusters, random_state, periods_s


def _set(**attributes):
    def spoil(self, X, metadata) -> None:
        for name, value in attributes.items():
            setattr(self, name, value(self) if callable(value) else value)

    return spoil


def _change_spectra(self, X, metadata) -> None:
    X -= X.mean()


def _change_metadata(self, X, metadata) -> None:
    metadata["used"] = True


def _change_periods(self, X, metadata) -> None:
    self.periods_s[0] = 0.0


def _global_chance(self, X, metadata) -> None:
    self.labels_ = np.random.permutation(self.labels_)  # noqa: NPY002


def _features_of_chance(self, X, metadata) -> None:
    self.features_ = self.features_ + np.random.random()  # noqa: NPY002


def _first_records_as_centres(self, X, metadata) -> None:
    self.labels_ = np.square(X[:, None] - X[: self.n_clusters]).sum(axis=2).argmin(axis=1)


def _alternate(self, X, metadata) -> None:
    self.labels_ = np.arange(len(X)) % self.n_clusters


def _save_pickle(self, path) -> None:
    Path(path).write_bytes(b"\x80\x04K\x01.")  # what a pickle of the number 1 looks like


def _save_objects(self, path) -> None:
    with Path(path).open("wb") as file:
        np.savez(file, centres=np.array([self.centres_, None], dtype=object))


def _load_nothing(cls, path):
    model = cls()
    model.centres_ = np.zeros((2, 40))
    return model


BROKEN = [
    ("labels", spoilt(fit=_no_return), "return self"),
    ("labels", after_fit(lambda self, X, m: delattr(self, "labels_")), "sets no labels_"),
    ("labels", after_fit(_set(labels_=lambda self: self.labels_[:-1])), "one label per record"),
    ("labels", after_fit(_set(labels_=lambda self: self.labels_ + 0.5)), "integers"),
    ("labels", after_fit(_set(labels_=lambda self: self.labels_ - 1)), "below zero"),
    ("number_of_clusters", after_fit(_set(labels_=lambda self: self.labels_ // 2)), "n_clusters=2 gives 1"),
    ("number_of_clusters", after_fit(_set(labels_=lambda self: self.labels_ * 2)), "without gaps"),
    ("same_seed", after_fit(_global_chance), "different labels_"),
    ("same_seed", after_fit(_features_of_chance), "different features_"),
    ("record_order", after_fit(_first_records_as_centres), "order of the records"),
    ("inputs_unchanged", after_fit(_change_spectra), "fit changes X"),
    ("inputs_unchanged", after_fit(_change_metadata), "fit changes the metadata"),
    ("inputs_unchanged", after_fit(_change_periods), "fit changes periods_s"),
    ("parameters_kept", after_fit(_set(n_clusters=5)), "fit changes the parameter n_clusters"),
    ("parameters_kept", spoilt(__init__=_keep_as_array), "random_state was given as 7 and kept as 8"),
    ("parameters_kept", spoilt(__init__=_forget), "get_params fails"),
    (
        "in_a_study",
        after_fit(_set(labels_=lambda self: -self.labels_)),
        "a study cannot use it: .*belong to no cluster",
    ),
    ("not_finite", spoilt(fit=_rounded_fit), "nan in X raises no error"),
    ("too_many_clusters", spoilt(fit=_fewer_clusters), "n_clusters=49 for 48 records raises no error"),
    ("too_many_clusters", spoilt(fit=_wrong_exception), "raises KeyError"),
    ("any_periods", spoilt(fit=_fixed_grid), "2 periods: fit raises IndexError"),
    ("few_records", spoilt(fit=_many_records_needed), "4 records: fit raises ValueError: 8 records at least"),
    ("equal_records", after_fit(_alternate), "equal records are in different clusters"),
    ("features", after_fit(_set(features_=lambda self: self.features_[:, 0])), "the shape"),
    ("features", after_fit(_set(features_=lambda self: self.features_ * np.nan)), "finite"),
    ("features", after_fit(_set(features_=lambda self: np.sort(self.features_, axis=0))), "sort them back"),
    ("scores", after_fit(_set(scores_=[0.5])), "DataFrame"),
    ("scores", after_fit(_set(scores_=lambda self: self.scores_.drop(columns="silhouette"))), "silhouette"),
    ("scores", after_fit(_set(scores_=lambda self: self.scores_.assign(k=9))), "chosen k = 3"),
    ("scores", after_fit(_set(scores_=lambda self: self.scores_.assign(silhouette=2.0))), "outside -1 to 1"),
    ("history", after_fit(_set(history_=[0.5])), "DataFrame"),
    ("history", after_fit(_set(history_=lambda self: self.history_.drop(columns="loss"))), "loss"),
    ("history", after_fit(_set(history_=lambda self: self.history_.assign(loss=np.inf))), "finite"),
    ("progress", spoilt(fit=_progress_unused), "never calls it"),
    ("progress", spoilt(fit=_progress_of_two), "done, total, message"),
    ("progress", spoilt(fit=_progress_too_far), "3 of 2"),
    ("metadata", spoilt(fit=_by_index), "go by position"),
    ("metadata", spoilt(fit=_metadata_needed), "has no default"),
    ("saving", spoilt(save=_save_pickle), "not in an open format"),
    ("saving", spoilt(save=_save_objects), "writes a pickle"),
    ("saving", spoilt(save=lambda self, path: None), "writes nothing"),
    ("saving", spoilt(load=classmethod(_load_nothing)), "differ after save and load"),
]


@pytest.mark.parametrize("check", CHECKS.values(), ids=str)
def test_a_good_clusterer_passes(check) -> None:
    check(Good)


@pytest.mark.parametrize("check", CHECKS.values(), ids=str)
@pytest.mark.parametrize(
    ("clusterer", "quick"),
    [(KMeansSpectra, {"n_init": 3}), (AgglomerativeClustering, {})],
    ids=["kmeans", "ward"],
)
def test_existing_clusterers_pass(check, clusterer, quick) -> None:
    check(clusterer, quick=quick)


@pytest.mark.parametrize(("name", "clusterer", "said"), BROKEN, ids=[f"{b[0]}-{b[2]}" for b in BROKEN])
def test_a_broken_clusterer_fails_with_a_reason(name: str, clusterer: type, said: str) -> None:
    with pytest.raises(testing.CheckFailed, match=said) as caught:
        CHECKS[name](clusterer)
    assert "\n" not in str(caught.value)


def test_every_check_can_fail() -> None:
    assert {name for name, _, _ in BROKEN} == set(CHECKS)


def test_what_is_not_offered_is_skipped_and_said() -> None:
    outcomes = testing.check_clusterer(AgglomerativeClustering)
    assert set(outcomes) == set(CHECKS)
    assert outcomes["labels"] == "passed"
    assert outcomes["saving"] == "does not apply: the clusterer offers no save and load"
    assert issubclass(testing.DoesNotApply, unittest.SkipTest)  # which pytest shows as skipped


def test_all_failures_are_told_at_once() -> None:
    both = spoilt(fit=_no_return, save=_save_pickle)
    with pytest.raises(testing.CheckFailed) as caught:
        testing.check_clusterer(both, without=["any_periods", "few_records", "in_a_study"])
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["labels", "saving"]


def test_options_reach_the_constructor() -> None:
    seen = []

    class Watching(Good):
        def __init__(self, n_clusters=2, random_state=None, periods_s=None, epochs=1000) -> None:
            super().__init__(n_clusters, random_state, periods_s)
            self.epochs = epochs

        def fit(self, X, y=None, *, metadata=None, progress=None):
            seen.append((self.epochs, X.shape, len(self.periods_s)))
            return super().fit(X, metadata=metadata, progress=progress)

    grid = np.linspace(0.1, 1.0, 10)
    CHECKS["same_seed"](Watching, quick={"epochs": 2}, periods_s=grid, conditioning_period_s=0.5, records=20)
    assert seen == [(2, (20, 10), 10)] * 2


def test_checks_can_be_left_out() -> None:
    names = [check.name for check in testing.clusterer_checks(without=["saving"])]
    assert names == [name for name in CHECKS if name != "saving"]
    with pytest.raises(ValueError, match=r"no check named savin; known: labels"):
        testing.clusterer_checks(without=["savin"])


def test_the_sample_looks_like_scaled_recordings() -> None:
    sample = testing.sample_records(300, seed=3)
    at = int(np.argmin(np.abs(sample.periods_s - 1.0)))
    assert np.allclose(sample.ln_sa[:, at], np.log(0.5))
    assert silhouette_score(sample.ln_sa, sample.truth) > 0.4
    assert set(sample.metadata.columns) >= {"id", "group", "magnitude", "rjb_km", "scale_factor"}
    within = np.concatenate(
        [sample.ln_sa[sample.truth == g] - sample.ln_sa[sample.truth == g].mean(0) for g in range(3)]
    )
    near, far = (np.corrcoef(within[:, i], within[:, i + 1])[0, 1] for i in (30, 0))
    assert near > far > 0.5  # neighbours on an even grid are closer, in ln T, at long periods
    again = testing.sample_records(300, seed=3)
    assert np.array_equal(sample.ln_sa, again.ln_sa)
    assert sample.metadata.equals(again.metadata)


def test_the_kit_needs_no_tensorflow() -> None:
    code = (
        "import sys; from gmplug import testing; testing.clusterer_checks()\n"
        "print('tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
