"""What the base shear costs: processor time of a step with and without it, by turns, the least of each."""

from __future__ import annotations

import time
from typing import Any
from unittest import mock

import numpy as np

from gmplug.analysis import history
from gmplug.analysis.history import Excitation, run_motion
from gmplug.structures.frame import frame
from gmplug.structures.sdof import sdof

TUNED_ON = "nothing"
REPORTED_ON = "made-up noise"
ROUNDS, POINTS = 6, 1500
MODELS: dict[str, Any] = {
    "sdof": lambda ops: sdof(ops=ops, damping_ratio=0.05, conditioning_period_s=1.0),
    "frame": lambda ops: frame(ops=ops, damping_ratio=0.05),
}


def run() -> list[dict[str, Any]]:
    """One row per model: µs of a step without and with base shear."""
    without = mock.Mock(return_value=mock.Mock(missing="not wanted here"))
    rows = []
    for name, build in MODELS.items():
        least = {False: np.inf, True: np.inf}
        for _ in range(ROUNDS):
            for wanted in least:
                with mock.patch.object(history, "BaseShear", history.BaseShear if wanted else without):
                    least[wanted] = min(least[wanted], _step_us(build))
        bare, whole = least[False], least[True]
        rows.append({"model": name, "without_us": bare, "with_us": whole, "share": whole / bare - 1})
    return rows


def _step_us(build: Any) -> float:
    import openseespy.opensees as ops

    noise = np.convolve(np.random.default_rng(1).normal(size=POINTS), np.ones(5) / 5, "same")
    ops.wipe()
    model = build(ops)
    start = time.process_time()
    outcome = run_motion(ops, model, Excitation(0.01, {1: 0.3 * noise}), 0.01, 1.0)
    return 1e6 * (time.process_time() - start) / outcome.steps


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    shares = ", ".join(f"{row['share']:.0%} of a step of `{row['model']}`" for row in rows)
    return {"Base shear, [analysis](analysis.md#base-shear)": f"It takes {shares}."}
