"""Incremental dynamic analysis and clouds: the selected records at levels of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.analysis.stage import (
    REPAIR,
    STRUCTURE_FILE,
    check_structure,
    damping_notes,
    demands_table,
    make_setup,
    make_tasks,
)
from gmplug.analysis.stage import STAGE as ANALYSIS
from gmplug.batch.cases import Case, Settings, run_cases
from gmplug.chain.stage import Stage, StageContext
from gmplug.errors import readable
from gmplug.levels.demands import DEMANDS_FILE, LEVELS_FILE
from gmplug.notes import counted
from gmplug.plain import plain, write_json
from gmplug.study import Study
from gmplug.study.schema import IdaSection
from gmplug.values import (
    VALID_STATUSES,
    AnalysisResult,
    AnalysisTask,
    Candidates,
    FloatArray,
    LevelDemands,
    Selection,
    Target,
)

#: Columns of the tables that are texts.
_TEXTS = dict.fromkeys(("id", "level", "status", "message", "group", "history"), str)


@dataclass
class HuntAndFill:
    """The search along one record: up in growing steps until collapse, then into the gap, then between.

    Vamvatsikos & Cornell (2002), "Incremental dynamic analysis", Earthquake Eng. Struct. Dyn. 31:491-514, and
    (2004), "Applied incremental dynamic analysis", Earthquake Spectra 20:523-553. Steps grow by
    ``increment_g``. The gap between the highest Sa that stands and the lowest collapse is run at a third
    until it is at most ``resolution`` of the former. What is left of ``runs`` halves the largest gap below.
    """

    options: IdaSection
    runs: list[tuple[float, bool]] = field(default_factory=list)

    def tell(self, sa_g: float, collapsed: bool) -> None:
        """Remember a run."""
        self.runs.append((sa_g, collapsed))

    def next(self) -> float | None:
        """Sa of the next run, g; None where the search is over."""
        options = self.options
        if len(self.runs) >= options.runs:
            return None
        fallen = [sa for sa, collapsed in self.runs if collapsed]
        if not fallen:
            return self._hunt()
        high = min(fallen)
        standing = sorted(sa for sa, collapsed in self.runs if not collapsed and sa < high)
        low = standing[-1] if standing else 0.0
        if high - low > options.resolution * low:
            return low + (high - low) / 3
        edges = [0.0, *standing]
        gaps = np.diff(edges)
        at = int(np.argmax(gaps))
        return float(edges[at] + gaps[at] / 2)

    def _hunt(self) -> float:
        if not self.runs:
            return self.options.first_g
        steps = len(self.runs) - 1
        return self.runs[-1][0] + self.options.step_g + steps * self.options.increment_g


def sampling_stage(study: Study) -> Stage:
    """Return the stage ``ida`` or ``cloud``, which replaces ``analysis``."""
    kind = "ida" if study.ida else "cloud"
    return Stage(
        name=kind,
        inputs=("selection", "target", "candidates"),
        sections=(*ANALYSIS.sections, kind),
        files=(DEMANDS_FILE, LEVELS_FILE, STRUCTURE_FILE),
        run=run,
        save=_save,
        load=partial(_load, study=study, kind=kind),
        calls=ANALYSIS.calls,
        events=ANALYSIS.events,
        scratch=ANALYSIS.scratch,
        gist=lambda demands: f"{counted(len(demands.table), 'analysis', 'analyses')}",
    )


def _save(value: LevelDemands, run_dir: Path) -> None:
    value.table.to_csv(run_dir / DEMANDS_FILE, index=False)
    value.levels.to_csv(run_dir / LEVELS_FILE, index=False)
    write_json(run_dir / STRUCTURE_FILE, plain(value.model))


def _load(run_dir: Path, study: Study, kind: str, **inputs: Any) -> LevelDemands:
    path = run_dir / DEMANDS_FILE
    with readable(path, REPAIR):
        table, levels = (
            pd.read_csv(run_dir / name, dtype=_TEXTS, float_precision="round_trip")
            for name in (DEMANDS_FILE, LEVELS_FILE)
        )
        table = table.fillna({name: "" for name in _TEXTS if name in table})
        model = json.loads((run_dir / STRUCTURE_FILE).read_text(encoding="utf-8"))
        return LevelDemands(table, levels, study.conditioning_period_s, model, kind)


def run(context: StageContext, selection: Selection, target: Target, candidates: Candidates) -> LevelDemands:
    """Run the selected records by the options of ``[ida]`` or ``[cloud]``; the store keeps every run.

    Raises InputError or StudyError as the stage ``analysis`` does.
    """
    ida, cloud = context.study.ida, context.study.cloud
    setup = make_setup(context)
    check_structure(context, setup)
    tasks = {task.id: task for task in make_tasks(selection.records)}
    unscaled_g = dict(zip(tasks, _unscaled_sa(selection, target).tolist(), strict=True))
    searches = {name: HuntAndFill(ida) for name in tasks} if ida is not None else {}
    if ida is not None:
        first = [_scaled(task, ida.first_g / unscaled_g[name]) for name, task in tasks.items()]
    else:
        assert cloud is not None
        first = [_scaled(task, factor) for task in tasks.values() for factor in cloud.factors]

    def follow(task: AnalysisTask, result: AnalysisResult) -> list[AnalysisTask]:
        """The next run of the record; none after a run without a result."""
        if ida is None or result.status not in VALID_STATUSES:
            return []
        search = searches[task.id]
        search.tell(task.scale_factor * unscaled_g[task.id], result.status == "collapsed")
        sa_next = search.next()
        return [] if sa_next is None else [_scaled(tasks[task.id], sa_next / unscaled_g[task.id])]

    kind = "cloud" if ida is None else "ida"
    case = Case(kind, setup, first)
    run_cases(Settings.of(context), [case], follow=follow, most=ida.runs * len(tasks) if ida else None)
    if case.error is not None:
        raise case.error
    records = pd.DataFrame([task.record for task, _ in case.results])
    table = demands_table(records, [result for _, result in case.results])
    sa_g = [task.scale_factor * unscaled_g[task.id] for task, _ in case.results]
    first_columns = pd.DataFrame({"level": kind, "sa_g": sa_g, "annual_rate": np.nan})
    table = pd.concat([first_columns, table], axis=1).sort_values(["id", "sa_g"], ignore_index=True)
    level = {"candidates": len(candidates.records), "records": len(tasks)}
    levels = pd.DataFrame([{"level": kind, "sa_g": np.nan, "annual_rate": np.nan, **level}])
    notes = [*case.description.get("notes", ()), *damping_notes(context.study)]
    model = {**case.description, "notes": notes}
    return LevelDemands(table, levels, target.conditioning_period_s, model, kind)


def _scaled(task: AnalysisTask, factor: float) -> AnalysisTask:
    record = {**task.record, "scale_factor": float(factor)}
    return AnalysisTask(task.id, float(factor), record, name=f"{task.id}-x{factor:.9g}")


def _unscaled_sa(selection: Selection, target: Target) -> FloatArray:
    """Sa at T* of the records as they are, g, shape (n,)."""
    at = int(np.argmin(np.abs(target.periods_s - target.conditioning_period_s)))
    sa: FloatArray = np.exp(selection.ln_sa[:, at]) / selection.records["scale_factor"].to_numpy(dtype=float)
    return sa
