"""The group of all commands, gmplug's and those of other packages, found through the hook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gmplug.errors import PluginError

if TYPE_CHECKING:
    from gmplug.host import Host


class Commands(click.Group):
    """Commands that plugins offer by ``gmplug_commands``; a module is loaded when its command is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands that can be used; gmplug's own come first."""
        names = []
        for name in _host(ctx).offered_by("commands"):
            try:
                self.get_command(ctx, name)
            except PluginError as error:
                _host(ctx).problems.extend(error.problems)
            else:
                names.append(name)
        return names

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; None where nobody offers it.

        Raises PluginError where two packages offer it, or it cannot be loaded.
        """
        host = _host(ctx)
        if cmd_name not in host.offered_by("commands"):
            return None
        command = host.provider("commands", cmd_name)
        if not isinstance(command, click.Command):
            raise PluginError(
                f"command '{cmd_name}' ({host.packages_of('commands', cmd_name)}) is "
                f"{type(command).__name__}, not a click.Command; repair or uninstall the package"
            )
        return command

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the epilog, and the plugins that cannot be used."""
        super().format_epilog(ctx, formatter)
        for problem in dict.fromkeys(_host(ctx).problems):
            formatter.write_paragraph()
            formatter.write_text(f"Not used: {problem}")


def _host(ctx: click.Context) -> Host:
    """The plugins, of gmplug's own only the commands: the others are heavy."""
    host: Host | None = ctx.meta.get(__name__)
    if host is None:
        from gmplug.host import Host

        host = ctx.meta[__name__] = Host(built_in=("gmplug.cli.commands",))
    return host
