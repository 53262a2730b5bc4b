"""Response spectra of the 167 real accelerograms: time beside pyrotd's, and agreement with it.

Needs the real data (../shared/data/records_at2). pyrotd gets every record with a minute of zeros after it
(its transform wraps around). Both are timed on one core by turns, record by record; gmplug also on all cores.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from gmplug.spectra import response_spectrum, spectra_of_motions
from gmplug.values import FloatArray, Motion
from gmplug.waveforms import Accelerogram, read_accelerogram
from tests.independent import pyrotd_spectrum

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "records_at2"
GRIDS: dict[str, FloatArray] = {
    "200 periods, 0.01-2 s by 0.01": np.arange(1, 201) / 100,
    "100 periods, 0.01-5 s, logarithmic": np.geomspace(0.01, 5.0, 100),
}


def run() -> list[dict[str, Any]]:
    """A row for each period grid."""
    if not DATA.is_dir():
        print(f"{DATA} is not at hand: nothing measured")
        return []
    start = time.perf_counter()
    records = [read_accelerogram(path) for path in sorted(DATA.glob("*.AT2"))]
    reading = time.perf_counter() - start
    return [
        {"grid": name, "reading_s": round(reading, 2), **_measure(records, grid)}
        for name, grid in GRIDS.items()
    ]


def _measure(records: list[Accelerogram], periods_s: FloatArray) -> dict[str, Any]:
    ours = theirs = worst = 0.0
    for record in records:
        start = time.perf_counter()
        found = response_spectrum(record.acceleration_g, record.time_step_s, periods_s)
        middle = time.perf_counter()
        reference = pyrotd_spectrum(record.acceleration_g, record.time_step_s, periods_s)
        ours, theirs = ours + middle - start, theirs + time.perf_counter() - middle
        compared = (periods_s >= 10 * record.time_step_s * (1 - 1e-9)) & (periods_s <= 5.0)
        worst = max(worst, float(np.abs(found / reference - 1.0)[compared].max()))
    start = time.perf_counter()
    spectra_of_motions([Motion(r.time_step_s, r.acceleration_g[None, :]) for r in records], periods_s)
    all_cores = time.perf_counter() - start
    return {
        "files": len(records),
        "pyrotd_s": round(theirs, 2),
        "gmplug_one_core_s": round(ours, 2),
        "times_faster": round(theirs / ours, 1),
        "gmplug_all_cores_s": round(all_cores, 2),
        "times_faster_all_cores": round(theirs / all_cores, 1),
        "largest_difference_percent": round(100 * worst, 3),
    }
