"""Spectral matching of the selected records to the target, as the gmplug motions ``spectral-matching``."""

import gmplug


@gmplug.hookimpl
def gmplug_motions():
    """Offer spectral matching."""
    return {"spectral-matching": "gmplug_spectral_matching.provider:spectral_matching"}
