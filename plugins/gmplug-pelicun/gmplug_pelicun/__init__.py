"""Losses of a study's demands by FEMA P-58, with pelicun."""

from __future__ import annotations

import gmplug


@gmplug.hookimpl
def gmplug_risk_assessments():
    """The assessment ``pelicun``: repair cost and time by realization."""
    return {"pelicun": "gmplug_pelicun.assessment:pelicun_losses"}
