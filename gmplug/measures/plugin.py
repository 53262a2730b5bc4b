"""The built-in intensity measures, offered through the same hook as anybody's."""

from __future__ import annotations

from collections.abc import Iterable

from gmplug.hookspecs import hookimpl
from gmplug.measures.builtin import BUILTIN
from gmplug.measures.measure import IntensityMeasure


@hookimpl
def gmplug_intensity_measures() -> Iterable[IntensityMeasure]:
    """Offer the measures that gmplug brings along."""
    return BUILTIN
