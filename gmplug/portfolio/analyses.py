"""The analyses of all buildings: one campaign, building after building."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from gmplug.analysis.setup import file_name
from gmplug.analysis.stage import demands_table, make_tasks, setup_of
from gmplug.batch.cases import Case, Settings, run_cases
from gmplug.excitation.agreement import check_agreement
from gmplug.excitation.stage import check_waveforms
from gmplug.portfolio.buildings import Building
from gmplug.portfolio.schema import Portfolio
from gmplug.portfolio.selections import SelectionOutcome

#: The columns of demands.csv before the demands, and those after them.
KEYS = ("building", "selection", "id", "group", "cluster", "scale_factor", "status", "message")
EFFORT = ("wall_s", "steps", "retries", "time_reached_s", "last_norm", "history")


@dataclass(frozen=True)
class BuildingResults:
    """The results of a building.

    Parameters
    ----------
    demands
        One row for each selected record, in the selection's order; empty where there is no selection.
    model
        What is known of its structure; empty where it could not be built.
    problem
        Why it was not analyzed; empty if it was.
    """

    building: Building
    selection: str
    demands: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(KEYS)))
    model: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


def check_records(portfolio: Portfolio, outcomes: Sequence[SelectionOutcome], run_dir: Path) -> None:
    """Check once for all buildings that the selected records have the components that analyses need.

    Raises as :func:`gmplug.excitation.stage.check_waveforms` and
    :func:`gmplug.excitation.agreement.check_agreement` do.
    """
    runs = [outcome.run for outcome in outcomes if outcome.run is not None]
    records = [run.selection.records for run in runs]
    together = pd.concat(records, ignore_index=True).drop_duplicates("id")
    check_waveforms(together, portfolio.analysis, run_dir)
    check_agreement(together, runs[0].catalogue)


def analyze_buildings(
    portfolio: Portfolio,
    buildings: Sequence[Building],
    outcomes: Sequence[SelectionOutcome],
    settings: Settings,
    run_dir: Path,
) -> list[BuildingResults]:
    """Run all buildings, and return their results in the order of the table; one that fails stops no other.

    A model gets the building's own period as T*.
    """
    selected = {b.id: outcome for outcome in outcomes for b in outcome.shared.buildings}
    tasks = {o.shared.name: make_tasks(o.run.selection.records) for o in outcomes if o.run is not None}
    found: dict[str, BuildingResults] = {}

    def analyzed(case: Case) -> None:
        outcome = selected[case.name]
        assert outcome.run is not None
        by_id = {task.id: result for task, result in case.results}
        records = outcome.run.selection.records
        table = demands_table(records, [by_id[str(i)] for i in records["id"]])
        table.insert(0, "building", case.name)
        table.insert(1, "selection", outcome.shared.name)
        case.results.clear()
        table = table.copy()  # takes half the memory
        found[case.name] = BuildingResults(own[case.name], outcome.shared.name, table, case.description)

    own = {building.id: building for building in buildings}
    common = setup_of(portfolio.analysis, settings.host, portfolio.base_dir, run_dir)
    common = replace(common, model=portfolio.structure.model)
    cases = []
    for building in buildings:
        outcome = selected[building.id]
        if outcome.run is None:
            problem = f"its selection {outcome.shared.name} failed: {outcome.problem}"
            found[building.id] = BuildingResults(building, outcome.shared.name, problem=problem)
        else:
            setup = replace(
                common,
                options=building.options,
                conditioning_period_s=building.period_s,
                folder=file_name(building.id),
            )
            cases.append(Case(building.id, setup, tasks[outcome.shared.name]))
    run_cases(settings, cases, analyzed)
    for case in cases:
        if case.error is not None:
            problem = " ".join(str(case.error).split())
            name = selected[case.name].shared.name
            found[case.name] = BuildingResults(own[case.name], name, problem=problem)
    return [found[building.id] for building in buildings]
