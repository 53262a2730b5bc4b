"""``gmplug compare``: all installed clusterers on a study's candidates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gmplug.cli.answer import Answer, answers, records_of
from gmplug.notes import counted

if TYPE_CHECKING:
    import pandas as pd

    from gmplug.comparison.study import ComparedStudy


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
@answers
def compare(study: Path | None, case: str | None, out: Path | None, quiet: bool, **options: Any) -> Answer:
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
        found = compare_study(study, out, display=display, **options)
    else:
        assert case is not None
        if options.pop("truth") is not None:
            raise click.UsageError("--truth needs a STUDY; a case has its own groups")
        workers = available_processors()
        found = compare_case(case, out or Path(f"case-{case}"), display=display, workers=workers, **options)
    page = found.folder / "compare.html"
    table = records_of(found.comparison.table)
    lines = [*_tables(found), f"Comparison: {page}"]
    return Answer({"table": table, "page": page}, lines, "open the page.")


def _tables(found: ComparedStudy) -> Iterator[str]:
    """Yield a table for each group, and the failures."""
    from gmplug.comparison.page import SHORT_COLUMNS, TWO_COLUMNS, failed_lines, has_two, response_line
    from gmplug.report.style import group_title

    table = found.comparison.table
    for group in found.comparison.groups:
        rows = table[table["group"] == group]
        worked = rows[rows["status"] == "ok"]
        title = f"{group_title(group)}: {counted(rows['records'].iloc[0], 'record')}"
        if len(worked):
            yield _shown(worked, SHORT_COLUMNS, title)
            if has_two(worked):
                yield _shown(worked, TWO_COLUMNS, f"{title}, at two clusters")
        for line in failed_lines(rows):
            yield f"not compared: {line}"
    line = response_line(found.comparison)
    if line:
        yield line


def _shown(rows: pd.DataFrame, columns: tuple[tuple[str, str, str], ...], title: str) -> str:
    import pandas as pd

    from gmplug.report.tables import columns_table

    content = columns_table(rows, columns)
    texts = [[cell.text for cell in row] for row in content.rows]
    return f"{title}\n{pd.DataFrame(texts, columns=list(content.headers)).to_string(index=False)}\n"
