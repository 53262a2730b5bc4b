"""Motions through the built-in models and the three of examples/models; prints EDPs and statuses as JSON.

python models.py RECORDS EXAMPLES FIRST STEP     every STEP-th record from FIRST
"""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import json
import math
import os
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openseespy.opensees as ops

from gmplug.analysis.history import Excitation, run_motion
from gmplug.structures import frame, sdof, shear_building
from gmplug.waveforms import read_motion


def _example(folder: Path) -> Callable[[], Any]:
    """Return what builds the model of an example; the script of the bridge column has it in its loop."""
    script = folder / "model.py"
    if script.is_file():
        spec = importlib.util.spec_from_file_location(folder.name, script)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        known = {"ops": ops, "damping_ratio": 0.05, "conditioning_period_s": 1.0}
        wanted = inspect.signature(module.build_model).parameters
        return lambda: module.build_model(**{k: v for k, v in known.items() if k in wanted})

    def bridge() -> Any:
        import gmplug

        text = (folder / "original.py").read_text()
        names: dict[str, Any] = {"ops": ops, "math": math}
        exec(textwrap.dedent(text[text.index("D, H") : text.index("results =")]), names)
        inside = text[text.index("    # model") : text.index("    # earthquake")]
        exec(textwrap.dedent(inside), names)
        return gmplug.StructureModel(
            (1, 2), (names["H"],), gravity=9.81, periods_s=(2 * math.pi / names["omega"],)
        )

    return bridge


def models(examples: Path) -> Iterator[tuple[str, Callable[[], Any], tuple[float, ...]]]:
    """Yield name, builder and the factors on the motions, the last one towards collapse."""
    given: dict[str, Any] = {"ops": ops, "damping_ratio": 0.05}
    yield "frame", lambda: frame(**given), (1.0, 4.0, 15.0)
    yield "frame, elastic", lambda: frame(**given, hinges="elastic"), (1.0,)
    yield "sdof", lambda: sdof(**given, conditioning_period_s=1.0), (1.0,)
    yield "sdof, bilinear", lambda: sdof(**given, conditioning_period_s=1.0, yield_coefficient=0.1), (4.0,)
    for kind, stories, period_s in (("C1", 3, 0.5), ("S1", 9, 1.5), ("W1", 2, 0.4), ("C2", 20, 1.5)):
        options = {"stories": stories, "building_type": kind, "conditioning_period_s": period_s}
        yield (
            f"shear-building, {kind}, {stories} stories",
            lambda options=options: shear_building(**given, **options),  # type: ignore[misc]
            (1.0, 4.0, 15.0),
        )
    for name, factors in (
        ("steel_frame_2d", (1.0, 4.0, 15.0)), ("bridge_column", (1.0, 3.0)), ("frame_3d", (1.0, 3.0))
    ):  # fmt: skip
        yield name, _example(examples / name), factors


def analyze(build: Callable[[], Any], motion: Any, factor: float) -> dict[str, Any]:
    """Return status, EDPs and processor time of one motion."""
    ops.wipe()
    start = time.process_time()
    model = build()
    directions = model.directions or (model.direction,)
    excitation = Excitation(motion.time_step_s, {directions[0]: factor * motion.horizontal_g[0]})
    period_s = model.periods_s[0]
    outcome = run_motion(ops, model, excitation, period_s / 100, 10 * period_s)
    ops.wipe()
    spent_s = time.process_time() - start
    history = outcome.history
    drift = np.diff(history.displacement[0], axis=1) / np.array(model.story_heights)
    last = history.time_s >= history.time_s[-1] - 2 * period_s
    edps = np.concatenate([np.abs(drift).max(axis=0), np.abs(history.acceleration_g[0]).max(axis=0)]).tolist()
    residual = np.abs(drift[last].mean(axis=0))
    return {
        "status": outcome.status, "edps": edps, "residual": residual.tolist(), "cpu_s": spent_s,
        "steps": outcome.steps,
    }  # fmt: skip


def main(records: str, examples: str, first: str, step: str) -> None:
    """Print a row for each model, factor and motion."""
    chosen = sorted(Path(records).glob("*.AT2"))[int(first) :: int(step)]
    motions = [read_motion({"id": path.stem, "file_h1": str(path)}) for path in chosen]
    rows = []
    with Path(os.devnull).open("w") as silent, contextlib.redirect_stderr(silent):
        for name, build, factors in models(Path(examples)):
            for factor in factors:
                rows += [{"model": name, "factor": factor, **analyze(build, m, factor)} for m in motions]
    print(json.dumps({"cpu_s": sum(row["cpu_s"] for row in rows), "rows": rows}))


if __name__ == "__main__":
    main(*sys.argv[1:])
