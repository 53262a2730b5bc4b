"""The built-in structures, offered through the same hook as everybody's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gmplug.hookspecs import hookimpl


@hookimpl
def gmplug_structures() -> Mapping[str, Callable[..., Any]]:
    """Offer ``frame``, ``sdof`` and ``shear-building``."""
    from gmplug.structures.frame import frame
    from gmplug.structures.sdof import sdof
    from gmplug.structures.shear_building import shear_building

    return {"frame": frame, "sdof": sdof, "shear-building": shear_building}
