"""Response spectra of real accelerograms: processor time beside other programs', and agreement with them.

Needs the real data (../shared/data/records_at2), of which it takes every eighth file, from the fifth. All
programs run on one core by turns, record by record, and the least of three times counts. RotD is that of a
record and of a mixture of itself with a later part. pyrotd gets every record with a minute of zeros after it,
as its transform wraps around. im-calculation (Rust, by ucgmsim), which computes three components and their
RotD at once, takes part where it is installed.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from gmplug.spectra import response_spectrum, rotd_spectrum
from gmplug.values import FloatArray
from gmplug.waveforms import read_accelerogram
from tests.bench.measured import span
from tests.support.independent import im_calculation_rotd, pyrotd_rotd, pyrotd_spectrum
from tests.support.places import SHARED_DATA

TUNED_ON = "records 1, 9, 17, ... of records_at2"
REPORTED_ON = "records 5, 13, 21, ... of records_at2"
DATA = SHARED_DATA / "records_at2"
GRIDS: dict[str, FloatArray] = {
    "200 periods, 0.01-2 s by 0.01": np.arange(1, 201) / 100,
    "100 periods, 0.01-5 s, logarithmic": np.geomspace(0.01, 5.0, 100),
}
#: Times each program runs on a record.
_REPEATS = 3

Program = Callable[[FloatArray, float, FloatArray], FloatArray]


def _one(interpolation: Any) -> Program:
    return lambda pair, dt, periods: response_spectrum(pair[0], dt, periods, interpolation=interpolation)


def _rotd(interpolation: Any) -> Program:
    return lambda pair, dt, periods: rotd_spectrum(*pair, dt, periods, interpolation=interpolation)


#: What is computed, and by which programs, gmplug first.
TASKS: dict[str, dict[str, Program]] = {
    "one component, band-limited": {
        "gmplug": _one("sinc"),
        "pyrotd": lambda pair, dt, periods: pyrotd_spectrum(pair[0], dt, periods),
    },
    "one component, straight lines": {"gmplug": _one("linear")},
    "RotD50 and RotD100, band-limited": {"gmplug": _rotd("sinc"), "pyrotd": pyrotd_rotd},
    "RotD50 and RotD100, straight lines": {"gmplug": _rotd("linear")},
}
if importlib.util.find_spec("IM"):
    TASKS["RotD50 and RotD100, straight lines"]["im-calculation"] = im_calculation_rotd


def run() -> list[dict[str, Any]]:
    """A row for each task and grid."""
    records = [read_accelerogram(path) for path in sorted(DATA.glob("*.AT2"))[4::8]]
    pairs = [
        (np.stack([a, 0.7 * np.roll(a, 37) + 0.3 * a]), r.time_step_s)
        for r in records
        for a in [r.acceleration_g]
    ]
    return [
        {"computed": task, "grid": name, "records": len(pairs), **_measure(pairs, grid, programs)}
        for task, programs in TASKS.items()
        for name, grid in GRIDS.items()
    ]


def _measure(
    pairs: list[tuple[FloatArray, float]], periods_s: FloatArray, programs: dict[str, Program]
) -> dict[str, Any]:
    """Processor time per sample and period, over gmplug's, and the largest difference at T >= 10 dt."""
    seconds, work, worst = dict.fromkeys(programs, 0.0), 0, dict.fromkeys(programs, 0.0)
    for pair, dt in pairs:
        work += pair.shape[1] * len(periods_s)
        long = periods_s >= 10.0 * dt * (1.0 - 1e-9)
        found: dict[str, FloatArray] = {}
        for name, program in programs.items():
            times = []
            for _ in range(_REPEATS):
                start = time.process_time()
                found[name] = program(pair, dt, periods_s)
                times.append(time.process_time() - start)
            seconds[name] += min(times)
            difference = np.abs(found[name] / found["gmplug"] - 1.0)[..., long]
            worst[name] = max(worst[name], float(difference.max()))
    row: dict[str, Any] = {"gmplug_ns_per_sample_and_period": round(1e9 * seconds["gmplug"] / work, 2)}
    for name in list(programs)[1:]:
        row[f"{name}_over_gmplug"] = round(seconds[name] / seconds["gmplug"], 1)
        row[f"{name}_differs_percent"] = float(f"{100 * worst[name]:.1g}")
    return row


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""

    def times(task: str, other: str) -> str:
        values = [row.get(f"{other}_over_gmplug") for row in rows if row["computed"] == task]
        return span([value for value in values if value], ".0f")

    differs = max(row.get("pyrotd_differs_percent", 0.0) for row in rows)
    text = f"{times('one component, band-limited', 'pyrotd')} times faster than pyrotd, within {differs:g} %"
    if any("im-calculation_over_gmplug" in row for row in rows):
        rotd = times("RotD50 and RotD100, straight lines", "im-calculation")
        text += f"; RotD {rotd} times faster than im-calculation"
    return {"Response spectra, [spectra](spectra.md)": f"{text}, on one core."}
