"""The built-in executors, offered through the same hook as everybody's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gmplug.hookspecs import hookimpl


@hookimpl
def gmplug_executors() -> Mapping[str, Callable[..., Any]]:
    """Offer ``processes`` and ``serial``."""
    from gmplug.analysis.executors import ProcessExecutor, SerialExecutor

    return {"processes": ProcessExecutor, "serial": SerialExecutor}
