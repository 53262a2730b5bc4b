"""Ward's hierarchical clustering of ln Sa: a whole gmplug plugin."""

import gmplug


@gmplug.hookimpl
def gmplug_clusterers():
    return {"ward": "sklearn.cluster:AgglomerativeClustering"}
