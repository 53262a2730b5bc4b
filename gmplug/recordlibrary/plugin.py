"""The catalogue provider ``library``, offered through the same hook as anybody's."""

from __future__ import annotations

from gmplug.hookspecs import Providers, hookimpl


@hookimpl
def gmplug_catalogues() -> Providers:
    """Offer ``library``."""
    return {"library": "gmplug.recordlibrary.files:library"}
