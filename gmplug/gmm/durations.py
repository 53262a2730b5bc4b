"""Models of significant duration, as coded in pygmm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gmplug.errors import InputError
from gmplug.gmm.ground_motion_models import PYGMM_MECHANISMS, caught_messages
from gmplug.gmm.named import find_named
from gmplug.gmm.scenarios import SCENARIO_KEYS
from gmplug.values import Scenario

#: A duration model: (ln median, σ) of each duration (ln s) by column name.
DurationModel = Callable[[Scenario], Mapping[str, tuple[float, float]]]

#: Columns of the durations that the models predict, and their names in pygmm.
DURATIONS = {"duration_5_75_s": "D_5t75", "duration_5_95_s": "D_5t95"}


def afshari_stewart_2016(scenario: Scenario) -> dict[str, tuple[float, float]]:
    """Afshari & Stewart (2016), "Physically parameterized prediction equations for significant duration in
    active crustal regions", Earthquake Spectra 32(4):2057-2081.

    The basin term is left at its center: pygmm 0.8 mixes km and m in it.
    """
    mechanism = PYGMM_MECHANISMS.get(scenario.mechanism, "U")
    if mechanism == "U":
        raise InputError('[target] duration_gmm "AS16": needs the mechanism; add mechanism = … to scenario')
    return _named(_pygmm("AfshariStewart2016", "AS16", scenario, mechanism=mechanism))


def kempton_stewart_2006(scenario: Scenario) -> dict[str, tuple[float, float]]:
    """Kempton & Stewart (2006), "Prediction equations for significant duration of earthquake ground motions
    considering site and near-source effects", Earthquake Spectra 22(4):985-1013; its base model."""
    return _named(_pygmm("KemptonStewart2006", "KS06", scenario), "a")


DURATION_MODELS: Mapping[str, DurationModel] = {"AS16": afshari_stewart_2016, "KS06": kempton_stewart_2006}


def find_duration_model(name: str) -> DurationModel:
    """Return a model by its name, in any case; raises InputError that lists the known ones."""
    return find_named(DURATION_MODELS, name, "[target] duration_gmm: unknown duration model")


def _pygmm(class_name: str, short: str, scenario: Scenario, **more: Any) -> Any:
    import pygmm

    problems = [
        f'[target] duration_gmm "{short}": needs {key} ({SCENARIO_KEYS[key]}); add {key} = … to scenario'
        for key in ("rrup_km", "vs30_m_s")
        if getattr(scenario, key) is None
    ]
    if problems:
        raise InputError(problems)
    inputs = {"mag": scenario.magnitude, "dist_rup": scenario.rrup_km, "v_s30": scenario.vs30_m_s, **more}
    with caught_messages():
        return getattr(pygmm, class_name)(pygmm.Scenario(**inputs))


def _named(model: Any, ending: str = "") -> dict[str, tuple[float, float]]:
    return {
        column: (float(np.log(model.duration[own + ending])), float(model.std_err[own + ending]))
        for column, own in DURATIONS.items()
    }
