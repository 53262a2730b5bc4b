"""What a selection has to keep to: quotas of cells, records in and out, and per earthquake; can it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gmplug.errors import InputError
from gmplug.values import IntArray


@dataclass(frozen=True)
class Cell:
    """Records of which ``count`` are taken; ``members`` (positions) leaves excluded records out.

    ``fixed`` are those that are in for certain; ``size`` counts the excluded ones too.
    """

    name: str
    members: IntArray
    count: int
    fixed: IntArray
    size: int

    @property
    def free(self) -> IntArray:
        """Members that are not fixed."""
        return np.setdiff1d(self.members, self.fixed) if len(self.fixed) else self.members


@dataclass(frozen=True)
class Constraints:
    """Cells, the earthquake of each candidate (N,) as a number, and how many of one may be taken (None: any).

    ``relax`` is a further remedy where they cannot be met.
    """

    cells: tuple[Cell, ...]
    event: IntArray
    event_names: tuple[str, ...] = ()
    max_per_event: int | None = None
    relax: str = ""

    @property
    def count(self) -> int:
        """Records to take."""
        return sum(cell.count for cell in self.cells)


def check_feasible(constraints: Constraints, where: str) -> None:
    """Raise InputError, saying which constraint binds and what would relax it, where no set satisfies all."""
    for cell in constraints.cells:
        if len(cell.fixed) > cell.count:
            raise InputError(
                f"{where}: include names {len(cell.fixed)} records of {cell.name}, whose quota is "
                f"{cell.count}; shorten include or raise count{constraints.relax}"
            )
        if len(cell.members) < cell.count:
            out = cell.size - len(cell.members)
            because = f", {out} of {cell.size} left out by exclude or scale_factor" if out else ""
            remedy = "shorten exclude, widen scale_factor" if out else "widen [preselection]"
            raise InputError(
                f"{where}: {cell.name} must give {cell.count} records and has {len(cell.members)}{because}; "
                f"{remedy} or lower count{constraints.relax}"
            )
    if constraints.max_per_event is not None:
        _check_events(constraints, constraints.max_per_event, where)


def _check_events(constraints: Constraints, cap: int, where: str) -> None:
    taken = _fixed_per_event(constraints)
    over = np.flatnonzero(taken > cap)
    if len(over):
        name = constraints.event_names[over[0]]
        raise InputError(
            f"{where}: include names {taken[over[0]]} records of '{name}', and max_per_event is {cap}; raise "
            f"max_per_event to {int(taken.max())} or shorten include"
        )
    flow = _Flow(constraints, cap)
    _, short, binding = flow.solve()
    if short == 0:
        return
    names = [constraints.cells[i].name for i in binding]
    needed = sum(constraints.cells[i].count for i in binding)
    events = int(flow.of_cell[binding].any(axis=0).sum())
    largest = int(np.bincount(constraints.event).max())
    enough = next((m for m in range(cap + 1, largest + 1) if _Flow(constraints, m).solve()[1] == 0), None)
    remedy = f"raise max_per_event to {enough}, " if enough else ""
    raise InputError(
        f"{where}: max_per_event = {cap} cannot hold: {' and '.join(names)} "
        f"must give {needed} records and can give "
        f"{needed - short} from {events} earthquakes; {remedy}lower count or "
        f"widen [preselection]{constraints.relax}"
    )


def _fixed_per_event(constraints: Constraints) -> IntArray:
    fixed = np.concatenate([cell.fixed for cell in constraints.cells]).astype(np.int64)
    return np.bincount(constraints.event[fixed], minlength=int(constraints.event.max()) + 1)


class _Flow:
    """Source to cells (free quota), cells to events (free records of both), events to sink (what is left)."""

    def __init__(self, constraints: Constraints, cap: int) -> None:
        cells, self.events = len(constraints.cells), int(constraints.event.max()) + 1
        self.offered = np.zeros((cells, self.events), dtype=np.int64)
        self.wanted = np.zeros(cells, dtype=np.int64)
        self.of_cell = np.zeros((cells, self.events), dtype=bool)
        for i, cell in enumerate(constraints.cells):
            free = cell.free
            self.offered[i] = np.bincount(constraints.event[free], minlength=self.events)
            self.of_cell[i] = np.bincount(constraints.event[cell.members], minlength=self.events) > 0
            self.wanted[i] = cell.count - len(cell.fixed)
        self.left = np.maximum(cap - _fixed_per_event(constraints), 0)

    def solve(self, rng: np.random.Generator | None = None) -> tuple[IntArray, int, list[int]]:
        """Find the largest flow; ``rng`` shuffles the events, so that another one of them is found.

        Returns
        -------
        records each cell takes of each event, (cells, events), fixed ones apart; how many are missing; the
        positions of the cells that bind where some are
        """
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import breadth_first_order, maximum_flow

        order = np.arange(self.events) if rng is None else rng.permutation(self.events)
        cells, sink = len(self.wanted), 1 + len(self.wanted) + self.events
        c, e = np.nonzero(self.offered[:, order])
        tail = np.concatenate([np.zeros(cells, int), 1 + c, 1 + cells + np.arange(self.events)])
        head = np.concatenate([1 + np.arange(cells), 1 + cells + e, np.full(self.events, sink)])
        capacity = np.concatenate([self.wanted, self.offered[:, order][c, e], self.left[order]])
        graph = csr_array(
            (capacity.astype(np.int32), (tail, head)), shape=(sink + 1, sink + 1), dtype=np.int32
        )
        flow = maximum_flow(graph, 0, sink)
        moved = flow.flow.toarray()[1 : cells + 1, cells + 1 : sink]
        take = np.zeros_like(self.offered)
        take[:, order] = np.maximum(moved, 0)
        short = int(self.wanted.sum() - flow.flow_value)
        if not short:
            return take, 0, []
        # Cells that can still be reached once the flow is taken off lie on the near side of the smallest cut.
        residual = csr_array(graph - flow.flow)
        residual.eliminate_zeros()
        reached = breadth_first_order(residual, 0, return_predecessors=False)
        return take, short, sorted(int(node) - 1 for node in reached if 1 <= node <= cells)


def draw_feasible(constraints: Constraints, sets: int, rng: np.random.Generator) -> IntArray:
    """Draw sets that satisfy the constraints, shape (sets, n): by cell, the fixed records first."""
    cells = [(cell, cell.free) for cell in constraints.cells]
    drawn = [
        np.concatenate(
            [np.tile(cell.fixed, (sets, 1)), rng.permuted(np.tile(free, (sets, 1)), axis=1)], axis=1
        )[:, : cell.count]
        for cell, free in cells
    ]
    chosen = np.concatenate(drawn, axis=1).astype(np.int64)
    if constraints.max_per_event is not None:
        flow = _Flow(constraints, constraints.max_per_event)
        for one in chosen:
            one[:] = _by_flow(constraints, flow.solve(rng)[0], rng)
    return chosen


def _by_flow(constraints: Constraints, take: IntArray, rng: np.random.Generator) -> IntArray:
    """A set (n,) with as many records of each cell and event as in the flow, chosen at random."""
    chosen = []
    for i, cell in enumerate(constraints.cells):
        free = rng.permutation(cell.free)
        event = constraints.event[free]
        order = np.argsort(event, kind="stable")
        rank = np.empty(len(free), dtype=np.int64)
        rank[order] = np.arange(len(free)) - np.searchsorted(event[order], event[order])
        chosen.append(np.concatenate([cell.fixed, free[rank < take[i, event]]]))
    return np.concatenate(chosen).astype(np.int64)
