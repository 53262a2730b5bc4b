"""The executor ``dask``: analyses on whatever workers a Dask scheduler has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gmplug


@gmplug.hookimpl
def gmplug_executors() -> Mapping[str, Callable[..., Any]]:
    """Offer ``dask``."""
    from gmplug_dask.executor import dask

    return {"dask": dask}
