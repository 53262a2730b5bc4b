"""From causes to a target: the distribution of ln Sa given a measure of it, or as the causes give it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from gmplug.errors import InputError
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
from gmplug.target.causes import Causes, Method, ModelWeights, ScenarioWeights, mean_scenario
from gmplug.target.correlation import CorrelationModel, correlation_matrix
from gmplug.target.definite import nearest_correlation
from gmplug.target.mixture import Level, Moments, condition_on, level_of_measure, measure_moments, mix
from gmplug.values import FloatArray, GroundMotion, Measures, Scaling, Scenario, Target

#: Causes whose notes are told one by one; beyond that doubts are counted, and others told without values.
_NOTED_CAUSES = 3
_VALUE = re.compile(r" = [-+.\de]+")


class MeasureModels(Protocol):
    """Further intensity measures: their distribution for a cause, their correlations."""

    @property
    def names(self) -> tuple[str, ...]:
        """Columns of the records."""
        ...

    @property
    def weights(self) -> FloatArray:
        """How much each counts in a selection, shape (M,)."""
        ...

    def moments(self, prediction: GroundMotion, scenario: Scenario | None) -> tuple[FloatArray, FloatArray]:
        """ln median and σ, shape (M,) each."""
        ...

    def correlations(self, periods_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Among themselves (M, M), and with ln Sa at the periods (M, Q)."""
        ...


@dataclass(frozen=True)
class Measure:
    """A conditioning measure without its level: ln IM = Σ_j w_j ln Sa(T_j)."""

    periods_s: FloatArray
    weights: FloatArray
    name: str

    def at(self, ln_level: float) -> Scaling:
        """The measure with its level."""
        return Scaling(self.periods_s, self.weights, ln_level, self.name)


def sa_measure(period_s: float) -> Measure:
    """Sa at one period."""
    return Measure(np.array([float(period_s)]), np.ones(1), f"Sa({period_s:g} s)")


def average_measure(first_s: float, last_s: float, count: int) -> Measure:
    """AvgSa, the geometric mean of Sa at evenly spaced periods, both ends included."""
    periods = np.linspace(first_s, last_s, count)
    return Measure(periods, np.full(count, 1.0 / count), f"AvgSa({first_s:g}-{last_s:g} s)")


@dataclass(frozen=True)
class How:
    """How several causes become one target; see gmplug.target.causes."""

    method: Method = "exact"
    scenario_weights: ScenarioWeights = "contribution"
    model_weights: ModelWeights = "disaggregated"


class JointModel:
    """The distribution of ln Sa on a grid, and of further measures, for any cause.

    Parameters
    ----------
    periods_s
        The target's periods, shape (P,).
    further_s
        Periods that a conditioning measure needs besides.
    component
        The horizontal component that Sa is to be of; None for that of the first model. Predictions for
        another are converted. Of a model that states none, such as a table, it says what it is.
    """

    def __init__(
        self,
        causes: Causes,
        periods_s: FloatArray,
        correlation: CorrelationModel,
        further_s: FloatArray | None = None,
        measures: MeasureModels | None = None,
        component: str | None = None,
    ) -> None:
        self.causes, self.measures = causes, measures
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
        """Return the distribution for one cause, by its scenario and the index of its model."""
        prediction = self._of_component(self.causes.predict(scenario, model, self.grid), model)
        self._note(prediction.notes)
        mean, sigma = np.log(prediction.median_g), prediction.sigma_ln
        if self.measures is not None:
            ln_median, measure_sigma = self.measures.moments(prediction, scenario)
            mean, sigma = np.append(mean, ln_median), np.append(sigma, measure_sigma)
        return Moments(mean, self.correlation * np.outer(sigma, sigma))

    @property
    def component(self) -> str:
        """What Sa is of, as it is shown; empty where neither the study nor the first model says."""
        if self._component is None:
            own = self.causes.predict(self.causes.scenarios[0], 0, self.grid).component
            self._component = read_component(own, "[target] gmm") if own else ""
        return NAMES.get(self._component, "")

    def level_from_file(self, level_g: float | None, measure: Measure) -> float | None:
        """Return a level that a hazard file states, g, which is of the first model's component, for this one.

        Raises InputError for an arbitrary component: its hazard is another, not this one times a ratio.
        """
        if level_g is None or not self.component:
            return level_g
        own = component_named(self.causes.predict(self.causes.scenarios[0], 0, self.grid).component)
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
        wanted = component_named(self.component) if self.component else None
        if wanted is None or not prediction.component:
            if wanted is not None and not prediction.component and len(self.causes.models) > 1:
                name = self.causes.models[model][0]
                raise InputError(
                    f"[target] gmm '{name}': does not state which horizontal component it predicts, "
                    f"beside models of {self.component}; its plugin must set GroundMotion.component"
                )
            return prediction
        converted = convert_prediction(prediction, wanted)
        if converted is prediction:
            return prediction
        note = (
            f"{self.causes.models[model][0]} predicts {prediction.component}: converted to {NAMES[wanted]} "
            f"({source_of(component_named(prediction.component) or '', wanted)})"
        )
        return replace(converted, notes=(*prediction.notes, note))

    def weights_of(self, measure: Measure) -> FloatArray:
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
        if len(self.causes.scenarios) > _NOTED_CAUSES:
            self._doubted += bool(doubts_of(notes))
            notes = [_VALUE.sub("", note) for note in notes if note not in map(doubtful, doubts_of(notes))]
        self.notes.extend(note for note in notes if note not in self.notes)

    def all_notes(self) -> tuple[str, ...]:
        """Notes of the causes and of their predictions."""
        counted = doubtful(f"{self._doubted} predictions lie outside a model's recommended limits")
        return (*self.causes.notes, *self.notes, *([counted] if self._doubted else []))


def conditional_target(
    joint: JointModel,
    measure: Measure,
    conditioning_period_s: float,
    level_g: float | None,
    epsilon: float | None,
    how: How,
    what: str,
) -> Target:
    """Return the target given the measure's value, ``level_g`` or, for a single cause, ``epsilon``.

    Parameters
    ----------
    what
        The first words of its description.
    """
    weights = joint.weights_of(measure)
    if level_g is None:
        assert epsilon is not None
        mean, sigma = measure_moments(joint.moments(joint.causes.scenarios[0], 0), weights)
        ln_level = mean + epsilon * sigma
    else:
        ln_level = math.log(level_g)
    mixed = _Mixed(joint, weights, ln_level, how)
    fields = joint.target_fields(mixed.moments)
    sa_star = len(measure.periods_s) == 1
    scaling = measure.at(ln_level)
    text = f"{what}, {scaling.text}, {mixed.epsilon_text}, {joint.causes.model_text}{mixed.scenario_text}"
    return Target(
        **fields,  # type: ignore[arg-type]
        conditioning_period_s=float(conditioning_period_s),
        sa_g=math.exp(ln_level) if sa_star else _median_at(fields, conditioning_period_s),
        epsilon=mixed.epsilon,
        description=text,
        scenario=mixed.scenario,
        notes=joint.all_notes(),
        component=joint.component,
        scaling=None if sa_star else scaling,
    )


def _median_at(fields: dict[str, object], period_s: float) -> float:
    periods, mean = np.asarray(fields["periods_s"]), np.asarray(fields["ln_mean"])
    return float(np.exp(np.interp(math.log(period_s), np.log(periods), mean)))


class _Mixed:
    """The conditional distribution of all causes, and how to tell of them."""

    def __init__(self, joint: JointModel, weights: FloatArray, ln_level: float, how: How) -> None:
        self.causes = joint.causes
        parts, levels, shares = self._parts(joint, weights, ln_level, how)
        self.moments = mix(parts, shares)
        self.epsilon = float(np.dot(shares, [level.epsilon for level in levels]) / shares.sum())

    def _parts(
        self, joint: JointModel, weights: FloatArray, ln_level: float, how: How
    ) -> tuple[list[Moments], list[Level], FloatArray]:
        causes = self.causes
        scenarios: list[tuple[Scenario | None, int]] = [
            (scenario, k) for scenario in causes.scenarios for k in range(len(causes.models))
        ]
        shape = (len(causes.scenarios), len(causes.models))
        if how.method == "approximate" and not causes.single and how.scenario_weights == "contribution":
            self.scenario = mean_scenario(causes.scenarios, causes.scenario_weights)
            scenarios = [(self.scenario, k) for k in range(shape[1])]
            shares = causes.model_weights
        else:
            moments = [joint.moments(*cause) for cause in scenarios]
            levels = [level_of_measure(part, weights, ln_level) for part in moments]
            density = np.reshape([level.ln_density for level in levels], shape)
            joint_shares = cause_weights(causes, density, how)
            self.scenario = mean_scenario(causes.scenarios, joint_shares.sum(axis=1))
            if how.method == "exact" or causes.single:
                given = [condition_on(part, weights, ln_level) for part in moments]
                return given, levels, joint_shares.ravel()
            if how.method == "approximate":
                scenarios, shares = [(self.scenario, k) for k in range(shape[1])], causes.model_weights
            else:
                shares = joint_shares.sum(axis=0)
                scenarios = [
                    (mean_scenario(causes.scenarios, joint_shares[:, k]), k) for k in range(shape[1])
                ]
        moments = [joint.moments(*cause) for cause in scenarios]
        levels = [level_of_measure(part, weights, ln_level) for part in moments]
        return [condition_on(part, weights, ln_level) for part in moments], levels, shares

    @property
    def epsilon_text(self) -> str:
        return f"{'' if self.causes.single else 'mean '}epsilon {self.epsilon:.2f}"

    @property
    def scenario_text(self) -> str:
        return scenario_text(self.scenario, len(self.causes.scenarios))


def cause_weights(causes: Causes, ln_density: FloatArray, how: How) -> FloatArray:
    """Return the weight of each cause given the level, shape (J, K), sum 1.

    By Bayes' rule: P(j, k | IM = a) ∝ ν_j w_k f(a | j, k), ν the scenarios' rates and w the logic-tree
    weights of the models (Lin et al. 2013). Where contributions P(j | IM = a) are known instead of rates,
    they are kept, and shared among the models in the same way. With ``model_weights`` "logic-tree" the models
    keep their w whatever the level.

    Parameters
    ----------
    ln_density
        ln f(a | j, k) up to a constant, shape (J, K).
    """
    likelihood = causes.model_weights * np.exp(ln_density - np.max(ln_density))
    by_scenario = likelihood.sum(axis=1)
    scenario = causes.scenario_weights
    if how.scenario_weights == "rate":
        scenario = scenario * by_scenario
    if how.model_weights == "logic-tree":
        shares = np.outer(scenario, causes.model_weights)
    else:
        safe = np.where(by_scenario > 0, by_scenario, 1.0)[:, None]
        even = np.broadcast_to(causes.model_weights, likelihood.shape)
        shares = scenario[:, None] * np.where(by_scenario[:, None] > 0, likelihood / safe, even)
    if not shares.sum() > 0:
        raise InputError("[target]: none of the scenarios can cause this level of shaking; check sa_g")
    return np.asarray(shares / shares.sum())


def unconditional_moments(joint: JointModel) -> tuple[Moments, Scenario | None]:
    """Return the mixture of all causes, by their weights, and the mean scenario."""
    causes = joint.causes
    parts = [joint.moments(s, k) for s in causes.scenarios for k in range(len(causes.models))]
    shares = np.outer(causes.scenario_weights, causes.model_weights).ravel()
    return mix(parts, shares), mean_scenario(causes.scenarios, causes.scenario_weights)


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
