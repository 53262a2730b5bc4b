"""The clusterer under test, constructed and fitted as gmplug's clustering stage does it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gmplug.clustering.groups import Clusterer
from gmplug.errors import PluginError
from gmplug.host.options import known_names
from gmplug.testing.outcomes import CheckFailed, require
from gmplug.testing.sample import SampleRecords, sample_records
from gmplug.values import FloatArray, IntArray, Progress, no_progress

#: Fewest records with which the checks can work.
FEWEST_RECORDS = 12
#: Groups in the sample: what gmplug would find where the number of clusters is left to it.
PLANTED_GROUPS = 3
#: Most clusters to try.
K_MAX = 4


@dataclass(frozen=True)
class Subject:
    """A clusterer and what it is tested on; see :func:`gmplug.testing.check_clusterer` for the fields."""

    factory: Callable[..., Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    periods_s: FloatArray | None = None
    conditioning_period_s: float = 1.0
    records: int = 48

    def __post_init__(self) -> None:
        if self.records < FEWEST_RECORDS:
            raise ValueError(f"records={self.records}: the checks need at least {FEWEST_RECORDS}")

    def sample(
        self, records: int | None = None, *, periods_s: FloatArray | None = None, seed: int = 1
    ) -> SampleRecords:
        """Records to fit."""
        return sample_records(
            records or self.records,
            periods_s=self.periods_s if periods_s is None else periods_s,
            conditioning_period_s=self.conditioning_period_s,
            seed=seed,
        )

    # -- its parameters ------------------------------------------------------------------------------

    def parameters(self) -> dict[str, inspect.Parameter]:
        """Named parameters of the factory."""
        return known_names(self.factory, "the clusterer")

    @property
    def takes_n_clusters(self) -> bool:
        """Whether a study can ask for a number of clusters."""
        return "n_clusters" in self.parameters()

    # -- as the stage does it ------------------------------------------------------------------------

    def clusterer(self, sample: SampleRecords, random_state: int = 1) -> Clusterer:
        """The clusterer as the clustering stage holds it."""
        given = {
            "random_state": random_state,
            "periods_s": sample.periods_s.copy(),
            "conditioning_period_s": sample.conditioning_period_s,
        }
        return Clusterer("under test", self.factory, self.options, given, K_MAX)

    def make(self, sample: SampleRecords, *, random_state: int = 1, **options: Any) -> Any:
        """Construct it: the study's options, and what gmplug gives to a constructor that takes it."""
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
        """Construct and fit; returns the fitted estimator.

        Where the number of clusters is left to gmplug (``n_clusters`` has a default other than None), it is
        that of the planted groups, which gmplug would find.
        """
        if "n_clusters" not in options and not self.clusterer(sample).chooses_by_itself:
            options["n_clusters"] = min(PLANTED_GROUPS, len(sample.ln_sa))
        estimator = self.make(sample, random_state=random_state, **options)
        fit_as_gmplug(estimator, sample, progress)
        return estimator

    def labels(self, sample: SampleRecords, **settings: Any) -> IntArray:
        """Labels after :meth:`fit`, shape (N,)."""
        return labels_of(self.fit(sample, **settings))


def fit_as_gmplug(estimator: Any, sample: SampleRecords, progress: Progress = no_progress) -> Any:
    """Call ``fit`` with ln Sa, and ``metadata`` and ``progress`` if it takes them; return what it returns."""
    given = {"metadata": sample.metadata, "progress": progress}
    takes = known_names(estimator.fit, "fit")
    return estimator.fit(sample.ln_sa, **{name: value for name, value in given.items() if name in takes})


def labels_of(estimator: Any) -> IntArray:
    """``labels_`` of a fitted estimator."""
    require(hasattr(estimator, "labels_"), "fit sets no labels_; set it to one integer per record")
    labels = np.asarray(estimator.labels_)
    if not np.issubdtype(labels.dtype, np.integer):
        raise CheckFailed(f"labels_ are of type {labels.dtype}; make them integers")
    return labels
