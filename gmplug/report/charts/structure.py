"""The picture of the analyzed model: its elements in elevation and in space, or its floors alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gmplug.report.charts import Axis, Chart, Layer, Problem, attempt, dots, line, rule
from gmplug.values import FloatArray

#: Style of each kind of element, and its name in the plural.
_STYLES = {
    "surface": ("light", "surfaces"),
    "other": ("s4 bold", "other elements"),
    "beam-column": ("ink bold", "beam-columns"),
    "truss": ("s1 bold dash", "trusses"),
    "link": ("s2 bold", "links"),
}
#: Floors up to which each has its name.
_NAMED_FLOORS = 25
#: Height over width of what is drawn, at least and most, and below which a single view is wide.
_FLATTEST, _STEEPEST, _WIDE = 0.3, 1.1, 0.7
#: What the axis takes of a chart's height, as a share of its width.
_BELOW = 0.1
#: Nodes of floors that the legend names at most.
_LISTED = 6
#: What the names of floors take of the width.
_LABEL = 0.15
#: Margin around the model, as a share of its larger side.
_MARGIN = 0.08


def structure_charts(model: Mapping[str, Any]) -> Iterator[Chart | Problem | None]:
    """The model in elevation, of a model in space also from the side; or its floors where it has no shape."""
    shape = model.get("geometry")
    if not isinstance(shape, Mapping) or not shape.get("axes"):
        yield attempt("model", _floors_chart, model)
        return
    nodes = np.array([[*node] for node in shape["nodes"]], dtype=float)
    *sideways, up = shape["axes"]
    nodes = nodes - nodes[shape["floors"][0]]
    views = [("model", "Model: elevation", nodes[:, [sideways[0], up]], "xyz"[sideways[0]])]
    if len(sideways) > 1 and np.ptp(nodes[:, sideways[1]]) > 0:
        other = sideways[1]
        views.append(("model_side", "Model: side elevation", nodes[:, [other, up]], "xyz"[other]))
        views.append(("model_space", "Model: in space", _in_space(nodes[:, [*sideways, up]]), ""))
    for key, title, places, axis in views:
        yield attempt(key, _view, key, title, places, axis, model, shape, len(views) == 1)


def _in_space(nodes: FloatArray) -> FloatArray:
    """Return a parallel projection from above, shape (n, 2), of coordinates x, y and height, shape (n, 3)."""
    turn, tilt = np.radians(30.0), np.radians(20.0)
    x, y, z = nodes.T
    across = x * np.cos(turn) - y * np.sin(turn)
    depth = x * np.sin(turn) + y * np.cos(turn)
    return np.column_stack([across, z * np.cos(tilt) + depth * np.sin(tilt)])


def _view(
    key: str,
    title: str,
    places: FloatArray,
    axis: str,
    model: Mapping[str, Any],
    shape: Mapping[str, Any],
    alone: bool,
) -> Chart:
    elements: Mapping[str, Sequence[Sequence[int]]] = shape["elements"]
    layers: list[Layer] = []
    if axis:
        layers += _floor_rules(shape, places)
    for kind, (style, name) in _STYLES.items():
        if kind in elements:
            count = len(elements[kind])
            layers.append(_segments(elements[kind], places, f"{name} ({count})", style))
    springs = [ends[0] for ends in elements.get("zero-length", ())]
    for chosen, name, style, symbol, size in (
        (shape["masses"], f"masses ({len(shape['masses'])})", "s5", "square", 60.0),
        (springs, f"zero-length elements ({len(springs)})", "s2", "diamond", 30.0),
        (shape["supports"], f"supports ({len(shape['supports'])})", "s3", "triangle", 90.0),
        (shape["floors"], _floor_nodes(model), "picked", "circle", 26.0),
    ):
        if chosen:
            x, y = np.unique(np.round(places[chosen], 9), axis=0).T  # one at each place
            layers.append(dots(x, y, name, style, symbol=symbol, size=size))
    limits = _frame(places, labels=bool(axis))
    unit = str(model.get("length_unit") or "")
    caption = "Undeformed, to scale." if axis else "Undeformed, in parallel projection."
    in_unit = f" ({unit})" if unit else ""
    across = Axis(f"{axis}{in_unit}" if axis else "", limits=limits[0], hidden=not axis)
    upwards = Axis(f"Height{in_unit}" if axis else "", limits=limits[1], hidden=not axis)
    return Chart(key, title, caption, across, upwards, layers, **_form(limits, alone))


def _segments(elements: Sequence[Sequence[int]], places: FloatArray, name: str, style: str) -> Layer:
    """One line with gaps: each element from node to node, surfaces closed."""
    x, y = [], []
    for ends in elements:
        path = places[[*ends, ends[0]] if len(ends) > 2 else list(ends)]
        x += [*path[:, 0], np.nan]
        y += [*path[:, 1], np.nan]
    return line(x, y, name, style)


def _floor_rules(shape: Mapping[str, Any], places: FloatArray) -> Iterator[Layer]:
    floors = shape["floors"]
    for floor, node in enumerate(floors):
        named = len(floors) <= _NAMED_FLOORS or floor % 5 == 0
        yield rule(y=float(places[node, 1]), text=f"floor {floor}" if named else "", style="soft dot")


def _floor_nodes(model: Mapping[str, Any]) -> str:
    tags = list(model.get("floor_nodes") or ())
    return "nodes of floors" + (f" ({', '.join(map(str, tags))})" if 0 < len(tags) <= _LISTED else "")


def _frame(places: FloatArray, labels: bool) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return limits of both axes around the model, with room for the names of floors beside it."""
    low, high = places.min(axis=0), places.max(axis=0)
    margin = _MARGIN * max(float((high - low).max()), 1e-9)
    (left, low_y), (right, high_y) = low - margin, high + margin
    right += _LABEL * (right - left) if labels else 0.0
    return (float(left), float(right)), (float(low_y), float(high_y))


def _form(limits: tuple[tuple[float, float], tuple[float, float]], alone: bool) -> dict[str, Any]:
    """Return width and height of the chart of a model: wide where a flat model stands alone."""
    (left, right), (low, high) = limits
    steepness = float(np.clip((high - low) / (right - left), _FLATTEST, _STEEPEST))
    return {"span": 3 if alone and steepness < _WIDE else 2, "aspect": steepness + _BELOW, "equal": True}


def _floors_chart(model: Mapping[str, Any]) -> Chart | None:
    """The model's floors in elevation, in its length unit; None where it states no stories."""
    heights = model.get("story_heights")
    if not isinstance(heights, list | tuple) or not heights:
        return None
    levels = np.r_[0.0, np.cumsum(np.asarray(heights, dtype=float))]
    places = np.column_stack([np.zeros(len(levels)), levels])
    stick = {"floors": range(len(levels))}
    layers: list[Layer] = [*_floor_rules(stick, places), line(places[:, 0], levels, "stories", "ink bold")]
    layers.append(dots(places[:, 0], levels, _floor_nodes(model), "picked", size=34))
    limits = _frame(places, labels=True)
    unit = str(model.get("length_unit") or "")
    y = Axis(f"Height ({unit})" if unit else "Height", limits=limits[1])
    shape = model.get("geometry")
    many = shape["elements"] if isinstance(shape, Mapping) and isinstance(shape.get("elements"), int) else 0
    caption = "The model's floors, as it declares them." + (
        f" Its {many} elements are too many to be drawn." if many else ""
    )
    x = Axis("", limits=limits[0], hidden=True)
    return Chart("model", "Model", caption, x, y, layers, **_form(limits, alone=False))
