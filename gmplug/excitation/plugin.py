"""The built-in provider of motions: ``scaled``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gmplug.hookspecs import hookimpl


@hookimpl
def gmplug_motions() -> dict[str, Callable[..., Any]]:
    """Offer ``scaled``."""
    from gmplug.excitation.scaled import scaled

    return {"scaled": scaled}
