"""What the clusterers share: checks of their input, weights over the periods, an order of one's own."""

from __future__ import annotations

from typing import Any

import numpy as np

from gmplug.notes import counted
from gmplug.study.schema import MOST_CLUSTERS
from gmplug.values import FloatArray, IntArray

#: Weight of periods outside the band that a yielding structure visits.
SHORT_PERIOD_WEIGHT = 0.2
#: The band's upper end, in T*.
BAND_END = 3.0


def checked_spectra(
    X: Any,
    n_clusters: int | None = None,
    k_max: int = 1,
    *,
    fewest: int = 2,
    missing_allowed: bool = False,
) -> FloatArray:
    """Return what a clusterer is given as ln Sa, float64, shape (N, P), finite (NaN where allowed).

    Raises ValueError for anything else, for less than ``fewest`` records, unless 1 ≤ n_clusters ≤ N (None:
    chosen later), and unless 1 ≤ k_max ≤ 50.
    """
    try:
        values = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"X must be an array of numbers, shape (N, P): {error}") from None
    if values.ndim != 2 or values.shape[1] == 0:
        raise ValueError(f"X must have shape (N, P) with P at least 1, not {values.shape}")
    if len(values) < fewest:
        raise ValueError(f"X has {counted(len(values), 'record')}; clustering needs at least {fewest}")
    bad = ~np.isfinite(values)
    if missing_allowed:
        bad &= ~np.isnan(values) | np.isnan(values).all(axis=1, keepdims=True)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise ValueError(
            f"X has NaN or infinite values, the first in row {row}, column {column}; remove them"
        )
    if n_clusters is not None and not 1 <= n_clusters <= len(values):
        raise ValueError(
            f"n_clusters={n_clusters} must lie between 1 and the number of records, {len(values)}"
        )
    if not 1 <= k_max <= MOST_CLUSTERS:
        raise ValueError(f"k_max={k_max} must lie between 1 and {MOST_CLUSTERS}")
    return values


def checked_periods(periods_s: Any, points: int) -> FloatArray | None:
    """Return the periods as an array (P,), or None; raises ValueError unless they match X and increase."""
    if periods_s is None:
        return None
    periods = np.asarray(periods_s, dtype=np.float64)
    if periods.shape != (points,):
        raise ValueError(f"periods_s has shape {periods.shape}, but X has {points} columns")
    if not np.all(np.isfinite(periods)) or np.any(periods <= 0) or np.any(np.diff(periods) <= 0):
        raise ValueError("periods_s must be positive and increasing")
    return periods


def period_weights(
    periods_s: FloatArray | None,
    conditioning_period_s: float | None,
    points: int,
    outside: float = SHORT_PERIOD_WEIGHT,
) -> FloatArray:
    """Weights of the periods in distances between spectra, shape (P,), mean 1.

    1 from T* to 3 T*, the periods of a yielding structure, and ``outside`` elsewhere, times the width of each
    period's cell, so that the density of the grid does not matter. Equal weights without T* or periods.
    """
    if periods_s is None or conditioning_period_s is None or points < 2:
        return np.ones(points)
    low, high = conditioning_period_s * (1 - 1e-9), BAND_END * conditioning_period_s * (1 + 1e-9)
    band = np.where((periods_s >= low) & (periods_s <= high), 1.0, outside)
    weights = band * np.gradient(periods_s)
    return weights / weights.mean()


def anchor_index(ln_sa: FloatArray, periods_s: FloatArray | None, conditioning_period_s: float | None) -> int:
    """Index j* of the conditioning period; without one, of the period at which the spectra differ least."""
    if periods_s is not None and conditioning_period_s is not None:
        return int(np.argmin(np.abs(periods_s - conditioning_period_s)))
    return int(np.argmin(ln_sa.std(axis=0)))


def canonical_order(ln_sa: FloatArray) -> IntArray:
    """An order of the records that depends on their spectra alone, shape (N,)."""
    first = np.argsort(ln_sa[:, 0], kind="stable")
    if np.all(np.diff(ln_sa[first, 0]) > 0):  # the other periods decide nothing
        return first.astype(np.int64)
    return np.lexsort(ln_sa.T[::-1]).astype(np.int64)
