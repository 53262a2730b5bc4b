"""Pictures of several levels: their targets, and the demands over Sa."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gmplug.assessment.lognormal import fit_by_moments
from gmplug.demands.tables import peak_story_drift
from gmplug.report.style import (
    BLUE,
    CLUSTER_COLORS,
    GREY,
    INK,
    LINES,
    VERMILLION,
    legend_below,
    mark_period,
    new_axes,
    period_axis,
    plain_log,
    styled,
)
from gmplug.values import LevelDemands, Selection, Target

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def plot_targets(levels: Mapping[str, tuple[Target, Selection | None]]) -> Figure:
    """Draw each level's target median with its band of ±σ, and the median of what was selected."""
    figure, axes = new_axes()
    target = None
    for index, (name, (target, selection)) in enumerate(levels.items()):
        color = CLUSTER_COLORS[index % len(CLUSTER_COLORS)]
        periods, median, sigma = target.periods_s, target.median_g, target.sigma_ln
        low, high = median * np.exp(-sigma), median * np.exp(sigma)
        axes.fill_between(periods, low, high, color=color, alpha=0.12, linewidth=0)
        axes.plot(periods, median, color=color, linewidth=1.8, label=name)
        if selection is not None and selection.ln_sa.shape[1] == len(periods):
            axes.plot(periods, np.exp(selection.ln_sa.mean(axis=0)), "--", color=color, linewidth=1.0)
    if target is not None:
        period_axis(axes, list(target.periods_s))
        mark_period(axes, target.conditioning_period_s)
    plain_log(axes.yaxis)
    axes.set_ylabel("Sa (g)")
    legend_below(figure, axes, 3)
    return figure


@styled
def plot_stripes(demands: LevelDemands, collapse_drift: float | None = None) -> Figure:
    """Draw the largest story drift of every analysis over Sa, and the median of each level."""
    figure, axes = new_axes()
    table = demands.table
    drift = 100 * peak_story_drift(table)
    ok, fell = (table["status"] == "ok").to_numpy(), (table["status"] == "collapsed").to_numpy()
    sa = table["sa_g"].to_numpy(dtype=float)
    axes.plot(drift[ok], sa[ok], "o", color=BLUE, markersize=3.5, alpha=0.55, label="ended ok")
    top = (
        100 * collapse_drift
        if collapse_drift and np.isfinite(collapse_drift)
        else np.nanmax(drift, initial=1.0)
    )
    if fell.any():
        axes.plot(np.full(fell.sum(), top), sa[fell], "^", color=VERMILLION, markersize=5, label="collapsed")
    if demands.sampling == "ida":
        for _, runs in table[ok].groupby("id", sort=True):
            order = np.argsort(runs["sa_g"].to_numpy(dtype=float))
            line = 100 * peak_story_drift(runs)[order]
            axes.plot(line, runs["sa_g"].to_numpy(dtype=float)[order], color=GREY, linewidth=0.6, zorder=1)
    else:
        medians = _medians(table[ok])
        if len(medians) > 1:
            axes.plot(
                100 * medians["median"], medians["sa_g"], color=INK, linewidth=1.6, linestyle=LINES[0],
                label="median of those that ended ok",
            )  # fmt: skip
    axes.set(xlabel="Largest story drift ratio (%)", ylabel=f"Sa({demands.conditioning_period_s:g} s) (g)")
    plain_log(axes.xaxis)
    plain_log(axes.yaxis)
    legend_below(figure, axes, 3)
    return figure


def _medians(ok: pd.DataFrame) -> pd.DataFrame:
    """``sa_g`` and the median drift of each level with two analyses or more."""
    rows = []
    for _, level in ok.groupby("level", sort=False):
        fit = fit_by_moments(peak_story_drift(level))
        if fit.n >= 2:
            rows.append({"sa_g": float(level["sa_g"].iloc[0]), "median": fit.median})
    return pd.DataFrame(rows, columns=["sa_g", "median"])
