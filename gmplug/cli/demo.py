"""``gmplug demo``: the whole chain on the embedded simulated catalogue."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("demo-run"),
    show_default=True,
    help="Run directory.",
)
@click.option("--fresh", is_flag=True, help="Compute everything anew.")
@click.option("--quiet", is_flag=True, help="Say nothing but errors and warnings.")
def demo(out: Path, fresh: bool, quiet: bool) -> int:
    """Run the whole chain on simulated records: 20 motions, 20 analyses, a report."""
    from gmplug.chain import run_study
    from gmplug.cli.display import make_display
    from gmplug.cli.run import say_result
    from gmplug.study import load_study
    from gmplug.study.template import template_path

    study = load_study(template_path("demo.toml"))
    finished = run_study(study, out, fresh=fresh, display=make_display(quiet))
    return say_result(finished, quiet=quiet)
