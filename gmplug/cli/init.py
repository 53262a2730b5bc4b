"""``gmplug init``: write a first study."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Write a commented study.toml and a model script to DIR."""
    from gmplug.errors import InputError
    from gmplug.study.template import RECORDED, SIMULATED, start_catalogue, template_path

    catalogue = start_catalogue()
    files = {"study.toml": template_path("study.toml"), "model.py": template_path("model.py")}
    there = [name for name in files if (folder / name).exists()]
    if there:
        raise InputError(f"{folder}: already has {' and '.join(there)}; choose another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, source in files.items():
            text = source.read_text(encoding="utf-8")
            if catalogue == SIMULATED:  # swap the commented line
                text = text.replace(f'\nprovider = "{RECORDED}"', f'\n# provider = "{RECORDED}"')
                text = text.replace(f'\n# provider = "{SIMULATED}"', f'\nprovider = "{SIMULATED}"')
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}); choose another folder") from error
    click.echo(f"Wrote {folder / 'study.toml'} and {folder / 'model.py'}.")
    click.echo(f"Next: edit them, then `gmplug run {folder / 'study.toml'}`.")
