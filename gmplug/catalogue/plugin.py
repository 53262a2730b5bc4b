"""The built-in catalogues, offered through the same hook as anybody's."""

from __future__ import annotations

from gmplug.hookspecs import Providers, hookimpl


@hookimpl
def gmplug_catalogues() -> Providers:
    """Offer the catalogues that gmplug brings along."""
    return {
        "nga-west2": "gmplug.catalogue.flatfile:nga_west2",
        "accelerograms": "gmplug.catalogue.accelerogram_folder:accelerograms",
        "spectra-table": "gmplug.catalogue.flatfile:spectra_table",
        "simulated": "gmplug.catalogue.simulated:simulated_catalogue",
        "earlier-run": "gmplug.catalogue.stage:earlier_run",
    }
