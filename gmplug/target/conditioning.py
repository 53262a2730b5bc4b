"""From branches to a target: the distribution of ln Sa given a measure of it, or as the branches give it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from gmplug.errors import InputError
from gmplug.gmm.correlation import CorrelationModel, correlation_matrix
from gmplug.gmm.definite import nearest_correlation
from gmplug.notes import doubtful, doubts_of
from gmplug.spectra.components import (
    ARBITRARY,
    NAMES,
    component_named,
    convert_prediction,
    ln_ratio,
    read_component,
    source_of,
)
from gmplug.target.gcim_measures import GcimMeasures
from gmplug.target.logic_tree import LogicTreeBranches, mean_scenario
from gmplug.target.mixture import Moments, condition_on, level_of_measure, measure_moments, mix
from gmplug.target.options import ConditioningOptions
from gmplug.values import FloatArray, GroundMotion, Measures, Scaling, Scenario, Target

#: Up to so many scenarios have notes of their own; of more, doubts are counted and values left out.
_NOTED_SCENARIOS = 3
_VALUE = re.compile(r" = [-+.\de]+")


def sa_measure(period_s: float) -> Scaling:
    """Sa at one period, its level open (NaN)."""
    return Scaling(np.array([float(period_s)]), np.ones(1), math.nan, f"Sa({period_s:g} s)")


class JointModel:
    """The distribution of ln Sa on a grid, and of further measures, for any branch.

    Parameters
    ----------
    periods_s
        The target's periods, shape (P,).
    further_s
        Periods that a conditioning measure needs besides.
    component
        The horizontal component of Sa; None for that of the first model. Predictions of another component
        are converted. For a model that states none, such as a table, it names the model's component.
    """

    def __init__(
        self,
        branches: LogicTreeBranches,
        periods_s: FloatArray,
        correlation: CorrelationModel,
        further_s: FloatArray | None = None,
        measures: GcimMeasures | None = None,
        component: str | None = None,
    ) -> None:
        self.branches, self.measures = branches, measures
        self._component = None if component is None else read_component(component, "[target]")
        self.grid = merged(periods_s, np.empty(0) if further_s is None else further_s)
        self.kept = nearest(self.grid, periods_s)
        self.notes: list[str] = []
        self.correlation = self._joint_correlation(correlation)
        self._doubted = 0

    def _joint_correlation(self, correlation: CorrelationModel) -> FloatArray:
        spectral, notes = correlation_matrix(correlation, self.grid)
        self.notes.extend(notes)
        if self.measures is None:
            return spectral
        among, across = self.measures.correlations(self.grid)
        joint = np.block([[spectral, across.T], [across, among]])
        corrected = nearest_correlation(joint, fixed=len(self.grid))
        names = [f"Sa({period:g} s)" for period in self.grid] + list(self.measures.names)
        what = f"correlations of {', '.join(self.measures.names)} with Sa and among themselves"
        self.notes.extend(corrected.notes(what, names, joint))
        return corrected.matrix

    def moments(self, scenario: Scenario | None, model: int) -> Moments:
        """Return the distribution for one branch, by its scenario and the index of its model."""
        prediction = self._of_component(self.branches.predict(scenario, model, self.grid), model)
        self._note(prediction.notes)
        mean, sigma = np.log(prediction.median_g), prediction.sigma_ln
        if self.measures is not None:
            ln_median, measure_sigma = self.measures.moments(prediction, scenario)
            mean, sigma = np.append(mean, ln_median), np.append(sigma, measure_sigma)
        return Moments(mean, self.correlation * np.outer(sigma, sigma))

    @property
    def component(self) -> str:
        """The component of Sa; empty where neither the study nor the first model names it."""
        if self._component is None:
            own = self.branches.predict(self.branches.scenarios[0], 0, self.grid).component
            self._component = read_component(own, "[target] gmm") if own else ""
        return NAMES.get(self._component, "")

    def level_from_file(self, level_g: float | None, measure: Scaling) -> float | None:
        """Return the level of a hazard file, g, converted from the first model's component to this one.

        Raises InputError for an arbitrary component: its hazard curve is not another one times a ratio.
        """
        if level_g is None or not self.component:
            return level_g
        own = component_named(self.branches.predict(self.branches.scenarios[0], 0, self.grid).component)
        wanted = component_named(self.component)
        if own is None or wanted is None or own == wanted:
            return level_g
        if ARBITRARY in (own, wanted):
            raise InputError(
                f"[target]: the hazard file's level is of {NAMES[own]}, that of {NAMES[wanted]} has another "
                f"hazard; state its level as sa_g = …, or leave component out"
            )
        shift = float(ln_ratio(own, wanted, measure.periods_s) @ measure.weights)
        self.notes.append(
            f"{measure.name} of the hazard file, {level_g:.4g} g, taken as {NAMES[own]} and multiplied by "
            f"{math.exp(shift):.3f} for {NAMES[wanted]} ({source_of(own, wanted)})"
        )
        return level_g * math.exp(shift)

    def _of_component(self, prediction: GroundMotion, model: int) -> GroundMotion:
        """Return a prediction converted to the component of Sa, where both components are known."""
        wanted, name = component_named(self.component), self.branches.models[model][0]
        if wanted is None:
            return prediction
        if not prediction.component:
            if len(self.branches.models) > 1:
                raise InputError(
                    f"[target] gmm '{name}': does not state which horizontal component it predicts, "
                    f"beside models of {self.component}; its plugin must set GroundMotion.component"
                )
            return prediction
        converted = convert_prediction(prediction, wanted)
        if converted is prediction:
            return prediction
        note = (
            f"{name} predicts {prediction.component}: converted to {NAMES[wanted]} "
            f"({source_of(component_named(prediction.component) or '', wanted)})"
        )
        return replace(converted, notes=(*prediction.notes, note))

    def weights_of(self, measure: Scaling) -> FloatArray:
        """A measure's weights over the whole vector."""
        weights = np.zeros(len(self.correlation))
        weights[nearest(self.grid, measure.periods_s)] = measure.weights
        return weights

    def target_fields(self, moments: Moments) -> dict[str, object]:
        """The mean and covariance of a Target, and its measures."""
        kept = self.kept
        found: dict[str, object] = {
            "periods_s": self.grid[kept],
            "ln_mean": moments.mean[kept],
            "covariance": moments.covariance[np.ix_(kept, kept)],
        }
        if self.measures is not None:
            others = np.arange(len(self.grid), len(moments.mean))
            found["measures"] = Measures(
                self.measures.names,
                moments.mean[others],
                moments.covariance[np.ix_(others, others)],
                self.measures.weights,
                moments.covariance[np.ix_(others, kept)],
            )
        return found

    def _note(self, notes: Iterable[str]) -> None:
        if len(self.branches.scenarios) > _NOTED_SCENARIOS:
            self._doubted += bool(doubts_of(notes))
            notes = [_VALUE.sub("", note) for note in notes if note not in map(doubtful, doubts_of(notes))]
        self.notes.extend(note for note in notes if note not in self.notes)

    def all_notes(self) -> tuple[str, ...]:
        """Notes of the branches and of their predictions."""
        counted = doubtful(f"{self._doubted} predictions lie outside a model's recommended limits")
        return (*self.branches.notes, *self.notes, *([counted] if self._doubted else []))


def conditional_target(
    joint: JointModel,
    measure: Scaling,
    conditioning_period_s: float,
    level_g: float | None,
    options: ConditioningOptions,
    what: str,
) -> Target:
    """Return the target given the measure's value: ``level_g``, or ``epsilon`` of the options for one branch.

    Parameters
    ----------
    what
        The first words of its description.
    """
    weights, branches = joint.weights_of(measure), joint.branches
    if level_g is None:
        assert options.epsilon is not None
        mean, sigma = measure_moments(joint.moments(branches.scenarios[0], 0), weights)
        ln_level = mean + options.epsilon * sigma
    else:
        ln_level = math.log(level_g)
    moments, epsilon, scenario = _mixed(joint, weights, ln_level, options)
    fields = joint.target_fields(moments)
    sa_star = len(measure.periods_s) == 1
    scaling = replace(measure, ln_level=ln_level)
    text = f"{what}, {scaling.text}, {'' if branches.single else 'mean '}epsilon {epsilon:.2f}"
    return Target(
        **fields,  # type: ignore[arg-type]
        conditioning_period_s=float(conditioning_period_s),
        sa_g=math.exp(ln_level) if sa_star else _median_at(fields, conditioning_period_s),
        epsilon=epsilon,
        description=f"{text}, {branches.model_text}{scenario_text(scenario, len(branches.scenarios))}",
        scenario=scenario,
        notes=joint.all_notes(),
        component=joint.component,
        scaling=None if sa_star else scaling,
    )


def _median_at(fields: dict[str, object], period_s: float) -> float:
    periods, mean = np.asarray(fields["periods_s"]), np.asarray(fields["ln_mean"])
    return float(np.exp(np.interp(math.log(period_s), np.log(periods), mean)))


def _mixed(
    joint: JointModel, weights: FloatArray, ln_level: float, options: ConditioningOptions
) -> tuple[Moments, float, Scenario | None]:
    """Return the distribution given the level, mixed over the branches; mean epsilon and mean scenario."""
    scenarios, models = joint.branches.scenarios, range(len(joint.branches.models))
    moments = [joint.moments(scenario, k) for scenario in scenarios for k in models]
    levels = [level_of_measure(part, weights, ln_level) for part in moments]
    ln_density = np.reshape([level.ln_density for level in levels], (len(scenarios), len(models)))
    shares = branch_weights(joint.branches, ln_density, options)
    mean = mean_scenario(scenarios, shares.sum(axis=1))
    if options.method != "exact" and not joint.branches.single:
        if options.method == "approximate":
            means, shares = [mean for _ in models], joint.branches.model_weights
        else:
            means = [mean_scenario(scenarios, shares[:, k]) for k in models]
            shares = shares.sum(axis=0)
        moments = [joint.moments(means[k], k) for k in models]
        levels = [level_of_measure(part, weights, ln_level) for part in moments]
    shares = shares.ravel()
    epsilon = float(np.dot(shares, [level.epsilon for level in levels]) / shares.sum())
    return mix([condition_on(part, weights, ln_level) for part in moments], shares), epsilon, mean


def branch_weights(
    branches: LogicTreeBranches, ln_density: FloatArray, options: ConditioningOptions
) -> FloatArray:
    """Return the weight of each branch given the level, shape (J, K), sum 1.

    By Bayes' rule: P(j, k | IM = a) ∝ ν_j w_k f(a | j, k), ν the scenarios' rates and w the logic-tree
    weights of the models (Lin et al. 2013). Where contributions P(j | IM = a) are known instead of rates,
    they are kept, and shared among the models in the same way. With ``gmm_weights`` "logic-tree" the models
    keep their w whatever the level.

    Parameters
    ----------
    ln_density
        ln f(a | j, k) up to a constant, shape (J, K).
    """
    likelihood = branches.model_weights * np.exp(ln_density - np.max(ln_density))
    by_scenario = likelihood.sum(axis=1)
    scenario = branches.scenario_weights
    if options.weights == "rate":
        scenario = scenario * by_scenario
    if options.gmm_weights == "logic-tree":
        shares = np.outer(scenario, branches.model_weights)
    else:
        safe = np.where(by_scenario > 0, by_scenario, 1.0)[:, None]
        even = np.broadcast_to(branches.model_weights, likelihood.shape)
        shares = scenario[:, None] * np.where(by_scenario[:, None] > 0, likelihood / safe, even)
    if not shares.sum() > 0:
        raise InputError("[target]: none of the scenarios can cause this level of shaking; check sa_g")
    return np.asarray(shares / shares.sum())


def scenario_text(scenario: Scenario | None, count: int) -> str:
    """A scenario, or the mean of several, for a description."""
    if scenario is None:
        return ""
    text = f", {count} scenarios, mean" if count > 1 else ","
    text += f" M {scenario.magnitude:.3g}"
    for name, value in (("Rjb", scenario.rjb_km), ("Rrup", scenario.rrup_km)):
        text += f", {name} {value:.3g} km" if value is not None else ""
    if scenario.vs30_m_s is not None:
        text += f", Vs30 {scenario.vs30_m_s:g} m/s"
    return f"{text}, {scenario.mechanism}"


def merged(periods_s: FloatArray, further_s: FloatArray) -> FloatArray:
    """The periods with those of ``further_s`` that are not among them, increasing."""
    periods = np.asarray(periods_s, dtype=float)
    new = [t for t in further_s if not np.any(np.isclose(periods, t, rtol=1e-6, atol=0.0))]
    return np.sort(np.append(periods, new))


def nearest(grid: FloatArray, periods_s: FloatArray) -> np.ndarray:
    """Index in the grid of each period."""
    return np.abs(grid[None, :] - np.asarray(periods_s)[:, None]).argmin(axis=1)
