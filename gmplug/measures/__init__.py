"""Intensity measures besides Sa: one registry, extended by the hook ``gmplug_intensity_measures``."""

from __future__ import annotations

from gmplug.measures.measure import IntensityMeasure
from gmplug.measures.registry import intensity_measures, measures
