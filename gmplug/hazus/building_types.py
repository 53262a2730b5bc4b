"""Model building types of HAZUS: capacity curves and degradation factors.

Values of ``capacity.csv`` are those of the HAZUS-MH Technical Manual (FEMA 2012, "Multi-hazard loss
estimation methodology, Earthquake model, HAZUS-MH 2.1"): typical stories and height, table 5.1; periods and
modal factors α1, α2, table 5.5; capacity curves, tables 5.7a-d; damage-state medians, tables 5.9a-d;
degradation factors κ, table 5.18. Lengths are in inches and feet there, and kept so in the file.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from gmplug.constants import FOOT_M, INCH_M, STANDARD_GRAVITY_M_S2
from gmplug.errors import InputError

DESIGN_LEVELS = ("high", "moderate", "low", "pre")
DAMAGE_STATES = ("slight", "moderate", "extensive", "complete")
#: Fewest stories of mid- and high-rise buildings, where a family has such classes (table 5.1).
_MID_FROM = {"URM": 3}
_MID_DEFAULT, _HIGH_FROM = 4, 8


@dataclass(frozen=True)
class Capacity:
    """HAZUS's data of a model building type at a design level.

    Parameters
    ----------
    typical_period_s, story_height_m
        Period of the building that the curve was made for, and height of its stories.
    alpha_1
        Weight that takes part in the pushover mode, over the building's weight.
    yield_sa_g, ultimate_sa_g
        Spectral accelerations at the yield and the ultimate point of the capacity curve, g.
    ductility
        Spectral displacement at the ultimate point over that at yield, the latter Sa (Te/2π)².
    kappa
        Degradation factor by duration of the shaking: short, moderate, long.
    """

    building_type: str
    design_level: str
    typical_period_s: float
    story_height_m: float
    alpha_1: float
    yield_sa_g: float
    ultimate_sa_g: float
    ductility: float
    kappa: Mapping[str, float]


def family(building_type: str) -> str:
    """Return a type without its class by height: ``C1M`` is of ``C1``."""
    families = _families()
    if building_type in families:
        return building_type
    if building_type[:-1] in families and building_type[-1] in "LMH":
        return building_type[:-1]
    raise InputError(_unknown(building_type))


def capacity(building_type: str, design_level: str, stories: int) -> Capacity:
    """Return the capacity of a type; its class by height follows from the stories unless the type has it.

    Raises InputError for an unknown type or level, or a pair that HAZUS has no curve for.
    """
    table = _table()
    known = any(key[0] == building_type for key in table)
    name = building_type if known else _by_stories(building_type, stories)
    if (name, design_level) in table:
        return table[name, design_level]
    levels = [level for level in DESIGN_LEVELS if (name, level) in table]
    if not levels:
        raise InputError(_unknown(building_type))
    raise InputError(
        f"HAZUS has no capacity curve for type {name} at design level '{design_level}'; "
        f"use {' or '.join(repr(level) for level in levels)}"
    )


def _by_stories(building_type: str, stories: int) -> str:
    classes = sorted({key[0][-1] for key in _table() if key[0][:-1] == building_type and key[0][-1] in "LMH"})
    if not classes:
        raise InputError(_unknown(building_type))
    if stories < _MID_FROM.get(building_type, _MID_DEFAULT):
        return building_type + "L"
    return building_type + ("H" if stories >= _HIGH_FROM and "H" in classes else "M")


def _unknown(building_type: str) -> str:
    return (
        f"unknown building type '{building_type}'; known: {', '.join(_families())}, or with the class by "
        "height, as C1M"
    )


def _families() -> list[str]:
    """Return the types without the letter of their class by height."""
    names = [name[:-1] if len(name) > 2 and name[-1] in "LMH" else name for name, _ in _table()]
    return list(dict.fromkeys(names))


@lru_cache(maxsize=1)
def _table() -> Mapping[tuple[str, str], Capacity]:
    text = (files("gmplug.hazus") / "capacity.csv").read_text(encoding="utf-8")
    rows = [_read(row) for row in csv.DictReader(text.splitlines())]
    return {(row.building_type, row.design_level): row for row in rows}


def _read(row: Mapping[str, str]) -> Capacity:
    number = {key: float(value) for key, value in row.items() if key not in ("building_type", "design_level")}
    yield_sd_m = number["ay_g"] * STANDARD_GRAVITY_M_S2 * (number["period_s"] / (2 * math.pi)) ** 2
    return Capacity(
        row["building_type"],
        row["design_level"],
        typical_period_s=number["period_s"],
        story_height_m=number["height_ft"] * FOOT_M / number["stories"],
        alpha_1=number["alpha_1"],
        yield_sa_g=number["ay_g"],
        ultimate_sa_g=number["au_g"],
        ductility=number["du_in"] * INCH_M / yield_sd_m,
        kappa={name: number[f"kappa_{name}"] for name in ("short", "moderate", "long")},
    )
