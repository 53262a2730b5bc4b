"""The built-in structures, offered through the same hook as everybody's."""

from __future__ import annotations

from gmplug.hookspecs import Providers, hookimpl


@hookimpl
def gmplug_structures() -> Providers:
    """Offer ``frame``, ``sdof`` and ``shear-building``."""
    return {
        "frame": "gmplug.structures.frame:frame",
        "sdof": "gmplug.structures.sdof:sdof",
        "shear-building": "gmplug.structures.shear_building:shear_building",
    }
