"""Writing accelerograms as PEER AT2."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def write_at2(path: Path, acceleration_g: np.ndarray, time_step_s: float, name: str) -> Path:
    """Write one component, g, one value a line; return the path."""
    rows = [f"{value:17.9E}" for value in acceleration_g]
    head = [
        f"MATCHED BY GMPLUG-SPECTRAL-MATCHING (REQPY) FROM RECORD {' '.join(name.split())}",
        "not a recorded motion",
        "ACCELERATION TIME SERIES IN UNITS OF G",
        f"NPTS= {len(acceleration_g)}, DT= {time_step_s:.9g} SEC",
    ]
    path.write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8")
    return path
