"""Which buildings share a selection: the same scenario, nearly the same level, nearly the same period."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gmplug.portfolio.buildings import Building
from gmplug.portfolio.schema import SharingSection

#: Tolerance for rounding of the distance from the middle.
_SLACK = 1e-9


@dataclass(frozen=True)
class SharedSelection:
    """One selection and the buildings it is for.

    Parameters
    ----------
    name
        ``S01``, ``S02``, … by scenario, level and period.
    conditioning_period_s
        T*, s: the middle of the buildings' periods on a log scale.
    epsilon
        ε* at T*: the middle of the buildings'; None where the target states the level by itself.
    scenario
        The buildings' own; of a key that is shared in classes, their mean.
    """

    name: str
    conditioning_period_s: float
    epsilon: float | None
    scenario: Mapping[str, Any]
    buildings: tuple[Building, ...]


def share_selections(
    buildings: Sequence[Building], epsilons: Mapping[str, float | None], sharing: SharingSection
) -> list[SharedSelection]:
    """Put every building into exactly one selection, with as few selections as the tolerances allow.

    Within a scenario the buildings are cut into intervals of ε, those into intervals of ln T, each no wider
    than twice its tolerance, from the smallest upwards: on a line no other cut needs fewer. T* and ε* are the
    middles of an interval's members, so no building is further away than the tolerance.

    Parameters
    ----------
    epsilons
        ε of each building at its own period, by id; None where it has none.
    """
    found: list[tuple[float, float | None, Mapping[str, Any], list[Building]]] = []
    for members in _by_scenario(buildings, sharing.scenario).values():
        for level in _intervals(members, lambda b: epsilons[b.id] or 0.0, sharing.epsilon):
            values = [epsilons[b.id] for b in level]
            for group in _intervals(level, lambda b: math.log(b.period_s), sharing.ln_period):
                own = [v for v in (epsilons[b.id] for b in group) if v is not None]
                if len(own) not in (0, len(group)):
                    raise ValueError(f"of {len(values)} buildings only some have an epsilon")
                middle = (min(own) + max(own)) / 2 if own else None
                found.append((_middle_period(group), middle, _mean_scenario(group, sharing.scenario), group))
    digits = max(2, len(str(len(found))))
    return [
        SharedSelection(f"S{number:0{digits}d}", period, epsilon, scenario, tuple(group))
        for number, (period, epsilon, scenario, group) in enumerate(found, start=1)
    ]


def _by_scenario(buildings: Iterable[Building], widths: Mapping[str, float]) -> dict[str, list[Building]]:
    groups: dict[str, list[Building]] = {}
    for building in buildings:
        key = {
            name: math.floor(float(value) / widths[name]) if name in widths else value
            for name, value in building.scenario.items()
        }
        groups.setdefault(json.dumps(key, sort_keys=True, default=str), []).append(building)
    return groups


def _intervals(
    members: Sequence[Building], position: Callable[[Building], float], half_width: float
) -> list[list[Building]]:
    """Cut members, sorted by position, into the fewest intervals of at most twice the half-width."""
    groups: list[list[Building]] = []
    start = -math.inf
    for building in sorted(members, key=lambda b: (position(b), b.row)):
        if not groups or position(building) - start > 2 * half_width + _SLACK:
            groups.append([])
            start = position(building)
        groups[-1].append(building)
    return groups


def _middle_period(group: Sequence[Building]) -> float:
    periods = [b.period_s for b in group]
    return float(f"{math.sqrt(min(periods) * max(periods)):.6g}")


def _mean_scenario(group: Sequence[Building], widths: Mapping[str, float]) -> dict[str, Any]:
    scenario = dict(group[0].scenario)
    for name in widths:
        if name in scenario:
            scenario[name] = round(sum(float(b.scenario[name]) for b in group) / len(group), 6)
    return scenario
