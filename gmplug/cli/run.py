"""``gmplug run``: run a study, or continue an earlier run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gmplug.cli.answer import Answer, answers

if TYPE_CHECKING:
    from gmplug.chain import Run


def run_options(default_out: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds the options of commands that run a study or a portfolio."""
    edited = "For an edited file of the run directory whose stage must be computed anew: "
    options = (
        click.option(
            "--out", type=click.Path(path_type=Path), help=f"Run directory [default: {default_out}]."
        ),
        click.option("--workers", type=click.IntRange(1), help="Processes to use [default: all processors]."),
        click.option("--executor", metavar="NAME", help="Where analyses run [default: processes]."),
        click.option("--fresh", is_flag=True, help="Compute everything anew."),
        click.option("--keep", metavar="FILE", multiple=True, help=edited + "use it as it is."),
        click.option("--discard", metavar="FILE", multiple=True, help=edited + "rename it."),
        click.option("--quiet", is_flag=True, help="Show errors and warnings only."),
    )

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--until", metavar="STAGE", help="Stop after this stage.")
@click.option(
    "--set",
    "settings",
    metavar="SECTION.KEY=VALUE",
    multiple=True,
    help="Set a key of the study for this run, such as selection.max_per_event=2.",
)
@click.option(
    "--accuracy",
    type=click.FloatRange(0, min_open=True),
    help="Add records until the standard error of a demand's ln median is no larger, such as 0.05.",
)
@run_options("NAME-run by the study")
@answers
def run(
    study: Path,
    accuracy: float | None,
    quiet: bool,
    keep: tuple[str, ...],
    discard: tuple[str, ...],
    settings: tuple[str, ...],
    **options: Any,
) -> Answer:
    """Run STUDY (a TOML file), or continue an earlier run.

    gmplug reads stages whose options and inputs have not changed from the run directory, with the files that
    you edited. Before a new value would overwrite an edited file, the run stops: set --keep or --discard.

    Exit status: 0; 1 for warnings, failed analyses, or a study that could not finish; 2 for bad input.
    """
    from gmplug.chain import Edits
    from gmplug.cli.display import make_display
    from gmplug.cli.options import named_values
    from gmplug.runs import run_study

    if accuracy is not None:
        settings = (*settings, f"assessment.accuracy={accuracy}")
    options["settings"] = named_values(settings, "--set", "selection.max_per_event=2")
    finished = run_study(study, display=make_display(quiet), edits=Edits(keep, discard), **options)
    if settings and not quiet:
        click.echo(f"This run has --set {', '.join(settings)}. Put it into {study} to keep it.", err=True)
    return run_answer(finished)


def run_answer(run: Run) -> Answer:
    """Return the answer of commands that make or read a run: its summary, directory and report."""
    page = run.run_dir / "report.html"
    made = run.report is not None and page.is_file()
    where = f"Report: {page}" if made else f"Run directory: {run.run_dir}"
    data = {**run.summary, "run_dir": run.run_dir, "report": page if made else None}
    return Answer(data, [where], next_step(run), run.attention)


def next_step(run: Run) -> str:
    """Return what a user most likely wants next, with the command."""
    lists = [
        path for depth in ("", "*/", "*/*/") for path in sorted(run.run_dir.glob(f"{depth}download.txt"))
    ]
    if lists:
        named = ", ".join(map(str, lists))
        return f"download the waveforms by the searches in {named}, and run the study again."
    if "selection" not in run.timing_s and not hasattr(run, "levels"):
        return "run the study again without --until; it goes on where it ended."
    if run.demands is None:
        model = run.study.structure.model
        if model is not None and model.endswith(".tcl"):
            command = f"gmplug export {run.run_dir} --format opensees-tcl --model {model} --length-unit UNIT"
            return f"`{command}` writes a folder that runs your model."
        return f"`gmplug alternates {run.run_dir}` shows what could replace a record; " + (
            "run the study again without --until to analyze."
            if model
            else f"`gmplug export {run.run_dir} --format FORMAT` writes the motions."
        )
    return f"open the report; `gmplug export {run.run_dir} --format FORMAT` writes the motions."
