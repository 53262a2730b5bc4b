"""What writing a report takes: processor time, size, with the waveforms of all selected records."""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.report import render
from gmplug.values import Catalogue, Demands, Selection, Target
from gmplug.waveforms import write_at2
from gmplug.waveforms.accelerogram import Accelerogram
from tests.report.test_report import make_clusters, make_study, make_values

TUNED_ON = "nothing"
REPORTED_ON = "made-up studies"
#: Candidates, selected records.
CASES = ((300, 20), (300, 40), (3000, 40))
_POINTS = 8000


def run() -> list[dict[str, Any]]:
    """One row per case; the first one includes what is imported once."""
    rows = []
    for candidates, selected in CASES:
        with tempfile.TemporaryDirectory() as folder:
            values = _values(Path(folder), candidates, selected)
            start = time.process_time()
            report = render(values, make_study())
            seconds = time.process_time() - start
        rows.append(
            {
                "candidates": candidates, "selected": selected, "seconds": round(seconds, 2),
                "megabytes": round(len(report.html.encode()) / 1e6, 2),
                "matplotlib": "matplotlib" in sys.modules,
            }
        )  # fmt: skip
    return rows


def _values(folder: Path, count: int, selected: int) -> dict[str, Any]:
    """A study's values: 200 periods, nine stories, waveforms of 80 s."""
    rng = np.random.default_rng(1)
    periods_s = np.round(np.linspace(0.01, 2.0, 200), 4)
    at = np.arange(count)
    records = pd.DataFrame(
        {
            "id": [f"RSN{i}" for i in at], "group": np.where(at % 3 == 0, "pulse", "nonpulse"),
            "event": [f"Event {i % 30}" for i in at], "station": [f"Station {i}" for i in at],
            "magnitude": rng.uniform(5.5, 7.8, count).round(2), "rjb_km": rng.uniform(0, 90, count).round(1),
            "vs30_m_s": rng.uniform(180, 700, count).round(0), "file_h1": "",
        }
    )  # fmt: skip
    wander = np.cumsum(rng.normal(0, 0.02, (count, len(periods_s))), axis=1)
    ln_sa = np.log(0.5) + rng.normal(0, 0.4, (count, 1)) * np.log(periods_s) + wander
    sigma = 0.1 + 0.4 * np.abs(np.log(periods_s))
    scaled = records.assign(scale_factor=rng.uniform(0.3, 3.0, count))
    before = make_values(folder)
    candidates = replace(before["candidates"], records=scaled, periods_s=periods_s, ln_sa=ln_sa)
    clusters = make_clusters(scaled, ln_sa)
    picked = scaled.head(selected).assign(cluster=clusters.table["cluster"].head(selected))
    time_s = 0.01 * np.arange(_POINTS)
    for row in range(selected):
        path = folder / f"{row}.AT2"
        write_at2(path, Accelerogram(0.01, 0.1 * np.sin(time_s * (1 + row)) * np.exp(-time_s / 20)))
        picked.loc[row, "file_h1"] = str(path)
    quotas = picked.groupby(["group", "cluster"]).size().rename("quota").reset_index().assign(candidates=50)
    return {
        "catalogue": Catalogue(records, periods_s, np.exp(ln_sa), "RotD50", "made up"),
        "candidates": candidates,
        "target": Target(periods_s, np.full(200, np.log(0.5)), np.diag(sigma**2), 1.0, 0.5),
        "clusters": clusters,
        "selection": Selection(picked, ln_sa[:selected], quotas, 1.0, 0.1, 0.1),
        "demands": _demands(picked, rng),
    }


def _demands(picked: pd.DataFrame, rng: np.random.Generator) -> Demands:
    drifts = {
        f"peak_story_drift_ratio_{story}": rng.lognormal(-4, 0.3, len(picked)) for story in range(1, 10)
    }
    floors = {
        f"peak_floor_acceleration_{floor}_g": rng.lognormal(-1, 0.3, len(picked)) for floor in range(10)
    }
    table = picked[["id", "group", "cluster", "scale_factor"]].assign(status="ok", message="", wall_s=1.0)
    largest = np.max(list(drifts.values()), axis=0)
    return Demands(table.assign(**drifts, **floors, peak_story_drift_ratio=largest))


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    each = "; ".join(
        f"{row['selected']} of {row['candidates']} records {row['seconds']} s, {row['megabytes']} MB"
        for row in rows
    )
    return {"Writing a report, [report](report.md)": f"Processor time and size: {each}."}
