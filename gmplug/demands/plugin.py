"""The built-in demands, offered through the same hook as anybody's."""

from __future__ import annotations

from collections.abc import Iterable

from gmplug.demands.builtin import BUILTIN
from gmplug.demands.demand import Demand
from gmplug.hookspecs import hookimpl


@hookimpl
def gmplug_demands() -> Iterable[Demand]:
    """Offer the demands that every analysis gives."""
    return BUILTIN
