"""``gmplug info``: what a run directory holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gmplug.cli.answer import Answer, answers
from gmplug.cli.disk import shown_size, size_of

if TYPE_CHECKING:
    from gmplug.chain import Run


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@answers
def info(folder: Path) -> Answer:
    """Show stages, results, warnings and failed analyses of the run directory RUN, and the next step.

    With --json the content of summary.json.

    Exit status: 1 for warnings or failed analyses, as of the run itself.
    """
    from gmplug.chain import Run
    from gmplug.cli.run import run_answer
    from gmplug.errors import InputError
    from gmplug.runs import load_run

    run: Any = load_run(folder)
    if not isinstance(run, Run):
        raise InputError(f"{folder}: is not the run of a study; `gmplug report {folder}` makes its page")
    return replace(run_answer(run), lines=_lines(run, folder))


def _lines(run: Run, folder: Path) -> Iterator[str]:
    summary = run.summary
    yield f"{summary['study']}: {folder} ({shown_size(size_of(folder))}), seed {summary['seed']}"
    for stage, wall_s in summary["timing_s"].items():
        yield f"  {stage:<13} {wall_s:8.1f} s  {_gist(run, stage)}".rstrip()
    counts = ", ".join(f"{count} {status}" for status, count in summary["analyses"].items() if count)
    yield f"  analyses: {counts or 'none'}"


def _gist(run: Run, stage: str) -> str:
    from gmplug.chain.stages import load_stage, stage_names, value_of

    value = run.values.get(value_of(stage)) if stage in stage_names(run.host) else None
    return "" if value is None else load_stage(stage, run.host).gist(value)
