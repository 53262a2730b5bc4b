"""All fits of one clusterer that a comparison needs: seeds, resamples, two clusters."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

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
        Labels of two clusters, or None where the clusterer has no option for their number.
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
        found[name] = _fit_group(chosen or clusterer, name, ln_sa, metadata, plan, report)
    return found


def one_line(error: GmplugError) -> str:
    """An error's problems on one line."""
    return "; ".join(" ".join(line.split()) for line in str(error).splitlines())


def _with_clusters(clusterer: Clusterer, k: int) -> Clusterer | None:
    """The clusterer with ``k`` clusters; None if it has no option for their number."""
    if "n_clusters" not in clusterer.known_options():
        return None
    return replace(clusterer, options={**clusterer.options, "n_clusters": k})


def _fit_group(
    clusterer: Clusterer,
    group: str,
    ln_sa: FloatArray,
    metadata: pd.DataFrame,
    plan: Plan,
    report: Callable[[float, str], None],
) -> GroupFits:
    notes: list[str] = []

    def fit(
        done: int, what: str, seed: int, members: IntArray | None = None, chosen: Clusterer = clusterer
    ) -> GroupClustering:
        def within(part: float, total: float, message: str) -> None:
            report(done + min(part / max(total, 1e-9), 1.0), f"{what}: {message}")

        report(done, what)
        at = slice(None) if members is None else members
        seeded = replace(chosen, given={**chosen.given, "random_state": seed})
        return cluster_group(seeded, group, ln_sa[at], metadata.iloc[at], within)

    def failed(what: str, error: GmplugError) -> None:
        notes.append(f"{clusterer.name}, {group}, {what}: {one_line(error)}")

    seeds: list[tuple[GroupClustering, float, float]] = []
    for number in range(plan.seeds):
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            made = fit(number, f"seed {number + 1} of {plan.seeds}", plan.seed + number)
            seeds.append((made, time.perf_counter() - wall, time.process_time() - cpu))
        except GmplugError as error:
            if not number:
                return GroupFits(None, problem=one_line(error))
            failed(f"seed {plan.seed + number}", error)
    resampled = []
    draws = bootstrap_members(len(ln_sa), plan.resamples, plan.seed)
    for number, members in enumerate(draws, start=1):
        what = f"resample {number} of {plan.resamples}"
        try:
            made = fit(plan.seeds + number - 1, what, plan.seed, members)
            resampled.append((members, made.labels))
        except GmplugError as error:
            failed(f"resample {number}", error)
    first, two = seeds[0][0], None
    if plan.at_two and first.k == 2:
        two = first.labels
    elif plan.at_two and len(ln_sa) >= 4 and (told := _with_clusters(clusterer, 2)) is not None:
        try:
            two = fit(plan.seeds + plan.resamples, "two clusters", plan.seed, None, told).labels
        except GmplugError as error:
            failed("two clusters", error)
    labels, wall_s, cpu_s = zip(*((one.labels, wall, cpu) for one, wall, cpu in seeds), strict=True)
    return GroupFits(first, labels, tuple(resampled), two, wall_s, cpu_s, notes=tuple(notes))
