"""Built-in assessments of several levels of shaking."""

from __future__ import annotations

from gmplug.hookspecs import Providers, hookimpl


@hookimpl
def gmplug_risk_assessments() -> Providers:
    """Offer ``fragility``, ``risk``, ``hazus-losses`` and ``resilience``."""
    return {
        "fragility": "gmplug.fragility.assessment:fragility",
        "risk": "gmplug.risk.assessment:risk",
        "hazus-losses": "gmplug.recovery.damage_states:hazus_losses",
        "resilience": "gmplug.recovery.resilience:resilience",
    }
