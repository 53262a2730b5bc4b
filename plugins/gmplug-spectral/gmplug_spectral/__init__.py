"""Spectral clustering of ln Sa, as the gmplug clusterer ``spectral``."""

import gmplug


@gmplug.hookimpl
def gmplug_clusterers():
    """Offer spectral clustering."""
    return {"spectral": "gmplug_spectral.clusterer:SpectralSpectra"}
