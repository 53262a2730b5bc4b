"""``gmplug collect``: bring the results of an exported folder back into a run."""

from __future__ import annotations

from pathlib import Path

import click

from gmplug.cli.answer import Answer, answers


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("exported", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--quiet", is_flag=True, help="Show errors and warnings only.")
@answers
def collect(folder: Path, exported: Path, quiet: bool) -> Answer:
    """Put the demands of FOLDER into the run directory RUN, and make assessment and report.

    FOLDER was written by `gmplug export RUN --format opensees-tcl` (or openseespy), and its driver has run.
    """
    from gmplug.cli.display import make_display
    from gmplug.cli.run import run_answer
    from gmplug.runs import collect_results

    return run_answer(collect_results(folder, exported, display=make_display(quiet)))
