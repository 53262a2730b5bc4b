"""``gmplug portfolio``: many buildings with shared selections and one report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gmplug.cli.answer import Answer, answers
from gmplug.cli.run import run_options


@click.command()
@click.argument("portfolio", type=click.Path(path_type=Path))
@run_options("NAME-run by the file")
@answers
def portfolio(
    portfolio: Path, quiet: bool, keep: tuple[str, ...], discard: tuple[str, ...], **options: Any
) -> Answer:
    """Run PORTFOLIO (a TOML file with a table of buildings), or continue an earlier run.

    Exit status: 0; 1 for warnings, failed selections or analyses, or a portfolio that could not finish; 2 for
    bad input.
    """
    from gmplug.chain import Edits
    from gmplug.cli.display import make_display
    from gmplug.portfolio import run_portfolio

    finished = run_portfolio(portfolio, display=make_display(quiet), edits=Edits(keep, discard), **options)
    page = finished.run_dir / "report.html"
    data = {**finished.summary, "run_dir": finished.run_dir, "report": page}
    step = f"open the report; `gmplug report {finished.run_dir} --package ZIP` packs everything."
    return Answer(data, [f"Report: {page}"], step, finished.attention)
