"""``gmplug demo``: the whole chain on recorded motions, or on simulated ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gmplug.cli.answer import Answer, answers

if TYPE_CHECKING:
    from gmplug.chain import Run

_FALLBACK = (
    "The package gmplug-fema-p695 with recorded motions is not installed. This demo uses simulated motions.\n"
    "For recorded ones: `pip install gmplug-fema-p695` (in a clone: `make install`), `gmplug demo --fresh`."
)


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("demo-run"),
    show_default=True,
    help="Run directory.",
)
@click.option("--fresh", is_flag=True, help="Compute everything anew.")
@click.option("--quiet", is_flag=True, help="Show errors and warnings only.")
@answers
def demo(out: Path, fresh: bool, quiet: bool) -> Answer:
    """Run the whole chain on the records of FEMA P-695: 11 motions, 11 analyses and a report.

    Without the package gmplug-fema-p695 the records are simulated.
    """
    from gmplug.cli.display import make_display
    from gmplug.cli.run import run_answer
    from gmplug.runs import run_study
    from gmplug.study import load_study
    from gmplug.study.template import SIMULATED, start_catalogue, template_path

    study = load_study(template_path("demo.toml"))
    if start_catalogue() == SIMULATED:
        simulated = study.catalogue.model_copy(update={"provider": SIMULATED})
        study = study.model_copy(update={"catalogue": simulated})
        if not quiet:
            click.echo(_FALLBACK, err=True)
    finished = run_study(study, out, fresh=fresh, display=make_display(quiet))
    answer = run_answer(finished)
    step = "open the report; `gmplug init my-study` writes a study of your own."
    return replace(answer, lines=[*_motions(finished), *answer.lines], next_step=step)


def _motions(run: Run) -> Iterator[str]:
    """Yield the selected motions and their origin."""
    motions, catalogue = run.selection.records, run.catalogue
    yield f"Selected {len(motions)} of {catalogue.description}:"
    for row in motions.to_dict("records"):
        event = " ".join(str(row[name]) for name in ("event", "year") if name in row)
        yield f"  {row['id']:<9} {event:<28} {row['station']:<24} scaled by {row['scale_factor']:.2f}"
