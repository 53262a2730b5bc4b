"""The built-in export formats, offered through the same hook as everybody's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gmplug.hookspecs import hookimpl


@hookimpl
def gmplug_exporters() -> Mapping[str, Callable[..., Any]]:
    """Offer ``opensees-tcl``, ``openseespy``, ``csv`` and ``at2``."""
    from gmplug.export.drivers import opensees_tcl, openseespy
    from gmplug.export.files import at2, csv_files

    return {"opensees-tcl": opensees_tcl, "openseespy": openseespy, "csv": csv_files, "at2": at2}
