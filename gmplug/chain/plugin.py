"""The built-in stages, in the order people think of them."""

from __future__ import annotations

from gmplug.hookspecs import hookimpl


@hookimpl
def gmplug_stages() -> dict[str, str]:
    """Offer the stages of the chain; a module is loaded when its stage is first asked for."""
    return {
        "catalogue": "gmplug.catalogue.stage:STAGE",
        "preselection": "gmplug.preselection.stage:STAGE",
        "target": "gmplug.target.stage:STAGE",
        "clustering": "gmplug.clustering.stage:STAGE",
        "selection": "gmplug.selection.stage:STAGE",
        "motions": "gmplug.excitation.stage:STAGE",
        "analysis": "gmplug.analysis.stage:STAGE",
        "assessment": "gmplug.assessment.stage:STAGE",
        "report": "gmplug.report.stage:STAGE",
    }
