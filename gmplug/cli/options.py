"""``--option NAME=VALUE`` of commands that pass options on."""

from __future__ import annotations

from typing import Any


def named_values(stated: tuple[str, ...]) -> dict[str, Any]:
    """Read NAME=VALUE. VALUE is TOML (numbers, true, [1,2]), otherwise a text; raises InputError."""
    import tomllib

    from gmplug.errors import InputError

    options: dict[str, Any] = {}
    for item in stated:
        name, equals, text = item.partition("=")
        if not equals or not name.isidentifier():
            raise InputError(f"--option {item}: write it as NAME=VALUE, such as directions=[1,2]")
        try:
            options[name] = tomllib.loads(f"value = {text}")["value"]
        except (tomllib.TOMLDecodeError, KeyError):
            options[name] = text
    return options
