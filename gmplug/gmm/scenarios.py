"""Earthquake scenarios as a study states them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from gmplug.errors import InputError
from gmplug.host.options import unknown_option
from gmplug.values import MECHANISMS, Scenario

#: What each key of a scenario is, for error lines.
SCENARIO_KEYS: Mapping[str, str] = {
    "magnitude": "moment magnitude",
    "rjb_km": "Joyner-Boore distance, km",
    "rrup_km": "closest distance to the rupture, km",
    "rx_km": "distance from the surface projection of the rupture's top edge, across strike, "
    "positive over the hanging wall, km",
    "ry0_km": "distance from the end of the rupture, along strike, km",
    "vs30_m_s": "time-averaged shear-wave velocity of the top 30 m, m/s",
    "mechanism": "one of " + ", ".join(MECHANISMS),
    "dip_deg": "dip of the rupture, degrees",
    "depth_to_top_km": "depth to the top of the rupture, km",
    "hypocentral_depth_km": "depth of the hypocenter, km",
    "width_km": "down-dip width of the rupture, km",
    "z1_0_km": "depth to a shear-wave velocity of 1.0 km/s, km",
    "z2_5_km": "depth to a shear-wave velocity of 2.5 km/s, km",
    "region": "region, for models that have regions",
}

_TEXTS = ("mechanism", "region")
_POSITIVE = ("magnitude", "vs30_m_s", "dip_deg", "width_km")
_ANY_SIGN = ("rx_km",)


def scenario_from_mapping(mapping: Mapping[str, Any], where: str = "[target] scenario") -> Scenario:
    """Return the scenario that a study states.

    ``magnitude`` and ``vs30_m_s`` are required: no default suits all sites.

    Raises
    ------
    InputError
        A key is unknown, missing or out of range: one line for each.
    """
    known = [field.name for field in fields(Scenario)]
    problems = [unknown_option(key, known, where) for key in mapping if key not in known]
    values: dict[str, Any] = {}
    for key, value in mapping.items():
        if key in known:
            problem = _problem(key, value)
            if problem:
                problems.append(f"{where}: {key}: {problem}")
            else:
                values[key] = _tidy(key, value)
    for key in ("magnitude", "vs30_m_s"):
        if key not in mapping:
            problems.append(f"{where}: {key} is missing; add it ({SCENARIO_KEYS[key]})")
    rjb, rrup = values.get("rjb_km"), values.get("rrup_km")
    if rjb is not None and rrup is not None and rrup < rjb:
        problems.append(f"{where}: rrup_km ({rrup:g}) cannot be below rjb_km ({rjb:g}); correct one of them")
    if problems:
        raise InputError(problems)
    return Scenario(**values)


def _tidy(key: str, value: Any) -> Any:
    if key not in _TEXTS:
        return float(value)
    return value.strip().lower().replace("_", "-") if key == "mechanism" else value.strip().lower()


def _problem(key: str, value: Any) -> str:
    """What is wrong with a value, or an empty text."""
    if key in _TEXTS:
        if not isinstance(value, str) or not value.strip():
            return f"a text is expected, not {value!r}"
        if key == "mechanism" and _tidy(key, value) not in MECHANISMS:
            return f"{value!r} is not known; use {SCENARIO_KEYS[key]}"
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return f"a number is expected ({SCENARIO_KEYS[key]}), not {value!r}"
    if key in _POSITIVE and value <= 0:
        return f"{value!r} must be positive"
    if key not in _ANY_SIGN and value < 0:
        return f"{value!r} must not be negative"
    if key == "magnitude" and value > 10:
        return f"{value!r} is not a moment magnitude"
    if key == "dip_deg" and value > 90:
        return f"{value!r} is above 90 degrees"
    return ""
