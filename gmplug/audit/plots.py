"""The plots of an audit: each takes an :class:`Audit` and returns a matplotlib ``Figure``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gmplug.audit.audit import Audit
from gmplug.demands import STORY_DRIFT, column_title
from gmplug.report import style
from gmplug.values import FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Points of the axis on which distribution functions of sets are compared.
_POINTS = 300
#: Schemes whose bands are drawn beside random sets, the first of these that there are.
_BANDS = ("random", "candidates-quotas", "target-quotas")


def demand_title(name: str) -> str:
    """How a demand is called in figures and tables."""
    oscillator = "peak_displacement_m_r"
    if name.startswith(oscillator):
        return f"Oscillator displacement (m), R = {name.removeprefix(oscillator)}"
    return column_title(name)


@style.styled
def plot_ratios(audit: Audit, statistic: str, title: str) -> Figure:
    """RMSE of a statistic over that of random sets: a row for each demand, a mark for each scheme.

    Further divisions than the study's clusters are in the tables only.
    """
    table = audit.table[(audit.table["estimate"] == "plain") & (audit.table["scheme"] != "random")]
    demands = [
        d for d in audit.demands if table.loc[table["demand"] == d, f"{statistic}_ratio"].notna().any()
    ]
    names = [name for name in dict.fromkeys(table["scheme"]) if ":" not in name]
    figure, axes = style.new_axes(7.4, 1.6 + (0.20 + 0.095 * len(names)) * len(demands) + 0.2 * len(names))
    for number, name in enumerate(names):
        rows = table[table["scheme"] == name].set_index("demand").loc[demands]
        place = np.arange(len(demands)) + 0.8 * ((number + 0.5) / len(names) - 0.5)
        middle = rows[f"{statistic}_ratio"].to_numpy(float)
        ends = [
            np.maximum(middle - rows[f"{statistic}_ratio_low"].to_numpy(float), 0.0),
            np.maximum(rows[f"{statistic}_ratio_high"].to_numpy(float) - middle, 0.0),
        ]
        axes.errorbar(
            middle, place, xerr=ends, linestyle="", marker=style.MARKERS[number % len(style.MARKERS)],
            color=style.cluster_color(number + 1), markersize=4.5, linewidth=1.1,
            label=audit.draws[name].scheme.title,
        )  # fmt: skip
    axes.axvline(1.0, color=style.INK, linewidth=1.0, linestyle="--", label="random")
    for edge in np.arange(0.5, len(demands) - 1):
        axes.axhline(edge, color=style.LIGHT, linewidth=0.7)
    axes.grid(False, axis="y")
    axes.set_yticks(range(len(demands)), [demand_title(d) for d in demands])
    axes.set_ylim(len(demands) - 0.5, -0.5)
    axes.set_xlim(left=0.0)
    axes.set(xlabel="RMSE / RMSE of random sets (95 % of bootstrapped draws)", title=title)
    style.legend_below(figure, axes, columns=2)
    return figure


@style.styled
def plot_errors(audit: Audit, demand: str) -> Figure:
    """Error of the ln median of every set, as boxes: one for each scheme."""
    names = list(audit.draws)
    figure, axes = style.new_axes(7.4, 1.5 + 0.32 * len(names))
    values = [_finite(audit.errors[demand, name]) for name in names]
    boxes = axes.boxplot(
        values, orientation="horizontal", whis=(2.5, 97.5), widths=0.62, patch_artist=True,
        flierprops={"marker": ".", "markersize": 3, "markerfacecolor": style.GREY, "markeredgecolor": "none"},
        medianprops={"color": style.INK},
    )  # fmt: skip
    for number, box in enumerate(boxes["boxes"]):
        box.set(facecolor=style.LIGHT if number == 0 else style.SKY, edgecolor=style.GREY)
    axes.axvline(0.0, color=style.INK, linewidth=1.0, linestyle="--")
    axes.set_yticks(range(1, len(names) + 1), [audit.draws[name].scheme.title for name in names])
    axes.set_ylim(len(names) + 0.6, 0.4)
    axes.grid(False, axis="y")
    axes.set(xlabel="Error of ln median (box: quartiles, whiskers: 95 %)", title=demand_title(demand))
    return figure


@style.styled
def plot_distributions(audit: Audit, demand: str) -> Figure:
    """Distribution function of all candidates, and the band that 90 % of the sets of a scheme lie in."""
    figure, axes = style.new_axes()
    values = audit.responses.values[demand].to_numpy(dtype=float)
    finite = values[np.isfinite(values)]
    grid = np.geomspace(finite.min() * 0.97, finite.max() * 1.03, _POINTS)
    collapsed = audit.responses.collapsed if demand in audit.responses.from_structure else None
    everybody = np.where(collapsed, np.inf, values) if collapsed is not None else values
    wanted = [name for name in _BANDS if name in audit.draws][:2]
    for name, color in zip(wanted, (style.GREY, style.BLUE), strict=False):
        sets = everybody[audit.draws[name].sets]
        share = np.array([_distribution(row, grid) for row in sets])
        low, high = np.nanpercentile(share, [5, 95], axis=0)
        axes.fill_between(
            grid, low, high, step="post", color=color, alpha=0.3, linewidth=0,
            label=f"90 % of sets: {audit.draws[name].scheme.title}",
        )  # fmt: skip
    known = f"all {int(np.sum(~np.isnan(everybody)))} candidates"
    axes.step(grid, _distribution(everybody, grid), where="post", color=style.INK, linewidth=1.6, label=known)
    style.plain_log(axes.xaxis)
    axes.set_ylim(0.0, 1.0)
    axes.set(xlabel=demand_title(demand), ylabel="Share at or below", title="All candidates and drawn sets")
    style.legend_below(figure, axes, columns=1)
    return figure


@style.styled
def plot_periods(audit: Audit, conditioning_period_s: float) -> Figure:
    """Correlation of ln demand with ln Sa over the periods: where a match can help at all."""
    figure, axes = style.new_axes(7.4, 4.2)
    demands = [d for d in audit.demands if STORY_DRIFT.place(d) is None]
    for number, demand in enumerate(demands):
        correlation = period_correlation(audit, demand)
        axes.plot(
            audit.candidates.periods_s, correlation, color=style.cluster_color(number + 1),
            linestyle=style.LINES[number % len(style.LINES)], linewidth=1.5, label=demand_title(demand),
        )  # fmt: skip
    axes.axhline(0.0, color=style.GREY, linewidth=0.8)
    style.period_axis(axes, audit.candidates.periods_s.tolist())
    style.mark_period(axes, conditioning_period_s)
    axes.set(ylabel="Correlation of ln demand with ln Sa(T)", title="Correlation with the response")
    style.legend_below(figure, axes, columns=2)
    return figure


def period_correlation(audit: Audit, demand: str) -> FloatArray:
    """Pearson correlation of ln demand with ln Sa at each period, shape (P,); NaN where Sa does not vary."""
    ln = np.log(audit.responses.values[demand].to_numpy(dtype=float))
    at = np.isfinite(ln)
    spectra = audit.candidates.ln_sa[at] - audit.candidates.ln_sa[at].mean(axis=0)
    response = ln[at] - ln[at].mean()
    norm = np.sqrt(np.square(spectra).sum(axis=0) * np.square(response).sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(norm > 1e-9, (response @ spectra) / norm, np.nan))


def _distribution(values: FloatArray, grid: FloatArray) -> FloatArray:
    known = np.sort(values[~np.isnan(values)])
    return np.searchsorted(known, grid, side="right") / max(len(known), 1)


def _finite(values: FloatArray) -> FloatArray:
    return values[np.isfinite(values)]
