"""The stage ``analysis``: the selected records through the structure, one row of demands for each."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from gmplug.analysis.campaign import Campaign, Job
from gmplug.analysis.collected import COLLECTED, collected_model, collected_results
from gmplug.analysis.errors import ExecutorError
from gmplug.analysis.executors import ProcessExecutor
from gmplug.analysis.fingerprint import EVENTS, versions
from gmplug.analysis.kept_histories import remove_incomplete
from gmplug.analysis.setup import ANALYSIS_DIR, AnalysisSetup
from gmplug.analysis.solver_settings import read_settings
from gmplug.analysis.store import STORE_FILE, ResultStore
from gmplug.chain.calls import Call, structure_call
from gmplug.chain.stage import Stage, StageContext
from gmplug.demands import demands
from gmplug.errors import InputError, StudyError, readable
from gmplug.host import Host
from gmplug.host.options import bind, unknown_option
from gmplug.notes import counted, doubtful, warning
from gmplug.plain import plain, write_json
from gmplug.plausible import Findings, look_at
from gmplug.structures.build import find_builder
from gmplug.study.schema import AnalysisSection, Study
from gmplug.values import STATUSES, AnalysisResult, AnalysisTask, Demands, Motions, Selection
from gmplug.waveforms.reference import file_of

DEMANDS_FILE = "demands.csv"
STRUCTURE_FILE = "structure.json"
REPAIR = "repair it, or use --fresh"
_FROM_SELECTION = ("id", "group", "cluster", "scale_factor")
#: Target provider of ASCE 7-22, and the largest equivalent viscous damping of its 16.3.5.
_ASCE7, _ASCE7_MOST_DAMPING = "code-asce7", 0.025
_TEXTS = ("id", "group", "status", "message", "history")
_EFFORT = ("wall_s", "steps", "retries", "time_reached_s", "last_norm")


def run(context: StageContext, selection: Selection, motions: Motions) -> Demands | None:
    """Run the motion of every selected record through the structure.

    Without a structure: what was collected from an exported folder, or None.

    Raises
    ------
    InputError
        The structure, the executor or an option of theirs is wrong.
    StudyError
        The structure cannot be built.
    """
    if context.study.structure.model is not None:
        return analyze_records(context, motions.records(selection))
    if not (context.run_dir / COLLECTED).is_file():
        return None
    records = motions.records(selection)
    collected = collected_results(context.run_dir, records)
    results, folder = collected
    table, model = demands_table(records, results), collected_model(results, folder)
    notes = [*model["notes"], *implausible(table, context.study.study.accept).notes]
    return Demands(table, {**model, "notes": notes})


def analyze_records(context: StageContext, records: pd.DataFrame) -> Demands:
    """Run the motion of every record (rows as in a selection) through the study's structure.

    Raises as :func:`run` does.
    """
    setup = make_setup(context)
    check_structure(context, setup)
    tasks = make_tasks(records)
    results: dict[str, AnalysisResult] = {}

    def on_result(job: Job, result: AnalysisResult) -> None:
        results[result.id] = result
        context.host.hook.gmplug_analysis_finished(result=result)
        context.progress(len(results), len(tasks), f"{result.id}: {result.status}")

    study = context.study
    workers = min(study.analysis.workers or context.workers, max(len(tasks), 1))
    with open_campaign(study.analysis, context.host, setup, workers) as campaign:
        model = campaign.describe(setup)
        campaign.run([(setup, task) for task in longest_first(tasks)], on_result)
    table = demands_table(records, [results[task.id] for task in tasks])
    notes = [*model.get("notes", ()), *damping_notes(study), *implausible(table, study.study.accept).notes]
    return Demands(table, {**model, "notes": notes})


@contextlib.contextmanager
def open_campaign(
    analysis: AnalysisSection, host: Host, setup: AnalysisSetup, workers: int
) -> Iterator[Campaign]:
    """Open the store in the setup's run directory, and the executor that ``[analysis]`` names.

    Raises InputError where the executor or an option of it is unknown.
    """
    assert setup.run_dir is not None
    remove_incomplete(setup.run_dir)
    make_executor = executor_maker(analysis, host, setup.base_dir, workers)
    with (
        ResultStore(setup.run_dir) as store,
        Campaign(store, make_executor, versions(host, setup.model), analysis.timeout_s) as campaign,
    ):
        yield campaign


def damping_notes(study: Study) -> tuple[str, ...]:
    """Return a note where a study by ASCE 7-22 has more viscous damping than its 16.3.5 allows."""
    damping = study.analysis.damping
    if study.target.provider != _ASCE7 or damping <= _ASCE7_MOST_DAMPING:
        return ()
    return (
        doubtful(
            f"[analysis] damping = {damping:g}: ASCE 7-22 16.3.5 limits equivalent viscous damping to 2.5 % "
            f"of critical in nonlinear response history analysis (this clause is not verified against the "
            f"standard); set damping = 0.025, or justify more"
        ),
    )


def implausible(table: pd.DataFrame, accept: Iterable[str]) -> Findings:
    """Compare the demands of the analyses that ended ok with physical limits.

    Impossible values are warnings: the analyses are done, and their results are kept.
    """
    ok = table[table["status"] == "ok"]
    found = Findings()
    for demand in demands().values():
        column = demand.column
        if demand.quantity and column in ok:
            found += look_at(demand.quantity, ok[column], f"demands, column {column}", list(ok["id"]), accept)
    return Findings(notes=(*(warning(problem) for problem in found.problems), *found.notes))


def make_setup(context: StageContext) -> AnalysisSetup:
    """Return what all analyses of a study share."""
    study, structure = context.study, context.study.structure
    assert structure.model is not None
    setup = setup_of(study.analysis, context.host, study.base_dir, context.run_dir)
    return replace(
        setup,
        model=structure.model,
        options=structure.options,
        conditioning_period_s=study.conditioning_period_s,
        accept=tuple(study.study.accept),
    )


def setup_of(analysis: AnalysisSection, host: Host, base_dir: Path, run_dir: Path) -> AnalysisSetup:
    """Return what ``[analysis]`` says of all analyses; the structure and T* are for the caller to set."""
    return AnalysisSetup(
        model="",
        conditioning_period_s=0.0,
        base_dir=base_dir,
        scripts=tuple(host.scripts),
        damping_ratio=analysis.damping,
        component=analysis.component,
        vertical=analysis.vertical,
        solver=analysis.solver,
        time_step_s=analysis.time_step_s,
        free_vibration_s=analysis.free_vibration_s,
        histories=analysis.kept_histories,
        run_dir=run_dir,
    )


def make_tasks(records: pd.DataFrame) -> list[AnalysisTask]:
    """Return one task for each record, in their order."""
    rows = records.to_dict(orient="records")
    return [
        AnalysisTask(str(row["id"]), float(row["scale_factor"]), {str(k): v for k, v in row.items()})
        for row in rows
    ]


def longest_first(tasks: Sequence[AnalysisTask]) -> list[AnalysisTask]:
    """Return the tasks by falling size of their waveform files, so that no long one starts last."""

    def minus_kilobytes(task: AnalysisTask) -> int:
        try:
            return -(file_of(str(task.record.get("file_h1") or "")).stat().st_size // 1024)
        except OSError:
            return 0  # the analysis reports a missing file

    return sorted(tasks, key=minus_kilobytes)


def check(context: StageContext) -> None:
    """Build and check the structure in a process, before the selection.

    Raises InputError where the structure, the solver, the executor or an option of theirs is wrong, and where
    the model cannot be built or analyzed.
    """
    if context.study.structure.model is None:
        return
    setup = make_setup(context)
    check_structure(context, setup)
    analysis = context.study.analysis
    make_executor = executor_maker(analysis, context.host, setup.base_dir, 1)
    if analysis.executor != "serial":  # a cluster is not started for that
        limits = {"timeout_s": analysis.timeout_s, "memory_limit_mb": analysis.memory_limit_mb}
        make_executor = partial(ProcessExecutor, workers=1, **limits)
    with (
        tempfile.TemporaryDirectory() as folder,
        ResultStore(Path(folder)) as store,
        Campaign(store, make_executor, versions(context.host, setup.model), analysis.timeout_s) as campaign,
    ):
        try:
            campaign.describe(replace(setup, run_dir=Path(folder)))
        except ExecutorError:
            raise
        except StudyError as error:
            raise InputError(str(error)) from error


def settings_problems(study: Study) -> list[str]:
    """Return problems of the solver's settings, and of options of a model without a model."""
    problems: list[str] = []
    if study.structure.model is None:
        known = type(study.structure).model_fields
        problems = [
            f"{unknown_option(name, known, '[structure]')}, and the options of a model where one is named"
            for name in study.structure.options
        ]
    try:
        read_settings(study.analysis.solver)
    except InputError as error:
        problems += error.problems
    return problems


def check_structure(context: StageContext, setup: AnalysisSetup) -> None:
    """Raise InputError on a wrong option of the structure or the solver, before a process is started."""
    read_settings(setup.solver)
    builder, where = find_builder(context.host, setup.model, setup.base_dir)
    given = {"ops": None, "damping_ratio": setup.damping_ratio, "conditioning_period_s": 0.0}
    bind(builder, setup.options, given, where, setup.base_dir)


def executor_maker(
    analysis: AnalysisSection, host: Host, base_dir: Path, workers: int
) -> Callable[[], Executor]:
    """Return what makes the executor that ``[analysis]`` names.

    Raises InputError if the executor or an option of it is unknown.
    """
    implementation = host.provider("executors", analysis.executor)
    given = {
        "workers": workers,
        "timeout_s": analysis.timeout_s,
        "memory_limit_mb": analysis.memory_limit_mb,
    }
    where = f"[analysis] executor '{analysis.executor}'"
    arguments = bind(implementation, analysis.executor_options, given, where, base_dir)
    return lambda: implementation(**arguments)


def demands_table(records: pd.DataFrame, results: Sequence[AnalysisResult]) -> pd.DataFrame:
    """Return one row of demands for each record and its result."""
    kept = [name for name in _FROM_SELECTION if name in records]
    table = records[kept].reset_index(drop=True).copy()
    table["id"] = [r.id for r in results]
    table["status"] = [r.status for r in results]
    table["message"] = [r.message for r in results]
    fullest = sorted(results, key=lambda r: -len(r.demands))
    names = list(dict.fromkeys(name for r in fullest for name in r.demands))
    demands = pd.DataFrame(
        {name: [float(r.demands.get(name, float("nan"))) for r in results] for name in names},
        index=table.index,
    )
    effort = pd.DataFrame({name: [getattr(r, name) for r in results] for name in _EFFORT}, index=table.index)
    effort["last_norm"] = effort["last_norm"].astype(float)  # None where every step converged at once
    if any(r.history for r in results):
        effort["history"] = [r.history for r in results]
    return pd.concat([table, demands, effort], axis=1)


def save(value: Demands, run_dir: Path) -> None:
    """Write ``demands.csv`` and ``structure.json``."""
    value.table.to_csv(run_dir / DEMANDS_FILE, index=False)
    model = {k: v for k, v in value.model.items() if v != float("inf")}
    write_json(run_dir / STRUCTURE_FILE, plain(model))


def load(run_dir: Path, selection: Selection | None = None, **inputs: Any) -> Demands:
    """Read ``demands.csv`` and ``structure.json``.

    Raises InputError where a column is missing, a status unknown, or an id repeated or not selected.
    """
    path = run_dir / DEMANDS_FILE
    with readable(path, REPAIR):
        text = pd.read_csv(path, dtype=str, keep_default_na=False)
    _check_table(text, path, selection)
    table = pd.DataFrame({name: _column(text[name], str(name), path) for name in text})
    return Demands(table, _read_structure(run_dir / STRUCTURE_FILE))


def _column(text: pd.Series, name: str, path: Path) -> pd.Series:
    """Return a column of the file as texts or numbers; numbers are read exactly as written."""
    if name in _TEXTS:
        return text
    with contextlib.suppress(ValueError):
        return text.astype(int)
    try:
        return text.map(lambda cell: float(cell) if cell.strip() else float("nan")).astype(float)
    except ValueError as error:
        raise InputError(f"{path}, column {name}: {error}") from error


def _check_table(table: pd.DataFrame, path: Path, selection: Selection | None) -> None:
    missing = {"id", "status", "message"} - set(table.columns)
    if missing:
        raise InputError(f"{path}: column(s) {', '.join(sorted(missing))} missing")
    problems = []
    selected = None if selection is None else {str(i) for i in selection.records["id"]}
    for row, (task_id, status) in enumerate(zip(table["id"], table["status"], strict=True), start=2):
        if status not in STATUSES:
            problems.append(f"{path}, line {row}: unknown status {status!r}; known: {', '.join(STATUSES)}")
        if selected is not None and task_id not in selected:
            problems.append(f"{path}, line {row}: record {task_id!r} is not in selection.csv")
    repeated = table["id"][table["id"].duplicated()]
    if len(repeated):
        problems.append(f"{path}: record {repeated.iloc[0]!r} occurs more than once")
    lacking = sorted((selected or set()) - set(table["id"]))
    if lacking:
        problems.append(
            f"{path}: no row of {counted(len(lacking), 'selected record')} ({', '.join(lacking[:5])}); put "
            "the row back, take the record out of selection.csv, or remove the file"
        )
    if problems:
        raise InputError(problems)


def _read_structure(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    with readable(path, REPAIR):
        content = json.loads(path.read_text(encoding="utf-8"))
    return content if isinstance(content, dict) else {}


def summary(value: Demands | None) -> Mapping[str, Any]:
    """Return the number of analyses by status, and the structure."""
    if value is None:
        return {}
    counts = value.table["status"].value_counts()
    by_status = {status: int(counts[status]) for status in STATUSES if status in counts}
    return {"analyses": by_status, "structure": dict(value.model)}


def calls(study: Study) -> tuple[Call, ...]:
    """Return the calls of the structure and of the executor, which changes no result."""
    return (*structure_calls(study), executor_call(study))


def structure_calls(study: Study) -> tuple[Call, ...]:
    """Return the call of the structure, if the study names one."""
    model = study.structure.model
    return () if model is None else (structure_call(study, model),)


def executor_call(study: Study) -> Call:
    """Return the call of the executor."""
    part = study.analysis
    where = f"[analysis] executor '{part.executor}'"
    place = ("analysis", "executor_options")
    return Call("executors", part.executor, part.executor_options, where, place, counts=False)


def _gist(value: Demands) -> str:
    counts = value.table["status"].value_counts()
    return f"{counted(len(value.table), 'analysis', 'analyses')}: " + ", ".join(
        f"{n} {status}" for status, n in counts.items()
    )


STAGE = Stage(
    name="analysis",
    inputs=("selection", "motions"),
    sections=("structure", "analysis"),
    files=(DEMANDS_FILE, STRUCTURE_FILE),
    run=run,
    save=save,
    load=load,
    gist=_gist,
    calls=calls,
    events=EVENTS,
    settings_problems=settings_problems,
    check=check,
    summary=summary,
    decisions=(COLLECTED,),
    scratch=(STORE_FILE, f"{STORE_FILE}-wal", f"{STORE_FILE}-shm", ANALYSIS_DIR),
)
