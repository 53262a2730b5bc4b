"""Sweeps over the slots of many sets at once: each slot in turn goes to the record that helps most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gmplug.selection.objective import Floats, Objective, Tangents, single_precision
from gmplug.selection.slots import Slots
from gmplug.values import BoolArray, FloatArray, IntArray

#: Sweeps end where no more than this share of the records gave way in the last: more would bring little.
_SETTLED = 0.15
#: Slots after which sets are compared with what they were and the tangents are laid anew: so many, and no
#: more than this share.
_ANEW, _ANEW_SHARE = 3, 1 / 5


@dataclass(frozen=True)
class _State:
    """Sets (R, n) with their sums (R, D), objectives (R,) and tangents; see :class:`Screen`."""

    objective: Floats
    chosen: IntArray
    sums: Floats
    cross: Floats
    alone: Floats

    def unless(self, harmed: BoolArray, before: _State) -> _State:
        """The same with some of the sets as they were before."""
        rows = harmed[:, None]
        return _State(
            np.where(harmed, before.objective, self.objective),
            np.where(rows, before.chosen, self.chosen),
            np.where(rows, before.sums, self.sums),
            np.where(rows, before.cross, self.cross),
            np.where(rows, before.alone, self.alone),
        )


class Sweeps:
    """Coordinate descent of sets side by side; one matrix product screens a slot's records for all sets.

    A slot goes to the record of the least score, its own among them. As scores are bounds, by tangents that
    are a few slots old, that may do harm; every few slots a set that is worse goes back to what it was.
    """

    def __init__(self, objective: Objective, slots: Slots, sets: IntArray) -> None:
        self._objective, self._slots = objective, slots
        self._features = objective.features.astype(np.float32)
        self._by_cell = slots.columns_by_cell(single_precision(objective.features))
        self._values = [features[: objective.columns] for features in self._by_cell]
        self._first_of = [np.arange(len(sets)) * len(member) for member in slots.members]
        self._chosen = slots.arranged(sets)
        self._sums = self._features[self._chosen].sum(axis=1)
        self._tangents = Tangents(objective, slots.count)
        self._kept: _State | None = None

    def run(
        self, sweeps: int, rng: np.random.Generator, settled: float = _SETTLED
    ) -> tuple[IntArray, FloatArray]:
        """Sweep at most so often, in random orders; return the sets (R, n) and their objectives (R,).

        ``settled``: it ends where no more than this share of the records gave way in a sweep, or no set is
        better.
        """
        block = max(1, min(_ANEW, int(self._slots.count * _ANEW_SHARE)))
        before = self._look_back()
        for _ in range(sweeps):
            order, gave_way, after = rng.permutation(self._slots.free), 0, before
            for start in range(0, len(order), block):
                for slot in order[start : start + block].tolist():
                    gave_way += self._exchange(slot)
                after = self._look_back()
            if gave_way <= settled * self._chosen.size or not (after < before).any():
                break
            before = after
        return self._chosen, self._objective.errors(self._chosen)

    def _look_back(self) -> Floats:
        """Take back what did harm and lay the tangents; return the objectives (R,).

        The tangents give what a record scores by itself, infinite where it is in the set.
        """
        screen = self._tangents.lay(self._sums)
        state = _State(screen.objective, self._chosen, self._sums, screen.cross, screen.alone)
        if self._kept is not None:
            harmed = state.objective > self._kept.objective
            if harmed.any():
                state = state.unless(harmed, self._kept)
        self._kept = state
        self._chosen, self._sums, self._cross = state.chosen.copy(), state.sums, state.cross
        self._alone = [state.alone @ features for features in self._by_cell]
        self._open = [scores.copy() for scores in self._alone]
        for cell, part in enumerate(self._slots.parts):
            taken = self._slots.place[self._chosen[:, part]] + self._first_of[cell][:, None]
            self._open[cell].ravel()[taken] = np.inf
        return state.objective

    def _exchange(self, slot: int) -> int:
        """Give one slot of each set to the record of the least score: in how many it is another."""
        slots, chosen, features = self._slots, self._chosen, self._features
        cell = int(slots.cell_of[slot])
        free, first_of = self._open[cell], self._first_of[cell]
        flat = free.ravel()
        leaves = chosen[:, slot].copy()
        own = first_of + slots.place[leaves]
        flat[own] = self._alone[cell].ravel()[own]
        rest = self._sums - features[leaves]
        scores = (rest[:, : self._objective.columns] * self._cross) @ self._values[cell]
        scores += free
        barred = slots.barred(chosen, slice(slot, slot + 1), cell)
        if barred is not None:
            scores[barred[:, 0]] = np.inf
        at = scores.argmin(axis=1)
        flat[first_of + at] = np.inf
        enters = slots.members[cell][at]
        rest += features[enters]
        self._sums = rest
        chosen[:, slot] = enters
        return int(np.count_nonzero(enters != leaves))
