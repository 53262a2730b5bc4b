"""The level of shaking of each building, as ε and as Sa at its own period."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.host.options import call
from gmplug.portfolio.buildings import Building
from gmplug.portfolio.schema import Portfolio
from gmplug.spectra.components import convert_prediction, read_component
from gmplug.values import FloatArray, GroundMotion, Scenario

#: Prediction of ln Sa: (median in g, sigma) at periods (P,).
Predict = Callable[[Mapping[str, Any], FloatArray], GroundMotion]


def predictor(portfolio: Portfolio, host: Host) -> Predict | None:
    """Return the portfolio's ground-motion model, or None where ``[target]`` names none.

    It predicts the target's component of Sa, which buildings' levels are of.
    """
    options = portfolio.target.options
    if "gmm" in options:
        return partial(_by_model, host, str(options["gmm"]), options.get("component"))
    if "gmm_table" in options:
        return partial(_by_table, portfolio.base_dir / str(options["gmm_table"]))
    return None


def _by_model(
    host: Host, name: str, component: str | None, scenario: Mapping[str, Any], periods_s: FloatArray
) -> GroundMotion:
    from gmplug.gmm.ground_motion_models import find_model
    from gmplug.gmm.scenarios import scenario_from_mapping

    model = find_model(host.providers("ground_motion_models"), name)
    cause: Scenario = scenario_from_mapping(scenario)
    given = {"scenario": cause, "periods_s": periods_s}
    prediction: GroundMotion = call(model, {}, given, f"[target] gmm '{name}'")
    if component is None:
        return prediction
    return convert_prediction(prediction, read_component(component, "[target]"))


def _by_table(path: Path, scenario: Mapping[str, Any], periods_s: FloatArray) -> GroundMotion:
    from gmplug.target.tables import read_model_table

    return read_model_table(path, periods_s)


def building_levels(
    portfolio: Portfolio, buildings: Sequence[Building], predict: Predict | None
) -> tuple[dict[str, float | None], dict[str, float]]:
    """Return by id: ε of each building at its own period (None without), and Sa there, g (NaN if unknown).

    ε is what the row states, or follows from its Sa by the ground-motion model, or is that of ``[target]``.

    Raises InputError where a level is missing or cannot be made use of.
    """
    general = portfolio.target.options.get("epsilon")
    _check(portfolio, buildings, predict, general)
    epsilons: dict[str, float | None] = {}
    sa_g: dict[str, float] = {}
    for group in _groups(buildings):
        medians, sigmas = _predictions(group, predict)
        for b in group:
            stated = b.epsilon if b.epsilon is not None else (None if b.sa_g is not None else general)
            if b.sa_g is not None and predict is not None:
                stated = (math.log(b.sa_g) - math.log(medians[b.period_s])) / sigmas[b.period_s]
            epsilons[b.id] = None if stated is None else float(stated)
            known = predict is not None and stated is not None
            sa_g[b.id] = (
                float(medians[b.period_s] * math.exp(float(stated) * sigmas[b.period_s]))
                if known and stated is not None
                else math.nan
            )
    return epsilons, sa_g


def _check(
    portfolio: Portfolio, buildings: Sequence[Building], predict: Predict | None, general: Any
) -> None:
    where = portfolio.buildings_file.name
    if "sa_g" in portfolio.target.options:
        raise InputError(
            "[target] sa_g holds at one period, and buildings have many: give epsilon in [target], or a "
            "column sa_g (each building's own, at its own period) or epsilon in the table"
        )
    rows = [b for b in buildings if b.sa_g is not None]
    if rows and predict is None:
        raise InputError(
            f"{where}, row {rows[0].row} ({rows[0].id}), column sa_g: needs a ground-motion model, to carry "
            "the level from the building's period to that of its selection; set gmm in [target]"
        )
    levelled = [b for b in buildings if b.sa_g is not None or b.epsilon is not None]
    if general is None and levelled and len(levelled) < len(buildings):
        problems = [
            f"{where}, row {b.row} ({b.id}), column sa_g: is empty, and so is epsilon; fill in one, or set "
            "epsilon in [target]"
            for b in buildings
            if b.sa_g is None and b.epsilon is None
        ]
        raise InputError(problems)
    if general is None and not levelled and portfolio.target.provider == "conditional-spectrum":
        raise InputError(
            f"{where}: no level of shaking: add a column sa_g (g, at the building's period) or epsilon, or "
            "set epsilon in [target]"
        )


def _groups(buildings: Sequence[Building]) -> list[list[Building]]:
    """Buildings by scenario, so that each is predicted once."""
    groups: dict[str, list[Building]] = {}
    for building in buildings:
        groups.setdefault(json.dumps(building.scenario, sort_keys=True, default=str), []).append(building)
    return list(groups.values())


def _predictions(
    group: Sequence[Building], predict: Predict | None
) -> tuple[dict[float, float], dict[float, float]]:
    if predict is None:
        return {}, {}
    periods = sorted({b.period_s for b in group})
    try:
        found = predict(group[0].scenario, np.array(periods))
    except InputError as error:
        first = group[0]
        raise InputError([f"row {first.row} ({first.id}): {line}" for line in error.problems]) from error
    return (
        dict(zip(periods, found.median_g.tolist(), strict=True)),
        dict(zip(periods, found.sigma_ln.tolist(), strict=True)),
    )
