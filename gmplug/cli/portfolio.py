"""``gmplug portfolio``: a table of buildings, from shared selections to one report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("portfolio", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Run directory [default: NAME-run by the file].")
@click.option("--workers", type=click.IntRange(1), help="Processes to use [default: all processors].")
@click.option("--executor", metavar="NAME", help="Where analyses run [default: processes].")
@click.option("--fresh", is_flag=True, help="Compute everything anew.")
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
def portfolio(portfolio: Path, quiet: bool, **options: Any) -> None:
    """Run PORTFOLIO (a TOML file with a table of buildings), or finish what was begun."""
    from gmplug.cli.display import make_display
    from gmplug.portfolio import run_portfolio

    finished = run_portfolio(portfolio, display=make_display(quiet), **options)
    if not quiet:
        click.echo(f"Report: {finished.run_dir / 'report.html'}")
