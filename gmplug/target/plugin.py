"""Built-in targets and ground-motion models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gmplug.hookspecs import hookimpl


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
def gmplug_targets() -> dict[str, Callable[..., Any]]:
    """Conditional spectra and measures, unconditional ones, spectra of codes and of tables."""
    from gmplug.target.asce7 import code_asce7
    from gmplug.target.average_sa import avgsa_conditional
    from gmplug.target.conditional_spectrum import conditional_spectrum
    from gmplug.target.eurocode8 import code_eurocode8
    from gmplug.target.gcim import gcim
    from gmplug.target.spectrum_table import table_target, uniform_hazard
    from gmplug.target.unconditional import unconditional

    return {
        "conditional-spectrum": conditional_spectrum,
        "avgsa-conditional": avgsa_conditional,
        "gcim": gcim,
        "unconditional": unconditional,
        "uniform-hazard": uniform_hazard,
        "code-asce7": code_asce7,
        "code-eurocode8": code_eurocode8,
        "table": table_target,
    }
