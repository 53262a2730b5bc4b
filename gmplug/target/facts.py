"""What a target says besides its spectrum, as plain data for target.json and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from gmplug.values import AcceptanceCheck, FloatArray, Measures, Scaling, Target


def facts_of(target: Target) -> dict[str, Any]:
    """Return what target.json holds beyond the spectrum: scaling, checks, measures."""
    facts: dict[str, Any] = {
        "scaling": None if target.scaling is None else _plain(asdict(target.scaling)),
        "mean_only": target.mean_only,
        "component": target.component,
        "code_component": target.code_component,
        "checks": [_plain(asdict(check)) for check in target.checks],
        "measures": None if target.measures is None else _plain(asdict(target.measures)),
    }
    return facts


def fields_from(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return those fields of a Target; KeyError or TypeError where the file is not what was written."""
    scaling, measures = facts.get("scaling"), facts.get("measures")
    return {
        "scaling": None if scaling is None else Scaling(**_arrays(scaling, "periods_s", "weights")),
        "mean_only": bool(facts.get("mean_only", False)),
        "component": str(facts.get("component", "")),
        "code_component": str(facts.get("code_component", "")),
        "checks": tuple(_check(check) for check in facts.get("checks", ())),
        "measures": None if measures is None else _measures(measures),
    }


def level_of(scaling: Scaling, periods_s: FloatArray, ln_mean: FloatArray) -> float:
    """Return ln of the measure that a spectrum (P,) has, ln Sa taken linear in ln T between its periods."""
    at = np.interp(np.log(scaling.periods_s), np.log(periods_s), ln_mean)
    return float(at @ scaling.weights)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: v.tolist() if isinstance(v, np.ndarray) else v for name, v in values.items()}


def _arrays(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    changed = {name: np.array(values[name], dtype=float) for name in names if values.get(name) is not None}
    return {**values, **changed}


def _check(values: Mapping[str, Any]) -> AcceptanceCheck:
    read = _arrays(values, "spectrum_g")
    if read.get("periods_s") is not None:
        read["periods_s"] = (float(read["periods_s"][0]), float(read["periods_s"][1]))
    return AcceptanceCheck(**read)


def _measures(values: Mapping[str, Any]) -> Measures:
    read = _arrays(values, "ln_mean", "covariance", "weights", "cross_covariance")
    return Measures(**{**read, "names": tuple(read["names"])})
