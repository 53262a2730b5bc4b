"""Statistics of the story drifts of a table of demands, and the model in a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gmplug.assessment.lognormal import Lognormal, fit_by_moments
from gmplug.demands import DRIFT
from gmplug.demands.tables import peak_story_drift, profile
from gmplug.values import FloatArray


def critical_story(table: pd.DataFrame) -> int | None:
    """Story of the largest median peak drift of the analyses that ended ok; None if there are none."""
    drifts = profile(table, DRIFT)
    if drifts is None:
        return None
    values = drifts.values[(table["status"] == "ok").to_numpy()]
    values = values[np.all(np.isfinite(values), axis=1)]
    if not len(values):
        return None
    medians = [fit_by_moments(column).median for column in values.T]
    return drifts.levels[int(np.nanargmax(medians))] if np.any(np.isfinite(medians)) else None


@dataclass(frozen=True)
class DriftStatistics:
    """Peak story drift ratios over the analyses.

    Parameters
    ----------
    ok
        Sorted peak drift ratios of the analyses that ended ok, shape (n,).
    collapsed
        Number of analyses that collapsed.
    others
        Number of analyses without a result (failed, crashed, timeout).
    fit
        The lognormal distribution of ``ok``: the median that is shown everywhere.
    """

    ok: FloatArray
    collapsed: int
    others: int
    fit: Lognormal

    @property
    def collapse_share(self) -> float:
        """Collapsed analyses among those with a result; NaN if there are none."""
        total = len(self.ok) + self.collapsed
        return self.collapsed / total if total else float("nan")


def drift_statistics(table: pd.DataFrame) -> DriftStatistics:
    """Return the statistics of the largest story drift of each analysis."""
    drift = peak_story_drift(table)
    status = table["status"].astype(str).to_numpy()
    ok = np.sort(drift[(status == "ok") & np.isfinite(drift)])
    collapsed = int(np.sum(status == "collapsed"))
    return DriftStatistics(ok, collapsed, len(table) - len(ok) - collapsed, fit_by_moments(ok))


def model_text(model: Mapping[str, Any]) -> str:
    """Describe the analyzed model in a line from what the analyses recorded of it."""
    parts = []
    if model.get("description"):
        parts.append(str(model["description"]))
    stories = model.get("story_heights")
    if isinstance(stories, list | tuple) and stories:
        parts.append(f"{len(stories)} {'story' if len(stories) == 1 else 'stories'}")
    periods = model.get("periods_s")
    if isinstance(periods, list | tuple) and periods:
        parts.append("natural periods " + ", ".join(f"{float(t):.3g}" for t in periods[:3]) + " s")
    return "; ".join(parts)
