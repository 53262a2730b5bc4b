"""``gmplug audit``: does a selected set represent the candidates?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gmplug.cli.answer import Answer, answers, records_of


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Run directory of gmplug run; the results go to its folder audit.",
)
@click.option("--draws", type=click.IntRange(2), default=200, show_default=True, help="Sets of each scheme.")
@click.option(
    "--selector-draws", type=click.IntRange(0), default=50, show_default=True,
    help="Sets of the study's own selector; 0 for none.",
)  # fmt: skip
@click.option(
    "--left-out", type=click.FloatRange(0.0, 1.0, max_open=True), default=0.2, show_default=True,
    help="Share of the candidates that each draw leaves out.",
)  # fmt: skip
@click.option("--quick", is_flag=True, help="Bilinear oscillators only, no analyses of the structure.")
@click.option("--demand", "demands", metavar="NAME", multiple=True, help="Column of demands.csv to audit.")
@click.option(
    "--kmeans", metavar="K", type=click.IntRange(1), multiple=True,
    help="Compare with K clusters by k-means on period-weighted ln Sa; may be repeated.",
)  # fmt: skip
@click.option(
    "--kmeans-equal", metavar="K", type=click.IntRange(1), multiple=True,
    help="The same with equal weights of all periods.",
)  # fmt: skip
@click.option("--workers", type=click.IntRange(1), help="Processes to use [default: all processors].")
@click.option("--quiet", is_flag=True, help="Show errors only.")
@answers
def audit(study: Path, out: Path | None, quiet: bool, **options: Any) -> Answer:
    """Test whether sets of records represent the candidates of STUDY (a TOML file).

    Analyzes the structure under all candidates once and keeps the results in the run directory, where gmplug
    run uses them too. Draws many sets by several schemes and compares their demands with those of all
    candidates. Writes audit.csv, audit.json, audit.html and more to the folder audit of the run directory.
    """
    from gmplug.audit.page import findings
    from gmplug.audit.study import audit_study
    from gmplug.cli.display import make_display

    found = audit_study(study, out, display=make_display(quiet), **options)
    page = found.folder / "audit.html"
    lines = findings(found.audit)
    data = {"findings": lines, "table": records_of(found.audit.table), "page": page}
    return Answer(data, [*lines, f"Audit: {page}"], "open the page.")
