"""Built-in ways of selecting records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gmplug.hookspecs import hookimpl


@hookimpl
def gmplug_selectors() -> dict[str, Callable[..., Any]]:
    """Selection by a target's spectra, by its realizations, and by surrogates of the structure."""
    from gmplug.selection.optimised import optimised
    from gmplug.selection.realizations import cs_realizations
    from gmplug.selection.representative import representative

    return {
        "optimised": optimised,
        "cs-realizations": cs_realizations,
        "representative": representative,
    }
