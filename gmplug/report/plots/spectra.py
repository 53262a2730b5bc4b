"""Target and selected spectra: how well the set follows the distribution it was selected to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gmplug.measures import measures
from gmplug.measures.records import scaled_values
from gmplug.report import style
from gmplug.values import FloatArray, Selection, Target

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Standard normal quantile at 97.5 %.
Z_975 = 1.959963984540054


@style.styled
def plot_target(target: Target, selection: Selection | None = None) -> Figure:
    """Median and 2.5-97.5 % band of the target with the selected scaled spectra, log-log, T* marked."""
    figure, axes = style.new_axes(height_in=4.4)
    draw_target(axes, target, selection)
    axes.set_title("Target and selected spectra" if selection is not None else "Target spectrum")
    style.legend_below(figure, axes)
    return figure


def draw_target(axes: Axes, target: Target, selection: Selection | None) -> None:
    """Draw :func:`plot_target` into existing axes."""
    periods_s = target.periods_s
    mean, sigma = target.ln_mean, target.sigma_ln
    low, high = np.exp(mean - Z_975 * sigma), np.exp(mean + Z_975 * sigma)
    if not target.mean_only:
        axes.fill_between(periods_s, low, high, color=style.LIGHT, alpha=0.45, linewidth=0, zorder=1)
    if selection is not None:
        style.bundle(axes, periods_s, np.exp(selection.ln_sa), color=style.BLUE, width=0.7, alpha=0.5)
        axes.plot([], [], color=style.BLUE, linewidth=0.8, label=f"Selected records ({len(selection.ln_sa)})")
    name = "Target" if target.mean_only else "Target median"
    axes.plot(periods_s, np.exp(mean), color=style.TARGET_COLOR, linewidth=2.2, label=name, zorder=4)
    edges = () if target.mean_only else ((low, "Target 2.5–97.5 %"), (high, None))
    for edge, label in edges:
        axes.plot(
            periods_s, edge, color=style.TARGET_COLOR, linewidth=1.3, linestyle="--", label=label, zorder=4
        )
    if selection is not None and len(selection.ln_sa) > 1:
        _draw_selected_statistics(axes, periods_s, selection.ln_sa)
    style.plain_log(axes.yaxis)
    style.period_axis(axes, periods_s.tolist())
    style.mark_period(axes, target.conditioning_period_s)
    axes.set_ylabel("Sa, 5 % damped (g)")


def _draw_selected_statistics(axes: Axes, periods_s: FloatArray, ln_sa: FloatArray) -> None:
    mean, std = ln_sa.mean(axis=0), ln_sa.std(axis=0, ddof=1)
    color = style.SELECTED_COLOR
    axes.plot(periods_s, np.exp(mean), color=color, linewidth=1.8, label="Selected median", zorder=5)
    for sign, label in ((-1, "Selected 2.5–97.5 %, lognormal"), (1, None)):
        edge = np.exp(mean + sign * Z_975 * std)
        axes.plot(periods_s, edge, color=color, linewidth=1.3, linestyle=":", label=label, zorder=5)


@style.styled
def plot_match(target: Target, selection: Selection) -> Figure:
    """Dispersion of ln Sa, target against selected, and the relative error of the median."""
    figure = style.new_figure(height_in=4.4)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    periods_s = target.periods_s
    upper.plot(periods_s, target.sigma_ln, color=style.TARGET_COLOR, linewidth=2.2, label="Target")
    if len(selection.ln_sa) > 1:
        std = selection.ln_sa.std(axis=0, ddof=1)
        upper.plot(
            periods_s, std, color=style.SELECTED_COLOR, linewidth=1.8, linestyle="--", label="Selected"
        )
    upper.set_ylim(bottom=0)
    upper.set(ylabel="σ of ln Sa", title="Dispersion and median error")
    error = 100 * np.expm1(selection.ln_sa.mean(axis=0) - target.ln_mean)
    lower.axhspan(-10, 10, color=style.LIGHT, alpha=0.4, linewidth=0)
    lower.axhline(0, color=style.TARGET_COLOR, linewidth=1)
    lower.plot(periods_s, error, color=style.SELECTED_COLOR, linewidth=1.8)
    limit = max(15.0, 1.15 * float(np.max(np.abs(error))))
    lower.set_ylim(-limit, limit)
    lower.set_ylabel("Median error (%)")
    style.period_axis(upper, periods_s.tolist(), label=False)
    style.period_axis(lower, periods_s.tolist())
    style.mark_period(upper, target.conditioning_period_s)
    style.mark_period(lower, target.conditioning_period_s, label=False)
    style.legend_below(figure, upper)
    return figure


@style.styled
def plot_measures(target: Target, selection: Selection) -> Figure:
    """Distribution of each intensity measure that the target follows: lognormal target, scaled records.

    Raises
    ------
    ValueError
        The target follows none.
    """
    from scipy.stats import norm

    followed = target.measures
    if followed is None:
        raise ValueError("the target follows no intensity measure")
    figure = style.new_figure(height_in=3.4 * len(followed.names))
    panels = np.atleast_1d(figure.subplots(len(followed.names), 1))
    for axes, name, mean, sigma in zip(
        panels, followed.names, followed.ln_mean, followed.sigma_ln, strict=True
    ):
        grid = np.linspace(-3.0, 3.0, 200)
        axes.plot(
            np.exp(mean + sigma * grid),
            norm.cdf(grid),
            color=style.TARGET_COLOR,
            linewidth=2.2,
            label="Target",
        )
        values = np.sort(scaled_values(selection.records, name))
        values = values[np.isfinite(values)]
        shares = np.arange(1, len(values) + 1) / max(len(values), 1)
        axes.step(values, shares, where="post", color=style.SELECTED_COLOR, linewidth=1.8, label="Selected")
        style.plain_log(axes.xaxis)
        axes.set(xlabel=measures()[name].heading, ylabel="Share of records not above")
    panels[0].set_title("Intensity measures")
    style.legend_below(figure, panels[0])
    return figure
