"""The built-in catalogues, offered through the same hook as anybody's."""

from __future__ import annotations

from gmplug.hookspecs import Providers, hookimpl


@hookimpl
def gmplug_catalogues() -> Providers:
    """Offer the catalogues that gmplug brings along."""
    from gmplug.catalogue.accelerogram_folder import accelerograms
    from gmplug.catalogue.flatfile import nga_west2, spectra_table
    from gmplug.catalogue.simulated import simulated_catalogue
    from gmplug.catalogue.stage import earlier_run

    return {
        "nga-west2": nga_west2,
        "accelerograms": accelerograms,
        "spectra-table": spectra_table,
        "simulated": simulated_catalogue,
        "earlier-run": earlier_run,
    }
