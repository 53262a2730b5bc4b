"""Pictures of hazard curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gmplug.demands import column_title, demand_of_column
from gmplug.hazard import HazardCurve
from gmplug.report.headings import heading
from gmplug.report.style import BLUE, VERMILLION, legend_below, new_axes, plain_log, styled
from gmplug.values import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@styled
def plot_hazard(curve: HazardCurve, levels_g: FloatArray, period_s: float) -> Figure:
    """Draw a hazard curve, what continues it, and the study's levels."""
    figure, axes = new_axes()
    wide = np.geomspace(float(curve.sa_g[0]) / 1.5, float(curve.sa_g[-1]) * 1.8, 100)
    axes.plot(wide, curve.rate(wide), color=BLUE, linestyle="--", linewidth=1.0, label="continued")
    axes.plot(curve.sa_g, curve.annual_rate, color=BLUE, linewidth=1.8, label="hazard curve")
    if len(levels_g):
        axes.plot(levels_g, curve.rate(levels_g), "o", color=VERMILLION, markersize=5, label="levels")
    axes.set_xlabel(f"Sa({period_s:g} s) (g)")
    _rates(axes, float(wide[0]), float(wide[-1]))
    legend_below(figure, axes, 3)
    return figure


@styled
def plot_demand_hazard(values: FloatArray, annual_rate: FloatArray, edp: str) -> Figure:
    """Draw the annual rate at which a demand is exceeded; ratios are shown in per cent."""
    figure, axes = new_axes()
    known = demand_of_column(edp)
    is_ratio = not known.unit if known else edp.endswith("_ratio")
    shown = values * (100.0 if is_ratio else 1.0)
    axes.plot(shown, annual_rate, color=BLUE, linewidth=1.8)
    title = column_title(edp) if known else heading(edp)
    axes.set_xlabel(f"{title} (%)" if is_ratio else title)
    _rates(axes, float(shown[0]), float(shown[-1]))
    return figure


def _rates(axes: Axes, low: float, high: float) -> None:
    """Log axes: x in plain numbers between ``low`` and ``high``, annual rates in powers of ten."""
    axes.set_xlim(low, high)
    plain_log(axes.xaxis)
    axes.set_yscale("log")
    axes.set_ylabel("Annual rate of exceedance (1/yr)")
