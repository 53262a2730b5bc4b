"""The intensity measures in use: gmplug's own, and those of the installed plugins and the study's scripts.

:class:`gmplug.host.Host` puts its measures in use. A program that has made no host has gmplug's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gmplug.measures.builtin import BUILTIN
from gmplug.measures.measure import IntensityMeasure
from gmplug.values import RECORD_COLUMNS, Motion

_in_use: dict[str, IntensityMeasure] = {one.column: one for one in BUILTIN}


def measures() -> Mapping[str, IntensityMeasure]:
    """Return the measures in use by their column."""
    return _in_use


def use_measures(found: Iterable[IntensityMeasure]) -> None:
    """Put measures in use, in place of those before."""
    global _in_use
    _in_use = {one.column: one for one in found}


def record_columns() -> tuple[str, ...]:
    """Return the columns of records that gmplug knows, those of the measures among them."""
    return (*RECORD_COLUMNS, *measures())


def computed_measures() -> tuple[str, ...]:
    """Return the columns that :func:`intensity_measures` fills."""
    return tuple(name for name, one in measures().items() if one.compute is not None)


def intensity_measures(motion: Motion, percentile: float = 50.0) -> dict[str, float]:
    """Return the measures of an unscaled record by column: see ``compute`` of :class:`IntensityMeasure`.

    ``percentile`` is over the orientations of two horizontal components (50: RotD50, 100: RotD100).
    """
    return {
        name: float(one.compute(motion, percentile))
        for name, one in measures().items()
        if one.compute is not None
    }
