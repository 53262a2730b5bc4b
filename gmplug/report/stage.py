"""The stage ``report``: report.html and the figures, from the values of all stages before it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from gmplug.chain.calls import call_files
from gmplug.chain.check import study_calls
from gmplug.chain.stage import Stage, StageContext
from gmplug.errors import readable
from gmplug.report.page import REPORT_FILE, Report
from gmplug.report.signing import Made
from gmplug.report.study import render


def run(context: StageContext, **values: Any) -> Report:
    """Make the report of the values by stage; any may be None. Reads summary.json for times and notes."""
    try:
        summary = json.loads((context.run_dir / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        summary = {}
    study = context.study
    calls = study_calls(study, context.host)
    files = [path for call in calls for path in call_files(context.host, call, study.base_dir)]
    name = study.path.name if study.path is not None else "study.toml"
    made = Made(date.today().isoformat(), f"gmplug run {name}", context.run_dir, files)
    return render(values, study, summary if isinstance(summary, dict) else {}, made)


def load(run_dir: Path, **inputs: Any) -> Report:
    """Read the report back."""
    path = run_dir / REPORT_FILE
    with readable(path, f"`gmplug report {run_dir}` makes it anew"):
        return Report(path.read_text(encoding="utf-8"))


STAGE = Stage(
    name="report",
    inputs=(),
    takes_all=True,
    sections=(
        "study", "catalogue", "structure", "target", "preselection", "clustering", "selection", "motions",
        "analysis", "assessment",
    ),
    files=(REPORT_FILE,),
    run=run,
    save=Report.save,
    load=load,
)  # fmt: skip
