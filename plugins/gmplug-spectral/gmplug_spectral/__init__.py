"""Spectral clustering of ln Sa, as the gmplug clusterer ``spectral``."""

import gmplug


@gmplug.hookimpl
def gmplug_clusterers():
    """Offer spectral clustering."""
    from gmplug_spectral.clusterer import SpectralSpectra

    return {"spectral": SpectralSpectra}
