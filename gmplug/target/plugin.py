"""Built-in targets and ground-motion models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gmplug.hookspecs import Providers, hookimpl


@hookimpl
def gmplug_ground_motion_models() -> dict[str, Callable[..., Any]]:
    """pygmm's models, by short name."""
    from gmplug.gmm.ground_motion_models import pygmm_models

    return dict(pygmm_models())


@hookimpl
def gmplug_correlations() -> dict[str, Callable[..., Any]]:
    """Correlation models, by author and year."""
    from gmplug.gmm.correlation import CORRELATIONS

    return dict(CORRELATIONS)


@hookimpl
def gmplug_targets() -> Providers:
    """Conditional spectra and measures, unconditional ones, spectra of codes and of tables."""
    return {
        "conditional-spectrum": "gmplug.target.conditional_spectrum:conditional_spectrum",
        "avgsa-conditional": "gmplug.target.average_sa:avgsa_conditional",
        "gcim": "gmplug.target.gcim:gcim",
        "unconditional": "gmplug.target.unconditional:unconditional",
        "uniform-hazard": "gmplug.target.spectrum_table:uniform_hazard",
        "code-asce7": "gmplug.target.asce7:code_asce7",
        "code-eurocode8": "gmplug.target.eurocode8:code_eurocode8",
        "table": "gmplug.target.spectrum_table:table_target",
    }
