"""The USGS's responses (JSON): disaggregations and hazard curves, older and newer.

``response`` is a list with one item for each measure (``metadata.imt``, ``metadata.vs30``, ``data``), as the
Unified Hazard Tool of 2014 has it, or, in later versions of nshmp-haz, a mapping whose ``disaggs`` or
``hazardCurves`` are that list (``imt``, ``data``). Each ``data`` has one item for each ``component``; that
called ``Total`` counts.

Of a disaggregation it has bins with ``r`` (closest distance to the rupture, km), ``m``, and ``εdata``,
contributions in percent by ε; and a ``summary`` that states return period and level. The newer service
leaves the bins out unless the request has ``out=DISAGG_DATA``. Of a hazard curve it has ``yvalues`` (annual
frequencies of exceedance at the item's ``xvalues``, g), or ``values`` with ``xs`` and ``ys``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from gmplug.errors import InputError
from gmplug.hazard.contributions import Bins, Held
from gmplug.hazard.files import Site, check_site
from gmplug.hazard.measure_names import measure_label, period_of_measure, same_period
from gmplug.notes import doubtful
from gmplug.values import FloatArray

_DISAGGREGATION = "a disaggregation response of the USGS (Unified Hazard Tool, nshmp-haz)"
_CURVES = "a hazard-curve response of the USGS (Unified Hazard Tool, nshmp-haz)"
_NO_BINS = (
    "the response has no bins (magnitude, distance, ε) for {label}: it holds the summary and the sources "
    "alone. Ask the service again with ?out=DISAGG_DATA at the end of the address, and save that response"
)
#: Contributions in percent add up to 100 within this.
_FULL_PERCENT = 5.0
#: Return period times exceedance rate is 1 within this.
_SAME_RATE = 0.05


def disaggregations(text: str, path: Path, site: Site | None = None) -> list[Held]:
    """Return what a response holds, one for each measure.

    Raises InputError where it is no JSON, no answer, or not of this structure.
    """
    content = _content(text, path)
    try:
        items = _items(content, path, "disaggs", _DISAGGREGATION)
        check_site(path, _requested_site(content), site)
        found = [_held(item, content, path) for item in items]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(f"{path}: not {_DISAGGREGATION}: {type(error).__name__} {error}") from None
    held = [one for one in found if one is not None]
    if not held:
        raise InputError(f"{path}: holds no disaggregation of a spectral acceleration")
    return held


def curve(
    text: str, path: Path, period_s: float | None, site: Site | None = None
) -> tuple[FloatArray, FloatArray, float, float | None]:
    """Return levels (g), annual rates, the period (s; 0 for PGA) and Vs30 (m/s) of a response's curve.

    Raises InputError where it is no JSON, no answer, not of this structure, or has curves of other measures.
    """
    content = _content(text, path)
    try:
        items = _items(content, path, "hazardCurves", _CURVES)
        check_site(path, _requested_site(content), site)
        by_period = {
            period: item for item in items if (period := period_of_measure(_measure(item))) is not None
        }
        listed = ", ".join(measure_label(period) for period in by_period)
        fitting = [period for period in by_period if period_s is None or same_period(period, period_s)]
        if len(fitting) != 1:
            held = f"curves of {listed}" if listed else "no hazard curve of a spectral acceleration"
            wanted = "one of them" if period_s is None else f"that of {measure_label(period_s)}"
            raise InputError(f"{path}: holds {held}; ask the service for {wanted}")
        item = by_period[fitting[0]]
        about = item.get("metadata", {})
        total = _total(item["data"], path)
        if "prob" in str(about.get("ylabel", "")).lower():
            raise InputError(
                f"{path}: its values are probabilities ({about['ylabel']}); ask the service for annual "
                f"frequencies of exceedance"
            )
        values = total.get("values", total)
        xs = values.get("xs", values.get("xvalues", about.get("xvalues", about.get("xValues"))))
        ys = values.get("ys", values.get("yvalues", values.get("yValues")))
        levels, rates = np.array(xs, dtype=float), np.array(ys, dtype=float)
        if levels.shape != rates.shape or levels.ndim != 1 or not len(levels):
            raise ValueError(f"{np.size(xs)} levels and {np.size(ys)} rates")
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(f"{path}: not {_CURVES}: {type(error).__name__} {error}") from None
    return levels, rates, fitting[0], _number(about.get("vs30")) or _requested_vs30(content)


def _content(text: str, path: Path) -> Any:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: not valid JSON ({error}); save the service's response as it is") from None
    status = str(content.get("status", "success")).lower() if isinstance(content, Mapping) else "success"
    if status == "success":
        return content
    message = str(content.get("message", "")).strip()
    text = f" ({message})" if message else ""
    if status == "busy":
        raise InputError(
            f"{path}: the service was busy{text} and did not answer; ask again later, and save that response"
        )
    if status == "usage":
        raise InputError(
            f"{path}: is the service's usage page{text}: the address asked for lacks longitude, "
            "latitude, vs30, or another parameter; complete it and ask again"
        )
    raise InputError(f"{path}: the service's response is an {status}{f': {message}' if message else ''}")


def _items(content: Any, path: Path, key: str, what: str) -> Sequence[Mapping[str, Any]]:
    response = content["response"] if isinstance(content, Mapping) and "response" in content else content
    if isinstance(response, Mapping):
        other = {"disaggs": "hazardCurves", "hazardCurves": "disaggs"}[key]
        if key not in response and other in response:
            raise InputError(f"{path}: not {what}: it holds {other}")
        response = response.get(key, [response])
    if not isinstance(response, list) or not response:
        raise InputError(f"{path}: not {what}: it has no 'response' with {key}")
    return response


def _measure(item: Mapping[str, Any]) -> str:
    return str(_value(item.get("imt", item.get("metadata", {}).get("imt"))))


def _held(item: Mapping[str, Any], content: Any, path: Path) -> Held | None:
    about = item.get("metadata", {})
    period = period_of_measure(_measure(item))
    if period is None:
        return None  # PGV, MMI: no spectral acceleration
    components = item.get("data") or []
    summary: dict[str, float] = {}
    for component in components:
        summary = summary or _summary(component)
    years = _first(summary, "return period") or _number(about.get("returnperiod"))
    rate = _first(summary, "exceedance rate")
    label, problem = measure_label(period), ""
    if years and rate and abs(years * rate - 1.0) > _SAME_RATE:
        problem = (
            f"{path}: states a return period of {years:g} years for {label} and an exceedance rate of "
            f"{rate:g} a year, which is one in {1 / rate:.4g} years; ask the service again"
        )
    if years is None and rate:
        years = 1.0 / rate
    level = _first(summary, "ground motion") or _first(summary, "iml")
    vs30 = _number(about.get("vs30")) or _requested_vs30(content)
    missing = float("nan")
    read = partial(_bins, components, path, label, problem)
    return Held(period, level or missing, years or missing, vs30, read=read)


def _bins(components: Sequence[Mapping[str, Any]], path: Path, label: str, problem: str) -> Bins:
    if problem:
        raise InputError(problem)
    try:
        places = (_total(components, path).get("data") or []) if components else []
        if not places:
            raise InputError(f"{path}: {_NO_BINS.format(label=label)}")
        magnitude, distance = (np.array([float(place[key]) for place in places]) for key in ("m", "r"))
        percent = np.array([sum(float(part["value"]) for part in _epsilon_parts(place)) for place in places])
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(f"{path}: not {_DISAGGREGATION} ({label}): {type(error).__name__} {error}") from None
    total = float(percent.sum())
    notes: tuple[str, ...] = ()
    if total > 0 and abs(total - 100.0) > _FULL_PERCENT:
        text = f"the contributions to {label} add up to {total:.4g} %, not to 100 %; they are scaled to 100 %"
        notes = (doubtful(f"{path.name}: {text}"),)
    texts = [f"bin {number}" for number in range(1, len(places) + 1)]
    return Bins(magnitude, distance, percent, texts, notes)


def _total(components: Sequence[Mapping[str, Any]], path: Path) -> Mapping[str, Any]:
    """The component ``Total``; one alone without a name is it, too."""
    names = [str(component.get("component", "")) for component in components]
    for component, name in zip(components, names, strict=True):
        if name.lower() == "total":
            return component
    if names == [""]:
        return components[0]
    raise InputError(
        f"{path}: has no component 'Total' (it has {', '.join(names) or 'none'}); save the service's whole "
        f"response"
    )


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


def _requested(content: Any) -> Mapping[str, Any]:
    """The parameters of the request and of its site, in one mapping."""
    request = content.get("request") if isinstance(content, Mapping) else None
    if not isinstance(request, Mapping):
        return {}
    site = request.get("site")
    return {**request, **(site if isinstance(site, Mapping) else {})}


def _requested_vs30(content: Any) -> float | None:
    return _number(_requested(content).get("vs30"))


def _requested_site(content: Any) -> Site | None:
    request = _requested(content)
    try:
        return float(_value(request["longitude"])), float(_value(request["latitude"]))
    except (KeyError, TypeError, ValueError):
        return None


def _value(thing: Any) -> Any:
    """What a ``{"value": ..., "display": ...}`` stands for."""
    return thing.get("value") if isinstance(thing, Mapping) else thing


def _number(thing: Any) -> float | None:
    value = _value(thing)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if number > 0 else None
