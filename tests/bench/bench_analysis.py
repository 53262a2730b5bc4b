"""The built-in frame on real motions: a plain loop in one process, against the stage with 1 and 2 workers.

The three take turns, GMPLUG_BENCH_ROUNDS times, so that a slow minute of the machine falls on all of them;
the loop too is a process of its own each time, as one process may be 5 % quicker than the next at the same
work, by where its memory happens to lie. The times are medians, the ratios medians of those of each round.
Every EDP of every motion is compared. ``others_cpus`` says how many processors other programs used meanwhile
(Linux): near 0, or wait and repeat. Real records (../shared/data/records_at2) where they are at hand, else
made-up ones; 40 of them, or GMPLUG_BENCH_MOTIONS.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gmplug.analysis import ProcessExecutor
from gmplug.values import Selection
from tests.support.analyses import run_stage, selection
from tests.support.motions import burst, write_motion
from tests.support.places import SHARED_DATA

TUNED_ON = "nothing: loop and stage have the same solver, which is stated"
REPORTED_ON = "every fourth record of records_at2"
RECORDS = SHARED_DATA / "records_at2"
COUNT = int(os.environ.get("GMPLUG_BENCH_MOTIONS", "40"))
ROUNDS = int(os.environ.get("GMPLUG_BENCH_ROUNDS", "3"))
SCALE = 4.0
CALLS = 2000
#: Processors that other programs may use where wall times are to be stated.
QUIET = 0.2
#: The solver of the loop, for the stage too: not its defaults, which are faster.
SOLVER = {"test": "NormDispIncr", "constraints": "Transformation"}
#: Columns of demands.csv that are no EDPs, and base shears, which the loop does not compute.
_OTHERS = ("id", "group", "cluster", "scale_factor", "status", "message", "wall_s", "steps", "retries",
           "time_reached_s", "last_norm", "peak_base_shear_ratio", "peak_base_shear_model_force")  # fmt: skip

Responses = Mapping[str, Mapping[str, float]]


def _loop(chosen: Selection, folder: Path) -> Responses:
    """What the loop says, run as a script is; JSON keeps every digit."""
    given = folder / "records.json"
    given.write_text(chosen.records.to_json(orient="records", double_precision=15))
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.bench_analysis", str(given)],
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    responses: Responses = json.loads(done.stdout.splitlines()[-1])
    return responses


def loop(records: list[dict[str, Any]]) -> Responses:
    """What one would write without gmplug: EDPs by record."""
    import numpy as np
    import openseespy.opensees as ops

    from gmplug.structures import frame
    from gmplug.waveforms import read_motion

    responses = {}
    for record in records:
        motion = read_motion(record)
        ground_g = SCALE * motion.horizontal_g[0]
        ops.wipe()
        model = frame(ops=ops, damping_ratio=0.05)
        ops.timeSeries(
            "Path", 9, "-dt", motion.time_step_s, "-values", *ground_g.tolist(), "-factor", model.gravity
        )
        ops.pattern("UniformExcitation", 9, 1, "-accel", 9)
        ops.constraints("Transformation")
        ops.numberer("RCM")
        ops.system("BandGeneral")
        ops.test("NormDispIncr", 1e-8, 25)
        ops.algorithm("Newton")
        ops.integrator("Newmark", 0.5, 0.25)
        ops.analysis("Transient", "-noWarnings")
        period = model.periods_s[0]
        dt = motion.time_step_s / max(1, int(np.ceil(motion.time_step_s / (period / 100))))
        steps = round(((len(ground_g) - 1) * motion.time_step_s + 10 * period) / dt)
        moved, accelerated = [[0.0] * 4], [[0.0] * 4]
        drift = 0.0
        for _ in range(steps):
            if ops.analyze(1, dt) != 0:
                raise RuntimeError(f"{record['id']}: no convergence; write the loop's retries")
            floors = [ops.nodeDisp(node, 1) for node in model.floor_nodes]
            moved.append(floors)
            accelerated.append([ops.nodeAccel(node, 1) for node in model.floor_nodes])
            drift = max(
                abs(b - a) / h for a, b, h in zip(floors, floors[1:], model.story_heights, strict=False)
            )
            if drift > 0.10:
                break
        ops.wipe()
        times = dt * np.arange(len(moved))
        motion_times = motion.time_step_s * np.arange(len(ground_g))
        ground = np.interp(times, motion_times, ground_g, right=0.0)
        drifts = np.diff(np.array(moved), axis=1) / np.array(model.story_heights)
        absolute_g = np.array(accelerated) / model.gravity + ground[:, None]
        absolute_g[0, 1:] = 0.0
        peak_drifts = np.abs(drifts).max(axis=0)
        peak_g = np.abs(absolute_g).max(axis=0)
        roof = max(abs(floors[-1] - floors[0]) for floors in moved)
        edps = {f"peak_story_drift_ratio_{i + 1}": peak_drifts[i] for i in range(3)}
        edps |= {f"peak_floor_acceleration_{i}_g": peak_g[i] for i in range(4)}
        edps["peak_story_drift_ratio"] = peak_drifts.max()
        edps["peak_floor_acceleration_g"] = peak_g[1:].max()
        edps["peak_roof_drift_ratio"] = roof / sum(model.story_heights)
        edps["peak_roof_displacement_m"] = roof
        if drift <= 0.10:
            swings = times >= times[-1] - 2 * period * (1 + 1e-9)
            residual = np.abs(drifts[swings].mean(axis=0))
            edps |= {f"residual_story_drift_ratio_{i + 1}": residual[i] for i in range(3)}
            edps["residual_story_drift_ratio"] = residual.max()
        responses[str(record["id"])] = edps
    return responses


def _stage(chosen: Selection, run_dir: Path, workers: int) -> Responses:
    study = {"structure": {"period_s": 1.0, "model": "frame"}, "analysis": {"solver": SOLVER}}
    table = run_stage(chosen, run_dir, study, workers=workers).table.set_index("id")
    table = table.drop(columns=[name for name in _OTHERS if name in table])
    return {key: row.dropna().to_dict() for key, row in table.iterrows()}


def _cpu_s() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def _machine_s() -> float:
    """Processor time of the whole machine, idling left out, s (Linux; else NaN)."""
    try:
        first = Path("/proc/stat").read_text().splitlines()[0].split()
    except OSError:
        return float("nan")
    user, nice, system, _, _, irq, softirq, *_ = (int(ticks) for ticks in first[1:])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


class _Taken(NamedTuple):
    wall_s: float
    cpu_s: float
    others_s: float
    value: Responses


def _timed(function: Callable[[], Responses]) -> _Taken:
    wall, cpu, machine = time.perf_counter(), _cpu_s(), _machine_s()
    value = function()
    own_s = _cpu_s() - cpu
    return _Taken(time.perf_counter() - wall, own_s, _machine_s() - machine - own_s, value)


def _largest_difference(found: Responses, expected: Responses) -> float:
    """Largest relative difference of any EDP; infinite where another set of them is there."""
    if {key: set(edps) for key, edps in found.items()} != {key: set(edps) for key, edps in expected.items()}:
        return float("inf")
    return max(
        abs(found[key][name] - value) / abs(value) if value else abs(found[key][name])
        for key, edps in expected.items()
        for name, value in edps.items()
    )


def _motions(folder: Path) -> dict[str, Path]:
    real = {path.stem: path for path in sorted(RECORDS.glob("*.AT2"))[::4][:COUNT]}
    return real or {f"m{k}": write_motion(folder / f"m{k}.txt", burst(20.0, seed=k)) for k in range(COUNT)}


def run() -> list[dict[str, Any]]:
    """Seconds, ratios to the loop, and the largest relative difference of any EDP from the loop's."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chosen = selection(_motions(folder), SCALE)
        ways: dict[str, Callable[[int], Responses]] = {
            "plain loop": lambda turn: _loop(chosen, folder),
            "stage, 1 worker": lambda turn: _stage(chosen, folder / f"1-{turn}", 1),
            "stage, 2 workers": lambda turn: _stage(chosen, folder / f"2-{turn}", 2),
        }
        taken: dict[str, list[_Taken]] = {what: [] for what in ways}
        for turn in range(ROUNDS):
            for what, way in ways.items():
                taken[what].append(_timed(lambda way=way, turn=turn: way(turn)))  # type: ignore[misc]
    loop = taken["plain loop"]
    return [*(_row(what, rounds, loop) for what, rounds in taken.items()), _overhead()]


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states: wall times only of a quiet machine."""
    *ways, call = rows
    _, one, two = ways
    difference = max(one["largest_difference"], two["largest_difference"])
    text = (
        f"{one['edps']} EDPs, largest relative difference {difference:.1g}. One worker takes "
        f"{one['cpu_ratio']:.3f} of the loop's processor time."
    )
    if max(float(share) for row in ways for share in row["others_cpus"].split()) < QUIET:
        text += (
            f" Two workers are {two['speed_up']:.2f} times as fast. "
            f"A call takes {1e3 * call['per_analysis_s']:.2f} ms."
        )
    return {"Analyses beside a loop written by hand, [analysis](analysis.md)": text}


def _row(what: str, rounds: list[_Taken], loop: list[_Taken]) -> dict[str, Any]:
    wall_s = [taken.wall_s for taken in rounds]
    speed_ups = [beside.wall_s / taken.wall_s for taken, beside in zip(rounds, loop, strict=True)]
    cpu_ratios = [taken.cpu_s / beside.cpu_s for taken, beside in zip(rounds, loop, strict=True)]
    others = [taken.others_s / taken.wall_s for taken in rounds]
    expected = loop[0].value
    return {
        "what": what,
        "wall_s": round(statistics.median(wall_s), 2),
        "least_wall_s": round(min(wall_s), 2),
        "cpu_s": round(statistics.median(taken.cpu_s for taken in rounds), 2),
        "cpu_ratio": round(statistics.median(cpu_ratios), 3),
        "per_analysis_s": round(statistics.median(wall_s) / len(expected), 4),
        "speed_up": round(statistics.median(speed_ups), 3),
        "speed_ups": " ".join(f"{ratio:.3f}" for ratio in speed_ups),
        "others_cpus": " ".join(f"{share:.2f}" for share in others),
        "motions": len(expected),
        "edps": sum(len(edps) for edps in expected.values()),
        "largest_difference": max(_largest_difference(taken.value, expected) for taken in rounds),
    }


def _overhead() -> dict[str, Any]:
    with ProcessExecutor(workers=1) as executor:
        executor.submit(os.getpid).result()
        start = time.perf_counter()
        for future in [executor.submit(os.getpid) for _ in range(CALLS)]:
            future.result()
        each = (time.perf_counter() - start) / CALLS
    return {"what": f"empty call (of {CALLS})", "per_analysis_s": round(each, 5)}


if __name__ == "__main__":
    print(json.dumps(loop(json.loads(Path(sys.argv[1]).read_text()))))
