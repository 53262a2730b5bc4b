"""k-means on metadata of the records: the clusterer ``influence-factors``."""

import gmplug


@gmplug.hookimpl
def gmplug_clusterers():
    """Offer k-means on influence factors."""
    return {"influence-factors": "gmplug_influence_factors.clusterer:InfluenceFactors"}
