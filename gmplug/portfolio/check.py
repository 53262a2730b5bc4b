"""What can be found wrong with a portfolio before anything of it is computed, all of it at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gmplug.analysis.solver_settings import read_settings
from gmplug.chain.calls import Call, call_problems, calls_of, provider_call
from gmplug.chain.check import load_plugins, stages_for
from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.portfolio.buildings import BuildingTable, read_buildings
from gmplug.portfolio.schema import POPULATION, Portfolio, read_portfolio
from gmplug.portfolio.selections import selection_study
from gmplug.study.files import ReadFile


def open_portfolio(
    portfolio: Portfolio | Path | str, host: Host | None, analysis: Mapping[str, Any]
) -> tuple[Portfolio, Host, BuildingTable]:
    """Return a portfolio, its plugins and its buildings, checked.

    ``analysis`` has keys of ``[analysis]`` that the portfolio's are replaced by.

    Raises InputError with one line for each thing that is wrong: keys of the file, scripts, names of
    providers, their options, files, rows of the table.
    """
    read = ReadFile(portfolio) if isinstance(portfolio, Portfolio) else read_portfolio(Path(portfolio))
    found = read.content
    found = found.model_copy(update={"analysis": found.analysis.model_copy(update=dict(analysis))})
    problems = list(read.problems)
    if host is None:
        host, failed = load_plugins(found.script_paths())
        problems += failed
    for call in portfolio_calls(found):
        problems += call_problems(host, call, found.base_dir)
    try:
        read_settings(found.analysis.solver)
    except InputError as error:
        problems += error.problems
    if found.analysis.orientation != "recorded":
        problems.append(
            "[analysis] orientation: a portfolio uses the components as recorded; leave the option out"
        )
    problems += _assessment_problems(found)
    table = None
    if not read.broken & {"portfolio", "structure"}:
        try:
            table = read_buildings(found, host)
        except InputError as error:
            problems += error.problems
    if problems or table is None:
        raise InputError(list(dict.fromkeys(problems)))
    return found, host, table


def _assessment_problems(portfolio: Portfolio) -> list[str]:
    section, known = portfolio.assessment, ("demand-summary", POPULATION)
    problems = []
    if section.provider not in known:
        problems.append(
            f"[assessment] provider '{section.provider}': a portfolio has {' and '.join(known)}; take one"
        )
    if section.accuracy is not None:
        problems.append("[assessment] accuracy: a portfolio has no accuracy to reach; leave the option out")
    return problems


def portfolio_calls(portfolio: Portfolio) -> list[Call]:
    """Return the calls of providers for the selections and the executor; the structure is each row's."""
    study = selection_study(portfolio)
    found = [call for stage in stages_for(("selection",)) for call in calls_of(stage, study)]
    part = portfolio.analysis
    where = f"[analysis] executor '{part.executor}'"
    if portfolio.assessment.provider == POPULATION:
        found.append(provider_call("assessments", "assessment", portfolio.assessment))
    return [*found, Call("executors", part.executor, part.executor_options, where, (), counts=False)]
