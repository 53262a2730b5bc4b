"""``gmplug run``: run a study, or finish one that was begun."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from gmplug.chain import Run


def keep_and_discard(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what is to become of edited files."""
    text = "An edited file of the run directory whose stage has to be computed anew: "
    for name, what in (("--discard", "put it aside."), ("--keep", "take it as it is.")):
        command = click.option(name, metavar="FILE", multiple=True, help=text + what)(command)
    return command


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), help="Run directory [default: NAME-run by the study]."
)
@click.option("--until", metavar="STAGE", help="Stop after this stage.")
@click.option("--workers", type=click.IntRange(1), help="Processes to use [default: all processors].")
@click.option("--executor", metavar="NAME", help="Where analyses run [default: processes].")
@click.option("--fresh", is_flag=True, help="Compute everything anew.")
@keep_and_discard
@click.option("--quiet", is_flag=True, help="Say nothing but errors and warnings.")
def run(study: Path, quiet: bool, keep: tuple[str, ...], discard: tuple[str, ...], **options: Any) -> int:
    """Run STUDY (a TOML file), or finish what was begun.

    Stages whose options and inputs have not changed are read from the run directory, hand-edited files
    included. Where computing a stage anew would lose an edit, the run stops and asks: --keep or --discard.

    Exit status: 0; 1 with warnings, failed analyses, or a study that could not finish; 2 for bad input.
    """
    from gmplug.chain import Edits
    from gmplug.cli.display import make_display
    from gmplug.runs import run_study

    finished = run_study(study, display=make_display(quiet), edits=Edits(keep, discard), **options)
    return say_result(finished, quiet=quiet)


def say_result(run: Run, *, quiet: bool) -> int:
    """Print where the results lie, warnings and failed analyses; return the exit status."""
    page = run.run_dir / "report.html"
    made = run.report is not None and page.is_file()
    where = f"Report: {page}" if made else f"Run directory: {run.run_dir}"
    return say_end(where, run.attention, quiet=quiet)


def say_end(where: str, attention: Sequence[str], *, quiet: bool) -> int:
    """Print where the results lie, and what needs a look; return 1 if anything does, else 0."""
    if not quiet:
        click.echo(where)
    for line in attention:
        click.echo(f"gmplug: {' '.join(line.split())}", err=True)
    return 1 if attention else 0
