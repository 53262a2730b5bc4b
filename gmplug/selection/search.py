"""Search for the set of records with the smallest objective: best swaps, and kicks out of their dead ends."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from threadpoolctl import ThreadpoolController

from gmplug.selection.constraints import Cell, Constraints, draw_feasible
from gmplug.selection.objective import Objective, single_precision
from gmplug.values import BoolArray, FloatArray, IntArray

#: Independent streams of random numbers, and sets that each leads on side by side: by the effort alone, so
#: that the number of workers makes no difference. A small effort takes one stream.
STREAMS, SETS_PER_STREAM, _SMALL_EFFORT = 2, 8, 0.25
#: Records exchanged at random where no swap helps any longer.
_KICK = 3
#: Swaps per set and step whose objective is computed exactly, of those that screen best.
_EXACT = 8
#: Steps of a stream at effort 1 where 3,000 swaps are possible, and the power of those by which they grow;
#: at least.
_STEPS, _STEPS_EXPONENT, _LEAST_STEPS = 360, 0.75, 60
#: The largest number of products of a set's steps where candidates are many.
_PRODUCTS = 4e8
#: Beyond this number of products per set and step, streams look at a random part of the candidates first.
_PART_PRODUCTS = 4e6
#: Streams look at so many periods or a few more first.
_COARSE_PERIODS = 50
#: Steps at most on all candidates and periods after that, until no swap helps any longer.
_FINISH = 30
#: The best sets of a stream that are finished so.
_FINISHERS = 2
#: Objectives closer than this are the same: rounding does not decide.
_SAME = 1e-10


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

    Each leads a few sets on: the swap of one record for another that lowers the objective most, as long as
    there is one; then three records are exchanged at random, and the set goes on from there, or from where it
    was if that leads nowhere better (iterated local search; Lourenço, Martin & Stützle 2003, "Iterated local
    search", Handbook of Metaheuristics). All swaps are screened by a lower bound, one matrix product.

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
        given = None if starts is None else starts[number::streams][:SETS_PER_STREAM]
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


def _full_steps(constraints: Constraints) -> float:
    """Steps of a stream: fewer where there are fewer swaps to try."""
    candidates = sum(len(cell.members) for cell in constraints.cells)
    swaps = constraints.count * max(candidates - constraints.count, 1)
    return float(max(_LEAST_STEPS, _STEPS * (swaps / 3000) ** _STEPS_EXPONENT))


def products_per_step(objective: Objective, constraints: Constraints) -> float:
    """Multiplications that screening the swaps of one set takes."""
    return float(sum(cell.count * len(cell.members) for cell in constraints.cells) * objective.columns)


def _stream(
    objective: Objective,
    constraints: Constraints,
    rng: np.random.Generator,
    effort: float,
    given: IntArray | None,
) -> tuple[float, IntArray, IntArray]:
    chosen = draw_feasible(constraints, SETS_PER_STREAM, rng)
    if given is not None:
        chosen[: len(given)] = given
    coarse = objective.thinned(max(1, objective.columns // _COARSE_PERIODS))
    within, products = constraints, products_per_step(coarse, constraints)
    whole = products <= _PART_PRODUCTS
    if not whole:
        within = _part(constraints, chosen, _PART_PRODUCTS / products, rng)
        products = products_per_step(coarse, within)
    steps = min(_full_steps(constraints), max(3 * constraints.count, _PRODUCTS / products))
    ends, values = _Lead(coarse, within, rng, chosen).run(max(1, round(steps * effort)))
    best = ends[np.argsort(values, kind="stable")[: _FINISHERS if whole else 1]]
    finished, values = _Lead(objective, constraints, rng, best).run(_FINISH, kick=False)
    return *_least(finished, values), ends


def _least(sets: IntArray, values: FloatArray) -> tuple[float, IntArray]:
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


class _Lead:
    """Sets led on side by side, (R, n); slots of a set are by cell, and stay in theirs."""

    def __init__(
        self, objective: Objective, constraints: Constraints, rng: np.random.Generator, chosen: IntArray
    ) -> None:
        self.objective, self.rng = objective, rng
        self.cells = [cell for cell in constraints.cells if cell.count]
        self.members = [cell.members for cell in self.cells]
        counts = [cell.count for cell in self.cells]
        self.first = np.concatenate([[0], np.cumsum(counts)])
        self.cell_of = np.repeat(np.arange(len(counts)), counts)
        fixed = np.unique(np.concatenate([cell.fixed for cell in self.cells]))
        self.chosen = _fixed_first(chosen, fixed, self.first)
        self.free_slots = np.flatnonzero(~np.isin(self.chosen[0], fixed))
        self.count = int(self.first[-1])
        self.before = np.tri(_EXACT, k=-1, dtype=bool)
        self.event, self.cap = constraints.event, constraints.max_per_event
        self.events = int(self.event.max()) + 1
        features = single_precision(objective.features)
        self.features = [np.ascontiguousarray(features[:, member]) for member in self.members]
        self.values = np.ascontiguousarray(features[: objective.columns].T)
        self.place = np.full(len(objective.features), -1)
        self.sizes = np.array([len(member) for member in self.members])
        self.by_place = np.zeros((len(self.members), int(self.sizes.max(initial=0))), dtype=np.int64)
        for row, member in enumerate(self.members):
            self.place[member] = np.arange(len(member))
            self.by_place[row, : len(member)] = member

    def run(self, steps: int, *, kick: bool = True) -> tuple[IntArray, FloatArray]:
        """Lead the sets on; return the best that each came to, (R, n), and their objectives (R,).

        Without ``kick`` it ends where no swap helps any longer.
        """
        chosen = self.chosen.copy()
        rows = np.arange(len(chosen))
        now = self.objective.errors(chosen)
        best, least = chosen.copy(), now.copy()
        if not len(self.free_slots):
            return best, least
        for _ in range(steps):
            value, moved = self._best_move(chosen)
            helps = value < now - _SAME
            chosen[helps], now[helps] = moved[helps], value[helps]
            if not kick and not helps.any():
                break
            stuck = rows[~helps] if kick else rows[:0]
            if len(stuck):
                ahead = stuck[now[stuck] < least[stuck] - _SAME]
                best[ahead], least[ahead] = chosen[ahead], now[ahead]
                chosen[stuck] = self._kicked(best[stuck])
                now[stuck] = np.inf  # whatever swap is best from there is taken
        better = now < least - _SAME
        best[better], least[better] = chosen[better], now[better]
        return best, least

    def _best_move(self, chosen: IntArray) -> tuple[FloatArray, IntArray]:
        """For each set the swap, or the few swaps at once, that help most: objective (R,), set (R, n).

        Each slot's best swap is found by screening; the best of those are computed exactly, one by one and
        the first few together.
        """
        features, n = self.objective.features, self.count
        own = features[chosen]
        sums = own.sum(axis=1)
        score, record = self._screened(chosen, own, sums)
        row = np.arange(len(chosen))[:, None]
        exact = min(_EXACT, len(self.free_slots))
        slot = self.free_slots[score[:, self.free_slots].argsort(axis=1)[:, :exact]]
        leaves, enters = chosen[row, slot], record[row, slot]
        change = features[enters] - features[leaves]
        both = np.concatenate([change, change.cumsum(axis=1)], axis=1)
        values = self.objective.of_sums(sums[:, None] + both, n)
        possible = np.isfinite(score[row, slot])
        repeated = ((enters[:, :, None] == enters[:, None, :]) & self.before[:exact, :exact]).any(axis=2)
        # Together only without an earthquake limit, which each swap by itself keeps.
        together = np.logical_and.accumulate(possible & ~repeated, axis=1) & (self.cap is None)
        values[~np.concatenate([possible, together], axis=1)] = np.inf
        at = values.argmin(axis=1)
        moved = chosen.copy()
        for r, which in enumerate(at.tolist()):
            part = slice(which, which + 1) if which < exact else slice(which - exact + 1)
            moved[r, slot[r, part]] = enters[r, part]
        return values[row[:, 0], at], moved

    def _screened(self, chosen: IntArray, own: FloatArray, sums: FloatArray) -> tuple[FloatArray, IntArray]:
        """The best record to take each slot, and an estimate of the objective with it, (R, n) each."""
        sets, columns = len(chosen), self.objective.columns
        screen = self.objective.screen(sums, self.count)
        column = screen.column.astype(np.float32)
        crossed = self.values[chosen] * screen.cross.astype(np.float32)[:, None]
        score = np.matmul(own, screen.row[:, :, None])[:, :, 0] + screen.constant[:, None]
        full = self._full_events(chosen)
        record = np.empty_like(chosen)
        at_set = np.arange(sets)[:, None, None]
        for k, member in enumerate(self.members):
            slots = slice(self.first[k], self.first[k + 1])
            scores = crossed[:, slots].reshape(-1, columns) @ self.features[k][:columns]
            scores = scores.reshape(sets, -1, len(member))
            scores += (column @ self.features[k])[:, None]
            taken = self.place[chosen[:, slots]]
            scores[at_set, np.arange(taken.shape[1])[:, None], taken[:, None]] = np.inf
            if full is not None:
                scores[self._barred(full, chosen[:, slots], member)] = np.inf
            nearest = scores.argmin(axis=2)
            record[:, slots] = member[nearest]
            score[:, slots] += scores[at_set[:, :, 0], np.arange(taken.shape[1]), nearest]
        return score, record

    def _full_events(self, chosen: IntArray) -> BoolArray | None:
        """Whether no further record of an event may come in, (R, events)."""
        if self.cap is None:
            return None
        counts = np.zeros((len(chosen), self.events), dtype=np.int64)
        np.add.at(counts, (np.arange(len(chosen))[:, None], self.event[chosen]), 1)
        return counts >= self.cap

    def _barred(self, full: BoolArray, chosen: IntArray, member: IntArray) -> BoolArray:
        """Swaps (R, slots, members) that would exceed max_per_event: it is full, and none of it leaves."""
        coming = self.event[member]
        barred: BoolArray = full[:, None, coming] & (coming != self.event[chosen][:, :, None])
        return barred

    def _kicked(self, chosen: IntArray) -> IntArray:
        """Return sets (S, n) with a few records replaced by others of their cells, chosen at random."""
        if self.cap is not None:
            return np.stack([self._kicked_within_limits(one) for one in chosen])
        rng, kicked = self.rng, chosen.copy()
        count = min(_KICK, len(self.free_slots))
        slots = self.free_slots[rng.random((len(chosen), len(self.free_slots))).argsort(axis=1)[:, :count]]
        cells = self.cell_of[slots]
        places = (rng.random(slots.shape) * self.sizes[cells]).astype(np.int64)
        records = self.by_place[cells, places]
        rows = np.arange(len(chosen))
        for slot, record in zip(slots.T, records.T, strict=True):
            new = ~(kicked == record[:, None]).any(axis=1)
            kicked[rows[new], slot[new]] = record[new]
        return kicked

    def _kicked_within_limits(self, chosen: IntArray) -> IntArray:
        """One set (n,) kicked so that no earthquake has too many."""
        rng = self.rng
        kicked = chosen.copy()
        slots = rng.choice(self.free_slots, min(_KICK, len(self.free_slots)), replace=False)
        kicked[slots] = -1
        for slot in slots:
            member = self.members[self.cell_of[slot]]
            for _ in range(20):
                record = member[rng.integers(len(member))]
                if not (kicked == record).any() and self._admits(kicked, record):
                    kicked[slot] = record
                    break
            else:
                return chosen.copy()
        return kicked

    def _admits(self, chosen: IntArray, record: int) -> bool:
        others = chosen[chosen >= 0]
        return self.cap is None or int((self.event[others] == self.event[record]).sum()) < self.cap


def _fixed_first(chosen: IntArray, fixed: IntArray, first: IntArray) -> IntArray:
    """Sets with the fixed records first in each cell, so that the same slots are free in all."""
    ordered = chosen.copy()
    for start, stop in itertools.pairwise(first):
        part = chosen[:, start:stop]
        rank = np.where(np.isin(part, fixed), part, np.iinfo(np.int64).max)
        ordered[:, start:stop] = np.take_along_axis(part, rank.argsort(axis=1, kind="stable"), axis=1)
    return ordered
