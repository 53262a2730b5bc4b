"""The conditional spectrum: of one causal scenario, or of many seen by several models."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gmplug.errors import InputError
from gmplug.gmm.correlation import CorrelationModel, baker_jayaram_2008, find_correlation
from gmplug.target.conditioning import JointModel, conditional_target, sa_measure
from gmplug.target.gcim_measures import GcimMeasures
from gmplug.target.hazard_input import HazardInput, level_of_files, read_hazard, scenarios_of, vs30_notes
from gmplug.target.logic_tree import LogicTreeBranches, read_branches
from gmplug.target.mixture import Moments, condition_on
from gmplug.target.options import ConditioningOptions, SaOptions
from gmplug.values import FloatArray, GroundMotion, Target

_WHERE = "[target] provider 'conditional-spectrum'"


@dataclass(frozen=True, kw_only=True)
class ConditionalSpectrumOptions(SaOptions):
    """Options of the conditional spectrum.

    Parameters
    ----------
    gmm_table
        CSV of a model's prediction, in place of ``gmm``: ``period_s``, ``median_g``, ``sigma_ln`` or
        ``median_plus_sigma_g``.
    """

    gmm_table: Path | None = None


def conditional_spectrum(
    periods_s: FloatArray,
    conditioning_period_s: float,
    ground_motion_models: Mapping[str, Callable[..., GroundMotion]],
    correlations: Mapping[str, CorrelationModel] | None = None,
    *,
    options: ConditionalSpectrumOptions,
) -> Target:
    """Conditional spectrum (Baker 2011; Lin et al. 2013): the distribution of Sa given Sa(T*).

    Parameters
    ----------
    periods_s
        Shape (P,), s.
    conditioning_period_s
        T*, s.
    ground_motion_models, correlations
        Models by name.

    Raises
    ------
    InputError
        Options are missing, contradict one another, or cannot be used.
    """
    return target_given_sa(
        (_WHERE, "conditional spectrum"),
        periods_s,
        conditioning_period_s,
        ground_motion_models,
        correlations,
        options,
        gmm_table=options.gmm_table,
    )


def target_given_sa(
    names: tuple[str, str],
    periods_s: FloatArray,
    conditioning_period_s: float,
    ground_motion_models: Mapping[str, Callable[..., GroundMotion]],
    correlations: Mapping[str, CorrelationModel] | None,
    options: SaOptions,
    *,
    gmm_table: Path | None = None,
    measures: GcimMeasures | None = None,
) -> Target:
    """Return the distribution of Sa, and of further ``measures``, given Sa(T*).

    ``names`` are the start of error lines and the start of the description.
    """
    where, what = names
    files = read_hazard(where, conditioning_period_s, options)
    sa_g, files = level_of_files(where, files, options, conditioning_period_s)
    problems = level_problems(where, sa_g, options.epsilon)
    level_in_study = options.sa_g is not None or options.epsilon is not None
    branches = branches_from(where, problems, ground_motion_models, options, gmm_table, files, level_in_study)
    measure = sa_measure(conditioning_period_s)
    joint = JointModel(
        branches,
        np.asarray(periods_s, dtype=float),
        find_correlation(correlations, options.correlation),
        measure.periods_s,
        measures,
        options.component,
    )
    what += "" if branches.single else f" ({options.method})"
    with hint_on_distance(options):
        if not level_in_study:
            sa_g = joint.level_from_file(sa_g, measure)
        return conditional_target(joint, measure, conditioning_period_s, sa_g, options, what)


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
    ln_median, sigma = np.log(prediction.median_g), prediction.sigma_ln
    moments = Moments(ln_median, correlation(prediction.periods_s) * np.outer(sigma, sigma))
    at_star = np.eye(len(sigma))[at]
    given = condition_on(moments, at_star, float(ln_median[at] + epsilon * sigma[at]))
    return given.mean, given.covariance


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


def branches_from(
    where: str,
    problems: list[str],
    models: Mapping[str, Callable[..., GroundMotion]],
    options: ConditioningOptions,
    gmm_table: Path | None,
    files: HazardInput,
    level_in_study: bool,
) -> LogicTreeBranches:
    """Return the branches; raises InputError with all that is wrong with them and ``problems``.

    ``level_in_study``: whether the study itself sets the level of shaking, not a file of hazard.
    """
    scenario, scenarios = options.scenario, options.scenarios
    notes = files.notes
    try:
        notes = (*notes, *vs30_notes(where, files, scenario, level_in_study))
        if files.disaggregation is not None:
            if scenarios is not None or options.weights != "contribution":
                raise InputError(f"{where}: hazard states the scenarios and their weights; leave those out")
            scenarios, scenario = scenarios_of(where, files.disaggregation, scenario, options.fault), None
        branches = read_branches(where, models, options.gmm, gmm_table, scenario, scenarios)
    except InputError as error:
        raise InputError([*problems, *_few(error.problems)]) from None
    if options.epsilon is not None and not branches.single:
        problems.append(
            f"{where}: epsilon is that of one scenario and one model; with several, state the level of "
            f"shaking itself"
        )
    if problems:
        raise InputError(problems)
    return replace(branches, notes=notes)


def _few(problems: tuple[str, ...]) -> list[str]:
    """The first of what is wrong with many scenarios."""
    shown = list(problems[:5])
    return shown if len(problems) <= 5 else [*shown, f"and {len(problems) - 5} more of the kind"]


@contextmanager
def hint_on_distance(options: ConditioningOptions) -> Iterator[None]:
    """Add the remedy where a model needs the Joyner-Boore distance that a disaggregation lacks."""
    try:
        yield
    except InputError as error:
        if options.hazard is None or options.fault is not None or "needs rjb_km" not in str(error):
            raise
        raise InputError(
            [
                f"[target]: a model needs rjb_km, and {options.hazard.name} has only the closest distance to "
                f'the rupture (Rrup); for vertical faults set fault = "vertical" (and depth_to_top_km in '
                f"scenario), or choose a model that takes Rrup"
            ]
        ) from None
