"""``gmplug clean``: disk use of a run directory, and removing what a command makes again."""

from __future__ import annotations

from pathlib import Path

import click

from gmplug.cli.answer import Answer, answers
from gmplug.cli.disk import shown_size, size_of

#: Parts of a run directory that a command makes again.
REMOVABLE = ("export", "figures", "analysis/logs", "analysis/histories")
#: Entries of a run directory that are listed one by one.
_SHOWN = 10


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "--remove",
    metavar="PART",
    multiple=True,
    type=click.Choice(REMOVABLE),
    help=f"Remove a part that a command makes again: {', '.join(REMOVABLE)}.",
)
@answers
def clean(folder: Path, remove: tuple[str, ...]) -> Answer:
    """Show the disk use of the run directory RUN; with --remove, remove parts of it.

    Results, decisions and edited files stay in any case.
    """
    import shutil

    from gmplug.chain.lock import run_lock
    from gmplug.errors import InputError

    if not any((folder / name).is_file() for name in ("study.toml", "portfolio.toml")):
        raise InputError(f"{folder}: not a run directory (it has no study.toml); give the folder of a run")
    removed = {}
    with run_lock(folder):
        for part in remove:
            places = _places(folder, part)
            removed[part] = sum(map(size_of, places))
            for place in places:
                shutil.rmtree(place)
    sizes = {entry.name: size_of(entry) for entry in folder.iterdir()}
    entries = sorted(sizes.items(), key=lambda one: -one[1])
    others = sum(size for _, size in entries[_SHOWN:])
    shown = (*entries[:_SHOWN], ("others", others), ("sum", sum(sizes.values())))
    lines = [f"Removed {part}: {shown_size(size)}" for part, size in removed.items()]
    left = [part for part in REMOVABLE if _places(folder, part)]
    return Answer(
        {"removed_bytes": removed, "bytes": sizes, "removable": left},
        [*lines, *(f"{shown_size(size):>10}  {name}" for name, size in shown)],
        f"`gmplug clean {folder} --remove {left[0]}`; a command makes it again."
        if left
        else f"`gmplug info {folder}` shows what the run has.",
    )


def _places(folder: Path, part: str) -> list[Path]:
    """Return the folders of a part, those of levels included."""
    return [place for place in (folder / part, *folder.glob(f"levels/*/{part}")) if place.is_dir()]
