"""The installed plugins as plain rows, and the providers of a kind in one line."""

from __future__ import annotations

import inspect
from typing import Any

from gmplug.errors import PluginError
from gmplug.host.host import Host
from gmplug.host.options import known_names
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


def needed_options(host: Host, kind: str) -> str:
    """Return one line: the providers of a kind, each with the options that it cannot do without."""
    told = []
    for name, implementation in host.providers(kind).items():
        try:
            parameters = known_names(implementation, name)
        except PluginError:
            continue  # choosing it says what is wrong with it
        needed = [
            option
            for option, parameter in parameters.items()
            if parameter.default is inspect.Parameter.empty and option not in KINDS[kind].given
        ]
        told.append(f"{name} ({f'needs {", ".join(needed)}' if needed else 'needs no option'})")
    return ", ".join(told)
