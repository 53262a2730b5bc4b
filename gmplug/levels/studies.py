"""One study per level: what ``[[levels]]`` says put in place of ``[target]``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from gmplug.errors import InputError
from gmplug.risk.hazard import HazardCurve, read_hazard_curve
from gmplug.study import Study, parse_study
from gmplug.study.schema import LevelSection

#: Keys of ``[target]`` that say how strong the shaking is.
_STRENGTH = ("sa_g", "epsilon")


@dataclass(frozen=True)
class Level:
    """A level: its name, its annual rate of exceedance (1/yr) if stated, and the study of it alone."""

    name: str
    annual_rate: float | None
    study: Study


def hazard_curve(study: Study) -> pd.DataFrame | None:
    """The curve that ``[risk] hazard_curve`` names (``sa_g``, ``annual_rate``); None if it names none."""
    if study.risk.hazard_curve is None:
        return None
    return read_hazard_curve(study.base_dir / study.risk.hazard_curve, study.conditioning_period_s)


def level_studies(study: Study, hazard: pd.DataFrame | None) -> list[Level]:
    """Return the levels in the study's order.

    Raises InputError where Sa has to be read from a hazard curve and there is none, or an option is bad.
    """
    curve = None if hazard is None else HazardCurve.of(hazard)
    return [Level(level.name, level.rate, _study_of(study, level, curve)) for level in study.levels]


def _study_of(study: Study, level: LevelSection, curve: HazardCurve | None) -> Study:
    content: dict[str, Any] = study.model_dump(mode="json", exclude_none=True, exclude={"levels", "risk"})
    target = content["target"] | level.options
    if level.sa_g is not None or level.epsilon is not None or level.rate is not None:
        target = {key: value for key, value in target.items() if key not in _STRENGTH}
    if level.epsilon is not None:
        target["epsilon"] = level.epsilon
    elif level.sa_g is not None:
        target["sa_g"] = level.sa_g
    elif curve is not None and level.rate is not None:
        target["sa_g"] = curve.sa_at(level.rate)
    else:
        raise InputError(
            f"[[levels]] '{level.name}': give sa_g or epsilon, or [risk] hazard_curve to read sa_g from"
        )
    content["target"] = target
    content["study"]["name"] = f"{study.study.name} {level.name}"
    return parse_study(content, study.path)
