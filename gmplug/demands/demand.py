"""An engineering demand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

#: The model's unit of force, which gmplug does not know.
MODEL_FORCE = "model_force"
#: Directions in the names of columns.
AXES = ("x", "y", "resultant")


@dataclass(frozen=True)
class Demand:
    """An engineering demand: a family of columns of demands.csv.

    Columns are ``NAME`` and ``NAME_AXIS``, where it is numbered ``NAME``, ``NAME_LEVEL`` and
    ``NAME_AXIS_LEVEL``, each with ``_UNIT`` at the end: ``peak_floor_acceleration_x_2_g`` of floor 2 in
    direction x.

    Parameters
    ----------
    name
        Start of the columns: ``peak_floor_acceleration``.
    title
        For people: ``Peak floor acceleration``.
    unit
        Unit of the values, as the columns have it; empty for ratios, which plots show in per cent.
    numbered
        ``"story"`` (from 1) or ``"floor"`` (the base is 0) where each has its value; empty: one value.
    caption
        One sentence below its plot over the height.
    code
        Its type in SimCenter's applications and in pelicun, such as ``PFA``; empty: it has none.
    quantity
        Quantity of gmplug/plausible.py whose limits hold for it; empty: none.
    """

    name: str
    title: str
    unit: str = ""
    numbered: Literal["story", "floor", ""] = ""
    caption: str = ""
    code: str = ""
    quantity: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name):
            raise ValueError(
                f"demand: name {self.name!r} must be of small letters, digits and _, "
                "such as peak_floor_velocity"
            )

    @property
    def column(self) -> str:
        """The column without a number: of a numbered demand, the largest of all stories or floors."""
        return self.column_along("")

    def column_along(self, axis: str) -> str:
        """The column without a number of a direction (``x``, ``y``, ``resultant``)."""
        return "_".join(part for part in (self.name, axis, self.unit) if part)

    def column_at(self, level: int, axis: str = "") -> str:
        """The column of a story or floor, of a direction (``x``, ``y``, ``resultant``) if given."""
        return "_".join(part for part in (self.name, axis, str(level), self.unit) if part)

    @property
    def shown_unit(self) -> str:
        """The unit in plots: ``m/s²`` of ``m_s2``."""
        if self.unit == MODEL_FORCE:
            return "model's unit of force"
        return self.unit.replace("_", "/").replace("s2", "s²") or "%"

    @property
    def factor(self) -> float:
        """From the value to what plots show."""
        return 1.0 if self.unit else 100.0

    @property
    def label(self) -> str:
        """Title and unit, for columns of numbers: ratios as they are."""
        return f"{self.title} ({self.shown_unit})" if self.unit else f"{self.title} ratio"

    def place(self, column: str) -> tuple[str, int] | None:
        """Return the axis (``x``, ``y``, ``resultant`` or empty) and level of a column, None for another."""
        if not self.numbered:
            return None
        ending = f"_{re.escape(self.unit)}" if self.unit else ""
        found = re.fullmatch(rf"{re.escape(self.name)}_(?:({'|'.join(AXES)})_)?(\d+){ending}", column)
        return (found[1] or "", int(found[2])) if found else None

    def direction(self, column: str) -> str | None:
        """Return the axis (or empty) of a column without a number, None for another column."""
        return next((axis for axis in ("", *AXES) if column == self.column_along(axis)), None)
