"""Headings of tables with periods, Sa and rates: what a column holds, and in which unit."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.catalogue.numbers import to_numbers
from gmplug.catalogue.tables import read_table
from gmplug.catalogue.unit_checks import check_damping_above
from gmplug.errors import InputError
from gmplug.units import factor, known_units
from gmplug.values import FloatArray

#: Words of the names that a column of periods, or of Sa, has; one of the first set must be among them.
_PERIOD = (frozenset({"period", "periods", "t", "tn"}), frozenset({"n", "natural", "structural", "vibration"})
           | {"oscillator", "spectral", "fundamental"})  # fmt: skip
_SA = (
    frozenset({"sa", "psa", "sae", "se", "acceleration", "accelerations", "accel", "spectrum", "uhs", "mean"})
    | {"median", "mcer", "mce", "iml", "rotd50", "rotd100", "geomean", "motion", "sam", "design"},
    frozenset({"spectral", "pseudo", "ordinate", "ordinates", "ground", "uniform", "hazard", "target", "a"})
    | {"im", "t", "tn", "r", "s", "response", "elastic", "horizontal", "value", "values", "code"}
    | {"5%", "5", "damped"},
)
_BRACKETS = re.compile(r"^(?P<name>.*?)[\s_,]*[\[(](?P<unit>[^\[\]()]*)[\])]\s*$")
_NUMBER = re.compile(r"(?:t\s*=\s*)?\d*\.?\d+\s*s?")
_SPLIT_UNIT = re.compile(
    r"^(?P<name>.+?)[\s_,/]+(?P<unit>%?g|mg|s|secs?|seconds?|msec|ms|m_s2|cm_s2|m/s\S*|cm/s\S*|gals?|years?|yrs?)$"
)
_COMPONENTS = {"rotd50": "RotD50", "rotd100": "RotD100", "geomean": "geometric mean"}
_UNSTATED = 'states no unit; say it in the heading, as in "{name} (g)" or "{name} (m/s2)"'


@dataclass(frozen=True)
class Heading:
    """A heading taken apart: its name in lower case, and the unit that it states ("" if none)."""

    text: str
    name: str
    unit: str

    @property
    def is_period(self) -> bool:
        """Whether the column has periods of vibration."""
        return _made_of(self.name, *_PERIOD)

    @property
    def is_sa(self) -> bool:
        """Whether the column has spectral accelerations, of whatever kind."""
        return _made_of(self.name, *_SA)

    @property
    def component(self) -> str:
        """The definition of Sa that the heading states, such as ``"RotD100"``; "" if none."""
        for word, component in _COMPONENTS.items():
            if word in self.name.replace(" ", ""):
                return component
        return ""


def _made_of(name: str, decisive: frozenset[str], further: frozenset[str]) -> bool:
    words = set(re.sub(r"[()]", " ", name).split())
    return bool(words & decisive) and words <= decisive | further


def take_apart(text: str) -> Heading:
    """Return name and unit of a heading: ``Sa [m/s2]``, ``sa_g``, ``Period, s``, ``PSA(g)``."""
    lower = " ".join(str(text).replace("\n", " ").lower().replace("²", "2").split())
    found = _BRACKETS.match(lower)
    unit = found["unit"].strip() if found else ""
    if found and (unit in ("t", "tn") or _NUMBER.fullmatch(unit)):  # Sa(T) and Sa(1.0) are names
        found = None
    if found is None:
        found = _SPLIT_UNIT.match(lower)
        unit = found["unit"].replace("_", "/") if found else ""
    name = found["name"] if found else lower
    name = re.sub(r"\((tn?)\)", r" \1", name)  # Sa(T) [g]
    name = " ".join(re.sub(r"[_\-:,]+|\.(?!\d)", " ", name).split())
    return Heading(str(text), name, unit)


def find_column(
    columns: Sequence[str], exact: str, is_kind: Callable[[Heading], bool], path: Path
) -> Heading | None:
    """Return the heading of the one column of a kind: called ``exact``, or by a usual name.

    Raises InputError where several columns may be meant.
    """
    if exact in columns:
        return take_apart(exact)
    fitting = [heading for heading in map(take_apart, columns) if is_kind(heading)]
    if len(fitting) > 1:
        listed = ", ".join(f"'{heading.text}'" for heading in fitting)
        raise InputError(f"{path}: the columns {listed} may all be meant; call the right one {exact}")
    return fitting[0] if fitting else None


def acceleration_factor(heading: Heading, path: Path, units: str | None = None) -> float:
    """Return what makes a column's numbers g.

    Raises InputError where the unit is not known, or neither heading nor study states one.

    Parameters
    ----------
    units
        The study's answer for a column that states no unit.
    """
    unit = heading.unit or units or ""
    if not unit:
        stated = _UNSTATED.format(name=heading.text)
        raise InputError(f"{path}, column '{heading.text}': {stated}, or set units = \"g\" in [target]")
    return _factor(heading, unit, "g", path)


def period_factor(heading: Heading, path: Path) -> float:
    """Return what makes a column's numbers seconds; raises InputError where its unit is not one of time."""
    return _factor(heading, heading.unit, "s", path) if heading.unit else 1.0


def _factor(heading: Heading, unit: str, to: str, path: Path) -> float:
    found = factor(unit, to)
    what = {"g": "an acceleration", "s": "a period"}[to]
    if found is None:
        raise InputError(
            f"{path}, column '{heading.text}': the unit '{unit}' of {what} is not known; known: "
            f"{known_units(to)}"
        )
    return found


def read_columns(
    path: Path, what: str, is_kind: Callable[[Heading], bool], is_known: Callable[[Heading], bool]
) -> pd.DataFrame:
    """Read the table whose heading has a column of a kind; the index has the rows of the file.

    ``is_known`` is true for the other columns of its heading.

    Raises InputError where it is no table, or a line above its heading states a damping other than 5 %.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; give the path of {what}")
    above: dict[int, str] = {}
    table = read_table(
        path,
        key=lambda name: is_kind(take_apart(name)),
        known=lambda name: is_kind(take_apart(name)) or is_known(take_apart(name)),
        above=above,
    )
    check_damping_above(above, path)
    return table


def numbers(table: pd.DataFrame, column: str, path: Path) -> FloatArray:
    """Return a column as floats, shape (n,).

    Raises InputError where a cell is empty or no number: the line names its row.
    """
    try:
        values = to_numbers(table[column], str(path))
    except InputError as error:
        raise InputError(f"{str(error).rpartition(';')[0]}; correct it") from None
    empty = np.flatnonzero(~np.isfinite(values))
    if len(empty):
        row = int(empty[0])
        raise InputError(
            f"{path}, row {table.index[row]}, column {column}: {table[column].iloc[row]} is not a number; "
            f"fill it in, or remove the row"
        )
    return values
