"""Spectral matching of the selected records to the target, as the gmplug motions ``spectral-matching``."""

import gmplug


@gmplug.hookimpl
def gmplug_motions():
    """Offer spectral matching."""
    from gmplug_spectral_matching.provider import spectral_matching

    return {"spectral-matching": spectral_matching}
