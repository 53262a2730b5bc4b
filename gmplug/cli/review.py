"""``gmplug why`` and ``gmplug checks``: what a reviewer asks of a selection."""

from __future__ import annotations

from pathlib import Path

import click

from gmplug.cli.answer import Answer, answers


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("ids", metavar="[ID]...", nargs=-1)
@answers
def why(folder: Path, ids: tuple[str, ...]) -> Answer:
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
    names = [str(selection.records["id"].iloc[row]) for row in rows]
    found = {name: told.get(name, "the method of the selection states no reason") for name in names}
    return Answer(
        {"reasons": found},
        [f"{name}: {reason}" for name, reason in found.items()],
        f"`gmplug alternates {folder} ID` shows what could replace a record.",
    )


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@answers
def checks(folder: Path) -> Answer:
    """Show the code's requirements on the selection of RUN, by period. Exit status: 1 if one is not met."""
    import pandas as pd

    from gmplug.report.signing import period_tables
    from gmplug.report.tables import cell_value
    from gmplug.runs import load_run

    run = load_run(folder, until="selection")
    outcomes = run.selection.checks
    if not outcomes:
        told = "The target is no code's: there are no requirements."
        step = f"`gmplug why {folder}` says why each record is in."
        return Answer({"checks": [], "tables": []}, [told], step)
    lines = [f"{'met' if one.passed else 'NOT met'}: {one.name} ({one.detail})" for one in outcomes]
    tables = []
    for title, table in period_tables(run.target, run.selection):
        rows = [[cell.text for cell in row] for row in table.rows]
        values = [list(map(cell_value, row, table.numeric)) for row in table.rows]
        tables.append({"title": title, "columns": table.headers, "rows": values})
        lines += ["", title, pd.DataFrame(rows, columns=list(table.headers)).to_string(index=False)]
    met = all(one.passed for one in outcomes)
    found = [{"name": one.name, "met": one.passed, "detail": one.detail} for one in outcomes]
    return Answer(
        {"checks": found, "tables": tables},
        lines,
        f"`gmplug report {folder} --package ZIP` packs everything for a reviewer."
        if met
        else f"`gmplug alternates {folder}` shows what could replace a record.",
        status=0 if met else 1,
    )
