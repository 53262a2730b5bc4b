"""``gmplug run``: run a study, or finish one that was begun."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from gmplug.chain import Run


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), help="Run directory [default: NAME-run by the study]."
)
@click.option("--until", metavar="STAGE", help="Stop after this stage.")
@click.option("--workers", type=click.IntRange(1), help="Processes to use [default: all processors].")
@click.option("--executor", metavar="NAME", help="Where analyses run [default: processes].")
@click.option("--fresh", is_flag=True, help="Compute everything anew.")
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
def run(study: Path, quiet: bool, **options: Any) -> None:
    """Run STUDY (a TOML file), or finish what was begun.

    Stages whose options and inputs have not changed are read from the run directory, hand-edited files
    included.
    """
    from gmplug.chain import run_study
    from gmplug.cli.display import make_display

    finished = run_study(study, display=make_display(quiet), **options)
    if not quiet:
        say_result(finished)


def say_result(run: Run) -> None:
    """Print where the results lie."""
    page = run.run_dir / "report.html"
    if run.values.get("report") is not None and page.is_file():
        click.echo(f"Report: {page}")
    else:
        click.echo(f"Run directory: {run.run_dir}")
