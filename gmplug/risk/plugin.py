"""Built-in assessments of several levels of shaking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gmplug.hookspecs import hookimpl


@hookimpl
def gmplug_risk_assessments() -> dict[str, Callable[..., Any]]:
    """Fragility functions, and risk from them."""
    from gmplug.fragility.assessment import fragility
    from gmplug.risk.assessment import risk

    return {"fragility": fragility, "risk": risk}
