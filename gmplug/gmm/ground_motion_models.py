"""Published ground-motion models as coded in pygmm, by their usual short names."""

from __future__ import annotations

import csv
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from logging.handlers import BufferingHandler
from pathlib import Path
from typing import Any

import numpy as np

from gmplug.errors import InputError
from gmplug.gmm.model_defaults import taken_notes
from gmplug.gmm.named import find_named
from gmplug.gmm.scenarios import SCENARIO_KEYS
from gmplug.notes import doubtful, doubts_of
from gmplug.values import FloatArray, GroundMotion, Scenario

GroundMotionModel = Callable[[Scenario, FloatArray], GroundMotion]


@dataclass(frozen=True)
class PublishedModel:
    """A ground-motion model that pygmm offers for a Scenario.

    Attributes
    ----------
    pygmm_name
        pygmm's class (a name, so that models can be listed without importing pygmm).
    paper
        Where the model was published.
    component
        The definition of Sa that it predicts.
    hard_rock_m_s
        Vs30 of the one site that the model is for, m/s; None for a model with a site term.
    """

    pygmm_name: str
    paper: str
    component: str
    hard_rock_m_s: float | None = None


def _published_models() -> dict[str, PublishedModel]:
    with Path(__file__).with_name("published_models.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["name"]: PublishedModel(
                row["pygmm_name"],
                row["paper"],
                row["component"],
                float(row["hard_rock_m_s"]) if row["hard_rock_m_s"] else None,
            )
            for row in csv.DictReader(file)
        }


#: By pygmm's ABBREV. pygmm's two subduction models need an event type: left out.
PUBLISHED_MODELS: Mapping[str, PublishedModel] = _published_models()

PYGMM_MODELS: Mapping[str, str] = {short: model.pygmm_name for short, model in PUBLISHED_MODELS.items()}

#: The definition of Sa that each model predicts.
COMPONENTS: Mapping[str, str] = {short: model.component for short, model in PUBLISHED_MODELS.items()}

#: Other names of the same models.
ALIASES: Mapping[str, str] = {long: short for short, long in PYGMM_MODELS.items()} | {
    "DBC14": "DBC13",
    "PZT11": "Pea11",
}

#: Least Vs30 of hard rock, m/s: site class A of ASCE 7-22, Table 20.2-1 (5000 ft/s).
_LEAST_HARD_ROCK_M_S = 1500.0

#: pygmm's names for what a Scenario holds.
_PYGMM_KEYS: Mapping[str, str] = {
    "mag": "magnitude",
    "dist_jb": "rjb_km",
    "dist_rup": "rrup_km",
    "dist_x": "rx_km",
    "dist_y0": "ry0_km",
    "v_s30": "vs30_m_s",
    "mechanism": "mechanism",
    "dip": "dip_deg",
    "depth_tor": "depth_to_top_km",
    "depth_hyp": "hypocentral_depth_km",
    "width": "width_km",
    "depth_1_0": "z1_0_km",
    "depth_2_5": "z2_5_km",
    "region": "region",
}

#: pygmm's names of mechanisms. Oblique slip counts as reverse or normal: Campbell & Bozorgnia (2014), eq. 4.
PYGMM_MECHANISMS: Mapping[str, str] = {
    "strike-slip": "SS",
    "normal": "NS",
    "normal-oblique": "NS",
    "reverse": "RS",
    "reverse-oblique": "RS",
    "unspecified": "U",
}

#: Required by the model although pygmm accepts any one of several.
_ALSO_REQUIRED: Mapping[str, tuple[str, ...]] = {"ASB14": ("dist_jb",)}


def find_model(models: Mapping[str, Callable[..., GroundMotion]], name: str) -> Callable[..., GroundMotion]:
    """Return a model by its name, an alias of it, or either in another case.

    Raises
    ------
    InputError
        No model has that name; lists the known ones.
    """
    return find_named(models, name, "[target]: unknown ground-motion model", ALIASES)


def stated_component(gmm: Any) -> str:
    """Return the component that the first model of an option ``gmm`` predicts, empty if not built in."""
    first = gmm if isinstance(gmm, str) else str(next(iter(gmm), ""))
    try:
        return find_named(COMPONENTS, first, "", ALIASES)
    except InputError:  # of a plugin, which says with its prediction
        return ""


def pygmm_models() -> dict[str, GroundMotionModel]:
    """All models that pygmm offers for a Scenario, by short name; imports pygmm only when one is called."""
    return {short: _model(short) for short in PYGMM_MODELS}


def _model(short: str) -> GroundMotionModel:
    def predict(scenario: Scenario, periods_s: FloatArray) -> GroundMotion:
        return predict_with_pygmm(short, scenario, periods_s)

    predict.__name__ = short
    predict.__doc__ = f"{PUBLISHED_MODELS[short].paper}; {COMPONENTS[short]}."
    return predict


def predict_with_pygmm(name: str, scenario: Scenario, periods_s: FloatArray) -> GroundMotion:
    """Return a published model's prediction at any periods within the model's range.

    The ln median and σ (and τ, φ where pygmm gives them) at the model's own periods are interpolated by PCHIP
    against ln T. :mod:`gmplug.gmm.corrected_models` puts right what pygmm gets wrong.

    Parameters
    ----------
    name
        A key of :data:`PUBLISHED_MODELS`.
    periods_s
        Shape (P,), s.

    Raises
    ------
    InputError
        The scenario lacks what the model requires, or the periods reach beyond the model's.
    """
    import pygmm

    from gmplug.gmm.corrected_models import model_class as class_of

    where = f"[target] gmm '{name}'"
    model_class = class_of(name, PYGMM_MODELS[name])
    own_periods = np.asarray(model_class.PERIODS, dtype=float)[model_class.INDICES_PSA]
    _check_range(own_periods, periods_s, where)
    inputs, notes = _inputs(name, model_class, scenario, where)
    with caught_messages() as messages:
        try:
            model = model_class(pygmm.Scenario(**inputs))
        except (ValueError, NotImplementedError, TypeError) as error:
            raise InputError(f"{where}: pygmm cannot use this scenario ({error})") from error
    notes += [doubtful(line) for line in messages if line not in notes]
    notes += taken_notes(name, model, inputs, scenario)

    def at_periods(values: Any) -> FloatArray | None:
        if values is None or np.iscomplexobj(values):  # complex: a power of a negative number
            return None
        array = np.broadcast_to(np.asarray(values, dtype=float), np.shape(model_class.PERIODS))
        return _pchip(own_periods, array[model_class.INDICES_PSA], periods_s)

    ln_median, sigma = at_periods(model._ln_resp), at_periods(model._ln_std)
    if ln_median is None or sigma is None or not np.all(np.isfinite(ln_median)) or not np.all(sigma > 0):
        limits = "; ".join(doubts_of(notes)) or "check the scenario's numbers"
        raise InputError(f"{where}: gives no finite median and σ for this scenario ({limits})")
    return GroundMotion(
        periods_s=np.asarray(periods_s, dtype=float),
        median_g=np.exp(ln_median),
        sigma_ln=sigma,
        tau_ln=at_periods(getattr(model, "_tau", None)),
        phi_ln=at_periods(getattr(model, "_phi", None)),
        notes=tuple(notes),
        measures=_measures(model, model_class),
        component=COMPONENTS[name],
    )


def _measures(model: Any, model_class: Any) -> dict[str, tuple[float, float]]:
    """ln median and σ of PGA (g) and PGV (cm/s), where the model has them."""
    found = {}
    for name, index in (("pga_g", model_class.INDEX_PGA), ("pgv_cm_s", model_class.INDEX_PGV)):
        if index is not None:
            median, sigma = float(model._ln_resp[index]), float(np.atleast_1d(model._ln_std)[index])
            if np.isfinite(median) and sigma > 0:
                found[name] = (median, sigma)
    return found


def _pchip(own_periods: FloatArray, values: FloatArray, periods_s: FloatArray) -> FloatArray:
    from scipy.interpolate import PchipInterpolator

    clipped = np.clip(periods_s, own_periods[0], own_periods[-1])  # rounding at the ends only
    return np.asarray(PchipInterpolator(np.log(own_periods), values)(np.log(clipped)), dtype=float)


def _check_range(own_periods: FloatArray, periods_s: FloatArray, where: str) -> None:
    low, high = float(own_periods[0]), float(own_periods[-1])
    if np.min(periods_s) < low * (1 - 1e-6) or np.max(periods_s) > high * (1 + 1e-6):
        raise InputError(
            f"{where}: the model covers {low:g} to {high:g} s, the study's periods run from "
            f"{np.min(periods_s):g} to {np.max(periods_s):g} s; set periods_s in [target] within the model's "
            f"range, or choose another gmm"
        )


def _inputs(name: str, model_class: Any, scenario: Scenario, where: str) -> tuple[dict[str, Any], list[str]]:
    """What the model is given, and notes on values outside its recommended range."""
    inputs: dict[str, Any] = {}
    notes, problems = _hard_rock_notes(name, scenario, where)
    for parameter in model_class.PARAMS:
        key = _PYGMM_KEYS.get(parameter.name)
        if key is None:
            continue
        value = getattr(scenario, key)
        if parameter.name == "mechanism":
            value = PYGMM_MECHANISMS[scenario.mechanism]
        if parameter.name == "region" and value is not None:
            value = str(value).lower().replace(" ", "_")
            if value == "global" and "global" not in parameter.options:
                value = parameter.default  # what the authors use where no region is known
        if value is None:
            if parameter.required or parameter.name in _ALSO_REQUIRED.get(name, ()):
                problems.append(f"{where}: needs {key} ({SCENARIO_KEYS[key]}); add {key} = … to scenario")
            continue
        problem = _category_problem(name, parameter, key, value, scenario, notes)
        if problem:
            problems.append(f"{where}: {problem}")
            continue
        notes += _limit_notes(name, parameter, key, value)
        known = not hasattr(parameter, "options") or value in parameter.options
        inputs[parameter.name] = value if known else parameter.default
    if problems:
        raise InputError(problems)
    takes_side = any(parameter.name == "on_hanging_wall" for parameter in model_class.PARAMS)
    if takes_side and scenario.rx_km is not None:
        inputs["on_hanging_wall"] = scenario.rx_km > 0
    return inputs, notes


def _hard_rock_notes(name: str, scenario: Scenario, where: str) -> tuple[list[str], list[str]]:
    """Notes and problems of a model for hard rock alone, which does not look at Vs30."""
    reference, stated = PUBLISHED_MODELS[name].hard_rock_m_s, scenario.vs30_m_s
    if reference is None or stated == reference:
        return [], []
    if stated is None:
        return [f"{name} predicts for hard rock, Vs30 = {reference:g} m/s"], []
    if stated >= _LEAST_HARD_ROCK_M_S:
        text = f"{name} predicts for hard rock of Vs30 = {reference:g} m/s"
        return [doubtful(f"{text} and does not use vs30_m_s = {stated:g}")], []
    return [], [
        f"{where}: predicts for hard rock alone (Vs30 = {reference:g} m/s), not for vs30_m_s = {stated:g}; "
        f"choose a model with a site term, such as AB06, or set vs30_m_s = {reference:g} for hard rock"
    ]


def _category_problem(
    name: str, parameter: Any, key: str, value: Any, scenario: Scenario, notes: list[str]
) -> str:
    """What is wrong with the value of a parameter with fixed choices, or an empty text."""
    options = getattr(parameter, "options", None)
    if options is None or value in options:
        return ""
    if key == "mechanism":
        if value == "U":
            return 'needs the mechanism; add mechanism = "strike-slip", "normal" or "reverse" to scenario'
        # The authors' own rule where a class is lacking: Idriss (2014) treats normal as strike slip.
        notes.append(f"{name} has no term for {scenario.mechanism} faulting and treats it as strike-slip")
        return ""
    known = ", ".join(map(str, options))
    return f"{key} '{value}' is not one the model knows ({known}); choose one or leave it out"


def _limit_notes(name: str, parameter: Any, key: str, value: Any) -> list[str]:
    low, high = getattr(parameter, "min", None), getattr(parameter, "max", None)
    if low is not None and value < low:
        return [doubtful(f"{key} {value:g} is below {name}'s recommended limit of {low:g}")]
    if high is not None and value > high:
        return [doubtful(f"{key} {value:g} is above {name}'s recommended limit of {high:g}")]
    return []


@contextmanager
def caught_messages() -> Iterator[list[str]]:
    """Collect pygmm's messages to the root logger; gmplug makes its own notes on limits, with units."""
    root, lines = logging.getLogger(), list[str]()
    collector, others = BufferingHandler(capacity=10_000), root.handlers[:]
    root.handlers = [collector]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield lines
    finally:
        root.handlers = others
        lines += [" ".join(record.getMessage().split()) for record in collector.buffer]
