"""The clusterer under test, constructed and fitted as in the clustering stage."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gmplug.clustering.groups import Clusterer
from gmplug.errors import PluginError
from gmplug.host.options import known_names, options_of
from gmplug.testing.outcomes import CheckFailed, require
from gmplug.testing.sample import SampleRecords, sample_records
from gmplug.values import FloatArray, IntArray, Progress, no_progress

#: Fewest records that the checks need.
FEWEST_RECORDS = 12
#: Groups in the sample, the number of clusters that gmplug would choose.
PLANTED_GROUPS = 3
#: Most clusters to try.
K_MAX = 4


@dataclass(frozen=True)
class Subject:
    """A clusterer and its test sample.

    Parameters
    ----------
    factory
        What the hook ``gmplug_clusterers`` offers: a class, or a function whose parameters have defaults.
    quick
        Options that make a costly clusterer quick, such as ``{"epochs": 2}``.
    periods_s
        Period grid of the sample, s, shape (P,); by default 40 periods up to 2 T*.
    conditioning_period_s
        T*, s.
    records
        Records in the sample, at least 12.
    """

    factory: Callable[..., Any]
    quick: Mapping[str, Any] = field(default_factory=dict)
    periods_s: FloatArray | None = None
    conditioning_period_s: float = 1.0
    records: int = 48

    def __post_init__(self) -> None:
        if self.records < FEWEST_RECORDS:
            raise ValueError(f"records={self.records}: the checks need at least {FEWEST_RECORDS}")

    def sample(
        self, records: int | None = None, *, periods_s: FloatArray | None = None, seed: int = 1
    ) -> SampleRecords:
        """Return records to fit."""
        return sample_records(
            records or self.records,
            periods_s=self.periods_s if periods_s is None else periods_s,
            conditioning_period_s=self.conditioning_period_s,
            seed=seed,
        )

    # -- its parameters ------------------------------------------------------------------------------

    def parameters(self) -> dict[str, inspect.Parameter]:
        """Return the named parameters of the factory."""
        return known_names(self.factory, "the clusterer")

    @property
    def takes_n_clusters(self) -> bool:
        """Whether a study can set the number of clusters."""
        return "n_clusters" in options_of(self.factory, (), "the clusterer")

    # -- as in the stage -----------------------------------------------------------------------------

    def clusterer(self, sample: SampleRecords, random_state: int = 1) -> Clusterer:
        """Return the clusterer as the clustering stage has it."""
        given = {
            "random_state": random_state,
            "periods_s": sample.periods_s.copy(),
            "conditioning_period_s": sample.conditioning_period_s,
        }
        return Clusterer("under test", self.factory, self.quick, given, K_MAX)

    def make(self, sample: SampleRecords, *, random_state: int = 1, **options: Any) -> Any:
        """Construct it with the study's options and what gmplug gives to the constructor."""
        try:
            return self.clusterer(sample, random_state).make(**options)
        except PluginError as error:
            raise CheckFailed(f"it cannot be made: {error}") from error

    def fit(
        self,
        sample: SampleRecords,
        *,
        random_state: int = 1,
        progress: Progress = no_progress,
        **options: Any,
    ) -> Any:
        """Construct and fit; return the fitted estimator.

        If gmplug would choose the number of clusters (``n_clusters`` has a default other than None), it is
        the number of groups in the sample.
        """
        if "n_clusters" not in options and not self.clusterer(sample).chooses_by_itself:
            options["n_clusters"] = min(PLANTED_GROUPS, len(sample.ln_sa))
        estimator = self.make(sample, random_state=random_state, **options)
        fit_as_gmplug(estimator, sample, progress)
        return estimator

    def labels(self, sample: SampleRecords, **settings: Any) -> IntArray:
        """Return the labels after :meth:`fit`, shape (N,)."""
        return labels_of(self.fit(sample, **settings))


def fit_as_gmplug(estimator: Any, sample: SampleRecords, progress: Progress = no_progress) -> Any:
    """Call ``fit`` with ln Sa, and with ``metadata`` and ``progress`` if it has them; return its value."""
    given = {"metadata": sample.metadata, "progress": progress}
    takes = known_names(estimator.fit, "fit")
    return estimator.fit(sample.ln_sa, **{name: value for name, value in given.items() if name in takes})


def labels_of(estimator: Any) -> IntArray:
    """Return ``labels_`` of a fitted estimator."""
    require(hasattr(estimator, "labels_"), "fit sets no labels_; set it to one integer per record")
    labels = np.asarray(estimator.labels_)
    if not np.issubdtype(labels.dtype, np.integer):
        raise CheckFailed(f"labels_ are of type {labels.dtype}; make them integers")
    return labels
