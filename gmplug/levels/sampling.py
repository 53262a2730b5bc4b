"""Incremental dynamic analysis and clouds: the selected records at levels of their own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.analysis.campaign import Campaign, Job
from gmplug.analysis.fingerprint import versions
from gmplug.analysis.kept_histories import remove_incomplete
from gmplug.analysis.stage import STAGE as ANALYSIS
from gmplug.analysis.stage import (
    STRUCTURE_FILE,
    check_structure,
    damping_notes,
    executor_maker,
    longest_first,
    make_setup,
    make_tasks,
)
from gmplug.analysis.store import ResultStore
from gmplug.chain.stage import Stage, StageContext
from gmplug.errors import InputError
from gmplug.levels.demands import DEMANDS_FILE, LEVELS_FILE
from gmplug.plain import plain
from gmplug.study import Study
from gmplug.study.schema import CloudSection, IdaSection
from gmplug.values import (
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
    """Return the stage that stands in the place of ``analysis``: ``ida`` or ``cloud``, as the study says."""
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
        gist=lambda demands: f"{len(demands.table)} analyses",
    )


def _save(value: LevelDemands, run_dir: Path) -> None:
    value.table.to_csv(run_dir / DEMANDS_FILE, index=False)
    value.levels.to_csv(run_dir / LEVELS_FILE, index=False)
    text = json.dumps(plain(value.model), indent=2)
    (run_dir / STRUCTURE_FILE).write_text(text + "\n", encoding="utf-8")


def _load(run_dir: Path, study: Study, kind: str, **inputs: Any) -> LevelDemands:
    path = run_dir / DEMANDS_FILE
    try:
        table, levels = (
            pd.read_csv(run_dir / name, dtype=_TEXTS, float_precision="round_trip")
            for name in (DEMANDS_FILE, LEVELS_FILE)
        )
        table = table.fillna({name: "" for name in _TEXTS if name in table})
        model = json.loads((run_dir / STRUCTURE_FILE).read_text(encoding="utf-8"))
        return LevelDemands(table, levels, study.conditioning_period_s, model, kind)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); repair it, or use --fresh") from error


def run(context: StageContext, selection: Selection, target: Target, candidates: Candidates) -> LevelDemands:
    """Run the selected records as ``[ida]`` or ``[cloud]`` says; every run is kept, so that it resumes.

    Raises InputError or StudyError as the stage ``analysis`` does.
    """
    options = context.study.ida or context.study.cloud
    assert options is not None
    setup = make_setup(context)
    check_structure(context, setup)
    notes = damping_notes(context.study)
    remove_incomplete(context.run_dir)
    plan = _Plan(options, make_tasks(selection.records), _unscaled_sa(selection, target))
    rows: list[dict[str, Any]] = []

    def on_result(job: Job, result: AnalysisResult) -> Iterable[tuple[Any, AnalysisTask]]:
        sa_g = job.task.scale_factor * plan.unscaled_g[job.task.id]
        rows.append(_row(job.task, sa_g, result))
        context.host.hook.gmplug_analysis_finished(result=result)
        context.progress(len(rows), plan.most, f"{result.id}, {sa_g:.3g} g: {result.status}")
        return [(setup, task) for task in plan.after(job.task.id, sa_g, result)]

    count = len(selection.records)
    with (
        ResultStore(context.run_dir) as store,
        Campaign(
            store,
            executor_maker(context, count),
            versions(context.host, setup.model),
            context.study.analysis.timeout_s,
        ) as campaign,
    ):
        model = campaign.describe(setup)
        campaign.run([(setup, task) for task in longest_first(plan.first())], on_result)
    model = {**model, "notes": [*model.get("notes", ()), *notes]}
    sampling = "ida" if isinstance(options, IdaSection) else "cloud"
    table = pd.DataFrame(rows).sort_values(["id", "sa_g"], ignore_index=True)
    table.insert(0, "level", sampling)
    levels = [
        {
            "level": sampling,
            "sa_g": np.nan,
            "annual_rate": np.nan,
            "candidates": len(candidates.records),
            "records": count,
        }
    ]
    return LevelDemands(table, pd.DataFrame(levels), target.conditioning_period_s, model, sampling)


class _Plan:
    """Which runs there are: of a cloud all at once, of IDA one after the other along each record."""

    def __init__(
        self, options: IdaSection | CloudSection, tasks: Sequence[AnalysisTask], unscaled_g: FloatArray
    ) -> None:
        self._options = options
        self._tasks = {task.id: task for task in tasks}
        self.unscaled_g = dict(zip(self._tasks, unscaled_g.tolist(), strict=True))
        self._search = (
            {name: HuntAndFill(options) for name in self._tasks} if isinstance(options, IdaSection) else {}
        )
        each = options.runs if isinstance(options, IdaSection) else len(options.factors)
        self.most = each * len(tasks)

    def first(self) -> list[AnalysisTask]:
        if isinstance(self._options, IdaSection):
            return [self._at(name, self._options.first_g) for name in self._tasks]
        return [self._times(name, factor) for name in self._tasks for factor in self._options.factors]

    def after(self, name: str, sa_g: float, result: AnalysisResult) -> list[AnalysisTask]:
        """The run that follows; none after one that says nothing about the structure."""
        if name not in self._search or result.status not in ("ok", "collapsed"):
            return []
        search = self._search[name]
        search.tell(sa_g, result.status == "collapsed")
        sa_next = search.next()
        return [] if sa_next is None else [self._at(name, sa_next)]

    def _at(self, name: str, sa_g: float) -> AnalysisTask:
        return self._times(name, sa_g / self.unscaled_g[name])

    def _times(self, name: str, factor: float) -> AnalysisTask:
        task = self._tasks[name]
        scaled = {**task.record, "scale_factor": float(factor)}
        return AnalysisTask(name, float(factor), scaled, name=f"{name}-x{factor:.9g}")


def _unscaled_sa(selection: Selection, target: Target) -> FloatArray:
    """Sa at T* of the records as they are, g, shape (n,)."""
    at = int(np.argmin(np.abs(target.periods_s - target.conditioning_period_s)))
    sa: FloatArray = np.exp(selection.ln_sa[:, at]) / selection.records["scale_factor"].to_numpy(dtype=float)
    return sa


def _row(task: AnalysisTask, sa_g: float, result: AnalysisResult) -> dict[str, Any]:
    kept = {name: task.record[name] for name in ("group", "cluster") if name in task.record}
    first = {"sa_g": sa_g, "annual_rate": np.nan, "id": task.id, **kept, "scale_factor": task.scale_factor}
    return {
        **first,
        "status": result.status,
        "message": result.message,
        **result.demands,
        "wall_s": result.wall_s,
        **({"history": result.history} if result.history else {}),
    }
