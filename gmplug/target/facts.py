"""The properties of a target besides its spectrum, as plain data for target.json and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from gmplug.plain import plain
from gmplug.values import AcceptanceCheck, Measures, Scaling, Target


def facts_of(target: Target) -> dict[str, Any]:
    """Return scaling, checks and measures, and the texts, for target.json."""
    return {
        "scaling": None if target.scaling is None else plain(asdict(target.scaling)),
        "mean_only": target.mean_only,
        "component": target.component,
        "code_component": target.code_component,
        "checks": [plain(asdict(check)) for check in target.checks],
        "measures": None if target.measures is None else plain(asdict(target.measures)),
    }


def fields_from(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return those fields of a Target; KeyError or TypeError where the file is not what was written."""
    scaling, measures = facts.get("scaling"), facts.get("measures")
    return {
        "scaling": None if scaling is None else Scaling(**_arrays(scaling, "periods_s", "weights")),
        "mean_only": bool(facts.get("mean_only", False)),
        "component": str(facts.get("component", "")),
        "code_component": str(facts.get("code_component", "")),
        "checks": tuple(
            AcceptanceCheck(**{**_arrays(check, "spectrum_g"), "periods_s": _pair(check.get("periods_s"))})
            for check in facts.get("checks", ())
        ),
        "measures": None
        if measures is None
        else Measures(
            **{
                **_arrays(measures, "ln_mean", "covariance", "weights", "cross_covariance"),
                "names": tuple(measures["names"]),
            }
        ),
    }


def _arrays(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    changed = {name: np.array(values[name], dtype=float) for name in names if values.get(name) is not None}
    return {**values, **changed}


def _pair(values: list[float] | None) -> tuple[float, float] | None:
    return None if values is None else (float(values[0]), float(values[1]))
