"""The installed plugins and the options of their providers, as plain rows."""

from __future__ import annotations

from typing import Any

from gmplug.errors import GmplugError
from gmplug.hookspecs import KINDS
from gmplug.host.host import Host
from gmplug.host.options import Option, options_of


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


def list_options(host: Host) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Return the options of every provider, ``{hook: {name: options}}``.

    An option has ``name``, ``about`` (from the docstring), ``required``, ``default`` and ``schema``, the
    JSON schema of its type (empty where the type has none). A provider is left out where its options cannot
    be read.
    """
    listed: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for kind, about in KINDS.items():
        if about.is_function:
            listed[about.hook] = {
                name: [_row(option) for option in options.values()]
                for name, options in _options_by_name(host, kind).items()
            }
    return listed


def needed_options(host: Host, kind: str) -> str:
    """Return one line: the providers of a kind, each with the options that a study must set."""
    listed = []
    for name, options in _options_by_name(host, kind).items():
        needed = ", ".join(option.name for option in options.values() if option.required)
        listed.append(f"{name} ({f'needs {needed}' if needed else 'needs no option'})")
    return ", ".join(listed)


def _options_by_name(host: Host, kind: str) -> dict[str, dict[str, Option]]:
    found = {}
    for name in host.providers(kind):
        try:
            found[name] = options_of(host.provider(kind, name), KINDS[kind].given, name)
        except GmplugError:
            continue  # a study that names the provider gets the message
    return found


def _row(option: Option) -> dict[str, Any]:
    import pydantic
    import pydantic_core

    try:
        schema = pydantic.TypeAdapter(option.annotation).json_schema()
    except pydantic.errors.PydanticUserError:
        schema = {}
    default = None if option.required else pydantic_core.to_jsonable_python(option.default, fallback=str)
    return {
        "name": option.name,
        "about": option.about,
        "required": option.required,
        "default": default,
        "schema": schema,
    }
