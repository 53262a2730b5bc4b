"""``gmplug export``: a run's selected motions for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gmplug.cli.answer import Answer, answers
from gmplug.notes import counted


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--format", "format_", metavar="FORMAT", required=True,
    help="opensees-tcl, openseespy, opensees-path, csv, at2, seismosignal, json, simcenter-edp, "
    "simcenter-event, or one of a plugin.",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write [default: DIR/export/FORMAT].")
@click.option("--model", metavar="FILE", help="Your model's file, for formats that run it.")
@click.option(
    "--length-unit",
    metavar="UNIT",
    help="Of your model, for formats that run it: m, cm, mm, in or ft.",
)
@click.option(
    "--option", "-o", "options", metavar="NAME=VALUE", multiple=True, help="An option of the format."
)
@click.option("--quiet", is_flag=True, help="Show errors only.")
@answers
def export(
    folder: Path,
    format_: str,
    out: Path | None,
    model: str | None,
    length_unit: str | None,
    options: tuple[str, ...],
    quiet: bool,
) -> Answer:
    """Write the selected motions, or the responses, of the run in DIR for other programs.

    opensees-tcl and openseespy are complete folders: motion files, a list of the records, and a script that
    runs your model with each of them.
    """
    from gmplug.cli.options import named_values
    from gmplug.export.run import export_run

    stated: dict[str, Any] = {"model": model, "length_unit": length_unit}
    chosen = {name: value for name, value in stated.items() if value is not None} | named_values(options)
    files, where = export_run(folder, format_, out, chosen)
    return Answer(
        {"format": format_, "folder": where, "files": files},
        [f"Wrote {counted(len(files), 'file')} to {where}"],
        _next(format_, folder, where),
    )


def _next(format_: str, folder: Path, where: Path) -> str:
    drivers = {"opensees-tcl": "OpenSees run_records.tcl", "openseespy": "python run_records.py"}
    if format_ not in drivers:
        return f"open {where}."
    return f"in {where} run `{drivers[format_]}`, then `gmplug collect {folder} {where}`."
