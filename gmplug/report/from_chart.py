"""A chart of a page as a matplotlib figure, for documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gmplug.report import style
from gmplug.report.charts.model import SERIES, Axis, Chart, Layer, Live
from gmplug.values import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLORS = {
    "ink": style.INK,
    "target": style.INK,
    "picked": style.BLUE,
    "record": style.BLUE,
    "soft": style.GREY,
    "light": style.LIGHT,
    "alert": style.VERMILLION,
    "ring": style.INK,
    "q1": "#440154",
    "q2": "#3b528b",
    "q3": "#21918c",
    "q4": "#5ec962",
    "q5": "#e0c81e",
    **dict(zip(SERIES, style.CLUSTER_COLORS, strict=True)),
}
_PATTERNS = {"dash": "--", "dot": ":", "dashdot": "-."}
_MARKERS = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D", "cross": "P"}


@style.styled
def plot_chart(chart: Chart) -> Figure:
    """Draw a chart with the layers that the page shows at first."""
    width = style.WIDTH_IN * chart.span / 3
    figure = style.new_figure(width, max(2.4, width * chart.aspect))
    axes = figure.add_subplot()
    draw_chart(axes, chart)
    style.legend_below(figure, axes, columns=3 if chart.span > 3 else 2)
    return figure


def picture(chart: Chart) -> Picture:
    """Return a chart as an assessment keeps it: a PNG with the chart's caption."""
    return Picture(style.to_png(plot_chart(chart)), chart.caption)


def draw_chart(axes: Axes, chart: Chart) -> None:
    """Draw :func:`plot_chart` into existing axes, without a legend."""
    named: set[str] = set()
    for layer in chart.layers:
        if not layer.get("off"):
            label = layer["name"] if layer["name"] not in named else None
            named.add(layer["name"])
            _DRAWERS[layer["kind"]](axes, layer, label or None)
    _axis(axes.xaxis, chart.x)
    _axis(axes.yaxis, chart.y)
    if chart.y.names:
        axes.invert_yaxis()
    if chart.equal:
        axes.set_aspect("equal", adjustable="box")
    axes.set(xlabel=chart.x.label, ylabel=chart.y.label, title=chart.title)


def _axis(axis: Any, told: Axis) -> None:
    from matplotlib.ticker import MaxNLocator

    upright = axis.axis_name == "y"
    axis.set_visible(not told.hidden)
    if told.limits is not None:
        first, last = told.limits
        (axis.axes.set_ylim if upright else axis.axes.set_xlim)(first, last)
    if told.names:
        axis.set_ticks(range(len(told.names)), told.names)
        axis.axes.grid(False, axis=axis.axis_name)
        if not upright and sum(map(len, told.names)) > 40:
            axis.set_tick_params(rotation=35)
    elif told.log:
        style.plain_log(axis)
    elif told.whole:
        axis.set_major_locator(MaxNLocator(integer=True))
    else:
        axis.axes.ticklabel_format(axis=axis.axis_name, useOffset=False)


def _look(layer: Layer) -> dict[str, Any]:
    words = layer["style"].split()
    width = 2.2 if "bold" in words else 0.7 if {"faint", "record"} & set(words) else 1.4
    pattern = next((_PATTERNS[word] for word in words if word in _PATTERNS), "-")
    alpha = 0.4 if {"faint", "record"} & set(words) else 1.0
    return {"color": _COLORS[words[0]], "linewidth": width, "linestyle": pattern, "alpha": alpha}


def _line(axes: Axes, layer: Layer, label: str | None) -> None:
    rows = np.atleast_2d(_array(layer["rows" if layer["kind"] == "lines" else "y"]))
    look = _look(layer)
    if layer["kind"] == "lines":  # many lines hide one another: the more there are, the fainter each
        look["alpha"] = float(np.clip(2.4 / np.sqrt(max(len(rows), 1)), 0.12, look["alpha"]))
    drawn = axes.plot(
        _array(layer["x"]), rows.T, drawstyle="steps-post" if layer.get("step") else "default", **look
    )
    if drawn:
        drawn[0].set_label(label or "")


def _band(axes: Axes, layer: Layer, label: str | None) -> None:
    color = _look(layer)["color"]
    axes.fill_between(
        _array(layer["x"]),
        _array(layer["low"]),
        _array(layer["high"]),
        color=color,
        alpha=0.15,
        linewidth=0,
        label=label,
    )


def _dots(axes: Axes, layer: Layer, label: str | None) -> None:
    ring = "ring" in layer["style"]
    colors = (
        {"facecolors": "none", "edgecolors": style.INK}
        if ring
        else {"color": _look(layer)["color"], "linewidths": 0}
    )
    axes.scatter(
        _array(layer["x"]),
        _array(layer["y"]),
        s=0.6 * layer["size"],
        marker=_MARKERS[layer["symbol"]],
        label=label,
        alpha=0.85,
        zorder=3,
        **colors,
    )


def _rects(axes: Axes, layer: Layer, label: str | None) -> None:
    x0, x1, y0, y1 = (_array(layer[key]) for key in ("x0", "x1", "y0", "y1"))
    shades = _array(layer.get("shades", ()))
    bars = axes.bar(
        x0,
        y1 - y0,
        x1 - x0,
        bottom=y0,
        align="edge",
        color=_look(layer)["color"],
        edgecolor="white",
        linewidth=0.6,
        label=label,
        alpha=0.4 if "faint" in layer["style"] else 1.0,
    )
    for bar, shade in zip(bars, shades, strict=False):
        bar.set_alpha(float(np.clip(shade, 0.04, 1.0)))
    for number, text in enumerate(layer.get("texts") or ()):
        middle = (y0[number] + y1[number]) / 2
        if len(shades):
            dark = shades[number] > 0.55
            axes.text(
                (x0[number] + x1[number]) / 2,
                middle,
                text,
                ha="center",
                va="center",
                fontsize=8,
                color="white" if dark else style.INK,
            )
        else:
            axes.annotate(
                text, (x1[number], middle), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8
            )


def _rule(axes: Axes, layer: Layer, label: str | None) -> None:
    look = _look(layer)
    if layer.get("at_x") is not None:
        axes.axvline(layer["at_x"], label=label, **look)
        axes.annotate(
            layer.get("text", ""), (layer["at_x"], 0.02), xycoords=("data", "axes fraction"), xytext=(-3, 0),
            textcoords="offset points", ha="right", fontsize=8, color=style.GREY,
        )  # fmt: skip
    else:
        axes.axhline(layer["at_y"], label=label, **look)
        axes.annotate(
            layer.get("text", ""), (0.99, layer["at_y"]), xycoords=("axes fraction", "data"), xytext=(0, 2),
            textcoords="offset points", ha="right", fontsize=8, color=style.GREY,
        )  # fmt: skip


_DRAWERS = {"line": _line, "lines": _line, "band": _band, "dots": _dots, "rects": _rects, "rule": _rule}


def _array(values: Any) -> np.ndarray:
    return np.asarray(values.values if isinstance(values, Live) else values, dtype=float)
