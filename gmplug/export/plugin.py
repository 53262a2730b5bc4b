"""The built-in export formats, offered through the same hook as everybody's."""

from __future__ import annotations

from gmplug.hookspecs import Providers, hookimpl


@hookimpl
def gmplug_exporters() -> Providers:
    """Offer the drivers, the motions as files, and what other applications read."""
    return {
        "opensees-tcl": "gmplug.export.drivers:opensees_tcl",
        "openseespy": "gmplug.export.drivers:openseespy",
        "csv": "gmplug.export.files:csv_files",
        "at2": "gmplug.export.files:at2",
        "seismosignal": "gmplug.export.files:seismosignal",
        "opensees-path": "gmplug.export.files:opensees_path",
        "json": "gmplug.export.simcenter:run_json",
        "simcenter-edp": "gmplug.export.simcenter:simcenter_edp",
        "simcenter-event": "gmplug.export.simcenter:simcenter_event",
    }
