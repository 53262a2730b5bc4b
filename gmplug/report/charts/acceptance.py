"""Acceptance of drifts by a code: every motion, what the code compares, and its limit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from gmplug.demands import demands
from gmplug.demands.tables import axis_profiles
from gmplug.report.charts import Axis, Chart, Layer, Problem, attempt, line, rule
from gmplug.values import Assessment

#: Tables of an assessment that has such a section.
ACCEPTANCE = ("acceptance", "drift_acceptance", "motion_acceptance")


def acceptance_charts(assessment: Assessment | None, table: pd.DataFrame) -> Iterator[Chart | Problem | None]:
    """A chart for each demand and direction of ``drift_acceptance``, with the motions of demands.csv."""
    if assessment is None or not set(ACCEPTANCE) <= set(assessment.tables):
        return
    rows = assessment.tables["drift_acceptance"]
    rows = rows.assign(direction=rows["direction"].fillna("").astype(str))
    for (name, direction), own in rows.groupby(["demand", "direction"], sort=False):
        yield attempt(f"acceptance_{name}", _chart, str(name), str(direction), own, table)


def _chart(name: str, direction: str, rows: pd.DataFrame, table: pd.DataFrame) -> Chart:
    demand = demands()[name]
    stories = rows["story"].to_numpy(dtype=float)
    limit = demand.factor * float(rows["limit"].iloc[0])
    motions = demand.factor * np.abs(axis_profiles(table, demand)[direction].values)
    layers: list[Layer] = []
    for values, status, item in zip(motions, table["status"].astype(str), table["id"], strict=True):
        if np.isfinite(values).all():
            layers.append(
                _profile(values, stories, status, "record" if status == "ok" else "alert", str(item))
            )
    value = demand.factor * rows["value"].to_numpy(dtype=float)
    plain = rows["factored_median"].isna().all()
    said = "Arithmetic mean" if plain else "1.2 × median, or the mean if larger"
    layers.append(_profile(value, stories, said, "target bold", ""))
    layers.append(rule(x=limit, text="limit", name="Limit", style="alert bold dash"))
    largest = float(np.max([limit, *value[np.isfinite(value)]]))
    caption = "Each motion, what the code compares with the limit, and the limit."
    beyond = motions[np.isfinite(motions).all(axis=1)].max(initial=0.0)
    if beyond > 1.5 * largest:
        caption += f" Motions reach up to {beyond:.3g}, beyond the chart."
    last = min(1.5 * largest, 1.1 * max(largest, beyond))
    return Chart(
        f"acceptance_{name}" + (f"_{direction}" if direction else ""),
        demand.title + (f", direction {direction}" if direction else ""),
        caption,
        Axis(f"{demand.title} ({demand.shown_unit})", limits=(0, last)),
        Axis("Story", whole=True, limits=(stories[0] - 0.5, stories[-1] + 0.5)),
        layers,
        span=2,
        aspect=1.0,
    )  # fmt: skip


def _profile(values: np.ndarray, stories: np.ndarray, name: str, style: str, item: str) -> Layer:
    """A line of steps over the height: each value is that of its whole story."""
    edges = np.repeat(np.r_[stories - 0.5, stories[-1] + 0.5], 2)[1:-1]
    return line(np.repeat(values, 2), edges, name, style, item=item)
