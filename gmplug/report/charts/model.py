"""A chart as plain data: axes and layers. ``web/charts.js`` draws it with D3, ``still.py`` without."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

#: Styles of clusters, levels, types, ... in their order; each has a color in ``report.css``.
SERIES = tuple(f"s{number}" for number in range(1, 11))
#: Symbols of dots in the same order, so that no chart relies on color alone.
SYMBOLS = ("circle", "square", "triangle", "diamond", "cross")
#: Line patterns in the same order.
_PATTERNS = ("", "dash", "dashdot", "dot")
#: Significant digits of what is only drawn.
_DIGITS = 7

Layer = dict[str, Any]


def series(number: int) -> str:
    """Return color and line pattern of series 0, 1, 2, ..."""
    return f"{SERIES[number % len(SERIES)]} {_PATTERNS[number % len(_PATTERNS)]}".strip()


@dataclass(frozen=True)
class Axis:
    """An axis.

    Parameters
    ----------
    log
        Logarithmic at first; the reader can switch where all values are positive.
    limits
        First and last value shown; from the data if None.
    names
        Names of the places 0, 1, 2, ..., the first one at the top (y) or left (x).
    whole
        Whole numbers only.
    hidden
        Without numbers.
    """

    label: str
    log: bool = False
    limits: tuple[float | None, float | None] | None = None
    names: Sequence[str] = ()
    whole: bool = False
    hidden: bool = False


@dataclass(frozen=True)
class Chart:
    """A chart of a page.

    Parameters
    ----------
    key
        Id on the page; the name of the static figure that shows the same.
    caption
        A sentence below the chart.
    span
        Width in sixths of the page.
    aspect
        Height over width.
    equal
        Both axes have the same scale: limits are widened, upwards or on both sides.
    """

    key: str
    title: str
    caption: str
    x: Axis
    y: Axis
    layers: Sequence[Layer]
    span: int = 3
    aspect: float = 0.72
    equal: bool = False

    def data(self, *, live: bool = False) -> dict[str, Any]:
        """The chart as JSON takes it; ``live`` leaves to the page what it computes itself."""
        return {
            "key": self.key, "title": self.title, "aspect": self.aspect,
            **({"equal": True} if self.equal else {}),
            "x": _axis(self.x), "y": _axis(self.y),
            "layers": [{k: plain_numbers(v, live=live) for k, v in layer.items()} for layer in self.layers],
        }  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """A chart that could not be made."""

    key: str
    problem: str


@dataclass(frozen=True)
class Live:
    """Values that the page computes from the set of records it shows; ``values`` are those of the report.

    ``name`` says which: see ``live`` in ``web/workbench.js``.
    """

    name: str
    values: Any = field(repr=False)


def attempt(key: str, make: Callable[..., Chart | None], *values: Any) -> Chart | Problem | None:
    """Make a chart of what a plugin may have returned: a bad value must not cost the rest of the page."""
    try:
        return make(*values)
    except Exception as error:  # the page reports it with the chart's key
        return Problem(key, f"{type(error).__name__}: {error}")


def line(x: Any, y: Any, name: str = "", style: str = "ink", *, item: str = "", off: bool = False) -> Layer:
    """A line; ``item`` is the id of the record that it belongs to, ``off`` hides it at first."""
    return _layer("line", name, style, off, x=x, y=y, item=item)


def lines(
    x: Any,
    rows: Any,
    items: Iterable[str] | Live,
    name: str = "",
    style: str = "record",
    *,
    off: bool = False,
) -> Layer:
    """Lines over one x (P,), one for each row of ``rows`` (n, P) and item."""
    return _layer("lines", name, style, off, x=x, rows=rows, items=_ids(items))


def steps(x: Any, y: Any, name: str = "", style: str = "ink") -> Layer:
    """A line of steps: each value holds up to the next x."""
    return _layer("line", name, style, False, x=x, y=y, step=True)


def band(x: Any, low: Any, high: Any, name: str = "", style: str = "ink", *, off: bool = False) -> Layer:
    """The area between two lines."""
    return _layer("band", name, style, off, x=x, low=low, high=high)


def dots(
    x: Any, y: Any, name: str = "", style: str = "ink", *, items: Iterable[str] | Live | None = None,
    symbol: str = "circle", size: float = 30,
) -> Layer:  # fmt: skip
    """Dots; ``items`` are the ids they belong to, ``size`` their area in square pixels."""
    return _layer(
        "dots",
        name,
        style,
        False,
        x=x,
        y=y,
        items=_ids(() if items is None else items),
        symbol=symbol,
        size=size,
    )


def rects(
    x0: Any, x1: Any, y0: Any, y1: Any, name: str = "", style: str = "ink", *,
    texts: Sequence[str] = (), shades: Any = (),
) -> Layer:  # fmt: skip
    """Rectangles, with a text beside or, where ``shades`` (0 to 1) color them, in each."""
    return _layer("rects", name, style, False, x0=x0, x1=x1, y0=y0, y1=y1, texts=list(texts), shades=shades)


def rule(
    *,
    x: float | None = None,
    y: float | None = None,
    text: str = "",
    name: str = "",
    style: str = "soft dash",
) -> Layer:
    """A straight line through the chart at x or y, with a text at its end."""
    return _layer("rule", name, style, False, at_x=x, at_y=y, text=text)


def _layer(kind: str, name: str, style: str, off: bool, **more: Any) -> Layer:
    kept = {key: value for key, value in more.items() if not (isinstance(value, str | list) and not value)}
    return {"kind": kind, "name": name, "style": style, **({"off": True} if off else {}), **kept}


def _ids(items: Iterable[str] | Live) -> list[str] | Live:
    return items if isinstance(items, Live) else [str(item) for item in items]


def _axis(axis: Axis) -> dict[str, Any]:
    known = {
        "label": axis.label, "log": axis.log, "names": list(axis.names), "whole": axis.whole,
        "hidden": axis.hidden,
        "limits": plain_numbers(axis.limits) if axis.limits else None,
    }  # fmt: skip
    return {key: value for key, value in known.items() if value or key == "label"}


def plain_numbers(value: Any, *, live: bool = False) -> Any:
    """Arrays as lists of numbers with seven digits; what is not finite as None."""
    if isinstance(value, Live):
        return {"live": value.name} if live else plain_numbers(value.values)
    if isinstance(value, Mapping | str | bool | int) or value is None:
        return value
    if isinstance(value, float | np.floating):
        return _short(float(value))
    listed = value if isinstance(value, tuple | list) else np.asarray(value).tolist()
    if listed and isinstance(listed[0], str):
        return list(listed)
    array = np.asarray(value, dtype=float)
    if array.ndim > 1:
        return [plain_numbers(row) for row in array]
    return [_short(number) for number in array.tolist()]


def _short(number: float) -> float | int | None:
    if not math.isfinite(number):
        return None
    shown = float(f"{number:.{_DIGITS}g}")
    return int(shown) if shown.is_integer() and abs(shown) < 1e9 else shown
