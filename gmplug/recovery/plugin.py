"""Built-in assessments of losses and recovery."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gmplug.hookspecs import hookimpl


@hookimpl
def gmplug_risk_assessments() -> dict[str, Callable[..., Any]]:
    """HAZUS damage states, and the way from losses to the resilience index."""
    from gmplug.recovery.damage_states import hazus_losses
    from gmplug.recovery.resilience import resilience

    return {"hazus-losses": hazus_losses, "resilience": resilience}
