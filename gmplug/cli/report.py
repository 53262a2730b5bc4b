"""``gmplug report``: make a run's report again from its files."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def report(folder: Path) -> None:
    """Write report.html of the run in DIR anew, finished or not."""
    from gmplug.chain.run import load_run
    from gmplug.report.stage import STAGE, render
    from gmplug.study import load_study

    study_file = folder / "study.toml"
    study = load_study(study_file) if study_file.is_file() else None
    if study is not None and study.many_levels:
        from gmplug.levels import report_levels

        report_levels(folder.resolve(), study)
        click.echo(f"Report: {folder.resolve() / 'report.html'}")
        return
    run = load_run(folder)
    page = render(run.values, run.study, run.summary)
    STAGE.save(page, run.run_dir)
    click.echo(f"Report: {run.run_dir / 'report.html'}")
