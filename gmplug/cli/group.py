"""The group of all commands, from the hook ``gmplug_commands``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gmplug.cli.commands import SECTIONS
from gmplug.errors import PluginError, did_you_mean

if TYPE_CHECKING:
    from gmplug.host import Host


class Commands(click.Group):
    """Commands of all plugins. A module is loaded when its command is used or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the usable commands; gmplug's own come first."""
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
        """Return a command; None if no plugin offers it.

        Raises PluginError if two plugins offer it, or it cannot be loaded.
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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command of the arguments; a name that no plugin offers is answered with a near one."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            near = did_you_mean(args[0], self.list_commands(ctx), "`gmplug {}`").rstrip()
            hint = near or "`gmplug --help` lists them."
            if Path(args[0]).suffix == ".toml":
                hint = f"to run a study: `gmplug run {args[0]}`"
            ctx.fail(f"no command '{args[0]}'; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by what one does with them; those of other packages last."""
        names = self.list_commands(ctx)
        longest = max(map(len, names), default=0)
        further = tuple(name for name in names if not any(name in own for own in SECTIONS.values()))
        for title, section in {**SECTIONS, "From plugins": further}.items():
            commands = [(name, self.get_command(ctx, name)) for name in section if name in names]
            rows = [
                (name.ljust(longest), one.get_short_help_str(200))
                for name, one in commands
                if one is not None
            ]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the epilog and the unusable plugins."""
        super().format_epilog(ctx, formatter)
        for problem in dict.fromkeys(_host(ctx).problems):
            formatter.write_paragraph()
            formatter.write_text(f"Not used: {problem}")


def _host(ctx: click.Context) -> Host:
    """The plugins. Of gmplug's own only the commands: the others are slow to load."""
    host: Host | None = ctx.meta.get(__name__)
    if host is None:
        from gmplug.host import Host

        host = ctx.meta[__name__] = Host(built_in=("gmplug.cli.commands",))
    return host
