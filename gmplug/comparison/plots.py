"""The plots of a comparison: each takes a :class:`Comparison` and returns a matplotlib ``Figure``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gmplug.comparison.compare import Comparison
from gmplug.report import style
from gmplug.report.plots.clusters import draw_candidates, draw_features
from gmplug.values import Clusters, GroupClustering

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Panels side by side in figures with one panel per method.
_COLUMNS = 3


def fitted(comparison: Comparison, group: str) -> dict[str, GroupClustering]:
    """Clusters of the first seed by method, failed methods left out."""
    return {
        method: clustering
        for method in comparison.methods
        if (clustering := comparison.fits[group, method].clustering) is not None
    }


@style.styled
def plot_silhouettes(comparison: Comparison, group: str) -> Figure:
    """Mean silhouette, of each method's own features, against the number of clusters; the chosen k ringed."""
    from matplotlib.ticker import MaxNLocator

    figure, axes = style.new_axes(height_in=4.4)
    for number, (method, clustering) in enumerate(fitted(comparison, group).items()):
        scores = clustering.scores.dropna(subset=["silhouette"]).sort_values("k")
        color = style.cluster_color(number + 1)
        axes.plot(
            scores["k"], scores["silhouette"], color=color, linewidth=1.5, markersize=4.5,
            marker=style.MARKERS[number % len(style.MARKERS)],
            linestyle=style.LINES[number % len(style.LINES)], label=method,
        )  # fmt: skip
        chosen = scores[scores["k"] == clustering.k]
        axes.plot(
            chosen["k"], chosen["silhouette"], linestyle="", marker="o", markersize=11,
            markerfacecolor="none", markeredgecolor=color, markeredgewidth=1.8,
        )  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.margins(y=0.12)
    axes.set(
        xlabel="Number of clusters k",
        ylabel="Mean silhouette",
        title=f"{style.group_title(group)}: silhouette",
    )
    style.legend_below(figure, axes, columns=3)
    return figure


@style.styled
def plot_agreement(comparison: Comparison, group: str) -> Figure:
    """Adjusted Rand index between the methods, as a matrix."""
    table = comparison.agreement[group]
    names = list(table.columns)
    side = max(style.HEIGHT_IN, 1.8 + 0.55 * len(names))
    figure, axes = style.new_axes(width_in=max(style.WIDTH_IN, side + 0.8), height_in=side)
    values = table.to_numpy(dtype=float)
    axes.grid(False)
    image = axes.imshow(values, cmap="Blues", vmin=0.0, vmax=1.0)
    for i, j in np.ndindex(values.shape):
        axes.text(
            j, i, f"{values[i, j]:.2f}".replace("-", "−"), ha="center", va="center", fontsize=8.5,
            color="white" if values[i, j] > 0.6 else style.INK,
        )  # fmt: skip
    axes.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), names)
    axes.set_title(f"{style.group_title(group)}: agreement of methods")
    figure.colorbar(image, ax=axes, label="Adjusted Rand index", shrink=0.8)
    return figure


@style.styled
def plot_spectra(comparison: Comparison, group: str, conditioning_period_s: float | None = None) -> Figure:
    """Scaled spectra colored by cluster, with the clusters' medians: a panel for each method."""
    candidates = comparison.candidates
    chosen = fitted(comparison, group)
    figure, panels = _panels(len(chosen))
    in_group = (candidates.records["group"] == group).to_numpy()
    for axes, (method, clustering) in zip(panels, chosen.items(), strict=False):
        table = pd.DataFrame({"id": candidates.records["id"][in_group], "cluster": clustering.labels})
        clusters = Clusters(table, {group: clustering}, method)
        draw_candidates(axes, candidates, clusters, group, conditioning_period_s)
        _panel_title(axes, method, clustering)
        axes.set_ylabel("Sa (g)")
        style.period_axis(axes, candidates.periods_s.tolist())
    return figure


@style.styled
def plot_features(comparison: Comparison, group: str) -> Figure:
    """First two principal components of each method's features, by its clusters: a panel for each method."""
    chosen = fitted(comparison, group)
    figure, panels = _panels(len(chosen))
    for axes, (method, clustering) in zip(panels, chosen.items(), strict=False):
        points, shares = comparison.components[group, method]
        draw_features(axes, points, clustering, 14)
        _panel_title(axes, method, clustering)
        axes.set(xlabel=f"PC 1 ({shares[0]:.0%})", ylabel=f"PC 2 ({shares[1]:.0%})")
    return figure


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    columns = min(_COLUMNS, max(count, 1))
    rows = math.ceil(max(count, 1) / columns)
    figure = style.new_figure(3.6 * columns, 2.9 * rows)
    axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for spare in axes[count:]:
        spare.set_visible(False)
    return figure, axes


def _panel_title(axes: Axes, method: str, clustering: GroupClustering) -> None:
    sizes = ", ".join(map(str, clustering.sizes)) if clustering.k <= 4 else f"{clustering.k} clusters"
    axes.set_title(f"{method}: {sizes}", fontsize=9.5)
