"""How accurate the median of a demand is, against the number of analyses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gmplug.report.charts.model import Axis, Chart, Layer, Problem, attempt, dots, line, rule
from gmplug.values import Assessment


def accuracy_chart(assessment: Assessment | None) -> Chart | Problem | None:
    """Standard error of the ln median after each batch, that of random selection, and the goal.

    None where the study asks for no accuracy; see :func:`gmplug.assessment.accuracy.with_accuracy`.
    """
    if assessment is None or not {"accuracy"} <= {*assessment.tables} & {*assessment.values}:
        return None
    return attempt("accuracy", _chart, assessment.tables["accuracy"], assessment.values["accuracy"])


def _chart(table: pd.DataFrame, values: Mapping[str, Any]) -> Chart:
    n, error = table["analyses"].to_numpy(), table["error_ln_median"].to_numpy(dtype=float)
    goal, needed = float(values["goal"]), values["random_analyses"]
    layers: list[Layer] = [
        line(n, error, "This selection", "picked bold"),
        dots(n, error, "This selection", "picked", size=40),
        line(n, table["random_error"].to_numpy(), "Random selection", "s5 dash"),
        rule(y=goal, text=f"goal {goal:g}", name="Goal", style="target dot"),
    ]
    random = f" Random selection would need about {needed} analyses." if needed else ""
    caption = (
        f"Standard error of the ln median of {values['of']}: {_last(error)} after {n[-1]} analyses, "
        f"goal {goal:g}.{random}"
    )
    top = float(np.nanmax([*error, *table["random_error"], goal]))
    return Chart(
        "accuracy", "Accuracy", caption, Axis("Analyses", whole=True),
        Axis("Standard error of ln median", limits=(0.0, 1.08 * top)), layers,
    )  # fmt: skip


def _last(error: np.ndarray) -> str:
    return f"{error[-1]:.3g}" if np.isfinite(error[-1]) else "not known"
