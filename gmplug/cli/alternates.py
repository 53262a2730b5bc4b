"""``gmplug alternates`` and ``gmplug reject``: list alternate records, and replace a selected record."""

from __future__ import annotations

from pathlib import Path

import click

from gmplug.cli.answer import Answer, answers


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("ids", metavar="[ID]...", nargs=-1)
@answers
def alternates(folder: Path, ids: tuple[str, ...]) -> Answer:
    """Show alternates of the selected records of RUN, and the change of E with each."""
    from gmplug.selection.revise import alternates_of

    rows = alternates_of(folder, ids)
    lines = []
    for row in rows:
        others = ", ".join(f"{one['id']} ({one['change_of_error']:+.4f})" for one in row["alternates"])
        lines.append(f"{row['id']} ({row['group']}, cluster {row['cluster']}): {others or 'none'}")
    return Answer({"records": rows}, lines, f"`gmplug reject {folder} ID` replaces a record.")


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@answers
def reject(folder: Path, ids: tuple[str, ...]) -> Answer:
    """Replace the named records of RUN with the best alternates; keep the others."""
    from gmplug.selection.revise import reject as revise

    done = revise(folder, ids)
    data = {
        "out": done.out, "in": done.into, "table": done.table,
        "error_before": done.error_before, "error": done.error,
    }  # fmt: skip
    lines = (
        f"{', '.join(done.out)} out, {', '.join(done.into)} in: E {done.error_before:.3f} before, "
        f"{done.error:.3f} now",
        f"{done.table} has the new set. No later selection in {folder} takes the rejected records again.",
    )
    return Answer(data, lines, "run the study again; it goes on from the new set.")
