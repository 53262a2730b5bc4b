"""One analysis, from its record to its demands: the function that runs in a worker process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmplug.analysis.errors import ExecutorError
from gmplug.analysis.output import output_to, working_in
from gmplug.analysis.reads import files_read, users_own
from gmplug.analysis.recorders import RecorderFiles, watch_recorders
from gmplug.analysis.setup import AnalysisSetup
from gmplug.errors import InputError
from gmplug.host import is_script
from gmplug.values import AnalysisResult, AnalysisTask, Motion, StructureModel

if TYPE_CHECKING:
    from gmplug.analysis.events import Events
    from gmplug.analysis.history import Excitation, Outcome
    from gmplug.analysis.motion_cache import MotionCache
    from gmplug.analysis.solver_settings import SolverSettings
    from gmplug.host import Host

#: Displacements below this are rounding errors.
LEAST_DISPLACEMENT_M = 1e-12


def analyze(setup: AnalysisSetup, task: AnalysisTask) -> AnalysisResult:
    """Run one record through the structure; an error becomes the result's status and message."""
    start = time.perf_counter()
    with output_to(setup.log_file(task.name or task.id)):
        try:
            result = _analyze(setup, task)
        except ExecutorError:
            raise
        except (Exception, SystemExit) as error:
            result = AnalysisResult(task.id, "failed", message=_one_line(error))
    return replace(result, wall_s=time.perf_counter() - start)


def describe(setup: AnalysisSetup) -> dict[str, Any]:
    """Build and check the structure once; return its description: name, periods, stories, ...

    Raises InputError or StudyError as :func:`gmplug.structures.build_structure` does, where the model has
    no degree of freedom for an excitation of the study, and where a check fails (see
    :mod:`gmplug.analysis.model_checks` and :func:`gmplug.structures.description.check_model`).
    """
    from gmplug.analysis.base_shear import BaseShear
    from gmplug.analysis.history import seismic_weight
    from gmplug.analysis.kept_histories import history_sampler
    from gmplug.analysis.model_checks import check_built_model, floor_coordinates
    from gmplug.structures.description import check_floors, check_model, check_nodes, describe_model
    from gmplug.structures.geometry import model_geometry

    setup = _at_absolute_paths(setup)
    coordinates: tuple[tuple[float, ...], ...] = ()
    period_s: float | None = None
    notes: list[str] = []
    with output_to(setup.log_file("structure")), working_in(setup.output_dir("structure")):
        with files_read() as opened:
            ops, model, events, recorders = _build(setup)
        check_nodes(ops, model)
        missing = BaseShear(ops, model.horizontal_directions).missing
        weight = seismic_weight(ops, model)
        geometry = model_geometry(ops, model)
        excited = _excitation_directions(setup, model)
        settings = _settings(setup, events)
        if setup.keeps_histories:
            history_sampler(setup.histories, events)  # checks the names
        if not _is_built_in(setup):
            coordinates = floor_coordinates(ops, model)
            check_floors(model, coordinates, setup.accept).raise_problems()
            period_s, notes = check_built_model(
                ops, model, excited, settings, setup.conditioning_period_s, setup.damping_ratio
            )
        ops.wipe()
    found = check_model(model, coordinates, period_s, setup.conditioning_period_s, setup.accept)
    if missing:
        notes.append(f"the analyses have no base shear: {missing}")
    notes = [*found.raise_problems(), *notes, *recorders.notes(), *_unseen_files(setup, opened)]
    return {
        "model": setup.model,
        **describe_model(model),
        "computed_first_period_s": period_s,
        "seismic_weight": list(weight),
        "geometry": geometry,
        "accepted": list(setup.accept),
        "notes": notes,
    }


@contextmanager
def built(
    setup: AnalysisSetup, name: str
) -> Iterator[tuple[Any, StructureModel, Mapping[str, int], SolverSettings]]:
    """Build the structure in this process: OpenSees, the model, excited directions, and how steps are solved.

    ``name`` is that of its log and of the folder of its files.
    """
    setup = _at_absolute_paths(setup)
    with output_to(setup.log_file(name)), working_in(setup.output_dir(name)):
        ops, model, events, _ = _build(setup)
        try:
            yield ops, model, _excitation_directions(setup, model), _settings(setup, events)
        finally:
            ops.wipe()


def _unseen_files(setup: AnalysisSetup, opened: list[str]) -> list[str]:
    """Return a note on the files that a script reads and that the fingerprint of its analyses lacks."""
    if not is_script(setup.model):
        return []
    from gmplug.analysis.fingerprint import option_files
    from gmplug.structures import model_files

    known = {path for script in setup.scripts for path in model_files(script)}
    known |= set(option_files(setup.options, setup.base_dir))
    unseen = users_own(opened, known, setup.run_dir or Path())
    if not unseen:
        return []
    return [
        f"the model reads {', '.join(unseen)}, which cannot be seen in its script: when you change that, run "
        "with --fresh"
    ]


def _is_built_in(setup: AnalysisSetup) -> bool:
    """Tell whether the structure is one of gmplug's own, which need no checks."""
    offered = _host(setup.scripts).offered_by("structures").get(setup.model)
    return offered == ["gmplug.structures.plugin"]


def _analyze(setup: AnalysisSetup, task: AnalysisTask) -> AnalysisResult:
    from gmplug.analysis.demands import floor_demands
    from gmplug.analysis.history import (
        FREE_VIBRATION_PERIODS,
        RESIDUAL_PERIODS,
        first_period_s,
        longest_step_s,
        run_motion,
    )
    from gmplug.analysis.kept_histories import history_columns, history_sampler, write_history

    motion = _motions().read(task.record)
    setup = _at_absolute_paths(setup)
    with working_in(setup.output_dir(task.name or task.id)):
        ops, model, events, recorders = _build(setup, task)
        period = first_period_s(model, setup.conditioning_period_s)
        free_s = FREE_VIBRATION_PERIODS * period if setup.free_vibration_s is None else setup.free_vibration_s
        demands: dict[str, float] = {}
        try:
            events.starting()
            outcome = run_motion(
                ops,
                model,
                _excitation(setup, model, task, motion),
                setup.time_step_s or longest_step_s(period),
                free_s,
                events.on_step,
                _settings(setup, events),
                history_sampler(setup.histories, events) if setup.keeps_histories else None,
            )
            if outcome.status != "failed":
                window = min(RESIDUAL_PERIODS * period, free_s) if outcome.status == "ok" else None
                demands = floor_demands(outcome.history, model, window)
                demands |= events.extra_demands(outcome.history)
        finally:
            ops.wipe()  # closes the files of recorders
    if outcome.status != "failed":
        outcome = _checked(outcome, model.length_unit_m, recorders)
    history = ""
    if setup.keeps_histories:
        history = write_history(setup, task, history_columns(outcome.history, model, setup.histories))
    return AnalysisResult(
        task.id,
        outcome.status,
        demands=demands if outcome.status != "failed" else {},
        message=outcome.message,
        steps=outcome.steps,
        retries=outcome.retries,
        time_reached_s=outcome.time_reached_s,
        last_norm=outcome.last_norm,
        history=history,
    )


def _checked(outcome: Outcome, length_unit_m: float, recorders: RecorderFiles) -> Outcome:
    """Return the outcome as failed where no floor has moved; name recorders that wrote nothing."""
    displacement = outcome.history.displacement
    if not abs(displacement - displacement[:, :1]).max() * length_unit_m > LEAST_DISPLACEMENT_M:
        return replace(
            outcome,
            status="failed",
            message="no floor has moved: has the record any motion, and the model mass in that direction?",
        )
    unwritten = recorders.unwritten()
    return replace(outcome, message="; ".join(filter(None, (outcome.message, unwritten))))


def _at_absolute_paths(setup: AnalysisSetup) -> AnalysisSetup:

    run_dir = None if setup.run_dir is None else setup.run_dir.absolute()
    return replace(setup, base_dir=setup.base_dir.absolute(), run_dir=run_dir)


def _excitation_directions(setup: AnalysisSetup, model: StructureModel) -> dict[str, int]:
    """Return the degree of freedom that each component excites.

    Raises InputError where the model has none for it.
    """
    directions = model.horizontal_directions
    if setup.component != "both":
        excited = {setup.component: directions[0]}
    elif len(directions) == 2:
        excited = dict(zip(("h1", "h2"), directions, strict=True))
    else:
        raise InputError(
            '[analysis] component = "both": the model has one horizontal direction; give its '
            'StructureModel two, such as directions=(1, 2), or use component = "h1"'
        )
    if setup.vertical:
        if model.vertical_direction is None:
            raise InputError(
                "[analysis] vertical = true: the model has no vertical direction; give its StructureModel "
                "one, such as vertical_direction=3, or use vertical = false"
            )
        excited["v"] = model.vertical_direction
    return excited


def _excitation(
    setup: AnalysisSetup, model: StructureModel, task: AnalysisTask, motion: Motion
) -> Excitation:
    """Return the components that excite the model, all times the one scale factor."""
    from gmplug.analysis.history import Excitation

    components = dict(zip(("h1", "h2"), motion.horizontal_g, strict=False))
    if motion.vertical_g is not None:
        components["v"] = motion.vertical_g
    by_direction = {}
    for component, direction in _excitation_directions(setup, model).items():
        if component not in components:
            raise InputError(f"record {task.id} has no component {component}")
        by_direction[direction] = components[component] * task.scale_factor
    return Excitation(motion.time_step_s, by_direction)


def _settings(setup: AnalysisSetup, events: Events) -> SolverSettings:
    from gmplug.analysis.solver_settings import read_settings

    from_model = events.options()
    where = "[analysis] solver" + (" with the script's analysis_options" if from_model else "")
    return read_settings({**from_model, **setup.solver}, where)


def _build(
    setup: AnalysisSetup, task: AnalysisTask | None = None
) -> tuple[Any, StructureModel, Events, RecorderFiles]:
    """Build the structure, damped; return it with the events and the recorders' files that belong to it."""
    import openseespy.opensees as ops

    from gmplug.analysis.events import Events
    from gmplug.structures import build_structure

    recorders = RecorderFiles(own_folder=setup.run_dir is not None)
    watch_recorders(ops, recorders)  # before a script takes them by `import *`
    given = {
        "ops": ops,
        "damping_ratio": setup.damping_ratio,
        "conditioning_period_s": setup.conditioning_period_s,
    }
    with _refusing_equations(ops):
        host = _host(setup.scripts)
        model = build_structure(host, setup.model, setup.options, given, setup.base_dir)
    there = {"ops": ops, "model": model, "damping_ratio": setup.damping_ratio, "task": task}
    script = host.scripts.get((setup.base_dir / setup.model).resolve()) if is_script(setup.model) else None
    events = Events(host, script, there)
    events.damping()
    return ops, model, events, recorders


@contextmanager
def _refusing_equations(ops: Any) -> Iterator[None]:
    """Refuse ``equationConstraint``, which most handlers ignore and ``wipe`` leaves in the next model."""

    def refuse(*arguments: Any) -> None:
        raise InputError(
            "[structure] model: equationConstraint cannot be used: OpenSees' usual handlers of constraints "
            "ignore it, and ops.wipe() keeps it; use equalDOF, rigid links or stiff elements"
        )

    native = ops.equationConstraint
    ops.equationConstraint = refuse
    try:
        yield
    finally:
        ops.equationConstraint = native


@lru_cache(maxsize=1)
def _host(scripts: tuple[Path, ...]) -> Host:
    """Return the plugins of the main process; a worker loads them once."""
    from gmplug.host import Host

    return Host(scripts)


def forget_scripts() -> None:
    """Load scripts again when they are next used: their files may have changed."""
    _host.cache_clear()


@lru_cache(maxsize=1)
def _motions() -> MotionCache:
    """Return the motions of this process."""
    from gmplug.analysis.motion_cache import MotionCache

    return MotionCache()


def _one_line(error: BaseException) -> str:
    from gmplug.errors import GmplugError
    from gmplug.structures.build import error_line

    return " ".join(str(error).split()) if isinstance(error, GmplugError) else error_line(error)
