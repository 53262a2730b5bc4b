"""Ways to divide the candidates: the study's clusters, or k-means with a given number for comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.selection import make_quotas
from gmplug.study.schema import SelectionSection
from gmplug.values import Candidates, Clusters, FloatArray, IntArray, Target


@dataclass(frozen=True)
class Strata:
    """A division of the candidates.

    Parameters
    ----------
    name
        As tables show it: ``clusters``, ``kmeans-3``, ...
    labels
        Cluster of each candidate within its group, shape (N,).
    """

    name: str
    labels: IntArray


def study_strata(clusters: Clusters) -> Strata:
    """The study's own clusters."""
    return Strata("clusters", clusters.table["cluster"].to_numpy(dtype=np.int64))


def kmeans_strata(
    candidates: Candidates, conditioning_period_s: float, k: int, seed: int, *, weighted: bool = True
) -> Strata:
    """k-means with k clusters in every group of candidates, as the built-in clusterer ``kmeans``.

    Parameters
    ----------
    weighted
        Weigh periods by what a structure of period T* visits as it yields; else all alike.
    """
    from gmplug.clustering.kmeans import KMeansSpectra

    labels = np.zeros(len(candidates.records), dtype=np.int64)
    groups = candidates.records["group"].to_numpy()
    for group in pd.unique(groups):
        at = np.flatnonzero(groups == group)
        if k > len(at):
            raise InputError(
                f"--kmeans {k}: group '{group}' has {len(at)} candidates with a response; "
                "ask for fewer clusters"
            )
        model = KMeansSpectra(
            k, random_state=seed, periods_s=candidates.periods_s,
            conditioning_period_s=conditioning_period_s, weighted=weighted, n_init=20,
        )  # fmt: skip
        labels[at] = model.fit(candidates.ln_sa[at]).labels_ + 1
    return Strata(f"kmeans-{k}" if weighted else f"kmeans-equal-{k}", labels)


@dataclass(frozen=True)
class Pool:
    """The candidates that one draw may choose from, and how many to take of each group and cluster.

    Parameters
    ----------
    members
        Positions in the candidates, shape (m,).
    weights
        What each member stands for in the truth, shape (m,), sum 1: equal within a group; the groups as the
        study's quotas weigh them.
    groups
        Group of each member (m,), 0, 1, ..., and the quota of each group.
    quotas
        By strata name: stratum of each member (m,), and the quota of each stratum.
    """

    members: IntArray
    weights: FloatArray
    groups: tuple[IntArray, IntArray]
    quotas: dict[str, tuple[IntArray, IntArray]]


def make_pool(
    members: IntArray, records: pd.DataFrame, strata: list[Strata], section: SelectionSection, target: Target
) -> Pool:
    """Work out quotas and weights for these candidates, as a study of them would.

    Raises InputError where the quotas cannot be met.
    """
    ids, groups = records["id"].to_numpy()[members], records["group"].to_numpy()[members]
    quotas, tables = {}, {}
    for one in strata:
        clusters = one.labels[members]
        labels = pd.DataFrame({"id": ids, "group": groups, "cluster": clusters})
        table = make_quotas(section, Clusters(labels, {}, one.name), target).table
        place = {key: row for row, key in enumerate(zip(table["group"], table["cluster"], strict=True))}
        codes = [place[key] for key in zip(groups, clusters.tolist(), strict=True)]
        tables[one.name] = table
        quotas[one.name] = (np.array(codes, dtype=np.int64), table["quota"].to_numpy(np.int64))
    first = tables[strata[0].name]
    names = list(dict.fromkeys(first["group"]))
    code = np.array([names.index(group) for group in groups], dtype=np.int64)
    of_group = np.array([names.index(group) for group in first["group"]], dtype=np.int64)
    by_group = np.bincount(of_group, weights=first["quota"].to_numpy(float)).astype(np.int64)
    share = by_group / np.bincount(code, minlength=len(names))
    return Pool(members, share[code] / share[code].sum(), (code, by_group), quotas)
