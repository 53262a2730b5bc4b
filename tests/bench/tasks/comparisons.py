"""Columns that compare the outputs of two checkouts."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pandas as pd


def spectra(before: str, after: str) -> dict[str, Any]:
    """Largest relative difference of any ordinate."""
    differences = [
        float(np.max(np.abs(np.array(b) / np.array(a) - 1)))
        for a, b in zip(json.loads(before)["values"], json.loads(after)["values"], strict=True)
    ]
    return {"agreement": f"values within {max(differences):.1e}"}


def analyses(before: str, after: str) -> dict[str, Any]:
    """Ratios by model, statuses that differ, and the largest difference of EDPs that are no collapses."""
    old, new = (pd.DataFrame(json.loads(text)["rows"]) for text in (before, after))
    other = old["status"] != new["status"]
    sound = ~other & (old["status"] == "ok")
    largest = residual = 0.0
    for a, b in zip(old[sound].itertuples(), new[sound].itertuples(), strict=True):
        x, y = np.array(a.edps), np.array(b.edps)
        largest = max(largest, float(np.max(np.abs(y - x)[x != 0] / x[x != 0])))
        residual = max(residual, float(np.max(np.abs(np.array(b.residual) - np.array(a.residual)))))
    by_model = (
        new.groupby("model", sort=False)["cpu_s"].sum() / old.groupby("model", sort=False)["cpu_s"].sum()
    )
    statuses = ", ".join(f"{n} {status}" for status, n in new["status"].value_counts().items())
    return {
        "agreement": f"{statuses}; {int(other.sum())} of another status; EDPs within {largest:.1e}, "
        f"residual drifts within {residual:.1e}; "
        + ", ".join(f"{name} {ratio:.2f}" for name, ratio in by_model.items())
    }


def clusters(before: str, after: str) -> dict[str, Any]:
    """Adjusted Rand index of the clusters, by group."""
    from sklearn.metrics import adjusted_rand_score

    old, new = (pd.read_csv(io.StringIO(text)).set_index("id") for text in (before, after))
    new = new.loc[old.index]
    scores = [
        f"{group} {adjusted_rand_score(part['cluster'], new.loc[part.index, 'cluster']):.2f}"
        for group, part in old.groupby("group")
    ]
    return {"agreement": f"adjusted Rand index: {', '.join(scores)}"}
