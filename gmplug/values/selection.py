"""The selection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from gmplug.values.arrays import FloatArray, IntArray
from gmplug.values.target import CheckOutcome


@dataclass(frozen=True)
class Choice:
    """A selector's result with its reasons, instead of positions alone.

    Parameters
    ----------
    positions
        Positions in the candidates, shape (n,).
    notes
        For the user, one line each.
    facts
        For selection.json and summary.json.
    explained
        One row per position, in their order: the reasons.
    """

    positions: IntArray
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    explained: pd.DataFrame | None = None


@dataclass(frozen=True)
class Selection:
    """The selected records and their misfit to the target.

    Parameters
    ----------
    records
        One row per selected record: ``id``, ``group``, ``cluster``, ``scale_factor`` and all metadata.
    ln_sa
        ln of the scaled Sa (g) of the selected records, shape (n, P).
    quotas
        One row per group and cluster: ``group``, ``cluster``, ``candidates``, ``quota``.
    error
        E = Σ_T (mean ln Sa − μ)² + λ Σ_T (std ln Sa − σ)² over the whole period grid, λ = 1, sample std.
    max_median_error
        Largest ``|exp(mean ln Sa) / median − 1|`` over the periods.
    max_sigma_error
        Largest ``|std / σ − 1|`` over the periods with at least a quarter of the target's largest σ: next to
        T* a conditional spectrum's σ is nearly zero. By the Baker-Jayaram correlation σ reaches a quarter
        10 % away from T*.
    notes
        For the user, one line each.
    checks
        Outcomes of the code's requirements.
    facts
        Facts of the selector on its choice, such as the cost of the quotas.
    explained
        One row per record, in their order: reasons; see gmplug/selection/README.md.
    """

    records: pd.DataFrame
    ln_sa: FloatArray
    quotas: pd.DataFrame
    error: float
    max_median_error: float
    max_sigma_error: float
    notes: tuple[str, ...] = ()
    checks: tuple[CheckOutcome, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    explained: pd.DataFrame | None = None

    @property
    def aims_at_target(self) -> bool:
        """Whether the set is to follow the target; not one that represents the candidates as they are."""
        return self.facts.get("population") != "candidates"
