"""All fits of one clusterer that a comparison needs: seeds, resamples, two clusters."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from gmplug.clustering.groups import Clusterer, cluster_group
from gmplug.comparison.measures import bootstrap_members
from gmplug.errors import GmplugError
from gmplug.values import FloatArray, GroupClustering, IntArray, Progress, no_progress


@dataclass(frozen=True)
class Plan:
    """How often each clusterer is fitted.

    Parameters
    ----------
    seed
        Of the first fit, and of the resamples; the other fits have the seeds that follow.
    seeds
        Fits of the whole group, at least 1.
    resamples
        Fits of bootstrap resamples.
    at_two
        Whether to fit k = 2 besides, where another k was chosen.
    """

    seed: int = 1
    seeds: int = 5
    resamples: int = 5
    at_two: bool = True


@dataclass(frozen=True)
class GroupFits:
    """The fits of one group.

    Parameters
    ----------
    clustering
        That of the first seed; None where it failed.
    by_seed
        Labels of each seed, shape (n,) each; the first are those of ``clustering``.
    resampled
        Positions (rising) and labels of each resample.
    at_two
        Labels of two clusters, or None where the clusterer cannot be told a number.
    wall_s, cpu_s
        Of each seed's fit.
    problem
        Why ``clustering`` is None, one line.
    notes
        One line for each further fit that failed.
    """

    clustering: GroupClustering | None
    by_seed: tuple[IntArray, ...] = ()
    resampled: tuple[tuple[IntArray, IntArray], ...] = ()
    at_two: IntArray | None = None
    wall_s: tuple[float, ...] = ()
    cpu_s: tuple[float, ...] = ()
    problem: str = ""
    notes: tuple[str, ...] = ()


def fit_groups(
    clusterer: Clusterer,
    groups: Mapping[str, tuple[FloatArray, pd.DataFrame]],
    plan: Plan,
    number_of_clusters: Mapping[str, int] | None = None,
    progress: Progress = no_progress,
) -> dict[str, GroupFits]:
    """Fit every group.

    Parameters
    ----------
    clusterer
        ``given`` has all but ``random_state``, which comes from the plan.
    groups
        By name: ln Sa (n, P) and metadata (n rows).
    number_of_clusters
        By group, for groups whose number of clusters is given rather than chosen.
    """
    total = len(groups) * (plan.seeds + plan.resamples + plan.at_two)
    found = {}
    for index, (name, (ln_sa, metadata)) in enumerate(groups.items()):
        start = index * total / len(groups)

        def report(done: float, message: str, name: str = name, start: float = start) -> None:
            progress(start + done, total, f"{name}: {message}")

        wanted = (number_of_clusters or {}).get(name)
        chosen = _with_clusters(clusterer, wanted) if wanted is not None else clusterer
        found[name] = _Fitter(chosen or clusterer, name, ln_sa, metadata, plan, report).run()
    return found


def one_line(error: GmplugError) -> str:
    """An error's problems on one line."""
    return "; ".join(" ".join(line.split()) for line in str(error).splitlines())


def _with_clusters(clusterer: Clusterer, k: int) -> Clusterer | None:
    """The clusterer told to find ``k`` clusters; None if it cannot be told."""
    if "n_clusters" not in clusterer.known_options():
        return None
    return replace(clusterer, options={**clusterer.options, "n_clusters": k})


class _Fitter:
    def __init__(
        self,
        clusterer: Clusterer,
        group: str,
        ln_sa: FloatArray,
        metadata: pd.DataFrame,
        plan: Plan,
        report: Any,
    ) -> None:
        self._clusterer = clusterer
        self._group = group
        self._ln_sa = ln_sa
        self._metadata = metadata
        self._plan = plan
        self._report = report
        self._done = 0
        self._notes: list[str] = []

    def run(self) -> GroupFits:
        plan = self._plan
        try:
            first, wall, cpu = self._timed(f"seed 1 of {plan.seeds}", plan.seed)
        except GmplugError as error:
            return GroupFits(None, problem=one_line(error))
        by_seed, wall_s, cpu_s = [first.labels], [wall], [cpu]
        for number in range(1, plan.seeds):
            try:
                fit, wall, cpu = self._timed(f"seed {number + 1} of {plan.seeds}", plan.seed + number)
            except GmplugError as error:
                self._note(f"seed {plan.seed + number}", error)
                continue
            by_seed.append(fit.labels)
            wall_s.append(wall)
            cpu_s.append(cpu)
        return GroupFits(
            first,
            tuple(by_seed),
            tuple(self._resamples()),
            self._two(first) if plan.at_two else None,
            tuple(wall_s),
            tuple(cpu_s),
            notes=tuple(self._notes),
        )

    def _resamples(self) -> list[tuple[IntArray, IntArray]]:
        plan, found = self._plan, []
        draws = bootstrap_members(len(self._ln_sa), plan.resamples, plan.seed)
        for number, members in enumerate(draws, start=1):
            try:
                fit, _, _ = self._timed(f"resample {number} of {plan.resamples}", plan.seed, members)
            except GmplugError as error:
                self._note(f"resample {number}", error)
                continue
            found.append((members, fit.labels))
        return found

    def _two(self, first: GroupClustering) -> IntArray | None:
        if first.k == 2:
            return first.labels
        told = _with_clusters(self._clusterer, 2)
        if told is None or len(self._ln_sa) < 4:
            return None
        self._report(self._done, "two clusters")
        try:
            return self._fit(told, self._plan.seed, None, no_progress).labels
        except GmplugError as error:
            self._note("two clusters", error)
            return None

    def _timed(
        self, what: str, seed: int, members: IntArray | None = None
    ) -> tuple[GroupClustering, float, float]:
        done = self._done
        self._done += 1

        def within(part: float, total: float, message: str) -> None:
            self._report(done + min(part / max(total, 1e-9), 1.0), f"{what}: {message}")

        self._report(done, what)
        wall, cpu = time.perf_counter(), time.process_time()
        fit = self._fit(self._clusterer, seed, members, within)
        return fit, time.perf_counter() - wall, time.process_time() - cpu

    def _fit(
        self, clusterer: Clusterer, seed: int, members: IntArray | None, progress: Progress
    ) -> GroupClustering:
        chosen = slice(None) if members is None else members
        seeded = replace(clusterer, given={**clusterer.given, "random_state": seed})
        return cluster_group(seeded, self._group, self._ln_sa[chosen], self._metadata.iloc[chosen], progress)

    def _note(self, what: str, error: GmplugError) -> None:
        self._notes.append(f"{self._clusterer.name}, {self._group}, {what}: {one_line(error)}")


# -- as plain data, for a process of its own ---------------------------------------------------------


def to_plain(fits: Mapping[str, GroupFits]) -> dict[str, Any]:
    """The fits as lists and numbers; the training history is left behind."""
    return {
        name: {
            "clustering": _clustering_to_plain(fit.clustering),
            "by_seed": [labels.tolist() for labels in fit.by_seed],
            "resampled": [[members.tolist(), labels.tolist()] for members, labels in fit.resampled],
            "at_two": None if fit.at_two is None else fit.at_two.tolist(),
            "wall_s": list(fit.wall_s),
            "cpu_s": list(fit.cpu_s),
            "problem": fit.problem,
            "notes": list(fit.notes),
        }
        for name, fit in fits.items()
    }


def from_plain(plain: Mapping[str, Any]) -> dict[str, GroupFits]:
    """What :func:`to_plain` made, as fits again."""
    return {
        name: GroupFits(
            _clustering_from_plain(fit["clustering"]),
            tuple(_integers(labels) for labels in fit["by_seed"]),
            tuple((_integers(members), _integers(labels)) for members, labels in fit["resampled"]),
            None if fit["at_two"] is None else _integers(fit["at_two"]),
            tuple(fit["wall_s"]),
            tuple(fit["cpu_s"]),
            fit["problem"],
            tuple(fit["notes"]),
        )
        for name, fit in plain.items()
    }


def _integers(values: Sequence[int]) -> IntArray:
    return np.asarray(values, dtype=np.int64)


def _clustering_to_plain(clustering: GroupClustering | None) -> dict[str, Any] | None:
    if clustering is None:
        return None
    return {
        "labels": clustering.labels.tolist(),
        "k": int(clustering.k),
        "scores": {column: clustering.scores[column].astype(float).tolist() for column in clustering.scores},
        "features": clustering.features.tolist(),
        "notes": list(clustering.notes),
    }


def _clustering_from_plain(plain: Mapping[str, Any] | None) -> GroupClustering | None:
    if plain is None:
        return None
    return GroupClustering(
        _integers(plain["labels"]),
        plain["k"],
        pd.DataFrame(plain["scores"]).astype({"k": int}),
        np.asarray(plain["features"], dtype=float),
        notes=tuple(plain["notes"]),
    )
