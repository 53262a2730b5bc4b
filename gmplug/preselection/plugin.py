"""The built-in pre-selection filters, offered through the same hook as anybody's."""

from __future__ import annotations

from gmplug.hookspecs import Providers, hookimpl


@hookimpl
def gmplug_filters() -> Providers:
    """Offer the filters that gmplug brings along."""
    from gmplug.preselection.filters import FILTERS, measure_filters

    return {**FILTERS, **measure_filters()}
