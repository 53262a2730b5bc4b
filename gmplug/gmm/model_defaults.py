"""Notes on the values that a ground-motion model uses where the scenario has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gmplug.values import Scenario

#: The note on the value that a model used, by pygmm's name of the parameter.
_TAKEN: Mapping[str, str] = {
    "depth_tor": "depth_to_top_km = {:.3g}",
    "width": "width_km = {:.3g}",
    "depth_hyp": "hypocentral_depth_km = {:.3g}",
    "depth_2_5": "z2_5_km = {:.3g}",
    "depth_1_0": "z1_0_km = {:.3g}",
    "depth_bot": "the bottom of the seismogenic crust at {:g} km",
    "region": "region = {}",
    "vs_source": "Vs30 as {}",
}

#: The same where the model goes without the value.
_WITHOUT: Mapping[str, str] = {
    "depth_1_0": "z1_0_km as is usual for Vs30",
    "dist_x": "a site off the hanging wall (no rx_km)",
}

#: The value of a model without a term for an unspecified mechanism.
_UNSPECIFIED: Mapping[str, str] = {
    "BSSA14": "its term for an unspecified mechanism",
    "CY14": "strike-slip for the unspecified mechanism",
}

#: What a scenario may state and a model may lack, by pygmm's name of the parameter.
_TERMS: Mapping[str, str] = {
    "mechanism": "mechanism",
    "region": "region",
    "depth_1_0": "z1_0_km",
    "depth_2_5": "z2_5_km",
}


def _states(scenario: Scenario, key: str) -> bool:
    return getattr(scenario, key) not in (None, "unspecified", "global")


def taken_notes(name: str, model: Any, inputs: Mapping[str, Any], scenario: Scenario) -> list[str]:
    """Return notes on what a model made of a scenario.

    Parameters
    ----------
    name
        Short name of the model.
    model
        pygmm's model, evaluated.
    inputs
        What it was given, by pygmm's names.
    scenario
        What the study states.
    """
    notes = _changed(name, model, inputs)
    takes = {parameter.name for parameter in model.PARAMS}
    unused = [ours for key, ours in _TERMS.items() if key not in takes and _states(scenario, ours)]
    if unused:
        notes.append(f"{name} has no term for {' and '.join(unused)}: the scenario's value is not used")
    if scenario.mechanism.endswith("-oblique") and "mechanism" in inputs:
        notes.append(f"{name} treats {scenario.mechanism} as {scenario.mechanism.removesuffix('-oblique')}")
    taken = _taken(name, model, inputs)
    if taken:
        notes.append(f"{name} uses its own values where scenario has none: {', '.join(taken)}")
    return notes


def _changed(name: str, model: Any, inputs: Mapping[str, Any]) -> list[str]:
    """Values beyond a limit that the model replaces by the limit."""
    used = model.scenario  # by attribute: pygmm sets some values as attributes, others as items
    notes = []
    if "v_s30" in inputs and used.v_s30 == 0.0:
        notes.append(f"{name} uses its equations for hard rock (Vs30 of 2000 m/s and more)")
    elif "v_s30" in inputs and used.v_s30 != inputs["v_s30"]:
        notes.append(f"{name}: vs30_m_s {inputs['v_s30']:g} counts as {used['v_s30']:g}")
    for key, ours in (("dist_rup", "rrup_km"), ("dist_jb", "rjb_km")):
        if key in inputs and getattr(used, key) != inputs[key]:
            notes.append(f"{name}: {ours} {inputs[key]:g} counts as {getattr(used, key):g}")
    return notes


def _taken(name: str, model: Any, inputs: Mapping[str, Any]) -> list[str]:
    used = model.scenario  # by attribute: pygmm sets some values as attributes, others as items
    found = []
    for parameter in model.PARAMS:
        key = parameter.name
        if key == "depth_1_0" and name == "CB14":
            continue  # pygmm goes by z2.5 and Vs30
        if key == "depth_bot" and "width" in inputs:
            continue  # only the width depends on it
        if key not in inputs and getattr(used, key) is not None and key in _TAKEN:
            found.append(_TAKEN[key].format(getattr(used, key)))
        elif key not in inputs and getattr(used, key) is None and key in _WITHOUT:
            found.append(_WITHOUT[key])
    if inputs.get("mechanism") == "U":
        found.append(_UNSPECIFIED[name])
    if name == "ASK14" and used.on_hanging_wall and used.dist_y0 is None:
        found.append("the taper along strike from rjb_km (no ry0_km; eq. 15b)")
    return found
