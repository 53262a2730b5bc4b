"""Sets of records as rows of slots: which records may take which slot, and kicks at random."""

from __future__ import annotations

import itertools

import numpy as np

from gmplug.selection.constraints import Constraints
from gmplug.values import BoolArray, IntArray

#: Tries to find a record for a slot within the earthquake limit.
_TRIES = 20


class Slots:
    """Slots of a set by cell; the records of a cell are the same to all of its slots.

    Attributes
    ----------
    cell_of, free, free_of
        The cell of each slot (n,); those whose records are not fixed, all and by cell.
    members, parts
        Of each cell, its records and the slice of its slots.
    records, spans, number
        The records by cell; of each cell, the slice of its own; the place of each record among them, (N,).
    """

    def __init__(self, constraints: Constraints) -> None:
        cells = [cell for cell in constraints.cells if cell.count]
        first = np.concatenate([[0], np.cumsum([cell.count for cell in cells])]).astype(int)
        self.count = int(first[-1])
        self.parts = [slice(start, stop) for start, stop in itertools.pairwise(first.tolist())]
        self.cell_of = np.repeat(np.arange(len(cells)), [cell.count for cell in cells])
        self.members = [cell.members for cell in cells]
        self.fixed = np.unique(np.concatenate([cell.fixed for cell in constraints.cells])).astype(np.int64)
        held = [len(cell.fixed) for cell in cells]
        self.free_of = [
            np.arange(part.start + many, part.stop) for part, many in zip(self.parts, held, strict=True)
        ]
        self.free = np.concatenate(self.free_of).astype(np.int64)
        self.event, self.cap = constraints.event, constraints.max_per_event
        self._events = int(self.event.max()) + 1
        self._sizes = np.array([len(member) for member in self.members])
        self.records = np.concatenate(self.members)
        ends = np.concatenate([[0], np.cumsum(self._sizes)])
        self.spans = [slice(start, stop) for start, stop in itertools.pairwise(ends.tolist())]
        self._starts = ends[:-1]
        self.number = np.full(len(self.event), -1)
        self.number[self.records] = np.arange(len(self.records))

    def arranged(self, sets: IntArray) -> IntArray:
        """Sets (R, n) by cell, the fixed records first in each, so that the same slots are free in all."""
        ordered = sets.copy()
        for part in self.parts if len(self.fixed) else ():
            mine = sets[:, part]
            rank = np.where(np.isin(mine, self.fixed), mine, np.iinfo(np.int64).max)
            ordered[:, part] = np.take_along_axis(mine, rank.argsort(axis=1, kind="stable"), axis=1)
        return ordered

    def event_counts(self, sets: IntArray) -> IntArray:
        """Records of each earthquake, (R, events)."""
        counts = np.zeros((len(sets), self._events), dtype=np.int64)
        np.add.at(counts, (np.arange(len(sets))[:, None], self.event[sets]), 1)
        return counts

    def barred(self, sets: IntArray, slots: IntArray | slice, cell: int) -> BoolArray:
        """Members of a cell that would exceed max_per_event, which there is, in slots of it.

        Shape (R, slots, members). Their earthquake is full, and the record that leaves is not of it.
        """
        assert self.cap is not None
        coming = self.event[self.members[cell]]
        full = self.event_counts(sets)[:, coming] >= self.cap
        barred: BoolArray = full[:, None] & (coming != self.event[sets[:, slots]][:, :, None])
        return barred

    def kicked(self, sets: IntArray, many: int, rng: np.random.Generator) -> IntArray:
        """Sets (S, n) with a few records replaced by others of their cells, chosen at random."""
        if self.cap is not None:
            return np.stack([self._kicked_within_limits(one, many, rng) for one in sets])
        kicked = sets.copy()
        order = rng.random((len(sets), len(self.free))).argsort(axis=1)
        slots = self.free[order[:, :many]]
        cells = self.cell_of[slots]
        places = (rng.random(slots.shape) * self._sizes[cells]).astype(np.int64)
        records = self.records[self._starts[cells] + places]
        rows = np.arange(len(sets))
        for slot, record in zip(slots.T, records.T, strict=True):
            new = ~(kicked == record[:, None]).any(axis=1)
            kicked[rows[new], slot[new]] = record[new]
        return kicked

    def _kicked_within_limits(self, one: IntArray, many: int, rng: np.random.Generator) -> IntArray:
        """One set (n,) kicked so that no earthquake has too many; as it was where tries do not suffice."""
        kicked = one.copy()
        slots = rng.choice(self.free, min(many, len(self.free)), replace=False)
        kicked[slots] = -1
        for slot in slots:
            member = self.members[self.cell_of[slot]]
            for _ in range(_TRIES):
                record = member[rng.integers(len(member))]
                if not (kicked == record).any() and self._admits(kicked, record):
                    kicked[slot] = record
                    break
            else:
                return one.copy()
        return kicked

    def _admits(self, chosen: IntArray, record: int) -> bool:
        others = chosen[chosen >= 0]
        return self.cap is None or int((self.event[others] == self.event[record]).sum()) < self.cap
