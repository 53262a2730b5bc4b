"""Candidates by cluster, the scores k was chosen by, the features, and the training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gmplug.report import style
from gmplug.values import BoolArray, Candidates, Clusters, FloatArray, GroupClustering

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@style.styled
def plot_candidates(
    candidates: Candidates,
    clusters: Clusters | None = None,
    *,
    group: str | None = None,
    conditioning_period_s: float | None = None,
    selected_ids: Iterable[Any] = (),
) -> Figure:
    """Scaled spectra of a group's candidates, colored by cluster, with the medians of the clusters.

    Without ``clusters`` all are grey with one median; ``selected_ids`` are drawn stronger.
    """
    figure, axes = style.new_axes(height_in=4.4)
    draw_candidates(axes, candidates, clusters, group, conditioning_period_s, selected_ids)
    name = "Candidates" if group is None else style.group_title(group)
    axes.set_title(f"{name} by cluster" if clusters is not None else name)
    style.legend_below(figure, axes, columns=2)
    return figure


def draw_candidates(
    axes: Axes,
    candidates: Candidates,
    clusters: Clusters | None,
    group: str | None,
    conditioning_period_s: float | None,
    selected_ids: Iterable[Any] = (),
) -> None:
    """Draw :func:`plot_candidates` into existing axes."""
    in_group = group_mask(candidates, group)
    labels = cluster_labels(candidates, clusters)
    chosen = np.asarray(candidates.records["id"].isin(set(selected_ids)), dtype=bool)
    any_chosen = bool(np.any(chosen & in_group))
    for label in sorted(set(labels[in_group].tolist())):
        members = in_group & (labels == label)
        _draw_cluster(axes, candidates, members, chosen, label)
    if any_chosen:
        axes.plot([], [], color=style.GREY, linewidth=1.4, label="selected records (stronger lines)")
    style.plain_log(axes.yaxis)
    style.period_axis(axes, candidates.periods_s.tolist())
    if conditioning_period_s is not None:
        style.mark_period(axes, conditioning_period_s)
    axes.set_ylabel("Sa of scaled record (g)")


def _draw_cluster(
    axes: Axes, candidates: Candidates, members: BoolArray, chosen: BoolArray, label: int
) -> None:
    import matplotlib.patheffects as effects

    color = style.cluster_color(label) if label > 0 else style.GREY
    periods_s = candidates.periods_s
    count = int(np.sum(members))
    # Many lines hide one another: the more there are, the fainter each.
    alpha = float(np.clip(12 / np.sqrt(max(count, 1)) / 5, 0.12, 0.45))
    sa_g = np.exp(candidates.ln_sa)
    style.bundle(axes, periods_s, sa_g[members & ~chosen], color=color, width=0.6, alpha=alpha)
    style.bundle(axes, periods_s, sa_g[members & chosen], color=color, width=1.2, alpha=0.95, zorder=3)
    name = f"Cluster {label}" if label > 0 else "Candidates"
    axes.plot(
        periods_s,
        np.exp(candidates.ln_sa[members].mean(axis=0)),
        color=color,
        linewidth=2.8,
        linestyle=style.LINES[(label - 1) % len(style.LINES)] if label > 0 else "-",
        label=f"{name}: median of {count}",
        zorder=5,
        path_effects=[effects.Stroke(linewidth=4.8, foreground="white"), effects.Normal()],
    )


def group_mask(candidates: Candidates, group: str | None) -> BoolArray:
    """Which candidates are of ``group``, shape (N,); all for None."""
    if group is None:
        return np.ones(len(candidates.records), dtype=bool)
    return np.asarray(candidates.records["group"] == group, dtype=bool)


def cluster_labels(candidates: Candidates, clusters: Clusters | None) -> np.ndarray:
    """Cluster of each candidate, 0 where it has none, shape (N,)."""
    if clusters is None:
        return np.zeros(len(candidates.records), dtype=np.int64)
    by_id = dict(zip(clusters.table["id"], clusters.table["cluster"], strict=True))
    return np.array([int(by_id.get(record, 0)) for record in candidates.records["id"]], dtype=np.int64)


@style.styled
def plot_scores(clustering: GroupClustering, group: str = "") -> Figure:
    """Mean silhouette against the number of clusters, with Calinski-Harabasz and Davies-Bouldin."""
    figure = style.new_figure()
    axes = figure.subplot_mosaic([["s", "s"], ["c", "d"]], height_ratios=(3, 2))
    scores = clustering.scores.sort_values("k")
    panels = (
        ("s", "silhouette", "Mean silhouette"),
        ("c", "calinski_harabasz", "Calinski–Harabasz"),
        ("d", "davies_bouldin", "Davies–Bouldin"),
    )
    for key, column, label in panels:
        _draw_score(axes[key], scores, column, clustering.k)
        axes[key].set(ylabel=label, xlabel="Number of clusters k")
    prefix = f"{style.group_title(group)}: " if group else ""
    axes["s"].set_title(f"{prefix}k = {clustering.k} chosen")
    return figure


def _draw_score(axes: Axes, scores: pd.DataFrame, column: str, k: int) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if column not in scores or not np.any(np.isfinite(scores[column].to_numpy(dtype=float))):
        axes.text(
            0.5, 0.5, "not defined", ha="center", va="center", transform=axes.transAxes, color=style.GREY
        )
        return
    axes.plot(scores["k"], scores[column], color=style.BLUE, marker="o", markersize=4, linewidth=1.5)
    axes.margins(y=0.16)
    chosen = scores[scores["k"] == k]
    axes.plot(
        chosen["k"], chosen[column], linestyle="", marker="o", markersize=10, markerfacecolor="none",
        markeredgecolor=style.VERMILLION, markeredgewidth=2,
    )  # fmt: skip


@style.styled
def plot_features(clustering: GroupClustering, group: str = "", selected: BoolArray | None = None) -> Figure:
    """First two principal components of the features, by cluster; ``selected`` (n,) are ringed."""
    figure, axes = style.new_axes()
    points, shares = principal_components(clustering.features)
    usable = np.all(np.isfinite(points), axis=1)
    draw_features(axes, points, clustering, 22)
    if selected is not None and np.any(selected):
        ringed = points[usable & selected]
        axes.scatter(
            ringed[:, 0], ringed[:, 1], s=75, facecolors="none", edgecolors=style.INK, linewidths=1.3,
            label="Selected",
        )  # fmt: skip
    axes.set(
        xlabel=f"Principal component 1 ({shares[0]:.0%} of the variance)",
        ylabel=f"Principal component 2 ({shares[1]:.0%})",
        title=f"{style.group_title(group)}: features" if group else "Features",
    )
    style.legend_below(figure, axes, columns=4)
    return figure


def draw_features(axes: Axes, points: FloatArray, clustering: GroupClustering, size: float) -> None:
    """Draw points, shape (n, 2), by cluster; rows that are not finite are left out."""
    usable = np.all(np.isfinite(points), axis=1)
    for cluster in range(1, clustering.k + 1):
        members = usable & (clustering.labels == cluster)
        axes.scatter(
            points[members, 0], points[members, 1], s=size, alpha=0.75, linewidths=0,
            color=style.cluster_color(cluster), marker=style.MARKERS[(cluster - 1) % len(style.MARKERS)],
            label=f"Cluster {cluster} ({int(np.sum(clustering.labels == cluster))})",
        )  # fmt: skip


def principal_components(features: FloatArray) -> tuple[FloatArray, tuple[float, float]]:
    """First two principal components, shape (n, 2), and their shares of the variance.

    Signs are fixed (largest loading positive), so that the picture does not flip; rows that are not finite
    stay NaN. A single feature leaves the second component zero.
    """
    from threadpoolctl import threadpool_limits

    matrix = np.asarray(features, dtype=float).reshape(len(features), -1)
    usable = np.all(np.isfinite(matrix), axis=1)
    points = np.full((len(matrix), 2), np.nan)
    shares = [0.0, 0.0]
    if not np.any(usable) or matrix.shape[1] == 0:
        return points, (0.0, 0.0)
    centered = matrix[usable] - matrix[usable].mean(axis=0)
    with threadpool_limits(limits=1):  # more threads only wait for one another on so little
        _, singular, loadings = np.linalg.svd(centered, full_matrices=False)
    total = float(np.sum(singular**2))
    points[usable] = 0.0
    for j in range(min(2, len(singular))):
        sign = np.sign(loadings[j, np.argmax(np.abs(loadings[j]))]) or 1.0
        points[usable, j] = sign * (centered @ loadings[j])
        shares[j] = float(singular[j] ** 2 / total) if total > 0 else 0.0
    return points, (shares[0], shares[1])


@style.styled
def plot_training(history: pd.DataFrame, group: str = "") -> Figure:
    """Loss against epoch, phases one after the other."""
    figure, axes = style.new_axes()
    phases = history["phase"] if "phase" in history else pd.Series("training", index=history.index)
    offset = 0.0
    for number, phase in enumerate(dict.fromkeys(phases)):
        part = history[phases == phase]
        epochs = part["epoch"].to_numpy(dtype=float) if "epoch" in part else np.arange(1.0, len(part) + 1)
        color = style.cluster_color(number + 1)
        axes.plot(offset + epochs, part["loss"], color=color, linewidth=1.4, label=str(phase))
        for column in (c for c in ("validation_loss", "val_loss") if c in part):
            axes.plot(
                offset + epochs, part[column], color=color, linewidth=1.1, linestyle="--",
                label=f"{phase}, validation",
            )  # fmt: skip
        offset += float(np.nanmax(epochs)) if len(epochs) else 0.0
    losses = history["loss"].to_numpy(dtype=float)
    if np.any(losses > 0):
        style.plain_log(axes.yaxis)
    axes.set_xlim(left=0)
    axes.set(
        xlabel="Epoch", ylabel="Loss", title=f"{style.group_title(group)}: training" if group else "Training"
    )
    style.legend_below(figure, axes, columns=3)
    return figure
