"""Candidates by cluster, the scores k was chosen by, the features, and the training."""

from __future__ import annotations

from collections.abc import Collection, Iterator
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
from gmplug.report.style import group_title
from gmplug.values import BoolArray, Candidates, Clusters, FloatArray, GroupClustering, Target

#: Scores of a clustering: name, and what is better.
SCORES = {
    "silhouette": ("Mean silhouette", "higher"),
    "calinski_harabasz": ("Calinski–Harabasz", "higher"),
    "davies_bouldin": ("Davies–Bouldin", "lower"),
}
#: Epochs drawn of a training at most.
_MOST_EPOCHS = 400


def group_mask(candidates: Candidates, group: str) -> BoolArray:
    """Which candidates are of ``group``, shape (N,)."""
    return np.asarray(candidates.records["group"] == group, dtype=bool)


def cluster_labels(candidates: Candidates, clusters: Clusters | None) -> np.ndarray:
    """Cluster of each candidate, 0 where it has none, shape (N,)."""
    if clusters is None:
        return np.zeros(len(candidates.records), dtype=np.int64)
    by_id = dict(zip(clusters.table["id"], clusters.table["cluster"], strict=True))
    return np.array([int(by_id.get(record, 0)) for record in candidates.records["id"]], dtype=np.int64)


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


def candidates_chart(
    candidates: Candidates,
    clusters: Clusters | None,
    group: str,
    target: Target | None,
    shown: set[str] | None,
    key: str,
    selected: Collection[str] = (),
) -> Chart:
    """Scaled spectra of a group's candidates by cluster, with the medians of the clusters.

    ``shown`` are the ids whose spectra the page has, None for all. Those ``selected`` are drawn stronger.
    """
    members, labels = group_mask(candidates, group), cluster_labels(candidates, clusters)
    ids = candidates.records["id"].astype(str).to_numpy()
    drawn = np.array([shown is None or name in shown for name in ids], dtype=bool)
    stronger = np.isin(ids, list(selected))
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
        if np.any(strong := at & stronger):
            layers.append(
                lines(t, np.exp(candidates.ln_sa[strong]), ids[strong], f"{name}: selected records", style)
            )
        middle = np.exp(candidates.ln_sa[at].mean(axis=0))
        pattern = series(label - 1) if label else style
        medians.append(line(t, middle, f"{name}: median", f"{pattern} bold"))
    more = "" if drawn[members].all() else f" {int(drawn[members].sum())} of {int(members.sum())} are drawn."
    caption = f"{group_title(group)}: scaled spectra of the candidates, and the median of each cluster.{more}"
    tail = [star(target)] if target is not None else []
    title = f"{group_title(group)} by cluster" if clusters is not None else group_title(group)
    return Chart(
        key, title, caption, Axis(PERIOD, log=True, limits=ends(t)),
        Axis("Sa of scaled record (g)", log=True), [*layers, *medians, *tail],
    )  # fmt: skip


def features_chart(
    components: tuple[FloatArray, tuple[float, float]],
    clustering: GroupClustering,
    group: str,
    ids: Any,
    selected: set[str],
    key: str,
) -> Chart:
    """The :func:`principal_components` of the features, by cluster; ``ids`` are of the group's candidates."""
    points, shares = components
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


def _features(clustering: GroupClustering, *values: Any) -> Chart:
    return features_chart(principal_components(clustering.features), clustering, *values)


def score_layers(
    clustering: GroupClustering, score: str, name: str, style: str, symbol: str = "circle"
) -> list[Layer]:
    """A score of each number of clusters tried; the chosen one is ringed."""
    scores = clustering.scores.dropna(subset=[score]).sort_values("k")
    chosen = scores[scores["k"] == clustering.k]
    return [
        line(scores["k"], scores[score], name, style),
        dots(scores["k"], scores[score], name, style.split()[0], symbol=symbol),
        dots(chosen["k"], chosen[score], "Chosen", "ring", size=160),
    ]


def scores_chart(clustering: GroupClustering, group: str, key: str, score: str = "silhouette") -> Chart:
    """A score (column of :data:`SCORES`) against the number of clusters; the chosen one is ringed."""
    name, better = SCORES[score]
    layers = score_layers(clustering, score, name, "picked")
    caption = (
        f"{group_title(group)}: number of clusters by {name[:1].lower()}{name[1:]} ({better} is better)."
    )
    x = Axis("Number of clusters k", whole=True)
    return Chart(key, f"{group_title(group)}: k = {clustering.k}", caption, x, Axis(name), layers)


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


def group_slug(group: str) -> str:
    """A group's name as part of the key of a chart."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in group) or "group"


def cluster_charts(
    candidates: Candidates, clusters: Clusters, target: Target | None, selected: set[str], shown: set[str]
) -> Iterator[Chart | Problem | None]:
    """The charts of the section on clusters; what plugins returned may be unfit for one."""
    for group, made in clusters.groups.items():
        slug = group_slug(group)
        key = f"candidates_{slug}"
        yield attempt(key, candidates_chart, candidates, clusters, group, target, shown, key)
        ids, key = candidates.records["id"][group_mask(candidates, group)], f"features_{slug}"
        yield attempt(key, _features, made, group, ids, selected, key)
        key = f"scores_{slug}"
        yield attempt(key, scores_chart, made, group, key) if len(made.scores) > 1 else None
        history, key = made.history, f"training_{slug}"
        if history is not None and len(history) and "loss" in history:
            yield attempt(key, training_chart, history, group, key)
