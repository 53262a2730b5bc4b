"""The charts of a comparison."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from gmplug.comparison.compare import Comparison
from gmplug.report.charts import SYMBOLS, Axis, Chart, Layer, rects, rule, series
from gmplug.report.charts.clusters import candidates_chart, features_chart, group_mask, score_layers
from gmplug.report.style import group_title
from gmplug.values import Clusters, GroupClustering

#: Spectra of a cluster drawn at most.
_MOST_SPECTRA = 80


def fitted(comparison: Comparison, group: str) -> dict[str, GroupClustering]:
    """Clusters of the first seed by method, failed methods left out."""
    return {
        method: clustering
        for method in comparison.methods
        if (clustering := comparison.fits[group, method].clustering) is not None
    }


def group_charts(comparison: Comparison, group: str, index: int, period_s: float) -> Iterator[Chart]:
    """The charts of a group; keys end with its index."""
    chosen = fitted(comparison, group)
    if not chosen:
        return
    yield _silhouettes(chosen, group, f"silhouettes-{index}")
    yield _agreement(comparison, group, f"agreement-{index}")
    for number, (method, clustering) in enumerate(chosen.items()):
        key = f"spectra-{index}-{number}"
        yield _spectra(comparison, group, method, clustering, period_s, key)
    for number, (method, clustering) in enumerate(chosen.items()):
        yield _features(comparison, group, method, clustering, f"features-{index}-{number}")


def _silhouettes(chosen: dict[str, GroupClustering], group: str, key: str) -> Chart:
    """Mean silhouette, of each method's own features, against the number of clusters; the chosen k ringed."""
    layers: list[Layer] = []
    for number, (method, clustering) in enumerate(chosen.items()):
        symbol = SYMBOLS[number % len(SYMBOLS)]
        layers += score_layers(clustering, "silhouette", method, series(number), symbol)
    caption = (
        f"{group_title(group)}: mean silhouette of each method's own features against the number of "
        "clusters; the chosen one is ringed. A method with a given number has one point."
    )
    x = Axis("Number of clusters k", whole=True)
    return Chart(key, "Silhouette", caption, x, Axis("Mean silhouette"), layers)


def _agreement(comparison: Comparison, group: str, key: str) -> Chart:
    """Adjusted Rand index between the methods, as a matrix."""
    table = comparison.agreement[group]
    names, values = list(table.columns), table.to_numpy(dtype=float)
    row, column = (axis.ravel() for axis in np.indices(values.shape))
    texts = [f"{value:.2f}".replace("-", "−") for value in values.ravel()]
    layers = [
        rects(
            column - 0.5, column + 0.5, row - 0.5, row + 0.5, "", "picked", texts=texts, shades=values.ravel()
        )
    ]
    title = group_title(group)
    caption = f"{title}: adjusted Rand index between the clusters of two methods: 1 is the same, 0 chance."
    return Chart(key, "Agreement of methods", caption, Axis("", names=names), Axis("", names=names), layers)


def _spectra(
    comparison: Comparison, group: str, method: str, clustering: GroupClustering, period_s: float, key: str
) -> Chart:
    """Scaled spectra colored by cluster, with the clusters' medians."""
    candidates = comparison.candidates
    table = candidates.records.loc[group_mask(candidates, group), ["id", "group"]]
    table = table.assign(cluster=clustering.labels)
    drawn = {
        str(name)
        for _, ids in table.groupby("cluster")["id"]
        for name in ids.iloc[:: -(-len(ids) // _MOST_SPECTRA)]
    }
    chart = candidates_chart(candidates, Clusters(table, {}, method), group, None, drawn, key)
    return replace(chart, title=method, layers=[*chart.layers, rule(x=period_s)], span=2, aspect=0.85)


def _features(
    comparison: Comparison, group: str, method: str, clustering: GroupClustering, key: str
) -> Chart:
    """First two principal components of a method's features, by its clusters."""
    candidates = comparison.candidates
    ids = candidates.records["id"][group_mask(candidates, group)]
    chart = features_chart(comparison.components[group, method], clustering, group, ids, set(), key)
    return replace(chart, title=f"{method}: features", span=2, aspect=0.85)
