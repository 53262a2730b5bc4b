"""Selection by the Kolmogorov-Smirnov statistic: sets found by moments, improved record by record."""

from __future__ import annotations

import numpy as np

from gmplug.selection.constraints import Constraints
from gmplug.values import FloatArray, IntArray

#: Objectives closer than this are the same: rounding does not decide.
_SAME = 1e-10
#: Passes over the records of a set at most.
_PASSES = 20


class KolmogorovSmirnov:
    """Mean square over the columns of D, the largest distance between a set's and the target's distribution.

    Σ_c w_c D_c² / Σ_c w_c + f mean (ln SF)², D of the empirical distribution of the set's values against the
    normal one with the target's mean and σ. Columns whose σ is zero do not count. As Bradley (2012), "A
    ground motion selection algorithm based on the generalized conditional intensity measure approach", Soil
    Dyn. Earthq. Eng. 40:48-61, compares sets with their target.

    Parameters
    ----------
    values
        Values of the candidates less the target's mean, shape (N, C).
    sigma, column_weights
        Shape (C,).
    penalty
        What each record adds, times the number of records, shape (N,).
    """

    def __init__(
        self, values: FloatArray, sigma: FloatArray, column_weights: FloatArray, penalty: FloatArray
    ) -> None:
        from scipy.special import ndtr

        counts = (sigma > 1e-6) & (column_weights > 0)
        #: Probabilities of the target not to exceed the values, shape (N, C).
        self.probability = ndtr(values[:, counts] / sigma[counts])
        self._weights = column_weights[counts] / column_weights[counts].sum()
        self._penalty = penalty

    def of(self, chosen: IntArray) -> float:
        """Objective of a set, (n,)."""
        n = len(chosen)
        ordered = np.sort(self.probability[chosen], axis=0)
        step = np.arange(1, n + 1)[:, None] / n
        distance = np.maximum(step - ordered, ordered - step + 1.0 / n).max(axis=0)
        return float(distance**2 @ self._weights + self._penalty[chosen].mean())

    def with_each(self, others: IntArray, candidates: IntArray) -> FloatArray:
        """Objectives of the set ``others`` (n − 1,) with each of some candidates (K,) added, (K,).

        Adding a value moves the ranks of those above it up by one: what each part is at most is tabulated,
        and looked up by the rank of the value.
        """
        n = len(others) + 1
        ordered = np.sort(self.probability[others], axis=0)
        low = np.arange(1, n)[:, None] / n
        below = np.maximum(low - ordered, ordered - low + 1.0 / n)  # ranks as they are
        above = np.maximum(low + 1.0 / n - ordered, ordered - low)  # and one higher
        zero = np.zeros((1, ordered.shape[1]))
        most_below = np.concatenate([zero, np.maximum.accumulate(below, axis=0)])
        most_above = np.concatenate([np.maximum.accumulate(above[::-1], axis=0)[::-1], zero])
        new = self.probability[candidates]
        rank = np.empty(new.shape, dtype=np.int64)
        for c in range(new.shape[1]):
            rank[:, c] = np.searchsorted(ordered[:, c], new[:, c])
        own = np.maximum((rank + 1) / n - new, new - rank / n)
        column = np.arange(new.shape[1])
        distance = np.maximum(own, np.maximum(most_below[rank, column], most_above[rank, column]))
        penalty = (self._penalty[others].sum() + self._penalty[candidates]) / n
        return np.asarray(distance**2 @ self._weights + penalty)


def improve(statistic: KolmogorovSmirnov, constraints: Constraints, sets: IntArray) -> tuple[IntArray, float]:
    """Exchange records of each set (K, n), by cell, one by one for the best others until none helps.

    Returns the best of the sets and its objective.
    """
    cell_of = np.repeat(np.arange(len(constraints.cells)), [cell.count for cell in constraints.cells])
    ends = [_improved(statistic, constraints, cell_of, chosen) for chosen in np.unique(sets, axis=0)]
    chosen, value = min(ends, key=lambda end: (round(end[1], 9), end[0].tolist()))
    return chosen, value


def _improved(
    statistic: KolmogorovSmirnov, constraints: Constraints, cell_of: IntArray, start: IntArray
) -> tuple[IntArray, float]:
    chosen = start.copy()
    value = statistic.of(chosen)
    for _ in range(_PASSES):
        before = value
        for slot in range(len(chosen)):
            cell = constraints.cells[cell_of[slot]]
            if chosen[slot] in cell.fixed:
                continue
            others = np.delete(chosen, slot)
            free = np.setdiff1d(cell.members, others)
            if constraints.max_per_event is not None:
                taken = np.bincount(constraints.event[others], minlength=int(constraints.event.max()) + 1)
                free = free[taken[constraints.event[free]] < constraints.max_per_event]
            values = statistic.with_each(others, free)
            best = int(np.argmin(values))
            if values[best] < value - _SAME:
                chosen[slot], value = free[best], float(values[best])
        if value > before - _SAME:
            break
    return chosen, value
