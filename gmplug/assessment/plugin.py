"""Built-in assessments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gmplug.hookspecs import hookimpl


@hookimpl
def gmplug_assessments() -> dict[str, Callable[..., Any]]:
    """The summary of the demands."""
    from gmplug.assessment.demand_summary import demand_summary

    return {"demand-summary": demand_summary}
