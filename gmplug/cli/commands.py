"""The built-in commands, in the order of ``gmplug --help``."""

from __future__ import annotations

from gmplug.hookspecs import hookimpl

#: Commands by what one does with them.
SECTIONS = {
    "Begin": ("demo", "init", "doctor"),
    "Run a study": ("run", "info", "clean"),
    "Review the selection": ("why", "checks", "alternates", "reject", "report"),
    "Motions for other programs": ("export", "collect", "spectra"),
    "Many buildings, methods compared": ("portfolio", "compare", "audit"),
    "Records and plugins": ("catalogue", "plugins", "plugin"),
}
_MODULES = {"reject": "alternates", "why": "review", "checks": "review"}


@hookimpl
def gmplug_commands() -> dict[str, str]:
    """Offer the commands of ``gmplug``."""
    names = [name for section in SECTIONS.values() for name in section]
    return {name: f"gmplug.cli.{_MODULES.get(name, name)}:{name}" for name in names}
