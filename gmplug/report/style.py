"""One look for all figures: colors safe for color-blind readers, plain log axes, deterministic files.

Colors are those of Okabe & Ito (2008, "Color universal design"); no figure relies on color alone.
Figures are made with matplotlib's object-oriented interface: no pyplot, no state left behind.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

BLUE = "#0072B2"
VERMILLION = "#D55E00"
GREEN = "#009E73"
PURPLE = "#AA4499"
ORANGE = "#E69F00"
SKY = "#56B4E9"
INK = "#1b1f24"
GREY = "#6b7280"
LIGHT = "#c5cad1"

#: Colors of cluster 1, 2, ...
CLUSTER_COLORS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, "#7f5539", "#4b5563", "#9a9a00", "#000000")
#: Width of an ordinary figure, inches: legible at half the width of a page and on a phone.
WIDTH_IN = 5.4
#: Resolution of the figure files, dots per inch.
DPI = 180

_LOOK: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.5,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#e3e6ea",
    "grid.linewidth": 0.7,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "lines.solid_capstyle": "round",
    "svg.hashsalt": "gmplug",
    "text.color": INK,
}


@contextmanager
def look() -> Iterator[None]:
    """Hold gmplug's look, whatever the user's own matplotlibrc says; restored on leaving."""
    import matplotlib.style

    with matplotlib.style.context(["default", _LOOK]):
        yield


def styled[**P](plot: Callable[P, Figure]) -> Callable[P, Figure]:
    """Decorate a function that makes a figure: it works within :func:`look`."""

    @wraps(plot)
    def inner(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with look():
            return plot(*args, **kwargs)

    return inner


def new_figure(width_in: float, height_in: float) -> Figure:
    """An empty figure that makes room for its labels and legends."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_in, height_in), layout="constrained")


def to_png(figure: Figure, dpi: float = DPI) -> bytes:
    """The figure as a PNG of 256 colors, a third of the size of a full one: same figure, same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    with look():
        canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())
    picture = picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    made_by = PngInfo()
    made_by.add_text("Software", "gmplug")
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", dpi=(dpi, dpi), pnginfo=made_by)
    return buffer.getvalue()


def to_vectors(figure: Figure, kind: str) -> bytes:
    """The figure as ``svg`` or ``pdf``: same figure, same bytes."""
    buffer = io.BytesIO()
    undated = {"svg": {"Creator": "gmplug", "Date": None}, "pdf": {"Creator": "gmplug", "CreationDate": None}}
    with look():
        figure.savefig(buffer, format=kind, metadata=undated[kind])
    return buffer.getvalue()


def legend_below(figure: Figure, axes: Axes, columns: int = 2) -> None:
    """Put the legend of ``axes`` under the figure, where it covers no data."""
    handles, labels = axes.get_legend_handles_labels()
    if not handles:
        return
    figure.legend(handles, labels, loc="outside lower center", ncols=min(columns, len(handles)))


def plain_log(axis: Axis) -> None:
    """Make a log axis show plain numbers: 0.1, 0.2, 0.5, 1, ..."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    axis.axes.set(**{f"{axis.axis_name}scale": "log"})  # type: ignore[attr-defined]
    low, high = sorted(axis.get_view_interval())
    decades = 3.6 if axis.axis_name == "x" else 3.2  # type: ignore[attr-defined]
    span = math.log10(high / low) if low > 0 else math.inf
    subs = (1.0,) if span > decades else (1.0, 2.0, 5.0) if span > 1.0 else (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
    # Within a fraction of a decade even steps read better than powers.
    axis.set_major_locator(LogLocator(subs=subs) if span > 0.5 else MaxNLocator(6))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(LogLocator(subs=tuple(range(2, 10))))
    axis.set_minor_formatter(NullFormatter())


def mark_simulated(figure: Figure) -> None:
    """Say on the figure itself that nature did not make these records."""
    text = "simulated records"
    with look():
        if figure.get_figwidth() > WIDTH_IN:
            figure.suptitle(text, color=VERMILLION, fontsize=9, fontweight="bold", x=0.995, ha="right")
        elif figure.axes:
            figure.axes[0].set_title(text, loc="right", color=VERMILLION, fontsize=8, fontweight="bold")


def group_title(group: str) -> str:
    """How a group is called in titles."""
    return {"pulse": "Pulse-type", "nonpulse": "Non-pulse-type", "all": "All candidates"}.get(group, group)
