"""Built-in ways of selecting records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gmplug.hookspecs import hookimpl


@hookimpl
def gmplug_selectors() -> dict[str, Callable[..., Any]]:
    """Optimised selection, and selection by realizations of the target."""
    from gmplug.selection.optimised import optimised
    from gmplug.selection.realizations import cs_realizations

    return {"optimised": optimised, "cs-realizations": cs_realizations}
