"""Stopping when the standard error is small enough: what it does to the error and the interval.

Normal ln demands of 250 candidates (σ = 0.45) and a surrogate of a given R². Random batches of 4 after a
first one of 8, 12 or 20, until the standard error is no larger than the goal and there are 8 analyses.
Beside it the median number of analyses, fixed beforehand.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gmplug.surrogate.estimates import estimate
from gmplug.surrogate.sample import FEWEST, Population
from tests.bench.measured import span

TUNED_ON = "nothing"
REPORTED_ON = "random normal demands"
CANDIDATES, SIGMA, DRAWS, BATCH = 250, 0.45, 1000, 4
#: First batch, goal, R² of the surrogate (0: none).
CASES = [
    (8, 0.1, 0.0),
    (12, 0.1, 0.0),
    (20, 0.1, 0.0),
    (12, 0.05, 0.0),
    (8, 0.05, 0.9),
    (20, 0.05, 0.9),
]


def run() -> list[dict[str, Any]]:
    """Return a row for each case."""
    return [_case(*case) for case in CASES]


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return the figures of the overview."""
    excess = max(row["true_error"] / row["stated_error"] - 1 for row in rows)
    coverage = span([100 * row["coverage"] for row in rows], ".0f")
    return {
        "Stopping at an accuracy, [accuracy](accuracy.md)": f"The true error is up to {100 * excess:.0f} % "
        f"larger than the stated one; 95 % intervals hold in {coverage} %."
    }


def _case(first: int, goal: float, r2: float) -> dict[str, Any]:
    rng = np.random.default_rng(3)
    counts, found, fixed = [], [], []
    for _ in range(DRAWS):
        x = rng.normal(size=CANDIDATES)
        y = SIGMA * (np.sqrt(r2) * x + np.sqrt(1 - r2) * rng.normal(size=CANDIDATES))
        order = rng.permutation(CANDIDATES)
        covariates = {"stories": x} if r2 else {}
        for n in range(first, CANDIDATES + 1, BATCH):
            one = estimate(y[order[:n]], covariates, _population(order[:n]))
            if n >= FEWEST and one.mean_error <= goal:
                break
        counts.append(n)
        found.append((one, y.mean()))
    typical = int(np.median(counts))
    for _ in range(DRAWS):
        x = rng.normal(size=CANDIDATES)
        y = SIGMA * (np.sqrt(r2) * x + np.sqrt(1 - r2) * rng.normal(size=CANDIDATES))
        order = rng.permutation(CANDIDATES)[:typical]
        fixed.append((estimate(y[order], {"stories": x} if r2 else {}, _population(order)), y.mean()))
    return {
        "first": first,
        "goal": goal,
        "r2": r2,
        "analyses": float(np.mean(counts)),
        "stated_error": float(np.mean([one.mean_error for one, _ in found])),
        "true_error": _rms(found),
        "coverage": _coverage(found),
        "coverage_fixed": _coverage(fixed),
    }


def _population(sample: Any) -> Population:
    return Population(np.full(CANDIDATES, 1 / CANDIDATES), sample, np.full(len(sample), 1 / len(sample)))


def _rms(found: list[Any]) -> float:
    return float(np.sqrt(np.mean([(one.mean - truth) ** 2 for one, truth in found])))


def _coverage(found: list[Any]) -> float:
    return float(np.mean([one.interval()[0] <= truth <= one.interval()[1] for one, truth in found]))
