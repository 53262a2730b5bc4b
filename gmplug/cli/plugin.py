"""``gmplug plugin new``: write a plugin package."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def plugin() -> None:
    """Write a plugin (`gmplug plugins` lists the installed ones)."""


@plugin.command()
@click.argument("name")
@click.option(
    "--kind", type=click.Choice(["clusterer"]), default="clusterer", show_default=True, help="What it offers."
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write into.  [default: gmplug-NAME]")
def new(name: str, kind: str, out: Path | None) -> None:
    """Write a package that offers NAME, ready to install and to pass gmplug's test kit."""
    from gmplug.testing.scaffold import checked_name, write_plugin

    short = checked_name(name)
    folder = out or Path(f"gmplug-{short}")
    _refuse_taken(short)
    for path in write_plugin(short, folder, kind):
        click.echo(f"Wrote {path}")
    shown = folder if folder.is_absolute() else f"./{folder}"
    click.echo(f"Next: `pip install {shown}`, then `pytest {folder}`; a study sets method = '{short}'.")


def _refuse_taken(name: str) -> None:
    """Refuse a name that an installed plugin offers: a study could choose neither."""
    from gmplug.errors import InputError
    from gmplug.host import Host

    owners = Host().offered_by("clusterers").get(name)
    if owners:
        raise InputError(
            f"a clusterer '{name}' is already offered by plugin '{owners[0]}'; choose another name"
        )
