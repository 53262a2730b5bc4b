"""``gmplug report``: write a run's report again from its files."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def report(folder: Path) -> None:
    """Write report.html of the run in DIR again; the run may be unfinished."""
    from gmplug.levels import LevelsRun, report_levels
    from gmplug.report.stage import STAGE, render
    from gmplug.runs import load_run

    run = load_run(folder)
    if isinstance(run, LevelsRun):
        report_levels(run)
    else:
        STAGE.save(render(run.values, run.study, run.summary), run.run_dir)
    click.echo(f"Report: {run.run_dir / 'report.html'}")
