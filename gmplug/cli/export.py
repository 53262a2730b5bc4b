"""``gmplug export``: a run's selected motions for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--format", "format_", metavar="FORMAT", required=True,
    help="opensees-tcl, openseespy, csv, at2, json, simcenter-edp, simcenter-event, or a plugin's.",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write [default: DIR/export/FORMAT].")
@click.option("--model", metavar="FILE", help="Your model's file, for formats with a driver.")
@click.option(
    "--length-unit", metavar="UNIT", help="Of your model, for formats with a driver: m, cm, mm, in or ft."
)
@click.option(
    "--option", "-o", "options", metavar="NAME=VALUE", multiple=True, help="Any option of the format."
)
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
def export(
    folder: Path,
    format_: str,
    out: Path | None,
    model: str | None,
    length_unit: str | None,
    options: tuple[str, ...],
    quiet: bool,
) -> None:
    """Write the selected motions, or the responses, of the run in DIR for other programs.

    opensees-tcl and openseespy are folders that run by themselves: motion files, a list of the records, and a
    driver that runs each of them through your model.
    """
    from gmplug.export.run import export_run

    stated: dict[str, Any] = {"model": model, "length_unit": length_unit}
    chosen = {name: value for name, value in stated.items() if value is not None} | _options(options)
    files, where = export_run(folder, format_, out, chosen)
    if not quiet:
        click.echo(f"Wrote {len(files)} files to {where}")


def _options(stated: tuple[str, ...]) -> dict[str, Any]:
    """Read NAME=VALUE: VALUE as TOML has it (numbers, true, [1,2]), else as a text."""
    import tomllib

    from gmplug.errors import InputError

    options: dict[str, Any] = {}
    for item in stated:
        name, equals, text = item.partition("=")
        if not equals or not name.isidentifier():
            raise InputError(f"--option {item}: state it as NAME=VALUE, such as directions=[1,2]")
        try:
            options[name] = tomllib.loads(f"value = {text}")["value"]
        except (tomllib.TOMLDecodeError, KeyError):
            options[name] = text
    return options
