"""The executor ``dask``: runs analyses on the workers of a Dask scheduler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gmplug


@gmplug.hookimpl
def gmplug_executors() -> Mapping[str, Callable[..., Any]]:
    """Offer ``dask``."""
    from gmplug_dask.executor import dask

    return {"dask": dask}
