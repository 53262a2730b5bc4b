"""Candidates by cluster, the scores k was chosen by, the features, and the training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from gmplug.notes import counted
from gmplug.report.charts import (
    SERIES,
    SYMBOLS,
    Axis,
    Chart,
    Layer,
    Live,
    Problem,
    attempt,
    dots,
    line,
    lines,
    series,
)
from gmplug.report.charts.spectra import PERIOD, ends, star
from gmplug.report.plots.clusters import cluster_labels, group_mask, principal_components
from gmplug.report.style import group_title
from gmplug.values import Candidates, Clusters, GroupClustering, Target

#: Epochs drawn of a training at most.
_MOST_EPOCHS = 400


def candidates_chart(
    candidates: Candidates, clusters: Clusters, group: str, target: Target | None, shown: set[str], key: str
) -> Chart:
    """Scaled spectra of a group's candidates by cluster, with the medians of the clusters.

    ``shown`` are the ids whose spectra the page has.
    """
    members, labels = group_mask(candidates, group), cluster_labels(candidates, clusters)
    ids = candidates.records["id"].astype(str).to_numpy()
    drawn = np.array([name in shown for name in ids], dtype=bool)
    t, layers, medians = candidates.periods_s, list[Layer](), list[Layer]()
    for label in sorted(set(labels[members].tolist())):
        at = members & (labels == label)
        style = SERIES[(label - 1) % len(SERIES)] if label else "soft"
        here = at & drawn
        name = f"Cluster {label}" if label else "Candidates"
        layers.append(
            lines(
                t,
                Live("set", np.exp(candidates.ln_sa[here])),
                ids[here],
                f"{name}: {counted(at.sum(), 'record')}",
                f"{style} faint",
            )
        )
        middle = np.exp(candidates.ln_sa[at].mean(axis=0))
        pattern = series(label - 1) if label else style
        medians.append(line(t, middle, f"{name}: median", f"{pattern} bold"))
    more = "" if drawn[members].all() else f" {int(drawn[members].sum())} of {int(members.sum())} are drawn."
    caption = f"{group_title(group)}: scaled spectra of the candidates, and the median of each cluster.{more}"
    tail = [star(target)] if target is not None else []
    return Chart(
        key, f"{group_title(group)} by cluster", caption, Axis(PERIOD, log=True, limits=ends(t)),
        Axis("Sa of scaled record (g)", log=True), [*layers, *medians, *tail],
    )  # fmt: skip


def features_chart(clustering: GroupClustering, group: str, ids: Any, selected: set[str], key: str) -> Chart:
    """First two principal components of the features, by cluster; ``ids`` are of the group's candidates."""
    points, shares = principal_components(clustering.features)
    ids = np.asarray(ids, dtype=str)
    layers = []
    for cluster in range(1, clustering.k + 1):
        at = clustering.labels == cluster
        symbol = SYMBOLS[(cluster - 1) % len(SYMBOLS)]
        style = SERIES[(cluster - 1) % len(SERIES)]
        name = f"Cluster {cluster} ({int(at.sum())})"
        layers.append(dots(points[at, 0], points[at, 1], name, style, items=ids[at], symbol=symbol))
    ringed = np.array([name in selected for name in ids], dtype=bool)
    if ringed.any():
        layers.append(
            dots(points[ringed, 0], points[ringed, 1], "Selected", "ring", items=ids[ringed], size=110)
        )
    x = Axis(f"Principal component 1 ({shares[0]:.0%} of the variance)")
    y = Axis(f"Principal component 2 ({shares[1]:.0%})")
    caption = f"{group_title(group)}: first two principal components of the clustered features."
    return Chart(key, f"{group_title(group)}: features", caption, x, y, layers)


def scores_chart(clustering: GroupClustering, group: str, key: str) -> Chart:
    """Mean silhouette against the number of clusters; the chosen one is ringed."""
    scores = clustering.scores.dropna(subset=["silhouette"]).sort_values("k")
    chosen = scores[scores["k"] == clustering.k]
    layers = [
        line(scores["k"], scores["silhouette"], "", "picked"),
        dots(scores["k"], scores["silhouette"], "Mean silhouette", "picked"),
        dots(chosen["k"], chosen["silhouette"], f"Chosen: k = {clustering.k}", "ring", size=160),
    ]
    caption = f"{group_title(group)}: number of clusters by mean silhouette (higher is better)."
    x = Axis("Number of clusters k", whole=True)
    return Chart(
        key, f"{group_title(group)}: k = {clustering.k}", caption, x, Axis("Mean silhouette"), layers
    )


def training_chart(history: pd.DataFrame, group: str, key: str) -> Chart:
    """Loss against epoch, phases one after the other."""
    phases = history["phase"] if "phase" in history else pd.Series("training", index=history.index)
    layers, offset = list[Layer](), 0.0
    for number, phase in enumerate(dict.fromkeys(phases)):
        part = history[phases == phase]
        part = part.iloc[:: max(1, len(part) // _MOST_EPOCHS)]
        epochs = part["epoch"].to_numpy(dtype=float) if "epoch" in part else np.arange(1.0, len(part) + 1)
        color = SERIES[number % len(SERIES)]
        layers.append(line(offset + epochs, part["loss"], str(phase), color))
        for column in (c for c in ("validation_loss", "val_loss") if c in part):
            layers.append(line(offset + epochs, part[column], f"{phase}, validation", f"{color} dash"))
        offset += float(np.nanmax(epochs)) if len(epochs) else 0.0
    caption = f"{group_title(group)}: loss during training."
    return Chart(
        key, f"{group_title(group)}: training", caption, Axis("Epoch"), Axis("Loss", log=True), layers
    )


def cluster_charts(
    candidates: Candidates, clusters: Clusters, target: Target | None, selected: set[str], shown: set[str]
) -> Iterator[Chart | Problem | None]:
    """The charts of the section on clusters; what plugins returned may be unfit for one."""
    for group, made in clusters.groups.items():
        slug = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in group) or "group"
        key = f"candidates_{slug}"
        yield attempt(key, candidates_chart, candidates, clusters, group, target, shown, key)
        ids, key = candidates.records["id"][group_mask(candidates, group)], f"features_{slug}"
        yield attempt(key, features_chart, made, group, ids, selected, key)
        key = f"scores_{slug}"
        yield attempt(key, scores_chart, made, group, key) if len(made.scores) > 1 else None
        history, key = made.history, f"training_{slug}"
        if history is not None and len(history) and "loss" in history:
            yield attempt(key, training_chart, history, group, key)
