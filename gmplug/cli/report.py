"""``gmplug report``: write a run's report again, with figures, as PDF, or packed for a reviewer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gmplug.cli.answer import Answer, answers
from gmplug.notes import counted


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--figures", type=click.Choice(["png", "svg", "pdf"]), help="Draw static figures into figures/."
)
@click.option("--pdf", is_flag=True, help="Print the page to a PDF beside it, by Chromium or Chrome.")
@click.option(
    "--package",
    metavar="ZIP",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Pack the page, the study, tables and scaled motions into ZIP, for a reviewer.",
)
@answers
def report(folder: Path, figures: str | None, pdf: bool, package: Path | None) -> Answer:
    """Make the page of the run in DIR anew, finished or not.

    DIR is the run directory of a study or a portfolio, or the folder audit or compare of a run directory.
    """
    from gmplug.runs import remake_report

    page, made = remake_report(folder)
    data: dict[str, Any] = {"report": page}
    lines = [f"Report: {page}"]
    attention = []
    if figures is not None:
        drawn = made.save_figures(page.parent, figures)
        attention = [f"figure {one.name} not drawn: {one.problem}" for one in drawn if one.problem]
        data["figures"] = [one.name for one in drawn if not one.problem]
        lines.append(f"Figures: {len(data['figures'])} in {page.parent / 'figures'}")
    if pdf:
        from gmplug.report.printing import print_page

        data["pdf"] = print_page(page)
        lines.append(f"PDF: {data['pdf']}")
    if package is not None:
        from gmplug.export.package import pack

        lines.append(f"Package: {package} ({counted(pack(page, package), 'file')})")
        data["package"] = package
    step = "" if package else f"`gmplug report {folder} --package ZIP` packs everything for a reviewer."
    return Answer(data, lines, step or "send the package.", attention)
