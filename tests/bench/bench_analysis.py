"""The built-in frame on real motions: a plain loop in one process, against the stage with 1 and 2 workers.

Real records (../shared/data/records_at2) where they are at hand, else made-up ones; 40 of them, or
GMPLUG_BENCH_MOTIONS.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gmplug.analysis import ProcessExecutor
from gmplug.values import Selection
from tests.test_analysis import burst, run_stage, selection, write_motion

RECORDS = Path(__file__).resolve().parents[3] / "shared" / "data" / "records_at2"
COUNT = int(os.environ.get("GMPLUG_BENCH_MOTIONS", "40"))
SCALE = 4.0
CALLS = 2000


def _loop(chosen: Selection) -> dict[str, float]:
    """What one would write without gmplug: peak story drift ratio by record."""
    import numpy as np
    import openseespy.opensees as ops

    from gmplug.structures import frame
    from gmplug.waveforms import read_motion

    peaks = {}
    for record in chosen.records.to_dict(orient="records"):
        motion = read_motion(record)
        ops.wipe()
        model = frame(ops=ops, damping_ratio=0.05)
        ops.timeSeries(
            "Path", 9, "-dt", motion.time_step_s, "-values", *motion.horizontal_g[0].tolist(),
            "-factor", SCALE * model.gravity,
        )  # fmt: skip
        ops.pattern("UniformExcitation", 9, 1, "-accel", 9)
        ops.constraints("Transformation")
        ops.numberer("RCM")
        ops.system("BandGeneral")
        ops.test("NormDispIncr", 1e-8, 25)
        ops.algorithm("Newton")
        ops.integrator("Newmark", 0.5, 0.25)
        ops.analysis("Transient", "-noWarnings")
        divide = max(1, int(np.ceil(motion.time_step_s / (model.periods_s[0] / 100))))
        dt = motion.time_step_s / divide
        seconds = (motion.horizontal_g.shape[1] - 1) * motion.time_step_s + 10 * model.periods_s[0]
        peak = 0.0
        for _ in range(round(seconds / dt)):
            if ops.analyze(1, dt) != 0:
                break
            floors = [ops.nodeDisp(node, 1) for node in model.floor_nodes]
            drifts = [
                abs(b - a) / h for a, b, h in zip(floors, floors[1:], model.story_heights, strict=False)
            ]
            peak = max(peak, *drifts)
        peaks[str(record["id"])] = peak
    return peaks


def _cpu_s() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def _timed(function: Any, *arguments: Any) -> tuple[float, float, Any]:
    wall, cpu = time.perf_counter(), _cpu_s()
    value = function(*arguments)
    return time.perf_counter() - wall, _cpu_s() - cpu, value


def _stage(chosen: Selection, run_dir: Path, workers: int) -> Mapping[str, float]:
    study = {"structure": {"period_s": 1.0, "model": "frame"}}
    table = run_stage(chosen, run_dir, study, workers=workers).table
    return dict(zip(table["id"], table["peak_story_drift_ratio"], strict=True))


def run() -> list[dict[str, Any]]:
    """Seconds, and ratios to the loop; the largest relative difference of the drifts from the loop's."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {path.stem: path for path in sorted(RECORDS.glob("*.AT2"))[::4][:COUNT]}
        if not files:
            files = {f"m{k}": write_motion(folder / f"m{k}.txt", burst(20.0, seed=k)) for k in range(COUNT)}
        chosen = selection(files, SCALE)
        loop_wall, loop_cpu, expected = _timed(_loop, chosen)
        rows.append(_row("plain loop", loop_wall, loop_cpu, loop_wall, 0.0))
        for workers in (1, 2):
            wall, cpu, peaks = _timed(_stage, chosen, folder / str(workers), workers)
            worst = max(abs(peaks[key] / value - 1) for key, value in expected.items())
            rows.append(_row(f"stage, {workers} worker(s)", wall, cpu, loop_wall, worst))
    rows.append(_overhead())
    return rows


def _row(what: str, wall_s: float, cpu_s: float, loop_s: float, difference: float) -> dict[str, Any]:
    return {
        "what": what,
        "wall_s": round(wall_s, 2),
        "cpu_s": round(cpu_s, 2),
        "wall_per_analysis_s": round(wall_s / COUNT, 3),
        "speed_up": round(loop_s / wall_s, 2),
        "largest_difference": difference,
    }


def _overhead() -> dict[str, Any]:
    with ProcessExecutor(workers=1) as executor:
        executor.submit(os.getpid).result()
        start = time.perf_counter()
        for future in [executor.submit(os.getpid) for _ in range(CALLS)]:
            future.result()
        each = (time.perf_counter() - start) / CALLS
    return {"what": f"empty call (of {CALLS})", "wall_per_analysis_s": round(each, 5)}
