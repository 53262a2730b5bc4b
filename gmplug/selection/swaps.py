"""Swaps of one record for another in many sets at once: the best of all of a set's swaps, step by step."""

from __future__ import annotations

import numpy as np

from gmplug.selection.objective import Floats, Objective, Tangents, single_precision
from gmplug.selection.slots import Slots
from gmplug.values import BoolArray, FloatArray, IntArray

#: Swaps per set and step whose objective is computed exactly, of those that screen best.
_EXACT = 8
#: Steps for which a record that left stays out, and one that came stays in: a range to draw from.
_STAYS_OUT, _STAYS_IN = (2, 5), (2, 4)
#: Steps without a new best after which a set goes on from there, a few records exchanged at random: at most,
#: and so that there is time for so many.
_PATIENCE, _LEAST_KICKS, _KICK = 60, 3, 3
#: Steps after which sums are made anew, so that rounding does not add up.
_ANEW = 64
#: Objectives that are as near as this ratio are the same: rounding does not decide.
_SAME = 1.0 - 2e-6


class Swaps:
    """Sets led on side by side, (R, n). All swaps of a set are screened by one matrix product per cell.

    Records are counted by cell in here: those of a cell are next to one another.
    """

    def __init__(self, objective: Objective, slots: Slots, sets: IntArray) -> None:
        self._objective, self._slots = objective, slots
        self._tangents = Tangents(objective, slots.count)
        self._records, self._number = slots.records, slots.number
        self._features = single_precision(objective.features[self._records])
        self._by_feature = single_precision(self._features.T)
        self._values = np.ascontiguousarray(self._features[:, : objective.columns])
        self._rows = np.arange(len(sets))[:, None]
        self._fixed = np.delete(np.arange(slots.count), slots.free)
        self._chosen = self._number[slots.arranged(sets)]
        self._renew()
        self._now = self._tangents.values(self._sums)

    def descend(self, steps: int) -> tuple[IntArray, FloatArray]:
        """Take the best swaps until none helps, at most so many; return the sets and their objectives."""
        for _ in range(steps if len(self._slots.free) else 0):
            slot, enters, value = self._best(None, None)
            helps = value < self._now * _SAME
            if not helps.any():
                break
            self._move(np.flatnonzero(helps), slot, enters, value)
            self._renew()
        sets = self._records[self._chosen]
        return sets, self._objective.errors(sets)

    def lead(self, steps: int, rng: np.random.Generator) -> tuple[IntArray, FloatArray]:
        """Take the best swap at each step, be it worse, but none that undoes a recent one (tabu search).

        After Glover (1989), "Tabu search, part I", ORSA J. Comput. 1(3):190-206. Returns the best set that
        each came to, (R, n), and their objectives (R,).
        """
        best, least = self._chosen.copy(), self._now.copy()
        if not len(self._slots.free):
            return self._records[best], least.astype(float)
        sets, every = len(best), self._rows[:, 0]
        out_until = np.zeros((sets, len(self._records)), dtype=np.int32)
        in_until = np.zeros((sets, self._slots.count), dtype=np.int32)
        since = np.zeros(sets, dtype=np.int64)
        patience = min(_PATIENCE, steps // _LEAST_KICKS)
        stay_out = rng.integers(*_STAYS_OUT, size=(steps, sets))
        stay_in = rng.integers(*_STAYS_IN, size=(steps, sets))
        for step in range(steps):
            slot, enters, value = self._best(out_until > step, in_until > step)
            possible = np.flatnonzero(np.isfinite(value))
            out_until[possible, self._chosen[possible, slot[possible]]] = step + stay_out[step, possible]
            in_until[possible, slot[possible]] = step + stay_in[step, possible]
            self._move(possible, slot, enters, value)
            better = self._now < least * _SAME
            best[better], least[better] = self._chosen[better], self._now[better]
            since = np.where(better, 0, since + 1)
            stuck = every[since > patience]
            if len(stuck):
                kicked = self._slots.kicked(self._records[best[stuck]], _KICK, rng)
                self._restart(stuck, self._number[kicked])
                since[stuck] = 0
            elif step % _ANEW == _ANEW - 1:
                self._renew()
        return self._records[best], least.astype(float)

    def _restart(self, which: IntArray, sets: IntArray) -> None:
        self._chosen[which] = sets
        self._sums[which] = self._features[sets].sum(axis=1)
        self._now[which] = self._tangents.values(self._sums[which])

    def _renew(self) -> None:
        self._sums = self._features[self._chosen].sum(axis=1)

    def _move(self, which: IntArray, slot: IntArray, enters: IntArray, value: FloatArray) -> None:
        """Carry out the swaps of some sets."""
        features, slots, comes = self._features, slot[which], enters[which]
        self._sums[which] += features[comes] - features[self._chosen[which, slots]]
        self._chosen[which, slots] = comes
        self._now[which] = value[which]

    def _best(
        self, stays_out: BoolArray | None, stays_in: BoolArray | None
    ) -> tuple[IntArray, IntArray, FloatArray]:
        """The best swap of each set: slot, the record that enters, the objective (infinite: there is none).

        Each slot's best record is found by screening; the best of those swaps are computed exactly.
        """
        features, chosen, rows = self._features, self._chosen, self._rows
        score, record = self._screened(stays_out)
        if stays_in is not None:
            score[stays_in] = np.inf
        if len(self._fixed):
            score[:, self._fixed] = np.inf
        slot = score.argsort(axis=1)[:, :_EXACT]
        leaves, enters = chosen[rows, slot], record[rows, slot]
        change = features[enters] - features[leaves]
        values = self._tangents.values(self._sums[:, None] + change)
        values[~np.isfinite(score[rows, slot])] = np.inf
        at = values.argmin(axis=1)
        every = rows[:, 0]
        return slot[every, at], enters[every, at], values[every, at]

    def _screened(self, stays_out: BoolArray | None) -> tuple[Floats, IntArray]:
        """Score of the best record to take each slot, and that record, (R, n) each."""
        slots, chosen, rows = self._slots, self._chosen, self._rows
        sets, columns = len(chosen), self._objective.columns
        screen = self._tangents.lay(self._sums)
        both = screen.ends() @ self._by_feature
        entering, leaving = both[:sets], both[sets:]
        entering[rows, chosen] = np.inf
        if stays_out is not None:
            entering[stays_out] = np.inf
        crossed = self._values[chosen] * -screen.cross[:, None]
        score, record = np.empty(chosen.shape, dtype=np.float32), np.empty_like(chosen)
        for cell, (part, members) in enumerate(zip(slots.parts, slots.spans, strict=True)):
            scores = crossed[:, part].reshape(-1, columns) @ self._by_feature[:columns, members]
            scores = scores.reshape(sets, part.stop - part.start, -1)
            scores += entering[:, None, members]
            if slots.cap is not None:
                scores[slots.barred(self._records[chosen], part, cell)] = np.inf
            at = scores.argmin(axis=2)
            score[:, part] = np.take_along_axis(scores, at[:, :, None], axis=2)[:, :, 0]
            record[:, part] = at + members.start
        score += leaving[rows, chosen]
        return score, record
