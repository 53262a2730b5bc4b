"""Ward's hierarchical clustering of ln Sa: a whole gmplug plugin."""

import gmplug


@gmplug.hookimpl
def gmplug_clusterers():
    from sklearn.cluster import AgglomerativeClustering

    return {"ward": AgglomerativeClustering}
