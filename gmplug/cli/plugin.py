"""``gmplug plugin new``: write a plugin package."""

from __future__ import annotations

from pathlib import Path

import click

from gmplug.cli.answer import Answer, answers


@click.group()
def plugin() -> None:
    """Write a plugin (`gmplug plugins` lists the installed ones)."""


@plugin.command()
@click.argument("name")
@click.option("--kind", metavar="KIND", default="clusterer", show_default=True, help="What it offers.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write into.  [default: gmplug-NAME]")
@answers
def new(name: str, kind: str, out: Path | None) -> Answer:
    """Write a package that offers NAME, ready to install and to pass gmplug's test kit.

    KIND is catalogue, ground-motion-model, target, correlation, filter, clusterer, selector, motions,
    structure, executor, assessment, risk-assessment, exporter, stage, command, measure or demand.
    """
    from gmplug.testing.scaffold import checked_name, write_plugin

    short = checked_name(name)
    folder = out or Path(f"gmplug-{short}")
    _refuse_taken(short, kind)
    files = list(write_plugin(short, folder, kind))
    shown = folder if folder.is_absolute() else f"./{folder}"
    step = f"`pip install {shown}`, then `pytest {folder}`; {folder / 'README.md'} shows its use."
    return Answer({"files": files}, [f"Wrote {path}" for path in files], step)


def _refuse_taken(name: str, kind: str) -> None:
    """Refuse a name that an installed plugin offers: a study could choose neither."""
    from gmplug.errors import InputError
    from gmplug.hookspecs import KINDS
    from gmplug.host import Host
    from gmplug.testing.in_study import USES

    hook = USES[kind].hook if kind in USES else ""
    owners = Host().offered_by(hook).get(name) if hook in KINDS else None
    if owners:
        raise InputError(f"a {kind} '{name}' is already offered by plugin '{owners[0]}'; choose another name")
