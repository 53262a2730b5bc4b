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
