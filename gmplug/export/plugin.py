"""The built-in export formats, offered through the same hook as everybody's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gmplug.hookspecs import hookimpl


@hookimpl
def gmplug_exporters() -> Mapping[str, Callable[..., Any]]:
    """Offer the drivers, the motions as files, and what other applications read."""
    from gmplug.export.drivers import opensees_tcl, openseespy
    from gmplug.export.files import at2, csv_files, opensees_path, seismosignal
    from gmplug.export.simcenter import run_json, simcenter_edp, simcenter_event

    return {
        "opensees-tcl": opensees_tcl,
        "openseespy": openseespy,
        "csv": csv_files,
        "at2": at2,
        "seismosignal": seismosignal,
        "opensees-path": opensees_path,
        "json": run_json,
        "simcenter-edp": simcenter_edp,
        "simcenter-event": simcenter_event,
    }
