"""What every clusterer must do. The message of a failed check says what to change."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from gmplug.clustering.groups import FEWEST_RECORDS, cluster_group
from gmplug.errors import GmplugError, InputError
from gmplug.testing.outcomes import CheckFailed, DoesNotApply, require
from gmplug.testing.subject import Subject, fit_as_gmplug, labels_of
from gmplug.values import IntArray


def check_labels(subject: Subject) -> None:
    """fit sets labels_: one integer per record, none below zero; and returns the estimator."""
    sample = subject.sample()
    estimator = subject.make(sample, **_some_clusters(subject))
    returned = fit_as_gmplug(estimator, sample)
    labels = labels_of(estimator)
    require(returned is estimator, "fit does not return the estimator; end it with `return self`")
    require(
        labels.shape == (len(sample.ln_sa),),
        f"labels_ have the shape {labels.shape} for {len(sample.ln_sa)} records; give one label per record",
    )
    require(labels.min() >= 0, "labels_ below zero: every record must belong to a cluster")


def check_number_of_clusters(subject: Subject) -> None:
    """n_clusters = k gives k clusters, numbered from 0 or 1 without gaps."""
    sample = subject.sample()
    if not subject.takes_n_clusters:
        _require_no_gaps(subject.labels(sample))
        raise DoesNotApply("the clusterer has no n_clusters")
    for k in (1, 2, 3):
        labels = subject.labels(sample, n_clusters=k)
        found = len(np.unique(labels))
        require(found == k, f"n_clusters={k} gives {found} clusters of {len(labels)} distinct records")
        _require_no_gaps(labels)


def _require_no_gaps(labels: IntArray) -> None:
    found = np.unique(labels)
    require(
        found[0] in (0, 1) and np.array_equal(found, np.arange(found[0], found[0] + len(found))),
        f"labels_ are {found.tolist()}: number the clusters from 0 or 1 without gaps",
    )


def check_same_seed(subject: Subject) -> None:
    """The same records and seed give the same labels and features, for any global state of NumPy."""
    sample = subject.sample()
    kept = np.random.get_state()  # noqa: NPY002
    try:
        fits = []
        for global_seed in (3, 4):
            np.random.seed(global_seed)  # noqa: NPY002
            fits.append(subject.fit(sample))
    finally:
        np.random.set_state(kept)  # noqa: NPY002
    remedy = "draw randomness from random_state only"
    require(
        np.array_equal(labels_of(fits[0]), labels_of(fits[1])),
        f"two fits with the same random_state give different labels_; {remedy}",
    )
    if hasattr(fits[0], "features_"):
        require(
            np.array_equal(np.asarray(fits[0].features_), np.asarray(fits[1].features_)),
            f"two fits with the same random_state give different features_; {remedy}",
        )


def check_record_order(subject: Subject) -> None:
    """Another order of the records gives the same clusters."""
    from sklearn.metrics import adjusted_rand_score

    sample = subject.sample()
    labels = subject.labels(sample)
    rng = np.random.default_rng(5)
    orders = [np.arange(len(labels))[::-1], rng.permutation(len(labels))]
    for order in orders:
        again = np.empty_like(labels)
        again[order] = subject.labels(sample.reordered(order))
        agreement = adjusted_rand_score(labels, again)
        require(
            agreement == 1.0,
            f"the clusters depend on the order of the records (adjusted Rand index {agreement:.3f} with the "
            "same records in another order); sort them before anything random, or use more restarts",
        )


def check_inputs_unchanged(subject: Subject) -> None:
    """fit changes neither ln Sa, nor the metadata, nor the periods."""
    sample = subject.sample()
    before = copy.deepcopy(sample)
    estimator = subject.make(sample, **_some_clusters(subject))
    fit_as_gmplug(estimator, sample)
    require(np.array_equal(sample.ln_sa, before.ln_sa), "fit changes X; work on a copy")
    try:
        pd.testing.assert_frame_equal(sample.metadata, before.metadata)
    except AssertionError as error:
        raise CheckFailed("fit changes the metadata; work on a copy") from error
    given = getattr(estimator, "periods_s", None)
    if given is not None:
        require(
            np.array_equal(np.asarray(given), before.periods_s),
            "fit changes periods_s; work on a copy",
        )


def check_parameters_kept(subject: Subject) -> None:
    """Constructor parameters are kept as given, before and after fit; get_params and clone work."""
    sample = subject.sample()
    estimator = subject.make(sample, random_state=7, **_some_clusters(subject))
    before = _kept_parameters(subject, estimator)
    wanted = {**subject.quick, **_some_clusters(subject), "random_state": 7, "periods_s": sample.periods_s}
    for name, value in before.items():
        if name in wanted:
            require(
                _same(value, wanted[name]),
                f"parameter {name} was given as {wanted[name]!r} and kept as {value!r}; keep it as given "
                "and check it in fit",
            )
    fit_as_gmplug(estimator, sample)
    for name, value in _kept_parameters(subject, estimator).items():
        require(
            _same(value, before[name]), f"fit changes the parameter {name}; keep what it finds in {name}_"
        )
    if hasattr(estimator, "get_params"):
        _check_clone(estimator, before)


def _kept_parameters(subject: Subject, estimator: Any) -> dict[str, Any]:
    if hasattr(estimator, "get_params"):
        try:
            return copy.deepcopy(dict(estimator.get_params(deep=False)))
        except AttributeError as error:
            raise CheckFailed(f"get_params fails ({error}); keep parameters under their own names") from error
    if not isinstance(subject.factory, type):
        raise DoesNotApply("a function makes the clusterer, and it has no get_params")
    missing = [name for name in subject.parameters() if not hasattr(estimator, name)]
    require(
        not missing, f"no attribute for the parameter(s) {', '.join(missing)}; keep each under its own name"
    )
    return {name: copy.deepcopy(getattr(estimator, name)) for name in subject.parameters()}


def _check_clone(estimator: Any, before: dict[str, Any]) -> None:
    from sklearn.base import clone

    try:
        twin = clone(estimator)
    except Exception as error:
        raise CheckFailed(
            f"scikit-learn cannot clone it ({_one_line(error)}); see sklearn.base.clone"
        ) from error
    require(not hasattr(twin, "labels_"), "a clone is already fitted; set labels_ in fit only")
    for name, value in twin.get_params(deep=False).items():
        require(_same(value, before[name]), f"a clone has {name}={value!r} instead of {before[name]!r}")
    if "random_state" in before:
        twin.set_params(random_state=11)
        require(twin.get_params(deep=False)["random_state"] == 11, "set_params(random_state=11) is not kept")


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return one is not None and other is not None and np.array_equal(np.asarray(one), np.asarray(other))
    if type(one) is type(other) and hasattr(one, "get_params"):  # fitted, it has more attributes
        ours, theirs = vars(one), vars(other)
        return ours.keys() == theirs.keys() and all(_same(ours[name], theirs[name]) for name in ours)
    try:
        return bool(one == other or one is other)
    except (TypeError, ValueError):
        return False


def check_in_a_study(subject: Subject) -> None:
    """gmplug's own clustering stage accepts it, and finds the same clusters twice."""
    sample = subject.sample()
    found = []
    for _ in range(2):
        try:
            found.append(cluster_group(subject.clusterer(sample), "all", sample.ln_sa, sample.metadata))
        except GmplugError as error:
            raise CheckFailed(f"a study cannot use it: {_one_line(error)}") from error
    require(np.array_equal(found[0].labels, found[1].labels), "two runs of one study give different clusters")
    require(np.isfinite(found[0].silhouette) or found[0].k == 1, "its clusters have no silhouette")


# -- errors ------------------------------------------------------------------------------------------


def check_not_finite(subject: Subject) -> None:
    """NaN or an infinity in ln Sa is a ValueError or gmplug.InputError."""
    for value in (np.nan, np.inf):
        sample = subject.sample()
        ln_sa = sample.ln_sa.copy()
        ln_sa[3, 2] = value
        _require_error(partial(subject.fit, replace(sample, ln_sa=ln_sa)), f"a value of {value} in X")


def check_too_many_clusters(subject: Subject) -> None:
    """More clusters than records is a ValueError or gmplug.InputError."""
    if not subject.takes_n_clusters:
        raise DoesNotApply("the clusterer has no n_clusters")
    sample = subject.sample()
    k = len(sample.ln_sa) + 1
    _require_error(partial(subject.fit, sample, n_clusters=k), f"n_clusters={k} for {k - 1} records")


def _require_error(action: Callable[[], Any], what: str) -> None:
    remedy = "raise ValueError or gmplug.InputError with the reason in one line"
    try:
        action()
    except InputError as error:
        long = [line for line in error.problems if not line.strip() or "\n" in line]
        require(error.problems and not long, f"{what}: the InputError's problems must be one line each")
    except ValueError as error:
        require(str(error).strip(), f"{what} raises a ValueError without a message; {remedy}")
    except Exception as error:
        raise CheckFailed(f"{what} raises {type(error).__name__} ({_one_line(error)}); {remedy}") from error
    else:
        raise CheckFailed(f"{what} raises no error; {remedy}")


# -- sizes -------------------------------------------------------------------------------------------


def check_any_periods(subject: Subject) -> None:
    """Any period grid works: 2, 5, 19 or 64 periods, even or not."""
    t_star = subject.conditioning_period_s
    for count in (2, 5, 19, 64):
        periods = np.unique(np.append(np.geomspace(0.02, 3.0, count - 1), 1.0)) * t_star
        sample = subject.sample(periods_s=periods)
        _require_labels(partial(subject.labels, sample), len(sample.ln_sa), f"{len(periods)} periods")


def check_few_records(subject: Subject) -> None:
    """Groups of 4, 5 and 9 records are clustered (gmplug makes one cluster of fewer records)."""
    for count in (FEWEST_RECORDS, 5, 9):
        _require_labels(partial(subject.labels, subject.sample(count)), count, f"{count} records")


def check_equal_records(subject: Subject) -> None:
    """Equal records are in one cluster if there are two clusters."""
    sample = subject.sample()
    order = np.repeat(np.arange(0, len(sample.ln_sa), 2), 2)
    doubled = sample.reordered(order)
    labels = _require_labels(
        partial(subject.labels, doubled, **_some_clusters(subject)), len(order), "records that occur twice"
    )
    require(
        np.array_equal(labels[::2], labels[1::2]),
        "two equal records are in different clusters; let labels depend on the records' values only",
    )


def _require_labels(action: Callable[[], IntArray], records: int, what: str) -> IntArray:
    try:
        labels = action()
    except CheckFailed:
        raise
    except Exception as error:
        raise CheckFailed(f"{what}: fit raises {type(error).__name__}: {_one_line(error)}") from error
    require(labels.shape == (records,) and labels.min() >= 0, f"{what}: the labels are {_one_line(labels)}")
    return labels


def _some_clusters(subject: Subject) -> dict[str, int]:
    if "n_clusters" in subject.quick or not subject.takes_n_clusters:
        return {}
    return {"n_clusters": 2}


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:200]
