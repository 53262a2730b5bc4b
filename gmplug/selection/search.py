"""Search for the set of records with the smallest objective."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from gmplug.selection.constraints import Constraints, draw_feasible
from gmplug.selection.objective import Objective
from gmplug.values import IntArray

#: Independent searches: the same whatever the number of workers.
SEARCHES = 8
#: Random sets that each search begins with, and steps that it leads the best of them on, at effort 1. Fewer
#: where candidates are many: a search scores about so many values (candidates times periods) at most.
_STARTS, _STEPS, _SCORED = 8, 1000, 1e9
#: Passes of a descent at most; it ends with the first that changes nothing.
_PASSES = 30
#: Steps without a new best after which a search goes on from its best, with some records exchanged at random.
_PATIENCE, _KICK = 60, 3


@dataclass(frozen=True)
class Found:
    """The best set, positions by cell (n,); its objective; and each independent search's own best, (K, n)."""

    chosen: IntArray
    objective: float
    all_ends: IntArray


def search(
    objective: Objective,
    constraints: Constraints,
    seed: int,
    workers: int = 1,
    effort: float = 1.0,
    starts: IntArray | None = None,
    report: Callable[[int, int, float], None] | None = None,
) -> Found:
    """Return the best set that some independent searches find.

    Each draws a few random sets, in which each record in turn gives way to the one that suits the set best,
    and leads the best of them on by tabu search.

    Parameters
    ----------
    starts
        Sets (K, n) to begin with in place of random ones, as far as they go.
    report
        Called with the number of searches done, of all, and the best objective.
    """
    from gmplug.selection.exchange import Columns, Layout, descend, lead  # numba, only where it is used

    layout, columns = Layout.of(constraints), Columns.of(objective)
    rngs = [np.random.default_rng(one) for one in np.random.SeedSequence(seed).spawn(SEARCHES)]
    exchanges = sum(cell.count * len(cell.members) for cell in constraints.cells)
    share = min(1.0, _SCORED / (exchanges * objective.columns * _STEPS))
    steps, sets = (max(1, round(share * effort * most)) for most in (_STEPS, _STARTS))
    drawn = [draw_feasible(constraints, sets, rng) for rng in rngs]
    for number, given in enumerate(() if starts is None else starts):
        drawn[number % SEARCHES][number // SEARCHES % sets] = given

    def one(number: int) -> IntArray:
        rng = rngs[number]
        orders = rng.permuted(np.tile(np.arange(len(layout.free)), (_PASSES, 1)), axis=1)
        values = [descend(columns, layout, chosen, orders) for chosen in drawn[number]]
        chosen = drawn[number][int(np.argmin(values))]
        if len(layout.free):
            chosen = lead(columns, layout, chosen, rng.random((steps, 2 + 2 * _KICK)), _PATIENCE, _KICK)
        return by_cell(chosen, constraints)

    ends: list[IntArray] = []
    with ThreadPoolExecutor(max(1, min(workers, SEARCHES))) as pool:
        for end in pool.map(one, range(SEARCHES)):
            ends.append(end)
            if report is not None:
                report(len(ends), SEARCHES, float(objective.errors(np.array(ends)).min()))
    values = objective.errors(np.array(ends))
    best = min(range(SEARCHES), key=lambda k: (round(float(values[k]), 9), ends[k].tolist()))
    return Found(ends[best], float(values[best]), np.array(ends))


def by_cell(chosen: IntArray, constraints: Constraints) -> IntArray:
    """A set with its records by cell, and in rising order in each."""
    parts = [np.sort(chosen[np.isin(chosen, cell.members)]) for cell in constraints.cells]
    return np.concatenate(parts).astype(np.int64)
