"""The stage ``report``: report.html and the figures, from whatever the stages before have come to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gmplug.chain.stage import Stage, StageContext
from gmplug.errors import InputError
from gmplug.report.page import Report, render

REPORT_FILE = "report.html"
FIGURES_DIR = "figures"
#: In the PNGs that gmplug writes (a tEXt chunk near the start); others in the folder are left alone.
_MADE_HERE = b"Software\x00gmplug"


def run(context: StageContext, **values: Any) -> Report:
    """Make the report of the values by stage; any may be None. Reads summary.json for times and notes."""
    return render(values, context.study, read_summary(context.run_dir))


def read_summary(run_dir: Path) -> dict[str, Any]:
    """Read the run's summary.json; empty where there is none that can be read."""
    try:
        content = json.loads((run_dir / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def save(value: Report, run_dir: Path) -> None:
    """Write report.html and figures/NAME.png; figures of an earlier report that are no more are removed."""
    folder = run_dir / FIGURES_DIR
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.png"):
        if path.stem not in value.figures and _MADE_HERE in path.read_bytes()[:512]:
            path.unlink()
    for name, png in value.figures.items():
        (folder / f"{name}.png").write_bytes(png)
    (run_dir / REPORT_FILE).write_text(value.html, encoding="utf-8")


def load(run_dir: Path, **inputs: Any) -> Report:
    """Read the report back."""
    path = run_dir / REPORT_FILE
    try:
        html = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: cannot be read ({error}); `gmplug report {run_dir}` makes it anew"
        ) from error
    figures = {file.stem: file.read_bytes() for file in sorted((run_dir / FIGURES_DIR).glob("*.png"))}
    return Report(html, figures)


STAGE = Stage(
    name="report",
    inputs=(),
    takes_all=True,
    sections=(
        "study",
        "catalogue",
        "structure",
        "target",
        "preselection",
        "clustering",
        "selection",
        "motions",
        "analysis",
        "assessment",
    ),
    files=(REPORT_FILE,),
    run=run,
    save=save,
    load=load,
    gist=lambda v: REPORT_FILE,
)
