"""The scaled accelerations of the selected records, as small multiples."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gmplug.report import style
from gmplug.values import FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Points drawn per record: minimum and maximum of as many stretches, so that no peak is lost.
_POINTS = 700


@style.styled
def plot_waveforms(
    waveforms: Mapping[str, tuple[float, FloatArray]], clusters: Sequence[int] = (), columns: int = 4
) -> Figure:
    """Scaled acceleration against time for each record.

    Parameters
    ----------
    waveforms
        By name of the record: time step, s, and scaled acceleration, g, shape (n,).
    clusters
        Cluster of each record, for its color.
    columns
        Panels side by side.
    """
    from matplotlib.ticker import MaxNLocator

    rows = -(-len(waveforms) // columns)
    figure = style.new_figure(2.75 * columns, 1.15 * rows + 0.7)
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    peak = max((float(np.max(np.abs(a))) for _, a in waveforms.values() if len(a)), default=1.0)
    for number, (name, (time_step_s, acceleration_g)) in enumerate(waveforms.items()):
        axes = panels[number]
        color = style.cluster_color(clusters[number]) if number < len(clusters) else style.BLUE
        time_s, envelope = _envelope(time_step_s, acceleration_g)
        axes.plot(time_s, envelope, color=color, linewidth=0.5)
        largest = float(np.max(np.abs(acceleration_g))) if len(acceleration_g) else 0.0
        title = textwrap.shorten(name, 26, placeholder="…") if " " in name else name[:26]
        axes.set_title(title, fontsize=8, fontweight="normal", pad=2)
        axes.annotate(
            f"{largest:.2f} g",
            (0.985, 0.04),
            xycoords="axes fraction",
            ha="right",
            fontsize=7.5,
            color=style.GREY,
        )
        axes.set_ylim(-1.05 * peak, 1.05 * peak)
        axes.set_xlim(0, max(float(time_s[-1]), time_step_s) if len(time_s) else 1.0)
        axes.tick_params(labelsize=7)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.yaxis.set_major_locator(MaxNLocator(3))
    for axes in panels[len(waveforms) :]:
        axes.set_visible(False)
    figure.supxlabel("Time (s)", fontsize=9)
    figure.supylabel("Scaled acceleration (g)", fontsize=9)
    return figure


def _envelope(time_step_s: float, acceleration_g: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Thin a long record to the extremes of equal stretches: the picture is the same, the file small."""
    n = len(acceleration_g)
    stretch = -(-n // _POINTS)
    if stretch <= 2:
        return time_step_s * np.arange(n, dtype=np.float64), acceleration_g
    whole = n // stretch * stretch
    parts = acceleration_g[:whole].reshape(-1, stretch)
    times: FloatArray = time_step_s * (np.arange(len(parts), dtype=np.float64) + 0.5) * stretch
    extremes = np.column_stack([parts.min(axis=1), parts.max(axis=1)])
    return np.repeat(times, 2), extremes.ravel()
