"""The conditional spectrum: of one causal scenario, or of many seen by several models."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from gmplug.errors import InputError
from gmplug.target.causes import Causes, Method, ModelChoice, ModelWeights, ScenarioWeights, read_causes
from gmplug.target.conditioning import How, JointModel, conditional_target, sa_measure
from gmplug.target.correlation import (
    DEFAULT_CORRELATION,
    CorrelationModel,
    baker_jayaram_2008,
    find_correlation,
)
from gmplug.target.hazard_input import (
    Fault,
    HazardFiles,
    HazardInput,
    level_of_files,
    read_hazard,
    scenarios_of,
    vs30_notes,
)
from gmplug.values import FloatArray, GroundMotion, Target

_WHERE = "[target] provider 'conditional-spectrum'"


def conditional_spectrum(
    periods_s: FloatArray,
    conditioning_period_s: float,
    ground_motion_models: Mapping[str, Callable[..., GroundMotion]],
    correlations: Mapping[str, CorrelationModel] | None = None,
    sa_g: float | None = None,
    epsilon: float | None = None,
    gmm: ModelChoice | None = None,
    gmm_table: Path | None = None,
    scenario: dict[str, Any] | None = None,
    scenarios: list[dict[str, Any]] | None = None,
    weights: ScenarioWeights = "contribution",
    gmm_weights: ModelWeights = "disaggregated",
    method: Method = "exact",
    correlation: str = DEFAULT_CORRELATION,
    hazard: Path | None = None,
    hazard_curve: Path | None = None,
    return_period_years: float | None = None,
    hazard_period_s: float | None = None,
    fault: Fault | None = None,
    site_lon_lat: tuple[float, float] | None = None,
    extrapolate: bool = False,
    component: str | None = None,
) -> Target:
    """Conditional spectrum (Baker 2011; Lin et al. 2013): what to expect where Sa(T*) has a given value.

    Parameters
    ----------
    periods_s
        Shape (P,), s.
    conditioning_period_s
        T*, s.
    ground_motion_models, correlations
        Models by name.
    sa_g
        Sa at T*, g, from a hazard analysis; or
    epsilon
        how many standard deviations Sa at T* lies above the model's median (one scenario, one model).
    gmm
        Name of a ground-motion model, a list of them, or names with logic-tree weights; or
    gmm_table
        CSV of a model's prediction: ``period_s``, ``median_g``, ``sigma_ln`` or ``median_plus_sigma_g``.
    scenario
        Keys of :class:`gmplug.values.Scenario`. With a table it is only recorded; with ``scenarios``, it is
        what they have in common.
    scenarios
        Several causal earthquakes, each with its ``weight``.
    weights
        Whether those are contributions to the hazard at this level, or rates of occurrence.
    gmm_weights
        Whether models are weighted by what the level of shaking says of them, or as in the logic tree.
    method
        ``exact`` mixes all scenarios and models; ``approximate-by-model`` takes one mean scenario for each
        model, ``approximate`` one for all (methods 4, 3 and 2 of Lin et al. 2013).
    correlation
        Name of a correlation model.
    hazard
        A disaggregation (USGS JSON, OpenQuake CSV) in place of ``scenarios``; states ``sa_g`` as well if it
        is of Sa(T*) and says its level.
    hazard_curve, return_period_years
        A hazard curve of Sa(T*), and the return period whose level is ``sa_g``; the latter also chooses
        among several levels of ``hazard``.
    hazard_period_s
        Takes the contributions at another period than T*.
    site_lon_lat
        Longitude and latitude, degrees: which of several sites; files of others are refused.
    extrapolate
        Continues ``hazard_curve`` beyond its ends by the slope of its end segment.
    fault
        ``vertical``: Rjb follows from the disaggregation's Rrup and the scenario's ``depth_to_top_km``.
    component
        The horizontal component that Sa is to be of, and ``sa_g`` with it: ``RotD50``, ``RotD100``,
        ``geometric mean``, ``GMRotI50``, ``larger``, or ``single component``: one of arbitrary direction.
        Default: that of the first model. Others are converted; of a ``gmm_table`` it says what it holds.

    Raises
    ------
    InputError
        Options are missing, contradict one another, or cannot be used.
    """
    given = Stated(gmm, gmm_table, scenario, scenarios, weights, hazard, fault)
    stated_level = sa_g is not None or epsilon is not None
    chosen = HazardFiles(
        hazard, hazard_curve, return_period_years, hazard_period_s, site_lon_lat, extrapolate
    )
    files = read_hazard(_WHERE, conditioning_period_s, chosen)
    sa_g, files = level_of_files(_WHERE, files, sa_g, epsilon)
    problems = level_problems(_WHERE, sa_g, epsilon)
    causes = stated_causes(_WHERE, problems, ground_motion_models, given, files, epsilon, stated_level)
    measure = sa_measure(conditioning_period_s)
    joint = JointModel(
        causes,
        np.asarray(periods_s, dtype=float),
        find_correlation(correlations, correlation),
        measure.periods_s,
        component=component,
    )
    how = How(method, weights, gmm_weights)
    what = "conditional spectrum" + ("" if causes.single else f" ({method})")
    with hint_on_distance(given):
        if not stated_level:
            sa_g = joint.level_from_file(sa_g, measure)
        return conditional_target(joint, measure, conditioning_period_s, sa_g, epsilon, how, what)


def condition(
    prediction: GroundMotion,
    at: int,
    epsilon: float,
    correlation: Callable[[FloatArray], FloatArray] = baker_jayaram_2008,
) -> tuple[FloatArray, FloatArray]:
    """Return mean (P,) and covariance (P, P) of ln Sa, given epsilon at one of the prediction's periods.

    Baker (2011), "Conditional mean spectrum: tool for ground-motion selection", J. Struct. Eng.
    137(3):322-331, eqs. 2-4, and the conditional covariance of the multivariate normal distribution:
    μ(T) = m(T) + ρ(T,T*) ε* σ(T); Σij = ρij σi σj − ρi* ρj* σi σj.

    Parameters
    ----------
    at
        Index of T* among the prediction's periods.
    epsilon
        ε*, the number of standard deviations of ln Sa(T*) above the median.
    correlation
        Correlation matrix (P, P) of ln Sa at the periods (P,).
    """
    rho = correlation(prediction.periods_s)
    sigma = prediction.sigma_ln
    mean = np.log(prediction.median_g) + rho[:, at] * epsilon * sigma
    covariance = (rho - np.outer(rho[:, at], rho[:, at])) * np.outer(sigma, sigma)
    covariance[at, :] = covariance[:, at] = 0.0  # exact in theory; clear of rounding
    return mean, covariance


def level_problems(
    where: str, level_g: float | None, epsilon: float | None, option: str = "sa_g", of: str = "at T*"
) -> list[str]:
    """What is wrong with the level of shaking that a study states."""
    problems = []
    if (level_g is None) == (epsilon is None):
        problems.append(
            f"{where}: give the level of shaking {of}, {option} = … (from the hazard) or epsilon = …"
            if level_g is None
            else f"{where}: give either {option} or epsilon, not both"
        )
    if level_g is not None and not (math.isfinite(level_g) and level_g > 0):
        problems.append(f"{where}: {option} must be positive, not {level_g!r}")
    if epsilon is not None and not math.isfinite(epsilon):
        problems.append(f"{where}: epsilon must be a finite number, not {epsilon!r}")
    return problems


@dataclass(frozen=True)
class Stated:
    """The options that state causes, as a study gives them."""

    gmm: ModelChoice | None
    gmm_table: Path | None
    scenario: dict[str, Any] | None
    scenarios: list[dict[str, Any]] | None
    weights: ScenarioWeights
    hazard: Path | None
    fault: Fault | None


def stated_causes(
    where: str,
    problems: list[str],
    models: Mapping[str, Callable[..., GroundMotion]],
    stated: Stated,
    files: HazardInput,
    epsilon: float | None,
    stated_level: bool,
) -> Causes:
    """Return the causes; raises InputError with all that is wrong with them and ``problems``.

    ``stated_level``: whether the study itself states the level of shaking.
    """
    scenario, scenarios = stated.scenario, stated.scenarios
    notes = files.notes
    try:
        notes = (*notes, *vs30_notes(where, files, scenario, stated_level))
        if files.disaggregation is not None:
            if scenarios is not None or stated.weights != "contribution":
                raise InputError(f"{where}: hazard states the scenarios and their weights; leave those out")
            scenarios, scenario = scenarios_of(where, files.disaggregation, scenario, stated.fault), None
        causes = read_causes(where, models, stated.gmm, stated.gmm_table, scenario, scenarios)
    except InputError as error:
        raise InputError([*problems, *_few(error.problems)]) from None
    if epsilon is not None and not causes.single:
        problems.append(
            f"{where}: epsilon is that of one scenario and one model; with several, state the level of "
            f"shaking itself"
        )
    if problems:
        raise InputError(problems)
    return replace(causes, notes=notes)


def _few(problems: tuple[str, ...]) -> list[str]:
    """The first of what is wrong with many scenarios."""
    shown = list(problems[:5])
    return shown if len(problems) <= 5 else [*shown, f"and {len(problems) - 5} more of the kind"]


@contextmanager
def hint_on_distance(stated: Stated) -> Iterator[None]:
    """Say how a disaggregation can give the Joyner-Boore distance, where a model asks for it."""
    try:
        yield
    except InputError as error:
        if stated.hazard is None or stated.fault is not None or "needs rjb_km" not in str(error):
            raise
        raise InputError(
            [
                f"[target]: a model needs rjb_km, and {stated.hazard.name} tells the closest distance to the "
                f'rupture (Rrup) alone; for vertical faults set fault = "vertical" (and depth_to_top_km in '
                f"scenario), or choose a model that takes Rrup"
            ]
        ) from None
