"""Clustering of the candidates' spectra; see README.md beside this file.

The public names are loaded when they are first used: none costs anything before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmplug.lazy import lazy_names

_PUBLIC = {
    "CAEKMeans": "gmplug.clustering.cae",
    "KMeansSpectra": "gmplug.clustering.kmeans",
    "cluster_group": "gmplug.clustering.groups",
    "period_weights": "gmplug.clustering.spectra_space",
    "quality": "gmplug.clustering.metrics",
    "score_table": "gmplug.clustering.metrics",
    "simulated_spectra": "gmplug.clustering.simulation",
}

if TYPE_CHECKING:
    from gmplug.clustering.cae import CAEKMeans
    from gmplug.clustering.groups import cluster_group
    from gmplug.clustering.kmeans import KMeansSpectra
    from gmplug.clustering.metrics import quality, score_table
    from gmplug.clustering.simulation import simulated_spectra
    from gmplug.clustering.spectra_space import period_weights


__getattr__ = lazy_names(__name__, _PUBLIC)
