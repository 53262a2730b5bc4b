"""An autoencoder of dense layers with k-means on its latent features: the clusterer ``dense-autoencoder``."""

import gmplug


@gmplug.hookimpl
def gmplug_clusterers():
    """Offer the dense autoencoder with k-means."""
    return {"dense-autoencoder": "gmplug_dense_autoencoder.clusterer:DenseAutoencoder"}
