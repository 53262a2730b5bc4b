"""Running a portfolio: table, catalogue, shared selections, analyses, report; resumed where it stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gmplug.analysis.store import remove_analyses
from gmplug.batch.cases import Settings
from gmplug.batch.members import member_notes
from gmplug.batch.results import read_results
from gmplug.chain.display import Display
from gmplug.chain.edits import NO_EDITS, Edits
from gmplug.chain.engine import Engine
from gmplug.chain.lock import make_run_dir, run_lock
from gmplug.chain.summary import SUMMARY_FILE, attention_lines, write_summary
from gmplug.errors import InputError, StudyError
from gmplug.host import Host
from gmplug.notes import counted, doubts_of, warning, warnings_of
from gmplug.plain import plain
from gmplug.portfolio.analyses import BuildingResults, analyze_buildings, check_records
from gmplug.portfolio.buildings import Building, BuildingTable
from gmplug.portfolio.check import open_portfolio
from gmplug.portfolio.cost import selections_table, sharing_table
from gmplug.portfolio.hazard import building_levels, predictor
from gmplug.portfolio.recovery import check_occupancies, functionality_curve
from gmplug.portfolio.results import all_demands, building_summary, counts_by_status, model_notes, summarize
from gmplug.portfolio.schema import POPULATION, Portfolio, load_portfolio
from gmplug.portfolio.selections import SelectionOutcome, make_catalogue, make_selections, target_problems
from gmplug.portfolio.sharing import share_selections
from gmplug.processors import available_processors
from gmplug.report.page import Report
from gmplug.report.study import resolved_toml

PORTFOLIO_FILE = "portfolio.toml"
#: Columns of the tables that are texts.
_TEXTS = (
    "id", "building", "selection", "type", "problem", "site", "scenario", "period_source", "occupancy",
    "group", "status", "message", "history",
)  # fmt: skip


@dataclass
class PortfolioRun:
    """The results of a portfolio.

    Parameters
    ----------
    buildings, sharing, selections, demands
        As in the CSV files of these names; see README.md.
    summary
        The content of summary.json.
    """

    portfolio: Portfolio
    run_dir: Path
    buildings: pd.DataFrame
    sharing: pd.DataFrame
    selections: pd.DataFrame
    demands: pd.DataFrame
    summary: dict[str, Any]

    @property
    def notes(self) -> list[str]:
        """Notes, one line each."""
        return list(self.summary["notes"])

    @property
    def attention(self) -> list[str]:
        """Warnings and failed analyses, a line each; the command ends with status 1 where there are any."""
        return attention_lines(self.summary)

    @property
    def functionality(self) -> pd.DataFrame:
        """Mean functionality of all buildings over time; empty where no building has damage states."""
        return functionality_curve(self.buildings, self.portfolio.report)

    def make_report(self) -> Report:
        """Return the page and its figures."""
        from gmplug.portfolio.page import render

        return render(self)


def run_portfolio(
    portfolio: Portfolio | Path | str,
    out: Path | str | None = None,
    *,
    workers: int | None = None,
    executor: str | None = None,
    fresh: bool = False,
    edits: Edits = NO_EDITS,
    display: Display | None = None,
    host: Host | None = None,
) -> PortfolioRun:
    """Run a portfolio, or finish one that was begun.

    Parameters
    ----------
    portfolio
        A portfolio, or the path of a portfolio file.
    out
        The run directory; ``NAME-run`` beside the file if not given.
    workers, executor
        Override ``[analysis]``; ``workers`` defaults to the number of processors.
    fresh
        Compute everything anew.
    edits
        What is to become of files edited by hand whose stage has to be computed anew.

    Raises
    ------
    InputError
        The file, the table or an option is bad: one line for each problem.
    StudyError
        No selection could be made, or selected records have no waveforms.
    """
    stated = {"workers": workers, "executor": executor}
    changes = {name: value for name, value in stated.items() if value is not None}
    portfolio, host, table = open_portfolio(portfolio, host, changes)
    run_dir = Path(out) if out is not None else portfolio.base_dir / f"{portfolio.portfolio.name}-run"
    make_run_dir(run_dir)
    with run_lock(run_dir):
        engine = Engine(run_dir.resolve(), host, display, fresh=fresh, edits=edits)
        return _run(portfolio, table, engine)


def _run(portfolio: Portfolio, table: BuildingTable, engine: Engine) -> PortfolioRun:
    for note in (*(f"not used: {problem}" for problem in engine.host.problems), *table.notes):
        engine.note(note)
    buildings, out = table.buildings, engine.run_dir
    check_occupancies(buildings, portfolio.report, portfolio.buildings_file.name)
    epsilons, sa_g = building_levels(portfolio, buildings, predictor(portfolio, engine.host))
    (out / PORTFOLIO_FILE).write_text(resolved_toml(_with_absolute_table(portfolio)), encoding="utf-8")
    outcomes, simulated = _select(portfolio, buildings, epsilons, engine)
    sharing, selections = sharing_table(buildings, outcomes, epsilons, sa_g), selections_table(outcomes)
    sharing.to_csv(out / "sharing.csv", index=False)
    selections.to_csv(out / "selections.csv", index=False)
    rows, demands = _analyze(portfolio, buildings, outcomes, engine)
    for note in model_notes(rows):
        engine.note(note)
    for row in rows[rows["problem"] != ""].to_dict("records"):
        engine.note(warning(f"building {row['id']} has no results: {row['problem']}"))
    summary = summarize(portfolio, rows, sharing, demands, engine.notes, simulated=simulated)
    summary = plain(summary | {"timing_s": engine.timing_s})
    found = PortfolioRun(portfolio, out, rows, sharing, selections, demands, summary)
    if len(found.functionality):
        found.functionality.to_csv(out / "functionality.csv", index=False)
    with engine.step("report") as step:
        step.value, step.text = found.make_report(), "report.html"
        step.value.save(out)
    found.summary["timing_s"] = dict(engine.timing_s)
    write_summary(found.summary, out)
    return found


def _with_absolute_table(portfolio: Portfolio) -> Portfolio:
    table = {"buildings": str(portfolio.buildings_file.resolve())}
    return portfolio.model_copy(update={"portfolio": portfolio.portfolio.model_copy(update=table)})


def _select(
    portfolio: Portfolio,
    buildings: Sequence[Building],
    epsilons: Mapping[str, float | None],
    engine: Engine,
) -> tuple[list[SelectionOutcome], bool]:
    """Make the selections; return them, and whether records are simulated."""
    shared = share_selections(buildings, epsilons, portfolio.sharing)
    problems = target_problems(portfolio, shared, engine.host)  # before spectra are computed
    if problems:
        raise InputError(problems)
    base = make_catalogue(portfolio, shared, engine)
    engine.timing_s["catalogue"] = base.timing_s["catalogue"]
    for note in base.catalogue.notes:
        engine.note(note)
    with engine.step("selections") as step:
        outcomes = make_selections(portfolio, shared, base, engine)
        step.value, step.text = (
            outcomes,
            f"{counted(len(outcomes), 'selection')} for {counted(len(buildings), 'building')}",
        )
    failed = [o for o in outcomes if o.run is None]
    for outcome in failed:
        engine.note(warning(f"selection {outcome.shared.name} failed: {outcome.problem}"))
    if len(failed) == len(outcomes):
        raise StudyError(f"no selection could be made; {failed[0].shared.name}: {failed[0].problem}")
    notes = {f"selection {o.shared.name}": o.run.notes for o in outcomes if o.run is not None}
    for note in member_notes(notes):
        if warnings_of([note]) or doubts_of([note]):
            engine.note(note)
    return outcomes, base.catalogue.simulated


def _analyze(
    portfolio: Portfolio, buildings: Sequence[Building], outcomes: Sequence[SelectionOutcome], engine: Engine
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run all analyses; return the rows of the buildings and of all demands, and write them."""
    workers = portfolio.analysis.workers or available_processors()
    settings = Settings(portfolio.analysis, engine.host, workers, engine.display.progress)
    check_records(portfolio, outcomes, engine.run_dir)
    if engine.fresh:
        remove_analyses(engine.run_dir)
    with engine.step("analysis") as step:
        found: list[BuildingResults] = analyze_buildings(
            portfolio, buildings, outcomes, settings, engine.run_dir
        )
        demands = all_demands(found)
        demands.to_csv(engine.run_dir / "demands.csv", index=False)
        demands.to_parquet(engine.run_dir / "demands.parquet", index=False)
        more: Mapping[str, Mapping[str, Any]] = {}
        if portfolio.assessment.provider == POPULATION:
            from gmplug.portfolio.population import population_columns

            more = population_columns(portfolio, found, outcomes, engine)
        step.value = rows = pd.DataFrame(
            [building_summary(one, portfolio.report) | dict(more.get(one.building.id, {})) for one in found]
        )
        rows.to_csv(engine.run_dir / "buildings.csv", index=False)
        listed = ", ".join(f"{n} {status}" for status, n in counts_by_status(rows).items())
        step.text = f"{counted(len(demands), 'analysis', 'analyses')}: {listed}"
    return rows, demands


def load_portfolio_run(run_dir: Path) -> PortfolioRun:
    """Read a finished portfolio from its run directory.

    Raises InputError where it is not finished, or a file cannot be read.
    """
    again = "run `gmplug portfolio` on its file again, which repeats no analysis"
    names = ("buildings", "sharing", "selections", "demands")
    summary, tables = read_results(run_dir, SUMMARY_FILE, names, _TEXTS, again)
    return PortfolioRun(load_portfolio(run_dir / PORTFOLIO_FILE), run_dir, **tables, summary=summary)
