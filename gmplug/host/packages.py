"""Packages of gmplug's own repository by what they offer, for the answer to a name that is not installed."""

from __future__ import annotations

OFFERED_BY = {
    "fema-p695": "gmplug-fema-p695",
    "dask": "gmplug-dask",
    "dense-autoencoder": "gmplug-dense-autoencoder",
    "influence-factors": "gmplug-influence-factors",
    "pelicun": "gmplug-pelicun",
    "spectral": "gmplug-spectral",
    "spectral-matching": "gmplug-spectral-matching",
    "time-series-kmeans": "gmplug-time-series-kmeans",
    "tslearn-dtw": "gmplug-time-series-kmeans",
}


def how_to_install(name: str) -> str:
    """Return what to do for a provider that no installed package offers."""
    package = OFFERED_BY.get(name)
    if package is None:
        return "for another one, install the package that offers it"
    return f"it is in the package {package}: in a clone of gmplug, `pip install ./plugins/{package}`"
