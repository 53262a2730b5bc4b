"""Built-in targets and ground-motion models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gmplug.hookspecs import hookimpl


@hookimpl
def gmplug_ground_motion_models() -> dict[str, Callable[..., Any]]:
    """pygmm's models, by short name."""
    from gmplug.target.ground_motion_models import pygmm_models

    return dict(pygmm_models())


@hookimpl
def gmplug_correlations() -> dict[str, Callable[..., Any]]:
    """Correlation models, by author and year."""
    from gmplug.target.correlation import CORRELATIONS

    return dict(CORRELATIONS)


@hookimpl
def gmplug_targets() -> dict[str, Callable[..., Any]]:
    """The conditional spectrum."""
    from gmplug.target.conditional_spectrum import conditional_spectrum

    return {"conditional-spectrum": conditional_spectrum}
