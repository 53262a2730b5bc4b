"""Sweeps over the slots of many sets at once: each slot in turn goes to the record that helps most."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gmplug.selection.expansion import Expansion
from gmplug.selection.objective import Floats, Objective
from gmplug.selection.slots import Slots
from gmplug.values import IntArray

#: Sweeps end where no more than this share of the records gave way in the last: more would bring little.
_SETTLED = 0.15
#: Share of the slots that are looked at together: with more, the exchanges stand in each other's way.
_TOGETHER = 0.1
#: More scores than these are not made at a time: they would not stay in the processor's caches.
_MOST_SCORES = 400_000
#: Times that slots were looked at until sets are looked back at, where the slopes of further terms grow old.
_GROW_OLD = 2


class Sweeps:
    """Coordinate descent of sets side by side; one matrix product scores a slot's records for all sets.

    A slot goes to the record of the least score, its own among them. As scores are not exact that may do
    harm; after each sweep a set that is worse goes back to what it was. Records are counted by cell in here.
    """

    def __init__(self, objective: Objective, slots: Slots, sets: IntArray) -> None:
        self._objective, self._slots = objective, slots
        self._look_back_after = _GROW_OLD if objective.goes_further else slots.count
        self._expansion = Expansion(objective, slots.records, slots.count, len(sets))
        self._rows = np.arange(len(sets))
        self._first_of = self._rows * len(slots.records)
        self._chosen = np.ascontiguousarray(slots.number[slots.arranged(sets)].T)
        self._kept, self._values = self._chosen, np.full(len(sets), np.inf, dtype=np.float32)
        # What records add by themselves, and the same but infinite for those that are in the set.
        self._alone, self._open = np.empty((2, len(sets), len(slots.records)), dtype=np.float32)
        self._flat_alone, self._flat_open = self._alone.ravel(), self._open.ravel()
        self._look_back()

    def run(
        self, sweeps: int, rng: np.random.Generator, settled: float = _SETTLED
    ) -> tuple[IntArray, Floats]:
        """Sweep at most so often, in random orders; return the sets (R, n) and their objectives (R,).

        ``settled``: it ends where no more than this share of the records gave way in a sweep, or no set is
        better.
        """
        for _ in range(sweeps):
            changes, before = 0, self._values
            for done, block in enumerate(self._blocks(rng)):
                if done and done % self._look_back_after == 0:
                    self._look_back()
                changes += self._exchange(block)
            self._look_back()
            if changes <= settled * self._chosen.size or not (self._values < before).any():
                break
        return self._slots.records[self._chosen.T], self._values

    def _blocks(self, rng: np.random.Generator) -> Iterator[IntArray]:
        """All free slots in random order, some of one cell at a time."""
        slots, blocks = self._slots, []
        many = max(1, min(round(_TOGETHER * slots.count), _MOST_SCORES // self._alone.size))
        for free in slots.free_of:
            mine = rng.permutation(free)
            blocks += [mine[start : start + many] for start in range(0, len(mine), many)]
        return (blocks[number] for number in rng.permutation(len(blocks)).tolist())

    def _look_back(self) -> None:
        """Take back what did harm, and make the sums and what records add by themselves anew."""
        expansion = self._expansion
        expansion.begin(self._chosen)
        values = expansion.values(self._chosen)
        further = self._further()
        if further is not None:
            values += further[0]
        harmed = np.flatnonzero(values > self._values)
        if len(harmed):
            self._chosen[:, harmed] = self._kept[:, harmed]
            values[harmed] = self._values[harmed]
            expansion.begin(self._chosen)
            further = self._further()
        self._kept, self._values = self._chosen.copy(), values
        np.copyto(self._alone, expansion.alone)
        if further is not None:
            self._alone += further[1]
        np.copyto(self._open, self._alone)
        self._flat_open[self._first_of + self._chosen] = np.inf

    def _further(self) -> tuple[Floats, Floats] | None:
        """What skewness and correlation add to the sets (R,), and by their slopes each record, (R, N)."""
        objective = self._objective
        if not objective.goes_further:
            return None
        features = objective.features[self._slots.records]
        sums = features[self._chosen].sum(axis=0)
        value, slopes = objective.further(sums, self._slots.count, slopes=True)
        return value.astype(np.float32), (slopes @ features.T).astype(np.float32)

    def _exchange(self, block: IntArray) -> int:
        """Give some slots of each set to the records of the least scores: in how many it is another."""
        cell = self._slots.cell_of[block[0]]
        span, leaves = self._slots.spans[cell], self._chosen[block]
        own, each = self._first_of + leaves, np.arange(len(block))[:, None]
        scores = self._expansion.scores(leaves, span)
        staying = scores[each, self._rows, leaves - span.start] + self._flat_alone[own]
        np.add(scores, self._open[:, span], out=scores)
        scores[each, self._rows, leaves - span.start] = staying
        for number, slot in enumerate(block.tolist()):
            if self._slots.cap is not None:
                sets = self._slots.records[self._chosen.T]
                scores[number][self._slots.barred(sets, slice(slot, slot + 1), cell)[:, 0]] = np.inf
            enters = scores[number].argmin(axis=1)
            for later in scores[number + 1 :]:
                later[self._rows, enters] = np.inf
            self._chosen[slot] = enters + span.start
        enters = self._chosen[block]
        self._flat_open[own] = self._flat_alone[own]
        self._flat_open[self._first_of + enters] = np.inf
        self._expansion.exchange(enters)
        return int(np.count_nonzero(enters != leaves))
