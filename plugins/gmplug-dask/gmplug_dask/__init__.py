"""The executor ``dask``: runs analyses on the workers of a Dask scheduler."""

from __future__ import annotations

from collections.abc import Mapping

import gmplug


@gmplug.hookimpl
def gmplug_executors() -> Mapping[str, str]:
    """Offer ``dask``."""
    return {"dask": "gmplug_dask.executor:dask"}
