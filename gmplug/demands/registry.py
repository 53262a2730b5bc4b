"""The demands in use: gmplug's own, and those of the installed plugins and the study's scripts.

:class:`gmplug.host.Host` puts its demands in use. A program that has made no host has gmplug's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gmplug.demands.builtin import BUILTIN
from gmplug.demands.demand import Demand

_in_use: dict[str, Demand] = {one.name: one for one in BUILTIN}


def demands() -> Mapping[str, Demand]:
    """Return the demands in use by their name."""
    return _in_use


def use_demands(found: Iterable[Demand]) -> None:
    """Put demands in use, in place of those before."""
    global _in_use
    _in_use = {one.name: one for one in found}


def demand_of_column(column: str) -> Demand | None:
    """Return the demand that a column of demands.csv is of, None for one that is not known."""
    return next((d for d in _in_use.values() if column == d.column or d.place(column) is not None), None)


def column_title(column: str) -> str:
    """Return a column of demands.csv for people; one that is not known as it is."""
    demand = demand_of_column(column)
    if demand is None:
        return column
    place = demand.place(column)
    if place is None:
        return demand.label
    axis, level = place
    return f"{demand.label}, {demand.numbered} {level}{f' ({axis})' if axis else ''}"
