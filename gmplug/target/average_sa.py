"""The conditional spectrum on AvgSa, the geometric mean of Sa over a range of periods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gmplug.errors import InputError
from gmplug.target.causes import Method, ModelChoice, ModelWeights, ScenarioWeights
from gmplug.target.conditional_spectrum import Stated, hint_on_distance, level_problems, stated_causes
from gmplug.target.conditioning import How, JointModel, Measure, average_measure, conditional_target
from gmplug.target.correlation import DEFAULT_CORRELATION, CorrelationModel, find_correlation
from gmplug.target.hazard_input import Fault, HazardFiles, read_hazard
from gmplug.values import FloatArray, GroundMotion, Target

_WHERE = "[target] provider 'avgsa-conditional'"
#: Where the study states no range: from 0.2 T* to 2 T*, the range of ASCE 7-22 and EN 1998-1.
_RANGE = (0.2, 2.0)


def avgsa_conditional(
    periods_s: FloatArray,
    conditioning_period_s: float,
    ground_motion_models: Mapping[str, Callable[..., GroundMotion]],
    correlations: Mapping[str, CorrelationModel] | None = None,
    avgsa_g: float | None = None,
    epsilon: float | None = None,
    avgsa_periods_s: list[float] | None = None,
    avgsa_range_s: tuple[float, float] | None = None,
    avgsa_count: int = 10,
    gmm: ModelChoice | None = None,
    gmm_table: Path | None = None,
    scenario: dict[str, Any] | None = None,
    scenarios: list[dict[str, Any]] | None = None,
    weights: ScenarioWeights = "contribution",
    gmm_weights: ModelWeights = "disaggregated",
    method: Method = "exact",
    correlation: str = DEFAULT_CORRELATION,
    hazard: Path | None = None,
    return_period_years: float | None = None,
    hazard_period_s: float | None = None,
    fault: Fault | None = None,
    site_lon_lat: tuple[float, float] | None = None,
    component: str | None = None,
) -> Target:
    """Conditional spectrum on AvgSa (Kohrangi et al. 2017): records are scaled to their AvgSa.

    Parameters
    ----------
    avgsa_g
        AvgSa, g, from a hazard analysis; or
    epsilon
        how many standard deviations ln AvgSa lies above its mean (one scenario, one model).
    avgsa_periods_s
        The periods that AvgSa is over, s; or
    avgsa_range_s, avgsa_count
        first and last period, s (0.2 T* and 2 T*), and how many evenly spaced ones.
    hazard, return_period_years, hazard_period_s
        A disaggregation in place of ``scenarios``. Files hold Sa at single periods: ``hazard_period_s`` says
        whose contributions stand for those to AvgSa.
    site_lon_lat
        Longitude and latitude, degrees: a disaggregation of another site is refused.
    gmm, gmm_table, scenario, scenarios, weights, gmm_weights, method, correlation, fault, component
        As for ``conditional-spectrum``.

    Raises
    ------
    InputError
        Options are missing, contradict one another, or cannot be used.
    """
    given = Stated(gmm, gmm_table, scenario, scenarios, weights, hazard, fault)
    chosen = HazardFiles(hazard, None, return_period_years, hazard_period_s, site_lon_lat)
    files = read_hazard(_WHERE, conditioning_period_s, chosen)
    problems = level_problems(_WHERE, avgsa_g, epsilon, "avgsa_g", "that AvgSa has")
    if hazard is not None and hazard_period_s is None:
        problems.append(f"{_WHERE}: set hazard_period_s, whose contributions stand for those to AvgSa")
    causes = stated_causes(_WHERE, problems, ground_motion_models, given, files, epsilon, stated_level=True)
    measure = _measure(conditioning_period_s, avgsa_periods_s, avgsa_range_s, avgsa_count)
    joint = JointModel(
        causes,
        np.asarray(periods_s, dtype=float),
        find_correlation(correlations, correlation),
        measure.periods_s,
        component=component,
    )
    how = How(method, weights, gmm_weights)
    what = "conditional spectrum on AvgSa" + ("" if causes.single else f" ({method})")
    with hint_on_distance(given):
        return conditional_target(joint, measure, conditioning_period_s, avgsa_g, epsilon, how, what)


def _measure(
    t_star: float, listed: list[float] | None, range_s: tuple[float, float] | None, count: int
) -> Measure:
    if listed is not None and range_s is not None:
        raise InputError(f"{_WHERE}: give either avgsa_periods_s or avgsa_range_s, not both")
    if listed is not None:
        periods = np.unique(np.asarray(listed, dtype=float))
        if not len(periods) or not np.all(np.isfinite(periods)) or periods[0] <= 0:
            raise InputError(f"{_WHERE}: avgsa_periods_s must be positive numbers, s")
        name = f"AvgSa({', '.join(f'{t:g}' for t in periods)} s)"
        name = (
            name if len(periods) <= 4 else f"AvgSa({periods[0]:g}-{periods[-1]:g} s, {len(periods)} periods)"
        )
        return Measure(periods, np.full(len(periods), 1.0 / len(periods)), name)
    first, last = range_s if range_s is not None else (_RANGE[0] * t_star, _RANGE[1] * t_star)
    if not 0 < first < last or count < 2:
        raise InputError(
            f"{_WHERE}: avgsa_range_s must be [first, last] with 0 < first < last, avgsa_count at least 2"
        )
    return average_measure(round(first, 9), round(last, 9), count)
