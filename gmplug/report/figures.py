"""Static figures, drawn on request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gmplug.report import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Resolution of wide figures, dots per inch: the overview stays below 300 kB.
WIDE_DPI = 150
#: What marks a figure as drawn here, by the ending of its file.
_MADE_HERE = {".png": b"Software\x00gmplug", ".svg": b">gmplug<", ".pdf": b"(gmplug)"}


@dataclass(frozen=True)
class FigureSpec:
    """A figure to make: file name (without ending), and how to draw it."""

    name: str
    draw: Callable[[], Figure]
    wide: bool = False


@dataclass(frozen=True)
class DrawnFigure:
    """A figure made: its file's content, or None and why it could not be drawn."""

    name: str
    content: bytes | None
    problem: str = ""


def draw(specs: Iterable[FigureSpec], simulated: bool, kind: str = "png") -> list[DrawnFigure]:
    """Draw figures; one that cannot be drawn must not cost a user the others."""
    return [_drawn(spec, simulated, kind) for spec in specs]


def _drawn(spec: FigureSpec, simulated: bool, kind: str) -> DrawnFigure:
    try:
        drawn = spec.draw()
        if simulated:
            style.mark_simulated(drawn)
        dpi = WIDE_DPI if spec.wide else style.DPI
        return DrawnFigure(
            spec.name, style.to_png(drawn, dpi) if kind == "png" else style.to_vectors(drawn, kind)
        )
    except Exception as error:  # the command reports it with the figure's name
        return DrawnFigure(spec.name, None, f"{type(error).__name__}: {error}")


def remove_figures(folder: Path) -> None:
    """Remove the figures that gmplug drew in a folder; others are left alone."""
    for path in folder.glob("*.*") if folder.is_dir() else ():
        if path.suffix in _MADE_HERE and _MADE_HERE[path.suffix] in path.read_bytes():
            path.unlink()
