"""k-means on metadata of the records: the clusterer ``influence-factors``."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

import gmplug

#: Added to a distance before its logarithm is taken: Rjb is 0 above the rupture. km.
_DISTANCE_OFFSET_KM = 1.0
#: Most records named in one error line.
_NAMED = 5


class InfluenceFactors(ClusterMixin, BaseEstimator):
    """Cluster records by k-means on standardized influence factors.

    Each factor is a column of the candidates' metadata, scaled over the group to mean 0 and standard
    deviation 1.

    Parameters
    ----------
    n_clusters
        Number of clusters; gmplug tries several and keeps the largest mean silhouette (of the factors).
    columns
        The factors, such as ``["magnitude", "rjb_km", "vs30_m_s"]``.
    log_columns
        Those of them that enter by their natural logarithm; of a distance (``..._km``) that of d + 1 km.
    n_init
        Restarts of k-means.
    random_state
        Seed of k-means.

    Attributes
    ----------
    labels_
        Cluster of each record, shape (N,).
    features_
        The standardised factors, shape (N, number of columns).
    """

    def __init__(
        self,
        n_clusters: int = 2,
        columns: tuple[str, ...] = ("magnitude", "rjb_km"),
        log_columns: tuple[str, ...] = ("rjb_km", "rrup_km", "vs30_m_s", "pulse_period_s", "scale_factor"),
        n_init: int = 50,
        random_state: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.columns = columns
        self.log_columns = log_columns
        self.n_init = n_init
        self.random_state = random_state

    def fit(
        self, X: Any, y: Any = None, *, metadata: pd.DataFrame | None = None, progress: Any = None
    ) -> InfluenceFactors:
        """Cluster by ``metadata`` (N rows); of ``X``, ln Sa, only the number of rows matters.

        Raises
        ------
        InputError
            A column is missing or not numbers, or a value is missing.
        ValueError
            X has NaN, or n_clusters > N.
        """
        count = len(gmplug.checked_spectra(X, self.n_clusters, fewest=1))
        factors = self._factors(metadata, count)
        spread = factors.std(axis=0)
        self.features_ = (factors - factors.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)
        order = np.lexsort(factors.T[::-1])  # the result must not depend on the order of the records
        if progress is not None:
            progress(0, 1, f"k-means on {', '.join(self.columns)}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct records than clusters
            found = KMeans(self.n_clusters, n_init=self.n_init, random_state=self.random_state).fit(
                self.features_[order]
            )
        self.labels_ = np.empty(count, dtype=np.int64)
        self.labels_[order] = np.unique(found.labels_, return_inverse=True)[1]
        return self

    def _factors(self, metadata: pd.DataFrame | None, count: int) -> np.ndarray:
        """The factors, shape (N, f), logarithms taken."""
        if metadata is None or len(metadata) != count:
            raise gmplug.InputError(
                f"influence-factors: needs the metadata of the {count} records; pass fit(X, metadata=table)"
            )
        if not self.columns:
            raise gmplug.InputError("influence-factors: columns is empty; name at least one")
        names = (
            metadata["id"].astype(str).to_list() if "id" in metadata else [f"row {i}" for i in range(count)]
        )
        problems: list[str] = []
        factors = [self._factor(metadata, column, names, problems) for column in self.columns]
        if problems:
            raise gmplug.InputError(problems)
        return np.column_stack(factors)

    def _factor(
        self, metadata: pd.DataFrame, column: str, names: list[str], problems: list[str]
    ) -> np.ndarray:
        where = f"influence-factors: column '{column}'"
        if column not in metadata:
            known = [str(c) for c in metadata if pd.api.types.is_numeric_dtype(metadata[c])]
            problems.append(f"{where} is not among the records' metadata; numbers there: {', '.join(known)}")
            return np.zeros(len(metadata))
        values = pd.to_numeric(metadata[column], errors="coerce").to_numpy(dtype=float)
        if column in self.log_columns:
            offset = _DISTANCE_OFFSET_KM if column.endswith("_km") else 0.0
            with np.errstate(invalid="ignore", divide="ignore"):
                values = np.log(values + offset)
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            listed = ", ".join(names[i] for i in bad[:_NAMED]) + (", ..." if len(bad) > _NAMED else "")
            problems.append(
                f"{where} has no usable number for {len(bad)} of {len(names)} records ({listed}); fill "
                "it in, exclude them, or name other columns"
            )
        return values
