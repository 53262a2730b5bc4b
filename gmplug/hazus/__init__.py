"""The tables of HAZUS: capacity curves of building types, drifts of damage states, their costs and times."""

from __future__ import annotations

from gmplug.hazus.building_types import DAMAGE_STATES, Capacity, capacity, family
from gmplug.hazus.damage import BETA, consequences, damage_states, drift_limits, reaching
