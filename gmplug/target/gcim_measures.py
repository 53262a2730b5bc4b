"""The further intensity measures of a GCIM target: models of their distribution and of their correlations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gmplug.errors import InputError
from gmplug.gmm.durations import DURATIONS, DurationModel, find_duration_model
from gmplug.measures import measures as known_measures
from gmplug.measures.records import correlated_measures, measure_correlations
from gmplug.values import FloatArray, GroundMotion, Scenario

_WHERE = "[target] provider 'gcim'"


@dataclass(frozen=True)
class GcimMeasures:
    """The measures of a study: models of their distribution and of their correlations."""

    names: tuple[str, ...]
    weights: FloatArray
    durations: DurationModel

    def moments(self, prediction: GroundMotion, scenario: Scenario | None) -> tuple[FloatArray, FloatArray]:
        """ln median and σ of each measure for a scenario, shape (M,) each."""
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
                f"(BSSA14, ASK14, CB14, CY14 predict PGA and PGV; CAV, ASI, SI and Arias intensity need a "
                f"plugin's model), or leave it out of measures"
            )
        pairs = np.array([found[name] for name in self.names], dtype=float)
        return pairs[:, 0], pairs[:, 1]

    def correlations(self, periods_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Among the measures (M, M), and with ln Sa (M, Q)."""
        return measure_correlations(self.names, periods_s)


def gcim_measures(measures: list[str] | dict[str, float] | None, duration_gmm: str) -> GcimMeasures:
    """Return the measures that a study names, with their models; raises InputError where one is not known."""
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
