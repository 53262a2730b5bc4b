"""``gmplug plugins``: list the installed plugins and what they offer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from gmplug.cli.answer import Answer, answers


@click.command()
@answers
def plugins() -> Answer:
    """List the plugins with their hooks and the names that they offer; --json adds the options of each."""
    from gmplug.host import Host
    from gmplug.host.listing import list_options, list_plugins

    host = Host()
    rows = list_plugins(host)
    options = list_options(host)
    for row in rows:
        row["options"] = {
            hook: {name: options[hook].get(name, []) for name in names}
            for hook, names in row["offers"].items()
            if hook in options
        }
    for problem in host.problems:
        click.echo(f"not used: {problem}", err=True)
    return Answer(rows, _lines(rows), "`gmplug plugin new NAME` writes a plugin of your own.")


def _lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield f"{row['name']}  ({' '.join(filter(None, (row['package'], row['version'])))})"
        for hook in row["hooks"]:
            offered = row["offers"].get(hook)
            yield f"    {hook}" + (f": {', '.join(offered)}" if offered else "")
