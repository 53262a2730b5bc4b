"""The built-in commands, in the order of ``gmplug --help``."""

from __future__ import annotations

from gmplug.hookspecs import hookimpl

_NAMES = (
    *("demo", "init", "run", "info", "why", "checks", "alternates", "reject", "portfolio", "compare"),
    *("audit", "report", "export", "collect", "clean", "catalogue", "spectra", "plugins", "plugin", "doctor"),
)


@hookimpl
def gmplug_commands() -> dict[str, str]:
    """Offer the commands of ``gmplug``."""
    homes = {"reject": "alternates", "why": "review", "checks": "review"}
    return {name: f"gmplug.cli.{homes.get(name, name)}:{name}" for name in _NAMES}
