"""Charts of several levels: their targets, and the demands over Sa."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gmplug.assessment.lognormal import fit_by_moments
from gmplug.demands.tables import peak_story_drift
from gmplug.report.charts import SERIES, Axis, Chart, Layer, band, dots, line
from gmplug.report.charts.spectra import PERIOD, ends, star
from gmplug.values import LevelDemands, Selection, Target


def targets_chart(levels: Mapping[str, tuple[Target, Selection | None]]) -> Chart:
    """Each level's target median with its band of ±σ, and the median of what was selected."""
    layers: list[Layer] = []
    for index, (name, (target, selection)) in enumerate(levels.items()):
        color, t, sigma = SERIES[index % len(SERIES)], target.periods_s, target.sigma_ln
        layers.append(
            band(t, target.median_g * np.exp(-sigma), target.median_g * np.exp(sigma), f"{name}: ±σ", color)
        )
        layers.append(line(t, target.median_g, name, f"{color} bold"))
        if selection is not None and selection.ln_sa.shape[1] == len(t):
            layers.append(line(t, np.exp(selection.ln_sa.mean(axis=0)), f"{name}: selected", f"{color} dash"))
    target = next(iter(levels.values()))[0]
    caption = "Target of each level: median and ±σ; dashed: the median of the selected records."
    x = Axis(PERIOD, log=True, limits=ends(target.periods_s))
    return Chart(
        "targets", "Targets of the levels", caption, x, Axis("Sa (g)", log=True), [*layers, star(target)]
    )


def stripes_chart(demands: LevelDemands, collapse_drift: float | None = None) -> Chart:
    """The largest story drift of every analysis over Sa, and the median of each level."""
    table = demands.table
    drift, sa = 100 * peak_story_drift(table), table["sa_g"].to_numpy(dtype=float)
    ok, fell = (table["status"] == "ok").to_numpy(), (table["status"] == "collapsed").to_numpy()
    ids = table["id"].astype(str)
    layers: list[Layer] = []
    if demands.sampling == "ida":
        for name, runs in table[ok].groupby("id", sort=True):
            order = np.argsort(runs["sa_g"].to_numpy(dtype=float))
            values = 100 * peak_story_drift(runs)[order]
            layers.append(
                line(values, runs["sa_g"].to_numpy(dtype=float)[order], "Records", "record", item=str(name))
            )
    layers.append(dots(drift[ok], sa[ok], "Ended ok", "picked", items=ids[ok], size=18))
    if fell.any():
        known = collapse_drift is not None and np.isfinite(collapse_drift)
        top = 100 * collapse_drift if known and collapse_drift else np.nanmax(drift, initial=1.0)
        layers.append(
            dots(
                np.full(int(fell.sum()), top),
                sa[fell],
                "Collapsed",
                "alert",
                items=ids[fell],
                symbol="triangle",
                size=40,
            )
        )
    medians = _medians(table[ok])
    if demands.sampling != "ida" and len(medians) > 1:
        layers.append(
            line(100 * medians["median"], medians["sa_g"], "Median of those that ended ok", "target bold")
        )
    lines = "; a line for each record" if demands.sampling == "ida" else ""
    caption = f"Largest story drift of every analysis{lines}; collapses are drawn at the collapse drift."
    y = Axis(f"Sa({demands.conditioning_period_s:g} s) (g)", log=True)
    return Chart(
        "stripes",
        "Drifts over the shaking",
        caption,
        Axis("Largest story drift ratio (%)", log=True),
        y,
        layers,
    )


def _medians(ok: pd.DataFrame) -> pd.DataFrame:
    """``sa_g`` and the median drift of each level with two analyses or more."""
    rows = []
    for _, level in ok.groupby("level", sort=False):
        fit = fit_by_moments(peak_story_drift(level))
        if fit.n >= 2:
            rows.append({"sa_g": float(level["sa_g"].iloc[0]), "median": fit.median})
    return pd.DataFrame(rows, columns=["sa_g", "median"])
