"""Runs every record of records.csv through your model, one after the other, and writes demands.csv:

    python run_records.py

Written by gmplug; needs openseespy alone. What you may want to change is in settings.json. Your model's file
(``model_file``) either defines ``build_model()`` or ``build_model(ops)``, which builds the model with gravity
and damping, or does that as it runs: it is run anew for each record, after a wipe. If it defines

    floor_nodes = (1, 2, 3)       # base to roof
    story_heights = (4.0, 3.5)

or if ``build_model`` returns something with these attributes, story drift ratios are reported. A function
``record(id, folder)`` may add recorders of your own; ``folder`` is this record's, below results/.
"""

import csv
import inspect
import json
import math
import os
import runpy
from pathlib import Path

import openseespy.opensees as ops

HERE = Path(__file__).resolve().parent
SETTINGS = json.loads((HERE / "settings.json").read_text(encoding="utf-8"))


class Stepper:
    """One step of the analysis, and what to do where it fails: other algorithms, then two halves."""

    def __init__(self):
        self.steps = 0
        self.retries = 0
        ops.wipeAnalysis()
        ops.constraints(*SETTINGS["constraints"])
        ops.numberer(*SETTINGS["numberer"])
        ops.system(*SETTINGS["system"])
        self._test(1.0)
        ops.algorithm(*SETTINGS["algorithms"][0])
        ops.integrator(*SETTINGS["integrator"])
        ops.analysis("Transient", "-noWarnings")

    def advance(self, step_s):
        return self._attempt(step_s) or self._recover(step_s, 0)

    def _test(self, factor):
        name, tolerance, iterations = SETTINGS["test"]
        ops.test(name, tolerance * factor, iterations)

    def _attempt(self, step_s):
        done = ops.analyze(1, step_s) == 0
        self.steps += done
        return done

    def _retry(self, step_s):
        if self.retries >= SETTINGS["max_retries"]:
            return False
        self.retries += 1
        return self._attempt(step_s)

    def _recover(self, step_s, halvings):
        if self._other_algorithms(step_s):
            return True
        if halvings == SETTINGS["max_halvings"]:
            return self._raised_tolerance(step_s)
        half = step_s / 2
        return all(self._retry(half) or self._recover(half, halvings + 1) for _ in range(2))

    def _other_algorithms(self, step_s):
        for algorithm in SETTINGS["algorithms"][1:]:
            ops.algorithm(*algorithm)
            done = self._retry(step_s)
            ops.algorithm(*SETTINGS["algorithms"][0])
            if done:
                return True
        return False

    def _raised_tolerance(self, step_s):
        if SETTINGS["last_resort"] == 1.0:
            return False
        self._test(SETTINGS["last_resort"])
        done = self._retry(step_s) or self._other_algorithms(step_s)
        self._test(1.0)
        return done


def build():
    """Build the model; return its floor nodes, storey heights (empty if it states none) and record()."""
    ops.wipe()
    path = HERE / SETTINGS["model_file"]
    names = runpy.run_path(str(path), run_name="gmplug_model")
    model = None
    if callable(names.get("build_model")):
        builder = names["build_model"]
        model = builder(ops) if "ops" in inspect.signature(builder).parameters else builder()
    nodes = getattr(model, "floor_nodes", names.get("floor_nodes", ()))
    heights = getattr(model, "story_heights", names.get("story_heights", ()))
    if heights and len(nodes) != len(heights) + 1:
        raise SystemExit(f"{path}: floor_nodes needs one node more than story_heights, base first")
    return nodes, heights, names.get("record")


def excite(record):
    """Apply the components of a record, each an excitation of its own."""
    factor = float(record["scale_factor"]) * SETTINGS["gravity"]
    for tag, (component, direction) in enumerate(SETTINGS["excited"].items(), start=99_990_001):
        if not record[f"file_{component}"]:
            raise SystemExit(f"record {record['id']} has no component {component}")
        file = HERE / record[f"file_{component}"]
        values = [float(line) for line in file.read_text(encoding="ascii").split()]
        ops.timeSeries(
            "Path", tag, "-dt", float(record["time_step_s"]), "-values", *values, "-factor", factor
        )
        ops.pattern("UniformExcitation", tag, direction, "-accel", tag)


def drifts(nodes, heights):
    """Story drift ratios, the larger of the horizontal directions each."""
    floors = [[ops.nodeDisp(node, direction) for node in nodes] for direction in SETTINGS["horizontal"]]
    return [
        max(abs(floor[i + 1] - floor[i]) / height for floor in floors) for i, height in enumerate(heights)
    ]


def run(number, record):
    """Run one record from an empty domain; return its row of demands.csv."""
    nodes, heights, add_recorders = build()
    folder = HERE / "results" / f"{number:03d}"
    folder.mkdir(parents=True, exist_ok=True)
    if callable(add_recorders):
        add_recorders(record["id"], str(folder))
    dt = float(record["time_step_s"])
    step_s = dt / max(1, math.ceil(dt / SETTINGS["time_step_s"] * (1 - 1e-9)))
    seconds = (int(record["points"]) - 1) * dt + SETTINGS["free_vibration_s"]
    ops.loadConst("-time", 0.0)
    excite(record)
    stepper = Stepper()
    peaks, status, reached_s = [0.0] * len(heights), "ok", 0.0
    for k in range(1, max(1, round(seconds / step_s)) + 1):
        if not stepper.advance(step_s):
            status = "failed"
            break
        reached_s = k * step_s
        now = drifts(nodes, heights)
        if any(math.isnan(drift) for drift in now):
            status = "failed"
            break
        peaks = [max(pair) for pair in zip(peaks, now, strict=True)]
        if now and max(now) > SETTINGS["collapse_drift_ratio"]:
            status = "collapsed"
            break
    ops.wipe()
    row = {"id": record["id"], "status": status, "scale_factor": record["scale_factor"]}
    row |= {"steps": stepper.steps, "retries": stepper.retries, "time_reached_s": reached_s}
    return row | {f"peak_story_drift_ratio_{i}": peak for i, peak in enumerate(peaks, start=1)}


def main():
    with (HERE / "records.csv").open(encoding="utf-8", newline="") as stream:
        records = list(csv.DictReader(stream))
    os.chdir(HERE)
    with (HERE / "demands.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = None
        for number, record in enumerate(records, start=1):
            row = run(number, record)
            if writer is None:
                writer = csv.DictWriter(stream, list(row), lineterminator="\n")
                writer.writeheader()
            writer.writerow(row)
            stream.flush()
            print(f"{number:03d} of {len(records)}: {row['id']} {row['status']}", flush=True)


if __name__ == "__main__":
    main()
