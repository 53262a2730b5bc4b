"""Search for the set of records with the smallest objective: several independent ones, some at a time."""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from threadpoolctl import ThreadpoolController

from gmplug.selection.constraints import Cell, Constraints, draw_feasible
from gmplug.selection.objective import Floats, Objective
from gmplug.selection.slots import Slots
from gmplug.selection.swaps import Swaps
from gmplug.selection.sweeps import Sweeps
from gmplug.values import IntArray

#: Streams of random numbers, and searches led on side by side in each: by the effort alone, so that the
#: number of workers makes no difference. A small effort takes one stream.
STREAMS, SEARCHES, _SMALL_EFFORT = 2, 8, 0.25
#: Random sets that each search begins with, and the sweeps over them; the best is led on.
_STARTS, _SWEEPS = 6, 3
#: Steps of a stream at effort 1 where 3,000 swaps are possible, and the power of those by which they grow;
#: at least.
_STEPS, _STEPS_EXPONENT, _LEAST_STEPS = 300, 0.75, 60
#: Where fewer steps than these would be left, more sets are swept instead: so many, and so many more for each
#: swap that is possible; until no more than this share of the records gives way.
_FEWEST_STEPS, _SWEPT_SETS, _SWEPT_SHARE, _SWEPT_SETTLED = 30, 8, 0.035, 0.25
#: Beyond this number of products per search and step, streams look at a random part of the candidates at a
#: time; at so many parts, with so many steps in each.
_PART_PRODUCTS, _PARTS, _PART_STEPS = 4e6, 7, 60
#: Streams look at so many periods or a few more first: while they sweep, where they only sweep, and while
#: they swap; then at more where a step takes fewer products than these.
_BEGUN_PERIODS, _SWEPT_PERIODS, _COARSE_PERIODS, _FEW_PRODUCTS = 25, 33, 50, 2e5
#: Steps at most on all candidates and periods after that, until no swap helps any longer.
_FINISH = 30
#: The best sets of a stream that are finished so: after steps, and after sweeps alone.
_FINISHERS, _SWEPT_FINISHERS = 2, 4


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
    told: Callable[[int, int, float], None] | None = None,
) -> Found:
    """Return the best set that some independent searches find.

    Each takes the best of a few random sets, each record of which was exchanged in turn for whichever helps
    most; then the best swap at each step, be it worse, but none that undoes a recent one (tabu search). All
    swaps are screened by a lower bound, one matrix product.

    Parameters
    ----------
    starts
        Sets (K, n) to begin with in place of random ones, as far as they go.
    told
        Called with the number of streams done, of all, and the best objective.
    """
    streams = STREAMS if effort > _SMALL_EFFORT else 1
    seeds = np.random.SeedSequence(seed).spawn(streams)
    best: list[tuple[float, IntArray, IntArray]] = []

    def one(number: int) -> tuple[float, IntArray, IntArray]:
        given = None if starts is None else starts[number::streams]
        return _stream(objective, constraints, np.random.default_rng(seeds[number]), effort, given)

    at_once = min(workers, streams)
    # One thread per product: they are small, and threads that wait for a busy core cost more than they bring.
    with _thread_pools().limit(limits=1), ThreadPoolExecutor(max(1, at_once)) as pool:
        # Threads start when they are first asked for.
        ends = pool.map(one, range(streams)) if at_once > 1 else map(one, range(streams))
        for done, end in enumerate(ends, start=1):
            best.append(end)
            if told is not None:
                told(done, streams, min(value for value, _, _ in best))
    value, chosen, _ = min(best, key=lambda end: (round(end[0], 9), end[1].tolist()))
    return Found(by_cell(chosen, constraints), value, np.concatenate([ends for _, _, ends in best]))


def by_cell(chosen: IntArray, constraints: Constraints) -> IntArray:
    """A set with its records by cell, and in rising order in each."""
    parts = [np.sort(chosen[np.isin(chosen, cell.members)]) for cell in constraints.cells]
    return np.concatenate(parts).astype(np.int64)


@functools.cache
def _thread_pools() -> ThreadpoolController:
    """Looked up once: it takes as long as a small search."""
    return ThreadpoolController()


def _stream(
    objective: Objective,
    constraints: Constraints,
    rng: np.random.Generator,
    effort: float,
    given: IntArray | None,
) -> tuple[float, IntArray, IntArray]:
    slots = Slots(constraints)
    if _steps(constraints, effort) < _FEWEST_STEPS:
        ends, values = _swept(objective, constraints, slots, rng, given)
        best = _best(ends, values, _SWEPT_FINISHERS)
    else:
        ends, values = _led(objective, constraints, slots, rng, given, effort)
        best = _best(ends, values, _FINISHERS)
    if products_per_step(objective, constraints) > _PART_PRODUCTS:
        best, _ = Sweeps(objective, slots, best).run(_FINISH, rng, settled=0.0)
    finished, values = Swaps(objective, slots, best).descend(_FINISH)
    return *_least(finished, values), ends


def _swept(
    objective: Objective,
    constraints: Constraints,
    slots: Slots,
    rng: np.random.Generator,
    given: IntArray | None,
) -> tuple[IntArray, Floats]:
    """Many sets swept on some of the periods, (R, n), and their objectives there (R,)."""
    many = _SWEPT_SETS + round(_SWEPT_SHARE * _swaps(constraints))
    sets = _drawn(constraints, many, rng, given)
    rough = objective.thinned(max(1, objective.columns // _SWEPT_PERIODS))
    return Sweeps(rough, slots, sets).run(_SWEEPS, rng, _SWEPT_SETTLED)


def _led(
    objective: Objective,
    constraints: Constraints,
    slots: Slots,
    rng: np.random.Generator,
    given: IntArray | None,
    effort: float,
) -> tuple[IntArray, Floats]:
    """Sets led on by the best swap at each step on some of the periods, and their objectives there."""
    begun = _begun(objective, constraints, slots, rng, given)
    affordable = round(products_per_step(objective, constraints) / _FEW_PRODUCTS)
    coarse = objective.thinned(max(1, min(affordable, objective.columns // _COARSE_PERIODS)))
    if products_per_step(coarse, constraints) > _PART_PRODUCTS:
        return _in_parts(coarse, constraints, slots, begun, effort, rng)
    return Swaps(coarse, slots, begun).lead(_steps(constraints, effort), rng)


def _in_parts(
    objective: Objective,
    constraints: Constraints,
    slots: Slots,
    chosen: IntArray,
    effort: float,
    rng: np.random.Generator,
) -> tuple[IntArray, Floats]:
    """Lead sets on where candidates are many: by turns in a random part of them, and by sweeps over all."""
    share = _PART_PRODUCTS / products_per_step(objective, constraints)
    best, least = chosen, objective.errors(chosen)
    for _ in range(max(1, round(_PARTS * effort))):
        part = Slots(_part(constraints, best, share, rng))
        led, _ = Swaps(objective, part, best).lead(_PART_STEPS, rng)
        swept, values = Sweeps(objective, slots, led).run(_SWEEPS, rng)
        better = values < least
        best, least = np.where(better[:, None], swept, best), np.where(better, values, least)
    return best, least


def _begun(
    objective: Objective,
    constraints: Constraints,
    slots: Slots,
    rng: np.random.Generator,
    given: IntArray | None,
) -> IntArray:
    """A set for each search to begin with, (SEARCHES, n): the best of its own few."""
    drawn = _drawn(constraints, SEARCHES * _STARTS, rng, given, apart=_STARTS)
    rough = objective.thinned(max(1, objective.columns // _BEGUN_PERIODS))
    swept, values = Sweeps(rough, slots, drawn).run(_SWEEPS, rng)
    first = values.reshape(SEARCHES, _STARTS).argmin(axis=1)
    return swept[np.arange(SEARCHES) * _STARTS + first]


def _drawn(
    constraints: Constraints, sets: int, rng: np.random.Generator, given: IntArray | None, apart: int = 1
) -> IntArray:
    """Random sets (sets, n), those given in place of some, every so many."""
    drawn = draw_feasible(constraints, sets, rng)
    if given is not None:
        into = drawn[::apart]
        into[: len(given)] = given[: len(into)]
    return drawn


def _steps(constraints: Constraints, effort: float) -> int:
    """Steps of a stream: fewer where there are fewer swaps to try."""
    full = max(_LEAST_STEPS, _STEPS * (_swaps(constraints) / 3000) ** _STEPS_EXPONENT)
    return round(full * effort)


def _swaps(constraints: Constraints) -> int:
    """Swaps that a set has, cells apart: a measure of the size of the problem."""
    candidates = sum(len(cell.members) for cell in constraints.cells)
    return constraints.count * max(candidates - constraints.count, 1)


def products_per_step(objective: Objective, constraints: Constraints) -> float:
    """Multiplications that screening the swaps of one set takes."""
    return float(sum(cell.count * len(cell.members) for cell in constraints.cells) * objective.columns)


def _best(sets: IntArray, values: Floats, many: int) -> IntArray:
    return sets[np.argsort(values, kind="stable")[:many]]


def _least(sets: IntArray, values: Floats) -> tuple[float, IntArray]:
    """The smallest objective and its set; of those that are the same the one that comes first."""
    at = min(range(len(sets)), key=lambda r: (round(float(values[r]), 9), sets[r].tolist()))
    return float(values[at]), sets[at]


def _part(constraints: Constraints, chosen: IntArray, share: float, rng: np.random.Generator) -> Constraints:
    """A random share of each cell's records, those already chosen among them."""
    cells = []
    for cell in constraints.cells:
        size = min(len(cell.members), max(10 * cell.count, round(share * len(cell.members))))
        drawn = rng.choice(cell.members, size, replace=False)
        kept = np.isin(cell.members, np.concatenate([drawn, chosen.ravel(), cell.fixed]))
        cells.append(Cell(cell.name, cell.members[kept], cell.count, cell.fixed, cell.size))
    return Constraints(tuple(cells), constraints.event, constraints.event_names, constraints.max_per_event)
