"""``gmplug compare``: all installed clusterers on a study's candidates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import pandas as pd

    from gmplug.comparison.study import ComparedStudy

#: Width of the tables where the output is not a terminal.
_PLAIN_WIDTH = 150


@click.command()
@click.argument("study", required=False, type=click.Path(path_type=Path))
@click.option("--case", metavar="NAME", help="Instead of STUDY: modified, late-split or late-split-pulse.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Run directory of gmplug run; the results go to its folder compare.",
)
@click.option(
    "--clusterer", "clusterers", metavar="NAME", multiple=True, help="Only this one; may be repeated."
)
@click.option("--seeds", type=click.IntRange(1), default=5, show_default=True, help="Seeds to fit with.")
@click.option(
    "--resamples", type=click.IntRange(0), default=5, show_default=True, help="Bootstrap resamples to fit."
)
@click.option("--truth", metavar="COLUMN", help="Column of the records with their true groups.")
@click.option("--known-k", is_flag=True, help="Give every clusterer the true number of groups.")
@click.option("--quiet", is_flag=True, help="Show errors only.")
def compare(
    study: Path | None,
    case: str | None,
    out: Path | None,
    clusterers: tuple[str, ...],
    seeds: int,
    resamples: int,
    truth: str | None,
    known_k: bool,
    quiet: bool,
) -> None:
    """Compare every installed clusterer on the candidates of STUDY (a TOML file).

    Writes compare.csv, compare.html and more to the folder compare of the run directory.
    """
    if (study is None) == (case is None):
        raise click.UsageError("give either a STUDY file or --case NAME")

    from gmplug.cli.display import make_display
    from gmplug.comparison.study import compare_case, compare_study
    from gmplug.processors import available_processors

    display = make_display(quiet)
    if study is not None:
        found = compare_study(
            study, out, clusterers=clusterers, seeds=seeds, resamples=resamples, truth=truth,
            known_k=known_k, display=display,
        )  # fmt: skip
    else:
        assert case is not None
        if truth is not None:
            raise click.UsageError("--truth needs a STUDY; a case has its own groups")
        found = compare_case(
            case, out or Path(f"case-{case}"), clusterers=clusterers, seeds=seeds, resamples=resamples,
            known_k=known_k, display=display, workers=available_processors(),
        )  # fmt: skip
    if not quiet:
        say(found)


def say(found: ComparedStudy) -> None:
    """Print a table for each group and the path of the page."""
    from rich.console import Console

    from gmplug.comparison.page import SHORT_COLUMNS, TWO_COLUMNS, failed_lines, response_line
    from gmplug.report.style import group_title

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PLAIN_WIDTH)
    table = found.comparison.table
    for group in found.comparison.groups:
        rows = table[table["group"] == group]
        worked = rows[rows["status"] == "ok"]
        title = f"{group_title(group)}: {rows['records'].iloc[0]} records"
        if len(worked):
            _print(console, worked, SHORT_COLUMNS, title)
            if "eta2_r4_k2" in worked and worked["eta2_r4_k2"].notna().any():
                _print(console, worked, TWO_COLUMNS, f"{title}, at two clusters")
        for line in failed_lines(rows):
            console.print(f"not compared: {line}", markup=False, soft_wrap=True)
    line = response_line(found.comparison)
    if line:
        console.print(line, markup=False)
    click.echo(f"Comparison: {found.folder / 'compare.html'}")


def _print(
    console: object, rows: pd.DataFrame, columns: tuple[tuple[str, str, str], ...], title: str
) -> None:
    from rich.console import Console
    from rich.table import Table

    from gmplug.comparison.page import method_table

    assert isinstance(console, Console)
    content = method_table(rows, columns)
    shown = Table(title=title, title_justify="left", header_style="bold")
    for header, numeric in zip(content.headers, content.numeric, strict=True):
        shown.add_column(header, justify="right" if numeric else "left", no_wrap=header == "Method")
    for row in content.rows:
        shown.add_row(*(cell.text for cell in row))
    console.print(shown)
