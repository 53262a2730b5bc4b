"""The analyses of all buildings through one executor and one store, building after building."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from gmplug.analysis.campaign import Campaign, Job
from gmplug.analysis.errors import ExecutorError
from gmplug.analysis.fingerprint import versions
from gmplug.analysis.kept_histories import remove_incomplete
from gmplug.analysis.setup import AnalysisSetup, file_name
from gmplug.analysis.stage import longest_first, make_tasks
from gmplug.analysis.store import ResultStore
from gmplug.errors import GmplugError
from gmplug.excitation.stage import check_waveforms
from gmplug.host import Host
from gmplug.host.options import bind
from gmplug.portfolio.buildings import Building
from gmplug.portfolio.schema import Portfolio
from gmplug.portfolio.selections import SelectionOutcome
from gmplug.values import AnalysisResult, AnalysisTask


@dataclass(frozen=True)
class BuildingResults:
    """What came of a building.

    Parameters
    ----------
    results
        One for each selected record, in the selection's order; empty where there is no selection.
    model
        What is known of its structure; empty where it could not be built.
    problem
        Why it was not analysed; empty if it was.
    """

    building: Building
    selection: str
    scale_factors: Mapping[str, float] = field(default_factory=dict)
    results: Sequence[AnalysisResult] = ()
    model: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


def check_records(portfolio: Portfolio, outcomes: Sequence[SelectionOutcome], out: Path) -> None:
    """Check once for all buildings that the selected records have the components that analyses take.

    Raises as :func:`gmplug.excitation.stage.check_waveforms` does.
    """
    records = [outcome.run.selection.records for outcome in outcomes if outcome.run is not None]
    together = pd.concat(records, ignore_index=True).drop_duplicates("id")
    check_waveforms(together, portfolio.analysis, out)


def executor_maker(portfolio: Portfolio, host: Host, workers: int) -> Callable[[], Executor]:
    """Return a function that starts the executor that ``[analysis]`` names."""
    analysis = portfolio.analysis
    implementation = host.provider("executors", analysis.executor)
    given = {
        "workers": workers,
        "timeout_s": analysis.timeout_s,
        "memory_limit_mb": analysis.memory_limit_mb,
    }
    where = f"[analysis] executor '{analysis.executor}'"
    arguments = bind(implementation, analysis.executor_options, given, where, portfolio.base_dir)
    return lambda: implementation(**arguments)


def setup_of(portfolio: Portfolio, host: Host, building: Building, out: Path) -> AnalysisSetup:
    """Return what the analyses of a building share; T* given to its model is the building's own period."""
    analysis = portfolio.analysis
    return AnalysisSetup(
        model=portfolio.structure.model,
        conditioning_period_s=building.period_s,
        options=building.options,
        base_dir=portfolio.base_dir,
        scripts=tuple(host.scripts),
        damping_ratio=analysis.damping,
        component=analysis.component,
        vertical=analysis.vertical,
        solver=analysis.solver,
        time_step_s=analysis.time_step_s,
        free_vibration_s=analysis.free_vibration_s,
        histories=analysis.kept_histories,
        run_dir=out,
        folder=file_name(building.id),
    )


def analyse_buildings(
    portfolio: Portfolio,
    buildings: Sequence[Building],
    outcomes: Sequence[SelectionOutcome],
    out: Path,
    host: Host,
    make_executor: Callable[[], Executor],
    on_result: Callable[[Building, AnalysisResult], None],
    on_building: Callable[[BuildingResults], None],
) -> None:
    """Run all buildings through one campaign; one that fails does not stop others.

    Every structure is built once before the first analysis, so that one that cannot be is known at the start.
    ``on_result`` is called with each analysis as it ends, ``on_building`` with each building that is
    complete, in the order of the table. Results are kept in the store as they come: what an interrupted run
    has finished is not run again.
    """
    tasks = {o.shared.name: make_tasks(o.run.selection.records) for o in outcomes if o.run is not None}
    begun = _begin(buildings, outcomes, tasks)
    remove_incomplete(out)
    gathering = _Gathering(on_building)
    with (
        ResultStore(out) as store,
        Campaign(
            store, make_executor, versions(host, portfolio.structure.model), portfolio.analysis.timeout_s
        ) as campaign,
    ):
        for number, one in enumerate(begun):
            if not one.problem:
                begun[number] = _described(campaign, one, setup_of(portfolio, host, one.building, out))
        setups: dict[int, tuple[int, AnalysisSetup]] = {}

        def jobs() -> Iterator[tuple[AnalysisSetup, AnalysisTask]]:
            for number, one in enumerate(begun):
                gathering.expect(number, one, [task.id for task in tasks.get(one.selection, ())])
                if not one.problem:
                    setup = setup_of(portfolio, host, one.building, out)
                    setups[id(setup)] = number, setup
                    for task in longest_first(tasks[one.selection]):
                        yield setup, task

        def tell(job: Job, result: AnalysisResult) -> None:
            number, _ = setups[id(job.setup)]
            on_result(begun[number].building, result)
            if gathering.add(number, result):
                del setups[id(job.setup)]

        campaign.run(jobs(), tell)


def _begin(
    buildings: Sequence[Building],
    outcomes: Sequence[SelectionOutcome],
    tasks: Mapping[str, Sequence[AnalysisTask]],
) -> list[BuildingResults]:
    chosen = {b.id: outcome for outcome in outcomes for b in outcome.shared.buildings}
    begun = []
    for building in buildings:
        outcome = chosen[building.id]
        name = outcome.shared.name
        problem = f"its selection {name} failed: {outcome.problem}" if outcome.run is None else ""
        scale_factors = {task.id: task.scale_factor for task in tasks.get(name, ())}
        begun.append(BuildingResults(building, name, scale_factors, problem=problem))
    return begun


def _described(campaign: Campaign, one: BuildingResults, setup: AnalysisSetup) -> BuildingResults:
    try:
        return replace(one, model=campaign.describe(setup))
    except ExecutorError:
        raise  # nothing is known of the building
    except GmplugError as error:
        return replace(one, problem=" ".join(str(error).split()))


class _Gathering:
    """Puts results together by building, and passes complete buildings on in the order of the table."""

    def __init__(self, on_building: Callable[[BuildingResults], None]) -> None:
        self._on_building = on_building
        self._open: dict[int, tuple[BuildingResults, list[str], dict[str, AnalysisResult]]] = {}
        self._complete: dict[int, BuildingResults] = {}
        self._next = 0

    def expect(self, number: int, one: BuildingResults, ids: list[str]) -> None:
        """Say which results make the building complete; none where it has a problem."""
        if one.problem or not ids:
            self._finish(number, one)
        else:
            self._open[number] = one, ids, {}

    def add(self, number: int, result: AnalysisResult) -> bool:
        """Take a result; tell whether it was the building's last."""
        one, ids, results = self._open[number]
        results[result.id] = result
        if len(results) < len(ids):
            return False
        del self._open[number]
        self._finish(number, replace(one, results=[results[i] for i in ids]))
        return True

    def _finish(self, number: int, one: BuildingResults) -> None:
        self._complete[number] = one
        while self._next in self._complete:
            self._on_building(self._complete.pop(self._next))
            self._next += 1
