"""Time-series k-means as gmplug clusterers: ``time-series-kmeans`` and ``tslearn-dtw``."""

import gmplug


@gmplug.hookimpl
def gmplug_clusterers():
    """Offer k-means with smooth subspace weights (Huang et al. 2016), and tslearn's with DTW."""
    from gmplug_time_series_kmeans.dtw import TslearnDTW
    from gmplug_time_series_kmeans.tskmeans import TSKMeans

    return {"time-series-kmeans": TSKMeans, "tslearn-dtw": TslearnDTW}
