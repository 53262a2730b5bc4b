"""The built-in demands; gmplug/analysis/demands.py computes them."""

from __future__ import annotations

from gmplug.demands.demand import MODEL_FORCE, Demand

STORY_DRIFT = Demand(
    "peak_story_drift_ratio",
    "Peak story drift",
    numbered="story",
    caption="Largest story drift ratio of each story.",
    code="PID",
    quantity="story_drift_ratio",
)
FLOOR_ACCELERATION = Demand(
    "peak_floor_acceleration",
    "Peak floor acceleration",
    "g",
    numbered="floor",
    caption="Largest absolute acceleration of each floor.",
    code="PFA",
    quantity="floor_acceleration_g",
)
RESIDUAL_DRIFT = Demand(
    "residual_story_drift_ratio",
    "Residual story drift",
    numbered="story",
    caption="Story drift ratio left at the end (magnitude).",
    code="RID",
    quantity="story_drift_ratio",
)
ROOF_DRIFT = Demand("peak_roof_drift_ratio", "Peak roof drift", code="PRD")
ROOF_DISPLACEMENT = Demand("peak_roof_displacement", "Peak roof displacement", "m")
BASE_SHEAR = Demand("peak_base_shear", "Peak base shear", MODEL_FORCE)
BASE_SHEAR_RATIO = Demand("peak_base_shear_ratio", "Peak base shear over seismic weight")
VERTICAL_ACCELERATION = Demand(
    "peak_vertical_acceleration",
    "Peak vertical acceleration",
    "g",
    numbered="floor",
    caption="Largest vertical acceleration of each floor.",
)
BUILTIN = (
    STORY_DRIFT,
    FLOOR_ACCELERATION,
    RESIDUAL_DRIFT,
    ROOF_DRIFT,
    ROOF_DISPLACEMENT,
    BASE_SHEAR,
    BASE_SHEAR_RATIO,
    VERTICAL_ACCELERATION,
)
#: Column of the largest peak story drift ratio of an analysis.
DRIFT = STORY_DRIFT.column
#: Peak story drift ratios of the order of FEMA 356 (2000), table C1-3: 1, 2 and 4 % for concrete frames at
#: immediate occupancy, life safety and collapse prevention.
DEFAULT_DRIFTS = (0.01, 0.02, 0.04)
