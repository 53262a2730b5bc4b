"""``--option NAME=VALUE`` and ``--set SECTION.KEY=VALUE`` of commands."""

from __future__ import annotations

from typing import Any


def named_values(
    stated: tuple[str, ...], option: str = "--option", example: str = "directions=[1,2]"
) -> dict[str, Any]:
    """Read NAME=VALUE. VALUE is TOML (numbers, true, [1,2]), otherwise a text; raises InputError."""
    import tomllib

    from gmplug.errors import InputError

    values: dict[str, Any] = {}
    for item in stated:
        name, equals, text = item.partition("=")
        if not equals or not all(part.isidentifier() for part in name.split(".")):
            raise InputError(f"{option} {item}: write it as NAME=VALUE, such as {example}")
        try:
            values[name] = tomllib.loads(f"value = {text}")["value"]
        except (tomllib.TOMLDecodeError, KeyError):
            values[name] = text
    return values
