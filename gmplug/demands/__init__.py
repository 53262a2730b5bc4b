"""Engineering demands: one registry, extended by the hook ``gmplug_demands``."""

from __future__ import annotations

from gmplug.demands.builtin import (
    DEFAULT_DRIFTS,
    DRIFT,
    FLOOR_ACCELERATION,
    RESIDUAL_DRIFT,
    ROOF_DRIFT,
    STORY_DRIFT,
)
from gmplug.demands.demand import Demand
from gmplug.demands.registry import column_title, demand_of_column, demands
