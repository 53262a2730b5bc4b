"""``gmplug plugins``: list the installed plugins and what they offer."""

from __future__ import annotations

import json
from typing import Any

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, with the options of each provider.")
def plugins(as_json: bool) -> None:
    """List the plugins with their hooks and the names that they offer."""
    from gmplug.host import Host
    from gmplug.host.listing import list_options, list_plugins

    host = Host()
    rows = list_plugins(host)
    if as_json:
        options = list_options(host)
        for row in rows:
            row["options"] = {
                hook: {name: options[hook].get(name, []) for name in names}
                for hook, names in row["offers"].items()
                if hook in options
            }
        click.echo(json.dumps(rows, indent=2))
    else:
        _show(rows)
    for problem in host.problems:
        click.echo(f"not used: {problem}", err=True)


def _show(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        click.echo(f"{row['name']}  ({' '.join(filter(None, (row['package'], row['version'])))})")
        for hook in row["hooks"]:
            offered = row["offers"].get(hook)
            click.echo(f"    {hook}" + (f": {', '.join(offered)}" if offered else ""))
