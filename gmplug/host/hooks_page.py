"""The page ``docs/hooks.md``, made from the hook specifications: ``python -m gmplug.host.hooks_page``."""

from __future__ import annotations

import inspect
from typing import Any

from gmplug import hookspecs

_HEAD = """# Hooks

<!-- Made by `python -m gmplug.host.hooks_page > docs/hooks.md`. Edit gmplug/hookspecs.py instead. -->

[How to write a plugin](../gmplug/host/README.md) explains the rules. This page lists every hook. Arrays
state their shape: N records, P periods, n selected records, d horizontal directions.
"""
_PROVIDERS = """
## Providers

A hook returns `{name: implementation}`. gmplug fills in the *given* parameters that an implementation
names. All other parameters are options of the study, or the fields of the parameter `options`.
"""
_REGISTRIES = "\n## Registries\n\nA hook returns a list of entries. All of them are in use.\n"
_EVENTS = """
## Events

gmplug calls these hooks while a study runs. An implementation names the parameters that it needs.
"""


def hooks_page() -> str:
    """Return the page as Markdown."""
    hooks = {name: hook for name, hook in vars(hookspecs).items() if name.startswith("gmplug_")}
    parts = [_HEAD, _PROVIDERS]
    for kind in hookspecs.KINDS.values():
        parts += [_text(hooks.pop(kind.hook)), f"\nChosen by: {kind.chosen_by}. Returns: {kind.returns}.\n"]
        if kind.given:
            rows = "".join(f"| `{name}` | {about} |\n" for name, about in kind.given.items())
            parts.append(f"\n| given | |\n| --- | --- |\n{rows}")
    parts.append(_REGISTRIES)
    for registry in hookspecs.REGISTRIES.values():
        parts += [_text(hooks.pop(registry.hook)), f"\nEach entry has its own `{registry.key}`.\n"]
    parts.append(_EVENTS)
    for hook in hooks.values():
        names = ", ".join(f"`{name}`" for name in inspect.signature(hook).parameters)
        parts += [_text(hook), f"\nParameters: {names}.\n"]
    return "".join(parts)


def _text(hook: Any) -> str:
    return f"\n### {hook.__name__}\n\n{inspect.cleandoc(hook.__doc__).replace('``', '`')}\n"


if __name__ == "__main__":
    print(hooks_page(), end="")
