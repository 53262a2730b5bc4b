"""Checks of the input of both clusterers."""

from __future__ import annotations

from typing import Any

import numpy as np

import gmplug


def checked_spectra(X: Any, n_clusters: Any, name: str) -> np.ndarray:
    """Return ln Sa as a finite array (N, P); raises InputError for anything else, or k outside 1…N."""
    try:
        values = np.array(X, dtype=float)
    except (TypeError, ValueError):
        raise gmplug.InputError(f"{name}: X must be an array of numbers, shape (N, P)") from None
    if values.ndim != 2 or 0 in values.shape:
        raise gmplug.InputError(f"{name}: X must have shape (N, P), not {values.shape}")
    bad = ~np.isfinite(values).all(axis=1)
    if bad.any():
        raise gmplug.InputError(
            f"{name}: row {int(np.argmax(bad))} of X has NaN or infinite values; remove that record"
        )
    if not 1 <= n_clusters <= len(values):
        raise gmplug.InputError(
            f"{name}: n_clusters={n_clusters} must lie between 1 and the number of records, {len(values)}"
        )
    return values
