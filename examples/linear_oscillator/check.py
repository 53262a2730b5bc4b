"""Compare the oscillator's peak displacements with the response spectrum: python check.py RUN_DIRECTORY."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

import gmplug

PERIOD_S = 1.0
G = 9.80665


def largest_difference(run_dir: Path) -> float:
    """Return the largest relative difference between peak displacement and Sa / ω² over all analyses."""
    selection = pd.read_csv(run_dir / "selection.csv", keep_default_na=False)
    demands = pd.read_csv(run_dir / "demands.csv").set_index("id")
    differences = []
    for record in selection.to_dict("records"):
        motion = gmplug.read_motion(record)
        sa_g = gmplug.response_spectrum(motion.horizontal_g[0], motion.time_step_s, np.array([PERIOD_S]))[0]
        expected_m = record["scale_factor"] * sa_g * G * (PERIOD_S / (2 * np.pi)) ** 2
        differences.append(demands.loc[record["id"], "peak_roof_displacement_m"] / expected_m - 1)
    return float(np.max(np.abs(differences)))


if __name__ == "__main__":
    print(f"largest difference: {100 * largest_difference(Path(sys.argv[1])):.3f} %")
