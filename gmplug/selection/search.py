"""Search for the set of records with the smallest objective: best swaps, and kicks out of their dead ends."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from gmplug.selection.constraints import Cell, Constraints, draw_feasible
from gmplug.selection.objective import Objective, single_precision
from gmplug.values import BoolArray, FloatArray, IntArray

#: Independent streams of random numbers, and sets that each leads on side by side. Fixed, so that the number
#: of workers makes no difference.
STREAMS, SETS_PER_STREAM = 4, 4
#: Records exchanged at random where no swap helps any longer.
_KICK = 3
#: Swaps per set and step whose objective is computed exactly, of those that screen best.
_EXACT = 5
#: Steps of a stream, and the largest number of products they may take where candidates are many.
_STEPS, _PRODUCTS = 400, 4e8
#: Beyond this number of products per set and step, streams look at a random part of the candidates first.
_PART_PRODUCTS = 4e6
#: Steps on all candidates after that.
_FINISH = 30
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
    told: Callable[[int, float], None] | None = None,
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
        Called with the number of searches done and the best objective.
    """
    seeds = np.random.SeedSequence(seed).spawn(STREAMS)
    best: list[tuple[float, IntArray, IntArray]] = []

    def one(number: int) -> tuple[float, IntArray, IntArray]:
        given = None if starts is None else starts[number::STREAMS][:SETS_PER_STREAM]
        return _stream(objective, constraints, np.random.default_rng(seeds[number]), effort, given)

    # One thread per product: they are small, and threads that wait for a busy core cost more than they bring.
    with threadpool_limits(limits=1), ThreadPoolExecutor(max(1, min(workers, STREAMS))) as pool:
        for done, end in enumerate(pool.map(one, range(STREAMS)), start=1):
            best.append(end)
            if told is not None:
                told(done, min(value for value, _, _ in best))
    value, chosen, _ = min(best, key=lambda end: (round(end[0], 9), end[1].tolist()))
    return Found(_by_position(chosen, constraints), value, np.concatenate([ends for _, _, ends in best]))


def _by_position(chosen: IntArray, constraints: Constraints) -> IntArray:
    """A set with each cell's records in rising order."""
    stops = np.cumsum([cell.count for cell in constraints.cells])[:-1]
    return np.concatenate([np.sort(part) for part in np.split(chosen, stops)])


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
    sets = [draw_feasible(constraints, rng) for _ in range(SETS_PER_STREAM)]
    if given is not None:
        sets[: len(given)] = list(given)
    chosen = np.stack(sets)
    within = constraints
    products = products_per_step(objective, constraints)
    whole = products <= _PART_PRODUCTS
    if not whole:
        within = _part(constraints, chosen, _PART_PRODUCTS / products, rng)
        products = products_per_step(objective, within)
    least = 3 * constraints.count
    steps = round(max(least, min(_STEPS, _PRODUCTS / products)) * effort)
    lead = _Lead(objective, within, rng, chosen)
    ends, values = lead.run(max(steps, 1))
    if not whole:
        best = ends[[int(np.argmin(values))]]
        lead = _Lead(objective, constraints, rng, best)
        ends, values = lead.run(_FINISH)
    least_at = min(range(len(ends)), key=lambda r: (round(float(values[r]), 9), ends[r].tolist()))
    return float(values[least_at]), ends[least_at], ends


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
        self.event, self.cap = constraints.event, constraints.max_per_event
        self.events = int(self.event.max()) + 1
        features = single_precision(objective.features)
        self.features = [np.ascontiguousarray(features[:, member]) for member in self.members]
        self.values = np.ascontiguousarray(features[: objective.columns].T)
        self.place = np.full(len(objective.features), -1)
        for member in self.members:
            self.place[member] = np.arange(len(member))

    def run(self, steps: int) -> tuple[IntArray, FloatArray]:
        """Lead the sets on; return the best that each came to, (R, n), and their objectives (R,)."""
        chosen = self.chosen.copy()
        rows = np.arange(len(chosen))
        now = self.objective.errors(chosen)
        best, least = chosen.copy(), now.copy()
        if not len(self.free_slots):
            return best, least
        for _ in range(steps):
            value, slot, record = self._best_swap(chosen)
            helps = value < now - _SAME
            at = rows[helps]
            chosen[at, slot[at]] = record[at]
            now[at] = value[at]
            stuck = rows[~helps]
            for row in stuck:
                if now[row] < least[row] - _SAME:
                    best[row], least[row] = chosen[row], now[row]
                chosen[row] = self._kicked(best[row])
            if len(stuck):
                now[stuck] = self.objective.errors(chosen[stuck])
        better = now < least - _SAME
        best[better], least[better] = chosen[better], now[better]
        return best, least

    def _best_swap(self, chosen: IntArray) -> tuple[FloatArray, IntArray, IntArray]:
        """For each set the swap that helps most, as far as screening tells: value, slot, record, (R,)."""
        sets, n = chosen.shape
        features = self.objective.features
        sums = features[chosen].sum(axis=1)
        screen = self.objective.screen(sums, n)
        column = screen.column.astype(np.float32)
        crossed = self.values[chosen] * screen.cross.astype(np.float32)[:, None]
        out = np.einsum("rnd,rd->rn", features[chosen], screen.row) + screen.constant[:, None]
        full = self._full_events(chosen)
        record = np.empty_like(chosen)
        score = np.empty(chosen.shape)
        columns = self.objective.columns
        for k, member in enumerate(self.members):
            slots = slice(self.first[k], self.first[k + 1])
            scores = (crossed[:, slots].reshape(-1, columns) @ self.features[k][:columns]).reshape(
                sets, -1, len(member)
            )
            scores += (column @ self.features[k])[:, None]
            taken = self.place[chosen[:, slots]]
            scores[np.arange(sets)[:, None, None], np.arange(taken.shape[1])[:, None], taken[:, None]] = (
                np.inf
            )
            if full is not None:
                scores[self._barred(full, chosen[:, slots], member)] = np.inf
            nearest = scores.argmin(axis=2)
            record[:, slots] = member[nearest]
            score[:, slots] = np.take_along_axis(scores, nearest[..., None], axis=2)[..., 0]
        score += out
        free = score[:, self.free_slots]
        exact = min(_EXACT, free.shape[1])
        slot = self.free_slots[np.argpartition(free, exact - 1, axis=1)[:, :exact]]
        leaves, enters = np.take_along_axis(chosen, slot, 1), np.take_along_axis(record, slot, 1)
        values = self.objective.of_sums(sums[:, None] - features[leaves] + features[enters], n)
        values[~np.isfinite(np.take_along_axis(score, slot, 1))] = np.inf
        at = values.argmin(axis=1)
        rows = np.arange(sets)
        return values[rows, at], slot[rows, at], enters[rows, at]

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
        """Return a set with a few records taken out and others of their cells put in, chosen at random."""
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
        if self.cap is None:
            return True
        others = chosen[chosen >= 0]
        return int((self.event[others] == self.event[record]).sum()) < self.cap


def _fixed_first(chosen: IntArray, fixed: IntArray, first: IntArray) -> IntArray:
    """Sets with the fixed records first in each cell, so that the same slots are free in all."""
    ordered = chosen.copy()
    for start, stop in itertools.pairwise(first):
        part = chosen[:, start:stop]
        rank = np.where(np.isin(part, fixed), part, np.iinfo(np.int64).max)
        ordered[:, start:stop] = np.take_along_axis(part, rank.argsort(axis=1, kind="stable"), axis=1)
    return ordered
