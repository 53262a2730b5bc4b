"""One study per level: the keys of ``[[levels]]`` replace those of ``[target]``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from gmplug.errors import InputError
from gmplug.gmm.ground_motion_models import stated_component
from gmplug.hazard import HazardCurve, read_hazard_curve
from gmplug.notes import doubtful
from gmplug.plausible import look_at
from gmplug.spectra.components import ARBITRARY, NAMES, component_named, ln_ratio, source_of
from gmplug.study import Study, parse_study
from gmplug.study.schema import LevelSection

#: Keys of ``[target]`` for the level of shaking.
_STRENGTH = ("sa_g", "epsilon")
#: Providers of targets that read a disaggregation, whose level must be that of the study's level.
_DISAGGREGATING = ("conditional-spectrum", "gcim", "avgsa-conditional")
#: Difference, in ln, of a level's Sa and the curve's at its rate, that gives a note, or an error.
_NOTE_ABOVE, _ERROR_ABOVE = 0.02, 0.1


@dataclass(frozen=True)
class Level:
    """A level of shaking of a study.

    Parameters
    ----------
    name
        As in the study.
    annual_rate
        Of exceedance, 1/yr, if stated.
    study
        The study of it alone.
    notes
        Notes on its Sa and rate.
    """

    name: str
    annual_rate: float | None
    study: Study
    notes: tuple[str, ...] = ()


def hazard_curve(study: Study) -> HazardCurve | None:
    """The curve that ``[risk] hazard_curve`` names, of the target's component; None if it names none.

    As a hazard file of a target's, it is of the component that the first ground-motion model predicts.
    """
    risk = study.risk
    if risk.hazard_curve is None:
        return None
    curve = read_hazard_curve(
        study.base_dir / risk.hazard_curve, study.conditioning_period_s, risk.site_lon_lat
    )
    found = look_at("sa_g", curve.sa_g[-1], f"{curve.source}, last level", accept=study.study.accept)
    curve = replace(curve, notes=(*curve.notes, *found.raise_problems()))
    return _of_component(curve, study.conditioning_period_s, *_components(study))


def _of_component(curve: HazardCurve, period_s: float, of: str | None, to: str | None) -> HazardCurve:
    """Return a curve of the component ``of`` for the component ``to`` (keys of ``NAMES``; None: not known).

    Raises InputError for an arbitrary component: its hazard curve is not another one times a ratio.
    """
    if to is None or of == to:
        return curve
    if of is None:
        note = doubtful(f"{curve.source}: which component of Sa it is of is not known; taken as {NAMES[to]}")
        return replace(curve, notes=(*curve.notes, note))
    if ARBITRARY in (of, to):
        raise InputError(
            f"[risk] hazard_curve: {curve.source} is of {NAMES[of]}, and {NAMES[to]} has another hazard; "
            "leave component out of [target], or state sa_g and annual_rate of each level, without the curve"
        )
    factor = math.exp(float(ln_ratio(of, to, [period_s])[0]))
    note = (
        f"{curve.source}: taken as {NAMES[of]}, its Sa multiplied by {factor:.3f} for {NAMES[to]} "
        f"({source_of(of, to)})"
    )
    return replace(curve, sa_g=curve.sa_g * factor, notes=(*curve.notes, note))


def _components(study: Study) -> tuple[str | None, str | None]:
    """The components of the first model and of the target; None where they are not known.

    Raises InputError where levels are of several components.
    """
    common, own = study.target.options, {}
    for level in study.levels:
        own[level.name] = _component_of(common | level.options)
    (first, found), *others = own.items() or [("", _component_of(common))]
    for name, other in others:
        if other[1] != found[1]:
            shown = [NAMES.get(one or "", "an unknown component") for one in (found[1], other[1])]
            raise InputError(
                f"[[levels]] '{first}' is of {shown[0]}, '{name}' of {shown[1]}, and [risk] hazard_curve of "
                "one component; set component in [target], for all levels"
            )
    return found


def _component_of(options: Mapping[str, Any]) -> tuple[str | None, str | None]:
    gmm, stated = options.get("gmm"), options.get("component")
    wanted = component_named(stated) if isinstance(stated, str) else None
    if not gmm:  # a table, a code: it is what the study says
        return wanted, wanted
    model = component_named(stated_component(gmm))
    return model, wanted or model


def level_studies(study: Study, curve: HazardCurve | None) -> list[Level]:
    """Return the levels in the study's order.

    Raises
    ------
    InputError
        Sa has to be read from a hazard curve and there is none, or it does not reach; a level's Sa and rate
        contradict the curve or another level; an option is bad. One line for each.
    """
    levels, problems = [], _contradictions(study.levels)
    for level in study.levels:
        try:
            sa_g, notes = _level_g(level, curve, extrapolate=study.risk.extrapolate)
            levels.append(Level(level.name, level.rate, _study_of(study, level, sa_g), notes))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return levels


def _contradictions(levels: Sequence[LevelSection]) -> list[str]:
    """Levels whose stated Sa and rates are in another order: the stronger must be the rarer."""
    known = [(level.sa_g, level.rate, level.name) for level in levels if level.sa_g and level.rate]
    known.sort()
    return [
        f"[[levels]] '{stronger}': Sa = {high:g} g has an annual rate of {rare:.4g}, and the weaker "
        f"'{weaker}' "
        f"({low:g} g) one of {often:.4g}; the stronger level must be the rarer one: correct sa_g or the rate"
        for (low, often, weaker), (high, rare, stronger) in pairwise(known)
        if high > low and rare >= often
    ]


def _level_g(
    level: LevelSection, curve: HazardCurve | None, *, extrapolate: bool
) -> tuple[float | None, tuple[str, ...]]:
    """Return Sa(T*) of a level, g (None where epsilon states it), and notes on it."""
    where = f"[[levels]] '{level.name}'"
    if curve is None or level.epsilon is not None:
        return level.sa_g, ()
    if level.rate is None:
        assert level.sa_g is not None
        return level.sa_g, _beyond(where, level.sa_g, curve, extrapolate)
    try:
        read = curve.sa_at(level.rate, extrapolate=extrapolate)
    except InputError as error:
        if level.sa_g is not None:
            return level.sa_g, ()
        raise InputError([f"{where}: {problem}" for problem in error.problems]) from None
    if level.sa_g is None:
        return read, _beyond(where, read, curve, extrapolate)
    apart = abs(math.log(level.sa_g / read))
    found = (
        f"{where}: sa_g is {level.sa_g:g} g, and {curve.source} has {read:.4g} g at its rate of "
        f"{level.rate:.4g} a year"
    )
    if apart > _ERROR_ABOVE:
        raise InputError(f"{found}; leave sa_g out to read it from the curve, or correct one of them")
    return level.sa_g, (doubtful(found),) if apart > _NOTE_ABOVE else ()


def _beyond(where: str, sa_g: float, curve: HazardCurve, extrapolate: bool) -> tuple[str, ...]:
    """Return a note where a level lies beyond the curve; raises InputError unless the study extrapolates."""
    if curve.covers(np.array(sa_g)):
        return ()
    if not extrapolate:
        raise InputError(
            f"{where}: Sa = {sa_g:g} g lies beyond {curve.source}, which covers {curve.range_text}: "
            "its rate is "
            f"not known. Compute the hazard for more levels, state the level's annual_rate, or set "
            f"extrapolate = true in [risk]"
        )
    return (doubtful(f"{where}: {curve.beyond_text(sa_g)}"),)


def _study_of(study: Study, level: LevelSection, sa_g: float | None) -> Study:
    content: dict[str, Any] = study.model_dump(mode="json", exclude_none=True, exclude={"levels", "risk"})
    target = content["target"] | level.options
    target = {key: value for key, value in target.items() if key not in _STRENGTH}
    if level.epsilon is not None:
        target["epsilon"] = level.epsilon
    elif sa_g is not None:
        target["sa_g"] = sa_g
    else:
        raise InputError(
            f"[[levels]] '{level.name}': give sa_g or epsilon, or [risk] hazard_curve to read sa_g from"
        )
    reads_files = target.get("provider", _DISAGGREGATING[0]) in _DISAGGREGATING and "hazard" in target
    if reads_files and level.rate is not None:
        target.setdefault("return_period_years", 1.0 / level.rate)
    content["target"] = target
    content["study"]["name"] = f"{study.study.name} {level.name}"
    return parse_study(content, study.path)
