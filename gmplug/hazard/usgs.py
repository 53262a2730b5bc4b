"""The USGS's disaggregation responses (JSON), older and newer, as the Unified Hazard Tool hands them out.

``response`` is a list with one item for each measure (``metadata.imt``, ``metadata.vs30``,
``metadata.returnperiod``, ``data``), or, in later versions of nshmp-haz, a mapping whose ``disaggs`` are that
list (``imt``, ``data``). Each ``data`` has one item for each ``component``; that called ``Total`` counts:
bins with ``r`` (closest distance to the rupture, km), ``m``, and ``εdata``, contributions in percent by ε;
and a ``summary`` that states return period and level.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gmplug.errors import InputError
from gmplug.hazard.disaggregation import Disaggregation, make_disaggregation
from gmplug.hazard.measure_names import period_of_measure

_WHAT = "a disaggregation response of the USGS (Unified Hazard Tool, nshmp-haz)"


def disaggregations(text: str, path: Path) -> list[Disaggregation]:
    """Return what a response holds, one for each measure.

    Raises
    ------
    InputError
        It is no JSON, or not of this structure.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: not valid JSON ({error}); save the service's response as it is") from None
    try:
        found = [_read(item, content, path) for item in _items(content, path)]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(f"{path}: not {_WHAT}: {type(error).__name__} {error}") from None
    return [one for one in found if one is not None]


def _items(content: Any, path: Path) -> Sequence[Mapping[str, Any]]:
    if isinstance(content, Mapping) and str(content.get("status", "success")).lower() == "error":
        raise InputError(
            f"{path}: the service's response is an error: {content.get('message', '')}".rstrip(": ")
        )
    response = content["response"] if isinstance(content, Mapping) and "response" in content else content
    if isinstance(response, Mapping):
        response = response.get("disaggs", [response])
    if not isinstance(response, list) or not response:
        raise InputError(f"{path}: not {_WHAT}: it has no 'response' with disaggregations")
    return response


def _read(item: Mapping[str, Any], content: Any, path: Path) -> Disaggregation | None:
    about = item.get("metadata", {})
    name = _value(item.get("imt", about.get("imt")))
    period = period_of_measure(str(name))
    if period is None:
        return None  # PGV, MMI: no spectral acceleration
    total = _total(item["data"])
    summary = _summary(total)
    years = _first(summary, "return period") or _number(about.get("returnperiod"))
    rate = _first(summary, "exceedance rate")
    if years is None and rate:
        years = 1.0 / rate
    level = _first(summary, "ground motion") or _first(summary, "iml")
    bins = [
        (float(place["m"]), float(place["r"]), sum(float(part["value"]) for part in _epsilon_parts(place)))
        for component in ([total] if total.get("data") else item["data"])
        for place in component.get("data") or []
    ]
    vs30 = _number(about.get("vs30")) or _requested_vs30(content)
    missing = float("nan")
    return make_disaggregation(path, bins, period, level or missing, years or missing, vs30)


def _total(components: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    for component in components:
        if str(component.get("component", "")).lower() == "total":
            return component
    return components[0]


def _epsilon_parts(place: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """``εdata``, however the letter came through."""
    for key, value in place.items():
        if key.endswith("data") and isinstance(value, list):
            return value
    raise KeyError("εdata")


def _summary(component: Mapping[str, Any]) -> dict[str, float]:
    """What the summary states of the targets, by name in lower case."""
    found: dict[str, float] = {}
    for block in component.get("summary") or []:
        if "targets" in str(block.get("name", "")).lower():
            for entry in block.get("data") or []:
                number = _number(entry.get("value"))
                if number is not None:
                    found.setdefault(str(entry.get("name", "")).lower(), number)
    return found


def _first(summary: Mapping[str, float], words: str) -> float | None:
    return next((value for name, value in summary.items() if words in name), None)


def _requested_vs30(content: Any) -> float | None:
    request = content.get("request") if isinstance(content, Mapping) else None
    if not isinstance(request, Mapping):
        return None
    site = request.get("site")
    return _number(request.get("vs30", site.get("vs30") if isinstance(site, Mapping) else None))


def _value(thing: Any) -> Any:
    """What a ``{"value": …, "display": …}`` stands for."""
    return thing.get("value") if isinstance(thing, Mapping) else thing


def _number(thing: Any) -> float | None:
    value = _value(thing)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if number > 0 else None
