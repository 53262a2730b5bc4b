"""The options that several targets share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gmplug.gmm.correlation import DEFAULT_CORRELATION
from gmplug.target.logic_tree import Method, ModelChoice, ModelWeights, ScenarioWeights


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """Options of every target that follows from ground-motion models.

    Parameters
    ----------
    gmm
        Name of a ground-motion model, a list of them, or names with logic-tree weights.
    scenario
        Keys of :class:`gmplug.values.Scenario`. With a table of a model's prediction it is only recorded.
        With ``scenarios`` it holds what they have in common.
    scenarios
        Several causal earthquakes, each with its ``weight``.
    correlation
        Name of a correlation model.
    component
        The horizontal component of Sa: ``RotD50``, ``RotD100``, ``geometric mean``, ``GMRotI50``,
        ``larger``, or ``single component``, one of arbitrary direction. Default: that of the first model.
        gmplug converts the predictions of other models. For a table it states what the table holds.
    """

    gmm: ModelChoice | None = None
    scenario: dict[str, Any] | None = None
    scenarios: list[dict[str, Any]] | None = None
    correlation: str = DEFAULT_CORRELATION
    component: str | None = None


@dataclass(frozen=True, kw_only=True)
class ConditioningOptions(ModelOptions):
    """Options of every target that is conditioned on a level of shaking.

    Parameters
    ----------
    epsilon
        Standard deviations by which the conditioning measure lies above the model's mean, for one scenario
        and one model. The alternative to its value in g.
    weights
        Whether the weights of ``scenarios`` are contributions to the hazard at this level, or rates of
        occurrence.
    gmm_weights
        ``disaggregated`` weights the models by the probability that each gives to the level of shaking;
        ``logic-tree`` takes the logic tree's weights.
    method
        ``exact`` mixes all scenarios and models. ``approximate-by-model`` takes one mean scenario for each
        model, ``approximate`` one for all (methods 4, 3 and 2 of Lin et al. 2013).
    hazard
        A disaggregation (USGS JSON, OpenQuake CSV) in place of ``scenarios``. It also sets ``sa_g`` if it
        is of Sa(T*) and states its level.
    return_period_years
        Chooses among several levels of ``hazard``.
    hazard_period_s
        Use the contributions at another period than T*.
    fault
        ``vertical``: Rjb follows from the disaggregation's Rrup and the scenario's ``depth_to_top_km``.
    site_lon_lat
        Longitude and latitude, degrees: which of several sites. A file of another site is refused.
    """

    epsilon: float | None = None
    weights: ScenarioWeights = "contribution"
    gmm_weights: ModelWeights = "disaggregated"
    method: Method = "exact"
    hazard: Path | None = None
    return_period_years: float | None = None
    hazard_period_s: float | None = None
    fault: Literal["vertical"] | None = None
    site_lon_lat: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class SaOptions(ConditioningOptions):
    """Options of the targets that are conditioned on Sa(T*).

    Parameters
    ----------
    sa_g
        Sa at T*, g, from a hazard analysis. The alternative to ``epsilon``.
    hazard_curve
        A hazard curve of Sa(T*). ``sa_g`` is its value at ``return_period_years``.
    extrapolate
        Continue ``hazard_curve`` beyond its ends by the slope of its end segment.
    """

    sa_g: float | None = None
    hazard_curve: Path | None = None
    extrapolate: bool = False
