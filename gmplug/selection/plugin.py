"""Built-in ways of selecting records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gmplug.hookspecs import hookimpl


@hookimpl
def gmplug_selectors() -> dict[str, Callable[..., Any]]:
    """Selection by realizations of the target."""
    from gmplug.selection.realizations import cs_realizations

    return {"cs-realizations": cs_realizations}
