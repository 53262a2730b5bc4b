"""Built-in assessments."""

from __future__ import annotations

from gmplug.hookspecs import Providers, hookimpl


@hookimpl
def gmplug_assessments() -> Providers:
    """The summary of the demands, acceptance by ASCE 7, and estimates for all candidates."""
    return {
        "demand-summary": "gmplug.assessment.demand_summary:demand_summary",
        "asce7-drifts": "gmplug.assessment.asce7:asce7_drifts",
        "population": "gmplug.assessment.population:population",
    }
