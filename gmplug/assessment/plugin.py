"""Built-in assessments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gmplug.hookspecs import hookimpl


@hookimpl
def gmplug_assessments() -> dict[str, Callable[..., Any]]:
    """The summary of the demands, acceptance by ASCE 7, and estimates for all candidates."""
    from gmplug.assessment.asce7 import asce7_drifts
    from gmplug.assessment.demand_summary import demand_summary
    from gmplug.assessment.population import population

    return {"demand-summary": demand_summary, "asce7-drifts": asce7_drifts, "population": population}
