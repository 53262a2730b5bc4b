"""``gmplug alternates`` and ``gmplug reject``: what could stand in a record's place, and putting it there."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("ids", metavar="[ID]...", nargs=-1)
def alternates(folder: Path, ids: tuple[str, ...]) -> None:
    """Show which records could stand in place of the selected ones of RUN, and at what cost."""
    from gmplug.selection.revise import alternates_table

    click.echo(alternates_table(folder, ids))


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
def reject(folder: Path, ids: tuple[str, ...]) -> None:
    """Replace selected records of RUN by the best others, those not named kept."""
    from gmplug.selection.revise import reject as revise

    for line in revise(folder, ids):
        click.echo(line)
