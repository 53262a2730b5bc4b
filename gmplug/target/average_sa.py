"""The conditional spectrum on AvgSa, the geometric mean of Sa over a range of periods."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gmplug.errors import InputError
from gmplug.gmm.correlation import CorrelationModel, find_correlation
from gmplug.notes import counted
from gmplug.target.conditional_spectrum import branches_from, hint_on_distance, level_problems
from gmplug.target.conditioning import JointModel, conditional_target
from gmplug.target.hazard_input import read_hazard
from gmplug.target.options import ConditioningOptions
from gmplug.values import FloatArray, GroundMotion, Scaling, Target

_WHERE = "[target] provider 'avgsa-conditional'"
#: Where the study states no range: from 0.2 T* to 2 T*, the range of ASCE 7-22 and EN 1998-1.
_RANGE = (0.2, 2.0)


@dataclass(frozen=True, kw_only=True)
class AvgSaOptions(ConditioningOptions):
    """Options of the conditional spectrum on AvgSa.

    Files of ``hazard`` hold Sa at single periods: ``hazard_period_s`` sets whose contributions stand for
    those to AvgSa.

    Parameters
    ----------
    avgsa_g
        AvgSa, g, from a hazard analysis. The alternative to ``epsilon``.
    avgsa_periods_s
        The periods of AvgSa, s; or
    avgsa_range_s, avgsa_count
        first and last period, s (0.2 T* and 2 T*), and how many evenly spaced ones.
    gmm_table
        As for ``conditional-spectrum``.
    """

    avgsa_g: float | None = None
    avgsa_periods_s: list[float] | None = None
    avgsa_range_s: tuple[float, float] | None = None
    avgsa_count: int = 10
    gmm_table: Path | None = None


def avgsa_conditional(
    periods_s: FloatArray,
    conditioning_period_s: float,
    ground_motion_models: Mapping[str, Callable[..., GroundMotion]],
    correlations: Mapping[str, CorrelationModel] | None = None,
    *,
    options: AvgSaOptions,
) -> Target:
    """Conditional spectrum on AvgSa (Kohrangi et al. 2017): records are scaled to their AvgSa.

    Raises
    ------
    InputError
        Options are missing, contradict one another, or cannot be used.
    """
    files = read_hazard(_WHERE, conditioning_period_s, options)
    problems = level_problems(_WHERE, options.avgsa_g, options.epsilon, "avgsa_g", "that AvgSa has")
    if options.hazard is not None and options.hazard_period_s is None:
        problems.append(f"{_WHERE}: set hazard_period_s, whose contributions stand for those to AvgSa")
    branches = branches_from(
        _WHERE, problems, ground_motion_models, options, options.gmm_table, files, level_in_study=True
    )
    measure = _measure(conditioning_period_s, options)
    joint = JointModel(
        branches,
        np.asarray(periods_s, dtype=float),
        find_correlation(correlations, options.correlation),
        measure.periods_s,
        component=options.component,
    )
    what = "conditional spectrum on AvgSa" + ("" if branches.single else f" ({options.method})")
    with hint_on_distance(options):
        return conditional_target(joint, measure, conditioning_period_s, options.avgsa_g, options, what)


def _measure(t_star: float, options: AvgSaOptions) -> Scaling:
    listed, range_s, count = options.avgsa_periods_s, options.avgsa_range_s, options.avgsa_count
    if listed is not None and range_s is not None:
        raise InputError(f"{_WHERE}: give either avgsa_periods_s or avgsa_range_s, not both")
    if listed is not None:
        periods = np.unique(np.asarray(listed, dtype=float))
        if not len(periods) or not np.all(np.isfinite(periods)) or periods[0] <= 0:
            raise InputError(f"{_WHERE}: avgsa_periods_s must be positive numbers, s")
        text = ", ".join(f"{t:g}" for t in periods) + " s"
        if len(periods) > 4:
            text = f"{periods[0]:g}-{periods[-1]:g} s, {counted(len(periods), 'period')}"
    else:
        first, last = range_s if range_s is not None else (_RANGE[0] * t_star, _RANGE[1] * t_star)
        if not 0 < first < last or count < 2:
            raise InputError(
                f"{_WHERE}: avgsa_range_s must be [first, last] with 0 < first < last, avgsa_count at least 2"
            )
        periods = np.linspace(round(first, 9), round(last, 9), count)
        text = f"{periods[0]:g}-{periods[-1]:g} s"
    return Scaling(periods, np.full(len(periods), 1.0 / len(periods)), math.nan, f"AvgSa({text})")
