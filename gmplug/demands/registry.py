"""The demands in use, and what a column of demands.csv is."""

from __future__ import annotations

from gmplug.demands.builtin import BUILTIN
from gmplug.demands.demand import Demand
from gmplug.registry import Registry

_DEMANDS = Registry(BUILTIN, key=lambda demand: demand.name)
#: The demands in use by their name.
demands = _DEMANDS.in_use
#: Puts demands in use, in place of those before.
use_demands = _DEMANDS.use


def demand_of_column(column: str) -> Demand | None:
    """Return the demand that a column of demands.csv is of, None for one that is not known."""
    known = demands().values()
    return next((d for d in known if d.direction(column) is not None or d.place(column) is not None), None)


def column_title(column: str) -> str:
    """Return a column of demands.csv for people; one that is not known as it is."""
    demand = demand_of_column(column)
    if demand is None:
        return column
    place = demand.place(column)
    axis = demand.direction(column) if place is None else place[0]
    level = "" if place is None else f", {demand.numbered} {place[1]}"
    return f"{demand.label}{level}{f' ({axis})' if axis else ''}"
