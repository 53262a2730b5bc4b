"""``gmplug init``: write a first study."""

from __future__ import annotations

from pathlib import Path

import click

from gmplug.cli.answer import Answer, answers

#: As in gmplug/study/template, which is not imported here: it loads pydantic.
TARGETS = ("conditional-spectrum", "asce7", "eurocode8", "scenario")


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--target",
    type=click.Choice(TARGETS),
    default=TARGETS[0],
    show_default=True,
    help="What the spectra of the selection follow.",
)
@answers
def init(folder: Path, target: str) -> Answer:
    """Write a commented study.toml and a model script to DIR.

    The study runs without changes. asce7 and eurocode8 are the spectra of the codes; scenario has the spectra
    of one earthquake, at any level.
    """
    from gmplug.errors import InputError
    from gmplug.study.template import start_catalogue, study_text, template_path

    files = {
        "study.toml": study_text(target, start_catalogue()),
        "model.py": template_path("model.py").read_text(encoding="utf-8"),
    }
    there = [name for name in files if (folder / name).exists()]
    if there:
        raise InputError(f"{folder}: already has {' and '.join(there)}; choose another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}); choose another folder") from error
    made = [folder / name for name in files]
    return Answer(
        {"files": made},
        [f"Wrote {made[0]} and {made[1]}."],
        f"edit them, then `gmplug run {made[0]}`; without changes it runs too.",
    )
