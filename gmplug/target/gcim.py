"""The generalised conditional intensity measure: a conditional spectrum with further measures beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from gmplug.errors import InputError
from gmplug.measures import measures as known_measures
from gmplug.measures.records import correlated_measures, measure_correlations
from gmplug.target.conditional_spectrum import target_given_sa
from gmplug.target.correlation import CorrelationModel
from gmplug.target.durations import DURATIONS, DurationModel, find_duration_model
from gmplug.target.options import SaOptions
from gmplug.values import FloatArray, GroundMotion, Scenario, Target

_WHERE = "[target] provider 'gcim'"


@dataclass(frozen=True, kw_only=True)
class GcimOptions(SaOptions):
    """Options of the generalized conditional intensity measure.

    Parameters
    ----------
    measures
        ``pga_g``, ``pgv_cm_s``, ``cav_m_s`` (of the ground-motion models; no built-in one predicts CAV),
        ``duration_5_75_s``, ``duration_5_95_s``, and those that plugins add with a correlation, in a list, or
        with the weight of each in the selection.
    duration_gmm
        Model of significant duration: AS16 or KS06.
    """

    measures: list[str] | dict[str, float] | None = None
    duration_gmm: str = "AS16"


def gcim(
    periods_s: FloatArray,
    conditioning_period_s: float,
    ground_motion_models: Mapping[str, Callable[..., GroundMotion]],
    correlations: Mapping[str, CorrelationModel] | None = None,
    *,
    options: GcimOptions,
) -> Target:
    """Sa, PGA, PGV and durations given Sa(T*) (Bradley 2010).

    Bradley (2010), "A generalized conditional intensity measure approach and holistic ground-motion
    selection", Earthq. Eng. Struct. Dyn. 39(12):1321-1342: for one cause all measures are jointly
    lognormal, so each is lognormal given Sa(T*). Several causes are mixed.

    Raises
    ------
    InputError
        Options are missing, contradict one another, or cannot be used.
    """
    models = _measure_models(options.measures, options.duration_gmm)
    names = (_WHERE, f"GCIM ({', '.join(models.names)})")
    return target_given_sa(
        names, periods_s, conditioning_period_s, ground_motion_models, correlations, options, measures=models
    )


@dataclass(frozen=True)
class GcimMeasures:
    """The measures of a study: models of their distribution and of their correlations."""

    names: tuple[str, ...]
    weights: FloatArray
    durations: DurationModel

    def moments(self, prediction: GroundMotion, scenario: Scenario | None) -> tuple[FloatArray, FloatArray]:
        """ln median and σ of each measure for a cause, shape (M,) each."""
        found = dict(prediction.measures)
        if scenario is not None:
            if any(name in DURATIONS for name in self.names):
                found |= self.durations(scenario)
            for name in self.names:
                predict = known_measures()[name].predict
                if name not in found and predict is not None:
                    found[name] = predict(scenario)
        missing = [name for name in self.names if name not in found]
        if missing:
            raise InputError(
                f"{_WHERE}: a ground-motion model does not predict {', '.join(missing)}; choose another gmm "
                f"(BSSA14, ASK14, CB14, CY14 predict PGA and PGV; CAV needs a plugin's model), or leave "
                f"it out of measures"
            )
        pairs = np.array([found[name] for name in self.names], dtype=float)
        return pairs[:, 0], pairs[:, 1]

    def correlations(self, periods_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Among the measures (M, M), and with ln Sa (M, Q)."""
        return measure_correlations(self.names, periods_s)


def _measure_models(measures: list[str] | dict[str, float] | None, duration_gmm: str) -> GcimMeasures:
    known = correlated_measures()
    if not measures:
        raise InputError(f'{_WHERE}: name the measures, such as measures = ["duration_5_75_s", "pgv_cm_s"]')
    weighted = dict.fromkeys(measures, 1.0) if isinstance(measures, list) else dict(measures)
    problems = [
        f"{_WHERE}: measures: '{name}' is not known, or its correlation with Sa is not; known: "
        f"{', '.join(known)}"
        for name in weighted
        if name not in known
    ]
    problems += [
        f"{_WHERE}: measures: the weight of '{name}' must be a number, 0 or more, not {weight!r}"
        for name, weight in weighted.items()
        if not (np.isfinite(weight) and weight >= 0)
    ]
    if problems:
        raise InputError(problems)
    weights = np.array(list(weighted.values()), dtype=float)
    return GcimMeasures(tuple(weighted), weights, find_duration_model(duration_gmm))
