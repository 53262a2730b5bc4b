"""The charts of a comparison."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gmplug.comparison.compare import Comparison
from gmplug.report.charts import (
    SERIES,
    SYMBOLS,
    Axis,
    Chart,
    Layer,
    dots,
    line,
    lines,
    rects,
    rule,
    series,
)
from gmplug.report.charts.spectra import PERIOD, ends
from gmplug.report.style import group_title
from gmplug.values import GroupClustering

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
        scores = clustering.scores.dropna(subset=["silhouette"]).sort_values("k")
        at = scores[scores["k"] == clustering.k]
        symbol = SYMBOLS[number % len(SYMBOLS)]
        color = SERIES[number % len(SERIES)]
        layers += [
            line(scores["k"], scores["silhouette"], method, series(number)),
            dots(scores["k"], scores["silhouette"], method, color, symbol=symbol),
            dots(at["k"], at["silhouette"], "Chosen", "ring", size=130),
        ]
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
    at = np.flatnonzero((candidates.records["group"] == group).to_numpy())
    t, layers, more = candidates.periods_s, list[Layer](), ""
    ids = candidates.records["id"].astype(str).to_numpy()
    for cluster in range(1, clustering.k + 1):
        members = at[clustering.labels == cluster]
        drawn = members[:: -(-len(members) // _MOST_SPECTRA) or 1]
        more = f" At most {_MOST_SPECTRA} of a cluster are drawn." if len(drawn) < len(members) else more
        color = SERIES[(cluster - 1) % len(SERIES)]
        layers.append(lines(t, np.exp(candidates.ln_sa[drawn]), ids[drawn], "", f"{color} faint"))
    for cluster in range(1, clustering.k + 1):
        members = at[clustering.labels == cluster]
        name = f"Cluster {cluster}: median of {len(members)}"
        middle = np.exp(candidates.ln_sa[members].mean(axis=0))
        layers.append(line(t, middle, name, f"{series(cluster - 1)} bold"))
    layers.append(rule(x=period_s))
    caption = f"{group_title(group)}: scaled spectra by cluster, with the median of each cluster.{more}"
    x = Axis(PERIOD, log=True, limits=ends(t))
    return Chart(key, method, caption, x, Axis("Sa (g)", log=True), layers, span=2, aspect=0.85)


def _features(
    comparison: Comparison, group: str, method: str, clustering: GroupClustering, key: str
) -> Chart:
    """First two principal components of a method's features, by its clusters."""
    points, shares = comparison.components[group, method]
    ids = (
        comparison.candidates.records["id"][comparison.candidates.records["group"] == group]
        .astype(str)
        .to_numpy()
    )
    layers = []
    for cluster in range(1, clustering.k + 1):
        members = clustering.labels == cluster
        color, symbol = SERIES[(cluster - 1) % len(SERIES)], SYMBOLS[(cluster - 1) % len(SYMBOLS)]
        name = f"Cluster {cluster} ({int(members.sum())})"
        layers.append(
            dots(
                points[members, 0],
                points[members, 1],
                name,
                color,
                items=ids[members],
                symbol=symbol,
                size=18,
            )
        )
    caption = f"{group_title(group)}: first two principal components of the features."
    x, y = Axis(f"Principal component 1 ({shares[0]:.0%})"), Axis(f"Principal component 2 ({shares[1]:.0%})")
    return Chart(key, f"{method}: features", caption, x, y, layers, span=2, aspect=0.85)
