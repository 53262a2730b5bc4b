"""Clustering one group of candidates with any clusterer, and checking what comes back."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from gmplug.chain.calls import Call
from gmplug.chain.stage import StageContext
from gmplug.clustering.metrics import SCORE_COLUMNS, best_k, by_falling_size, score_table
from gmplug.errors import GmplugError, InputError, PluginError
from gmplug.host.options import Option, bind, options_of
from gmplug.notes import counted
from gmplug.study.schema import Study
from gmplug.values import FloatArray, GroupClustering, IntArray, Progress, no_progress

#: Groups of fewer records are one cluster.
FEWEST_RECORDS = 4


@dataclass(frozen=True)
class Clusterer:
    """A clusterer by name with a study's options, ready to be made and fitted.

    Parameters
    ----------
    name, implementation
        As the host offers it.
    options
        Those of the study.
    given
        ``random_state``, ``periods_s``, ``conditioning_period_s``.
    k_max
        Most clusters to try.
    base_dir
        Folder against which paths among the options are resolved.
    noise
        What becomes of records with negative labels, which belong to no cluster: ``"refuse"``, ``"nearest"``
        (the cluster with the nearest mean of the features), ``"cluster"`` (one of their own).
    """

    name: str
    implementation: Callable[..., Any]
    options: Mapping[str, Any]
    given: Mapping[str, Any]
    k_max: int
    base_dir: Path | None = None
    noise: Literal["refuse", "nearest", "cluster"] = "refuse"

    @property
    def where(self) -> str:
        """Start of an error line."""
        return f"[clustering] method '{self.name}'"

    @property
    def chooses_by_itself(self) -> bool:
        """Whether one fit settles the number of clusters, by itself or by the study's option."""
        option = self.known_options().get("n_clusters")
        if option is None or "n_clusters" in self.options:
            return True
        return option.default is None

    def known_options(self) -> dict[str, Option]:
        """Return the options of the clusterer, by name."""
        return options_of(self.implementation, self.given, self.where)

    def make(self, **more: Any) -> Any:
        """Return an estimator; raises InputError for bad options, PluginError where it cannot be made."""
        options = {**self.options, **more}
        if "k_max" in self.known_options():
            options.setdefault("k_max", self.k_max)
        arguments = bind(self.implementation, options, self.given, self.where, self.base_dir)
        with failures(self.where, "cannot be made:"):
            return self.implementation(**arguments)


def study_clusterer(context: StageContext, periods_s: FloatArray) -> Clusterer:
    """Return the study's clusterer.

    Raises InputError where the method is unknown.
    """
    section, study = context.study.clustering, context.study
    return Clusterer(
        section.method,
        context.host.provider("clusterers", section.method),
        section.options,
        {
            "random_state": study.study.seed,
            "periods_s": periods_s,
            "conditioning_period_s": study.conditioning_period_s,
        },
        section.k_max,
        study.base_dir,
        section.noise,
    )


def share_of_progress(progress: Progress, group: str, start: float, share: float) -> Progress:
    """Return the progress of one group, which is a ``share`` of the whole from ``start`` on."""

    def report(done: float, total: float, message: str) -> None:
        progress(start + share * done / max(total, 1e-9), 1.0, f"{group}: {message}")

    return report


def clusterer_calls(study: Study) -> tuple[Call, ...]:
    """Return the call of the study's clusterer."""
    section = study.clustering
    where = f"[clustering] method '{section.method}'"
    added = {"k_max": section.k_max, "n_clusters": 2}
    return (Call("clusterers", section.method, section.options, where, ("clustering", "options"), (), added),)


def cluster_group(
    clusterer: Clusterer,
    group: str,
    ln_sa: FloatArray,
    metadata: pd.DataFrame,
    progress: Progress = no_progress,
) -> GroupClustering:
    """Cluster one group of candidates.

    Parameters
    ----------
    group
        Its name, for messages.
    ln_sa
        ln of the scaled Sa (g), shape (n, P).
    metadata
        Rows of the candidates, given to ``fit`` where it takes them.

    Raises
    ------
    InputError
        An option is bad or does not suit so many records.
    PluginError
        The clusterer fails, or its labels are not one cluster for every record.
    """
    if len(ln_sa) < FEWEST_RECORDS:
        note = f"group '{group}' has only {counted(len(ln_sa), 'record')}, too few to cluster: one cluster"
        return _single_cluster(ln_sa, (note,))
    if clusterer.chooses_by_itself:
        return _from_estimator(clusterer, _fitted(clusterer, group, ln_sa, metadata, progress), group, ln_sa)
    return _best_of_all_k(clusterer, group, ln_sa, metadata, progress)


def _single_cluster(features: FloatArray, notes: tuple[str, ...]) -> GroupClustering:
    labels = np.ones(len(features), dtype=np.int64)
    return GroupClustering(labels, 1, score_table(features, {1: labels}), features, notes=notes)


def _best_of_all_k(
    clusterer: Clusterer, group: str, ln_sa: FloatArray, metadata: pd.DataFrame, progress: Progress
) -> GroupClustering:
    """Fit once for each k and keep the largest mean silhouette; silhouettes need 2 ≤ k ≤ n − 1."""
    candidates: dict[int, GroupClustering] = {}
    scores = [score_table(ln_sa, {1: np.ones(len(ln_sa), dtype=np.int64)})]
    largest = min(clusterer.k_max, len(ln_sa) - 1)
    for k in range(2, largest + 1):
        progress(k - 2, largest - 1, f"{k} clusters")
        estimator = _fitted(clusterer, group, ln_sa, metadata, no_progress, n_clusters=k)
        candidates[k] = found = _from_estimator(clusterer, estimator, group, ln_sa)
        scores.append(score_table(found.features, {k: found.labels}))
    table = pd.concat(scores, ignore_index=True)
    best = best_k(table)
    if best not in candidates:  # no silhouette is defined: all records in one cluster for every k
        return _single_cluster(ln_sa, ())
    return replace(candidates[best], scores=table)


def _fitted(
    clusterer: Clusterer,
    group: str,
    ln_sa: FloatArray,
    metadata: pd.DataFrame,
    progress: Progress,
    **more: Any,
) -> Any:
    estimator = clusterer.make(**more)
    where = f"{clusterer.where}, group '{group}' ({counted(len(ln_sa), 'record')})"
    fit = getattr(estimator, "fit", None)
    if not callable(fit):
        raise PluginError(
            f"{clusterer.where}: has no method 'fit'; offer a class after scikit-learn's habits"
        )
    offered = {"metadata": metadata.reset_index(drop=True), "progress": progress}
    takes = inspect.signature(fit).parameters
    extra = {name: value for name, value in offered.items() if name in takes}
    with failures(where, "fit fails with"):
        fit(ln_sa.copy(), **extra)
    return estimator


@contextmanager
def failures(where: str, what: str) -> Iterator[None]:
    """Turn what a clusterer raises into one line that begins with ``where``.

    Raises InputError for a ValueError, PluginError (with ``what``) for anything else that is not gmplug's.
    """
    try:
        yield
    except GmplugError:
        raise
    except ValueError as error:
        raise InputError(f"{where}: {_one_line(error)}") from error
    except Exception as error:
        raise PluginError(f"{where}: {what} {type(error).__name__}: {_one_line(error)}") from error


def _from_estimator(clusterer: Clusterer, estimator: Any, group: str, ln_sa: FloatArray) -> GroupClustering:
    where = f"{clusterer.where}, group '{group}'"
    features = _features(getattr(estimator, "features_", None), ln_sa, where)
    stated = _checked_labels(getattr(estimator, "labels_", None), len(ln_sa), where)
    placed, notes = _placed(stated, features, clusterer.noise, where)
    labels = by_falling_size(placed, features)
    k = int(labels.max())
    scores = _scores(getattr(estimator, "scores_", None), features, labels, k)
    history = getattr(estimator, "history_", None)
    return GroupClustering(
        labels,
        k,
        scores,
        features,
        history if isinstance(history, pd.DataFrame) else None,
        tuple(f"group '{group}': {note}" for note in (*getattr(estimator, "notes_", ()), *notes)),
    )


def _placed(
    labels: IntArray, features: FloatArray, noise: str, where: str
) -> tuple[IntArray, tuple[str, ...]]:
    """Return the labels with every record in a cluster, shape (n,), and a note where some were noise."""
    lost = labels < 0
    if not lost.any():
        return labels, ()
    count = f"{int(lost.sum())} of {len(labels)} records"
    if noise == "refuse":
        raise InputError(
            f'{where}: {count} belong to no cluster (noise); set noise = "nearest" or "cluster" in '
            "[clustering], or other options of the method"
        )
    if noise == "cluster":
        note = f"{count} belong to no cluster (noise): they are a cluster of their own"
        return np.where(lost, labels.max() + 1, labels), (note,)
    if lost.all():
        raise InputError(f"{where}: all records are noise: there is no nearest cluster; change the options")
    known = np.unique(labels[~lost])
    means = np.array([features[labels == label].mean(axis=0) for label in known])
    distance = np.linalg.norm(features[lost][:, None, :] - means[None], axis=2)
    placed = labels.copy()
    placed[lost] = known[np.argmin(distance, axis=1)]
    return placed, (f"{count} belong to no cluster (noise): each is in the one with the nearest mean",)


def _checked_labels(labels: Any, records: int, where: str) -> IntArray:
    """Labels as integers (n,), negative ones for noise; raises PluginError where they are none."""
    if labels is None:
        raise PluginError(f"{where}: fit set no labels_")
    values = np.asarray(labels)
    if values.shape != (records,):
        raise PluginError(f"{where}: labels_ has shape {values.shape}, expected ({records},)")
    if not np.issubdtype(values.dtype, np.number) or np.any(values != np.round(np.real(values))):
        raise PluginError(f"{where}: labels_ must be whole numbers")
    return values.astype(np.int64)


def _features(features: Any, ln_sa: FloatArray, where: str) -> FloatArray:
    if features is None:
        return ln_sa
    values = np.asarray(features, dtype=float)
    if values.ndim != 2 or len(values) != len(ln_sa) or not np.all(np.isfinite(values)):
        raise PluginError(f"{where}: features_ must be finite, shape ({len(ln_sa)}, f), not {values.shape}")
    return values


def _scores(scores: Any, features: FloatArray, labels: IntArray, k: int) -> pd.DataFrame:
    """The estimator's own table where it has one with the chosen k, else the chosen k's scores."""
    if isinstance(scores, pd.DataFrame) and set(SCORE_COLUMNS) <= set(scores) and k in set(scores["k"]):
        return scores[list(SCORE_COLUMNS)].reset_index(drop=True)
    return score_table(features, {k: labels})


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:500]
