"""Runs every record of records.csv through your model, one after the other, and writes demands.csv:

    python run_records.py

Written by gmplug; needs openseespy. Change options in settings.json. Your model's file (``model_file``)
either defines ``build_model()`` or ``build_model(ops)``, which builds the model with gravity and damping, or
builds it as it runs: this script runs it again for each record, after a wipe, in its own folder. Files of its
recorders go to the record's folder, results/001 and so on, unless their path is absolute. If it defines

    floor_nodes = (1, 2, 3)       # base to roof
    story_heights = (4.0, 3.5)

or if ``build_model`` returns something with these attributes, story drift ratios are reported. Base shears
are in the model's unit of force, and over its seismic weight (gmplug_base_shear.py). A function ``record(id,
folder)`` may add recorders of your own; ``folder`` is this record's, below results/.
"""

import csv
import inspect
import json
import math
import os
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import openseespy.opensees as ops
from gmplug_base_shear import BaseShear, seismic_mass
from gmplug_stepper import Stepper

HERE = Path(__file__).resolve().parent
SETTINGS = json.loads((HERE / "settings.json").read_text(encoding="utf-8"))


#: Displacements below 1e-12 m, in the model's unit, are rounding errors.
LEAST_DISPLACEMENT = 1e-12 * SETTINGS["gravity"] / 9.80665


class Recorders:
    """Puts files of recorders into the record's folder, and checks that they were written."""

    original = staticmethod(ops.recorder)

    def __init__(self):
        self.folder = HERE
        self.files = []

    def __call__(self, *arguments):
        words = list(arguments)
        for at, word in enumerate(words[:-1]):
            if word in ("-file", "-xml", "-csv", "-binary", "-fileCSV"):
                path = self.folder / str(words[at + 1])
                if path.is_relative_to(self.folder):
                    path.parent.mkdir(parents=True, exist_ok=True)
                elif not path.parent.is_dir():
                    raise SystemExit(f"the recorder of {path} cannot write: there is no folder {path.parent}")
                self.files.append(path)
                words[at + 1] = str(path)
        return self.original(*words)

    def check(self):
        for path in self.files:
            if not path.is_file() or not path.stat().st_size:
                warn(f"a recorder has written nothing to {path}")


RECORDERS = Recorders()
ops.recorder = RECORDERS  # before the model takes it by `import *`


def warn(text):
    print(f"WARNING: {text}", file=sys.stderr, flush=True)


def build():
    """Build the model; return its floor nodes, story heights (empty if it has none) and record()."""
    ops.wipe()
    path = HERE / SETTINGS["model_file"]
    os.chdir(path.parent)
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))  # modules beside the model
    names = runpy.run_path(str(path), run_name="gmplug_model")
    model = None
    if callable(names.get("build_model")):
        builder = names["build_model"]
        model = builder(ops) if "ops" in inspect.signature(builder).parameters else builder()
    nodes = getattr(model, "floor_nodes", names.get("floor_nodes", ()))
    heights = getattr(model, "story_heights", names.get("story_heights", ()))
    if heights and len(nodes) != len(heights) + 1:
        raise SystemExit(f"{path}: floor_nodes needs one node more than story_heights, base first")
    gravity = getattr(model, "gravity", SETTINGS["gravity"])
    if not abs(gravity / SETTINGS["gravity"] - 1) < 0.01:
        raise SystemExit(
            f"{path}: the model has gravity {gravity:g}, but it was exported for "
            f"{SETTINGS['gravity']:.5g}; export with the right --length-unit"
        )
    moving = [n for n in ops.getNodeTags() if any(abs(v) > 1e-4 * gravity for v in ops.nodeVel(n))]
    if moving:
        raise SystemExit(f"{path}: not at rest: node {moving[0]} moves; leave out the model's own earthquake")
    return nodes, heights, names.get("record")


class Movement:
    """Detects whether anything has moved: the floors above the base, or any node if there are no floors."""

    def __init__(self, nodes):
        self.seen = False
        self._start = {
            (node, direction): ops.nodeDisp(node, direction)
            for node in (nodes[1:] or ops.getNodeTags())
            for direction in SETTINGS["excited"].values()
            if direction <= len(ops.nodeDisp(node))
        }

    def look(self):
        self.seen = self.seen or any(
            abs(ops.nodeDisp(*key) - start) > LEAST_DISPLACEMENT + 1e-9 * abs(start)
            for key, start in self._start.items()
        )


def excite(record):
    """Apply the components of a record."""
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


class Drifts:
    """Story drift ratios, in the horizontal directions: peaks so far, and means over the last seconds."""

    def __init__(self, nodes, heights):
        self.nodes, self.heights = nodes, heights
        self.peaks, self.roof_peak, self.counted = [0.0] * len(heights), 0.0, 0
        self.sums = [[0.0] * len(heights) for _ in SETTINGS["horizontal"]]

    def look(self, at_the_end):
        """Take the present displacements; return the largest drift of this step."""
        largest = 0.0
        self.counted += at_the_end
        for sums, direction in zip(self.sums, SETTINGS["horizontal"], strict=True):
            floors = [ops.nodeDisp(node, direction) for node in self.nodes]
            for i, height in enumerate(self.heights):
                drift = (floors[i + 1] - floors[i]) / height
                if math.isnan(drift):
                    return math.nan
                self.peaks[i] = max(self.peaks[i], abs(drift))
                largest = max(largest, abs(drift))
                if at_the_end:
                    sums[i] += drift
            if self.heights:
                self.roof_peak = max(self.roof_peak, abs(floors[-1] - floors[0]) / sum(self.heights))
        return largest

    def columns(self, status):
        """Return the columns of demands.csv; residual drifts are empty unless the analysis ended ok."""
        columns = {f"peak_story_drift_ratio_{i}": peak for i, peak in enumerate(self.peaks, start=1)}
        for i in range(len(self.heights)):
            residual = max(abs(sums[i]) for sums in self.sums) / self.counted if status == "ok" else ""
            columns[f"residual_story_drift_ratio_{i + 1}"] = residual
        return columns | ({"peak_roof_drift_ratio": self.roof_peak} if self.heights else {})


class Shears:
    """Peak base shears in the horizontal directions, where the model has them."""

    def __init__(self):
        directions = SETTINGS["horizontal"]
        self._shear = BaseShear(ops, directions)
        self.peaks, self.weights = [0.0] * len(directions), []
        if self._shear.missing:
            warn(f"no base shear: {self._shear.missing}")
            return
        try:
            self.weights = [seismic_mass(ops, direction) * SETTINGS["gravity"] for direction in directions]
        except ValueError as error:
            warn(f"no seismic weight: {error}")

    def look(self):
        if not self._shear.missing:
            self.peaks = [
                max(peak, abs(now)) for peak, now in zip(self.peaks, self._shear.read(), strict=True)
            ]

    def columns(self):
        if self._shear.missing:
            return {}
        columns = along("peak_base_shear{}_model_force", self.peaks)
        if self.weights and min(self.weights) > 0:
            ratios = [peak / weight for peak, weight in zip(self.peaks, self.weights, strict=True)]
            columns |= along("peak_base_shear_ratio{}", ratios)
        return columns


def along(name, values):
    """Return the largest value, and of two directions each, by column name."""
    each = zip(("_x", "_y"), values, strict=True) if len(values) == 2 else ()
    return {name.format(""): max(values)} | {name.format(axis): value for axis, value in each}


def run(number, record):
    """Run one record from an empty domain; return its row of demands.csv."""
    folder = HERE / "results" / f"{number:03d}"
    folder.mkdir(parents=True, exist_ok=True)
    RECORDERS.folder, RECORDERS.files = folder, []
    nodes, heights, add_recorders = build()
    if callable(add_recorders):
        add_recorders(record["id"], str(folder))
    dt = float(record["time_step_s"])
    step_s = dt / max(1, math.ceil(dt / SETTINGS["time_step_s"] * (1 - 1e-9)))
    seconds = (int(record["points"]) - 1) * dt + SETTINGS["free_vibration_s"]
    ops.loadConst("-time", 0.0)
    shears = Shears()
    excite(record)
    stepper = Stepper(ops, SimpleNamespace(**SETTINGS), [SETTINGS["tolerance"]])
    movement = Movement(nodes)
    drifts, status, reached_s = Drifts(nodes, heights), "ok", 0.0
    steps = max(1, round(seconds / step_s))
    for k in range(1, steps + 1):
        if not stepper.advance(step_s):
            status = "failed"
            break
        reached_s = k * step_s
        movement.look()
        shears.look()
        left_s = (steps - k) * step_s
        now = drifts.look(left_s <= SETTINGS["residual_window_s"] * (1 + 1e-9))
        if math.isnan(now):
            status = "failed"
            break
        if now > SETTINGS["collapse_drift_ratio"]:
            status = "collapsed"
            break
    ops.wipe()
    RECORDERS.check()
    if not movement.seen:
        status = "failed"
        warn(
            f"record {record['id']}: nothing moves; has the model mass in the direction, is it the right one?"
        )
    row = {"id": record["id"], "status": status, "scale_factor": record["scale_factor"]}
    row |= {"steps": stepper.steps, "retries": stepper.retries, "time_reached_s": reached_s}
    return row | drifts.columns(status) | shears.columns()


def main():
    with (HERE / "records.csv").open(encoding="utf-8", newline="") as stream:
        records = list(csv.DictReader(stream))
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
