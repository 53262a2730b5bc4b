"""The built-in clusterers, offered through the same hook as anybody's."""

from __future__ import annotations

from gmplug.hookspecs import Providers, hookimpl


@hookimpl
def gmplug_clusterers() -> Providers:
    """Offer the convolutional autoencoder with k-means, and plain k-means on ln Sa."""
    return {
        "cae-kmeans": "gmplug.clustering.cae:CAEKMeans",
        "kmeans": "gmplug.clustering.kmeans:KMeansSpectra",
    }
