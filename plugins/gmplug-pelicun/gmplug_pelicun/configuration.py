"""pelicun's configuration of one level, as its command DL_calculation reads it (config.json)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from gmplug_pelicun.demands import directions, stories

#: m/s² in one g, as in pelicun.
STANDARD_GRAVITY = 9.80665


@dataclass(frozen=True)
class Building:
    """The building in the configuration.

    ``replacement_cost`` in USD of 2011 and ``replacement_worker_days`` are medians; their dispersions, of
    lognormal distributions, are 0 for fixed values.
    """

    replacement_cost: float
    replacement_cost_dispersion: float
    replacement_worker_days: float
    replacement_time_dispersion: float
    irreparable_drift_median: float
    irreparable_drift_dispersion: float
    plan_area_ft2: float


@dataclass(frozen=True)
class Collapse:
    """Lognormal collapse fragility in Sa(T*): median, g, and dispersion."""

    median_g: float
    beta: float


def configuration(
    demands: pd.DataFrame,
    building: Building,
    collapse: Collapse | None,
    sa_demand: str,
    realizations: int,
    seed: int,
    yield_drift_ratio: float | None,
    both_directions: bool,
) -> dict[str, Any]:
    """Return the configuration for a table of demands in pelicun's format.

    Demands are resampled from a joint lognormal distribution fitted to them (FEMA P-58-1, appendix G);
    residual drifts, which can be zero, are those of the analyses, all stories of one analysis together
    (``CoupledDemands``). pelicun alone draws each story independently, which makes more realizations
    irreparable. Without residual drifts they are inferred from the peak ones by FEMA
    P-58-1 section 5.4, if the yield drift is given.
    """
    kinds = {column.split("-")[1] for column in demands.columns}
    calibration: dict[str, Any] = {"ALL": {"DistributionFamily": "lognormal"}}
    demand: dict[str, Any] = {"DemandFilePath": "response.csv", "Calibration": calibration}
    if "RID" in kinds:
        calibration["RID"] = {"DistributionFamily": "empirical"}
        demand["CoupledDemands"] = True
    elif yield_drift_ratio is not None:
        demand["InferResidualDrift"] = {"method": "FEMA P-58", "1": yield_drift_ratio}
    plane = directions(demands) == 1
    if plane and both_directions:
        demand["DemandCloning"] = {
            f"{kind}-{place}-1": [f"{kind}-{place}-1", f"{kind}-{place}-2"]
            for _, kind, place, _ in (column.split("-") for column in demands.columns)
            if kind in ("PID", "PFA")
        }
    if "InferResidualDrift" in demand and (not plane or both_directions):
        demand["InferResidualDrift"]["2"] = yield_drift_ratio
    damage: dict[str, Any] = {"DamageProcess": "FEMA P-58"}
    if collapse is not None:
        damage["CollapseFragility"] = {
            "DemandType": sa_demand,
            "CapacityDistribution": "lognormal",
            "CapacityMedian": collapse.median_g * STANDARD_GRAVITY,
            "Theta_1": collapse.beta,
        }
    if "RID" in kinds or "InferResidualDrift" in demand:
        damage["IrreparableDamage"] = {
            "DriftCapacityMedian": building.irreparable_drift_median,
            "DriftCapacityLogStd": building.irreparable_drift_dispersion,
        }
    return {
        "GeneralInformation": {"units": {"length": "m"}},
        "DL": {
            "Demands": demand,
            "Asset": {
                "ComponentAssignmentFile": "CMP_QNT.csv",
                "ComponentDatabase": "FEMA P-58",
                "NumberOfStories": stories(demands),
                "PlanArea": str(round(building.plan_area_ft2, 1)),
            },
            "Damage": damage,
            "Losses": {
                "Repair": {
                    "ConsequenceDatabase": "FEMA P-58",
                    "MapApproach": "Automatic",
                    "DecisionVariables": {"Cost": True, "Time": True},
                    "ReplacementCost": _replacement(
                        "USD_2011", building.replacement_cost, building.replacement_cost_dispersion
                    ),
                    "ReplacementTime": _replacement(
                        "worker_day", building.replacement_worker_days, building.replacement_time_dispersion
                    ),
                }
            },
            "Outputs": {
                "Demand": {"Sample": True, "Statistics": True},
                "Asset": {"Statistics": True},
                "Damage": {"GroupedSample": True, "GroupedStatistics": True},
                "Loss": {
                    "Repair": {"GroupedSample": True, "AggregateSample": True, "AggregateStatistics": True}
                },
                "Format": {"CSV": True, "JSON": False},
            },
            "Options": {
                "Seed": seed,
                "Sampling": {"SamplingMethod": "LHS", "SampleSize": realizations},
                "LogFile": "pelicun_log.txt",
                "Verbose": False,
            },
        },
    }


def _replacement(unit: str, median: float, dispersion: float) -> dict[str, Any]:
    given = {"Unit": unit, "Median": median}
    return given | ({"Distribution": "lognormal", "Theta_1": dispersion} if dispersion > 0 else {})
