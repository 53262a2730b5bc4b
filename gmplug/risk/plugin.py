"""Built-in assessments of several levels of shaking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gmplug.hookspecs import hookimpl


@hookimpl
def gmplug_risk_assessments() -> dict[str, Callable[..., Any]]:
    """Offer ``fragility``, ``risk``, ``hazus-losses`` and ``resilience``."""
    from gmplug.fragility.assessment import fragility
    from gmplug.recovery.damage_states import hazus_losses
    from gmplug.recovery.resilience import resilience
    from gmplug.risk.assessment import risk

    return {
        "fragility": fragility,
        "risk": risk,
        "hazus-losses": hazus_losses,
        "resilience": resilience,
    }
