"""Logic-tree branches of a target: causal earthquakes, and the ground-motion models that predict them.

A branch is one earthquake scenario with one model. Conditional targets are mixtures over branches: Lin,
Harmsen, Baker & Luco (2013), "Conditional spectrum computation incorporating multiple causal earthquakes and
ground-motion prediction models", Bull. Seism. Soc. Am. 103(2A):1103-1116.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from gmplug.errors import InputError
from gmplug.gmm.ground_motion_models import find_model
from gmplug.gmm.scenarios import scenario_from_mapping
from gmplug.target.tables import read_model_table
from gmplug.values import FloatArray, GroundMotion, Scenario

Models = Mapping[str, Callable[..., GroundMotion]]
#: How a study names its models: one, several of equal weight, or each with its logic-tree weight.
ModelChoice = str | list[str] | dict[str, float]

#: How several branches become one target; Lin et al. (2013), their methods 2, 3 and 4.
Method = Literal["approximate", "approximate-by-model", "exact"]
#: The weights of scenarios.
ScenarioWeights = Literal["contribution", "rate"]
#: Weights of models: given the level of shaking, or of the logic tree.
ModelWeights = Literal["disaggregated", "logic-tree"]


@dataclass(frozen=True)
class LogicTreeBranches:
    """Scenarios and models with their weights.

    Parameters
    ----------
    scenarios
        The earthquakes; None for a table of a prediction whose earthquake the study does not name.
    scenario_weights
        Their contributions to the hazard, or their rates, shape (J,); the sum is 1.
    models
        Name of each model and what predicts ``f(scenario, periods_s)``.
    model_weights
        Logic-tree weights, shape (K,); the sum is 1.
    notes
        One line for each thing a user should know.
    """

    scenarios: tuple[Scenario | None, ...]
    scenario_weights: FloatArray
    models: tuple[tuple[str, Callable[..., GroundMotion]], ...]
    model_weights: FloatArray
    notes: tuple[str, ...] = ()

    @property
    def single(self) -> bool:
        """Whether there is one scenario and one model."""
        return len(self.scenarios) == 1 and len(self.models) == 1

    @property
    def model_text(self) -> str:
        """The models and their weights, for a description."""
        if len(self.models) == 1:
            return self.models[0][0]
        parts = zip(self.models, self.model_weights, strict=True)
        return " + ".join(f"{weight:.2g} {name}" for (name, _), weight in parts)

    def predict(self, scenario: Scenario | None, model: int, periods_s: FloatArray) -> GroundMotion:
        """Return the prediction of one model for one scenario."""
        return self.models[model][1](scenario=scenario, periods_s=periods_s)


def read_branches(
    where: str,
    models: Models,
    gmm: ModelChoice | None = None,
    gmm_table: Path | None = None,
    scenario: Mapping[str, Any] | None = None,
    scenarios: Sequence[Mapping[str, Any]] | None = None,
) -> LogicTreeBranches:
    """Return the branches that a study defines.

    Raises InputError where something is missing, contradictory or out of range.

    Parameters
    ----------
    gmm
        A model's name, a list of names, or names with logic-tree weights; or
    gmm_table
        CSV of a model's prediction for the one scenario.
    scenario
        Keys of :class:`gmplug.values.Scenario`; with ``scenarios``, what is common to all of them.
    scenarios
        Mappings with a further key ``weight``.
    """
    problems = _problems(where, gmm, gmm_table, scenario, scenarios)
    if problems:
        raise InputError(problems)
    listed, weights = _scenarios(where, scenario, scenarios)
    if gmm_table is not None:

        def predict(scenario: Scenario | None, periods_s: FloatArray) -> GroundMotion:
            return read_model_table(gmm_table, periods_s)

        return LogicTreeBranches(listed, weights, ((gmm_table.name, predict),), np.ones(1))
    assert gmm is not None
    named, model_weights = _models(where, models, gmm)
    return LogicTreeBranches(listed, weights, named, model_weights)


def _problems(
    where: str,
    gmm: ModelChoice | None,
    gmm_table: Path | None,
    scenario: Mapping[str, Any] | None,
    scenarios: Sequence[Mapping[str, Any]] | None,
) -> list[str]:
    problems = []
    if (gmm is None) == (gmm_table is None):
        problems.append(
            f'{where}: give a ground-motion model, gmm = "BSSA14" with a scenario, or gmm_table = "….csv"'
            if gmm is None
            else f"{where}: give either gmm or gmm_table, not both"
        )
    if gmm is not None and scenario is None and scenarios is None:
        name = gmm if isinstance(gmm, str) else ", ".join(gmm)
        problems.append(
            f"{where}: gmm '{name}' needs the causal earthquake; add scenario = {{ magnitude = …, "
            f'rjb_km = …, vs30_m_s = …, mechanism = "…" }}'
        )
    if gmm_table is not None and scenarios is not None:
        problems.append(
            f'{where}: gmm_table holds the prediction for one scenario; several scenarios need gmm = "…"'
        )
    return problems


def _scenarios(
    where: str, scenario: Mapping[str, Any] | None, scenarios: Sequence[Mapping[str, Any]] | None
) -> tuple[tuple[Scenario | None, ...], FloatArray]:
    if scenarios is None:
        return (None if scenario is None else scenario_from_mapping(scenario),), np.ones(1)
    if not scenarios:
        raise InputError(f"{where}: scenarios is empty; list at least one, or give scenario")
    listed: list[Scenario] = []
    weights: list[float] = []
    problems: list[str] = []
    for number, own in enumerate(scenarios, start=1):
        label = f"[target] scenarios, number {number}"
        weights.append(_weight(label, own.get("weight", 1.0 if len(scenarios) == 1 else None), problems))
        try:
            mapping = {**(scenario or {}), **{key: value for key, value in own.items() if key != "weight"}}
            listed.append(scenario_from_mapping(mapping, label))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return tuple(listed), _normalized(weights)


def _models(
    where: str, models: Models, gmm: ModelChoice
) -> tuple[tuple[tuple[str, Callable[..., GroundMotion]], ...], FloatArray]:
    weighted = {gmm: 1.0} if isinstance(gmm, str) else gmm
    if isinstance(weighted, list):
        weighted = dict.fromkeys(weighted, 1.0)
    if not weighted:
        raise InputError(f"{where}: gmm names no model")
    problems: list[str] = []
    weights = [_weight(f"{where}: gmm '{name}'", weight, problems) for name, weight in weighted.items()]
    if problems:
        raise InputError(problems)
    named = tuple((name, find_model(models, name)) for name in weighted)
    return named, _normalized(weights)


def _weight(where: str, weight: Any, problems: list[str]) -> float:
    number = isinstance(weight, int | float) and not isinstance(weight, bool)
    if number and np.isfinite(weight) and weight > 0:
        return float(weight)
    problem = "is missing" if weight is None else f"{weight!r} is not a positive number"
    problems.append(f"{where}: weight {problem}; state its contribution or rate")
    return 1.0


def _normalized(weights: Sequence[float]) -> FloatArray:
    array = np.array(weights, dtype=float)
    return array / array.sum()


def mean_scenario(scenarios: Sequence[Scenario | None], weights: FloatArray) -> Scenario | None:
    """Return the weighted mean of scenarios: means of numbers known of all, texts of the weightiest."""
    known = [scenario for scenario in scenarios if scenario is not None]
    if len(known) != len(scenarios) or not known:
        return None
    if len(known) == 1:
        return known[0]
    first = known[int(np.argmax(weights))]
    share = weights / weights.sum()
    means: dict[str, Any] = {}
    for entry in fields(Scenario):
        values = [getattr(scenario, entry.name) for scenario in known]
        if all(isinstance(value, int | float) for value in values):
            means[entry.name] = float(np.dot(share, values))
        elif any(value is None for value in values) and not isinstance(getattr(first, entry.name), str):
            means[entry.name] = None
    return replace(first, **means)
