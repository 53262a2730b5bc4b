"""One analysis, from its record to its demands: the function that runs in a worker process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmplug.analysis.output import output_to
from gmplug.analysis.setup import AnalysisSetup
from gmplug.errors import InputError
from gmplug.values import AnalysisResult, AnalysisTask, FloatArray, StructureModel

if TYPE_CHECKING:
    from gmplug.analysis.history import Outcome
    from gmplug.host import Host


def analyse(setup: AnalysisSetup, task: AnalysisTask) -> AnalysisResult:
    """Run one record through the structure; whatever goes wrong becomes the result's status and message."""
    start = time.perf_counter()
    with output_to(setup.log_file(task.id)):
        try:
            result = _analyse(setup, task)
        except (Exception, SystemExit) as error:
            result = AnalysisResult(task.id, "failed", message=_one_line(error))
    return _with_wall(result, time.perf_counter() - start)


def describe(setup: AnalysisSetup) -> dict[str, Any]:
    """Build the structure once, and return what is known of it: name, periods, storeys, ...

    Raises InputError or StudyError as :func:`gmplug.structures.build_structure` does.
    """
    with output_to(setup.log_file("structure")):
        _, model = _build(setup)
    return {
        "model": setup.model,
        "description": model.description,
        "periods_s": list(model.periods_s),
        "stories": len(model.story_heights),
        "story_heights": list(model.story_heights),
        "gravity": model.gravity,
        "collapse_drift_ratio": model.collapse_drift_ratio,
    }


@dataclass(frozen=True)
class _Events:
    """Calls the hooks of a worker, if there is anybody to hear them."""

    host: Host
    arguments: Mapping[str, Any]

    def starting(self) -> None:
        self.host.hook.gmplug_analysis_starting(**self.arguments)

    def step(self, time_s: float) -> None:
        self.host.hook.gmplug_analysis_step(**self.arguments, time_s=time_s)

    def extra_demands(self) -> dict[str, float]:
        demands: dict[str, float] = {}
        for more in self.host.hook.gmplug_extra_demands(**self.arguments):
            for name, value in (more or {}).items():
                if name in demands:
                    raise InputError(f"two plugins give the demand '{name}'; rename one of them")
                demands[str(name)] = float(value)
        return demands


def _analyse(setup: AnalysisSetup, task: AnalysisTask) -> AnalysisResult:
    from gmplug.analysis.demands import floor_demands
    from gmplug.analysis.history import (
        FREE_VIBRATION_PERIODS,
        RESIDUAL_PERIODS,
        STEPS_PER_PERIOD,
        first_period_s,
        run_motion,
    )

    acceleration_g, motion_step_s = _excitation(setup, task)
    ops, model = _build(setup)
    host = _host(setup.scripts)
    events = _Events(host, {"task": task, "ops": ops, "model": model})
    period = first_period_s(model, setup.conditioning_period_s)
    free_s = FREE_VIBRATION_PERIODS * period if setup.free_vibration_s is None else setup.free_vibration_s
    try:
        events.starting()
        outcome = run_motion(
            ops,
            model,
            acceleration_g,
            motion_step_s,
            setup.time_step_s or period / STEPS_PER_PERIOD,
            free_s,
            events.step if host.implements("gmplug_analysis_step") else None,
        )
        demands: dict[str, float] = {}
        if outcome.status != "failed":
            window = min(RESIDUAL_PERIODS * period, free_s) if outcome.status == "ok" else None
            demands = floor_demands(outcome.history, model, window) | events.extra_demands()
    finally:
        ops.wipe()  # closes the files of recorders
    return _result(task, outcome, demands)


def _result(task: AnalysisTask, outcome: Outcome, demands: Mapping[str, float]) -> AnalysisResult:
    return AnalysisResult(
        task.id,
        outcome.status,
        demands=dict(demands),
        message=outcome.message,
        steps=outcome.steps,
        retries=outcome.retries,
        time_reached_s=outcome.time_reached_s,
    )


def _excitation(setup: AnalysisSetup, task: AnalysisTask) -> tuple[FloatArray, float]:
    """Return the scaled accelerogram (g, shape (n,)) of the chosen component, and its time step."""
    from gmplug.waveforms import read_motion

    motion = read_motion(task.record)
    row = 0 if setup.component == "h1" else 1
    if row >= len(motion.horizontal_g):
        raise InputError(f"record {task.id} has no component {setup.component}")
    return motion.horizontal_g[row] * task.scale_factor, motion.time_step_s


def _build(setup: AnalysisSetup) -> tuple[Any, StructureModel]:
    import openseespy.opensees as ops

    from gmplug.structures import build_structure

    given = {
        "ops": ops,
        "damping_ratio": setup.damping_ratio,
        "conditioning_period_s": setup.conditioning_period_s,
    }
    return ops, build_structure(_host(setup.scripts), setup.model, setup.options, given, setup.base_dir)


@lru_cache(maxsize=1)
def _host(scripts: tuple[Path, ...]) -> Host:
    """Return the plugins, as the main process has them; loaded once in a worker's life."""
    from gmplug.host import Host

    return Host(scripts)


def _one_line(error: BaseException) -> str:
    from gmplug.errors import GmplugError
    from gmplug.structures.build import error_line

    return " ".join(str(error).split()) if isinstance(error, GmplugError) else error_line(error)


def _with_wall(result: AnalysisResult, wall_s: float) -> AnalysisResult:
    from dataclasses import replace

    return replace(result, wall_s=wall_s)
