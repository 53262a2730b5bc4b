"""``gmplug catalogue``: a local library of records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gmplug.cli.answer import Answer, answers
from gmplug.cli.options import named_values
from gmplug.notes import counted

if TYPE_CHECKING:
    from gmplug.recordlibrary.files import Recipe


@click.group()
def catalogue() -> None:
    """Build, describe or check a local library of records."""


_FOLDER = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
_QUIET = click.option("--quiet", is_flag=True, help="Show errors only.")


@catalogue.command()
@_FOLDER
@click.option(
    "--from", "source", metavar="SOURCE",
    help="A study file, whose [catalogue] is the source; a folder of accelerograms; or a provider of "
    "catalogues [default: what DIR was built from before].",
)  # fmt: skip
@click.option(
    "--option", "-o", "options", metavar="NAME=VALUE", multiple=True,
    help="An option of the source, as in [catalogue].",
)  # fmt: skip
@click.option(
    "--periods", multiple=True, metavar="START:STOP:STEP | T,T,...",
    help="Periods in s of spectra that gmplug computes [default: the 111 of NGA-West2].",
)  # fmt: skip
@click.option("--workers", type=click.IntRange(1), help="Processes to use [default: all processors].")
@click.option("--fresh", is_flag=True, help="Read and compute everything anew.")
@_QUIET
@answers
def build(
    folder: Path,
    source: str | None,
    options: tuple[str, ...],
    periods: tuple[str, ...],
    workers: int | None,
    fresh: bool,
    quiet: bool,
) -> Answer:
    """Build the library DIR, or bring it up to date: only new and changed files are read.

    An interrupted build goes on where it was. A study uses the library by [catalogue] provider = "library",
    path = "DIR".
    """
    from gmplug.cli.display import make_display
    from gmplug.errors import InputError
    from gmplug.recordlibrary.build import build_library

    if source is None and (options or periods):
        raise InputError("--option and --periods need --from, which says what to build the library from")
    recipe = _recipe(source, named_values(options), periods) if source is not None else None
    display = make_display(quiet)
    display.stage_started("library")
    built = build_library(folder, recipe, workers=workers, fresh=fresh, progress=display.progress)
    counts = built.about.counts
    display.stage_finished(
        "library", built.wall_s, reused=False,
        text=f"{counted(counts['records'], 'record')}, "
        f"{built.read_anew} of {counts['source_files']} files read",
    )  # fmt: skip
    for note in built.about.catalogue["notes"]:
        display.note(note)
    data = {"library": folder, "counts": counts, "read_anew": built.read_anew, "wall_s": built.wall_s}
    return Answer(data, [f"Library: {folder}"], _use(folder))


def _use(folder: Path) -> str:
    return f'a study uses it by [catalogue] provider = "library", path = "{folder.resolve().as_posix()}".'


@catalogue.command()
@_FOLDER
@answers
def info(folder: Path) -> Answer:
    """Print what is in the library DIR: records, events, measures, units, sources, size."""
    from gmplug.recordlibrary.check import describe

    facts = describe(folder)
    return Answer({"library": folder, "facts": facts}, facts, _use(folder))


@catalogue.command()
@_FOLDER
@_QUIET
@answers
def check(folder: Path, quiet: bool) -> Answer:
    """Compare all files of the library DIR, and its sources, with their checksums.

    Exit status: 0; 1 where a source has changed since the build; 2 where the library is damaged.
    """
    from gmplug.cli.display import make_display
    from gmplug.errors import InputError
    from gmplug.recordlibrary.check import check_library

    display = make_display(quiet)
    display.stage_started("check")
    damage, changes = check_library(folder, display.progress)
    if damage:
        raise InputError([*damage, f"run `gmplug catalogue build {folder}` to make these waveforms again"])
    rebuild = f"`gmplug catalogue build {folder}`"
    return Answer(
        {"library": folder, "changes": changes},
        [f"{folder}: every file is as it was built; {counted(len(changes), 'source')} changed"],
        f"{rebuild} reads what has changed." if changes else _use(folder),
        [f"{line}; run {rebuild}" for line in changes],
    )


def _recipe(source: str, options: dict[str, Any], periods: tuple[str, ...]) -> Recipe:
    """Return what to build from: a study file's [catalogue], a folder, or a provider by its name."""
    from gmplug.cli.spectra import parse_periods
    from gmplug.errors import InputError
    from gmplug.host import Host
    from gmplug.recordlibrary.files import NGA_WEST2_PERIODS_S, Recipe
    from gmplug.study import load_study

    grid = tuple(parse_periods(",".join(periods)).tolist()) if periods else NGA_WEST2_PERIODS_S
    path = Path(source)
    if path.suffix.lower() == ".toml":
        study = load_study(path)
        base_dir, section = str(study.base_dir.resolve()), study.catalogue
        scripts = tuple(str(one) for one in study.script_paths())
        merged = {**section.options, **options}
        return Recipe(
            section.provider, merged, base_dir, grid, study.study.seed, tuple(study.study.accept), scripts
        )
    here = str(Path.cwd())
    if path.is_dir():
        return Recipe("accelerograms", {"path": str(path.resolve()), **options}, here, grid)
    if path.exists() or path.name != source:
        raise InputError(
            f"--from {source}: give a study file (.toml) with [catalogue], a folder of accelerograms, or the "
            "name of a catalogue provider"
        )
    known = Host().providers("catalogues")
    if source not in known:
        raise InputError(
            f"--from {source}: no such folder or study file, and no catalogue of that name; known: "
            f"{', '.join(sorted(known))}"
        )
    return Recipe(source, options, here, grid)
