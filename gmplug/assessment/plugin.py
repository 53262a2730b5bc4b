"""Built-in assessments."""

from __future__ import annotations

from gmplug.hookspecs import Providers, hookimpl


@hookimpl
def gmplug_assessments() -> Providers:
    """The summary of the demands, and estimates for all candidates."""
    return {
        "demand-summary": "gmplug.assessment.demand_summary:demand_summary",
        "population": "gmplug.assessment.population:population",
    }
