"""The picture of fragility functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gmplug.fragility.sample import FittedLimit
from gmplug.report.style import CLUSTER_COLORS, LINES, MARKERS, legend_below, new_axes, plain_log, styled
from gmplug.values import FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def plot_curves(
    fitted: Sequence[FittedLimit], grid_g: FloatArray, confidence: float, period_s: float
) -> Figure:
    """Draw the curves of limits, their bootstrap bands and what was observed."""
    figure, axes = new_axes()
    tails = 50 * (1 - confidence), 50 * (1 + confidence)
    for index, one in enumerate(fitted):
        color = CLUSTER_COLORS[index % len(CLUSTER_COLORS)]
        band = one.band[np.isfinite(one.band).all(axis=1)] if len(one.band) else one.band
        if len(band) > 1:
            low, high = np.percentile(band, tails, axis=0)
            axes.fill_between(grid_g, low, high, color=color, alpha=0.15, linewidth=0)
        axes.plot(
            grid_g,
            one.fragility.probability(grid_g),
            color=color,
            linestyle=LINES[index % len(LINES)],
            linewidth=1.8,
            label=one.limit.name,
        )
        share = one.observed.get("share", one.observed["reached"] / one.observed["analyses"])
        axes.plot(
            one.observed["sa_g"],
            share,
            MARKERS[index % len(MARKERS)],
            color=color,
            markersize=4.5,
            alpha=0.8,
        )
    axes.set_xlim(float(grid_g[0]), float(grid_g[-1]))
    plain_log(axes.xaxis)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel(f"Sa({period_s:g} s) (g)")
    axes.set_ylabel("Probability of reaching the limit")
    legend_below(figure, axes)
    return figure
