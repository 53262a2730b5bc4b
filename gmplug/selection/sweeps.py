"""Sweeps over the slots of many sets at once: each slot in turn goes to the record that helps most."""

from __future__ import annotations

import numpy as np

from gmplug.selection.objective import Objective, single_precision
from gmplug.selection.slots import Slots
from gmplug.values import FloatArray, IntArray

#: Sweeps end where no more than this share of the records gave way in the last: more would bring little.
_SETTLED = 0.15


class Sweeps:
    """Coordinate descent of sets side by side; one matrix product screens a slot's records for all sets."""

    def __init__(self, objective: Objective, slots: Slots, sets: IntArray) -> None:
        self._objective, self._slots = objective, slots
        self._features = slots.columns_by_cell(single_precision(objective.features))
        self._rows = np.arange(len(sets))
        self._chosen = slots.arranged(sets)
        self._sums = objective.features[self._chosen].sum(axis=1)
        self._now = objective.of_sums(self._sums, slots.count)

    def run(
        self, sweeps: int, rng: np.random.Generator, settled: float = _SETTLED
    ) -> tuple[IntArray, FloatArray]:
        """Sweep at most so often, in random orders; return the sets (R, n) and their objectives (R,).

        ``settled``: it ends where no more than this share of the records gave way in a sweep.
        """
        for _ in range(sweeps):
            gave_way = sum(self._exchange(slot) for slot in rng.permutation(self._slots.free).tolist())
            if gave_way <= settled * self._chosen.size:
                break
        return self._chosen, self._now

    def _exchange(self, slot: int) -> int:
        """Give one slot of each set to the record that screens best, where it helps: in how many it does."""
        objective, slots, chosen = self._objective, self._slots, self._chosen
        cell = int(slots.cell_of[slot])
        leaves = objective.features[chosen[:, slot]]
        screen = objective.screen(self._sums, slots.count)
        coefficients = screen.in_place_of(leaves[:, : objective.columns])
        scores = coefficients.astype(np.float32) @ self._features[cell]
        scores[self._rows[:, None], slots.place[chosen[:, slots.parts[cell]]]] = np.inf
        barred = slots.barred(chosen, slice(slot, slot + 1), cell)
        if barred is not None:
            scores[barred[:, 0]] = np.inf
        at = scores.argmin(axis=1)
        enters = slots.members[cell][at]
        sums = self._sums + (objective.features[enters] - leaves)
        value = objective.of_sums(sums, slots.count)
        helps = np.flatnonzero((value < self._now) & np.isfinite(scores[self._rows, at]))
        chosen[helps, slot] = enters[helps]
        self._sums[helps], self._now[helps] = sums[helps], value[helps]
        return len(helps)
