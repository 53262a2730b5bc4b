"""Draws a chart as SVG without scripts, for readers and mail programs that run none."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from gmplug.report.charts.model import Axis, Chart, Layer, Live

_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 12.0, 8.0, 38.0
#: Pixels by sixths of the page.
_WIDTH = {2: 340, 3: 520, 4: 720, 6: 1080}
#: About how many points of a line are drawn.
_POINTS = 60


def draw(chart: Chart) -> str:
    """Return the SVG of a chart, with the values of the report."""
    width = _WIDTH[chart.span]
    height = round(width * chart.aspect)
    left = max(_LEFT, min(0.4 * width, 12 + 6.3 * max(map(len, chart.y.names), default=0)))
    x = _Scale(chart.x, chart.layers, ("x", "x0", "x1", "at_x"), left, width - _RIGHT)
    low, high = (_TOP, height - _BOTTOM) if chart.y.names else (height - _BOTTOM, _TOP)
    y = _Scale(chart.y, chart.layers, ("y", "rows", "low", "high", "y0", "y1", "at_y"), low, high)
    if chart.equal:
        _equalize(x, y)
    parts = [*_frame(chart, x, y, left, width, height)]
    for layer in chart.layers:
        if not layer.get("off"):
            parts += _DRAWERS[layer["kind"]](layer, x, y)
    body = "".join(parts)
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{_text(chart.caption)}">{body}</svg>'


def _equalize(x: _Scale, y: _Scale) -> None:
    """Give both axes the same scale: more room above, or on both sides."""
    wide, tall = x.last - x.first, y.first - y.last
    unit, middle = max((x.high - x.low) / wide, (y.high - y.low) / tall), (x.low + x.high) / 2
    x.low, x.high = middle - unit * wide / 2, middle + unit * wide / 2
    y.high = y.low + unit * tall


def draw_wave(envelope: Mapping[str, Any], most: float) -> str:
    """Return the SVG of a waveform's envelope, to the scale of the largest peak ``most``."""
    low, high, share = envelope["low"], envelope["high"], 26.0 / 1000 * envelope["peak"] / most
    x = np.linspace(0, 300, len(low))
    points = [
        point
        for t, a, b in zip(x, low, high, strict=True)
        for point in ((t, 28 - a * share), (t, 28 - b * share))
    ]
    body = f'<path class="wave" d="M{"L".join(f"{a:.1f},{b:.1f}" for a, b in points)}"/>'
    return (
        f'<svg viewBox="0 0 300 56" preserveAspectRatio="none" role="img" aria-label="waveform">{body}</svg>'
    )


class _Scale:
    """From values to pixels."""

    def __init__(
        self, axis: Axis, layers: Iterable[Layer], keys: Sequence[str], first: float, last: float
    ) -> None:
        self.axis, self.first, self.last = axis, first, last
        self.low, self.high = (-0.5, len(axis.names) - 0.5) if axis.names else self._limits(layers, keys)

    def _limits(self, layers: Iterable[Layer], keys: Sequence[str]) -> tuple[float, float]:
        found = [_array(layer[key]).ravel() for layer in layers for key in keys if layer.get(key) is not None]
        values = np.concatenate(found) if found else np.zeros(0)
        values = values[np.isfinite(values) & ((values > 0) | (not self.axis.log))]
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.1, 1.0)
        if low == high:
            low, high = (low / 1.2, high * 1.2) if self.axis.log else (low - 0.5, high + 0.5)
        given = self.axis.limits or (None, None)
        return (low if given[0] is None else given[0], high if given[1] is None else given[1])

    def __call__(self, values: Any) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            at = self._share(_array(values)) * (self.last - self.first) + self.first
        return np.where(
            np.isfinite(at), np.clip(at, min(self.first, self.last), max(self.first, self.last)), np.nan
        )

    def _share(self, values: np.ndarray) -> np.ndarray:
        if self.axis.log:
            return np.log(values / self.low) / math.log(self.high / self.low)
        return (values - self.low) / (self.high - self.low)

    def ticks(self) -> list[tuple[float, str]]:
        """Places and texts."""
        if self.axis.hidden:
            return []
        if self.axis.names:
            return [(float(self(i)), name) for i, name in enumerate(self.axis.names)]
        if self.axis.log:
            decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            many = math.log10(self.high / self.low) > 3
            places = [digit * 10.0**e for e in decades for digit in ((1,) if many else (1, 2, 5))]
        else:
            step = 10.0 ** math.floor(math.log10((self.high - self.low) / 4))
            step *= next(k for k in (1, 2, 5, 10) if (self.high - self.low) / (k * step) <= 6)
            step = max(step, 1.0) if self.axis.whole else step
            places = [i * step for i in range(math.ceil(self.low / step), math.floor(self.high / step) + 1)]
        return [(float(self(v)), f"{v:g}".replace("-", "−")) for v in places if self.low <= v <= self.high]


def _frame(chart: Chart, x: _Scale, y: _Scale, left: float, width: float, height: float) -> Iterable[str]:
    bottom, right = height - _BOTTOM, width - _RIGHT
    for at, text in x.ticks():
        yield f'<g class="grid"><line x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{bottom}"/></g>'
        yield f'<text x="{at:.1f}" y="{bottom + 15}" text-anchor="middle">{_text(text)}</text>'
    for at, text in y.ticks():
        yield f'<g class="grid"><line x1="{left}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/></g>'
        yield f'<text x="{left - 6}" y="{at + 4:.1f}" text-anchor="end">{_text(text)}</text>'
    middle = (_TOP + bottom) / 2
    label = _text(chart.x.label)
    yield f'<text x="{(left + right) / 2}" y="{height - 5}" text-anchor="middle">{label}</text>'
    if chart.y.label:
        place = f"translate(12,{middle}) rotate(-90)"
        yield f'<text transform="{place}" text-anchor="middle">{_text(chart.y.label)}</text>'


def _lines(layer: Layer, x: _Scale, y: _Scale) -> Iterable[str]:
    rows = _array(layer["rows"]) if layer["kind"] == "lines" else _array(layer["y"])[None]
    at = x(layer["x"])
    for row in rows:
        points = list(zip(at, y(row), strict=True))
        if layer.get("step"):
            points = [p for a, b in pairwise(points) for p in (a, (b[0], a[1]))] + points[-1:]
        yield f'<path class="stroke {layer["style"]}" d="{_path(points)}"/>'


def _path(points: list[tuple[float, float]]) -> str:
    """The path of points, thinned; one that is not finite is a gap."""
    drawn = ""
    for known, run in groupby(points, lambda point: math.isfinite(point[0]) and math.isfinite(point[1])):
        if known:
            part = list(run)
            drawn += "M" + "L".join(f"{a:.1f},{b:.1f}" for a, b in part[:: max(1, len(part) // _POINTS)])
    return drawn


def _band(layer: Layer, x: _Scale, y: _Scale) -> Iterable[str]:
    at = x(layer["x"])
    there, back = (list(zip(at, y(layer[key]), strict=True)) for key in ("low", "high"))
    yield f'<path class="area {layer["style"]}" d="{_path([*there, *back[::-1]])}Z"/>'


def _dots(layer: Layer, x: _Scale, y: _Scale) -> Iterable[str]:
    radius = math.sqrt(layer["size"] / math.pi)
    for a, b in zip(x(layer["x"]), y(layer["y"]), strict=True):
        if math.isfinite(a) and math.isfinite(b):
            yield f'<circle class="mark {layer["style"]}" cx="{a:.1f}" cy="{b:.1f}" r="{radius:.1f}"/>'


def _rects(layer: Layer, x: _Scale, y: _Scale) -> Iterable[str]:
    texts, shades = layer.get("texts") or [], list(layer.get("shades", ()))
    for i, (a, b, c, d) in enumerate(
        zip(x(layer["x0"]), x(layer["x1"]), y(layer["y0"]), y(layer["y1"]), strict=True)
    ):
        shade = f' fill-opacity="{max(0.04, min(1.0, float(shades[i]))):.2f}"' if shades else ""
        yield (
            f'<rect class="bar {layer["style"]}"{shade} x="{min(a, b):.1f}" y="{min(c, d):.1f}" '
            f'width="{abs(b - a):.1f}" height="{abs(d - c):.1f}"/>'
        )
        if texts:
            place = f'x="{(a + b) / 2:.1f}" text-anchor="middle"' if shades else f'x="{max(a, b) + 4:.1f}"'
            yield f'<text class="bar-text" {place} y="{(c + d) / 2 + 4:.1f}">{_text(texts[i])}</text>'


def _rule(layer: Layer, x: _Scale, y: _Scale) -> Iterable[str]:
    upright = layer.get("at_x") is not None
    at = float(x(layer["at_x"]) if upright else y(layer["at_y"]))
    ends = (at, at, y.first, y.last) if upright else (x.first, x.last, at, at)
    yield '<line class="stroke {}" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>'.format(
        layer["style"], *ends
    )
    if layer.get("text"):
        a, b = (at - 4, max(y.first, y.last) - 6) if upright else (x.last - 4, at - 4)
        text = _text(layer["text"])
        yield f'<text class="rule-text" x="{a:.1f}" y="{b:.1f}" text-anchor="end">{text}</text>'


_DRAWERS: dict[str, Callable[[Layer, _Scale, _Scale], Iterable[str]]] = {
    "line": _lines, "lines": _lines, "band": _band, "dots": _dots, "rects": _rects, "rule": _rule,
}  # fmt: skip


def _array(values: Any) -> np.ndarray:
    return np.asarray(values.values if isinstance(values, Live) else values, dtype=float)


def _text(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
