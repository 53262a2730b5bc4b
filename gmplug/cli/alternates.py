"""``gmplug alternates`` and ``gmplug reject``: list alternate records, and replace a selected record."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("ids", metavar="[ID]...", nargs=-1)
def alternates(folder: Path, ids: tuple[str, ...]) -> None:
    """Show alternates of the selected records of RUN, and the cost of each."""
    from gmplug.selection.revise import alternates_table

    click.echo(alternates_table(folder, ids))


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
def reject(folder: Path, ids: tuple[str, ...]) -> None:
    """Replace the named records of RUN with the best alternates; keep the others."""
    from gmplug.selection.revise import reject as revise

    for line in revise(folder, ids):
        click.echo(line)
