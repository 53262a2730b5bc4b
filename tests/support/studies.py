"""A whole study small enough for tests: made-up accelerograms, a shear building, plain k-means."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gmplug.study.template import template_path

HEADING = "time (s), acceleration (g)"

STUDY = """
[study]
name = "small"
seed = 3
[catalogue]
provider = "accelerograms"
path = "records"
[structure]
period_s = 1.0
model = "model.py"
[target]
sa_g = 0.15
gmm = "BSSA14"
scenario = { magnitude = 6.5, rjb_km = 20.0, vs30_m_s = 400.0, mechanism = "strike-slip" }
periods_s = { start = 0.1, stop = 2.0, step = 0.1 }
[preselection]
scale_factor = [0.1, 10.0]
[clustering]
method = "kmeans"
[selection]
count = 6
effort = 0.05
[analysis]
workers = 2
"""


def write_small_study(folder: Path, records: int = 24, seed: int = 5) -> Path:
    """Write study.toml, model.py and a folder of accelerograms; return the study file's path."""
    rng = np.random.default_rng(seed)
    (folder / "records").mkdir(parents=True)
    time_s = np.arange(0.0, 12.0, 0.02)
    envelope = (time_s / 3.0) ** 2 * np.exp(2 * (1 - time_s / 3.0))
    for number in range(records):
        # Noise through an oscillator whose period varies, so that the spectra differ in shape.
        corner_hz = rng.uniform(0.8, 4.0)
        noise = rng.normal(size=len(time_s))
        kernel = np.exp(-3.0 * time_s[:100]) * np.sin(2 * np.pi * corner_hz * time_s[:100])
        acceleration = envelope * np.convolve(noise, kernel)[: len(time_s)]
        acceleration *= 0.2 / np.max(np.abs(acceleration))
        columns = np.column_stack([time_s, acceleration - acceleration.mean()])
        np.savetxt(
            folder / "records" / f"made{number:02d}.csv", columns, delimiter=",", fmt="%.8g", header=HEADING
        )
    (folder / "model.py").write_text(template_path("model.py").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "study.toml").write_text(STUDY)
    return folder / "study.toml"


LEVELS = """
[risk]
assess = ["fragility", "risk", "counting"]
[risk.fragility]
drift_thresholds = [0.02, 0.05]
samples = 50
[risk.counting]
unit = "analyses"

[[levels]]
name = "often"
sa_g = 0.1
return_period_years = 72
[[levels]]
name = "design"
sa_g = 0.3
return_period_years = 475
[[levels]]
name = "rare"
sa_g = 0.8
annual_rate = 0.0004
scenario = { magnitude = 7.2, rjb_km = 10.0, vs30_m_s = 400.0, mechanism = "strike-slip" }
"""


SCRIPT = """
import gmplug
import pandas as pd


@gmplug.hookimpl
def gmplug_risk_assessments():
    def counting(demands, hazard, before, out_dir, unit="runs"):
        (out_dir / "own.txt").write_text("mine")
        table = demands.table.groupby("level").size().rename(unit).reset_index()
        png = before["fragility"].pictures["fragility"].png
        values = {"seen": list(before), "points": len(hazard), "headline": {"counted": len(demands.table)}}
        return gmplug.Assessment(values, {"counts": table}, {"again": gmplug.Picture(png, "Seen before.")})

    return {"counting": counting}
"""


def write_levels_study(folder: Path) -> Path:
    """The small study with a yielding oscillator, at three levels."""
    path = write_small_study(folder)
    (folder / "hooks.py").write_text(SCRIPT)
    text = path.read_text().replace(
        'model = "model.py"', 'model = "sdof"\nyield_coefficient = 0.1\ncollapse_drift_ratio = 0.25'
    )
    text = text.replace("sa_g = 0.15\n", "").replace("seed = 3", 'seed = 3\nscripts = ["hooks.py"]')
    text = text.replace("[0.1, 10.0]", "[0.05, 30.0]").replace(
        'method = "kmeans"', 'method = "kmeans"\nk_max = 2'
    )
    text = text.replace("[analysis]\n", '[analysis]\nhistories = ["story_drift_ratio"]\n')
    path.write_text(text + LEVELS)
    return path
