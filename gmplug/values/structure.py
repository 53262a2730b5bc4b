"""The structural model."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gmplug.constants import FOOT_M, INCH_M, STANDARD_GRAVITY_M_S2

#: Length units that a model may have, by their size, m.
LENGTH_UNITS_M = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": INCH_M, "ft": FOOT_M}
#: Gravity is rounded, and differs from place to place, by less than this share.
GRAVITY_TOLERANCE = 0.01


@dataclass(frozen=True)
class StructureModel:
    """Description of an OpenSees model for its analysis and the recording of its demands.

    Parameters
    ----------
    floor_nodes
        One node per floor from the base to the roof, length stories + 1.
    story_heights
        Height of each story, in the model's length unit, length stories.
    gravity
        Acceleration of gravity in the model's units: 9.80665 for meters and seconds, 386.09 for inches. It
        sets the length unit of motions and demands. Time is in s. Without it give ``length_unit``.
    direction
        Degree of freedom (1-based) of the horizontal excitation and of the drifts; the first of
        ``directions`` if they are given.
    directions
        Degrees of freedom of the horizontal directions x and y of a 3D model: ``(1, 2)`` if the third axis
        points upwards. Drifts are reported in both. Empty for ``direction`` alone.
    vertical_direction
        Degree of freedom that points upwards, for vertical excitation, or None.
    periods_s
        Natural periods at the start of the analyses, s, longest first.
    collapse_drift_ratio
        Peak story drift ratio beyond which an analysis ends as ``collapsed``.
    description
        One line, shown in reports.
    length_unit
        ``m``, ``cm``, ``mm``, ``in`` or ``ft``: sets the length unit instead of ``gravity``.
    """

    floor_nodes: tuple[int, ...]
    story_heights: tuple[float, ...]
    gravity: float = math.nan
    direction: int = 1
    periods_s: tuple[float, ...] = ()
    collapse_drift_ratio: float = 0.10
    description: str = ""
    directions: tuple[int, ...] = ()
    vertical_direction: int | None = None
    length_unit: str = ""

    def __post_init__(self) -> None:
        self._set_unit()
        if self.directions:
            object.__setattr__(self, "direction", self.directions[0])
        if len(self.directions) > 2:
            raise ValueError(f"directions are one or two horizontal ones, not {self.directions}")
        used = [*self.horizontal_directions, self.vertical_direction]
        if len(set(used)) != len(used) or any(d is not None and d < 1 for d in used):
            raise ValueError(f"directions must be different degrees of freedom, counted from 1, not {used}")
        if len(self.floor_nodes) != len(self.story_heights) + 1 or not self.story_heights:
            raise ValueError(
                f"a model needs one floor node more than stories, base first: got "
                f"{len(self.floor_nodes)} nodes and {len(self.story_heights)} story heights"
            )
        if not all(0 < height < math.inf for height in self.story_heights):
            raise ValueError(f"story heights must be positive numbers, not {self.story_heights}")
        repeated = [node for node in self.floor_nodes if self.floor_nodes.count(node) > 1]
        if repeated:
            raise ValueError(f"floor_nodes names node {repeated[0]} more than once: one node for each floor")
        if not self.collapse_drift_ratio > 0 or not all(0 < t < math.inf for t in self.periods_s):
            raise ValueError("periods_s and collapse_drift_ratio must be positive numbers")
        if self.periods_s and self.periods_s[0] < max(self.periods_s):
            raise ValueError(f"periods_s begins with the longest period, not with {self.periods_s[0]:g} s")

    def _set_unit(self) -> None:
        """Set gravity from the length unit; raise ValueError if both are missing, or they disagree."""
        known = f"one of {', '.join(LENGTH_UNITS_M)}"
        if self.length_unit and self.length_unit not in LENGTH_UNITS_M:
            raise ValueError(f"length_unit is {self.length_unit!r}, not {known}")
        if math.isnan(self.gravity) and not self.length_unit:
            raise ValueError(
                f"the model's length unit is not stated: give StructureModel a length_unit ({known}) or the "
                "gravity in the model's units (9.80665 for m, 386.09 for in)"
            )
        if not self.length_unit:
            if not 0 < self.gravity < math.inf:
                raise ValueError(f"gravity must be a positive number, not {self.gravity}")
            return
        stated = STANDARD_GRAVITY_M_S2 / LENGTH_UNITS_M[self.length_unit]
        if math.isnan(self.gravity):
            object.__setattr__(self, "gravity", stated)
        elif not abs(self.gravity / stated - 1) <= GRAVITY_TOLERANCE:
            raise ValueError(
                f"gravity = {self.gravity:g} is not that of length_unit = {self.length_unit!r} "
                f"({stated:.5g}); correct one of them"
            )

    @property
    def horizontal_directions(self) -> tuple[int, ...]:
        """Degrees of freedom of the horizontal directions: x, or x and y."""
        return self.directions or (self.direction,)

    @property
    def length_unit_m(self) -> float:
        """The model's length unit, m."""
        return STANDARD_GRAVITY_M_S2 / self.gravity
