"""Clusters of the candidates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from gmplug.values.arrays import FloatArray, IntArray
from gmplug.values.records import rows_by_group


@dataclass(frozen=True)
class GroupClustering:
    """How one group of candidates was clustered.

    Parameters
    ----------
    labels
        Cluster of each candidate of the group, 1, 2, ..., k in order of falling size, shape (n,).
    k
        Number of clusters.
    scores
        One row per number of clusters tried: ``k``, ``silhouette``, ``calinski_harabasz``,
        ``davies_bouldin`` (NaN where undefined); at least the chosen k.
    features
        Features that were clustered: latent features or ln Sa, shape (n, f).
    history
        Training history, if the method trains: columns ``phase``, ``epoch``, ``loss``, ...
    notes
        For the user, one line each.
    """

    labels: IntArray
    k: int
    scores: pd.DataFrame
    features: FloatArray
    history: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()

    @property
    def silhouette(self) -> float:
        """Mean silhouette at the chosen number of clusters; NaN for a single cluster."""
        row = self.scores.loc[self.scores["k"] == self.k, "silhouette"]
        return float(row.iloc[0]) if len(row) else float("nan")

    @property
    def sizes(self) -> list[int]:
        """Members of cluster 1, 2, ..., k."""
        return [int(np.sum(self.labels == c)) for c in range(1, self.k + 1)]

    def take(self, at: IntArray) -> GroupClustering:
        """Return the clustering of the group's candidates at these positions, shape (n,), in this order."""
        return replace(self, labels=self.labels[at], features=self.features[at], history=None)


@dataclass(frozen=True)
class Clusters:
    """Clusters of all candidates: ``table`` has ``id``, ``group``, ``cluster`` in the candidates' order."""

    table: pd.DataFrame
    groups: Mapping[str, GroupClustering]
    method: str

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes of all groups, one line each."""
        return tuple(note for group in self.groups.values() for note in group.notes)

    def take(self, at: IntArray) -> Clusters:
        """Return the clusters of the candidates at these positions, shape (n,), in this order.

        The result lacks clusters without a candidate. ``scores`` stay those of all candidates.
        """
        table = self.table.iloc[at].reset_index(drop=True)
        rank: IntArray = np.asarray(self.table.groupby("group").cumcount(), dtype=np.int64)[at]
        groups = {
            name: self.groups[name].take(rank[rows])
            for name, rows in rows_by_group(table["group"]).items()
            if name in self.groups
        }
        return replace(self, table=table, groups=groups)

    def assign(self, **columns: Any) -> Clusters:
        """Return the clusters with other columns of ``table``; another ``group`` leaves ``groups`` empty."""
        groups = {} if "group" in columns else self.groups
        return replace(self, table=self.table.assign(**columns), groups=groups)
