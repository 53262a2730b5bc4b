"""From hazard files to what a target needs: weighted scenarios, and the level of shaking."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gmplug.errors import InputError
from gmplug.hazard import Disaggregation, read_disaggregation, read_hazard_curve

#: How a site lies to the ruptures that a disaggregation tells only the closest distance of.
Fault = Literal["vertical"]


@dataclass(frozen=True)
class HazardInput:
    """What a study's files of hazard say.

    Parameters
    ----------
    disaggregation
        Contributions by magnitude and distance; or None.
    level_g
        Sa at T*, g, of a hazard curve or of the disaggregation itself; None where neither says.
    notes
        One line for each thing a user should know.
    """

    disaggregation: Disaggregation | None
    level_g: float | None
    notes: tuple[str, ...]


def read_hazard(
    where: str,
    conditioning_period_s: float,
    hazard: Path | None,
    hazard_curve: Path | None,
    return_period_years: float | None,
    hazard_period_s: float | None,
) -> HazardInput:
    """Read a disaggregation and a hazard curve, whichever a study names.

    Raises
    ------
    InputError
        A file cannot be used, or the options do not belong together.
    """
    if return_period_years is not None and not return_period_years > 0:
        raise InputError(f"{where}: return_period_years must be positive, not {return_period_years!r}")
    if hazard_curve is not None and return_period_years is None:
        raise InputError(f"{where}: hazard_curve needs the return period; add return_period_years = …")
    if hazard is None and hazard_curve is None and (return_period_years or hazard_period_s):
        raise InputError(
            f"{where}: return_period_years and hazard_period_s choose from a file; name it: hazard = … or "
            f"hazard_curve = …"
        )
    notes: list[str] = []
    level, found = None, None
    if hazard is not None:
        period = conditioning_period_s if hazard_period_s is None else hazard_period_s
        found = read_disaggregation(hazard, period, return_period_years)
        notes.append(
            f"{found.source}: {len(found.magnitude)} bins of {found.label}, mean M "
            f"{found.mean_magnitude:.2f}, mean Rrup {found.mean_distance_km:.1f} km"
        )
        if hazard_period_s is None and not math.isnan(found.sa_g):
            level = found.sa_g
        if hazard_period_s is not None:
            notes.append(
                f"the contributions to Sa({hazard_period_s:g} s) are taken for those to the target's measure"
            )
    if hazard_curve is not None:
        assert return_period_years is not None
        curve = read_hazard_curve(hazard_curve, conditioning_period_s)
        level = curve.level_g(return_period_years)
        notes.append(
            f"Sa({conditioning_period_s:g} s) = {level:.4g} g at {return_period_years:g} years, from "
            f"{curve.source}"
        )
    return HazardInput(found, level, tuple(notes))


def scenarios_of(
    where: str, found: Disaggregation, scenario: Mapping[str, Any] | None, fault: Fault | None
) -> list[dict[str, Any]]:
    """Return a scenario for each bin, with its ``weight``; what all have in common stands in ``scenario``.

    A file tells the closest distance to the rupture alone. With ``fault`` "vertical", Rjb follows from
    Rrup² = Rjb² + Ztor², Ztor being the scenario's ``depth_to_top_km``, or 0.

    Raises
    ------
    InputError
        ``scenario`` states what the file does.
    """
    common = dict(scenario or {})
    stated = [key for key in ("magnitude", "rrup_km", "rjb_km") if key in common]
    if stated:
        raise InputError(
            f"{where}: scenario states {', '.join(stated)}, and so does {found.source}; leave it out"
        )
    if found.vs30_m_s is not None:
        common.setdefault("vs30_m_s", found.vs30_m_s)
    top = common.get("depth_to_top_km", 0.0)
    scenarios = []
    for magnitude, distance, share in zip(
        found.magnitude, found.distance_km, found.contribution, strict=True
    ):
        own = {**common, "weight": float(share), "magnitude": float(magnitude), "rrup_km": float(distance)}
        if fault == "vertical" and isinstance(top, int | float):
            own["rjb_km"] = math.sqrt(max(float(distance) ** 2 - float(top) ** 2, 0.0))
        scenarios.append(own)
    return scenarios
