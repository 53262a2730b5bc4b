"""``gmplug why`` and ``gmplug checks``: what a reviewer asks of a selection."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("ids", metavar="[ID]...", nargs=-1)
def why(folder: Path, ids: tuple[str, ...]) -> None:
    """Say in words why records of RUN are selected: all, or those named by id or record number."""
    from gmplug.report.signing import reasons
    from gmplug.runs import load_run
    from gmplug.values import named_rows

    selection = load_run(folder, until="selection").selection
    told = reasons(selection)
    rows = (
        named_rows(selection.records, ids, f"{folder}: the selection has")
        if ids
        else range(len(selection.records))
    )
    for row in rows:
        name = str(selection.records["id"].iloc[row])
        click.echo(f"{name}: {told.get(name, 'the method of the selection states no reason')}")


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
def checks(folder: Path) -> int:
    """Show the code's requirements on the selection of RUN, by period. Exit status: 1 if one is not met."""
    import pandas as pd

    from gmplug.report.signing import period_tables
    from gmplug.runs import load_run

    run = load_run(folder, until="selection")
    outcomes = run.selection.checks
    if not outcomes:
        click.echo("The target is no code's: there are no requirements.")
        return 0
    for outcome in outcomes:
        click.echo(f"{'met' if outcome.passed else 'NOT met'}: {outcome.name} ({outcome.detail})")
    for title, table in period_tables(run.target, run.selection):
        rows = [[cell.text for cell in row] for row in table.rows]
        click.echo(f"\n{title}\n{pd.DataFrame(rows, columns=list(table.headers)).to_string(index=False)}")
    return 0 if all(outcome.passed for outcome in outcomes) else 1
