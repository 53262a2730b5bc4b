"""Processor time of a step of each model of ``before_after``: built and run once for each factor."""

from __future__ import annotations

from typing import Any

from tests.bench.tasks.models import analyze, models
from tests.support.places import EXAMPLES, SHARED_DATA

TUNED_ON = "records 1, 9, 17, ... of records_at2"
REPORTED_ON = "record 5"
RECORDS = SHARED_DATA / "records_at2"


def run() -> list[dict[str, Any]]:
    """A row for each model and factor on the motion."""
    from gmplug.waveforms import read_motion

    files = sorted(RECORDS.glob("*.AT2"))[4:5]
    if not files:
        return [{"skipped": f"needs {RECORDS.name} in {SHARED_DATA.name}"}]
    motion = read_motion({"id": files[0].stem, "file_h1": str(files[0])})
    rows = []
    for name, build, factors in models(EXAMPLES / "models"):
        build()  # what a process loads once is no cost of a step
        for factor in factors:
            found = analyze(build, motion, factor)
            step_s = found["cpu_s"] / found["steps"]
            rows.append({
                "model": name, "factor": factor, "status": found["status"], "steps": found["steps"],
                "us_per_step": round(1e6 * step_s, 1), "s_for_5000_steps": round(5000 * step_s, 3),
            })  # fmt: skip
    return rows


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    steps = [row["us_per_step"] for row in rows]
    return {
        "Time of a step": f"The ten models take {min(steps):g} to {max(steps):g} µs of processor time a step."
    }
