"""The intensity measures in use, and their values for a motion."""

from __future__ import annotations

import math

from gmplug.measures.builtin import BUILTIN
from gmplug.measures.soundness import SOUNDNESS, record_soundness
from gmplug.registry import Registry
from gmplug.values import RECORD_COLUMNS, Motion

_MEASURES = Registry(BUILTIN, key=lambda measure: measure.column)
#: The measures in use by their column.
measures = _MEASURES.in_use
#: Puts measures in use, in place of those before.
use_measures = _MEASURES.use


def record_columns() -> tuple[str, ...]:
    """Return the columns of records that gmplug knows, those of the measures among them."""
    return (*RECORD_COLUMNS, *measures())


def computed_measures() -> tuple[str, ...]:
    """Return the columns that :func:`computed_columns` fills."""
    return (*(name for name, one in measures().items() if one.compute is not None), *SOUNDNESS)


def computed_columns(motion: Motion, percentile: float | None = 50.0) -> dict[str, float]:
    """Return what catalogues compute from an unscaled record: its measures, and what tells of flaws."""
    return {**intensity_measures(motion, percentile), **record_soundness(motion)}


def intensity_measures(motion: Motion, percentile: float | None = 50.0) -> dict[str, float]:
    """Return the measures of an unscaled record by column: see ``compute`` of :class:`IntensityMeasure`.

    ``percentile`` is over the orientations of two horizontal components (50: RotD50, 100: RotD100). None: the
    geometric mean of the components as recorded, of measures that depend on the orientation.
    """
    if percentile is None and len(motion.horizontal_g) == 2:
        first, second = (
            intensity_measures(Motion(motion.time_step_s, row[None, :])) for row in motion.horizontal_g
        )
        mean = {name: math.sqrt(abs(value * second[name])) for name, value in first.items()}
        return {
            name: mean[name] if measures()[name].depends_on_orientation else value
            for name, value in intensity_measures(motion).items()
        }
    return {
        name: float(one.compute(motion, 50.0 if percentile is None else percentile))
        for name, one in measures().items()
        if one.compute is not None
    }
