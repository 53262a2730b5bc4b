"""Weighted scenarios and the level of shaking of a target, from files of hazard."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gmplug.errors import InputError
from gmplug.gmm.ground_motion_models import stated_component
from gmplug.hazard import Disaggregation, HazardCurve, read_disaggregation, read_hazard_curve
from gmplug.hazard.measure_names import measure_label, same_period
from gmplug.notes import doubtful
from gmplug.spectra.components import component_named, ln_ratio
from gmplug.target.options import ConditioningOptions, SaOptions

#: A level or Vs30 of a file that differs by more than this (in ln) from the study's has a note.
_SAME_LEVEL, _SAME_VS30 = 0.02, 0.05


@dataclass(frozen=True)
class HazardInput:
    """The content of a study's hazard files.

    Parameters
    ----------
    disaggregation
        Contributions by magnitude and distance; or None.
    curve
        The hazard curve of Sa(T*); or None.
    curve_level_g
        Sa at T*, g, that the curve has at the return period; None without a curve.
    of_t_star
        Whether the disaggregation is of Sa(T*).
    notes
        One line for each thing a user should know.
    """

    disaggregation: Disaggregation | None
    curve: HazardCurve | None
    curve_level_g: float | None
    of_t_star: bool
    notes: tuple[str, ...]

    @property
    def disaggregated_level_g(self) -> float | None:
        """Sa at T*, g, that was disaggregated; None where the file is of another period, or states none."""
        found = self.disaggregation
        return None if found is None or not self.of_t_star or math.isnan(found.sa_g) else found.sa_g


def read_hazard(where: str, conditioning_period_s: float, options: ConditioningOptions) -> HazardInput:
    """Read the disaggregation and the hazard curve that the options name.

    Raises InputError where a file cannot be used, or the options do not belong together.
    """
    years, t_star, period_s = options.return_period_years, conditioning_period_s, options.hazard_period_s
    of_sa = options if isinstance(options, SaOptions) else SaOptions()
    if years is not None and not years > 0:
        raise InputError(f"{where}: return_period_years must be positive, not {years!r}")
    if of_sa.hazard_curve is not None and years is None:
        raise InputError(f"{where}: hazard_curve needs the return period; add return_period_years = …")
    named = options.hazard is not None or of_sa.hazard_curve is not None
    if not named and (years or period_s or options.site_lon_lat or of_sa.extrapolate):
        raise InputError(
            f"{where}: return_period_years, hazard_period_s, site_lon_lat and extrapolate choose from "
            "a file; name it: hazard = … or hazard_curve = …"
        )
    notes: list[str] = []
    found, curve, level = None, None, None
    if options.hazard is not None:
        period = t_star if period_s is None else period_s
        found = read_disaggregation(options.hazard, period, years, options.site_lon_lat)
        notes += _disaggregation_notes(found, period_s, t_star)
    if of_sa.hazard_curve is not None and years is not None:
        curve = read_hazard_curve(of_sa.hazard_curve, t_star, options.site_lon_lat)
        level = curve.sa_at(1.0 / years, extrapolate=of_sa.extrapolate)
        notes += [*curve.notes, f"Sa({t_star:g} s) = {level:.4g} g at {years:g} years, from {curve.source}"]
        if not curve.covers(np.array(level)):
            notes.append(doubtful(curve.beyond_text(level)))
    of_t_star = period_s is None or same_period(period_s, t_star)
    return HazardInput(found, curve, level, of_t_star, tuple(notes))


def _disaggregation_notes(found: Disaggregation, period_s: float | None, t_star: float) -> list[str]:
    notes = [
        f"{found.source}: {len(found.magnitude)} bins of {found.label}, mean M "
        f"{found.mean_magnitude:.2f}, mean Rrup {found.mean_distance_km:.1f} km",
        *found.notes,
    ]
    if period_s is not None:
        note = f"the contributions to {measure_label(period_s)} are taken for those to the target's measure"
        notes.append(note if same_period(period_s, t_star) else doubtful(f"{note} at T* = {t_star:g} s"))
    return notes


def level_of_files(
    where: str, files: HazardInput, options: SaOptions, conditioning_period_s: float
) -> tuple[float | None, HazardInput]:
    """Return Sa at T*, g: the study's, the curve's, or the disaggregated one; and the files with notes on it.

    That of the study is of the target's component, those of files are of the first model's.

    Raises InputError where the study states a level, and so does the curve that it names, and they differ.
    """
    sa_g, epsilon, ratio = options.sa_g, options.epsilon, _to_target(options, conditioning_period_s)
    curve_g, disaggregated_g = files.curve_level_g, files.disaggregated_level_g
    if curve_g is not None and epsilon is not None:
        raise InputError(
            f"{where}: epsilon states the level of shaking, and so do hazard_curve and return_period_years "
            f"({curve_g:.4g} g); leave one of them out"
        )
    if curve_g is not None and sa_g is not None and _apart(sa_g, ratio * curve_g) > _SAME_LEVEL:
        raise InputError(
            f"{where}: sa_g is {sa_g:g} g, and hazard_curve has {ratio * curve_g:.4g} g at "
            "return_period_years; leave one of them out, or correct it"
        )
    used = next((level for level in (sa_g, curve_g) if level is not None), None)
    if used is None and epsilon is None:
        return disaggregated_g, files
    in_file = used if sa_g is None or used is None else used / ratio
    if in_file is None or disaggregated_g is None or _apart(in_file, disaggregated_g) <= _SAME_LEVEL:
        return used, files
    assert files.disaggregation is not None
    note = doubtful(
        f"{files.disaggregation.source} disaggregates Sa = {disaggregated_g:.4g} g; its contributions "
        f"are taken for those to {in_file:.4g} g"
    )
    return used, replace(files, notes=(*files.notes, note))


def _to_target(options: SaOptions, period_s: float) -> float:
    """Sa of the target's component over that of the first model's, where both are known; else 1."""
    of = component_named(stated_component(options.gmm)) if options.gmm else None
    to = component_named(options.component or "")
    return 1.0 if of is None or to is None else math.exp(float(ln_ratio(of, to, [period_s])[0]))


def _apart(first: float, second: float) -> float:
    return abs(math.log(first / second)) if first > 0 and second > 0 else math.inf


def vs30_notes(
    where: str, files: HazardInput, scenario: Mapping[str, Any] | None, stated_level: bool
) -> tuple[str, ...]:
    """Say where the files of hazard are of another Vs30 than the scenario.

    Raises InputError where the level of shaking is that of the file, so of another site than the scenario's.

    Parameters
    ----------
    stated_level
        Whether the study itself states the level of shaking, for its own site.
    """
    vs30 = (scenario or {}).get("vs30_m_s")
    if not isinstance(vs30, int | float) or isinstance(vs30, bool) or not vs30 > 0:
        return ()
    notes = []
    for one in (files.curve, files.disaggregation):
        if one is None or one.vs30_m_s is None or _apart(one.vs30_m_s, float(vs30)) <= _SAME_VS30:
            continue
        gives_level = not stated_level and (one is files.curve or files.curve is None)
        text = f"{one.source} is for Vs30 = {one.vs30_m_s:g} m/s, and scenario states {vs30:g} m/s"
        if gives_level:
            raise InputError(
                f"{where}: {text}: the level of shaking of the file is not that of your site. Ask the hazard "
                f"service for {vs30:g} m/s, or set vs30_m_s = {one.vs30_m_s:g}, or state the level at "
                "your site, sa_g = …"
            )
        notes.append(doubtful(f"{text}: its contributions are taken for those at {vs30:g} m/s"))
    return tuple(notes)


def scenarios_of(
    where: str, found: Disaggregation, scenario: Mapping[str, Any] | None, fault: str | None
) -> list[dict[str, Any]]:
    """Return a scenario for each bin, with its ``weight``; what all have in common stands in ``scenario``.

    A file has the closest distance to the rupture alone. With ``fault`` "vertical", Rjb follows from
    Rrup² = Rjb² + Ztor², Ztor being the scenario's ``depth_to_top_km``, or 0.

    Raises InputError where ``scenario`` states what the file does.
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
