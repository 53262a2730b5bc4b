"""``gmplug report``: write a run's report again, with figures, as PDF, or packed for a reviewer."""

from __future__ import annotations

from pathlib import Path

import click


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
def report(folder: Path, figures: str | None, pdf: bool, package: Path | None) -> None:
    """Make the page of the run in DIR anew, finished or not.

    DIR is the run directory of a study or a portfolio, or the folder audit or compare of a run directory.
    """
    from gmplug.runs import remake_report

    page, made = remake_report(folder)
    click.echo(f"Report: {page}")
    if figures is not None:
        drawn = made.save_figures(page.parent, figures)
        for one in drawn:
            if one.problem:
                click.echo(f"The figure {one.name} could not be drawn ({one.problem}).", err=True)
        count = sum(not one.problem for one in drawn)
        click.echo(f"Figures: {count} in {page.parent / 'figures'}")
    if pdf:
        from gmplug.report.printing import print_page

        click.echo(f"PDF: {print_page(page)}")
    if package is not None:
        from gmplug.export.package import pack

        click.echo(f"Package: {package} ({pack(page, package)} files)")
