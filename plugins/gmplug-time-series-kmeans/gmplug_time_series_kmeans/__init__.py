"""Time-series k-means as gmplug clusterers: ``time-series-kmeans`` and ``tslearn-dtw``."""

import gmplug


@gmplug.hookimpl
def gmplug_clusterers():
    """Offer k-means with smooth subspace weights (Huang et al. 2016), and tslearn's with DTW."""
    return {
        "time-series-kmeans": "gmplug_time_series_kmeans.tskmeans:TSKMeans",
        "tslearn-dtw": "gmplug_time_series_kmeans.dtw:TslearnDTW",
    }
