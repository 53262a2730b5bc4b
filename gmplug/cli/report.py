"""``gmplug report``: write a run's report again from its files."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def report(folder: Path) -> None:
    """Make the page of the run in DIR anew, finished or not.

    DIR is the run directory of a study or a portfolio, or the folder audit or compare of a run directory.
    """
    from gmplug.runs import remake_report

    click.echo(f"Report: {remake_report(folder)}")
