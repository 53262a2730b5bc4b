"""The installed plugins as plain rows."""

from __future__ import annotations

from typing import Any

from gmplug.host.host import Host
from gmplug.host.providers import KINDS


def list_plugins(host: Host) -> list[dict[str, Any]]:
    """Return one mapping per plugin: ``name``, ``package``, ``version``, ``hooks``, ``offers`` by hook."""
    offers: dict[str, dict[str, list[str]]] = {}
    for kind, about in KINDS.items():
        for name, plugins in host.offered_by(kind).items():
            for plugin in plugins:
                offers.setdefault(plugin, {}).setdefault(about.hook, []).append(name)
    return [
        {
            "name": info.name,
            "package": info.package,
            "version": info.version,
            "hooks": list(info.hooks),
            "offers": offers.get(info.name, {}),
        }
        for info in host.plugins()
    ]
