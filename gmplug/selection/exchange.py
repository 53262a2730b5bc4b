"""Exchanges of one record of a set for another, each scored exactly, in compiled loops."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gmplug.selection.constraints import Constraints
from gmplug.selection.objective import Objective
from gmplug.values import FloatArray, IntArray

Single = NDArray[np.float32]
#: Of a set: sums of x, x², x³ (3, C), of products of pairs (K,), and of penalties (1,).
Sums = tuple[Single, Single, Single]

#: Steps for which a record that left stays out, and a record that came stays in: at least, and so many more
#: at random.
_TENURE = 2
#: Records scored side by side; tails of a loop take as long as a whole vector.
_VECTOR = 16
#: Records laid side by side at a time, for the processor's cache.
_TOGETHER = 256
#: As variables: the compiler would make one more version of a function for a literal.
_ZERO, _NONE = np.int64(0), np.int64(-1)
#: Objectives that are as near as this ratio are the same: rounding of single precision does not decide.
_SAME = 1.0 - 2e-6


class Columns(NamedTuple):
    """An objective's arrays: values (N, C), penalty (N,), others by column (C,) or by pair (K,)."""

    values: Single
    penalty: Single
    sigma: Single
    of_mean: Single
    of_std: Single
    of_skewness: Single
    skewed: bool
    pairs: IntArray
    correlation: Single
    of_correlation: np.float32

    @classmethod
    def of(cls, objective: Objective) -> Columns:
        """Return the arrays of an objective."""
        weights, by_column = objective.weights, objective.column_weights

        def single(values: FloatArray) -> Single:
            return np.ascontiguousarray(values, dtype=np.float32)

        return cls(
            single(objective.values),
            single(objective.penalty),
            single(objective.sigma),
            single(weights.mean * by_column),
            single(weights.sigma * by_column),
            single(np.where(objective.varies, weights.skewness * by_column, 0.0)),
            weights.skewness > 0,
            objective.pairs,
            single(objective.correlation),
            np.float32(objective.of_correlation),
        )


class Pool(NamedTuple):
    """Records side by side, (C, M) and (M,): a loop over them is vectorized without sums being reordered."""

    values: Single
    penalty: Single


class Layout(NamedTuple):
    """Constraints as arrays.

    ``members`` of all cells, those of cell c from ``first[c]`` to ``first[c + 1]``; ``cell_of`` each slot
    (n,); ``free`` slots, whose records are not fixed; ``event`` of each candidate (N,), ``most`` of one.
    """

    members: IntArray
    first: IntArray
    cell_of: IntArray
    free: IntArray
    event: IntArray
    most: int

    @classmethod
    def of(cls, constraints: Constraints) -> Layout:
        """Return the arrays of constraints; slots are by cell, the fixed records first in each."""
        cells = constraints.cells
        ends = np.cumsum([0, *(cell.count for cell in cells)])
        free = [np.arange(ends[c] + len(cell.fixed), ends[c + 1]) for c, cell in enumerate(cells)]
        most = constraints.max_per_event
        return cls(
            np.concatenate([cell.members for cell in cells]).astype(np.int64),
            np.cumsum([0, *(len(cell.members) for cell in cells)]).astype(np.int64),
            np.repeat(np.arange(len(cells)), [cell.count for cell in cells]).astype(np.int64),
            np.concatenate(free).astype(np.int64),
            constraints.event.astype(np.int64),
            constraints.count if most is None else most,
        )


def _compiled(function: Any) -> Any:
    # no flag that lets sums be reordered or fused: the numbers are the same wherever this is compiled;
    # loops in place of indexing by arrays, which takes seconds to compile
    return njit(function, nogil=True, cache=True, fastmath={"nnan", "ninf", "nsz"})


@_compiled
def _sums(columns: Columns, chosen: IntArray) -> Sums:
    """Sums over a set."""
    moments = np.zeros((3, columns.values.shape[1]), dtype=np.float32)
    products = np.zeros(len(columns.pairs), dtype=np.float32)
    penalty = np.zeros(1, dtype=np.float32)
    for record in chosen:
        _add(columns, (moments, products, penalty), record, np.float32(1.0))
    return moments, products, penalty


@_compiled
def _add(columns: Columns, sums: Sums, record: int, sign: np.float32) -> None:
    """Add a record to the sums of a set, or take it off."""
    moments, products, penalty = sums
    x = columns.values[record]
    for c in range(len(x)):
        moments[0, c] += sign * x[c]
        moments[1, c] += sign * x[c] * x[c]
        moments[2, c] += sign * x[c] * x[c] * x[c]
    for k in range(len(products)):
        products[k] += sign * x[columns.pairs[k, 0]] * x[columns.pairs[k, 1]]
    penalty[0] += sign * columns.penalty[record]


@_compiled
def _pool(columns: Columns, records: IntArray) -> Pool:
    """Some records side by side."""
    values = np.zeros((columns.values.shape[1], len(records) + _VECTOR), dtype=np.float32)
    for k in range(len(records)):
        for c in range(len(values)):
            values[c, k] = columns.values[records[k], c]
    penalty = np.zeros(len(records) + _VECTOR, dtype=np.float32)
    for k in range(len(records)):
        penalty[k] = columns.penalty[records[k]]
    return Pool(values, penalty)


@_compiled
def _of_moments(columns: Columns, pool: Pool, others: Sums, start: int, n: int, found: Single) -> None:
    """Add terms of mean and standard deviation."""
    values, moments = pool.values, others[0]
    none, each, unbiased = np.float32(0.0), np.float32(1.0 / n), np.float32(1.0 / (n - 1))
    for c in range(len(values)):
        of_mean, of_std, sigma = columns.of_mean[c], columns.of_std[c], columns.sigma[c]
        sum_1, sum_2 = moments[0, c], moments[1, c]
        row = values[c][start : start + len(found)]
        for k in range(len(found)):
            x = row[k]
            first = sum_1 + x
            mean = first * each
            variance = (sum_2 + x * x - first * mean) * unbiased
            apart = np.sqrt(max(variance, none)) - sigma
            found[k] += of_mean * mean * mean + of_std * apart * apart


@_compiled
def _of_skewness(columns: Columns, pool: Pool, others: Sums, start: int, n: int, found: Single) -> None:
    values, moments = pool.values, others[0]
    for c in range(len(values)):
        weight = columns.of_skewness[c]
        row = values[c][start : start + len(found)]
        for k in range(len(found)):
            x = row[k]
            mean, square = (moments[0, c] + x) / n, (moments[1, c] + x * x) / n
            cube = (moments[2, c] + x * x * x) / n
            variance = max(square - mean * mean, 1e-12)
            skewness = (cube - 3 * mean * square + 2 * mean * mean * mean) / (variance * np.sqrt(variance))
            found[k] += weight * skewness * skewness


@_compiled
def _of_correlation(columns: Columns, pool: Pool, others: Sums, start: int, n: int, found: Single) -> None:
    values, moments, products, weight = pool.values, others[0], others[1], columns.of_correlation
    for p in range(len(products)):
        a, b = columns.pairs[p, 0], columns.pairs[p, 1]
        row_a, row_b = values[a][start : start + len(found)], values[b][start : start + len(found)]
        for k in range(len(found)):
            x, y = row_a[k], row_b[k]
            mean_a, mean_b = (moments[0, a] + x) / n, (moments[0, b] + y) / n
            variance_a = max((moments[1, a] + x * x) / n - mean_a * mean_a, 1e-12)
            variance_b = max((moments[1, b] + y * y) / n - mean_b * mean_b, 1e-12)
            covariance = (products[p] + x * y) / n - mean_a * mean_b
            apart = covariance / np.sqrt(variance_a * variance_b) - columns.correlation[p]
            found[k] += weight * apart * apart


@_compiled
def _scores(columns: Columns, pool: Pool, others: Sums, start: int, stop: int, n: int) -> Single:
    """Objectives of sets of n records: the others, of which these are the sums, and each of some of a pool.

    Rounded up to whole vectors: the last ones may be those of other records.
    """
    stop += -(stop - start) % _VECTOR
    penalty, each = others[2][0], np.float32(1.0 / n)
    found = np.empty(stop - start, dtype=np.float32)
    for k in range(len(found)):
        found[k] = (penalty + pool.penalty[start + k]) * each
    _of_moments(columns, pool, others, start, n, found)
    if columns.skewed:
        _of_skewness(columns, pool, others, start, n, found)
    if len(columns.pairs):
        _of_correlation(columns, pool, others, start, n, found)
    return found


@_compiled
def scores(columns: Columns, chosen: IntArray, slot: int, records: IntArray) -> Single:
    """Objectives, (K,), of a set (n,) with each of some records (K,) in a slot."""
    left, found = np.empty(len(chosen) - 1, dtype=np.int64), np.empty(len(records), dtype=np.float32)
    for k in range(len(left)):
        left[k] = chosen[k if k < slot else k + 1]
    others = _sums(columns, left)
    for start in range(0, len(records), _TOGETHER):
        part = records[start : start + _TOGETHER]
        scored = _scores(columns, _pool(columns, part), others, _ZERO, len(part), len(chosen))
        for k in range(len(part)):
            found[start + k] = scored[k]
    return found


@_compiled
def _best(
    columns: Columns,
    layout: Layout,
    pool: Pool,
    chosen: IntArray,
    sums: Sums,
    slot: int,
    closed: IntArray,
    counts: IntArray,
    step: int,
) -> tuple[int, np.float32]:
    """The record that suits a slot best, and the objective with it; -1 where none may come.

    ``sums`` are the set's, and come back as they were. Records whose ``closed`` (N,) is beyond ``step`` stay
    out; ``counts`` are the records of each earthquake. ``pool`` holds the cells' members.
    """
    leaves, cell = chosen[slot], layout.cell_of[slot]
    start, stop, own = layout.first[cell], layout.first[cell + 1], layout.event[leaves]
    _add(columns, sums, leaves, np.float32(-1.0))
    found = _scores(columns, pool, sums, start, stop, len(chosen))
    _add(columns, sums, leaves, np.float32(1.0))
    best, least = -1, np.float32(np.inf)
    for k in range(stop - start):
        record = layout.members[start + k]
        event = layout.event[record]
        full = event != own and counts[event] >= layout.most
        if found[k] < least and closed[record] <= step and not full:
            best, least = record, found[k]
    return best, least


@_compiled
def _put(layout: Layout, chosen: IntArray, slot: int, record: int, counts: IntArray) -> None:
    counts[layout.event[chosen[slot]]] -= 1
    counts[layout.event[record]] += 1
    chosen[slot] = record


@_compiled
def _counts(layout: Layout, chosen: IntArray) -> IntArray:
    largest = 0
    for event in layout.event:
        largest = max(largest, event)
    counts = np.zeros(largest + 1, dtype=np.int64)
    for record in chosen:
        counts[layout.event[record]] += 1
    return counts


@_compiled
def descend(columns: Columns, layout: Layout, chosen: IntArray, orders: IntArray) -> np.float32:
    """Give each slot in turn to the record that suits it best, until none changes; return the objective.

    Parameters
    ----------
    chosen
        The set, (n,), changed in place.
    orders
        In which order to go through the free slots in each pass, (passes, free slots).
    """
    counts, closed = _counts(layout, chosen), np.zeros(len(layout.event), dtype=np.int64)
    value, pool = scores(columns, chosen, _ZERO, chosen[:1])[0], _pool(columns, layout.members)
    for order in orders:
        before, sums = value, _sums(columns, chosen)
        for at in order:
            slot = layout.free[at]
            for record in chosen:
                closed[record] = 1
            closed[chosen[slot]] = 0
            record, score = _best(columns, layout, pool, chosen, sums, slot, closed, counts, _ZERO)
            for other in chosen:
                closed[other] = 0
            if score < value * _SAME:
                _add(columns, sums, chosen[slot], np.float32(-1.0))
                _add(columns, sums, record, np.float32(1.0))
                _put(layout, chosen, slot, record, counts)
                value = score
        if not value < before:
            break
    return value


@_compiled
def lead(
    columns: Columns, layout: Layout, chosen: IntArray, draws: NDArray[np.float64], patience: int, kick: int
) -> IntArray:
    """Take the best exchange at each step, be it worse, but none that undoes a recent one (tabu search).

    After Glover (1989), "Tabu search, part I", ORSA J. Comput. 1(3):190-206. Returns the best set it came to.

    Parameters
    ----------
    draws
        Random numbers in [0, 1), (steps, 2 + 2 kick).
    patience
        Steps without a new best after which it goes on from the best, with some records exchanged at random.
    kick
        How many those are.
    """
    n, steps = len(chosen), len(draws)
    counts, closed = _counts(layout, chosen), np.zeros(len(layout.event), dtype=np.int64)
    held, pool = np.zeros(n, dtype=np.int64), _pool(columns, layout.members)
    best, least, since = chosen.copy(), scores(columns, chosen, _ZERO, chosen[:1])[0], 0
    for step in range(1, steps + 1):
        for record in chosen:
            closed[record] += steps + 1
        at, enters, value, sums = _NONE, _NONE, np.float32(np.inf), _sums(columns, chosen)
        for slot in layout.free:
            if held[slot] > step:
                continue
            record, score = _best(columns, layout, pool, chosen, sums, slot, closed, counts, step)
            if score < value:
                at, enters, value = slot, record, score
        for record in chosen:
            closed[record] -= steps + 1
        draw = draws[step - 1]
        since += 1
        if at >= 0:
            closed[chosen[at]] = step + _TENURE + int(3 * draw[0])
            held[at] = step + _TENURE + int(2 * draw[1])
            _put(layout, chosen, at, enters, counts)
            if value < least * _SAME:
                least, since = value, 0
                for k in range(n):
                    best[k] = chosen[k]
        if since > patience:
            for k in range(n):
                chosen[k] = best[k]
            counts = _counts(layout, chosen)
            for k in range(kick):
                slot = layout.free[int(draw[2 + 2 * k] * len(layout.free))]
                cell = layout.cell_of[slot]
                size = layout.first[cell + 1] - layout.first[cell]
                record = layout.members[layout.first[cell] + int(draw[3 + 2 * k] * size)]
                event = layout.event[record]
                closed_to = event != layout.event[chosen[slot]] and counts[event] >= layout.most
                for other in chosen:
                    closed_to = closed_to or other == record
                if not closed_to:
                    _put(layout, chosen, slot, record, counts)
            since = 0
    return best
